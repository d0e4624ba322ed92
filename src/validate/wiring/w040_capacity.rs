//! W040: the limits of scaling hold each other.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::{Item, View};
use super::w012_scalable_target::{service, targets};

pub(super) static RULE: Rule = Rule {
    code: Code("W040"),
    severity: Severity::Error,
    title: "the limits of a scaling target hold",
    what: "The minimum of a scaling target of ECS is at most its maximum. A `DesiredCount` of its service that doesn't lie between them is a warning, and so is a minimum of 0 where the target has no `ScheduledActions` and all policies of the template for it track the use of processor or memory by the service's tasks, or the requests that each target gets.",
    why: "Application Auto Scaling refuses the target: \"Maximum capacity cannot be less than minimum capacity\"; a count outside is changed as soon as the target is there; without tasks there is no metric, and the service stays at none.",
    source: "Application Auto Scaling API Reference, \"RegisterScalableTarget\"",
    same_as: &[],
};

/// Metrics that only running tasks make.
const OF_TASKS: [&str; 3] =
    ["ECSServiceAverageCPUUtilization", "ECSServiceAverageMemoryUtilization", "ALBRequestCountPerTarget"];

/// Whether the target has policies, all known to need tasks that run, and nothing else that changes its count.
fn stays_at_none<'t>(view: &View<'_, 't>, target: &Item<'t>) -> bool {
    const METRIC: &str =
        "TargetTrackingScalingPolicyConfiguration.PredefinedMetricSpecification.PredefinedMetricType";
    let needs_tasks =
        |policy: &Item<'t>| policy.text(METRIC).is_some_and(|metric| OF_TASKS.contains(&metric.as_ref()));
    let mut has_own = false;
    for policy in view.of("AWS::ApplicationAutoScaling::ScalingPolicy") {
        match policy.get("ScalingTargetId").and_then(Evaluated::resource) {
            Some(id) if id == target.id => {
                has_own = true;
                if !needs_tasks(policy) {
                    return false;
                }
            }
            Some(_) => {}
            // It may be one of this target.
            None => return false,
        }
    }
    has_own && target.get("ScheduledActions").is_none()
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for target in targets(view) {
        let (Some(least), Some(most)) = (target.integer("MinCapacity"), target.integer("MaxCapacity")) else {
            continue;
        };
        if least > most {
            let message =
                format!("the least number of tasks is {least}, the most {most}: the target is refused");
            findings.push(
                target
                    .finding_of(&RULE, "MinCapacity", message)
                    .help("make `MaxCapacity` at least `MinCapacity`"),
            );
            continue;
        }
        if least == 0 && stays_at_none(view, target) {
            let message = "at 0 tasks nothing starts one again: the policies follow metrics that tasks make";
            let mut finding = target
                .finding_of(&RULE, "MinCapacity", message)
                .help("set `MinCapacity: 1`, or scale by a metric that is there without tasks");
            finding.severity = Severity::Warning;
            findings.push(finding);
        }
        let Some(service) = service(view, target) else { continue };
        let count = service.integer("DesiredCount").filter(|count| !(least..=most).contains(count));
        if let Some(count) = count {
            let mut finding = service
                .finding_of(
                    &RULE,
                    "DesiredCount",
                    format!(
                        "`DesiredCount` is {count}, and `{}` allows {least} to {most}: it is changed at once",
                        target.id
                    ),
                )
                .help("take `DesiredCount` away");
            finding.severity = Severity::Warning;
            findings.push(finding);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::wiring::testing::{found, none, only};

    #[test]
    fn limits_the_wrong_way_round_are_found() {
        let (message, _) = only("W040", &[("/Scaling/Properties/MinCapacity", json!(5))]);
        assert!(message.starts_with("the least number of tasks is 5, the most 4"), "{message}");
        let found = found(&[("/ApiService/Properties/DesiredCount", json!(9))]);
        assert!(found.iter().any(|finding| finding.code.0 == "W040"), "{found:#?}");
    }

    #[test]
    fn what_nothing_starts_again_is_told() {
        let none_at_rest = || ("/Scaling/Properties/MinCapacity", json!(0));
        let policy = |metric: &str| {
            let tracked =
                json!({"TargetValue": 50, "PredefinedMetricSpecification": {"PredefinedMetricType": metric}});
            let properties = json!({
                "PolicyName": "x", "PolicyType": "TargetTrackingScaling", "ScalingTargetId": {"Ref": "Scaling"},
                "TargetTrackingScalingPolicyConfiguration": tracked,
            });
            (
                "/Policy",
                json!({"Type": "AWS::ApplicationAutoScaling::ScalingPolicy", "Properties": properties}),
            )
        };
        let tells = |changes: &[(&str, serde_json::Value)]| {
            found(changes)
                .iter()
                .any(|finding| finding.code.0 == "W040" && finding.message.starts_with("at 0 tasks"))
        };
        assert!(tells(&[none_at_rest(), policy("ECSServiceAverageCPUUtilization")]));
        assert!(!tells(&[policy("ECSServiceAverageCPUUtilization")]));
        let schedule = json!([{"ScheduledActionName": "day", "Schedule": "cron(0 8 * * ? *)"}]);
        let schedule = ("/Scaling/Properties/ScheduledActions", schedule);
        assert!(!tells(&[none_at_rest(), policy("ECSServiceAverageCPUUtilization"), schedule]));
    }

    #[test]
    fn equal_limits_are_good() {
        none(&[("/Scaling/Properties/MinCapacity", json!(4))]);
    }
}
