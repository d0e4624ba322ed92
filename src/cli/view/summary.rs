//! The summary of a synthesized stack.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde_json::{Value as Json, json};

use crate::assembly::{INLINE_LIMIT_BYTES, minified};
use crate::cfn::Template;
use crate::diagnostic::{Diagnostic, Severity};
use crate::dify::{self, Capacity};

/// vCPU that a fresh account may use on Fargate.
///
/// Source: Amazon ECS, "Service quotas", Fargate On-Demand vCPU resource count (L-3032A538), applied value of new accounts.
const FRESH_ACCOUNT_VCPU: f64 = 6.0;

/// What is told of a template.
#[derive(Debug)]
pub(in crate::cli) struct Contents {
    /// How many resources there are.
    resources: usize,
    /// Resources by service, most first.
    services: Vec<(String, usize)>,
    parameters: Vec<String>,
    /// The parameters without default, which have to be filled in.
    required_parameters: Vec<String>,
    /// Size of the template, minified.
    minified_bytes: usize,
    /// Size of the first step of its creation, minified.
    foundation_bytes: usize,
}

impl Contents {
    pub(in crate::cli) fn of(template: &Template) -> Self {
        let required = template.parameters.iter().filter(|(_, parameter)| parameter.get("Default").is_none());
        Self {
            resources: template.resources.len(),
            services: services(template),
            parameters: template.parameters.keys().cloned().collect(),
            required_parameters: required.map(|(name, _)| name.clone()).collect(),
            minified_bytes: minified(template).len(),
            foundation_bytes: minified(&dify::foundation(template)).len(),
        }
    }
}

fn services(template: &Template) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for resource in template.resources.values() {
        let service = resource.type_name.split("::").nth(1).unwrap_or(&resource.type_name);
        *counts.entry(service).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
    counts.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(&right.0)));
    counts
}

/// What is told of a stack.
#[derive(Debug)]
pub(in crate::cli) struct StackSummary<'a> {
    /// Its name.
    pub(in crate::cli) name: String,
    /// Its account, if it is for one.
    pub(in crate::cli) account: Option<&'a str>,
    /// Its region, if it is for one.
    pub(in crate::cli) region: Option<&'a str>,
    /// What its template has.
    pub(in crate::cli) contents: &'a Contents,
    /// The files that were written.
    pub(in crate::cli) files: Vec<PathBuf>,
    /// Whether its template was validated.
    pub(in crate::cli) validated: bool,
    /// Its template in the other format, as an earlier run left it.
    pub(in crate::cli) stale: Option<PathBuf>,
    /// What its tasks take.
    pub(in crate::cli) capacity: Capacity,
    /// Parameters that have to be in Parameter Store before the stack, and how long each is.
    pub(in crate::cli) secure_parameters: &'a [(String, u32)],
    /// Tags of the stack, which are no part of its template.
    pub(in crate::cli) tags: &'a IndexMap<String, String>,
    /// What was found.
    pub(in crate::cli) findings: &'a [Diagnostic],
}

impl StackSummary<'_> {
    /// For people.
    pub(in crate::cli) fn text(&self) -> String {
        let mut text = String::new();
        let place = match (self.account, self.region) {
            (Some(account), Some(region)) => format!("{account} {region}"),
            (None, Some(region)) => region.to_owned(),
            (Some(account), None) => format!("{account}, any region"),
            (None, None) => "any account and region".to_owned(),
        };
        let contents = self.contents;
        let services = contents.services.iter().map(|(name, count)| format!("{name} {count}"));
        let services = wrap(&services.collect::<Vec<_>>(), " · ");
        let files = self.files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>();
        let required = &contents.required_parameters;
        let required = if required.is_empty() { "nothing".to_owned() } else { wrap(required, ", ") };
        // Writing to a String can't fail.
        let _ = writeln!(text, "{} ({place})", self.name);
        let _ = writeln!(text, "  wrote       {}", wrap(&files, ", "));
        if !self.validated {
            let _ = writeln!(text, "  validated   no: `--no-validate`");
        }
        if let Some(stale) = &self.stale {
            let stale = stale.display();
            let _ = writeln!(
                text,
                "  left        {stale} as an earlier run wrote it: remove it, or use `--format both`"
            );
        }
        let _ = writeln!(text, "  resources   {}: {services}", contents.resources);
        let _ = writeln!(text, "  to fill in  {required}");
        if !self.secure_parameters.is_empty() {
            let listed = self.secure_parameters.iter().map(|(name, length)| format!("{name} ({length})"));
            let listed = wrap(&listed.collect::<Vec<_>>(), ", ");
            let _ = writeln!(
                text,
                "  to create   before the stack, as SecureString of letters and digits (how many):"
            );
            let _ = writeln!(text, "              {listed}");
        }
        if !self.tags.is_empty() {
            let tags: Vec<String> = self.tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
            let tags = wrap(&tags, ", ");
            let _ = writeln!(
                text,
                "  tags        {tags}; they aren't in the template: enter them if you upload it by hand"
            );
        }
        let _ = writeln!(text, "  size        {}", self.size());
        let _ = writeln!(text, "  tasks       {}", self.tasks());
        let count = |severity| self.findings.iter().filter(|finding| finding.counts_as(severity)).count();
        let (warnings, notes) = (count(Severity::Warning), count(Severity::Note));
        let accepted = self.findings.iter().filter(|finding| finding.accepted.is_some()).count();
        if warnings + notes + accepted > 0 {
            let accepted = if accepted > 0 { format!(", {accepted} accepted") } else { String::new() };
            let _ = writeln!(
                text,
                "  found       {}, {}{accepted}",
                super::plural(warnings, "warning"),
                super::findings::count_of_notes(self.findings)
            );
        }
        text
    }

    fn size(&self) -> String {
        let contents = self.contents;
        let fits = |bytes: usize| if bytes <= INLINE_LIMIT_BYTES { "fits" } else { "doesn't fit" };
        format!(
            "{} bytes minified, {} into one request of {}; the foundation {} bytes, {}",
            grouped(contents.minified_bytes),
            fits(contents.minified_bytes),
            grouped(INLINE_LIMIT_BYTES),
            grouped(contents.foundation_bytes),
            fits(contents.foundation_bytes),
        )
    }

    fn tasks(&self) -> String {
        let Capacity { resting_vcpu, rolling_vcpu } = self.capacity;
        let note = if resting_vcpu > FRESH_ACCOUNT_VCPU {
            ": ask for more before the first deployment"
        } else if rolling_vcpu > FRESH_ACCOUNT_VCPU {
            ": ask for more before the first update"
        } else {
            ""
        };
        format!(
            "{resting_vcpu} vCPU at rest, {rolling_vcpu} while everything rolls; a fresh account has {FRESH_ACCOUNT_VCPU}{note}"
        )
    }

    /// For programs.
    pub(in crate::cli) fn json(&self) -> Json {
        let contents = self.contents;
        json!({
            "name": self.name,
            "account": self.account,
            "region": self.region,
            "files": self.files.iter().map(|path| Path::display(path).to_string()).collect::<Vec<_>>(),
            "validated": self.validated,
            "stale": self.stale.as_ref().map(|path| path.display().to_string()),
            "resources": contents.resources,
            "resources_by_service": contents.services.iter().map(|(name, count)| (name.clone(), (*count).into())).collect::<serde_json::Map<_, _>>(),
            "parameters": contents.parameters,
            "parameters_to_fill_in": contents.required_parameters,
            "secure_parameters": self.secure_parameters.iter().map(|(name, length)| json!({ "name": name, "length": length })).collect::<Vec<_>>(),
            "tags": self.tags,
            "minified_bytes": contents.minified_bytes,
            "foundation_bytes": contents.foundation_bytes,
            "inline_limit_bytes": INLINE_LIMIT_BYTES,
            "fits_inline": contents.minified_bytes <= INLINE_LIMIT_BYTES,
            "resting_vcpu": self.capacity.resting_vcpu,
            "rolling_vcpu": self.capacity.rolling_vcpu,
            "findings": self.findings.iter().map(super::findings::json).collect::<Vec<_>>(),
        })
    }
}

/// Items in lines of about 90 characters, further ones indented under the first.
fn wrap<T: AsRef<str>>(items: &[T], separator: &str) -> String {
    let mut text = String::new();
    let mut line = 0;
    for (index, item) in items.iter().enumerate() {
        let item = item.as_ref();
        if index > 0 {
            text.push_str(separator.trim_end());
            if line + item.len() > 90 {
                text.push_str("\n              ");
                line = 0;
            } else {
                text.push_str(&separator[separator.trim_end().len()..]);
            }
        }
        text.push_str(item);
        line += item.len() + separator.len();
    }
    text
}

/// A number with a comma before each three digits.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(51_200), "51,200");
        assert_eq!(grouped(1_000_000), "1,000,000");
    }
}
