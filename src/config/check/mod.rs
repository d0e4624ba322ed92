//! What the schema can't say: formats, limits that depend on each other, contradictions.
//!
//! Each subject has a file and looks at one resolved environment. It is listed with the sections that it reads: where one of
//! these doesn't fit the schema, its findings would be guesses, and it waits.

mod cache;
mod cidr;
mod components;
mod database;
mod format;
mod images;
mod ingress;
mod layout;
mod mail;
mod names;
mod network;
mod references;
mod resources;
mod services;
mod storage;
mod tags;
mod variables;
mod versions;
mod window;

use std::collections::BTreeSet;

use super::located::Located;
use super::schema::dotted;
use super::{Config, code};
use crate::diagnostic::{Code, Diagnostic};
use crate::document::pointer_to;

pub(crate) use format::{Arn, is_bucket};
pub(super) use names::is_environment_name;
pub(crate) use tags::problems as tag_problems;

type Check = fn(&mut Findings<'_>);

/// Every subject, and the sections of the configuration that it reads. Region and account are compared with where they are
/// known; a mistake in one of them leaves it unknown, and hides no other.
const CHECKS: &[(&[&str], Check)] = &[
    (&["name"], names::check),
    (&["parameters", "secrets", "name"], names::check_prefix),
    (&["dify", "images"], images::check),
    (&["layout", "components"], layout::check),
    (&["layout", "components", "services", "profile"], services::check),
    (&["layout", "components", "services", "profile", "images"], components::check),
    (&["environment", "components"], variables::check),
    (&["network", "ingress"], network::check),
    (&["network", "images", "components", "layout", "profile", "resources"], network::check_closed_images),
    (&["network", "mail", "resources"], network::check_closed_mail),
    (&["egress"], network::check_egress),
    (&["ingress", "profile"], ingress::check),
    (&["database", "secrets"], database::check),
    (&["cache", "profile"], cache::check),
    (&["storage"], storage::check),
    (&["secrets"], references::check),
    (&["mail"], mail::check),
    (&["alarms"], references::check_topic),
    (&["tags"], tags::check),
    (&["tags", "resources", "name", "region", "account"], resources::check),
    (&["accept"], resources::check_accepted),
];

/// Every finding about one environment, save what depends on a section that is `broken`.
pub(super) fn all(located: &Located, broken: &BTreeSet<String>) -> Vec<Diagnostic> {
    let mut findings = Findings::new(located);
    for (sections, check) in CHECKS {
        if !sections.iter().any(|section| broken.contains(*section)) {
            check(&mut findings);
        }
    }
    findings.found
}

/// What those subjects find that [`all`] left out for the `broken` sections, and that read none of those that are `still`
/// broken.
pub(super) fn waiting_for(
    located: &Located,
    broken: &BTreeSet<String>,
    still: &BTreeSet<String>,
) -> Vec<Diagnostic> {
    let mut findings = Findings::new(located);
    for (sections, check) in CHECKS {
        let reads = |of: &BTreeSet<String>| sections.iter().any(|section| of.contains(*section));
        if reads(broken) && !reads(still) {
            check(&mut findings);
        }
    }
    findings.found
}

/// The findings about one environment so far.
struct Findings<'a> {
    located: &'a Located,
    config: &'a Config,
    found: Vec<Diagnostic>,
}

impl<'a> Findings<'a> {
    fn new(located: &'a Located) -> Self {
        Self { located, config: &located.config, found: Vec::new() }
    }

    /// Tells an error about the value at a pointer.
    fn error(&mut self, code: Code, pointer: &str, message: impl Into<String>, help: impl Into<String>) {
        let diagnostic = Diagnostic::error(code, message).help(help);
        self.found.push(self.located.diagnostic_at(pointer, diagnostic));
    }

    /// Tells an error about the key at a pointer.
    fn key_error(&mut self, code: Code, pointer: &str, message: impl Into<String>, help: impl Into<String>) {
        let diagnostic = Diagnostic::error(code, message).help(help);
        self.found.push(self.located.diagnostic_at_key(pointer, diagnostic));
    }

    /// Tells a warning about the value at a pointer.
    fn warning(&mut self, code: Code, pointer: &str, message: impl Into<String>, help: impl Into<String>) {
        let diagnostic = Diagnostic::warning(code, message).help(help);
        self.found.push(self.located.diagnostic_at(pointer, diagnostic));
    }

    /// Tells that a text isn't in its format.
    fn format(&mut self, pointer: &str, found: &str, what: &str, help: impl Into<String>) {
        let message =
            format!("`{}` has to be {what}, found `{}`", dotted(pointer), crate::document::excerpt(found));
        self.error(code::FORMAT, pointer, message, help);
    }

    /// Tells that a text that has to be there is empty. Returns whether it is there.
    fn needs(&mut self, pointer: &str, value: &str, help: &str) -> bool {
        if value.is_empty() {
            let message = format!("`{}` is missing", dotted(pointer));
            self.error(code::MISSING, pointer, message, help);
        }
        !value.is_empty()
    }

    /// The first of the pointers whose value the user wrote, else the first: where a contradiction is best shown.
    fn written_of(&self, pointers: &[&'a str]) -> &'a str {
        let written = pointers.iter().find(|pointer| self.located.is_set(pointer));
        written.or(pointers.first()).copied().unwrap_or_default()
    }
}

/// A JSON pointer from its tokens.
fn at(tokens: &[&str]) -> String {
    tokens.iter().fold(String::new(), |pointer, token| pointer_to(&pointer, token))
}
