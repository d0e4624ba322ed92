//! W178: a parameter's value fits its pattern.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::View;

pub(super) static RULE: Rule = Rule {
    code: Code("W178"),
    severity: Severity::Error,
    title: "a parameter's value fits its own pattern",
    what: "`Value` of a parameter matches its `AllowedPattern`; of a list each item does.",
    why: "Systems Manager refuses the parameter: \"Parameter value … doesn't match the allowed pattern\".",
    source: "AWS Systems Manager API Reference, \"PutParameter\"",
    same_as: &["cdk-preflight pf-ssm-parameter-allowed-pattern"],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for parameter in view.of("AWS::SSM::Parameter") {
        let (Some(pattern), Some(value)) = (parameter.text("AllowedPattern"), parameter.text("Value")) else {
            continue;
        };
        let pattern = view.context.registry.pattern(&pattern);
        let is_list = parameter.text("Type").as_deref() == Some("StringList");
        let items: Vec<&str> = if is_list { value.split(',').collect() } else { vec![&value] };
        if let Some(item) = items.iter().find(|item| pattern.is_match(item) == Some(false)) {
            let message =
                format!("\"{item}\" doesn't match `AllowedPattern`: Systems Manager refuses the parameter");
            findings
                .push(parameter.finding_of(&RULE, "Value", message).help("change the value or the pattern"));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::testing::{found, resource};

    fn count(kind: &str, value: &str) -> usize {
        let properties = json!({"Type": kind, "Value": value, "AllowedPattern": "^[a-z]+$"});
        found("W178", resource("AWS::SSM::Parameter", properties)).len()
    }

    #[test]
    fn values_fit() {
        assert_eq!((count("String", "abc"), count("String", "a1"), count("String", "a,b")), (0, 1, 1));
        assert_eq!((count("StringList", "a,b"), count("StringList", "a,1")), (0, 1));
    }
}
