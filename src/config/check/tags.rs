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

impl Findings<'_> {
    /// Checks keys and values of tags.
    pub(super) fn tags(&mut self, pointer: &str, tags: &IndexMap<String, String>) {
        for (key, value) in tags {
            let pointer = pointer_to(pointer, key);
            if key.to_lowercase().starts_with("aws:") {
                let message =
                    format!("the tag `{}` begins with `aws:`, which AWS keeps to itself", excerpt(key));
                self.error(code::TAG, &pointer, message, "choose another key");
            }
            for (what, text, longest) in [("key", key, LONGEST_KEY), ("value", value, LONGEST_VALUE)] {
                let length = text.chars().count();
                if length > longest || (what == "key" && text.trim().is_empty()) {
                    let message = format!(
                        "the {what} of a tag has {length} characters, allowed are {} to {longest}",
                        usize::from(what == "key")
                    );
                    self.error(code::TAG, &pointer, message, format!("change the {what}"));
                }
                if let Some(bad) = text.chars().find(|c| !is_allowed(*c)) {
                    let message = format!(
                        "the {what} of the tag `{}` has `{}` in it",
                        excerpt(key),
                        bad.escape_debug()
                    );
                    self.error(
                        code::TAG,
                        &pointer,
                        message,
                        "use letters, digits, spaces and _ . : / = + - @",
                    );
                }
            }
        }
    }
}

fn is_allowed(c: char) -> bool {
    c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c)
}
