//! Services of ECS on Fargate.

use crate::cfn::{Handle, Value};
use crate::resources::ecs::{CfnService, service as l1};

use super::cluster::{FARGATE, FARGATE_SPOT};
use super::policy::PolicyStatement;
use super::{Cluster, Grantable, MAIN, Scope, TaskDefinition};

/// What the agent for ECS Exec in a task may do.
///
/// Source: Amazon ECS Developer Guide, "Monitor Amazon ECS containers with ECS Exec".
const EXEC_ACTIONS: [&str; 4] = [
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
];

/// How tasks are spread over Fargate and Fargate Spot.
///
/// Spot costs about a third and may end a task with two minutes' notice, or have none to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FargateCapacity {
    /// How many tasks run on Fargate before the weights count, 0 to 100,000.
    pub on_demand_base: u32,
    /// Fargate's share of the tasks beyond, 0 to 1,000.
    pub on_demand_weight: u32,
    /// Fargate Spot's share of the tasks beyond, 0 to 1,000.
    pub spot_weight: u32,
}

impl Default for FargateCapacity {
    /// Fargate only.
    fn default() -> Self {
        Self { on_demand_base: 0, on_demand_weight: 1, spot_weight: 0 }
    }
}

/// A container that a load balancer sends requests to.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceTarget {
    /// The container.
    pub container: String,
    /// The port that it listens on.
    pub port: u16,
    /// ARN of the target group, which a listener has to use before the service is made.
    pub target_group_arn: Value<String>,
}

/// When a deployment counts as failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CircuitBreaker {
    /// Tasks that may fail to start, 3 to 200. `None`: ECS takes half of the desired count, 3 at least and 200 at most.
    pub failed_tasks: Option<u32>,
}

/// What a [`FargateService`] is.
#[derive(Debug, Clone, PartialEq)]
pub struct FargateServiceProps {
    /// Where it runs.
    pub cluster: Cluster,
    /// What it runs.
    pub task_definition: TaskDefinition,
    /// Where the tasks' network interfaces are. They have no public address: the way out is a NAT gateway or endpoints.
    pub subnet_ids: Value<Vec<Value<String>>>,
    /// What the tasks reach, and who reaches them.
    pub security_group_ids: Vec<Value<String>>,
    /// A physical name, taken once in the cluster. With one, no change can replace the service.
    pub name: Option<Value<String>>,
    /// How many tasks. `None`: one at first, and then what scaling says; given, each update of the stack sets it again.
    pub desired_count: Option<Value<i64>>,
    /// How tasks are spread over Fargate and Fargate Spot. Fargate only.
    pub capacity: FargateCapacity,
    /// The share of the desired tasks that keeps running during a deployment, in percent. 100.
    pub minimum_healthy_percent: u32,
    /// How many tasks may run during a deployment, in percent of the desired ones. 200: a deployment starts the new tasks
    /// before it ends the old, which cost double meanwhile.
    pub maximum_percent: u32,
    /// Fails a deployment whose tasks don't start, and goes back to the last one that did. Without it a deployment tries
    /// for hours.
    pub circuit_breaker: Option<CircuitBreaker>,
    /// Whether ECS moves tasks to even out the zones; needs a maximum above 100 %. On.
    pub zone_rebalancing: bool,
    /// Containers that load balancers send requests to, at most 5.
    pub targets: Vec<ServiceTarget>,
    /// Seconds in which a new task's failed checks, the load balancer's and its containers', don't count.
    pub health_check_grace_seconds: Option<u32>,
    /// ARN of the Cloud Map service where the tasks' addresses are registered; a service of ECS has one at most.
    pub service_registry_arn: Option<Value<String>>,
    /// Whether `aws ecs execute-command` may open a shell in a container; needs a task role. Off: it makes whoever has
    /// the right to do so part of the task.
    pub exec: bool,
}

impl FargateServiceProps {
    /// A service on Fargate that rolls without interruption.
    pub fn new(
        cluster: &Cluster,
        task_definition: &TaskDefinition,
        subnet_ids: impl Into<Value<Vec<Value<String>>>>,
        security_group_ids: Vec<Value<String>>,
    ) -> Self {
        Self {
            cluster: cluster.clone(),
            task_definition: task_definition.clone(),
            subnet_ids: subnet_ids.into(),
            security_group_ids,
            name: None,
            desired_count: None,
            capacity: FargateCapacity::default(),
            minimum_healthy_percent: 100,
            maximum_percent: 200,
            circuit_breaker: Some(CircuitBreaker { failed_tasks: None }),
            zone_rebalancing: true,
            targets: Vec::new(),
            health_check_grace_seconds: None,
            service_registry_arn: None,
            exec: false,
        }
    }
}

/// A service on Fargate.
///
/// Its capacity is always a strategy, never a launch type: the change from one to the other would replace it. Tasks carry
/// its tags.
#[derive(Debug, Clone, PartialEq)]
pub struct FargateService {
    handle: Handle<CfnService>,
    cluster: Cluster,
}

impl FargateService {
    /// The service at this place of the tree. What its tasks need to start without a property that says so (a database's
    /// instance, routes, listeners), it has to depend on.
    pub fn new(scope: &mut Scope<'_>, props: FargateServiceProps) -> Self {
        check(scope, &props);
        if props.exec {
            match props.task_definition.task_role() {
                // The channels have no ARN.
                Some(role) => role.grant(scope, &PolicyStatement::allow(EXEC_ACTIONS, ["*".into()])),
                None => scope.misuse(
                    "ECS Exec needs permissions, and the task has no task role",
                    "give the task a role, or turn ECS Exec off",
                ),
            }
        }
        let mut resource = CfnService::new(props.task_definition.arn());
        resource.cluster = Some(props.cluster.name());
        resource.service_name = props.name;
        resource.desired_count = props.desired_count;
        resource.capacity_provider_strategy = Some(strategy(props.capacity).into());
        resource.deployment_configuration = Some(
            l1::DeploymentConfiguration {
                minimum_healthy_percent: Some(props.minimum_healthy_percent.into()),
                maximum_percent: Some(props.maximum_percent.into()),
                deployment_circuit_breaker: props.circuit_breaker.map(circuit_breaker),
                ..Default::default()
            }
            .into(),
        );
        resource.availability_zone_rebalancing = Some(
            if props.zone_rebalancing {
                l1::AvailabilityZoneRebalancing::Enabled
            } else {
                l1::AvailabilityZoneRebalancing::Disabled
            }
            .into(),
        );
        let mut network = l1::AwsVpcConfiguration::new(props.subnet_ids);
        network.security_groups = Some(props.security_group_ids.into());
        network.assign_public_ip = Some(l1::AssignPublicIp::Disabled.into());
        resource.network_configuration =
            Some(l1::NetworkConfiguration { awsvpc_configuration: Some(network.into()) }.into());
        if !props.targets.is_empty() {
            let targets: Vec<_> = props.targets.into_iter().map(load_balancer).collect();
            resource.load_balancers = Some(targets.into());
        }
        resource.health_check_grace_period_seconds = props.health_check_grace_seconds.map(Into::into);
        resource.service_registries = props
            .service_registry_arn
            .map(|arn| vec![l1::ServiceRegistry { registry_arn: Some(arn), ..Default::default() }].into());
        resource.enable_execute_command = props.exec.then(|| true.into());
        resource.enable_ecs_managed_tags = Some(true.into());
        resource.propagate_tags = Some(l1::PropagateTags::Service.into());
        Self { handle: scope.add(MAIN, resource), cluster: props.cluster }
    }

    /// Its name.
    pub fn name(&self) -> Value<String> {
        self.handle.name()
    }

    /// Where it runs.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// The resource, for what this part doesn't offer, and for what it has to depend on.
    pub fn handle(&self) -> &Handle<CfnService> {
        &self.handle
    }
}

fn strategy(capacity: FargateCapacity) -> Vec<l1::CapacityProviderStrategyItem> {
    let item = |provider: &str, weight: u32| {
        let mut item = l1::CapacityProviderStrategyItem::new(provider);
        item.weight = Some(weight.into());
        item
    };
    let mut on_demand = item(FARGATE, capacity.on_demand_weight);
    on_demand.base = (capacity.on_demand_base > 0).then(|| capacity.on_demand_base.into());
    let spot = (capacity.spot_weight > 0).then(|| item(FARGATE_SPOT, capacity.spot_weight));
    [on_demand].into_iter().chain(spot).collect()
}

fn circuit_breaker(breaker: CircuitBreaker) -> Value<l1::DeploymentCircuitBreaker> {
    let mut property = l1::DeploymentCircuitBreaker::new(true, true);
    property.threshold_configuration = breaker
        .failed_tasks
        .map(|tasks| l1::ThresholdConfiguration::new(l1::ThresholdConfigurationType::Count, tasks).into());
    property.into()
}

fn load_balancer(target: ServiceTarget) -> l1::LoadBalancer {
    l1::LoadBalancer {
        container_name: Some(target.container.into()),
        container_port: Some(target.port.into()),
        target_group_arn: Some(target.target_group_arn),
        ..Default::default()
    }
}

/// Reports what ECS would refuse.
fn check(scope: &mut Scope<'_>, props: &FargateServiceProps) {
    let FargateCapacity { on_demand_base, on_demand_weight, spot_weight } = props.capacity;
    if on_demand_weight == 0 && spot_weight == 0 {
        scope.misuse("neither Fargate nor Fargate Spot has a weight", "give one of them a weight above 0");
    }
    if on_demand_weight > 1000 || spot_weight > 1000 || on_demand_base > 100_000 {
        scope.misuse(
            format!(
                "a base of {on_demand_base} with weights of {on_demand_weight} and {spot_weight} is too much"
            ),
            "choose a base of at most 100000 and weights of at most 1000",
        );
    }
    let (minimum, maximum) = (props.minimum_healthy_percent, props.maximum_percent);
    if minimum > maximum || (minimum >= 100 && maximum <= 100) {
        scope.misuse(
            format!("with {minimum} % at least and {maximum} % at most, no deployment can go forward"),
            "leave room between the two: 100 and 200, or 0 and 100",
        );
    }
    if props.zone_rebalancing && maximum <= 100 {
        scope.misuse(
            format!("zones can't be evened out with {maximum} % of the tasks at most"),
            "turn the rebalancing off, or choose a maximum above 100 %",
        );
    }
    if let Some(CircuitBreaker { failed_tasks: Some(tasks) }) = props.circuit_breaker
        && !(3..=200).contains(&tasks)
    {
        scope.misuse(format!("the circuit breaker can't count to {tasks} failed tasks"), "choose 3 to 200");
    }
    if props.targets.len() > 5 {
        scope.misuse(
            format!("a service can't have {} target groups", props.targets.len()),
            "give it at most 5",
        );
    }
    for target in &props.targets {
        let ServiceTarget { container, port, .. } = target;
        if !props.task_definition.listens(container, *port) {
            scope.misuse(
                format!("the task has no container `{container}` that listens on port {port}"),
                "add the port to the container, or name another one",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::constructs::testing::{assert_contains, misuses, synth};
    use crate::constructs::{
        ClusterProps, Container, ContainerImage, Role, RoleProps, Stack, TaskDefinitionProps,
    };

    /// A service in the stack, after a change of its properties.
    fn service(
        stack: &mut Stack,
        task_role: bool,
        change: impl FnOnce(&mut FargateServiceProps),
    ) -> FargateService {
        let mut scope = stack.scope();
        let cluster = Cluster::new(&mut scope.child("Cluster"), ClusterProps::default());
        let role = |scope: &mut Scope<'_>, id| Role::new(&mut scope.child(id), RoleProps::for_tasks());
        let execution_role = role(&mut scope, "ExecutionRole");
        let container =
            Container { ports: vec![3000], ..Container::new("app", ContainerImage::new("nginx", "1.29")) };
        let task_role = task_role.then(|| role(&mut scope, "TaskRole"));
        let task = TaskDefinition::new(
            &mut scope.child("Task"),
            TaskDefinitionProps {
                task_role,
                ..TaskDefinitionProps::new(256, 512, &execution_role, vec![container])
            },
        );
        let mut props = FargateServiceProps::new(
            &cluster,
            &task,
            vec!["subnet-0a1b2c3d4e5f60021"],
            vec!["sg-0a1b2c3d4e5f60031".into()],
        );
        change(&mut props);
        FargateService::new(&mut scope.child("Service"), props)
    }

    fn reported(change: impl FnOnce(&mut FargateServiceProps)) -> Vec<String> {
        let mut stack = Stack::new();
        service(&mut stack, false, change);
        misuses(stack)
    }

    #[test]
    fn rolls_back_and_has_no_public_address() {
        let mut stack = Stack::new();
        service(&mut stack, false, |_| {});
        assert_eq!(
            synth(stack)["Service"],
            json!({ "Type": "AWS::ECS::Service", "Properties": {
                "AvailabilityZoneRebalancing": "ENABLED",
                "CapacityProviderStrategy": [{ "CapacityProvider": "FARGATE", "Weight": 1 }],
                "Cluster": { "Ref": "Cluster" },
                "DeploymentConfiguration": {
                    "DeploymentCircuitBreaker": { "Enable": true, "Rollback": true },
                    "MaximumPercent": 200,
                    "MinimumHealthyPercent": 100,
                },
                "EnableECSManagedTags": true,
                "NetworkConfiguration": { "AwsvpcConfiguration": {
                    "AssignPublicIp": "DISABLED",
                    "SecurityGroups": ["sg-0a1b2c3d4e5f60031"],
                    "Subnets": ["subnet-0a1b2c3d4e5f60021"],
                } },
                "PropagateTags": "SERVICE",
                "TaskDefinition": { "Ref": "Task" },
            } })
        );
    }

    #[test]
    fn takes_load_balancers_discovery_spot_and_one_task_at_most() {
        let mut stack = Stack::new();
        service(&mut stack, false, |props| {
            props.name = Some("app".into());
            props.desired_count = Some(1.into());
            props.capacity = FargateCapacity { on_demand_base: 1, on_demand_weight: 1, spot_weight: 3 };
            (props.minimum_healthy_percent, props.maximum_percent) = (0, 100);
            props.zone_rebalancing = false;
            props.circuit_breaker = Some(CircuitBreaker { failed_tasks: Some(10) });
            props.targets = vec![ServiceTarget {
                container: "app".into(),
                port: 3000,
                target_group_arn: "arn:group".into(),
            }];
            props.health_check_grace_seconds = Some(180);
            props.service_registry_arn = Some("arn:registry".into());
        });
        assert_contains(
            &synth(stack)["Service"]["Properties"],
            &json!({
                "AvailabilityZoneRebalancing": "DISABLED",
                "CapacityProviderStrategy": [
                    { "Base": 1, "CapacityProvider": "FARGATE", "Weight": 1 },
                    { "CapacityProvider": "FARGATE_SPOT", "Weight": 3 },
                ],
                "DeploymentConfiguration": {
                    "DeploymentCircuitBreaker": { "ThresholdConfiguration": { "Type": "COUNT", "Value": 10 } },
                    "MaximumPercent": 100,
                    "MinimumHealthyPercent": 0,
                },
                "DesiredCount": 1,
                "HealthCheckGracePeriodSeconds": 180,
                "LoadBalancers": [
                    { "ContainerName": "app", "ContainerPort": 3000, "TargetGroupArn": "arn:group" }
                ],
                "ServiceName": "app",
                "ServiceRegistries": [{ "RegistryArn": "arn:registry" }],
            }),
        );
    }

    #[test]
    fn exec_comes_with_its_permissions_and_needs_a_role() {
        let mut stack = Stack::new();
        service(&mut stack, true, |props| props.exec = true);
        let resources = synth(stack);
        assert_eq!(resources["Service"]["Properties"]["EnableExecuteCommand"], true);
        assert_contains(
            &resources["TaskRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"],
            &json!([{ "Action": EXEC_ACTIONS, "Resource": "*" }]),
        );
        assert_eq!(
            reported(|props| props.exec = true),
            ["ECS Exec needs permissions, and the task has no task role"]
        );
    }

    #[test]
    fn what_ecs_refuses_is_reported() {
        assert_eq!(
            reported(|props| props.capacity.on_demand_weight = 0),
            ["neither Fargate nor Fargate Spot has a weight"]
        );
        assert_eq!(
            reported(|props| props.capacity.spot_weight = 1001),
            ["a base of 0 with weights of 1 and 1001 is too much"]
        );
        assert_eq!(
            reported(|props| {
                (props.minimum_healthy_percent, props.maximum_percent) = (100, 100);
                props.zone_rebalancing = false;
            }),
            ["with 100 % at least and 100 % at most, no deployment can go forward"]
        );
        assert_eq!(
            reported(|props| (props.minimum_healthy_percent, props.maximum_percent) = (0, 100)),
            ["zones can't be evened out with 100 % of the tasks at most"]
        );
        assert_eq!(
            reported(|props| props.circuit_breaker = Some(CircuitBreaker { failed_tasks: Some(2) })),
            ["the circuit breaker can't count to 2 failed tasks"]
        );
        let target = |container: &str, port| ServiceTarget {
            container: container.into(),
            port,
            target_group_arn: "arn:group".into(),
        };
        assert_eq!(
            reported(|props| props.targets = vec![target("app", 80), target("web", 3000)]),
            [
                "the task has no container `app` that listens on port 80",
                "the task has no container `web` that listens on port 3000"
            ]
        );
    }
}
