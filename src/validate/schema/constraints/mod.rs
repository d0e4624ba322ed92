//! What services ask beyond the schemas of their types: the rows of `schemas/constraints/`.
//!
//! A row is a rule whose check is data: a schema that the value at a path has to fit, where `when` does. It is read when
//! a template has a resource of its type. A row that joins looks at other resources too; the wiring layer, which knows
//! which are there together, gathers them for it.

mod message;
#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Severity};
use crate::validate::Context;
use crate::validate::rule::Rule;

use super::compact::{Schema, keyword};
use super::keywords::is_about_type;
use super::path::each;
use super::registry::{Registry, TypeSchema};
use super::sources::Sources;
use super::verdict::Verdict;
use super::walk::{Found, Walk};

include!(concat!(env!("OUT_DIR"), "/constraints.rs"));

/// A row: its rule. Its checks are in the registry, by the rule's code.
struct Row {
    rule: Rule,
}

/// One check of a row.
#[derive(Debug)]
pub(in crate::validate) struct Constraint {
    /// The row's rule.
    pub(in crate::validate) rule: &'static Rule,
    /// Where the values are that it is about; empty for the properties as a whole.
    pub(in crate::validate) at: &'static str,
    /// The other resources that it looks at.
    pub(in crate::validate) joins: Vec<Join>,
    when: Option<Schema>,
    schema: Schema,
    message: Option<&'static str>,
    help: Option<&'static str>,
}

/// Another resource that a check looks at.
#[derive(Debug)]
pub(in crate::validate) struct Join {
    /// What its properties are called in the gathered object.
    pub(in crate::validate) name: &'static str,
    /// Where in the gathered object the reference is.
    pub(in crate::validate) at: &'static str,
    /// Its type.
    pub(in crate::validate) type_name: &'static str,
}

/// The types that have rows.
pub(in crate::validate) fn types() -> impl Iterator<Item = &'static str> {
    TYPES.iter().map(|(name, _)| *name)
}

/// The checks of a type.
pub(in crate::validate) fn of(type_name: &str) -> &'static [Constraint] {
    static READ: [OnceLock<Vec<Constraint>>; TYPES.len()] = [const { OnceLock::new() }; TYPES.len()];
    let Ok(index) = TYPES.binary_search_by(|(name, _)| (*name).cmp(type_name)) else { return &[] };
    READ[index].get_or_init(|| ROWS[TYPES[index].1.clone()].iter().flat_map(read).collect())
}

/// The checks of a row. The build script made sure that they have this form.
fn read(row: &'static Row) -> impl Iterator<Item = Constraint> {
    let text = |of: Schema, name| of.argument(name).and_then(Schema::as_str);
    let [at, message, help] = const { [keyword("at"), keyword("message"), keyword("help")] };
    Registry::builtin().checks(row.rule.code.0).filter_map(move |check| {
        let joins = check.argument(const { keyword("join") }).into_iter().flat_map(Schema::members);
        let joins = joins.map(|(name, join)| Join {
            name,
            at: text(join, at).unwrap_or_default(),
            type_name: text(join, const { keyword("type") }).unwrap_or_default(),
        });
        Some(Constraint {
            rule: &row.rule,
            at: text(check, at).unwrap_or_default(),
            joins: joins.collect(),
            message: text(check, message),
            help: text(check, help),
            when: check.argument(const { keyword("when") }),
            schema: check.get("schema")?,
        })
    })
}

/// Checks a resource's properties against the rows of its type that look at nothing else.
pub(super) fn check<'t>(walk: &mut Walk<'_, 't>, properties: &Evaluated<'t>) {
    for constraint in of(walk.schema.name).iter().filter(|constraint| constraint.joins.is_empty()) {
        // Most values that a row could be about aren't there: to look for them costs less than its `when`.
        let mut applies = None;
        each(properties, constraint.at, &mut |value| {
            if !*applies.get_or_insert_with(|| constraint.applies(walk, properties)) {
                return;
            }
            // A value of another type was told; what else isn't true of it follows from that.
            let of_value = |known: &Found<'_>| std::ptr::eq(known.source, value.source);
            if !walk.found.iter().any(|known| of_value(known) && is_about_type(known.rule)) {
                let found = constraint.check(walk, value, properties);
                walk.found.extend(found);
            }
        });
    }
}

/// Calls a function with each value that a path leads to.
pub(in crate::validate) fn each_at<'v, 't>(
    value: &'v Evaluated<'t>,
    path: &str,
    visit: &mut dyn FnMut(&'v Evaluated<'t>),
) {
    // What may be behind something unknown isn't certain, and so isn't told.
    let _may_be_more = each(value, path, visit);
}

/// The findings of a check that joins, in the object that was gathered for it.
pub(in crate::validate) fn check_gathered<'t>(
    context: &Context<'t>,
    schema: TypeSchema,
    constraint: &'static Constraint,
    gathered: &Evaluated<'t>,
) -> Vec<Found<'t>> {
    let sources =
        Sources { template: context.template, evaluator: &context.evaluator, registry: context.registry };
    let mut walk = Walk::new(context.registry, schema, context.options.types, &sources);
    if constraint.applies(&mut walk, gathered) {
        constraint.check(&mut walk, gathered, gathered)
    } else {
        Vec::new()
    }
}

impl Constraint {
    fn applies<'t>(&'static self, walk: &mut Walk<'_, 't>, root: &Evaluated<'t>) -> bool {
        self.when.is_none_or(|when| walk.quietly(when, root) == Verdict::Valid)
    }

    /// What is wrong with a value, told by the row's rule.
    fn check<'t>(
        &'static self,
        walk: &mut Walk<'_, 't>,
        value: &Evaluated<'t>,
        root: &Evaluated<'t>,
    ) -> Vec<Found<'t>> {
        let (verdict, mut found) = walk.apart(self.schema, value);
        if found.is_empty() && verdict == Verdict::Invalid {
            let name = self.at.rsplit('/').find(|step| *step != "*").unwrap_or_default();
            let message = format!("`{name}` isn't possible here");
            found.push(Found { rule: self.rule, source: value.source, message, help: None });
        }
        for found in &mut found {
            found.rule = self.rule;
            let fill = |template: &str| message::fill(template, found, value, root);
            let message = self.message.map(fill);
            let help = self.help.map(fill);
            if let Some(message) = message {
                found.message = message;
            }
            found.help = help.or_else(|| found.help.take());
        }
        found
    }
}
