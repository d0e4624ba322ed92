//! W176: an alarm of alarms isn't one of them.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::View;

pub(super) static RULE: Rule = Rule {
    code: Code("W176"),
    severity: Severity::Error,
    title: "a composite alarm doesn't look at itself",
    what: "The `AlarmRule` of a composite alarm doesn't hold its own `AlarmName`.",
    why: "CloudWatch refuses the alarm: \"A composite alarm cannot have a child relation with itself via its AlarmRule\".",
    source: "Amazon CloudWatch API Reference, \"PutCompositeAlarm\"",
    same_as: &["cdk-preflight pf-cloudwatch-composite-self-reference"],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for alarm in view.of("AWS::CloudWatch::CompositeAlarm") {
        let (Some(name), Some(rule)) = (alarm.text("AlarmName"), alarm.text("AlarmRule")) else { continue };
        let names = rule.split(['(', ')']).map(|part| part.trim().trim_matches(['"', '\'']));
        if names.map(|part| part.rsplit(":alarm:").next().unwrap_or(part)).any(|part| part == name) {
            let message =
                format!("the rule looks at \"{name}\", which is the alarm itself: CloudWatch refuses it");
            findings.push(alarm.finding_of(&RULE, "AlarmRule", message).help("name other alarms"));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::testing::{found, resource};

    fn count(rule: &str) -> usize {
        found(
            "W176",
            resource("AWS::CloudWatch::CompositeAlarm", json!({"AlarmName": "all", "AlarmRule": rule})),
        )
        .len()
    }

    #[test]
    fn its_own_name_is_found() {
        assert_eq!(
            (count("ALARM(\"one\") OR ALARM(\"all-of-it\")"), count("ALARM(\"one\") OR ALARM(all)")),
            (0, 1)
        );
        assert_eq!(count("ALARM(\"arn:aws:cloudwatch:us-east-1:123456789012:alarm:all\")"), 1);
    }
}
