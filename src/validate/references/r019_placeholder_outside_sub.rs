//! R019: placeholders stand in `Fn::Sub`.

use crate::cfn::evaluate::{Function, SubPiece, sub_pieces};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::references::Part;
use crate::validate::references::names::is_pseudo_parameter;
use crate::validate::{Context, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("R019"),
    severity: Severity::Warning,
    title: "placeholders stand in `Fn::Sub`",
    what: "A text with `${Name}`, where the template declares that name, is the text of a `Fn::Sub`.",
    why: "Elsewhere nothing is put in: the value holds the characters `${Name}`.",
    source: "AWS CloudFormation User Guide, \"Fn::Sub\"",
    same_as: &["cfn-lint E1029"],
};

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    let template = context.template;
    let declared = |name: &str| {
        is_pseudo_parameter(name)
            || template.parameters.contains_key(name)
            || template.resources.contains_key(name)
    };
    for text in &context.references.texts {
        let value = matches!(text.site.part, Part::Properties | Part::Attribute("Value"));
        if text.in_sub || !value || text.inside == Some(Function::Transform) {
            continue;
        }
        let name = sub_pieces(text.text).into_iter().find_map(|piece| match piece {
            SubPiece::Name(name) if declared(name.split('.').next().unwrap_or(name)) => Some(name),
            _ => None,
        });
        if let Some(name) = name {
            let message = format!("`${{{name}}}` outside of `Fn::Sub` stays as it stands");
            findings.push(
                RULE.at(text.site.owner, text.site.pointer(), message).help("make the text a `Fn::Sub`"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::testing::{none, only};

    #[test]
    fn a_forgotten_sub_is_found() {
        let (message, _) = only("R019", json!({"Outputs": {"A": {"Value": "arn:${AWS::Partition}:s3"}}}));
        assert_eq!(message, "`${AWS::Partition}` outside of `Fn::Sub` stays as it stands");
    }

    #[test]
    fn names_of_other_languages_are_not() {
        none("R019", json!({"Outputs": {"A": {"Value": "echo ${HOME} ${aws:username}"}}}));
        none("R019", json!({"Outputs": {"A": {"Value": {"Fn::Sub": "arn:${AWS::Partition}:s3"}}}}));
    }
}
