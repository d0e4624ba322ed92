//! Scaling of ECS services by the load of their tasks.

use crate::cfn::{Handle, Value};
use crate::concat_values;
use crate::resources::application_auto_scaling::{
    CfnScalableTarget, CfnScalingPolicy, scalable_target, scaling_policy,
};

use super::{FargateService, MAIN, Scope};
use scaling_policy::PredefinedMetricSpecificationPredefinedMetricType as Metric;

/// Seconds after tasks were added until more are.
const SCALE_OUT_COOLDOWN: u32 = 60;
/// Seconds after tasks were taken away until more are: what Application Auto Scaling takes where a policy for a service of ECS
/// doesn't say (Application Auto Scaling User Guide, "Define cooldown periods").
const SCALE_IN_COOLDOWN: u32 = 300;

/// What an [`Autoscaling`] is.
#[derive(Debug, Clone, PartialEq)]
pub struct AutoscalingProps {
    /// Fewest tasks.
    pub min_tasks: Value<i64>,
    /// Most tasks.
    pub max_tasks: Value<i64>,
    /// Average use of the tasks' CPU in percent that it holds. `None`: CPU doesn't count.
    pub cpu_percent: Option<u32>,
    /// Average use of the tasks' memory in percent that it holds. `None`: memory doesn't count.
    pub memory_percent: Option<u32>,
    /// Seconds after tasks were added until more are. 60.
    pub scale_out_cooldown_seconds: u32,
    /// Seconds after tasks were taken away until more are. 300.
    pub scale_in_cooldown_seconds: u32,
}

impl AutoscalingProps {
    /// Holds 70 % of the CPU and 80 % of the memory.
    pub fn new(min_tasks: impl Into<Value<i64>>, max_tasks: impl Into<Value<i64>>) -> Self {
        Self {
            min_tasks: min_tasks.into(),
            max_tasks: max_tasks.into(),
            cpu_percent: Some(70),
            memory_percent: Some(80),
            scale_out_cooldown_seconds: SCALE_OUT_COOLDOWN,
            scale_in_cooldown_seconds: SCALE_IN_COOLDOWN,
        }
    }
}

/// Keeps the number of a service's tasks between a minimum and a maximum, by the load of its tasks.
///
/// Where the two metrics want different counts, the higher one is taken (Application Auto Scaling User Guide, "Multiple
/// target tracking scaling policies"). The service must not have a desired count of its own. As soon as this exists, the
/// service has its minimum.
#[derive(Debug, Clone, PartialEq)]
pub struct Autoscaling {
    target: Handle<CfnScalableTarget>,
}

impl Autoscaling {
    /// The scaling of the service, at this place of the tree; below it its policies at `Cpu` and `Memory`.
    #[allow(clippy::needless_pass_by_value, reason = "as all parts take their properties")]
    pub fn new(scope: &mut Scope<'_>, service: &FargateService, props: AutoscalingProps) -> Self {
        check(scope, &props);
        let id = concat_values!["service/", service.cluster().name(), "/", service.name()];
        let target = scope.add(
            MAIN,
            CfnScalableTarget::new(
                props.max_tasks.clone(),
                props.min_tasks.clone(),
                id,
                scalable_target::ScalableDimension::EcsServiceDesiredCount,
                scalable_target::ServiceNamespace::Ecs,
            ),
        );
        for (id, name, metric, percent) in [
            ("Cpu", "cpu", Metric::EcsServiceAverageCpuUtilization, props.cpu_percent),
            ("Memory", "memory", Metric::EcsServiceAverageMemoryUtilization, props.memory_percent),
        ] {
            let Some(percent) = percent else { continue };
            let mut policy = CfnScalingPolicy::new(name, scaling_policy::PolicyType::TargetTrackingScaling);
            policy.scaling_target_id = Some(target.reference());
            policy.target_tracking_scaling_policy_configuration =
                Some(tracking(metric, percent, &props).into());
            scope.add(id, policy);
        }
        Self { target }
    }

    /// The resource, for what this part doesn't offer.
    pub fn handle(&self) -> &Handle<CfnScalableTarget> {
        &self.target
    }
}

fn tracking(
    metric: Metric,
    percent: u32,
    props: &AutoscalingProps,
) -> scaling_policy::TargetTrackingScalingPolicyConfiguration {
    scaling_policy::TargetTrackingScalingPolicyConfiguration {
        predefined_metric_specification: Some(
            scaling_policy::PredefinedMetricSpecification::new(metric).into(),
        ),
        scale_out_cooldown: Some(props.scale_out_cooldown_seconds.into()),
        scale_in_cooldown: (props.scale_in_cooldown_seconds != SCALE_IN_COOLDOWN)
            .then(|| props.scale_in_cooldown_seconds.into()),
        ..scaling_policy::TargetTrackingScalingPolicyConfiguration::new(f64::from(percent))
    }
}

/// Reports what Application Auto Scaling would refuse, or what could never scale.
fn check(scope: &mut Scope<'_>, props: &AutoscalingProps) {
    if let (Some(min), Some(max)) = (props.min_tasks.literal(), props.max_tasks.literal())
        && (*min < 0 || min > max)
    {
        scope.misuse(
            format!("a service can't have at least {min} and at most {max} tasks"),
            "choose a minimum that isn't above the maximum",
        );
    }
    if props.cpu_percent.is_none() && props.memory_percent.is_none() {
        scope.misuse("nothing says when to scale", "give a target for CPU or memory");
    }
    for percent in [props.cpu_percent, props.memory_percent].into_iter().flatten() {
        if !(1..=100).contains(&percent) {
            scope.misuse(format!("a use of {percent} % can't be held"), "choose 1 to 100 %");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::constructs::testing::{misuses, synth};
    use crate::constructs::{
        Cluster, ClusterProps, Container, ContainerImage, FargateServiceProps, Parameter, ParameterType,
        Role, RoleProps, Stack, TaskDefinition, TaskDefinitionProps,
    };

    fn scaled(stack: &mut Stack, props: AutoscalingProps) {
        let mut scope = stack.scope();
        let cluster = Cluster::new(&mut scope.child("Cluster"), ClusterProps::default());
        let role = Role::new(&mut scope.child("Role"), RoleProps::for_tasks());
        let container = Container::new("app", ContainerImage::new("nginx", "1.29"));
        let task = TaskDefinitionProps::new(256, 512, &role, vec![container]);
        let task = TaskDefinition::new(&mut scope.child("Task"), task);
        let service = FargateServiceProps::new(&cluster, &task, vec!["subnet-1"], vec!["sg-1".into()]);
        let service = FargateService::new(&mut scope.child("Service"), service);
        Autoscaling::new(&mut scope.child("Scaling"), &service, props);
    }

    #[test]
    fn holds_cpu_and_memory_between_the_form_s_counts() {
        let mut stack = Stack::new();
        let max = stack.parameter("Max", Parameter::new(ParameterType::Number, "most tasks"));
        scaled(&mut stack, AutoscalingProps::new(2, max.reference::<i64>()));
        let resources = synth(stack);
        assert_eq!(
            resources["Scaling"]["Properties"],
            json!({
                "MaxCapacity": { "Ref": "Max" },
                "MinCapacity": 2,
                "ResourceId": { "Fn::Sub": "service/${Cluster}/${Service.Name}" },
                "ScalableDimension": "ecs:service:DesiredCount",
                "ServiceNamespace": "ecs",
            })
        );
        let policy = |name: &str, metric: &str, percent: u32| {
            json!({
                "PolicyName": name,
                "PolicyType": "TargetTrackingScaling",
                "ScalingTargetId": { "Ref": "Scaling" },
                "TargetTrackingScalingPolicyConfiguration": {
                    "PredefinedMetricSpecification": { "PredefinedMetricType": metric },
                    "ScaleOutCooldown": 60,
                    "TargetValue": percent,
                },
            })
        };
        assert_eq!(
            resources["ScalingCpu"]["Properties"],
            policy("cpu", "ECSServiceAverageCPUUtilization", 70)
        );
        assert_eq!(
            resources["ScalingMemory"]["Properties"],
            policy("memory", "ECSServiceAverageMemoryUtilization", 80)
        );
    }

    #[test]
    fn a_metric_that_does_not_count_has_no_policy() {
        let mut stack = Stack::new();
        scaled(&mut stack, AutoscalingProps { memory_percent: None, ..AutoscalingProps::new(1, 3) });
        assert!(synth(stack).get("ScalingMemory").is_none());
    }

    #[test]
    fn a_cooldown_is_written_where_it_is_not_the_default() {
        let mut stack = Stack::new();
        scaled(
            &mut stack,
            AutoscalingProps { scale_in_cooldown_seconds: 600, ..AutoscalingProps::new(1, 3) },
        );
        let policy = &synth(stack)["ScalingCpu"]["Properties"]["TargetTrackingScalingPolicyConfiguration"];
        assert_eq!(policy["ScaleInCooldown"], 600);
    }

    #[test]
    fn what_can_not_scale_is_reported() {
        let reported = |props| {
            let mut stack = Stack::new();
            scaled(&mut stack, props);
            misuses(stack)
        };
        assert_eq!(
            reported(AutoscalingProps::new(3, 2)),
            ["a service can't have at least 3 and at most 2 tasks"]
        );
        assert_eq!(
            reported(AutoscalingProps {
                cpu_percent: None,
                memory_percent: None,
                ..AutoscalingProps::new(1, 2)
            }),
            ["nothing says when to scale"]
        );
        assert_eq!(
            reported(AutoscalingProps { cpu_percent: Some(0), ..AutoscalingProps::new(1, 2) }),
            ["a use of 0 % can't be held"]
        );
    }
}
