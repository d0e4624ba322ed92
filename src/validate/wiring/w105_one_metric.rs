//! W105: a scaling target follows each metric once.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::{Answer, Item, View, same};

pub(super) static RULE: Rule = Rule {
    code: Code("W105"),
    severity: Severity::Error,
    title: "a scaling target follows each predefined metric once",
    what: "No two target tracking policies of a scaling target have the same `PredefinedMetricType` with the same `ResourceLabel`, or both without one. `CustomizedMetricSpecification` isn't looked at.",
    why: "Application Auto Scaling refuses the second: \"Only one TargetTrackingScaling policy for a given metric specification is allowed\".",
    source: "Application Auto Scaling User Guide, \"Target tracking scaling policies for Application Auto Scaling\"",
    same_as: &[],
};

/// What a policy tracks.
struct Tracked<'v, 't> {
    policy: &'v Item<'t>,
    target: &'v Evaluated<'t>,
    metric: &'v Evaluated<'t>,
    label: Option<&'v Evaluated<'t>>,
}

const METRIC: &str = "TargetTrackingScalingPolicyConfiguration.PredefinedMetricSpecification";

impl<'v, 't> Tracked<'v, 't> {
    fn of(policy: &'v Item<'t>) -> Option<Self> {
        let target = policy.get("ScalingTargetId").or_else(|| policy.get("ResourceId"))?;
        let specification = policy.get(METRIC)?;
        let label = specification.get("ResourceLabel");
        Some(Self { policy, target, metric: specification.get("PredefinedMetricType")?, label })
    }

    fn is_twin(&self, other: &Self) -> bool {
        let same_label = match (self.label, other.label) {
            (None, None) => true,
            (Some(own), Some(other)) => same(own, other) == Answer::Yes,
            _ => false,
        };
        same_label
            && same(self.target, other.target) == Answer::Yes
            && same(self.metric, other.metric) == Answer::Yes
    }
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    let mut before: Vec<Tracked<'_, '_>> = Vec::new();
    for policy in view.of("AWS::ApplicationAutoScaling::ScalingPolicy") {
        let Some(tracked) = Tracked::of(policy) else { continue };
        if let Some(first) = before.iter().find(|other| tracked.is_twin(other)) {
            let message = format!("`{}` follows this metric already: the policy is refused", first.policy.id);
            findings.push(
                policy
                    .finding_at(&RULE, tracked.metric, message)
                    .help("follow another metric, or take one of the two policies away"),
            );
        }
        before.push(tracked);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::testing::found;

    fn messages(second_target: &str, second: &Json) -> Vec<String> {
        let policy = |target: &str, metric: &Json| json!({"Type": "AWS::ApplicationAutoScaling::ScalingPolicy", "Properties": {"PolicyName": "p", "PolicyType": "TargetTrackingScaling", "ScalingTargetId": {"Ref": target}, "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 1, "PredefinedMetricSpecification": metric}}});
        let target = json!({"Type": "AWS::ApplicationAutoScaling::ScalableTarget", "Properties": {}});
        let cpu = json!({"PredefinedMetricType": "ECSServiceAverageCPUUtilization"});
        let template = json!({"Resources": {
            "T": target, "U": target,
            "First": policy("T", &cpu), "Second": policy(second_target, second),
        }});
        found("W105", template).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn the_same_metric_twice_is_found() {
        let cpu = json!({"PredefinedMetricType": "ECSServiceAverageCPUUtilization"});
        assert_eq!(messages("T", &cpu), ["`First` follows this metric already: the policy is refused"]);
        assert_eq!(messages("U", &cpu), [""; 0]);
    }

    #[test]
    fn other_metrics_and_target_groups_are_left_alone() {
        assert_eq!(
            messages("T", &json!({"PredefinedMetricType": "ECSServiceAverageMemoryUtilization"})),
            [""; 0]
        );
        let labelled = json!({"PredefinedMetricType": "ECSServiceAverageCPUUtilization", "ResourceLabel": {"Fn::ImportValue": "x"}});
        assert_eq!(messages("T", &labelled), [""; 0]);
    }
}
