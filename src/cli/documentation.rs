//! What is known of the codes of findings: the rules of validation, and the shorter texts of all other codes.

use crate::diagnostic::{Code, Severity, nearest};
use crate::validate::{self, Rule};
use crate::{cfn, config, constructs, dify, document};

/// What is known of a code.
#[derive(Debug, Clone, Copy)]
pub(super) enum Documentation {
    /// A rule of validation.
    Rule(&'static Rule),
    /// A code of another room, with the sentence that its declaration has.
    Code(Code, &'static str),
}

/// The letters that codes begin with, and what each is about, in the order of the layers.
const LAYERS: [(char, &str); 8] = [
    ('S', "schema: every resource fits the schema of its type"),
    ('R', "references: what is referred to exists and fits"),
    ('L', "limits: sizes, counts, names and quotas"),
    ('P', "policy: encryption, access, deletion, retention"),
    ('W', "wiring: what is deployed will run"),
    ('D', "documents: YAML, JSON and the form of a template"),
    ('C', "configuration: dify.yaml"),
    ('T', "the construct tree: programs that use the library"),
];

/// The letters and layers of all codes.
pub(super) fn layers() -> impl Iterator<Item = (char, &'static str)> {
    LAYERS.into_iter()
}

/// Everything that can be explained, rules first.
pub(super) fn all() -> impl Iterator<Item = Documentation> {
    validate::rules().map(Documentation::Rule).chain(others())
}

/// The codes that aren't of rules.
pub(super) fn others() -> impl Iterator<Item = Documentation> {
    let rooms = [document::code::CODES, cfn::read::code::CODES, config::code::CODES];
    let rooms = rooms.into_iter().chain(dify::codes()).chain(constructs::codes());
    rooms.flatten().map(|(code, text)| Documentation::Code(*code, text.trim()))
}

/// What is known of a code, in small or capital letters.
///
/// # Errors
/// The nearest code of the same layer, if there is one.
pub(super) fn find(code: &str) -> Result<Documentation, Option<&'static str>> {
    let known = all().find(|documentation| documentation.code().0.eq_ignore_ascii_case(code));
    let letter = code.chars().next().map(|letter| letter.to_ascii_uppercase());
    let codes = all().map(|documentation| documentation.code().0);
    known.ok_or_else(|| nearest(code, codes.filter(|known| known.chars().next() == letter)))
}

impl Documentation {
    /// The code.
    pub(super) fn code(&self) -> Code {
        match self {
            Self::Rule(rule) => rule.code,
            Self::Code(code, _) => *code,
        }
    }

    /// How bad its findings usually are; not said of codes that aren't of rules.
    pub(super) fn severity(&self) -> Option<Severity> {
        match self {
            Self::Rule(rule) => Some(rule.severity),
            Self::Code(..) => None,
        }
    }

    /// The rule, or what is wrong, in one phrase.
    pub(super) fn title(&self) -> &'static str {
        match self {
            Self::Rule(rule) => rule.title,
            Self::Code(_, text) => text.trim_end_matches('.'),
        }
    }

    /// The layer that the code's letter stands for.
    pub(super) fn layer(&self) -> &'static str {
        let letter = self.code().0.chars().next();
        LAYERS.into_iter().find(|(known, _)| Some(*known) == letter).map_or("", |(_, layer)| layer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_documented_once_and_in_a_layer() {
        let mut codes: Vec<&str> = all().map(|documentation| documentation.code().0).collect();
        for documentation in all() {
            let code = documentation.code().0;
            assert!(!documentation.layer().is_empty() && !documentation.title().is_empty(), "{code}");
            assert_eq!(code.len(), 4, "{code}");
        }
        let number = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), number);
    }

    #[test]
    fn codes_are_found_in_small_letters_and_the_nearest_is_named() {
        assert_eq!(find("r002").unwrap().code().0, "R002");
        assert_eq!(find("D003").unwrap().title(), "A key stands twice in one map");
        assert_eq!(find("C406").unwrap().severity(), None);
        assert_eq!(find("RO02").unwrap_err(), Some("R002"));
        // Digits that are all others still name the layer.
        assert!(find("R999").unwrap_err().is_some_and(|near| near.starts_with('R')));
        assert_eq!(find("bucket").unwrap_err(), None);
        assert_eq!(find("X002").unwrap_err(), None);
    }
}
