//! What the program knows: numbers of rules and types, and what of their schemas can't be checked.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value as Json, json};

use crate::validate::{self, schema::Registry};

use super::documentation;

/// What the program knows.
#[derive(Debug)]
pub(super) struct Stats {
    /// Rules by layer.
    rules: BTreeMap<char, usize>,
    /// Resource types whose schemas are known.
    types: usize,
}

/// Counts what the program knows.
pub(super) fn stats() -> Stats {
    let mut rules = BTreeMap::new();
    for rule in validate::rules() {
        *rules.entry(rule.code.0.chars().next().unwrap_or_default()).or_default() += 1;
    }
    Stats { rules, types: Registry::builtin().names().count() }
}

impl Stats {
    /// For people.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String can't fail.
        let _ = writeln!(text, "rules      {}", self.rules.values().sum::<usize>());
        for (letter, layer) in documentation::layers() {
            if let Some(count) = self.rules.get(&letter) {
                let _ = writeln!(text, "  {letter}        {count:4}  {layer}");
            }
        }
        let _ = writeln!(text, "types      {}", self.types);
        text
    }

    /// For programs; the README lists the keys.
    pub(super) fn json(&self) -> Json {
        let rules: BTreeMap<String, usize> =
            self.rules.iter().map(|(letter, count)| (letter.to_string(), *count)).collect();
        json!({ "rules": rules, "types": self.types })
    }
}
