//! W172: the input of an event's target is what its template says.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::{GAP, View, loose};

pub(super) static RULE: Rule = Rule {
    code: Code("W172"),
    severity: Severity::Error,
    title: "the input of a target is JSON, and its places have a path",
    what: "`Input` of a target is JSON; each place `<name>` in an `InputTemplate` is a key of `InputPathsMap` or begins with `aws.events.`, as EventBridge's variables do.",
    why: "EventBridge refuses the rule: \"JSON syntax error in input for target\", \"InputTemplate for target … contains invalid placeholder\".",
    source: "Amazon EventBridge User Guide, \"Amazon EventBridge input transformation\"",
    same_as: &[
        "cdk-preflight pf-events-target-input-json",
        "cdk-preflight pf-events-input-transformer-placeholders",
    ],
};

/// The names between `<` and `>`.
fn places(template: &str) -> impl Iterator<Item = &str> {
    template.split('<').skip(1).filter_map(|rest| rest.split_once('>')).map(|(name, _)| name).filter(|name| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
    })
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for rule in view.of("AWS::Events::Rule") {
        for target in rule.items("Targets") {
            if let Some(input) = target.get("Input") {
                let text = loose(input);
                if !text.contains(GAP) && serde_json::from_str::<serde::de::IgnoredAny>(&text).is_err() {
                    findings.push(
                        rule.finding_at(&RULE, input, "the input isn't JSON: EventBridge refuses the rule")
                            .help("write a JSON value: a text stands in quotation marks"),
                    );
                }
            }
            let Some(transformer) = target.get("InputTransformer") else { continue };
            let Some(template) = transformer.get("InputTemplate") else { continue };
            let paths = transformer.get("InputPathsMap");
            if paths.is_some_and(|paths| paths.unknown().is_some()) {
                continue;
            }
            let text = loose(template);
            for name in places(&text) {
                let is_known = paths.is_some_and(|paths| paths.get(name).is_some());
                if !is_known && !name.starts_with("aws.events.") {
                    let message = format!("`<{name}>` has no path: EventBridge refuses the rule");
                    findings.push(
                        rule.finding_at(&RULE, template, message)
                            .help(format!("add `{name}` to `InputPathsMap`")),
                    );
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::testing::{found, resource};

    fn count(target: &Json) -> usize {
        found("W172", resource("AWS::Events::Rule", json!({"Targets": [target]}))).len()
    }

    #[test]
    fn inputs_are_json() {
        assert_eq!(count(&json!({"Input": "{\"a\": 1}"})), 0);
        assert_eq!(count(&json!({"Input": "a"})), 1);
        assert_eq!(count(&json!({"Input": {"Fn::Sub": "{\"a\": ${AWS::AccountId}}"}})), 0);
    }

    #[test]
    fn places_have_a_path() {
        let template =
            |text: &str| json!({"InputTransformer": {"InputPathsMap": {"a": "$.a"}, "InputTemplate": text}});
        assert_eq!(count(&template("\"<a> at <aws.events.event.ingestion-time>\"")), 0);
        assert_eq!(count(&template("\"<b>\"")), 1);
        assert_eq!(count(&template("\"1 < 2\"")), 0);
    }
}
