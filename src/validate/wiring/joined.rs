//! Rows of `schemas/constraints/` that look at several resources: gathers what they join.

use crate::cfn::evaluate::{Data, Evaluated, pointer_to};
use crate::diagnostic::Diagnostic;
use crate::validate::schema::constraints::{self, Constraint, Join};

use super::model::{Item, View};

/// The properties of a resource and of others that it names, as one object.
struct Gathered<'v, 't> {
    value: Evaluated<'t>,
    /// The reference to the first of the others: where a finding is told that lies in one of them.
    reference: Evaluated<'t>,
    joined: Vec<(&'static str, &'v Item<'t>)>,
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for type_name in constraints::types() {
        let mut items = view.of(type_name).peekable();
        if items.peek().is_none() {
            continue;
        }
        let Some(schema) = view.context.registry.get(type_name) else { continue };
        let joining: Vec<_> =
            constraints::of(type_name).iter().filter(|constraint| !constraint.joins.is_empty()).collect();
        for item in items {
            for constraint in &joining {
                for gathered in gather(view, item, constraint) {
                    for found in
                        constraints::check_gathered(view.context, schema, constraint, &gathered.value)
                    {
                        let own = pointer_to(&item.resource.properties, found.source).is_some();
                        let mut place = gathered.reference.clone();
                        if own {
                            place.source = found.source;
                        }
                        let message = named(&found.message, &gathered);
                        let mut finding = item.finding_at(found.rule, &place, message);
                        finding.help = found.help.map(|help| named(&help, &gathered));
                        findings.push(finding);
                    }
                }
            }
        }
    }
}

/// A text with the logical ids of joined resources for `<name>`.
fn named(text: &str, gathered: &Gathered<'_, '_>) -> String {
    gathered
        .joined
        .iter()
        .fold(text.to_owned(), |text, (name, item)| text.replace(&format!("<{name}>"), item.id))
}

/// The objects that a check is made on: `own` are the resource's properties, `it` is the value that the check is about,
/// and each join has its name.
fn gather<'v, 't>(
    view: &'v View<'_, 't>,
    item: &'v Item<'t>,
    constraint: &'static Constraint,
) -> Vec<Gathered<'v, 't>> {
    let mut all: Vec<Gathered<'v, 't>> = constraints::reached(&item.properties, constraint.at)
        .into_iter()
        .map(|it| Gathered {
            value: Evaluated {
                data: Data::Object(vec![("own", item.properties.clone()), ("it", it.clone())]),
                source: it.source,
            },
            reference: it.clone(),
            joined: Vec::new(),
        })
        .collect();
    for join in &constraint.joins {
        all = all.iter().flat_map(|gathered| with(view, gathered, join)).collect();
    }
    all
}

/// The gathered object with what a join leads to: none where it leads to nothing in the template.
fn with<'v, 't>(
    view: &'v View<'_, 't>,
    gathered: &Gathered<'v, 't>,
    join: &'static Join,
) -> Vec<Gathered<'v, 't>> {
    let references = constraints::reached(&gathered.value, join.at);
    let found = references.into_iter().filter_map(|reference| {
        let target = view.target_of(Some(reference), join.type_name)?;
        let mut value = gathered.value.clone();
        if let Data::Object(members) = &mut value.data {
            members.push((join.name, target.properties.clone()));
        }
        let mut joined = gathered.joined.clone();
        joined.push((join.name, target));
        let first = gathered.joined.is_empty();
        let reference = if first { reference.clone() } else { gathered.reference.clone() };
        Some(Gathered { value, reference, joined })
    });
    found.collect()
}
