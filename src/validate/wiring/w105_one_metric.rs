//! W105: a scaling target follows each metric once.

use crate::cfn::evaluate::{Data, Evaluated};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::{Answer, Item, View, same};

pub(super) static RULE: Rule = Rule {
    code: Code("W105"),
    severity: Severity::Error,
    title: "a scaling target follows each metric once",
    what: "No two target tracking policies of a scaling target have the same `PredefinedMetricType` with the same `ResourceLabel`, or both without one, nor a `CustomizedMetricSpecification` that is equal in every value and in the order of its lists. They are of one target if `ScalingTargetId` is the same, or `ResourceId`, `ScalableDimension` and `ServiceNamespace` are, of the policy or of the scaling target in the template that it names.",
    why: "Application Auto Scaling refuses the second: \"Only one TargetTrackingScaling policy for a given metric specification is allowed\".",
    source: "Application Auto Scaling User Guide, \"Target tracking scaling policies for Application Auto Scaling\"",
    same_as: &[],
};

/// What a policy scales.
struct Target<'v, 't> {
    /// `ScalingTargetId`.
    whole: Option<&'v Evaluated<'t>>,
    /// The scaling target, where the template has it.
    id: Option<&'t str>,
    /// What, in which dimension and of which service.
    parts: Option<[&'v Evaluated<'t>; 3]>,
}

impl<'v, 't> Target<'v, 't> {
    fn of(view: &'v View<'_, 't>, policy: &'v Item<'t>) -> Self {
        let whole = policy.get("ScalingTargetId");
        let target = view.target_of(whole, "AWS::ApplicationAutoScaling::ScalableTarget");
        let named = target.or_else(|| whole.is_none().then_some(policy));
        let parts = named.and_then(|item| {
            Some([item.get("ResourceId")?, item.get("ScalableDimension")?, item.get("ServiceNamespace")?])
        });
        Self { whole, id: target.map(|target| target.id), parts }
    }

    fn is(&self, other: &Self) -> bool {
        if let (Some(own), Some(other)) = (self.id, other.id) {
            return own == other;
        }
        let is_same = |(own, other): (&Evaluated<'t>, &Evaluated<'t>)| same(own, other) == Answer::Yes;
        self.whole.zip(other.whole).is_some_and(is_same)
            || self.parts.zip(other.parts).is_some_and(|(own, other)| own.into_iter().zip(other).all(is_same))
    }
}

/// What a policy tracks.
enum Metric<'v, 't> {
    Predefined { name: &'v Evaluated<'t>, label: Option<&'v Evaluated<'t>> },
    Customized(&'v Evaluated<'t>),
}

const METRIC: &str = "TargetTrackingScalingPolicyConfiguration.PredefinedMetricSpecification";
const OWN: &str = "TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification";

impl<'v, 't> Metric<'v, 't> {
    fn of(policy: &'v Item<'t>) -> Option<Self> {
        if let Some(specification) = policy.get(METRIC) {
            let name = specification.get("PredefinedMetricType")?;
            return Some(Self::Predefined { name, label: specification.get("ResourceLabel") });
        }
        policy.get(OWN).map(Self::Customized)
    }

    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Predefined { name, label }, Self::Predefined { name: other, label: of }) => {
                let same_label = match (label, of) {
                    (None, None) => true,
                    (Some(own), Some(other)) => same(own, other) == Answer::Yes,
                    _ => false,
                };
                same_label && same(name, other) == Answer::Yes
            }
            (Self::Customized(own), Self::Customized(other)) => is_equal(own, other),
            _ => false,
        }
    }

    fn value(&self) -> &'v Evaluated<'t> {
        match self {
            Self::Predefined { name, .. } => name,
            Self::Customized(specification) => specification,
        }
    }
}

/// Whether two values are surely equal in all that is in them.
fn is_equal(one: &Evaluated<'_>, other: &Evaluated<'_>) -> bool {
    match (&one.data, &other.data) {
        (Data::Object(own), Data::Object(others)) => {
            own.len() == others.len()
                && own.iter().all(|(key, value)| other.get(key).is_some_and(|other| is_equal(value, other)))
        }
        (Data::List(own), Data::List(others)) => {
            own.len() == others.len()
                && own.iter().zip(others.iter()).all(|(one, other)| is_equal(one, other))
        }
        _ => same(one, other) == Answer::Yes,
    }
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    let mut before: Vec<(&Item<'_>, Target<'_, '_>, Metric<'_, '_>)> = Vec::new();
    for policy in view.of("AWS::ApplicationAutoScaling::ScalingPolicy") {
        let Some(metric) = Metric::of(policy) else { continue };
        let target = Target::of(view, policy);
        if let Some((first, ..)) = before.iter().find(|(_, of, known)| metric.is(known) && target.is(of)) {
            let message = format!("`{}` follows this metric already: the policy is refused", first.id);
            findings.push(
                policy
                    .finding_at(&RULE, metric.value(), message)
                    .help("follow another metric, or take one of the two policies away"),
            );
        }
        before.push((policy, target, metric));
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

    /// What is found of a second policy with these properties, beside the first.
    fn beside(first: &Json, second: &Json) -> usize {
        let policy = |more: &Json| {
            let mut properties = json!({"PolicyName": "p", "PolicyType": "TargetTrackingScaling"});
            properties.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({"Type": "AWS::ApplicationAutoScaling::ScalingPolicy", "Properties": properties})
        };
        let target = |dimension: &str| json!({"Type": "AWS::ApplicationAutoScaling::ScalableTarget", "Properties": {"ResourceId": "service/a/b", "ScalableDimension": dimension, "ServiceNamespace": "ecs"}});
        let resources = json!({"T": target("ecs:service:DesiredCount"), "First": policy(first), "Second": policy(second)});
        found("W105", json!({"Resources": resources})).len()
    }

    #[test]
    fn a_target_is_what_in_which_dimension_of_which_service() {
        let tracking = json!({"TargetValue": 1, "PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"}});
        let of = |resource: &str, dimension: &str, service: &str| json!({"ResourceId": resource, "ScalableDimension": dimension, "ServiceNamespace": service, "TargetTrackingScalingPolicyConfiguration": tracking});
        let one = of("table/a", "dynamodb:table:ReadCapacityUnits", "dynamodb");
        assert_eq!(beside(&one, &one), 1);
        assert_eq!(beside(&one, &of("table/b", "dynamodb:table:ReadCapacityUnits", "dynamodb")), 0);
        assert_eq!(beside(&one, &of("table/a", "dynamodb:table:WriteCapacityUnits", "dynamodb")), 0);
        assert_eq!(beside(&one, &of("table/a", "dynamodb:table:ReadCapacityUnits", "other")), 0);
        // One names the target of the template, the other what that scales.
        let by_id =
            json!({"ScalingTargetId": {"Ref": "T"}, "TargetTrackingScalingPolicyConfiguration": tracking});
        assert_eq!(beside(&by_id, &of("service/a/b", "ecs:service:DesiredCount", "ecs")), 1);
        assert_eq!(beside(&by_id, &of("service/a/c", "ecs:service:DesiredCount", "ecs")), 0);
    }

    #[test]
    fn own_metrics_are_compared_in_all_that_they_say() {
        let own = |name: &str, queue: &str| {
            let metric = json!({"MetricName": name, "Namespace": "AWS/SQS", "Statistic": "Average", "Dimensions": [{"Name": "QueueName", "Value": queue}]});
            json!({"ScalingTargetId": {"Ref": "T"}, "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 1, "CustomizedMetricSpecification": metric}})
        };
        assert_eq!(beside(&own("Length", "a"), &own("Length", "a")), 1);
        assert_eq!(beside(&own("Length", "a"), &own("Length", "b")), 0);
        assert_eq!(beside(&own("Length", "a"), &own("Age", "a")), 0);
        let cpu = json!({"ScalingTargetId": {"Ref": "T"}, "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 1, "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}}});
        assert_eq!(beside(&own("Length", "a"), &cpu), 0);
    }
}
