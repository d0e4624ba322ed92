//! What the program knows: numbers of rules and types, and what of their schemas can't be checked.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde_json::{Value as Json, json};

use crate::cfn::evaluate::Pattern;
use crate::validate::{
    self,
    schema::{Registry, Schema},
};

use super::documentation;

/// What the program knows.
#[derive(Debug)]
pub(super) struct Stats {
    /// Rules by layer.
    rules: BTreeMap<char, usize>,
    /// Resource types whose schemas are known.
    types: usize,
    /// Different patterns in these schemas.
    patterns: usize,
    /// Those of them that can't be translated: no text is held against them. With the reason.
    untranslated: BTreeMap<String, String>,
    /// Those of them that are translated to one that takes more: a large count became "any number of times".
    loosened: Vec<String>,
}

/// Counts what the program knows.
pub(super) fn stats() -> Stats {
    let mut rules = BTreeMap::new();
    for rule in validate::rules() {
        *rules.entry(rule.code.0.chars().next().unwrap_or_default()).or_default() += 1;
    }
    let registry = Registry::builtin();
    let (mut patterns, mut types) = (BTreeSet::new(), 0);
    for schema in registry.types() {
        types += 1;
        collect_patterns(schema.root, &mut patterns);
    }
    let mut stats =
        Stats { rules, types, patterns: patterns.len(), untranslated: BTreeMap::new(), loosened: Vec::new() };
    for text in patterns {
        match Pattern::new(text) {
            Ok(pattern) if pattern.is_exact() => {}
            Ok(_) => stats.loosened.push(text.to_owned()),
            Err(error) => {
                stats.untranslated.insert(text.to_owned(), error.reason);
            }
        }
    }
    stats
}

/// The patterns of texts and of keys in a schema.
fn collect_patterns(schema: Schema, found: &mut BTreeSet<&'static str>) {
    found.extend(schema.get("pattern").and_then(Schema::as_str));
    found.extend(schema.object("patternProperties").map(|(pattern, _)| pattern));
    schema.items().for_each(|item| collect_patterns(item, found));
    schema.members().for_each(|(_, member)| collect_patterns(member, found));
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
        let _ = writeln!(
            text,
            "patterns   {}: {} can't be translated, {} only loosely",
            self.patterns,
            self.untranslated.len(),
            self.loosened.len()
        );
        for (pattern, reason) in &self.untranslated {
            let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
            let _ = writeln!(text, "  not translated  {pattern}  ({reason})");
        }
        for pattern in &self.loosened {
            let _ = writeln!(text, "  loosened        {pattern}");
        }
        text
    }

    /// For programs; the README lists the keys.
    pub(super) fn json(&self) -> Json {
        let rules: BTreeMap<String, usize> =
            self.rules.iter().map(|(letter, count)| (letter.to_string(), *count)).collect();
        json!({
            "rules": rules,
            "types": self.types,
            "patterns": self.patterns,
            "untranslated_patterns": self.untranslated,
            "loosened_patterns": self.loosened,
        })
    }
}
