//! W168: documents in texts are JSON of the form that their service takes.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use jsonschema::Validator;

use crate::cfn::Json;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::{GAP, View, loose};

pub(super) static RULE: Rule = Rule {
    code: Code("W168"),
    severity: Severity::Error,
    title: "documents in texts are JSON of the right form",
    what: "The body of a dashboard, the lifecycle policy of a repository, the policies of a parameter and the policy of log groups are JSON and fit the schemas in `schemas/documents`; the priorities of a lifecycle policy are unique, and of the rules for images of one storage class at most one is for any tag, its priority the highest of theirs; an axis of a dashboard begins below its end.",
    why: "The service refuses the resource: \"The field DashboardBody must be a valid JSON object\", \"Lifecycle policy validation failure\", \"Invalid policies input\".",
    source: "Amazon CloudWatch API Reference, \"Dashboard Body Structure and Syntax\"; Amazon ECR User Guide, \"Lifecycle policy properties\"; AWS Systems Manager User Guide, \"Assigning parameter policies\"; Amazon CloudWatch Logs API Reference, \"PutResourcePolicy\"",
    same_as: &[
        "cdk-preflight pf-cloudwatch-dashboard-alarm-widget-alarms",
        "cdk-preflight pf-cloudwatch-dashboard-body-json",
        "cdk-preflight pf-cloudwatch-dashboard-metric-widget-source",
        "cdk-preflight pf-cloudwatch-dashboard-text-widget-markdown",
        "cdk-preflight pf-cloudwatch-dashboard-widget-fields",
        "cdk-preflight pf-cloudwatch-dashboard-widget-height-max",
        "cdk-preflight pf-cloudwatch-dashboard-widget-period",
        "cdk-preflight pf-cloudwatch-dashboard-widget-position",
        "cdk-preflight pf-cloudwatch-dashboard-widget-position-min",
        "cdk-preflight pf-cloudwatch-dashboard-widget-stat-syntax",
        "cdk-preflight pf-cloudwatch-dashboard-widgets",
        "cdk-preflight pf-cloudwatch-dashboard-widgets-array",
        "cdk-preflight pf-cloudwatch-dashboard-yaxis-range",
        "cdk-preflight pf-ecr-lifecycle-action",
        "cdk-preflight pf-ecr-lifecycle-count",
        "cdk-preflight pf-ecr-lifecycle-policy-syntax",
        "cdk-preflight pf-ecr-lifecycle-rule-priority",
        "cdk-preflight pf-ecr-lifecycle-tag-status",
        "cdk-preflight pf-ssm-parameter-policies",
        "cdk-preflight pf-logs-resource-policy-json",
    ],
};

/// What a schema can't say: places in the document and what is wrong there.
type More = fn(&Json) -> Vec<(String, String)>;

/// A kind of document.
struct Kind {
    type_name: &'static str,
    path: &'static str,
    schema: &'static str,
    more: More,
}

const KINDS: [Kind; 4] = [
    Kind {
        type_name: "AWS::CloudWatch::Dashboard",
        path: "DashboardBody",
        schema: include_str!("../../../schemas/documents/dashboard.json"),
        more: axes,
    },
    Kind {
        type_name: "AWS::ECR::Repository",
        path: "LifecyclePolicy.LifecyclePolicyText",
        schema: include_str!("../../../schemas/documents/lifecycle-policy.json"),
        more: priorities,
    },
    Kind {
        type_name: "AWS::SSM::Parameter",
        path: "Policies",
        schema: include_str!("../../../schemas/documents/parameter-policies.json"),
        more: |_| Vec::new(),
    },
    Kind {
        type_name: "AWS::Logs::ResourcePolicy",
        path: "PolicyDocument",
        schema: include_str!("../../../schemas/documents/resource-policy.json"),
        more: |_| Vec::new(),
    },
];

/// The schemas, read when there is a document for one.
fn validator(index: usize) -> Option<&'static Validator> {
    static READ: [OnceLock<Option<Validator>>; KINDS.len()] = [const { OnceLock::new() }; KINDS.len()];
    let read = || jsonschema::validator_for(&serde_json::from_str(KINDS[index].schema).ok()?).ok();
    READ[index].get_or_init(read).as_ref()
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for (index, kind) in KINDS.iter().enumerate() {
        for item in view.of(kind.type_name) {
            let Some(value) = item.get(kind.path) else { continue };
            let text = loose(value);
            let is_whole = !text.contains(GAP);
            let Ok(document) = serde_json::from_str::<Json>(&text) else {
                // What isn't known may be what makes it JSON; what is no text is a matter of the schema, and an empty text may
                // stand for no policies of a parameter.
                let is_text = value.text().is_some() && !(text.is_empty() && kind.path == "Policies");
                if is_whole && is_text {
                    let message = format!("`{}` isn't JSON: the service refuses it", kind.path);
                    findings.push(
                        item.finding_at(&RULE, value, message)
                            .help("write a JSON document, best with `Fn::Sub`"),
                    );
                }
                continue;
            };
            let mut faults = (kind.more)(&document);
            for error in validator(index).into_iter().flat_map(|validator| validator.iter_errors(&document)) {
                if !error.instance().to_string().contains(GAP) {
                    faults.push((error.instance_path().to_string(), error.to_string()));
                }
            }
            for (place, fault) in faults {
                let place =
                    if place.is_empty() { "in the document".to_owned() } else { format!("at {place} in it") };
                let message = format!("{place}, {fault}: the service refuses it");
                findings.push(
                    item.finding_at(&RULE, value, message)
                        .help("write the document as the service's reference has it"),
                );
            }
        }
    }
}

/// The axes of a dashboard's widgets that end before they begin.
fn axes(document: &Json) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (index, widget) in document["widgets"].as_array().into_iter().flatten().enumerate() {
        for side in ["left", "right"] {
            let axis = &widget["properties"]["yAxis"][side];
            if let (Some(least), Some(most)) = (axis["min"].as_f64(), axis["max"].as_f64())
                && least >= most
            {
                let place = format!("/widgets/{index}/properties/yAxis/{side}");
                found.push((place, format!("`min` is {least} and `max` is {most}")));
            }
        }
    }
    found
}

/// Whether a rule is for archived images; without `storageClass` it is for those in standard storage.
fn is_for_archived(rule: &Json) -> bool {
    rule["selection"]["storageClass"] == "archive"
}

/// Priorities of a lifecycle policy that are there twice, and rules behind that for any tag.
fn priorities(document: &Json) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut seen = BTreeMap::new();
    let rules = document["rules"].as_array().map(Vec::as_slice).unwrap_or_default();
    let highest = |archived: bool| {
        let own = rules.iter().filter(|rule| is_for_archived(rule) == archived);
        own.filter_map(|rule| rule["rulePriority"].as_i64()).max()
    };
    for (index, rule) in rules.iter().enumerate() {
        let Some(priority) = rule["rulePriority"].as_i64() else { continue };
        let place = format!("/rules/{index}/rulePriority");
        if let Some(first) = seen.insert(priority, index) {
            found.push((place, format!("{priority} is the priority of rule {first} too")));
        } else if rule["selection"]["tagStatus"] == "any" && Some(priority) != highest(is_for_archived(rule))
        {
            found.push((
                place,
                format!("the rule for any tag has the priority {priority}, and another a higher number"),
            ));
        }
    }
    let any: Vec<_> = rules.iter().filter(|rule| rule["selection"]["tagStatus"] == "any").collect();
    let archived = any.iter().filter(|rule| is_for_archived(rule)).count();
    if any.len() - archived > 1 || archived > 1 {
        let which = if archived > 1 { "archived images" } else { "images in standard storage" };
        found.push(("/rules".to_owned(), format!("several rules are for any tag of {which}")));
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::validate::testing::{found, resource};

    fn of(kind: usize, document: &Json) -> usize {
        let text = document.to_string();
        let properties = match KINDS[kind].path.split_once('.') {
            Some((outer, inner)) => json!({outer: {inner: text}}),
            None => json!({KINDS[kind].path: text}),
        };
        found("W168", resource(KINDS[kind].type_name, properties)).len()
    }

    #[test]
    fn schemas_are_schemas() {
        assert!((0..KINDS.len()).all(|index| validator(index).is_some()));
    }

    #[test]
    fn texts_are_json() {
        let body = |body: Json| {
            found("W168", resource("AWS::CloudWatch::Dashboard", json!({"DashboardBody": body}))).len()
        };
        assert_eq!([body(json!("{")), body(json!("")), body(json!("null"))], [1; 3]);
        assert_eq!(body(json!({"widgets": []})), 0, "what is no text is a matter of the schema");
        assert_eq!(
            body(
                json!({"Fn::Sub": "{\"widgets\": [{\"type\": \"text\", \"properties\": {\"markdown\": \"${AWS::StackName}\"}}]}"})
            ),
            0
        );
        assert_eq!(body(json!({"Fn::Sub": "{\"widgets\": ${AWS::StackName}}"})), 0);
    }

    #[test]
    fn dashboards_have_widgets() {
        let metric = |more: &Json| {
            let mut properties = json!({"region": "us-east-1", "metrics": [["AWS/ECS", "CPUUtilization"]]});
            properties.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({"widgets": [{"type": "metric", "x": 0, "y": 0, "width": 6, "height": 6, "properties": properties}]})
        };
        assert_eq!(
            of(0, &metric(&json!({"period": 60, "stat": "p99", "yAxis": {"left": {"min": 0, "max": 1}}}))),
            0
        );
        for bad in [
            metric(&json!({"period": 45})),
            metric(&json!({"stat": "Median"})),
            metric(&json!({"yAxis": {"left": {"min": 2, "max": 1}}})),
            json!({}),
            json!({"widgets": {}}),
            json!({"widgets": [{"type": "text", "properties": {}}]}),
            json!({"widgets": [{"type": "alarm", "properties": {}}]}),
            json!({"widgets": [{"type": "metric", "properties": {"region": "us-east-1"}}]}),
            json!({"widgets": [{"type": "text"}]}),
            json!({"widgets": [{"type": "text", "x": 24, "properties": {"markdown": "a"}}]}),
            json!({"widgets": [{"type": "text", "y": -1, "properties": {"markdown": "a"}}]}),
            json!({"widgets": [{"type": "text", "height": 1001, "properties": {"markdown": "a"}}]}),
        ] {
            assert_eq!(of(0, &bad), 1, "{bad}");
        }
    }

    fn rule(priority: i64, selection: &Json) -> Json {
        json!({"rulePriority": priority, "selection": selection, "action": {"type": "expire"}})
    }

    #[test]
    fn lifecycle_policies_have_rules() {
        let many = json!({"tagStatus": "tagged", "tagPrefixList": ["v"], "countType": "imageCountMoreThan", "countNumber": 5});
        let old = json!({"tagStatus": "any", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 30});
        assert_eq!(of(1, &json!({"rules": [rule(1, &many), rule(2, &old)]})), 0);
        // Each storage class has a rule for any tag of its own.
        let moved = json!({"tagStatus": "any", "storageClass": "archive", "countType": "sinceImageTransitioned", "countUnit": "days", "countNumber": 90});
        assert_eq!(of(1, &json!({"rules": [rule(1, &many), rule(2, &old), rule(3, &moved)]})), 0);
        assert_eq!(of(1, &json!({"rules": [rule(1, &moved), rule(2, &many), rule(3, &old)]})), 0);
        assert_eq!(of(1, &json!({"rules": [rule(2, &many), rule(1, &old), rule(3, &moved)]})), 1);
        assert!(of(1, &json!({"rules": [rule(1, &moved), rule(2, &moved)]})) >= 1);
        let changed = |key: &str, value: Json| {
            let mut selection = many.clone();
            selection[key] = value;
            json!({"rules": [rule(1, &selection)]})
        };
        for bad in [
            json!({}),
            json!({"rules": []}),
            json!({"rules": [rule(0, &many)]}),
            json!({"rules": [rule(1, &many), rule(1, &many)]}),
            json!({"rules": [rule(2, &many), rule(1, &old)]}),
            changed("tagStatus", json!("untagged")),
            changed("tagPatternList", json!(["a*"])),
            changed("countType", json!("age")),
            changed("countUnit", json!("days")),
            changed("countNumber", json!(0)),
            changed("other", json!(1)),
            json!({"rules": [{"rulePriority": 1, "selection": many, "action": {"type": "delete"}}]}),
            json!({"rules": [{"rulePriority": 1, "selection": many, "action": {"type": "transition"}}]}),
        ] {
            assert!(of(1, &bad) >= 1, "{bad}");
        }
    }

    #[test]
    fn parameter_policies_are_known() {
        let expiration = json!({"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": "2030-12-02T21:34:33.000Z"}});
        let notice = json!({"Type": "ExpirationNotification", "Version": "1.0", "Attributes": {"Before": "15", "Unit": "Days"}});
        assert_eq!(of(2, &json!([expiration, notice])), 0);
        for bad in [
            json!({}),
            json!([notice]),
            json!([{"Type": "Expiry", "Version": "1.0", "Attributes": {}}]),
            json!([{"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": "soon"}}]),
            json!([{"Type": "NoChangeNotification", "Version": "1.0", "Attributes": {"After": "1", "Unit": "Weeks"}}]),
        ] {
            assert!(of(2, &bad) >= 1, "{bad}");
        }
    }

    #[test]
    fn policies_of_log_groups_are_policies() {
        let statement = json!({"Effect": "Allow", "Principal": {"Service": "es.amazonaws.com"}, "Action": "logs:PutLogEvents", "Resource": "*"});
        assert_eq!(of(3, &json!({"Version": "2012-10-17", "Statement": [statement]})), 0);
        assert_eq!(of(3, &json!({"Version": "2012-10-17"})), 1);
        assert_eq!(of(3, &json!("x")), 1);
    }
}
