//! W016: health checks fit the start of a task.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::ecs::{containers, known_list, services};
use super::model::View;

pub(super) static RULE: Rule = Rule {
    code: Code("W016"),
    severity: Severity::Error,
    title: "health checks leave a task the time to answer and to start",
    what: "The health check timeout of a target group over HTTP or HTTPS is below its interval. A service behind a load balancer has a `HealthCheckGracePeriodSeconds` of at least the longest `StartPeriod` of its containers, which is a warning.",
    why: "The target group is refused; or ECS stops tasks that are still starting, again and again.",
    source: "Elastic Load Balancing API Reference, \"CreateTargetGroup\"; Amazon ECS API Reference, \"CreateService\"",
    same_as: &[],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for group in view.of("AWS::ElasticLoadBalancingV2::TargetGroup") {
        let (interval, timeout) =
            (group.integer("HealthCheckIntervalSeconds"), group.integer("HealthCheckTimeoutSeconds"));
        let Some(timeout) = timeout else { continue };
        // The default of an interval, but for lambda functions.
        let interval = match group.get("HealthCheckIntervalSeconds") {
            Some(_) => interval,
            None => Some(if group.text("TargetType").as_deref() == Some("lambda") { 35 } else { 30 }),
        };
        if let Some(interval) = interval
            && timeout >= interval
            && !matches!(group.text("Protocol").as_deref(), Some("TCP" | "UDP" | "TLS" | "TCP_UDP"))
        {
            let message = format!(
                "the health check waits {timeout} s for an answer and asks every {interval} s: the target group is refused"
            );
            findings.push(
                group
                    .finding_of(&RULE, "HealthCheckTimeoutSeconds", message)
                    .help("make `HealthCheckTimeoutSeconds` smaller than `HealthCheckIntervalSeconds`"),
            );
        }
    }
    for service in services(view) {
        let Some(balancers) = known_list(service.item.get("LoadBalancers")) else { continue };
        let grace = service.item.get("HealthCheckGracePeriodSeconds");
        if balancers.is_empty() {
            continue;
        }
        let Some(task) = service.task else { continue };
        let starts = |container: &Evaluated<'_>| container.at(&["HealthCheck", "StartPeriod"])?.integer();
        let Some(longest) = containers(task).iter().filter_map(starts).max() else { continue };
        let seconds = match grace {
            Some(grace) => grace.integer(),
            None => Some(0),
        };
        if let Some(seconds) = seconds.filter(|seconds| *seconds < longest) {
            let message = format!(
                "the load balancer gives a task {seconds} s to start, its containers {longest} s: tasks are stopped before they are up"
            );
            let mut finding = service
                .item
                .finding_of(&RULE, "HealthCheckGracePeriodSeconds", message)
                .help(format!("set `HealthCheckGracePeriodSeconds` to {longest} or more"));
            finding.severity = Severity::Warning;
            findings.push(finding);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::wiring::testing::{none, only};

    #[test]
    fn a_timeout_as_long_as_the_interval_is_found() {
        let (message, _) = only("W016", &[("/ApiTargets/Properties/HealthCheckTimeoutSeconds", json!(30))]);
        assert!(message.contains("waits 30 s"), "{message}");
        only("W016", &[("/ApiTargets/Properties/HealthCheckIntervalSeconds", json!(5))]);
    }

    #[test]
    fn a_short_grace_period_is_found() {
        let (message, _) =
            only("W016", &[("/ApiService/Properties/HealthCheckGracePeriodSeconds", Json::Null)]);
        assert!(message.contains("gives a task 0 s"), "{message}");
        none(&[("/ApiService/Properties/HealthCheckGracePeriodSeconds", json!(60))]);
    }
}
