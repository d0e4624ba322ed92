//! Paths into evaluated values, as the rows of `schemas/constraints/` write them.
//!
//! `ContainerDefinitions/*/Name` leads to the name of each container: a step is a member's name, `*` for each item or
//! member, or `[Key=deregistration_delay.timeout_seconds]` for each item that has that member of that value.

use crate::cfn::evaluate::{Data, Evaluated, Kind, Unknown};

use super::verdict::Verdict;

/// What a path leads to.
#[derive(Debug)]
pub(super) struct Reached<'v, 't> {
    /// The values.
    pub(super) values: Vec<&'v Evaluated<'t>>,
    /// Whether there may be more, behind something unknown.
    pub(super) open: bool,
}

impl Reached<'_, '_> {
    /// `Unknown` if there may be more values, `Valid` otherwise.
    pub(super) fn rest(&self) -> Verdict {
        if self.open { Verdict::Unknown } else { Verdict::Valid }
    }
}

/// What the path leads to; an empty path leads to the value itself.
pub(super) fn reach<'v, 't>(value: &'v Evaluated<'t>, path: &str) -> Reached<'v, 't> {
    let mut values = Vec::new();
    let open = each(value, path, &mut |value| values.push(value));
    Reached { values, open }
}

/// Calls a function with each value that the path leads to, and tells whether there may be more behind something unknown.
pub(super) fn each<'v, 't>(
    value: &'v Evaluated<'t>,
    path: &str,
    visit: &mut dyn FnMut(&'v Evaluated<'t>),
) -> bool {
    if path.is_empty() {
        visit(value);
        return false;
    }
    // Steps are short: byte by byte the path is cut fastest.
    let end = path.bytes().position(|byte| byte == b'/');
    let (step, rest) = end.map_or((path, ""), |end| (&path[..end], &path[end + 1..]));
    match &value.data {
        Data::Unknown(unknown) => may_hold_more(unknown),
        Data::List(items) if step == "*" => {
            items.iter().fold(false, |open, item| each(item, rest, visit) | open)
        }
        Data::Object(members) if step == "*" => {
            members.iter().fold(false, |open, (_, member)| each(member, rest, visit) | open)
        }
        Data::Object(_) if selector(step).is_none() => {
            value.get(step).is_some_and(|member| each(member, rest, visit))
        }
        Data::List(items) => selector(step).is_some_and(|(key, wanted)| {
            items.iter().fold(false, |open, item| {
                let of_item = match item.get(key) {
                    Some(found) if found.text().is_some_and(|text| text == wanted) => each(item, rest, visit),
                    Some(found) => found.unknown().is_some(),
                    None => item.unknown().is_some(),
                };
                of_item | open
            })
        }),
        _ => false,
    }
}

/// The member and the value that a step such as `[Key=x]` selects by.
fn selector(step: &str) -> Option<(&str, &str)> {
    step.strip_prefix('[')?.strip_suffix(']')?.split_once('=')
}

fn may_hold_more(unknown: &Unknown<'_>) -> bool {
    unknown.kind != Kind::Scalar
}

/// Whether two scalars are the same value.
pub(super) fn same(one: &Evaluated<'_>, other: &Evaluated<'_>) -> Verdict {
    match (one.text(), other.text()) {
        (Some(one), Some(other)) => Verdict::of(one == other),
        _ => match (one.unknown(), other.unknown()) {
            (Some(one), Some(other)) if one.origin == other.origin => Verdict::Valid,
            _ => Verdict::Unknown,
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::reach;
    use crate::validate::schema::testing::evaluated;

    fn texts(value: &Json, path: &str) -> (Vec<String>, bool) {
        let value = evaluated(value);
        let reached = reach(&value, path);
        (
            reached.values.iter().map(|value| value.text().unwrap_or_default().into_owned()).collect(),
            reached.open,
        )
    }

    fn found(names: &[&str], open: bool) -> (Vec<String>, bool) {
        (names.iter().map(|name| (*name).to_owned()).collect(), open)
    }

    #[test]
    fn paths_lead_through_members_items_and_chosen_items() {
        let value =
            json!({"A": [{"Key": "x", "V": 1}, {"Key": "y", "V": 2}, {"V": 3}], "M": {"a": 4, "b": 5}});
        assert_eq!(texts(&value, "A/*/V"), found(&["1", "2", "3"], false));
        assert_eq!(texts(&value, "A/[Key=y]/V"), found(&["2"], false));
        assert_eq!(texts(&value, "M/*"), found(&["4", "5"], false));
        assert_eq!(texts(&value, "A/*/W"), found(&[], false));
        assert_eq!(texts(&value, "M/a/b"), found(&[], false));
    }

    #[test]
    fn what_is_unknown_may_hold_more() {
        let zones = json!({"Fn::GetAZs": ""});
        assert_eq!(texts(&json!({"A": zones}), "A/*"), found(&[], true));
        let key = json!({"A": [{"Key": {"Ref": "AWS::Region"}, "V": 1}]});
        assert_eq!(texts(&key, "A/[Key=x]/V"), found(&[], true));
        // A text has no members.
        assert_eq!(texts(&json!({"A": {"Ref": "AWS::Region"}}), "A/b"), found(&[], false));
    }
}
