//! What the schema can't say: formats, limits that depend on each other, contradictions.
//!
//! Each subject has a file and looks at one resolved environment.

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

use super::located::Located;
use super::schema::dotted;
use super::{Config, code};
use crate::diagnostic::{Code, Diagnostic};
use crate::document::pointer_to;

pub(super) use format::is_account;
pub(crate) use format::{Arn, is_bucket};
pub(super) use names::is_environment_name;
pub(crate) use tags::problems as tag_problems;

type Check = fn(&mut Findings<'_>);

/// Every subject.
const CHECKS: &[Check] = &[
    names::check,
    names::check_prefix,
    images::check,
    layout::check,
    services::check,
    components::check,
    variables::check,
    network::check,
    network::check_closed_images,
    network::check_closed_mail,
    network::check_egress,
    ingress::check,
    database::check,
    cache::check,
    storage::check,
    references::check,
    mail::check,
    references::check_topic,
    tags::check,
    resources::check,
    resources::check_accepted,
];

/// Every finding about one environment.
pub(super) fn all(located: &Located) -> Vec<Diagnostic> {
    let mut findings = Findings { located, config: &located.config, found: Vec::new() };
    for check in CHECKS {
        check(&mut findings);
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
