//! R029: what changes the template is known.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::macros::SERVERLESS;
use crate::validate::{Context, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("R029"),
    severity: Severity::Note,
    title: "what changes the template is known",
    what: "The template names no macro and no transform other than `AWS::LanguageExtensions`, whose functions are known and \
           whose loops (`Fn::ForEach`) are written out, as far as their collections are known.",
    why: "A macro changes the template before CloudFormation reads it. What it makes isn't checked, and what it may change \
          is judged laxly: policy and wiring aren't checked at all, and what may be wrong only now is a warning.",
    source: "AWS CloudFormation User Guide, \"Perform custom processing on CloudFormation templates with template macros\"",
    same_as: &[],
};

/// What isn't checked wherever something is hidden.
const LAYERS: &str = "policy and wiring aren't checked";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for name in &context.macros.whole {
        let message = match *name {
            SERVERLESS => format!(
                "`{name}` turns the types `AWS::Serverless::…` into others, which aren't looked into: what refers to one that \
                 isn't here is a warning, {LAYERS}"
            ),
            name if name.starts_with("AWS::") => format!(
                "`{name}` adds to the template what isn't known here: what refers to it is a warning, {LAYERS}"
            ),
            name => format!(
                "the macro `{name}` may change anything before CloudFormation reads the template: every error is a warning, {LAYERS}"
            ),
        };
        findings.push(RULE.finding(message).pointer("/Transform"));
    }
    for part in &context.macros.parts {
        let name = part.name.map_or_else(|| "a macro".to_owned(), |name| format!("the macro `{name}`"));
        let what = match part.logical_id {
            Some(id) => format!("every error in `{id}` is a warning"),
            None => "what refers to it is a warning".to_owned(),
        };
        let mut finding = RULE
            .finding(format!("what {name} puts here isn't known: {what}, {LAYERS}"))
            .pointer(part.pointer.clone());
        finding.logical_id = part.logical_id.map(str::to_owned);
        findings.push(finding);
    }
    for unknown in context.macros.loops.iter().flat_map(|loops| &loops.unknown) {
        // Of resources that a loop makes the schemas hold whatever the values are.
        let is_of_resources =
            unknown.pointer.starts_with("/Resources/") && unknown.pointer.matches('/').count() == 2;
        let how = if is_of_resources {
            "its resources are looked into as far as they don't depend on them"
        } else {
            "it isn't looked into"
        };
        let message = format!(
            "what this loop makes isn't known, since the values that it goes through aren't: {how}, {LAYERS}"
        );
        findings.push(RULE.finding(message).pointer(unknown.pointer.clone()).help(
            "give the parameter that it goes through a default, or a value by `--parameter NAME=VALUE`",
        ));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::diagnostic::Severity;
    use crate::validate::testing::{none, only, template};
    use crate::validate::{Options, findings};

    #[test]
    fn every_macro_is_named() {
        for (transform, expected) in [
            ("AWS::Serverless-2016-10-31", "`AWS::Serverless-2016-10-31` turns the types"),
            ("AWS::Include", "`AWS::Include` adds to the template"),
            ("Own", "the macro `Own` may change anything"),
        ] {
            let (message, pointer) = only("R029", json!({"Transform": transform}));
            assert!(message.starts_with(expected), "{message}");
            assert_eq!(pointer, "/Transform");
        }
        none("R029", json!({"Transform": "AWS::LanguageExtensions"}));
        let topic =
            json!({"Type": "AWS::SNS::Topic", "Properties": {"Fn::Transform": {"Name": "AWS::Include"}}});
        let (message, pointer) = only("R029", json!({"Resources": {"A": topic}}));
        assert!(message.contains("`AWS::Include`") && message.contains("`A`"), "{message}");
        assert_eq!(pointer, "/Resources/A/Properties/Fn::Transform");
    }

    #[test]
    fn what_a_macro_may_mend_is_no_error() {
        let bad = json!({"Resources": {"A": {"Type": "AWS::SNS::Topic", "Properties": {"TopicNam": {"Ref": "B"}}}}});
        let errors = |transform: Option<&str>| {
            let mut json = bad.clone();
            if let Some(transform) = transform {
                json["Transform"] = json!(transform);
            }
            let found = findings(&template(json), &Options::default());
            found
                .into_iter()
                .filter(|finding| finding.severity == Severity::Error)
                .map(|finding| finding.code.0)
                .collect::<Vec<_>>()
        };
        assert_eq!(errors(None), ["S003", "R002"]);
        assert_eq!(errors(Some("Own")), [""; 0]);
        assert_eq!(errors(Some("AWS::Include")), ["S003"]);
        let part = json!({"Resources": {"A": {"Type": "AWS::SQS::Queue", "Properties": {"QueueNam": 1, "Fn::Transform": {"Name": "Own"}}}}});
        assert!(findings(&template(part), &Options::default()).iter().all(|finding| !finding.is_error()));
    }
}
