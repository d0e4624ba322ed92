//! Alarms of `CloudWatch`, and which of them are worth having.

use crate::cfn::{ConditionHandle, Handle, Intrinsic, Value};
use crate::concat_values;
use crate::resources::cloud_watch::CfnAlarm;
use crate::resources::cloud_watch::alarm::Dimension;

use super::{ApplicationLoadBalancer, MAIN, Scope, TargetGroup};

pub use crate::resources::cloud_watch::alarm::{ComparisonOperator, Statistic, TreatMissingData};

const MEBIBYTE: f64 = 1_048_576.0;

/// Who is told of an alarm, and of its end.
#[derive(Debug, Clone, PartialEq)]
pub struct AlarmTopic {
    /// The ARN of an SNS topic.
    pub arn: Value<String>,
    /// Whether there is one, where that is known only when the stack is created; always, if absent.
    pub only_if: Option<ConditionHandle>,
}

/// When an alarm is raised. The ready-made ones below can be changed before they are used.
#[derive(Debug, Clone, PartialEq)]
pub struct AlarmProps {
    /// What happened and what to do, for whoever is woken by it; at most 1,024 characters.
    pub description: String,
    /// The metric's namespace, such as `AWS/RDS`.
    pub namespace: &'static str,
    /// The metric.
    pub metric: &'static str,
    /// Of what: names and values of the metric's dimensions.
    pub dimensions: Vec<(&'static str, Value<String>)>,
    /// How the values of a period become one.
    pub statistic: Statistic,
    /// How the value relates to the threshold when something is wrong.
    pub comparison: ComparisonOperator,
    /// In the metric's own unit.
    pub threshold: f64,
    /// Seconds in a period: 10, 30, or a multiple of 60.
    pub period_seconds: u32,
    /// How many of the last periods are looked at.
    pub periods: u32,
    /// How many of them have to be wrong.
    pub datapoints: u32,
    /// What a period without data counts as. Most metrics are silent while nothing happens, which is no alarm.
    pub missing_data: TreatMissingData,
}

/// An alarm. Costs money by the month.
#[derive(Debug, Clone, PartialEq)]
pub struct Alarm {
    handle: Handle<CfnAlarm>,
}

impl Alarm {
    /// An alarm at this place of the tree; without a topic it is seen in the console only.
    pub fn new(scope: &mut Scope<'_>, topic: Option<&AlarmTopic>, props: AlarmProps) -> Self {
        let actions: Option<Value<Vec<Value<String>>>> = topic.map(|topic| {
            let list = Value::from(vec![topic.arn.clone()]);
            match &topic.only_if {
                Some(condition) => Intrinsic::if_else(condition, list, Value::no_value()),
                None => list,
            }
        });
        let dimensions: Vec<Dimension> =
            props.dimensions.into_iter().map(|(name, value)| Dimension::new(name, value)).collect();
        let mut alarm = CfnAlarm::new(props.comparison, props.periods);
        alarm.alarm_description = Some(props.description.into());
        alarm.namespace = Some(props.namespace.into());
        alarm.metric_name = Some(props.metric.into());
        alarm.dimensions = Some(dimensions.into());
        alarm.statistic = Some(props.statistic.into());
        alarm.threshold = Some(props.threshold.into());
        alarm.period = Some(props.period_seconds.into());
        alarm.datapoints_to_alarm = (props.datapoints != props.periods).then(|| props.datapoints.into());
        alarm.treat_missing_data = Some(props.missing_data.into());
        alarm.alarm_actions.clone_from(&actions);
        alarm.ok_actions = actions;
        Self { handle: scope.add(MAIN, alarm) }
    }

    /// The resource.
    pub fn handle(&self) -> &Handle<CfnAlarm> {
        &self.handle
    }
}

/// Source of the metrics: "`CloudWatch` metrics for your Application Load Balancer".
impl AlarmProps {
    /// The load balancer itself answers with 5xx, ten times in five minutes: no target took the request.
    pub fn load_balancer_errors(load_balancer: &ApplicationLoadBalancer) -> Self {
        Self::errors(
            load_balancer,
            "HTTPCode_ELB_5XX_Count",
            "The load balancer itself answered 10 or more requests in 5 minutes, with 5xx. Look for stopped or unhealthy \
             tasks, and for requests longer than the idle timeout.",
        )
    }

    /// Targets answer with 5xx, ten times in five minutes.
    pub fn target_errors(load_balancer: &ApplicationLoadBalancer) -> Self {
        Self::errors(
            load_balancer,
            "HTTPCode_Target_5XX_Count",
            "The application answered 10 or more requests with 5xx in 5 minutes. Look for errors in its logs.",
        )
    }

    fn errors(load_balancer: &ApplicationLoadBalancer, metric: &'static str, description: &str) -> Self {
        Self {
            description: description.to_owned(),
            namespace: "AWS/ApplicationELB",
            metric,
            dimensions: vec![("LoadBalancer", load_balancer.full_name())],
            statistic: Statistic::Sum,
            comparison: ComparisonOperator::GreaterThanOrEqualToThreshold,
            threshold: 10.0,
            period_seconds: 300,
            periods: 1,
            datapoints: 1,
            missing_data: TreatMissingData::NotBreaching,
        }
    }

    /// A target of the group fails its checks, or there is none, for five minutes, longer than in a deployment. `name` is what
    /// the targets are called in the description.
    ///
    /// The metric is reported while targets are registered, so that silence means that no task runs. An alarm that is made before
    /// the first task would begin with that: let it depend on the service.
    pub fn unhealthy_targets(
        load_balancer: &ApplicationLoadBalancer,
        target_group: &TargetGroup,
        name: &str,
    ) -> Self {
        Self {
            description: format!(
                "A task of {name} was unhealthy for 5 minutes, or none ran. Look at the service's events and the tasks' logs."
            ),
            namespace: "AWS/ApplicationELB",
            metric: "UnHealthyHostCount",
            dimensions: vec![
                ("LoadBalancer", load_balancer.full_name()),
                ("TargetGroup", target_group.full_name()),
            ],
            statistic: Statistic::Maximum,
            comparison: ComparisonOperator::GreaterThanOrEqualToThreshold,
            threshold: 1.0,
            period_seconds: 60,
            periods: 5,
            datapoints: 5,
            missing_data: TreatMissingData::Breaching,
        }
    }
}

/// Source of the metrics: Amazon `ElastiCache` User Guide, "Metrics for Valkey and Redis OSS".
impl AlarmProps {
    /// A node of a replication group (cluster mode disabled) has used 80 % of its memory for 15 minutes.
    ///
    /// Metrics are by node. `ElastiCache` calls the nodes `<group>-001`, `<group>-002` …; `node` counts from 1. `Ref` of
    /// the replication group gives its id.
    pub fn cache_memory(replication_group_id: &Value<String>, node: u32) -> Self {
        Self {
            description: format!(
                "Node {node} of the cache was 80 % full for 15 minutes. A full cache evicts keys or refuses writes. Find what \
                 fills it, or choose a larger node type."
            ),
            namespace: "AWS/ElastiCache",
            metric: "DatabaseMemoryUsagePercentage",
            dimensions: vec![(
                "CacheClusterId",
                concat_values![replication_group_id.clone(), format!("-{node:03}")],
            )],
            statistic: Statistic::Average,
            comparison: ComparisonOperator::GreaterThanOrEqualToThreshold,
            threshold: 80.0,
            period_seconds: 300,
            periods: 3,
            datapoints: 3,
            missing_data: TreatMissingData::NotBreaching,
        }
    }
}

/// By cluster, a metric's minimum and maximum are those of its worst instance, so that one alarm does for all. Aurora's
/// volume grows by itself; what runs out is the local storage of an instance.
///
/// Source of the metrics: Amazon Aurora User Guide, "Amazon `CloudWatch` metrics for Amazon Aurora".
impl AlarmProps {
    /// An instance has less than 1 GiB of local storage left for sorts, index builds and logs for 10 minutes. The
    /// smallest classes have several GiB ("Temporary storage limits for Aurora PostgreSQL").
    pub fn database_local_storage(cluster_id: &Value<String>) -> Self {
        Self::database(
            cluster_id,
            "FreeLocalStorage",
            1024.0 * MEBIBYTE,
            2,
            "A database instance had less than 1 GiB of local storage left for 10 minutes. Without any, sorts and index builds \
             fail. Look for large ones and long queries, or choose a larger class.",
        )
    }

    /// An instance has less than 200 MiB of memory left for 15 minutes: 5 % of the smallest class.
    pub fn database_memory(cluster_id: &Value<String>) -> Self {
        Self::database(
            cluster_id,
            "FreeableMemory",
            200.0 * MEBIBYTE,
            3,
            "A database instance had less than 200 MiB of memory left for 15 minutes; it may restart. Look for many \
             connections and large index builds, or choose a larger class.",
        )
    }

    /// An instance has more than `limit` connections for 5 minutes. The limit is for the caller to choose, below the
    /// class's `max_connections`.
    pub fn database_connections(cluster_id: &Value<String>, limit: u32) -> Self {
        Self {
            statistic: Statistic::Maximum,
            comparison: ComparisonOperator::GreaterThanThreshold,
            period_seconds: 60,
            ..Self::database(
                cluster_id,
                "DatabaseConnections",
                f64::from(limit),
                5,
                &format!(
                    "A database instance had more than {limit} connections for 5 minutes and may soon refuse new ones. Run \
                     fewer tasks, make connection pools smaller, or choose a larger class."
                ),
            )
        }
    }

    fn database(
        cluster_id: &Value<String>,
        metric: &'static str,
        threshold: f64,
        periods: u32,
        description: &str,
    ) -> Self {
        Self {
            description: description.to_owned(),
            namespace: "AWS/RDS",
            metric,
            dimensions: vec![("DBClusterIdentifier", cluster_id.clone())],
            statistic: Statistic::Minimum,
            comparison: ComparisonOperator::LessThanThreshold,
            threshold,
            period_seconds: 300,
            periods,
            datapoints: periods,
            missing_data: TreatMissingData::NotBreaching,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cfn::{ConditionExpression, Json, RawResource};
    use crate::constructs::test_support::{keep, properties, synth};
    use crate::constructs::testing::assert_contains;
    use crate::constructs::{
        LoadBalancerProps, Parameter, ParameterType, Scheme, SecurityGroup, Stack, TargetGroupProps,
    };

    fn every_alarm(stack: &mut Stack) -> Vec<(&'static str, AlarmProps)> {
        let vpc = stack.parameter("VpcId", Parameter::new(ParameterType::VpcId, "The VPC")).reference();
        let subnets = stack.parameter("Subnets", Parameter::new(ParameterType::SubnetIds, "Subnets"));
        let mut scope = stack.scope();
        let group = SecurityGroup::new(&mut scope.child("SecurityGroup"), &vpc, "Load balancer");
        let props = LoadBalancerProps::new(Scheme::Internal, subnets.reference());
        let balancer = ApplicationLoadBalancer::new(&mut scope.child("LoadBalancer"), &group, props);
        let targets = TargetGroup::new(&mut scope.child("Targets"), &vpc, &TargetGroupProps::new(80, "/"));
        let cache = stack.parameter("Cache", Parameter::new(ParameterType::String, "Cache")).reference();
        let cluster = stack.parameter("Cluster", Parameter::new(ParameterType::String, "DB")).reference();
        vec![
            ("LoadBalancerErrors", AlarmProps::load_balancer_errors(&balancer)),
            ("TargetErrors", AlarmProps::target_errors(&balancer)),
            ("ApiUnhealthy", AlarmProps::unhealthy_targets(&balancer, &targets, "api")),
            ("CacheMemory", AlarmProps::cache_memory(&cache, 2)),
            ("DatabaseLocalStorage", AlarmProps::database_local_storage(&cluster)),
            ("DatabaseMemory", AlarmProps::database_memory(&cluster)),
            ("DatabaseConnections", AlarmProps::database_connections(&cluster, 300)),
        ]
    }

    #[test]
    fn every_alarm_says_what_to_do_and_what_silence_means() {
        let mut stack = Stack::new();
        let topic = stack.parameter("Topic", Parameter::new(ParameterType::String, "Topic").default(""));
        let has = stack.condition("HasTopic", ConditionExpression::differs(topic.reference::<String>(), ""));
        let topic = AlarmTopic { arn: topic.reference(), only_if: Some(has) };
        let alarms = every_alarm(&mut stack);
        let names: Vec<&str> = alarms.iter().map(|(name, _)| *name).collect();
        for (name, props) in alarms {
            Alarm::new(&mut stack.scope().child(name), Some(&topic), props);
        }
        let template = synth(stack);
        keep("alarms", &template);
        for name in names {
            let alarm = properties(&template, name);
            // No target at all is as bad as one that is unhealthy; all other metrics are silent while nothing happens.
            let silence = if name == "ApiUnhealthy" { "breaching" } else { "notBreaching" };
            assert_eq!(alarm["TreatMissingData"], silence, "{name}");
            assert_eq!(
                alarm["AlarmActions"],
                json!({"Fn::If": ["HasTopic", [{"Ref": "Topic"}], {"Ref": "AWS::NoValue"}]})
            );
            let description = alarm["AlarmDescription"].as_str().unwrap();
            assert!(description.len() <= 1024 && description.contains(". "), "{description}");
        }
        assert_eq!(
            properties(&template, "ApiUnhealthy")["Dimensions"],
            json!([
                {"Name": "LoadBalancer", "Value": {"Fn::GetAtt": ["LoadBalancer", "LoadBalancerFullName"]}},
                {"Name": "TargetGroup", "Value": {"Fn::GetAtt": ["Targets", "TargetGroupFullName"]}},
            ])
        );
        assert_eq!(
            properties(&template, "CacheMemory")["Dimensions"],
            json!([{"Name": "CacheClusterId", "Value": {"Fn::Sub": "${Cache}-002"}}])
        );
        assert_contains(
            properties(&template, "DatabaseLocalStorage"),
            &json!({
                "Namespace": "AWS/RDS", "MetricName": "FreeLocalStorage", "Statistic": "Minimum",
                "ComparisonOperator": "LessThanThreshold", "Threshold": 1_073_741_824_i64, "Period": 300,
                "EvaluationPeriods": 2, "Dimensions": [{"Name": "DBClusterIdentifier", "Value": {"Ref": "Cluster"}}],
            }),
        );
        assert_contains(
            properties(&template, "DatabaseConnections"),
            &json!({"Statistic": "Maximum", "ComparisonOperator": "GreaterThanThreshold", "Threshold": 300,
                "Period": 60, "EvaluationPeriods": 5}),
        );
    }

    #[test]
    fn an_alarm_without_a_topic_tells_nobody() {
        let mut stack = Stack::new();
        let topic = stack.scope().add("Topic", RawResource::new("AWS::SNS::Topic"));
        let props = AlarmProps::cache_memory(&"cache".into(), 1);
        Alarm::new(&mut stack.scope().child("Silent"), None, props.clone());
        let topic = AlarmTopic { arn: topic.reference(), only_if: None };
        let props = AlarmProps { datapoints: 2, ..props };
        Alarm::new(&mut stack.scope().child("Loud"), Some(&topic), props);
        let template = synth(stack);
        let silent = properties(&template, "Silent");
        assert_eq!((&silent["AlarmActions"], &silent["OKActions"]), (&Json::Null, &Json::Null));
        assert_eq!(silent["DatapointsToAlarm"], Json::Null);
        assert_contains(
            properties(&template, "Loud"),
            &json!({"AlarmActions": [{"Ref": "Topic"}], "OKActions": [{"Ref": "Topic"}], "DatapointsToAlarm": 2}),
        );
    }
}
