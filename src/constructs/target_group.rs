//! What a load balancer sends requests to.

use crate::cfn::{Handle, Value};
use crate::resources::elastic_load_balancing_v2::CfnTargetGroup;
use crate::resources::elastic_load_balancing_v2::target_group::{
    Matcher, Protocol, TargetGroupAttribute, TargetType,
};

use super::{MAIN, Scope};

/// How the load balancer finds out whether a target answers.
///
/// Ranges: AWS, "Health checks for your target groups" (Application Load Balancers).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthCheck {
    /// What is asked for.
    pub path: String,
    /// The status codes of a healthy answer, such as `200` or `200-399`.
    pub matcher: String,
    /// Seconds between two checks, 5 to 300.
    pub interval_seconds: u32,
    /// Seconds until no answer is a failure, 2 to 120, below the interval.
    pub timeout_seconds: u32,
    /// Good answers in a row until a target counts as healthy, 2 to 10.
    pub healthy_threshold: u32,
    /// Failures in a row until a target counts as unhealthy, 2 to 10.
    pub unhealthy_threshold: u32,
}

impl HealthCheck {
    /// A check on `path`: every 30 seconds, in 2 checks healthy, in 3 unhealthy.
    ///
    /// AWS's own defaults want 5 good answers, which keeps a new target waiting for two and a half minutes, and give up
    /// after 2 failures and 5 seconds, which a busy application misses soon.
    pub fn new(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            matcher: "200".to_owned(),
            interval_seconds: 30,
            timeout_seconds: 10,
            healthy_threshold: 2,
            unhealthy_threshold: 3,
        }
    }
}

/// How a target group is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetGroupProps {
    /// The port on which targets answer.
    pub port: u16,
    /// How the load balancer finds out whether they do.
    pub health_check: HealthCheck,
    /// Seconds that a target has for the requests it is busy with when it leaves, 0 to 3600. A deployment waits as long.
    pub deregistration_delay_seconds: u32,
    /// Seconds for which a client comes back to the same target, by a cookie of the load balancer, 1 to 604800.
    pub stickiness_seconds: Option<u32>,
}

impl TargetGroupProps {
    /// Targets on `port`, checked on `path`; 30 seconds for the last requests (AWS's default of 300 makes each deployment
    /// five minutes longer), no stickiness.
    pub fn new(port: u16, health_path: impl Into<String>) -> Self {
        Self {
            port,
            health_check: HealthCheck::new(health_path),
            deregistration_delay_seconds: 30,
            stickiness_seconds: None,
        }
    }
}

/// Targets of one kind: tasks with their own addresses, speaking HTTP.
///
/// It has no name, so that a change of port or VPC can replace it.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetGroup {
    handle: Handle<CfnTargetGroup>,
}

impl TargetGroup {
    /// A target group at this place of the tree.
    pub fn new(scope: &mut Scope<'_>, vpc_id: &Value<String>, props: &TargetGroupProps) -> Self {
        let check = &props.health_check;
        if check.timeout_seconds >= check.interval_seconds {
            scope.misuse(
                format!(
                    "a health check every {} seconds waits {} seconds for its answer",
                    check.interval_seconds, check.timeout_seconds
                ),
                "the time-out must be below the interval",
            );
        }
        let mut attributes = vec![
            attribute("deregistration_delay.timeout_seconds", props.deregistration_delay_seconds.to_string()),
            // Written out: an attribute that leaves the template keeps its last value.
            attribute("stickiness.enabled", props.stickiness_seconds.is_some().to_string()),
        ];
        if let Some(seconds) = props.stickiness_seconds {
            attributes.push(attribute("stickiness.type", "lb_cookie".to_owned()));
            attributes.push(attribute("stickiness.lb_cookie.duration_seconds", seconds.to_string()));
        }
        let mut group = CfnTargetGroup::new(props.port, Protocol::Http, vpc_id.clone());
        group.target_type = Some(TargetType::Ip.into());
        group.health_check_path = Some(check.path.as_str().into());
        group.matcher =
            Some(Matcher { http_code: Some(check.matcher.as_str().into()), grpc_code: None }.into());
        group.health_check_interval_seconds = Some(check.interval_seconds.into());
        group.health_check_timeout_seconds = Some(check.timeout_seconds.into());
        group.healthy_threshold_count = Some(check.healthy_threshold.into());
        group.unhealthy_threshold_count = Some(check.unhealthy_threshold.into());
        group.target_group_attributes = Some(attributes.into());
        Self { handle: scope.add(MAIN, group) }
    }

    /// The group's ARN.
    pub fn arn(&self) -> Value<String> {
        self.handle.reference()
    }

    /// What metrics call it, `targetgroup/…`.
    pub fn full_name(&self) -> Value<String> {
        self.handle.target_group_full_name()
    }

    /// The resource.
    pub fn handle(&self) -> &Handle<CfnTargetGroup> {
        &self.handle
    }
}

fn attribute(key: &str, value: String) -> TargetGroupAttribute {
    TargetGroupAttribute { key: Some(key.into()), value: Some(value.into()) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::constructs::Stack;
    use crate::constructs::testing::{misuses, synth};

    #[test]
    fn a_target_group_says_what_it_checks_and_how_long_it_waits() {
        let mut stack = Stack::new();
        let mut props = TargetGroupProps::new(5001, "/health");
        props.stickiness_seconds = Some(3600);
        TargetGroup::new(&mut stack.scope().child("ApiTargetGroup"), &"vpc-1".into(), &props);
        assert_eq!(
            synth(stack)["ApiTargetGroup"]["Properties"],
            json!({
                "VpcId": "vpc-1", "TargetType": "ip", "Protocol": "HTTP", "Port": 5001,
                "HealthCheckPath": "/health", "Matcher": {"HttpCode": "200"},
                "HealthCheckIntervalSeconds": 30, "HealthCheckTimeoutSeconds": 10,
                "HealthyThresholdCount": 2, "UnhealthyThresholdCount": 3,
                "TargetGroupAttributes": [
                    {"Key": "deregistration_delay.timeout_seconds", "Value": "30"},
                    {"Key": "stickiness.enabled", "Value": "true"},
                    {"Key": "stickiness.type", "Value": "lb_cookie"},
                    {"Key": "stickiness.lb_cookie.duration_seconds", "Value": "3600"},
                ],
            })
        );
    }

    #[test]
    fn a_check_that_waits_longer_than_its_interval_is_reported() {
        let mut stack = Stack::new();
        let mut props = TargetGroupProps::new(80, "/");
        props.health_check.timeout_seconds = 30;
        TargetGroup::new(&mut stack.scope().child("Group"), &"vpc-1".into(), &props);
        assert_eq!(misuses(stack), ["a health check every 30 seconds waits 30 seconds for its answer"]);
    }
}
