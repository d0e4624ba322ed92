//! What conditions compare: which values of a parameter make a difference, and what a comparison comes to.

use std::borrow::Cow;
use std::collections::BTreeSet;

use indexmap::{IndexMap, IndexSet};

use crate::cfn::{Json, Template};

use super::evaluator::Evaluator;
use super::function::{Function, SubPiece, as_logical_call, sub_pieces};
use super::parameter::scalar_text;
use super::scenario::{Scenario, Symbol};
use super::value::{Evaluated, Origin};

/// A comparison: the arguments of a `Fn::Equals`.
#[derive(Debug)]
pub(super) struct Comparison<'t> {
    left: &'t Json,
    right: &'t Json,
    /// The parameters and pseudo parameters in it.
    pub(super) names: BTreeSet<&'t str>,
}

/// Comparisons, by their JSON: the same one in two conditions is one.
pub(super) type Comparisons<'t> = IndexMap<String, Comparison<'t>>;

/// Adds the comparisons of a condition.
pub(super) fn comparisons<'t>(json: &'t Json, found: &mut Comparisons<'t>) {
    match as_logical_call(json) {
        Some((Function::And | Function::Or | Function::Not, Json::Array(operands))) => {
            for operand in operands {
                comparisons(operand, found);
            }
        }
        Some((Function::Equals, arguments)) => {
            let Some([left, right]) = arguments.as_array().map(Vec::as_slice) else { return };
            let mut names = BTreeSet::new();
            parameters(left, &mut names);
            parameters(right, &mut names);
            found.entry(arguments.to_string()).or_insert(Comparison { left, right, names });
        }
        _ => {}
    }
}

/// The names that an expression refers to.
fn parameters<'t>(json: &'t Json, names: &mut BTreeSet<&'t str>) {
    match json {
        Json::Array(items) => items.iter().for_each(|item| parameters(item, names)),
        Json::Object(map) => match as_logical_call(json) {
            Some((Function::Ref, Json::String(name))) => {
                names.insert(name);
            }
            Some((Function::Sub, arguments)) => {
                let text = arguments.as_str().or_else(|| arguments.get(0)?.as_str()).unwrap_or_default();
                names.extend(sub_pieces(text).into_iter().filter_map(|piece| match piece {
                    SubPiece::Name(name) => Some(name),
                    SubPiece::Text(_) => None,
                }));
                if let Some(variables) = arguments.get(1) {
                    parameters(variables, names);
                }
            }
            _ => map.values().for_each(|value| parameters(value, names)),
        },
        _ => {}
    }
}

/// The name in `{"Ref": name}`.
fn direct(json: &Json) -> Option<&str> {
    match as_logical_call(json) {
        Some((Function::Ref, Json::String(name))) => Some(name),
        _ => None,
    }
}

/// What the comparisons look for in each parameter.
#[derive(Debug, Default)]
pub(super) struct Looked<'t> {
    pub(super) values: IndexMap<&'t str, IndexSet<Cow<'t, str>>>,
    /// Parameters that stand inside other functions: each of their values may make a difference.
    inside: BTreeSet<&'t str>,
    /// Parameters that are keys of a mapping: no other value is possible.
    keys: BTreeSet<&'t str>,
}

impl<'t> Looked<'t> {
    pub(super) fn new(evaluator: &Evaluator<'t>, comparisons: &Comparisons<'t>) -> Self {
        let mut looked = Self::default();
        for comparison in comparisons.values() {
            for name in &comparison.names {
                looked.values.entry(name).or_default();
            }
            let sides = [(comparison.left, comparison.right), (comparison.right, comparison.left)];
            for (side, other) in sides {
                match (direct(side), scalar_text(other)) {
                    (Some(name), Some(value)) => {
                        looked.values.entry(name).or_default().insert(value);
                    }
                    // Compared with what something else gives: each value may be that.
                    (Some(name), None) if direct(other).is_none() => {
                        looked.inside.insert(name);
                    }
                    (Some(_), None) => {}
                    (None, _) => looked.look_inside(evaluator.template, side),
                }
            }
        }
        looked.compare_parameters(evaluator, comparisons);
        looked
    }

    /// Two parameters that are compared with each other: each value of the one matters for the other.
    fn compare_parameters(&mut self, evaluator: &Evaluator<'t>, comparisons: &Comparisons<'t>) {
        let pairs: Vec<_> = comparisons
            .values()
            .filter_map(|comparison| Some((direct(comparison.left)?, direct(comparison.right)?)))
            .filter(|(left, right)| left != right)
            .collect();
        for name in pairs.iter().flat_map(|(left, right)| [*left, *right]) {
            self.inside.insert(name);
            let mut values: Vec<Cow<'t, str>> =
                evaluator.given(name).map(|value| Cow::Owned(value.to_owned())).into_iter().collect();
            if let Some(declaration) = evaluator.declarations.get(name) {
                values
                    .extend(declaration.default.iter().chain(declaration.allowed.iter().flatten()).cloned());
            }
            self.values.entry(name).or_default().extend(values);
        }
        // From one pair to the next, as far as pairs hang together.
        for _ in 0..pairs.len().min(8) {
            for (left, right) in &pairs {
                for (from, to) in [(left, right), (right, left)] {
                    let values = self.values.get(from).cloned().unwrap_or_default();
                    self.values.entry(to).or_default().extend(values);
                }
            }
        }
    }

    fn look_inside(&mut self, template: &'t Template, json: &'t Json) {
        if let Some((Function::FindInMap, Json::Array(arguments))) = as_logical_call(json)
            && arguments.len() == 3
            && let Some(mapping) =
                arguments[0].as_str().and_then(|name| template.mappings.get(name)?.as_object())
        {
            if let Some(name) = direct(&arguments[1]) {
                self.values
                    .entry(name)
                    .or_default()
                    .extend(mapping.keys().map(|key| Cow::Borrowed(key.as_str())));
                self.keys.insert(name);
            }
            if let Some(name) = direct(&arguments[2]) {
                let keys = mapping.values().filter_map(Json::as_object).flat_map(serde_json::Map::keys);
                self.values.entry(name).or_default().extend(keys.map(|key| Cow::Borrowed(key.as_str())));
                self.keys.insert(name);
            }
            return;
        }
        parameters(json, &mut self.inside);
    }
}

impl<'t> Evaluator<'t> {
    /// The values of a parameter that can make a difference, the default first.
    pub(super) fn domain(&self, name: &'t str, looked: &Looked<'t>) -> Vec<Symbol<'t>> {
        if let Some(value) = self.given(name) {
            return vec![Symbol::Value(Cow::Owned(value.to_owned()))];
        }
        let none = IndexSet::new();
        let values = looked.values.get(name).unwrap_or(&none);
        let Some(declaration) = self.declarations.get(name) else {
            // A pseudo parameter.
            let mut symbols: Vec<_> = values.iter().cloned().map(Symbol::Value).collect();
            if symbols.is_empty() || !looked.keys.contains(name) {
                symbols.push(Symbol::Other);
            }
            return symbols;
        };
        let mut symbols: IndexSet<Symbol<'t>> = IndexSet::new();
        let allowed =
            |value: &Cow<'t, str>| declaration.is_looked_up() || declaration.refuses(value).is_none();
        if !declaration.is_looked_up() {
            symbols.extend(
                declaration.default.iter().filter(|value| allowed(value)).cloned().map(Symbol::Value),
            );
        }
        symbols.extend(values.iter().filter(|value| allowed(value)).cloned().map(Symbol::Value));
        match declaration.allowed.as_ref().filter(|_| !declaration.is_looked_up() && !declaration.is_list()) {
            Some(choices) => {
                let rest: Vec<_> = choices
                    .iter()
                    .cloned()
                    .map(Symbol::Value)
                    .filter(|choice| !symbols.contains(choice))
                    .collect();
                if looked.inside.contains(name) || rest.len() == 1 {
                    symbols.extend(rest);
                } else if !rest.is_empty() {
                    symbols.insert(Symbol::Other);
                }
            }
            None if looked.keys.contains(name) && !symbols.is_empty() => {}
            None => {
                symbols.insert(Symbol::Other);
            }
        }
        if symbols.is_empty() {
            // Nothing is allowed: no stack can be made, and nothing is gained by saying so here.
            symbols.insert(Symbol::Other);
        }
        symbols.into_iter().collect()
    }

    /// The result of a comparison: `None` if it can't be made at all, `Some(None)` if it depends on something unknown.
    #[expect(clippy::option_option, reason = "failing and not being known are different answers")]
    pub(super) fn compare(
        &self,
        comparison: &Comparison<'t>,
        scenario: &Scenario<'t>,
    ) -> Option<Option<bool>> {
        let left = self.evaluate(comparison.left, scenario);
        let right = self.evaluate(comparison.right, scenario);
        if !left.faults.is_empty() || !right.faults.is_empty() {
            return None;
        }
        let (Some(left), Some(right)) = (left.value, right.value) else { return Some(None) };
        if let (Some(left), Some(right)) = (left.text(), right.text()) {
            return Some(Some(left == right));
        }
        if let (Some(left), Some(right)) = (left.unknown(), right.unknown()) {
            return Some((left.origin == right.origin).then_some(true));
        }
        let never = self.never_equal(&left, &right) || self.never_equal(&right, &left);
        Some(never.then_some(false))
    }

    /// Whether the left side is a parameter that can't have the value of the right side.
    fn never_equal(&self, left: &Evaluated<'_>, right: &Evaluated<'_>) -> bool {
        let (Some(unknown), Some(value)) = (left.unknown(), right.text()) else { return false };
        let (Origin::Parameter(name) | Origin::Pseudo(name)) = unknown.origin else { return false };
        // A literal that it is compared with is one of the values that are looked for, and it has none of those.
        let looked_for = right.is_literal() && direct(left.source).is_some();
        let declaration = self.declarations.get(name).filter(|declaration| !declaration.is_looked_up());
        looked_for || declaration.is_some_and(|declaration| declaration.refuses(&value).is_some())
    }
}

/// Groups of comparisons that share parameters.
pub(super) fn together(found: &Comparisons<'_>) -> Vec<Vec<usize>> {
    let mut groups: Vec<(BTreeSet<&str>, Vec<usize>)> = Vec::new();
    for (index, comparison) in found.values().enumerate() {
        let mut names = comparison.names.clone();
        let mut members = vec![index];
        let (joined, rest) = groups.into_iter().partition(|(others, _)| !names.is_disjoint(others));
        groups = rest;
        for (others, indices) in joined {
            names.extend(others);
            members.extend(indices);
        }
        members.sort_unstable();
        groups.push((names, members));
    }
    groups.into_iter().map(|(_, members)| members).collect()
}
