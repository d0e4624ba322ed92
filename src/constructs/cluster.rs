//! Clusters of ECS, without servers.

use crate::cfn::{Handle, Value};
use crate::resources::ecs::{CfnCluster, cluster};

use super::{MAIN, Scope};

/// The capacity provider of Fargate.
pub(super) const FARGATE: &str = "FARGATE";
/// The capacity provider of Fargate Spot.
pub(super) const FARGATE_SPOT: &str = "FARGATE_SPOT";

/// How much Container Insights measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContainerInsights {
    /// Nothing.
    Disabled,
    /// Clusters, services and tasks.
    Enabled,
    /// Containers too.
    Enhanced,
}

impl ContainerInsights {
    fn as_str(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Enabled => "enabled",
            Self::Enhanced => "enhanced",
        }
    }
}

/// What a [`Cluster`] is.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterProps {
    /// A physical name. `None`: `CloudFormation` makes one up from the stack's.
    pub name: Option<Value<String>>,
    /// How much Container Insights measures. Enabled: what it measures costs as custom metrics and logs, some dollars a
    /// month for a few services (Amazon ECS Developer Guide, "Monitor Amazon ECS containers using Container Insights").
    pub container_insights: ContainerInsights,
}

impl Default for ClusterProps {
    fn default() -> Self {
        Self { name: None, container_insights: ContainerInsights::Enabled }
    }
}

/// A cluster whose tasks run on Fargate, and on Fargate Spot where a service wants it.
///
/// The providers are set on the cluster itself: a separate association races with the services when a stack is created
/// or deleted.
#[derive(Debug, Clone, PartialEq)]
pub struct Cluster {
    handle: Handle<CfnCluster>,
}

impl Cluster {
    /// The cluster at this place of the tree.
    pub fn new(scope: &mut Scope<'_>, props: ClusterProps) -> Self {
        let default = cluster::CapacityProviderStrategyItem {
            capacity_provider: Some(FARGATE.into()),
            weight: Some(1.into()),
            ..Default::default()
        };
        let resource = CfnCluster {
            cluster_name: props.name,
            cluster_settings: Some(
                vec![cluster::ClusterSettings {
                    name: Some("containerInsights".into()),
                    value: Some(props.container_insights.as_str().into()),
                }]
                .into(),
            ),
            capacity_providers: Some([FARGATE, FARGATE_SPOT].into()),
            default_capacity_provider_strategy: Some(vec![default].into()),
            ..Default::default()
        };
        Self { handle: scope.add(MAIN, resource) }
    }

    /// Its name.
    pub fn name(&self) -> Value<String> {
        self.handle.reference()
    }

    /// Its ARN.
    pub fn arn(&self) -> Value<String> {
        self.handle.arn()
    }

    /// The resource, for what this part doesn't offer.
    pub fn handle(&self) -> &Handle<CfnCluster> {
        &self.handle
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::constructs::Stack;
    use crate::constructs::testing::synth;

    #[test]
    fn offers_fargate_and_spot_and_is_measured() {
        let mut stack = Stack::new();
        let props = ClusterProps { name: Some("app-dev".into()), ..Default::default() };
        Cluster::new(&mut stack.scope().child("Cluster"), props);
        assert_eq!(
            synth(stack)["Cluster"],
            json!({ "Type": "AWS::ECS::Cluster", "Properties": {
                "CapacityProviders": ["FARGATE", "FARGATE_SPOT"],
                "ClusterName": "app-dev",
                "ClusterSettings": [{ "Name": "containerInsights", "Value": "enabled" }],
                "DefaultCapacityProviderStrategy": [{ "CapacityProvider": "FARGATE", "Weight": 1 }],
            } })
        );
    }
}
