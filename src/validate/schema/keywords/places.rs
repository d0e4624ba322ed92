//! `every`, `some` and `switch`: schemas for what paths lead to. Only rows of `schemas/constraints/` use them.

use crate::cfn::evaluate::Evaluated;
use crate::validate::schema::compact::{Schema, keyword};
use crate::validate::schema::path::{each, reach};
use crate::validate::schema::verdict::Verdict;
use crate::validate::schema::walk::{Walk, shown};

use super::s015_alternatives::RULE;

/// `every`: a map of paths and schemas; each value that a path leads to fits its schema.
pub(super) fn every<'t>(
    walk: &mut Walk<'_, 't>,
    places: Schema,
    _: Schema,
    value: &Evaluated<'t>,
) -> Verdict {
    places.members().fold(Verdict::Valid, |verdict, (path, schema)| {
        let mut all = verdict;
        let open = each(value, path, &mut |value| all = all.and(fits(walk, schema, path, value)));
        if open { all.and(Verdict::Unknown) } else { all }
    })
}

/// Whether a value fits; `false` is fitted by none.
fn fits<'t>(walk: &mut Walk<'_, 't>, schema: Schema, path: &str, value: &Evaluated<'t>) -> Verdict {
    if schema.as_bool() == Some(false) {
        let name = path.rsplit('/').find(|step| *step != "*").unwrap_or(path);
        walk.tell(&RULE, value, || format!("`{name}` isn't possible here"));
        return Verdict::Invalid;
    }
    walk.check(schema, value)
}

/// `some`: a map of paths and schemas; a value that the path leads to fits its schema, for each of them.
pub(super) fn some<'t>(walk: &mut Walk<'_, 't>, places: Schema, _: Schema, value: &Evaluated<'t>) -> Verdict {
    places.members().fold(Verdict::Valid, |verdict, (path, schema)| {
        let mut any = Verdict::Invalid;
        let open = each(value, path, &mut |value| {
            if any != Verdict::Valid {
                any = any.or(walk.quietly(schema, value));
            }
        });
        if open {
            any = any.or(Verdict::Unknown);
        }
        if any == Verdict::Invalid {
            walk.tell(&RULE, value, || match reach(value, path).values[..] {
                [] => format!("`{path}` isn't there"),
                [only] => format!("{} isn't possible at `{path}`", shown(only)),
                _ => format!("no value at `{path}` fits"),
            });
        }
        verdict.and(any)
    })
}

/// `switch`: the value at the path `on` (or `default`, if there is none) chooses one of the schemas in `cases`, or
/// `else`; what is switched is the object that the keyword stands in.
pub(super) fn switch<'t>(
    walk: &mut Walk<'_, 't>,
    switch: Schema,
    _: Schema,
    value: &Evaluated<'t>,
) -> Verdict {
    let reached =
        reach(value, switch.argument(const { keyword("on") }).and_then(Schema::as_str).unwrap_or_default());
    let text = match (&reached.values[..], reached.open) {
        ([], false) => switch
            .argument(const { keyword("default") })
            .and_then(Schema::as_str)
            .map(std::borrow::Cow::Borrowed),
        ([only], false) if only.unknown().is_none() => only.text(),
        _ => return Verdict::Unknown,
    };
    let case = text
        .and_then(|text| switch.argument(const { keyword("cases") })?.get(&text))
        .or_else(|| switch.argument(const { keyword("else") }));
    case.map_or(Verdict::Valid, |schema| walk.check(schema, value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::schema::testing::check;

    const NONE: [&str; 0] = [];

    #[test]
    fn every_value_of_a_path_fits() {
        let schema = json!({"every": {"A/*/B": {"maximum": 5}, "C": false}});
        assert_eq!(check(&schema, &json!({"A": [{"B": 5}, {}]})), NONE);
        assert_eq!(
            check(&schema, &json!({"A": [{"B": 6}], "C": 1})),
            ["S009 6 is not at most 5", "S015 `C` isn't possible here"]
        );
        assert_eq!(check(&schema, &json!({"A": [{"B": {"Ref": "AWS::StackName"}}]})), NONE);
    }

    #[test]
    fn some_value_of_a_path_fits() {
        let schema = json!({"some": {"A/*": {"const": "x"}}});
        assert_eq!(check(&schema, &json!({"A": ["y", "x"]})), NONE);
        assert_eq!(check(&schema, &json!({"A": ["y", {"Ref": "AWS::StackName"}]})), NONE);
        assert_eq!(check(&schema, &json!({"A": {"Fn::GetAZs": ""}})), NONE);
        assert_eq!(check(&schema, &json!({"A": ["y", "z"]})), ["S015 no value at `A/*` fits"]);
        assert_eq!(check(&schema, &json!({"A": ["y"]})), ["S015 `y` isn't possible at `A/*`"]);
        assert_eq!(check(&schema, &json!({})), ["S015 `A/*` isn't there"]);
        // What is unknown decides nothing, also turned around.
        let none = json!({"not": schema});
        assert_eq!(check(&none, &json!({"A": [{"Ref": "AWS::StackName"}]})), NONE);
        assert_eq!(check(&none, &json!({"A": {"Fn::GetAZs": ""}})), NONE);
        assert_eq!(check(&none, &json!({"A": ["x"]})).len(), 1);
    }

    #[test]
    fn a_value_chooses_the_schema() {
        let schema = json!({"switch": {"on": "A", "default": "d", "cases": {"d": {"required": ["D"]}, "e": {"required": ["E"]}}, "else": {"required": ["O"]}}});
        assert_eq!(check(&schema, &json!({})), ["S004 `D` is required"]);
        assert_eq!(check(&schema, &json!({"A": "e"})), ["S004 `E` is required"]);
        assert_eq!(check(&schema, &json!({"A": "x"})), ["S004 `O` is required"]);
        assert_eq!(check(&schema, &json!({"A": {"Ref": "AWS::StackName"}})), NONE);
    }
}
