//! W052: alarms watch something.

use crate::cfn::evaluate::{Evaluated, Origin};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::View;

pub(super) static RULE: Rule = Rule {
    code: Code("W052"),
    severity: Severity::Error,
    title: "alarms name what they watch as its metrics do",
    what: "The dimensions of alarms on Application Load Balancers, their target groups, services and clusters of ECS and clusters of RDS that are in the template have the names that the metrics use: full names and names, not ARNs.",
    why: "The alarm never has data and never rings.",
    source: "Elastic Load Balancing User Guide, \"CloudWatch metrics for your Application Load Balancer\"; Amazon ECS Developer Guide, \"CloudWatch metrics\"",
    same_as: &[],
};

/// Namespace, dimension, type, and the attribute that has the dimension's value; none is what `Ref` gives.
const DIMENSIONS: [(&str, &str, &str, &str); 5] = [
    (
        "AWS/ApplicationELB",
        "LoadBalancer",
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "LoadBalancerFullName",
    ),
    ("AWS/ApplicationELB", "TargetGroup", "AWS::ElasticLoadBalancingV2::TargetGroup", "TargetGroupFullName"),
    ("AWS/ECS", "ServiceName", "AWS::ECS::Service", "Name"),
    ("AWS/ECS", "ClusterName", "AWS::ECS::Cluster", ""),
    ("AWS/RDS", "DBClusterIdentifier", "AWS::RDS::DBCluster", ""),
];

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for alarm in view.of("AWS::CloudWatch::Alarm") {
        let Some(namespace) = alarm.text("Namespace") else { continue };
        for dimension in alarm.items("Dimensions") {
            let (Some(name), Some(value)) =
                (dimension.get("Name").and_then(Evaluated::text), dimension.get("Value"))
            else {
                continue;
            };
            let known = DIMENSIONS.iter().find(|(space, known, ..)| *space == namespace && *known == name);
            let Some((_, _, type_name, right)) = known else { continue };
            let Some(item) = view.target_of(Some(value), type_name) else { continue };
            let found = match value.unknown().map(|unknown| &unknown.origin) {
                Some(Origin::Attribute(_, attribute)) => attribute.as_ref(),
                _ => "",
            };
            // The cluster of Aurora has its name as an attribute as well.
            if found == *right || (right.is_empty() && !found.ends_with("Arn")) {
                continue;
            }
            let message = format!(
                "the metrics' `{name}` isn't what this gives of `{}`: the alarm never rings",
                item.id
            );
            let help = if right.is_empty() {
                format!("write `!Ref {}`", item.id)
            } else {
                format!("write `!GetAtt {}.{right}`", item.id)
            };
            findings.push(alarm.finding_at(&RULE, value, message).help(help));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::wiring::testing::{none, only};

    const VALUE: &str = "/Unhealthy/Properties/Dimensions/0/Value";

    #[test]
    fn an_arn_is_found() {
        let (message, pointer) = only("W052", &[(VALUE, json!({"Ref": "Balancer"}))]);
        assert!(message.contains("`LoadBalancer` isn't what this gives of `Balancer`"), "{message}");
        assert_eq!(pointer, format!("/Resources{VALUE}"));
    }

    #[test]
    fn a_name_is_good() {
        none(&[
            ("/Unhealthy/Properties/Namespace", json!("AWS/ECS")),
            (
                "/Unhealthy/Properties/Dimensions",
                json!([{"Name": "ClusterName", "Value": {"Ref": "Cluster"}}, {"Name": "ServiceName", "Value": {"Fn::GetAtt": ["ApiService", "Name"]}}]),
            ),
        ]);
    }
}
