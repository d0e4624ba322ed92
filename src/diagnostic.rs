//! One finding about what the user wrote, for people and for machines.
//!
//! A [`Diagnostic`] is built wherever something is found and printed only by `cli`. Functions that check
//! input return every diagnostic they have, not the first. A program failure (a file that can't be written)
//! is not a diagnostic but an error type of the room that failed.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing has to change.
    Note,
    /// Works, but is likely not what is wanted.
    Warning,
    /// Doesn't work; nothing is written.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// A stable name of a kind of finding: a letter for the layer and three digits.
///
/// `C` configuration, `D` document syntax, `T` construct tree, `S` schema, `R` references, `L` limits,
/// `P` policy, `W` wiring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub &'static str);

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

/// Declares the codes of a module, each with its documentation, and `CODES`: all of them with it, which is what
/// `dify-cfn explain` tells of a code that isn't of a rule.
macro_rules! codes {
    ($($(#[doc = $text:literal])+ $visibility:vis const $name:ident: Code = Code($code:literal);)+) => {
        $($(#[doc = $text])+ $visibility const $name: $crate::diagnostic::Code = $crate::diagnostic::Code($code);)+

        /// The codes above with their documentation.
        pub(crate) const CODES: &[($crate::diagnostic::Code, &str)] = &[$(($name, concat!($($text),+))),+];
    };
}
pub(crate) use codes;

/// A text that diagnostics point into: a file, or an argument of the command line.
///
/// Cloning is cheap: name and text are shared.
#[derive(Clone, PartialEq, Eq)]
pub struct Source {
    /// What to call it in messages, usually the path as the user gave it.
    pub name: Arc<str>,
    /// The whole text.
    pub text: Arc<str>,
}

impl Source {
    /// A source called `name` with the given text.
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), text: text.into() }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("name", &self.name).field("bytes", &self.text.len()).finish()
    }
}

/// A range of a source's text. Lines and columns count from 1; a column counts characters, not bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Line of `start`.
    pub line: usize,
    /// Column of `start`.
    pub column: usize,
}

/// A place in a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The text it is in.
    pub source: Source,
    /// Where in the text.
    pub span: Span,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable name of the kind of finding.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// Lowercase phrase without final period: what is wrong and what was found.
    pub message: String,
    /// What to do, in terms of what the user wrote.
    pub help: Option<String>,
    /// Where in a file, if it came from one.
    pub location: Option<Location>,
    /// JSON pointer into the document or template (RFC 6901), e.g. `/Resources/Bucket/Properties/Tags/0`.
    pub pointer: Option<String>,
    /// Whether it is about the key at that place, and not about the value.
    pub of_key: bool,
    /// The resource's key in the template, if it is about one.
    pub logical_id: Option<String>,
    /// The construct's path, e.g. `Api/Service`, if it is about one of our own.
    pub construct: Option<String>,
    /// Why it is accepted, if it is: then it is told, but nothing fails because of it.
    pub accepted: Option<String>,
    /// Whether a secret may stand at the place: then nobody shows the text there.
    pub is_secret: bool,
}

impl Diagnostic {
    fn new(severity: Severity, code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity,
            message: message.into(),
            help: None,
            location: None,
            of_key: false,
            pointer: None,
            logical_id: None,
            construct: None,
            accepted: None,
            is_secret: false,
        }
    }

    /// A finding that keeps anything from being written.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    /// A finding that is reported beside the result.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    /// A remark.
    pub fn note(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, message)
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds the place in a source.
    #[must_use]
    pub fn at(mut self, source: &Source, span: Span) -> Self {
        self.location = Some(Location { source: source.clone(), span });
        self
    }

    /// Adds the JSON pointer.
    #[must_use]
    pub fn pointer(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into());
        self
    }

    /// Adds the resource's logical id.
    #[must_use]
    pub fn logical_id(mut self, logical_id: impl Into<String>) -> Self {
        self.logical_id = Some(logical_id.into());
        self
    }

    /// Adds the construct's path.
    #[must_use]
    pub fn construct(mut self, path: impl Into<String>) -> Self {
        self.construct = Some(path.into());
        self
    }

    /// Marks a finding whose place in the source may hold a secret.
    #[must_use]
    pub fn secret(mut self) -> Self {
        self.is_secret = true;
        self
    }

    /// Whether nothing may be written because of it.
    pub fn is_error(&self) -> bool {
        self.counts_as(Severity::Error)
    }

    /// Whether it counts among the findings as bad as that: what is accepted doesn't count.
    pub fn counts_as(&self, severity: Severity) -> bool {
        self.severity == severity && self.accepted.is_none()
    }
}

/// A longer word isn't compared with others.
const LONGEST_WORD: usize = 256;

/// The candidate nearest to `word`, for "did you mean …?"; `None` if none is near.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Nothing that long is a slip of the hand, and comparing takes its time.
    if word.len() > LONGEST_WORD {
        return None;
    }
    let folded = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&folded, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.chars().count().min(word.len()) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_finds_a_typo_and_ignores_case() {
        assert_eq!(nearest("instanse_class", ["instances", "instance_class"]), Some("instance_class"));
        assert_eq!(nearest("VPCID", ["vpc_id", "region"]), Some("vpc_id"));
    }

    #[test]
    fn nearest_is_silent_when_nothing_is_near() {
        assert_eq!(nearest("zebra", ["instance_class", "region"]), None);
        assert_eq!(nearest("x", std::iter::empty()), None);
    }
}
