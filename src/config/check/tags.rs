//! Tags.

use indexmap::IndexMap;

use super::{Findings, at, code};
use crate::document::{excerpt, pointer_to};

/// Tags of a resource.
///
/// Source: AWS General Reference, "Tagging your AWS resources"; the same for all limits here.
pub(super) const MOST_TAGS: usize = 50;

const LONGEST_KEY: usize = 128;
const LONGEST_VALUE: usize = 256;

pub(super) fn check(findings: &mut Findings<'_>) {
    let tags = &findings.config.tags;
    findings.tags(&at(&["tags"]), tags);
    if tags.len() > MOST_TAGS {
        let message = format!("there are {} tags, a resource takes {MOST_TAGS}", tags.len());
        findings.error(code::TAG, "/tags", message, "remove some");
    }
}

/// What is wrong with a tag.
pub(crate) struct TagProblem {
    /// Whether it is the key's mistake, and not the value's.
    is_key: bool,
    /// What was found, and what is allowed.
    pub(crate) message: String,
    help: &'static str,
}

/// All that is wrong with the key and the value of a tag.
pub(crate) fn problems(key: &str, value: &str) -> Vec<TagProblem> {
    let mut problems = Vec::new();
    if key.to_lowercase().starts_with("aws:") {
        let message = format!("the tag `{}` begins with `aws:`, which AWS keeps to itself", excerpt(key));
        problems.push(TagProblem { is_key: true, message, help: "choose another key" });
    }
    for (is_key, text, longest) in [(true, key, LONGEST_KEY), (false, value, LONGEST_VALUE)] {
        let what = if is_key { "key" } else { "value" };
        let length = text.chars().count();
        if length > longest || (is_key && text.trim().is_empty()) {
            let least = usize::from(is_key);
            let message =
                format!("the {what} of a tag has {length} characters, allowed are {least} to {longest}");
            let help = if is_key { "change the key" } else { "change the value" };
            problems.push(TagProblem { is_key, message, help });
        }
        if let Some(bad) = text.chars().find(|c| !is_allowed(*c)) {
            let message =
                format!("the {what} of the tag `{}` has `{}` in it", excerpt(key), bad.escape_debug());
            let help = "use letters, digits, spaces and _ . : / = + - @";
            problems.push(TagProblem { is_key, message, help });
        }
    }
    problems
}

impl Findings<'_> {
    /// Checks keys and values of tags.
    pub(super) fn tags(&mut self, pointer: &str, tags: &IndexMap<String, String>) {
        for (key, value) in tags {
            let pointer = pointer_to(pointer, key);
            for problem in problems(key, value) {
                let tell = if problem.is_key { Self::key_error } else { Self::error };
                tell(self, code::TAG, &pointer, problem.message, problem.help.to_owned());
            }
        }
    }
}

fn is_allowed(c: char) -> bool {
    c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c)
}
