//! Rows of `schemas/constraints/` that look at several resources: gathers what they join.

use crate::cfn::evaluate::{Data, Evaluated, pointer_to};
use crate::diagnostic::Diagnostic;
use crate::validate::schema::constraints::{self, Constraint, Join};

use super::model::{Item, View, in_each};

/// What a check looks at: a resource, one value in it, and the others that it names.
struct Gathered<'v, 't> {
    item: &'v Item<'t>,
    /// The value that the check is about.
    it: &'v Evaluated<'t>,
    /// The others, each with its name in the check and the reference that leads to it.
    joined: Vec<(&'static str, &'v Item<'t>, &'v Evaluated<'t>)>,
}

impl<'v, 't> Gathered<'v, 't> {
    /// All of it as one object: `own` are the resource's properties, and each join has its name.
    fn value(&self) -> Evaluated<'t> {
        let own = [("own", self.item.properties.clone()), ("it", self.it.clone())];
        let joined = self.joined.iter().map(|(name, item, _)| (*name, item.properties.clone()));
        Evaluated { data: Data::Object(own.into_iter().chain(joined).collect()), source: self.it.source }
    }

    /// Where a path in that object begins, which isn't made for it, and the rest of the path.
    fn begin<'p>(&self, path: &'p str) -> Option<(&'v Evaluated<'t>, &'p str)> {
        // Paths are short: byte by byte they are cut fastest.
        let end = path.bytes().position(|byte| byte == b'/');
        let (first, rest) = end.map_or((path, ""), |end| (&path[..end], &path[end + 1..]));
        let start = match first {
            "own" => &self.item.properties,
            "it" => self.it,
            name => {
                let (_, item, _) = self.joined.iter().find(|(known, ..)| *known == name)?;
                &item.properties
            }
        };
        Some((start, rest))
    }

    /// The value where a finding is told that lies in one of the others.
    fn reference(&self) -> &'v Evaluated<'t> {
        self.joined.first().map_or(self.it, |(_, _, reference)| reference)
    }
}

/// Checks each type by itself, so that views which have the same of it are looked at once.
pub(super) fn check(views: &[View<'_, '_>], findings: &mut Vec<Diagnostic>) {
    for type_name in constraints::types() {
        if views.iter().all(|view| view.of(type_name).next().is_none()) {
            continue;
        }
        let joining: Vec<_> =
            constraints::of(type_name).iter().filter(|constraint| !constraint.joins.is_empty()).collect();
        if !joining.is_empty() {
            in_each(views, |view, findings| check_type(view, type_name, &joining, findings), findings);
        }
    }
}

fn check_type<'t>(
    view: &View<'_, 't>,
    type_name: &str,
    joining: &[&'static Constraint],
    findings: &mut Vec<Diagnostic>,
) {
    let Some(schema) = view.context.schema_of(type_name) else { return };
    for item in view.of(type_name) {
        for constraint in joining {
            let mut tell = |gathered: &Gathered<'_, 't>| {
                let value = gathered.value();
                for found in constraints::check_gathered(view.context, schema, constraint, &value) {
                    let own = pointer_to(&item.resource.properties, found.source).is_some();
                    let mut place = gathered.reference().clone();
                    if own {
                        place.source = found.source;
                    }
                    let message = named(&found.message, gathered);
                    let mut finding = item.finding_at(found.rule, &place, message);
                    finding.help = found.help.map(|help| named(&help, gathered));
                    findings.push(finding);
                }
            };
            constraints::each_at(&item.properties, constraint.at, &mut |it| {
                let mut gathered = Gathered { item, it, joined: Vec::new() };
                each_joined(view, &mut gathered, &constraint.joins, &mut tell);
            });
        }
    }
}

/// A text with the logical ids of joined resources for `<name>`.
fn named(text: &str, gathered: &Gathered<'_, '_>) -> String {
    gathered
        .joined
        .iter()
        .fold(text.to_owned(), |text, (name, item, _)| text.replace(&format!("<{name}>"), item.id))
}

/// Runs a check on what is gathered with all that the joins lead to: not at all where one leads to nothing in the template.
fn each_joined<'v, 't>(
    view: &'v View<'_, 't>,
    gathered: &mut Gathered<'v, 't>,
    joins: &'static [Join],
    run: &mut dyn FnMut(&Gathered<'v, 't>),
) {
    let Some((join, rest)) = joins.split_first() else { return run(gathered) };
    let Some((start, path)) = gathered.begin(join.at) else { return };
    constraints::each_at(start, path, &mut |reference| {
        if let Some(target) = view.target_of(Some(reference), join.type_name) {
            gathered.joined.push((join.name, target, reference));
            each_joined(view, gathered, rest, run);
            gathered.joined.pop();
        }
    });
}
