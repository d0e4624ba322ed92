//! Names by which services find each other inside a VPC.

use crate::cfn::{Handle, Value};
use crate::concat_values;
use crate::resources::service_discovery::private_dns_namespace::{
    PrivateDnsPropertiesMutable, Properties, Soa,
};
use crate::resources::service_discovery::service::{
    DnsConfig, DnsRecord, DnsRecordType, HealthCheckCustomConfig, RoutingPolicy,
};
use crate::resources::service_discovery::{CfnPrivateDnsNamespace, CfnService};

use super::{MAIN, Scope};

/// Seconds for which an answer may be kept, the negative ones included: a task that went has to be forgotten soon, and
/// one that came has to be found soon. With Cloud Map's own SOA record "no such name" is kept for 15 minutes.
/// Source: AWS Cloud Map API Reference, "SOA".
const TTL_SECONDS: f64 = 10.0;

/// A private zone of Cloud Map. Costs as a hosted zone does.
///
/// A VPC can't have two of one name.
#[derive(Debug, Clone, PartialEq)]
pub struct PrivateNamespace {
    handle: Handle<CfnPrivateDnsNamespace>,
    name: Value<String>,
}

impl PrivateNamespace {
    /// A namespace such as `app.internal`, seen in one VPC.
    pub fn new(scope: &mut Scope<'_>, name: impl Into<Value<String>>, vpc_id: &Value<String>) -> Self {
        let name = name.into();
        let mut namespace = CfnPrivateDnsNamespace::new(name.clone());
        namespace.vpc = Some(vpc_id.clone());
        let soa = Soa { ttl: Some(TTL_SECONDS.into()) };
        let dns_properties = PrivateDnsPropertiesMutable { soa: Some(soa.into()) };
        namespace.properties = Some(Properties { dns_properties: Some(dns_properties.into()) }.into());
        Self { handle: scope.add(MAIN, namespace), name }
    }

    /// A service of the namespace, called `name`, which may be one label such as `api`.
    ///
    /// A lookup gives the addresses of up to eight healthy tasks in random order. ECS tells their health from the
    /// containers' checks, for which the custom health check has to be there from the start.
    /// Source: AWS Cloud Map Developer Guide, "DNS configuration"; Amazon ECS Developer Guide, "Use service discovery to
    /// connect Amazon ECS services with DNS names".
    pub fn service(&self, scope: &mut Scope<'_>, name: &str) -> DiscoveredService {
        let mut dns = DnsConfig::new([DnsRecord::new(TTL_SECONDS, DnsRecordType::A)]);
        dns.routing_policy = Some(RoutingPolicy::Multivalue.into());
        let service = CfnService {
            name: Some(name.into()),
            namespace_id: Some(self.handle.reference()),
            dns_config: Some(dns.into()),
            health_check_custom_config: Some(
                HealthCheckCustomConfig { failure_threshold: Some(1.0.into()) }.into(),
            ),
            ..Default::default()
        };
        DiscoveredService {
            handle: scope.add(MAIN, service),
            host: concat_values![name, ".", self.name.clone()],
        }
    }

    /// The namespace's name.
    pub fn name(&self) -> &Value<String> {
        &self.name
    }

    /// The resource.
    pub fn handle(&self) -> &Handle<CfnPrivateDnsNamespace> {
        &self.handle
    }
}

/// A service that can be found by name. An ECS service registers its tasks in it by [`Self::arn`].
#[derive(Debug, Clone, PartialEq)]
pub struct DiscoveredService {
    handle: Handle<CfnService>,
    host: Value<String>,
}

impl DiscoveredService {
    /// The name to connect to, such as `api.app.internal`.
    pub fn host(&self) -> Value<String> {
        self.host.clone()
    }

    /// The ARN, for an ECS service's registries.
    pub fn arn(&self) -> Value<String> {
        self.handle.arn()
    }

    /// The resource.
    pub fn handle(&self) -> &Handle<CfnService> {
        &self.handle
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::constructs::test_support::{keep, properties, synth};
    use crate::constructs::{Parameter, ParameterType, Stack};

    #[test]
    fn names_are_forgotten_soon_and_tasks_have_a_health_of_their_own() {
        let mut stack = Stack::new();
        let vpc = stack.parameter("VpcId", Parameter::new(ParameterType::VpcId, "The VPC"));
        let mut scope = stack.scope();
        let namespace =
            PrivateNamespace::new(&mut scope.child("Namespace"), "app-dev.internal", &vpc.reference());
        let api = namespace.service(&mut scope.child("ApiDiscovery"), "api");
        assert_eq!(api.host(), "api.app-dev.internal".into());
        let template = synth(stack);
        keep("service-discovery", &template);
        assert_eq!(
            properties(&template, "Namespace"),
            &json!({
                "Name": "app-dev.internal", "Vpc": {"Ref": "VpcId"},
                "Properties": {"DnsProperties": {"SOA": {"TTL": 10}}},
            })
        );
        assert_eq!(
            properties(&template, "ApiDiscovery"),
            &json!({
                "Name": "api", "NamespaceId": {"Ref": "Namespace"},
                "DnsConfig": {"DnsRecords": [{"Type": "A", "TTL": 10}], "RoutingPolicy": "MULTIVALUE"},
                "HealthCheckCustomConfig": {"FailureThreshold": 1},
            })
        );
    }
}
