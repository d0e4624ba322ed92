//! R001: functions exist.

use crate::cfn::evaluate::Function;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::references::names::did_you_mean;
use crate::validate::{Context, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("R001"),
    severity: Severity::Error,
    title: "functions exist",
    what: "An object whose only key starts with `Fn::` calls a function that CloudFormation has.",
    why: "CloudFormation refuses the template: \"Template contains errors: … Unresolved functions\".",
    source: "AWS CloudFormation User Guide, \"Intrinsic function reference\"",
    same_as: &["cfn-lint E3002"],
};

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for call in context.references.calls.iter().filter(|call| call.function.is_none()) {
        let mut finding =
            RULE.at(call.site.owner, call.site.pointer(), format!("there is no function `{}`", call.name));
        finding.help = did_you_mean(call.name, Function::ALL.iter().map(|function| function.name()));
        findings.push(finding);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::testing::{found, none};

    #[test]
    fn a_misspelt_function_is_found() {
        let found = found("R001", json!({"Outputs": {"A": {"Value": {"Fn::Jion": ["", ["a"]]}}}}));
        assert_eq!(found[0].help.as_deref(), Some("did you mean `Fn::Join`?"));
        assert_eq!(found[0].pointer.as_deref(), Some("/Outputs/A/Value/Fn::Jion"));
    }

    #[test]
    fn functions_are_not() {
        none("R001", json!({"Outputs": {"A": {"Value": {"Fn::Join": ["", ["a"]]}}}}));
    }
}
