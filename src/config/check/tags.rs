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
                self.key_error(code::TAG, &pointer, message, "choose another key");
            }
            for (is_key, text, longest) in [(true, key, LONGEST_KEY), (false, value, LONGEST_VALUE)] {
                let tell = if is_key { Self::key_error } else { Self::error };
                let what = if is_key { "key" } else { "value" };
                let length = text.chars().count();
                if length > longest || (is_key && text.trim().is_empty()) {
                    let least = usize::from(is_key);
                    let message = format!(
                        "the {what} of a tag has {length} characters, allowed are {least} to {longest}"
                    );
                    tell(self, code::TAG, &pointer, message, format!("change the {what}"));
                }
                if let Some(bad) = text.chars().find(|c| !is_allowed(*c)) {
                    let message = format!(
                        "the {what} of the tag `{}` has `{}` in it",
                        excerpt(key),
                        bad.escape_debug()
                    );
                    let help = "use letters, digits, spaces and _ . : / = + - @";
                    tell(self, code::TAG, &pointer, message, help.to_owned());
                }
            }
        }
    }
}

fn is_allowed(c: char) -> bool {
    c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c)
}
