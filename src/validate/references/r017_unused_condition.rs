//! R017: conditions are used.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::context::escape;
use crate::validate::references::Target;
use crate::validate::{Context, Owner, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("R017"),
    severity: Severity::Warning,
    title: "conditions are used",
    what: "Every condition decides about a resource, an output, a value or another condition.",
    why: "What it was meant to decide about is there in any case.",
    source: "AWS CloudFormation User Guide, \"Conditions\"",
    same_as: &["cfn-lint W8001"],
};

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    if context.macros.bring_names() {
        return;
    }
    let mut used: Vec<&str> = context
        .references
        .links
        .iter()
        .filter_map(|link| if let Target::Condition(name) = link.target { Some(name) } else { None })
        .collect();
    used.sort_unstable();
    let conditions = context.template.conditions.keys().filter(|name| !context.macros.mention(name));
    for name in conditions.filter(|name| used.binary_search(&name.as_str()).is_err()) {
        findings.push(RULE.at(
            Owner::Condition(name),
            format!("/Conditions/{}", escape(name)),
            format!("nothing depends on the condition `{name}`"),
        ));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::testing::{none, only};

    #[test]
    fn an_unused_condition_is_found() {
        let (message, _) = only("R017", json!({"Conditions": {"C": {"Fn::Equals": ["a", "b"]}}}));
        assert_eq!(message, "nothing depends on the condition `C`");
    }

    #[test]
    fn used_ones_are_not() {
        none(
            "R017",
            json!({"Conditions": {"C": {"Fn::Equals": ["a", "b"]}}, "Outputs": {"O": {"Condition": "C", "Value": "x"}}}),
        );
    }
}
