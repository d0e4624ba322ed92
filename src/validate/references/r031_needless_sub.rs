//! R031: `Fn::Sub` substitutes something.

use crate::cfn::Json;
use crate::cfn::evaluate::Function;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::{Context, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("R031"),
    severity: Severity::Note,
    title: "`Fn::Sub` substitutes something",
    what: "The text of a `Fn::Sub` has a placeholder.",
    why: "It does no harm, but whoever reads it looks for what is put in; often a `$` or a brace was forgotten.",
    source: "AWS CloudFormation User Guide, \"Fn::Sub\"",
    same_as: &["cfn-lint W1020"],
};

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for call in context.references.calls.iter().filter(|call| call.function == Some(Function::Sub)) {
        let text = call.arguments.as_str().or_else(|| call.arguments.get(0).and_then(Json::as_str));
        if text.is_some_and(|text| !text.contains("${")) {
            let message = "there is no placeholder in the text: nothing is substituted";
            findings.push(
                RULE.at(call.site.owner, call.site.pointer(), message)
                    .help("write the text without `Fn::Sub`"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::testing::{none, only, resource};

    #[test]
    fn a_text_without_placeholders_is_found() {
        let topic =
            |name: serde_json::Value| resource("AWS::SNS::Topic", json!({"TopicName": {"Fn::Sub": name}}));
        assert_eq!(only("R031", topic(json!("a"))).1, "/Resources/It/Properties/TopicName/Fn::Sub");
        only("R031", topic(json!(["a", {"B": "c"}])));
        none("R031", topic(json!("${AWS::StackName}-a")));
        none("R031", topic(json!("${!Literal}")));
    }
}
