//! Walks through a value and its schema together.

use crate::cfn::Json;
use crate::cfn::evaluate::{Data, Evaluated};
use crate::validate::options::Types;
use crate::validate::rule::Rule;

use super::compact::{Schema, keyword};
use super::keywords;
use super::known::{KnownGood, Likeness};
use super::registry::{Registry, TypeSchema};
use super::sources::Sources;
use super::verdict::Verdict;

/// A finding before it has a place: the value that it is about is found in the template by its source.
#[derive(Debug, Clone)]
pub(in crate::validate) struct Found<'t> {
    pub(in crate::validate) rule: &'static Rule,
    /// The literal or function call that it is about.
    pub(in crate::validate) source: &'t Json,
    pub(in crate::validate) message: String,
    pub(in crate::validate) help: Option<String>,
}

impl Found<'_> {
    /// Whether it is about the key of the value.
    pub(super) fn is_of_key(&self) -> bool {
        keywords::OF_KEYS.iter().any(|rule| rule.code == self.rule.code)
    }
}

/// One walk through a resource's properties and the schema of its type.
pub(super) struct Walk<'a, 't> {
    pub(super) registry: &'a Registry,
    /// The type that is being looked at: `$ref` leads into its definitions.
    pub(super) schema: TypeSchema,
    /// How exact types have to be.
    pub(super) types: Types,
    /// What is known of the values that references give.
    pub(super) sources: &'a Sources<'a, 't>,
    pub(super) found: Vec<Found<'t>>,
    /// The type's definitions.
    definitions: Option<Schema>,
    /// Whether findings are left out: inside of alternatives only the answer counts.
    quiet: bool,
    /// Items that were found good before.
    known_good: Option<&'a KnownGood>,
}

impl<'a, 't> Walk<'a, 't> {
    pub(super) fn new(
        registry: &'a Registry,
        schema: TypeSchema,
        types: Types,
        sources: &'a Sources<'a, 't>,
    ) -> Self {
        let definitions = schema.root.argument(const { keyword("definitions") });
        Self {
            registry,
            schema,
            types,
            sources,
            found: Vec::new(),
            definitions,
            quiet: false,
            known_good: None,
        }
    }

    /// The same, with the items that were found good before.
    pub(super) fn among(self, known_good: &'a KnownGood) -> Self {
        Self { known_good: Some(known_good), ..self }
    }

    /// The schema behind a `$ref`.
    pub(super) fn behind(&self, reference: &str) -> Option<Schema> {
        match reference.strip_prefix("#/definitions/") {
            Some(name) if !name.contains('/') => self.definitions?.get(name),
            _ => self.schema.behind(reference),
        }
    }

    /// Whether the value fits the schema.
    pub(super) fn check(&mut self, schema: Schema, value: &Evaluated<'t>) -> Verdict {
        // `false` is met for properties that aren't allowed here: who asks tells of it.
        let start = Verdict::of(schema.as_bool() != Some(false));
        schema.keywords().fold(start, |verdict, (keyword, argument)| {
            verdict.and(keywords::check(keyword)(self, argument, schema, value))
        })
    }

    /// Whether an item of a list fits. Of small objects, such as variables and tags, most are alike: they are looked at once.
    pub(super) fn check_item(&mut self, schema: Schema, item: &Evaluated<'t>) -> Verdict {
        let Some(known_good) = self.known_good.filter(|_| is_small_object(item)) else {
            return self.check(schema, item);
        };
        let likeness = Likeness::of_item(self.sources.template, (self.schema, schema), self.types, item);
        if let Some(verdict) = known_good.verdict(&likeness) {
            return verdict;
        }
        let before = self.found.len();
        let verdict = self.check(schema, item);
        if !self.quiet && self.found.len() == before {
            known_good.add_item(likeness, verdict);
        }
        verdict
    }

    /// Whether the value fits, without findings.
    pub(super) fn quietly(&mut self, schema: Schema, value: &Evaluated<'t>) -> Verdict {
        let before = std::mem::replace(&mut self.quiet, true);
        let verdict = self.check(schema, value);
        self.quiet = before;
        verdict
    }

    /// Whether the value fits, and the findings apart.
    pub(super) fn apart(&mut self, schema: Schema, value: &Evaluated<'t>) -> (Verdict, Vec<Found<'t>>) {
        let outer = std::mem::take(&mut self.found);
        let verdict = self.check(schema, value);
        (verdict, std::mem::replace(&mut self.found, outer))
    }

    /// Whether findings are of use.
    pub(super) fn tells(&self) -> bool {
        !self.quiet
    }

    /// Adds a finding about a value.
    pub(super) fn tell(
        &mut self,
        rule: &'static Rule,
        value: &Evaluated<'t>,
        message: impl FnOnce() -> String,
    ) {
        self.tell_with(rule, value, message, || None);
    }

    /// Adds a finding about a value, with help.
    pub(super) fn tell_with(
        &mut self,
        rule: &'static Rule,
        value: &Evaluated<'t>,
        message: impl FnOnce() -> String,
        help: impl FnOnce() -> Option<String>,
    ) {
        if !self.quiet {
            self.found.push(Found { rule, source: value.source, message: message(), help: help() });
        }
    }

    /// `Valid`, or a finding and `Invalid`.
    pub(super) fn expect(
        &mut self,
        fits: bool,
        rule: &'static Rule,
        value: &Evaluated<'t>,
        message: impl FnOnce() -> String,
    ) -> Verdict {
        if !fits {
            self.tell(rule, value, message);
        }
        Verdict::of(fits)
    }

    /// Whether types have to be exact for this value: what a function gives is converted in any case.
    pub(super) fn is_strict(&self, value: &Evaluated<'t>) -> bool {
        self.types == Types::Strict && value.is_literal()
    }
}

/// Whether it is an object without lists and objects in it.
fn is_small_object(value: &Evaluated<'_>) -> bool {
    let Data::Object(members) = &value.data else { return false };
    members.iter().all(|(_, member)| !matches!(member.data, Data::List(_) | Data::Object(_)))
}

/// A value in a message: short, and never a whole object.
pub(super) fn shown(value: &Evaluated<'_>) -> String {
    match &value.data {
        Data::Text(text) => {
            let short: String = text.chars().take(60).collect();
            if short.len() < text.len() { format!("`{short}…`") } else { format!("`{text}`") }
        }
        Data::Number(number) => number.to_string(),
        Data::Bool(value) => value.to_string(),
        Data::Null => "null".to_owned(),
        Data::List(items) => format!("a list of {}", items.len()),
        Data::Object(_) => "an object".to_owned(),
        Data::Unknown(unknown) => format!("`{unknown}`"),
    }
}
