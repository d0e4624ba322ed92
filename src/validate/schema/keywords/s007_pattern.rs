//! S007: texts match their pattern. Keyword `pattern`.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Severity};
use crate::validate::rule::Rule;
use crate::validate::schema::compact::Schema;
use crate::validate::schema::verdict::Verdict;
use crate::validate::schema::walk::{Walk, shown};

pub(super) static RULE: Rule = Rule {
    code: Code("S007"),
    severity: Severity::Error,
    title: "texts match their pattern",
    what: "A text that is known in full matches the regular expression of its schema.",
    why: "CloudFormation refuses the resource: \"string … does not match pattern …\".",
    source: "CloudFormation registry schemas, `pattern`",
    same_as: &["cfn-lint E3031"],
};

pub(super) fn check<'t>(
    walk: &mut Walk<'_, 't>,
    pattern: Schema,
    _: Schema,
    value: &Evaluated<'t>,
) -> Verdict {
    if value.unknown().is_some() {
        return Verdict::Unknown;
    }
    let (Some(pattern), Some(text)) = (pattern.as_str(), value.text()) else { return Verdict::Valid };
    match walk.registry.pattern(pattern).is_match(&text) {
        Some(matches) => walk.expect(matches, &RULE, value, || {
            format!("{} doesn't match the pattern `{pattern}`", shown(value))
        }),
        None => Verdict::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::testing::{found, resource};

    #[test]
    fn a_text_of_another_form_is_found() {
        let found = found("S007", resource("AWS::Logs::LogGroup", json!({"LogGroupName": "a b"})));
        assert!(found[0].message.starts_with("`a b` doesn't match the pattern `^["), "{}", found[0].message);
    }

    #[test]
    fn what_is_unknown_in_part_is_not() {
        let name = json!({"Fn::Sub": "a b ${AWS::StackName}"});
        assert_eq!(found("S007", resource("AWS::Logs::LogGroup", json!({"LogGroupName": name}))), []);
    }
}
