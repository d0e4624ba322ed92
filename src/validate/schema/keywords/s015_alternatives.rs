//! S015: values fit one of their alternatives. Keywords `$ref`, `anyOf`, `oneOf`, `allOf`, `not`, `if`.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Severity};
use crate::validate::options::Types;
use crate::validate::rule::Rule;
use crate::validate::schema::compact::{Schema, keyword};
use crate::validate::schema::verdict::Verdict;
use crate::validate::schema::walk::{Found, Walk, shown};

use super::choices;

pub(super) static RULE: Rule = Rule {
    code: Code("S015"),
    severity: Severity::Error,
    title: "values fit one of their alternatives",
    what: "Where a schema offers alternatives, the value fits one of them; where they exclude each other, no second one.",
    why: "CloudFormation refuses the resource: \"no subschema matched\" or \"2 subschemas matched instead of one\".",
    source: "CloudFormation registry schemas, `anyOf`, `oneOf` and `not`",
    same_as: &["cfn-lint E3017", "cfn-lint E3018"],
};

pub(super) fn reference<'t>(
    walk: &mut Walk<'_, 't>,
    name: Schema,
    _: Schema,
    value: &Evaluated<'t>,
) -> Verdict {
    match name.as_str().and_then(|name| walk.behind(name)) {
        Some(schema) => walk.check(schema, value),
        None => Verdict::Valid,
    }
}

pub(super) fn all_of<'t>(
    walk: &mut Walk<'_, 't>,
    schemas: Schema,
    _: Schema,
    value: &Evaluated<'t>,
) -> Verdict {
    schemas.items().fold(Verdict::Valid, |verdict, schema| verdict.and(walk.check(schema, value)))
}

pub(super) fn any_of<'t>(
    walk: &mut Walk<'_, 't>,
    schemas: Schema,
    _: Schema,
    value: &Evaluated<'t>,
) -> Verdict {
    let verdict = schemas.items().fold(Verdict::Invalid, |verdict, schema| {
        if verdict == Verdict::Valid { verdict } else { verdict.or(walk.quietly(schema, value)) }
    });
    if verdict == Verdict::Invalid && walk.tells() {
        none_fits(walk, schemas, value, "at least one");
    }
    verdict
}

pub(super) fn one_of<'t>(
    walk: &mut Walk<'_, 't>,
    schemas: Schema,
    _: Schema,
    value: &Evaluated<'t>,
) -> Verdict {
    let verdicts: Vec<Verdict> = schemas.items().map(|schema| walk.quietly(schema, value)).collect();
    let count = |wanted| verdicts.iter().filter(|verdict| **verdict == wanted).count();
    let (fitting, unknown) = (count(Verdict::Valid), count(Verdict::Unknown));
    if fitting > 1 && fits_twice_exactly(walk, schemas, value) {
        walk.tell(&RULE, value, || match required_names(schemas) {
            Some(names) => format!("only one of {} is possible", choices(names)),
            None => format!(
                "{} fits {fitting} of {} alternatives that exclude each other",
                shown(value),
                schemas.items().len()
            ),
        });
        return Verdict::Invalid;
    }
    if fitting == 0 && unknown == 0 {
        if walk.tells() {
            none_fits(walk, schemas, value, "exactly one");
        }
        return Verdict::Invalid;
    }
    if unknown > 0 { Verdict::Unknown } else { Verdict::Valid }
}

/// Whether two alternatives fit without a conversion: `"5"` is a text, and only by conversion a number.
fn fits_twice_exactly<'t>(walk: &mut Walk<'_, 't>, schemas: Schema, value: &Evaluated<'t>) -> bool {
    let before = std::mem::replace(&mut walk.types, Types::Strict);
    let fitting = schemas.items().filter(|schema| walk.quietly(*schema, value) == Verdict::Valid).count();
    walk.types = before;
    fitting > 1
}

/// Tells why no alternative fits: by what they require, or by the alternative with the fewest findings.
fn none_fits<'t>(walk: &mut Walk<'_, 't>, schemas: Schema, value: &Evaluated<'t>, how_many: &str) {
    if let Some(names) = required_names(schemas) {
        walk.tell(&RULE, value, || format!("{how_many} of {} is needed", choices(names)));
        return;
    }
    let mut nearest: Option<Vec<Found<'t>>> = None;
    for schema in schemas.items() {
        let (_, found) = walk.apart(schema, value);
        if nearest.as_ref().is_none_or(|nearest| found.len() < nearest.len()) {
            nearest = Some(found);
        }
    }
    let reason = nearest.as_deref().and_then(<[_]>::first).map(|found| found.message.clone());
    walk.tell_with(
        &RULE,
        value,
        || format!("{} fits none of {} alternatives", shown(value), schemas.items().len()),
        || reason.map(|reason| format!("of the nearest one: {reason}")),
    );
}

/// The properties, if all that each alternative asks for is one property.
fn required_names(schemas: Schema) -> Option<Vec<&'static str>> {
    let name = |schema: Schema| {
        let names =
            schema.get("required").filter(|names| schema.members().len() == 1 && names.items().len() == 1);
        names?.texts().next()
    };
    schemas.items().map(name).collect()
}

pub(super) fn not<'t>(walk: &mut Walk<'_, 't>, schema: Schema, _: Schema, value: &Evaluated<'t>) -> Verdict {
    let verdict = walk.quietly(schema, value).not();
    if verdict == Verdict::Invalid {
        walk.tell(&RULE, value, || format!("{} isn't possible here", shown(value)));
    }
    verdict
}

pub(super) fn if_then_else<'t>(
    walk: &mut Walk<'_, 't>,
    condition: Schema,
    schema: Schema,
    value: &Evaluated<'t>,
) -> Verdict {
    let branch = |name| schema.argument(name);
    let (then, otherwise) = const { (keyword("then"), keyword("else")) };
    match walk.quietly(condition, value) {
        Verdict::Valid => branch(then).map_or(Verdict::Valid, |schema| walk.check(schema, value)),
        Verdict::Invalid => branch(otherwise).map_or(Verdict::Valid, |schema| walk.check(schema, value)),
        Verdict::Unknown => {
            let mut fits = |name| branch(name).map_or(Verdict::Valid, |schema| walk.quietly(schema, value));
            let (then, otherwise) = (fits(then), fits(otherwise));
            if then == otherwise && then != Verdict::Invalid { then } else { Verdict::Unknown }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::schema::testing::check;

    #[test]
    fn alternatives_that_require_properties_are_told_by_name() {
        let any = json!({"anyOf": [{"required": ["a"]}, {"required": ["b"]}]});
        assert_eq!(check(&any, &json!({})), ["S015 at least one of `a` or `b` is needed"]);
        let one = json!({"oneOf": [{"required": ["a"]}, {"required": ["b"]}]});
        assert_eq!(check(&one, &json!({"a": 1, "b": 2})), ["S015 only one of `a` or `b` is possible"]);
        assert_eq!(check(&one, &json!({"a": 1})), [""; 0]);
    }

    #[test]
    fn other_alternatives_are_told_by_the_nearest() {
        let any = json!({"anyOf": [{"type": "object"}, {"enum": ["x"]}]});
        assert_eq!(check(&any, &json!("y")), ["S015 `y` fits none of 2 alternatives"]);
        assert_eq!(check(&any, &json!("x")), [""; 0]);
    }

    #[test]
    fn a_conversion_makes_no_second_alternative() {
        assert_eq!(check(&json!({"oneOf": [{"type": "string"}, {"type": "integer"}]}), &json!("5")), [""; 0]);
    }

    #[test]
    fn what_is_unknown_decides_nothing() {
        let value = json!({"a": {"Ref": "AWS::StackName"}});
        assert_eq!(check(&json!({"properties": {"a": {"not": {"enum": ["x"]}}}}), &value), [""; 0]);
        assert_eq!(
            check(&json!({"properties": {"a": {"oneOf": [{"pattern": "^x"}, {"maxLength": 2}]}}}), &value),
            [""; 0]
        );
        let conditional = json!({"if": {"properties": {"a": {"enum": ["x"]}}}, "then": {"required": ["b"]}, "else": {"required": ["c"]}});
        assert_eq!(check(&conditional, &value), [""; 0]);
        assert_eq!(check(&conditional, &json!({"a": "x"})), ["S004 `b` is required"]);
        assert_eq!(check(&conditional, &json!({"a": "y"})), ["S004 `c` is required"]);
    }

    #[test]
    fn reserved_names_are_found() {
        let schema = json!({"allOf": [{"properties": {"User": {"not": {"enum": ["admin"]}}}}]});
        assert_eq!(check(&schema, &json!({"User": "admin"})), ["S015 `admin` isn't possible here"]);
    }
}
