//! W158: the parts of a policy are of the kind of value that they have to be.

use crate::cfn::evaluate::{Data, Evaluated};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;
use crate::validate::wiring::model::{Item, View, many};

use super::document::{Statement, members, places};

pub(in crate::validate::wiring) static RULE: Rule = Rule {
    code: Code("W158"),
    severity: Severity::Error,
    title: "the parts of a policy are of their kind",
    what: "A policy document is an object (or a text, which isn't read), each statement is one, and so is a condition; a principal is an object or `*`, not a list; effects and ids are texts; actions, resources and the values of a principal are texts or lists of texts. For all of these a number or a boolean counts as a text.",
    why: "The service refuses the policy: \"Syntax errors in policy\".",
    source: "AWS Identity and Access Management User Guide, \"Grammar of the IAM JSON policy language\"",
    same_as: &["cfn-lint E3510", "cfn-lint E3511", "cfn-lint E3512", "cfn-lint E3513"],
};

/// The kind of a value, `None` if it isn't known or `null`, which is told elsewhere.
fn kind(value: &Evaluated<'_>) -> Option<&'static str> {
    match value.data {
        Data::Null | Data::Unknown(_) => None,
        Data::Bool(_) => Some("a boolean"),
        Data::Number(_) => Some("a number"),
        Data::Text(_) => Some("a text"),
        Data::List(_) => Some("a list"),
        Data::Object(_) => Some("an object"),
    }
}

/// The kind of a value that is known and no object.
fn no_object(value: &Evaluated<'_>) -> Option<&'static str> {
    kind(value).filter(|kind| *kind != "an object")
}

pub(in crate::validate::wiring) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for document in places(view) {
        // A text may be a document in JSON.
        if let Some(kind) = no_object(document.value).filter(|kind| *kind != "a text") {
            let message = format!("a policy document is an object, not {kind}");
            refuse(document.item, document.value, &message, "write `Version` and `Statement`", findings);
        }
        for value in many(document.value.get("Statement")) {
            if let Some(kind) = no_object(value) {
                let message = format!("a statement is an object, not {kind}");
                refuse(
                    document.item,
                    value,
                    &message,
                    "write `Effect`, `Action` and what else it needs",
                    findings,
                );
            }
        }
        for statement in document.statements() {
            elements(statement, findings);
        }
    }
}

fn elements(statement: Statement<'_, '_>, findings: &mut Vec<Diagnostic>) {
    let item = statement.item;
    for name in ["Sid", "Effect"] {
        let value = statement.get(name);
        let kind = value.and_then(kind).filter(|kind| matches!(*kind, "a list" | "an object"));
        if let Some((value, kind)) = value.zip(kind) {
            let message = format!("`{name}` is a text, not {kind}");
            refuse(item, value, &message, "write one text", findings);
        }
    }
    for (name, help) in [
        ("Action", "write an action, or a list of actions"),
        ("NotAction", "write an action, or a list of actions"),
        ("Resource", "write an ARN or `*`, or a list of ARNs"),
        ("NotResource", "write an ARN or `*`, or a list of ARNs"),
    ] {
        texts(item, name, statement.get(name), help, findings);
    }
    for name in ["Principal", "NotPrincipal"] {
        let Some(principal) = statement.get(name) else { continue };
        if matches!(principal.data, Data::List(_)) {
            let message = format!("`{name}` is an object or `*`, not a list");
            refuse(item, principal, &message, "write an object, such as `AWS: [<ARN>, <ARN>]`", findings);
        }
        for (key, value) in members(principal) {
            texts(item, key, Some(value), "write a text, or a list of texts", findings);
        }
    }
    if let Some((value, kind)) = statement.get("Condition").and_then(|value| Some((value, no_object(value)?)))
    {
        let message = format!("`Condition` is an object, not {kind}");
        refuse(item, value, &message, "write an operator with a key and its values", findings);
    }
}

/// What isn't a text among the values of an element. Numbers and booleans are told by the rules on their form.
fn texts<'t>(
    item: &Item<'t>,
    name: &str,
    element: Option<&Evaluated<'t>>,
    help: &str,
    findings: &mut Vec<Diagnostic>,
) {
    for value in many(element) {
        if let Some(kind) = kind(value).filter(|kind| matches!(*kind, "a list" | "an object")) {
            let message = format!("`{name}` is a text or a list of texts; this one is {kind}");
            refuse(item, value, &message, help, findings);
        }
    }
}

fn refuse<'t>(
    item: &Item<'t>,
    value: &Evaluated<'t>,
    message: &str,
    help: &str,
    findings: &mut Vec<Diagnostic>,
) {
    findings.push(item.finding_at(&RULE, value, format!("{message}: the policy is refused")).help(help));
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::testing::found;

    fn messages(document: &Json) -> Vec<String> {
        let policy = json!({"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": "b", "PolicyDocument": document}});
        found("W158", json!({"Resources": {"It": policy}}))
            .into_iter()
            .map(|finding| finding.message)
            .collect()
    }

    fn statement(element: &str, value: Json) -> Vec<String> {
        let mut statement =
            json!({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": ["*"]});
        statement[element] = value;
        messages(&json!({"Version": "2012-10-17", "Statement": statement}))
    }

    #[test]
    fn what_is_of_its_kind_is_left_alone() {
        assert_eq!(statement("Effect", json!("Deny")), [""; 0]);
        assert_eq!(statement("Principal", json!({"AWS": ["*", {"Ref": "AWS::AccountId"}]})), [""; 0]);
        assert_eq!(statement("Resource", json!({"Fn::Split": [",", {"Fn::ImportValue": "x"}]})), [""; 0]);
        assert_eq!(messages(&json!({"Fn::ImportValue": "x"})), [""; 0]);
    }

    #[test]
    fn other_kinds_are_found() {
        assert_eq!(
            messages(&json!(5)),
            ["a policy document is an object, not a number: the policy is refused"]
        );
        let text = json!({"Version": "2012-10-17", "Statement": "x"});
        assert_eq!(messages(&text), ["a statement is an object, not a text: the policy is refused"]);
        let cases = [
            ("Action", json!([["s3:GetObject"]])),
            ("Resource", json!({"Arn": "*"})),
            ("Resource", json!(["*", {"Fn::Split": [",", "a,b"]}])),
            ("Principal", json!(["*"])),
            ("Principal", json!({"AWS": {"a": "*"}})),
            ("Condition", json!("x")),
            ("Effect", json!({"Fn::Split": [",", "a,b"]})),
        ];
        for (element, value) in cases {
            assert_eq!(statement(element, value.clone()).len(), 1, "{element}: {value}");
        }
    }
}
