//! Whether a value fits the schema, and nothing more: a short cut for files without mistakes.
//!
//! Building a validator takes longer than all else that is done with a file, and a right file needs none. What this
//! doesn't know it calls a misfit, and then the validator decides; a test holds both to the same answers.

use serde_json::Value as Json;

use super::place::{Place, fits_type};
use crate::document::{Node, NodeKind};

/// Whether a value fits one of the alternatives of a place.
pub(in crate::config) fn fits(place: &Place, node: &Node) -> bool {
    place.alternatives().iter().any(|schema| fits_one(schema, node))
}

fn fits_one(schema: &'static Json, node: &Node) -> bool {
    let Some(words) = schema.as_object() else { return false };
    words.iter().all(|(word, value)| match word.as_str() {
        "$schema" | "$defs" | "title" | "description" | "default" | "examples" => true,
        "type" => fits_type(schema, node),
        "const" => node.as_str().is_some() && node.as_str() == value.as_str(),
        "enum" => value.as_array().is_some_and(|values| values.contains(&node.to_json())),
        "minimum" => number(node).is_none_or(|number| value.as_f64().is_some_and(|least| number >= least)),
        "maximum" => number(node).is_none_or(|number| value.as_f64().is_some_and(|most| number <= most)),
        "multipleOf" => {
            number(node).is_none_or(|number| value.as_f64().is_some_and(|step| number % step == 0.0))
        }
        "items" => node.items().iter().all(|item| fits(&Place::of(value), item)),
        "properties" => node
            .entries()
            .iter()
            .all(|entry| value.get(&entry.key).is_none_or(|schema| fits(&Place::of(schema), &entry.value))),
        "additionalProperties" => {
            let known = schema.get("properties").and_then(Json::as_object);
            let mut others = node
                .entries()
                .iter()
                .filter(|entry| known.is_none_or(|known| !known.contains_key(&entry.key)));
            match value {
                Json::Bool(true) => true,
                Json::Bool(false) => others.next().is_none(),
                schema => others.all(|entry| fits(&Place::of(schema), &entry.value)),
            }
        }
        "minProperties" => count(node).is_none_or(|count| value.as_u64().is_some_and(|least| count >= least)),
        "maxProperties" => count(node).is_none_or(|count| value.as_u64().is_some_and(|most| count <= most)),
        _ => false,
    })
}

fn number(node: &Node) -> Option<f64> {
    node.as_number().and_then(serde_json::Number::as_f64)
}

fn count(node: &Node) -> Option<u64> {
    matches!(node.kind, NodeKind::Mapping(_)).then_some(node.entries().len() as u64)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::any;
    use proptest::test_runner::{Config, TestRunner};

    use super::super::arbitrary::arbitrary;
    use super::super::{VALIDATOR, root};
    use super::*;
    use crate::diagnostic::Source;
    use crate::document::{Document, Format, Limits};

    #[test]
    fn the_short_cut_and_the_validator_agree() {
        let counts = std::cell::Cell::new((0, 0));
        let settings = Config { cases: 1000, failure_persistence: None, ..Config::default() };
        let agree = |numbers: Vec<u32>| {
            let mut numbers = numbers.into_iter();
            let value = arbitrary(root(), &mut |n| numbers.next().map_or(0, |number| number as usize % n));
            let source = Source::new("test", value.to_string());
            let document = Document::parse(source, Format::Json, &Limits::default()).unwrap();
            let fits = fits(&Place::top(), &document.root);
            assert_eq!(fits, VALIDATOR.is_valid(&value), "{value:#}");
            let (good, bad) = counts.get();
            counts.set(if fits { (good + 1, bad) } else { (good, bad + 1) });
            Ok(())
        };
        TestRunner::new(settings).run(&vec(any::<u32>(), 0..200), agree).unwrap();
        let (good, bad) = counts.get();
        assert!(good > 50 && bad > 50, "{good} fit, {bad} don't");
    }
}
