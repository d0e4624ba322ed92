//! One reachable combination of conditions.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is known of a parameter's value in a scenario.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Symbol<'t> {
    /// This value.
    Value(Cow<'t, str>),
    /// None of the values that the conditions look for.
    Other,
}

/// One reachable combination of conditions, with what it says about the parameters that decide it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scenario<'t> {
    /// The conditions that are decided, and how.
    pub(super) conditions: BTreeMap<&'t str, bool>,
    /// For each parameter that decides a condition, one value with which the scenario is reached: the default where
    /// that is possible.
    pub(super) witness: BTreeMap<&'t str, Symbol<'t>>,
    /// For each parameter that decides a condition, all values with which the scenario can be reached.
    pub(super) possible: BTreeMap<&'t str, Vec<Symbol<'t>>>,
    /// For each parameter that decides a condition, all values that make a difference in some scenario.
    pub(super) domains: Arc<BTreeMap<&'t str, Vec<Symbol<'t>>>>,
    /// Whether parameters have their defaults where the scenario allows it.
    pub(super) defaults: bool,
}

impl<'t> Scenario<'t> {
    /// The same with every parameter at its default, where that is possible; those of a condition at the value that
    /// reaches the scenario.
    #[must_use]
    pub fn at_defaults(&self) -> Self {
        Self { defaults: true, ..self.clone() }
    }

    /// The same with a parameter at that value, for evaluations at defaults. Whether the scenario can be reached with it
    /// is told by [`Scenario::allows`].
    #[must_use]
    pub fn with(mut self, name: &'t str, value: &str) -> Self {
        self.witness.insert(name, Symbol::Value(Cow::Owned(value.to_owned())));
        self
    }

    /// Whether the condition holds; `None` if the scenario doesn't say.
    pub fn condition(&self, name: &str) -> Option<bool> {
        self.conditions.get(name).copied()
    }

    /// The conditions that are decided, and how.
    pub fn conditions(&self) -> impl Iterator<Item = (&'t str, bool)> {
        self.conditions.iter().map(|(name, holds)| (*name, *holds))
    }

    /// What the scenario says of a parameter's value; `None` if nothing.
    pub fn value(&self, name: &str) -> Option<&Symbol<'t>> {
        if self.defaults {
            return self.witness.get(name);
        }
        match self.possible.get(name)?.as_slice() {
            [only] => Some(only),
            _ => Some(&Symbol::Other),
        }
    }

    /// Whether the scenario can be reached with the parameter at that value.
    pub fn allows(&self, name: &str, value: &str) -> bool {
        let Some(possible) = self.possible.get(name) else { return true };
        let is_value = |symbol: &Symbol<'_>| matches!(symbol, Symbol::Value(named) if named == value);
        let makes_a_difference = self.domains.get(name).is_some_and(|symbols| symbols.iter().any(is_value));
        if makes_a_difference { possible.iter().any(is_value) } else { possible.contains(&Symbol::Other) }
    }

    /// The scenario in words, such as "`HasZone` is false": empty if it decides nothing.
    pub fn describe(&self) -> String {
        let parts: Vec<_> =
            self.conditions.iter().map(|(name, holds)| format!("`{name}` is {holds}")).collect();
        parts.join(" and ")
    }
}
