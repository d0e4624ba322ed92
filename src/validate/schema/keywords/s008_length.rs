//! S008: texts are neither too short nor too long. Keywords `minLength`, `maxLength`.

use crate::cfn::evaluate::{Evaluated, Origin, Piece};
use crate::diagnostic::{Code, Severity};
use crate::validate::rule::Rule;
use crate::validate::schema::compact::Schema;
use crate::validate::schema::verdict::Verdict;
use crate::validate::schema::walk::Walk;

pub(super) static RULE: Rule = Rule {
    code: Code("S008"),
    severity: Severity::Error,
    title: "texts are neither too short nor too long",
    what: "The number of characters of a text is between the schema's bounds. Of a text that is known in part, the known \
           part alone isn't too long.",
    why: "CloudFormation refuses the resource: \"expected maxLength: …, actual: …\".",
    source: "CloudFormation registry schemas, `minLength` and `maxLength`",
    same_as: &["cfn-lint E3033"],
};

pub(super) fn least<'t>(walk: &mut Walk<'_, 't>, least: Schema, _: Schema, value: &Evaluated<'t>) -> Verdict {
    let (Some(least), Some(text)) = (least.as_u64(), value.text()) else { return unknown(value) };
    let length = text.chars().count() as u64;
    walk.expect(length >= least, &RULE, value, || {
        if length == 0 {
            format!("an empty text, at least {least} characters are needed")
        } else {
            format!("{length} characters, at least {least} are needed")
        }
    })
}

pub(super) fn most<'t>(walk: &mut Walk<'_, 't>, most: Schema, _: Schema, value: &Evaluated<'t>) -> Verdict {
    let Some(most) = most.as_u64() else { return Verdict::Valid };
    if let Some(text) = value.text() {
        let length = text.chars().count() as u64;
        return walk.expect(length <= most, &RULE, value, || {
            format!("{length} characters, at most {most} are allowed")
        });
    }
    let Some(unknown) = value.unknown() else { return Verdict::Valid };
    let Origin::Text(pieces) = &unknown.origin else { return Verdict::Unknown };
    let known: usize =
        pieces.iter().map(|piece| if let Piece::Text(text) = piece { text.chars().count() } else { 0 }).sum();
    if known as u64 <= most {
        return Verdict::Unknown;
    }
    walk.tell(&RULE, value, || format!("at least {known} characters, at most {most} are allowed"));
    Verdict::Invalid
}

fn unknown(value: &Evaluated<'_>) -> Verdict {
    if value.unknown().is_some() { Verdict::Unknown } else { Verdict::Valid }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::testing::{found, resource};

    fn messages(name: &Json) -> Vec<String> {
        let found = found("S008", resource("AWS::Logs::LogGroup", json!({"LogGroupName": name})));
        found.into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn too_short_and_too_long_are_found() {
        assert_eq!(messages(&json!("")), ["an empty text, at least 1 characters are needed"]);
        assert_eq!(messages(&json!("a".repeat(513))), ["513 characters, at most 512 are allowed"]);
        let partly = json!({"Fn::Sub": format!("{}${{AWS::StackName}}", "a".repeat(600))});
        assert_eq!(messages(&partly), ["at least 600 characters, at most 512 are allowed"]);
    }

    #[test]
    fn what_fits_or_may_fit_is_not() {
        assert_eq!(messages(&json!("a".repeat(512))), [""; 0]);
        assert_eq!(messages(&json!({"Fn::Sub": "${AWS::StackName}"})), [""; 0]);
    }
}
