//! `compare`, `among` and `distinct`: how values of one object have to relate. Only rows of `schemas/constraints/` use
//! them.

use crate::cfn::evaluate::Evaluated;
use crate::validate::schema::compact::{Schema, keyword};
use crate::validate::schema::path::{reach, same};
use crate::validate::schema::verdict::Verdict;
use crate::validate::schema::walk::{Walk, shown};

use super::choices;
use super::s015_alternatives::RULE;

/// A side of a comparison.
struct Side<'v, 't> {
    /// What it is made from, for the place of a finding and for values that are no numbers.
    value: Option<&'v Evaluated<'t>>,
    /// What it comes to; `None` if that isn't known or no number.
    number: Option<f64>,
    /// Whether a message shows the value, and not the number.
    is_value: bool,
}

impl Side<'_, '_> {
    fn shown(&self) -> String {
        match self.value {
            Some(value) if self.is_value => shown(value),
            _ => self.number.map(|number| number.to_string()).unwrap_or_default(),
        }
    }
}

/// `compare`: an object of `left`, `is` (one of `<`, `<=`, `==`, `!=`, `>=`, `>`) and `right`, or a list of such.
///
/// A side is a path, a number, `{"sum": PATH}`, `{"count": PATH}`, or `{"path": PATH, "default": NUMBER}`. What isn't
/// there isn't compared; a path to several values is compared for each.
pub(super) fn compare<'t>(
    walk: &mut Walk<'_, 't>,
    comparisons: Schema,
    _: Schema,
    value: &Evaluated<'t>,
) -> Verdict {
    let mut verdict = Verdict::Valid;
    for comparison in one_or_more(comparisons) {
        let Some((left_open, left)) =
            comparison.argument(const { keyword("left") }).and_then(|side| sides(value, side))
        else {
            continue;
        };
        let Some((right_open, right)) =
            comparison.argument(const { keyword("right") }).and_then(|side| sides(value, side))
        else {
            continue;
        };
        let operator = text_at(comparison, "is").unwrap_or_default();
        if left_open || right_open {
            verdict = verdict.and(Verdict::Unknown);
        }
        for left in &left {
            for right in &right {
                let answer = holds(left, operator, right);
                if answer == Verdict::Invalid {
                    let place = left.value.or(right.value).unwrap_or(value);
                    walk.tell(&RULE, place, || {
                        format!("{} is not {} {}", left.shown(), words(operator), right.shown())
                    });
                }
                verdict = verdict.and(answer);
            }
        }
    }
    verdict
}

/// The values of a side, and whether there may be more; `None` if there are none.
fn sides<'v, 't>(value: &'v Evaluated<'t>, side: Schema) -> Option<(bool, Vec<Side<'v, 't>>)> {
    let number = |number: f64| Side { value: None, number: Some(number), is_value: false };
    if let Some(literal) = side.as_f64() {
        return Some((false, vec![number(literal)]));
    }
    let of = |key: &str| text_at(side, key);
    if let Some(path) = of("count") {
        let reached = reach(value, path);
        #[expect(clippy::cast_precision_loss, reason = "a template has fewer items than that")]
        let count = reached.values.len() as f64;
        let first = reached.values.first().copied();
        return Some((reached.open, vec![Side { value: first, ..number(count) }]));
    }
    if let Some(path) = of("sum") {
        let reached = reach(value, path);
        let sum = reached.values.iter().map(|value| value.number()).sum::<Option<f64>>();
        let first = *reached.values.first()?;
        return Some((reached.open, vec![Side { value: Some(first), number: sum, is_value: false }]));
    }
    let path = side.as_str().or_else(|| of("path"))?;
    let reached = reach(value, path);
    let mut sides: Vec<_> = reached
        .values
        .iter()
        .map(|value| Side { value: Some(value), number: value.number(), is_value: true })
        .collect();
    if let (true, Some(default)) = (
        sides.is_empty() && !reached.open,
        side.argument(const { keyword("default") }).and_then(Schema::as_f64),
    ) {
        sides.push(number(default));
    }
    (!sides.is_empty()).then_some((reached.open, sides))
}

fn holds(left: &Side<'_, '_>, operator: &str, right: &Side<'_, '_>) -> Verdict {
    if let (Some(left), Some(right)) = (left.number, right.number) {
        return Verdict::of(match operator {
            "<" => left < right,
            "<=" => left <= right,
            ">" => left > right,
            ">=" => left >= right,
            // Both are written in decimal: what is equal is equal in each bit.
            "!=" => left.total_cmp(&right).is_ne(),
            _ => left.total_cmp(&right).is_eq(),
        });
    }
    match (left.value, right.value, operator) {
        (Some(left), Some(right), "==") => same(left, right),
        (Some(left), Some(right), "!=") => same(left, right).not(),
        _ => Verdict::Unknown,
    }
}

fn words(operator: &str) -> &str {
    match operator {
        "<" => "less than",
        "<=" => "at most",
        ">" => "more than",
        ">=" => "at least",
        "!=" => "other than",
        _ => "equal to",
    }
}

/// `among`: an object of `each` and `in`: each value that the first path leads to is one of those that the second does.
/// `in` may be a list of paths.
pub(super) fn among<'t>(walk: &mut Walk<'_, 't>, among: Schema, _: Schema, value: &Evaluated<'t>) -> Verdict {
    let each = reach(value, text_at(among, "each").unwrap_or_default());
    let mut verdict = each.rest();
    if each.values.is_empty() {
        return verdict;
    }
    let (names, open) =
        among.argument(const { keyword("in") }).map(|paths| several(value, paths)).unwrap_or_default();
    for found in each.values {
        let start = if open { Verdict::Unknown } else { Verdict::Invalid };
        let answer = names.iter().fold(start, |verdict, name| verdict.or(same(found, name)));
        if answer == Verdict::Invalid {
            let known: Vec<_> = names.iter().filter_map(|name| name.text()).collect();
            walk.tell_with(
                &RULE,
                found,
                || format!("{} isn't one of them", shown(found)),
                || Some(format!("there is {}", choices(known.iter().map(AsRef::as_ref)))),
            );
        }
        verdict = verdict.and(answer);
    }
    verdict
}

/// `distinct`: a path, or a list of paths: no two of the values that they lead to are the same.
pub(super) fn distinct<'t>(
    walk: &mut Walk<'_, 't>,
    paths: Schema,
    _: Schema,
    value: &Evaluated<'t>,
) -> Verdict {
    let (values, open) = several(value, paths);
    let mut verdict = if open { Verdict::Unknown } else { Verdict::Valid };
    for (index, found) in values.iter().enumerate() {
        let equal =
            values[..index].iter().fold(Verdict::Invalid, |verdict, other| verdict.or(same(found, other)));
        if equal == Verdict::Valid {
            walk.tell(&RULE, found, || format!("{} is there twice", shown(found)));
        }
        verdict = verdict.and(equal.not());
    }
    verdict
}

/// The items of a list, or the only one.
fn one_or_more(schema: Schema) -> impl Iterator<Item = Schema> {
    let only = (!schema.is_list()).then_some(schema);
    schema.items().chain(only)
}

fn text_at(schema: Schema, key: &str) -> Option<&'static str> {
    schema.get(key)?.as_str()
}

/// What several paths lead to, and whether there may be more.
fn several<'v, 't>(value: &'v Evaluated<'t>, paths: Schema) -> (Vec<&'v Evaluated<'t>>, bool) {
    let (mut values, mut open) = (Vec::new(), false);
    for path in one_or_more(paths).filter_map(Schema::as_str) {
        let reached = reach(value, path);
        values.extend(reached.values);
        open |= reached.open;
    }
    (values, open)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::schema::testing::check;

    const NONE: [&str; 0] = [];

    #[test]
    fn numbers_and_texts_are_compared() {
        let schema = json!({"compare": {"left": "Min", "is": "<=", "right": "Max"}});
        assert_eq!(check(&schema, &json!({"Min": 3, "Max": "2"})), ["S015 3 is not at most `2`"]);
        for good in [
            json!({"Min": 3, "Max": 3}),
            json!({"Min": 3}),
            json!({"Min": 3, "Max": {"Ref": "AWS::StackName"}}),
        ] {
            assert_eq!(check(&schema, &good), NONE);
        }
        let sum = json!({"compare": [{"left": {"sum": "A/*"}, "is": "<", "right": 5}, {"left": {"count": "A/*"}, "is": "<=", "right": 2}]});
        assert_eq!(check(&sum, &json!({"A": [2, 2]})), NONE);
        assert_eq!(
            check(&sum, &json!({"A": [1, 2, 3]})),
            ["S015 6 is not less than 5", "S015 3 is not at most 2"]
        );
        let equal = json!({"compare": {"left": "A", "is": "!=", "right": "B"}});
        let region = json!({"Ref": "AWS::Region"});
        assert_eq!(check(&equal, &json!({"A": region, "B": region})).len(), 1);
        assert_eq!(check(&equal, &json!({"A": region, "B": "x"})), NONE);
        assert_eq!(check(&equal, &json!({"A": "y", "B": "x"})), NONE);
        let default = json!({"compare": {"left": {"path": "A", "default": 30}, "is": ">", "right": "B"}});
        assert_eq!(check(&default, &json!({"B": 40})), ["S015 30 is not more than 40"]);
    }

    #[test]
    fn names_are_among_others() {
        let schema = json!({"among": {"each": "Uses/*", "in": ["Names/*", "Own"]}});
        assert_eq!(check(&schema, &json!({"Uses": ["a", "b"], "Names": ["a"], "Own": "b"})), NONE);
        assert_eq!(check(&schema, &json!({"Uses": ["c"], "Names": ["a"]})), ["S015 `c` isn't one of them"]);
        assert_eq!(check(&schema, &json!({"Uses": ["c"], "Names": [{"Ref": "AWS::Region"}]})), NONE);
        assert_eq!(check(&schema, &json!({"Uses": ["c"], "Names": {"Fn::GetAZs": ""}})), NONE);
    }

    #[test]
    fn values_are_distinct() {
        let schema = json!({"distinct": "A/*/B"});
        let region = json!({"Ref": "AWS::Region"});
        assert_eq!(check(&schema, &json!({"A": [{"B": "x"}, {"B": "y"}, {"B": region}]})), NONE);
        assert_eq!(check(&schema, &json!({"A": [{"B": "x"}, {"B": "x"}]})), ["S015 `x` is there twice"]);
        assert_eq!(check(&schema, &json!({"A": [{"B": region}, {"B": region}]})).len(), 1);
    }
}
