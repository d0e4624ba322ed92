//! S006: values are allowed ones. Keywords `enum`, `enumCaseInsensitive`, `const`.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Severity, nearest};
use crate::validate::rule::Rule;
use crate::validate::schema::compact::Schema;
use crate::validate::schema::verdict::Verdict;
use crate::validate::schema::walk::{Walk, shown};

use super::choices;

pub(super) static RULE: Rule = Rule {
    code: Code("S006"),
    severity: Severity::Error,
    title: "values are allowed ones",
    what: "Where the schema lists the possible values, the value is one of them.",
    why: "CloudFormation refuses the resource: \"… is not a valid enum value\".",
    source: "CloudFormation registry schemas, `enum`",
    same_as: &["cfn-lint E3030"],
};

fn one_of<'t>(
    walk: &mut Walk<'_, 't>,
    allowed: impl ExactSizeIterator<Item = Schema> + Clone,
    value: &Evaluated<'t>,
    same: fn(&str, &str) -> bool,
) -> Verdict {
    if value.unknown().is_some() {
        return Verdict::Unknown;
    }
    let fits = match value.text() {
        // `"90"` is 90: what the value is converted to, `type` has looked at.
        Some(found) => {
            allowed.clone().any(|allowed| allowed.scalar().is_some_and(|allowed| same(&allowed, &found)))
        }
        None => value.to_json().is_none_or(|found| allowed.clone().any(|allowed| allowed.to_json() == found)),
    };
    if !fits && walk.tells() {
        let texts: Vec<_> =
            allowed.map(|allowed| allowed.scalar().unwrap_or_else(|| allowed.to_string().into())).collect();
        let names = || texts.iter().map(AsRef::as_ref);
        walk.tell_with(
            &RULE,
            value,
            || {
                if texts.len() <= 8 {
                    format!("{} isn't possible here, expected {}", shown(value), choices(names()))
                } else {
                    format!("{} is none of the {} possible values", shown(value), texts.len())
                }
            },
            || {
                if let Some(near) = value.text().and_then(|text| nearest(&text, names())) {
                    return Some(format!("did you mean `{near}`?"));
                }
                (9..=40).contains(&texts.len()).then(|| format!("possible are {}", choices(names())))
            },
        );
    }
    Verdict::of(fits)
}

pub(super) fn check<'t>(
    walk: &mut Walk<'_, 't>,
    allowed: Schema,
    _: Schema,
    value: &Evaluated<'t>,
) -> Verdict {
    one_of(walk, allowed.items(), value, |one, other| one == other)
}

pub(super) fn case_insensitive<'t>(
    walk: &mut Walk<'_, 't>,
    allowed: Schema,
    _: Schema,
    value: &Evaluated<'t>,
) -> Verdict {
    one_of(walk, allowed.items(), value, str::eq_ignore_ascii_case)
}

pub(super) fn constant<'t>(
    walk: &mut Walk<'_, 't>,
    allowed: Schema,
    _: Schema,
    value: &Evaluated<'t>,
) -> Verdict {
    one_of(walk, std::iter::once(allowed), value, |one, other| one == other)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::testing::{found, resource};

    #[test]
    fn another_value_is_found_with_the_nearest() {
        let found = found("S006", resource("AWS::ECS::Service", json!({"SchedulingStrategy": "REPLICAS"})));
        assert_eq!(found[0].message, "`REPLICAS` isn't possible here, expected `DAEMON` or `REPLICA`");
        assert_eq!(found[0].help.as_deref(), Some("did you mean `REPLICA`?"));
    }

    #[test]
    fn a_number_as_text_is_that_number() {
        assert_eq!(found("S006", resource("AWS::Logs::LogGroup", json!({"RetentionInDays": "90"}))), []);
        assert_eq!(found("S006", resource("AWS::Logs::LogGroup", json!({"RetentionInDays": 91}))).len(), 1);
    }

    #[test]
    fn every_allowed_value_of_a_parameter_is_looked_at() {
        let mut template = resource("AWS::Logs::LogGroup", json!({"RetentionInDays": {"Ref": "Days"}}));
        template["Parameters"] = json!({"Days": {"Type": "Number", "AllowedValues": [30, 31]}});
        let found = found("S006", template);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "`31` is none of the 22 possible values, with the parameter `Days` at its allowed value `31`"
        );
    }
}
