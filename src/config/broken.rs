//! What can be judged although something else of the configuration doesn't fit the schema.
//!
//! A value that doesn't fit is left out, and what it was meant to be stays unknown: a finding that may depend on it would be
//! a guess. So nothing is said of its section, save three kinds of findings that are certain whatever it was meant to be.

use std::collections::BTreeSet;

use super::check;
use super::code;
use super::located::Located;
use super::model::Profile;
use super::schema::Place;
use super::tree::Tree;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::document::{pointer_to, pointer_tokens};

/// Codes that tell of one value by itself, whatever else is written.
const OF_ONE_VALUE: &[Code] = &[code::DATABASE_NAME, code::FORMAT, code::INSTANCE_CLASS, code::VARIABLE_NAME];

/// Places of which the same holds of other codes, too.
const JUDGED_BY_THEMSELVES: &[&str] = &["/database/engine_version", "/network/create/cidr"];

/// The mistakes of form.
pub(super) struct Broken {
    /// The sections of the top level in which something is wrong, be it in an environment. A misspelt one counts together
    /// with the one that is meant.
    pub(super) sections: BTreeSet<String>,
    /// The tokens of the places, below the environment.
    places: Vec<Vec<String>>,
}

/// What an environment is resolved without.
#[derive(Default)]
pub(super) struct Left<'b> {
    sections: Option<&'b BTreeSet<String>>,
    places: &'b [Vec<String>],
    /// The profile, if it isn't that of the texts.
    pub(super) profile: Option<Profile>,
}

impl Left<'_> {
    /// Leaves it out of a text's tree.
    pub(super) fn leave(&self, tree: &mut Tree) {
        if let Some(sections) = self.sections {
            tree.retain(|key| !sections.contains(key));
        }
        for place in self.places {
            tree.remove(place);
        }
    }
}

impl Broken {
    /// Those among the findings about texts that concern an environment.
    pub(super) fn of(found: &[Diagnostic], environment: &str) -> Self {
        let mut broken = Self { sections: BTreeSet::new(), places: Vec::new() };
        let errors = found.iter().filter(|diagnostic| diagnostic.is_error());
        for pointer in errors.filter_map(|diagnostic| diagnostic.pointer.as_deref()) {
            let tokens = below_environment(pointer);
            let is_of_other = pointer_tokens(pointer).nth(1).is_some_and(|name| name != environment);
            if is_within_environment(pointer) && is_of_other {
                continue;
            }
            let Some(section) = tokens.first() else { continue };
            let known = Place::top();
            broken.sections.extend(nearest(section, known.keys().map(|(key, _)| key)).map(str::to_owned));
            broken.sections.insert(section.clone());
            broken.places.push(tokens);
        }
        broken
    }

    /// Leaves out every section with a mistake.
    pub(super) fn without_sections(&self) -> Left<'_> {
        Left { sections: Some(&self.sections), ..Left::default() }
    }

    /// What is certain beside what [`check::all`] finds without the broken sections. `resolve` gives the environment without
    /// what is left out, if the rest is one.
    pub(super) fn certain(&self, resolve: impl Fn(&Left<'_>) -> Option<Located>) -> Vec<Diagnostic> {
        if self.places.is_empty() {
            return Vec::new();
        }
        let mut certain = Vec::new();
        // Whichever profile is meant: what both make of it.
        if self.sections.contains("profile") {
            let others: BTreeSet<String> =
                self.sections.iter().filter(|section| *section != "profile").cloned().collect();
            let of = |profile| {
                let left = Left { profile: Some(profile), ..self.without_sections() };
                resolve(&left).map(|located| check::waiting_for(&located, &self.sections, &others))
            };
            if let (Some(one), Some(other)) = (of(Profile::Development), of(Profile::Production)) {
                certain.extend(one.into_iter().filter(|finding| other.contains(finding)));
            }
        }
        // What a value is by itself, and what a service is beside another with a mistake.
        let left = Left { places: &self.places, ..Left::default() };
        let Some(located) = resolve(&left) else { return certain };
        let of_services: BTreeSet<String> =
            self.sections.iter().filter(|section| *section != "services").cloned().collect();
        let services = check::waiting_for(&located, &self.sections, &of_services);
        let services = services.into_iter().filter(|finding| {
            let tokens = finding.pointer.as_deref().map(below_environment).unwrap_or_default();
            tokens.len() > 2
                && tokens[0] == "services"
                && !self.places.iter().any(|place| place.get(..2) == tokens.get(..2))
        });
        let values = check::waiting_for(&located, &self.sections, &BTreeSet::new());
        let values = values.into_iter().filter(|finding| self.is_of_one_value(finding, &located));
        for finding in services.chain(values) {
            if !certain.contains(&finding) {
                certain.push(finding);
            }
        }
        certain
    }

    fn is_of_one_value(&self, finding: &Diagnostic, located: &Located) -> bool {
        let tokens = finding.pointer.as_deref().map(below_environment).unwrap_or_default();
        let pointer = tokens.iter().fold(String::new(), |pointer, token| pointer_to(&pointer, token));
        let touches = |place: &Vec<String>| place.starts_with(&tokens) || tokens.starts_with(place);
        (OF_ONE_VALUE.contains(&finding.code) || JUDGED_BY_THEMSELVES.contains(&pointer.as_str()))
            && located.is_set(&pointer)
            && !self.places.iter().any(touches)
    }
}

/// The steps of a pointer into a text, without those to an environment.
fn below_environment(pointer: &str) -> Vec<String> {
    pointer_tokens(pointer).skip(if is_within_environment(pointer) { 2 } else { 0 }).collect()
}

fn is_within_environment(pointer: &str) -> bool {
    pointer.starts_with("/environments/")
}
