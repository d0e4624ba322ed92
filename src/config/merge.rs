//! Putting one layer of configuration over another.

use super::tree::{Tree, TreeKind};

/// How alternatives that exclude each other are told apart at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OneOf {
    /// Whatever comes later stands alone.
    Whole,
    /// The only key.
    Key,
    /// Which of these keys is there.
    Among(&'static [&'static str]),
}

/// Where alternatives stand; `*` is any key. A test finds every such place in the schema.
const ONE_OFS: &[(&[&str], OneOf)] = &[
    (&["layout"], OneOf::Whole),
    (&["network"], OneOf::Key),
    (&["environment", "*"], SOURCE),
    (&["components", "*", "environment", "*"], SOURCE),
    (&["secrets", "secret_key"], SOURCE),
    (&["secrets", "database_password"], SOURCE),
    (&["mail", "smtp", "password"], SOURCE),
];

const SOURCE: OneOf = OneOf::Among(&["value", "ssm", "secret"]);

/// Puts `over` on `base`: maps are merged key by key, everything else is replaced, and so is a map of which `over`
/// chooses another kind (a `create` network over an `existing` one).
pub(super) fn merge(base: Tree, over: Tree) -> Tree {
    merge_at(base, over, &mut Vec::new())
}

fn merge_at(base: Tree, over: Tree, path: &mut Vec<String>) -> Tree {
    if chooses_another(&base, &over, path) {
        return over;
    }
    match (base.kind, over.kind) {
        (TreeKind::Map(mut entries), TreeKind::Map(changes)) => {
            for (key, change) in changes {
                path.push(key.clone());
                let merged = match entries.get_mut(&key) {
                    // The key keeps its place in the order.
                    Some(entry) => merge_at(std::mem::replace(entry, Tree::empty()), change, path),
                    None => change,
                };
                path.pop();
                entries.insert(key, merged);
            }
            Tree { kind: TreeKind::Map(entries), origin: over.origin.or(base.origin) }
        }
        (_, kind) => Tree { kind, origin: over.origin },
    }
}

/// Whether both are maps and `over` means another alternative than `base`.
fn chooses_another(base: &Tree, over: &Tree, path: &[String]) -> bool {
    let (Some(base), Some(over)) = (base.entries(), over.entries()) else { return false };
    let is_here = |pattern: &[&str]| {
        pattern.len() == path.len()
            && pattern.iter().zip(path).all(|(expected, key)| *expected == "*" || expected == key)
    };
    let Some((_, one_of)) = ONE_OFS.iter().find(|(pattern, _)| is_here(pattern)) else { return false };
    match one_of {
        OneOf::Whole => true,
        OneOf::Key => over.keys().next() != base.keys().next(),
        OneOf::Among(kinds) => {
            let (base, over) = (
                kinds.iter().find(|kind| base.contains_key(**kind)),
                kinds.iter().find(|kind| over.contains_key(**kind)),
            );
            base.is_some() && over.is_some() && base != over
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value as Json, json};

    use super::*;
    use crate::config::schema::Place;
    use crate::diagnostic::Source;
    use crate::document::{Document, Format, Limits};

    fn tree(value: &Json, layer: usize) -> Tree {
        let source = Source::new("test", value.to_string());
        let document = Document::parse(source, Format::Json, &Limits::default()).unwrap();
        Tree::from_node(&document.root, None, layer)
    }

    #[track_caller]
    fn check(base: &Json, over: &Json, merged: &Json) {
        assert_eq!(merge(tree(base, 0), tree(over, 1)).to_json(), *merged);
    }

    #[test]
    fn maps_are_merged_and_lists_replaced() {
        check(
            &json!({"database": {"instances": 1, "name": "a"}, "tags": {"x": "1"}}),
            &json!({"database": {"instances": 2}, "name": "n"}),
            &json!({"database": {"instances": 2, "name": "a"}, "tags": {"x": "1"}, "name": "n"}),
        );
        check(
            &json!({"ingress": {"allowed_cidrs": ["a", "b"]}}),
            &json!({"ingress": {"allowed_cidrs": ["c"]}}),
            &json!({"ingress": {"allowed_cidrs": ["c"]}}),
        );
        check(&json!({"mail": {"from": "a"}}), &json!({"mail": null}), &json!({"mail": null}));
        check(&json!({"mail": null}), &json!({"mail": {"from": "a"}}), &json!({"mail": {"from": "a"}}));
    }

    #[test]
    fn another_kind_replaces_the_whole() {
        check(
            &json!({"network": {"create": {"nat": "none"}}}),
            &json!({"network": {"existing": {"vpc_id": "v"}}}),
            &json!({"network": {"existing": {"vpc_id": "v"}}}),
        );
        check(
            &json!({"network": {"create": {"nat": "none"}}}),
            &json!({"network": {"create": {"cidr": "c"}}}),
            &json!({"network": {"create": {"nat": "none", "cidr": "c"}}}),
        );
        check(
            &json!({"network": {"create": {}}}),
            &json!({"network": "parameters"}),
            &json!({"network": "parameters"}),
        );
        check(
            &json!({"layout": {"a": ["web"]}}),
            &json!({"layout": {"b": ["api"]}}),
            &json!({"layout": {"b": ["api"]}}),
        );
        check(
            &json!({"secrets": {"secret_key": {"secret": "a", "field": "f"}}}),
            &json!({"secrets": {"secret_key": {"ssm": "/b"}}}),
            &json!({"secrets": {"secret_key": {"ssm": "/b"}}}),
        );
        check(
            &json!({"environment": {"A": {"secret": "a", "field": "f"}}}),
            &json!({"environment": {"A": {"secret": "b"}}}),
            &json!({"environment": {"A": {"secret": "b", "field": "f"}}}),
        );
    }

    #[test]
    fn each_value_keeps_the_layer_that_decided_it() {
        let merged = merge(
            tree(&json!({"database": {"instances": 1, "name": "a"}}), 0),
            tree(&json!({"database": {"instances": 2}}), 1),
        );
        let database = merged.get("database").unwrap();
        let layer = |key| database.get(key).unwrap().origin.unwrap().layer;
        assert_eq!((layer("instances"), layer("name")), (1, 0));
    }

    /// The places of the schema whose value is one of several alternatives that are maps with keys of their own.
    fn alternatives(place: &Place, path: &mut Vec<String>, found: &mut BTreeSet<String>) {
        let with_keys = place
            .alternatives()
            .iter()
            .filter(|schema| schema.get("properties").is_some())
            .collect::<Vec<_>>();
        let is_source = with_keys.iter().any(|schema| schema["properties"].get("ssm").is_some());
        let is_one_key = with_keys.iter().any(|schema| schema.get("maxProperties").is_some());
        let is_layout = place.takes("string") && place.any_key().is_some();
        if is_source || is_one_key || is_layout {
            found.insert(path.join("."));
        }
        let keys: Vec<_> = place.keys().map(|(key, schema)| (key.to_owned(), Place::of(schema))).collect();
        for (key, place) in keys {
            if key != "environments" {
                let is_component = path.last().is_some_and(|last| last == "components");
                path.push(if is_component { "*".to_owned() } else { key });
                alternatives(&place, path, found);
                path.pop();
            }
        }
        if let Some(place) = place.any_key() {
            path.push("*".to_owned());
            alternatives(&place, path, found);
            path.pop();
        }
    }

    #[test]
    fn every_choice_of_the_schema_is_known() {
        let mut found = BTreeSet::new();
        alternatives(&Place::top(), &mut Vec::new(), &mut found);
        let known: BTreeSet<String> = ONE_OFS.iter().map(|(pattern, _)| pattern.join(".")).collect();
        assert_eq!(found, known);
    }
}
