//! R020: functions of the language extensions have their transform.

use crate::cfn::evaluate::Function;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::{Context, Owner, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("R020"),
    severity: Severity::Error,
    title: "functions of the language extensions have their transform",
    what: "A template with `Fn::Length`, `Fn::ToJsonString`, loops (`Fn::ForEach`) or a `Fn::FindInMap` with a default \
           names the transform `AWS::LanguageExtensions`.",
    why: "CloudFormation refuses the template: the functions don't exist without the transform.",
    source: "AWS CloudFormation User Guide, \"AWS::LanguageExtensions transform\"",
    same_as: &["cfn-lint E1030", "cfn-lint E1031"],
};

const HELP: &str = "add `Transform: AWS::LanguageExtensions` to the template";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    if context.language_extensions() {
        return;
    }
    for pointer in &context.macros.looped {
        let message = "`Fn::ForEach` needs the transform `AWS::LanguageExtensions`";
        findings.push(RULE.at(Owner::Template, pointer.clone(), message).help(HELP));
    }
    for call in &context.references.calls {
        let what = match call.function {
            Some(function) if function.needs_language_extensions() => format!("`{}`", function.name()),
            Some(Function::FindInMap) if call.arguments.as_array().is_some_and(|list| list.len() == 4) => {
                "`Fn::FindInMap` with a default".to_owned()
            }
            _ => continue,
        };
        let message = format!("{what} needs the transform `AWS::LanguageExtensions`");
        findings.push(RULE.at(call.site.owner, call.site.pointer(), message).help(HELP));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::testing::{none, only};

    #[test]
    fn a_missing_transform_is_found() {
        let template = json!({"Outputs": {"A": {"Value": {"Fn::ToJsonString": {"a": 1}}}}});
        assert_eq!(
            only("R020", template.clone()).0,
            "`Fn::ToJsonString` needs the transform `AWS::LanguageExtensions`"
        );
        let mut extended = template;
        extended["Transform"] = json!(["AWS::LanguageExtensions"]);
        none("R020", extended);
    }

    #[test]
    fn loops_need_it_too() {
        let topics = json!(["I", ["a"], {"T${I}": {"Type": "AWS::SNS::Topic"}}]);
        let tags =
            json!({"Type": "AWS::SNS::Topic", "Properties": {"Fn::ForEach::P": ["I", ["a"], {"${I}": 1}]}});
        for (json, pointer) in [
            (json!({"Outputs": {"Fn::ForEach::Topics": topics}}), "/Outputs/Fn::ForEach::Topics"),
            (json!({"Resources": {"A": tags}}), "/Resources/A/Properties/Fn::ForEach::P"),
        ] {
            assert_eq!(only("R020", json).1, pointer);
        }
    }

    #[test]
    fn a_default_needs_it_too() {
        let call = json!({"Fn::FindInMap": ["M", "a", "b", {"DefaultValue": 1}]});
        only("R020", json!({"Mappings": {"M": {"a": {"b": "c"}}}, "Outputs": {"A": {"Value": call}}}));
    }
}
