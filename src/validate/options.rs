//! What a template is checked for: its kind, and what is known of the stack that it becomes.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;

/// What a template is checked for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Options {
    /// How exact the types of values have to be.
    pub types: Types,
    /// What the stack is for, which decides how bad a finding of the policy layer is.
    pub purpose: Purpose,
    /// The name that the stack will have, if it is known.
    pub stack_name: Option<String>,
    /// The region that the stack will be in, if it is known.
    pub region: Option<String>,
    /// Values of parameters that are known; the others may have any value that their declaration allows.
    pub parameters: BTreeMap<String, String>,
    /// Findings that are accepted.
    pub accepted: Vec<Acceptance>,
}

/// A finding that is accepted: it is told, but nothing fails because of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptance {
    /// Its code.
    pub code: String,
    /// The logical id of what it is about, or a JSON pointer at or above its place.
    pub place: String,
    /// Why it is accepted.
    pub reason: String,
}

impl Acceptance {
    /// Whether it accepts this finding.
    pub fn accepts(&self, finding: &Diagnostic) -> bool {
        let is_place = finding.logical_id.as_deref() == Some(self.place.as_str())
            || finding.pointer.as_deref().is_some_and(|pointer| {
                let below = pointer.strip_prefix(self.place.as_str());
                self.place.starts_with('/')
                    && below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            });
        is_place && finding.code.0.eq_ignore_ascii_case(&self.code)
    }
}

/// How exact the types of values have to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Types {
    /// A number is a number and a text a text: for templates of our own, where everything else is a mistake.
    Strict,
    /// What CloudFormation converts is right: `"8"` is a number, `8` a text, `"true"` a boolean.
    #[default]
    Lax,
}

/// What a stack is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Purpose {
    /// Anyone's template: nobody said.
    #[default]
    Unknown,
    /// A stack of our own that may be lost.
    Development,
    /// A stack of our own that people rely on.
    Production,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;

    #[test]
    fn places_are_logical_ids_or_pointers() {
        let finding = Diagnostic::error(Code("P020"), "open")
            .logical_id("Group")
            .pointer("/Resources/Group/Properties/A");
        let accepts = |code: &str, place: &str| {
            Acceptance { code: code.into(), place: place.into(), reason: "r".into() }.accepts(&finding)
        };
        assert!(accepts("P020", "Group") && accepts("P020", "/Resources/Group"));
        assert!(accepts("P020", "/Resources/Group/Properties/A"));
        for (code, place) in [("P021", "Group"), ("P020", "Grou"), ("P020", "/Resources/Grou"), ("P020", "")]
        {
            assert!(!accepts(code, place), "{code} {place}");
        }
    }
}
