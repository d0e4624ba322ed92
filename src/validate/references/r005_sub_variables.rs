//! R005: the variables of `Fn::Sub` are used.

use crate::cfn::Json;
use crate::cfn::evaluate::{Function, SubPiece, sub_pieces};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::context::escape;
use crate::validate::references::names::did_you_mean;
use crate::validate::{Context, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("R005"),
    severity: Severity::Warning,
    title: "the variables of `Fn::Sub` are used",
    what: "Every key of the map in `Fn::Sub` stands in the text as `${key}`.",
    why: "A variable without a place is mostly a misspelt placeholder.",
    source: "AWS CloudFormation User Guide, \"Fn::Sub\"",
    same_as: &["cfn-lint W1019"],
};

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for call in context.references.calls.iter().filter(|call| call.function == Some(Function::Sub)) {
        let Some([Json::String(text), Json::Object(variables)]) =
            call.arguments.as_array().map(Vec::as_slice)
        else {
            continue;
        };
        let names: Vec<&str> = sub_pieces(text)
            .into_iter()
            .filter_map(|piece| if let SubPiece::Name(name) = piece { Some(name) } else { None })
            .collect();
        for name in variables.keys().filter(|name| !names.contains(&name.as_str())) {
            let pointer = format!("{}/1/{}", call.site.pointer(), escape(name));
            let mut finding =
                RULE.at(call.site.owner, pointer, format!("the variable `{name}` isn't used in the text"));
            finding.help = did_you_mean(name, names.iter().copied());
            findings.push(finding);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::testing::{none, only};

    #[test]
    fn an_unused_variable_is_found() {
        let (message, pointer) =
            only("R005", json!({"Outputs": {"A": {"Value": {"Fn::Sub": ["${Name}", {"Nmae": "x"}]}}}}));
        assert_eq!(message, "the variable `Nmae` isn't used in the text");
        assert_eq!(pointer, "/Outputs/A/Value/Fn::Sub/1/Nmae");
    }

    #[test]
    fn used_variables_are_not() {
        none("R005", json!({"Outputs": {"A": {"Value": {"Fn::Sub": ["${ Name }", {"Name": "x"}]}}}}));
    }
}
