//! Regular expressions as registry schemas and parameters have them, in the dialect of Java and of ECMAScript.
//!
//! They are translated to the syntax of the `regex` crate (`dialect`) and matched by hand where they are simple (`sequence`), else
//! by the engine that is quickest for them (`engine`).

mod dialect;
mod engine;
mod sequence;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use dialect::translate;
use engine::Engine;

/// A regular expression that is searched for in a text.
#[derive(Debug, Clone)]
pub struct Pattern {
    engine: Engine,
    /// Of a pattern that asks for the length of the whole text: least and most characters, and what is searched for in other
    /// texts.
    others: Option<((usize, usize), Engine)>,
    /// Least and most characters, of a pattern that is one repetition over the whole text.
    length: Option<(usize, usize)>,
    exact: bool,
}

/// How many patterns are kept for the process.
const MOST_KEPT: usize = 10_000;

/// A pattern that can't be translated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the pattern `{pattern}` can't be used: {reason}")]
pub struct PatternError {
    /// The pattern as it was given.
    pub pattern: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Pattern {
    /// Translates and compiles a pattern.
    ///
    /// # Errors
    /// [`PatternError`] if it isn't a regular expression, or one that can't be translated.
    pub fn new(pattern: &str) -> Result<Self, PatternError> {
        let error = |reason: String| PatternError { pattern: pattern.to_owned(), reason };
        if let Some((length, fits, others)) = measured(pattern) {
            let engine = |translated: &str| Engine::new(translated, false).map_err(error);
            let (engine, others) = (engine(&fits)?, Some((length, engine(&others)?)));
            return Ok(Self { engine, others, length: None, exact: true });
        }
        let whole = whole_repetition(pattern);
        let (body, length) = match &whole {
            Some((body, length)) => (body.as_str(), Some(*length)),
            None => (pattern, None),
        };
        let translated = translate(body);
        let engine = Engine::new(&translated.text, translated.fancy).map_err(error)?;
        Ok(Self { engine, others: None, length, exact: !translated.loosened })
    }

    /// The same, compiled once in a process; `None` if it can't be translated.
    pub fn shared(pattern: &str) -> Option<Arc<Self>> {
        static KEPT: Mutex<BTreeMap<String, Option<Arc<Pattern>>>> = Mutex::new(BTreeMap::new());
        // A panic elsewhere leaves the map as it was.
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept.get(pattern) {
            return known.clone();
        }
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        let compiled = Self::new(pattern).ok().map(Arc::new);
        kept.insert(pattern.to_owned(), compiled.clone());
        compiled
    }

    /// Whether the pattern is found in the text; `None` if that takes too long to find out.
    pub fn is_match(&self, text: &str) -> Option<bool> {
        if let Some((least, most)) = self.length {
            let length = text.chars().count();
            if length < least || length > most {
                return Some(false);
            }
        }
        match &self.others {
            // `.` is no line feed.
            Some(((least, most), others))
                if text.contains('\n') || !(*least..=*most).contains(&text.chars().count()) =>
            {
                others.is_match(text)
            }
            _ => self.engine.is_match(text),
        }
    }

    /// Whether it is matched exactly as it is written. In others a large count became "any number of times".
    pub fn is_exact(&self) -> bool {
        self.exact
    }

    /// Whether it looks around or back.
    pub fn is_fancy(&self) -> bool {
        self.engine.is_fancy()
    }
}

/// A pattern like `^[a-z]{1,4096}$` as its repetition without a bound, and its bounds: a large counted repetition costs
/// megabytes and milliseconds, a length costs nothing.
fn whole_repetition(pattern: &str) -> Option<(String, (usize, usize))> {
    let inner = pattern.strip_prefix('^')?.strip_suffix('$')?;
    let inner = inner.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(inner);
    let (atom, count) = inner.strip_suffix('}')?.rsplit_once('{')?;
    let single = match atom.strip_prefix('[') {
        // A `]` inside is allowed only behind a backslash.
        Some(class) => {
            let class = class.strip_suffix(']')?;
            let mut before = ' ';
            let closed_early = class.chars().any(|c| {
                let closes = c == ']' && before != '\\';
                before = if before == '\\' { ' ' } else { c };
                closes
            });
            !closed_early && before != '\\'
        }
        None => atom == ".",
    };
    let (least, most) = match count.split_once(',') {
        Some((least, "")) => (least.parse().ok()?, usize::MAX),
        Some((least, most)) => (least.parse().ok()?, most.parse().ok()?),
        None => (count.parse().ok()?, count.parse().ok()?),
    };
    single.then(|| (format!("^{atom}*$"), (least, most)))
}

/// Of a pattern with a look ahead over the whole text, such as `((?=^.{1,127}$)^[a-z]+$)|(^\\.$)`: how long the text has to
/// be, and what is searched for in texts of that length and in others, translated. To look ahead costs far more than to
/// count.
fn measured(pattern: &str) -> Option<((usize, usize), String, String)> {
    let (before, rest) = pattern.split_once("(?=^.{")?;
    let (counts, after) = rest.split_once("}$)")?;
    let (least, most) = counts.split_once(',')?;
    let length = (least.parse().ok()?, most.parse().ok()?);
    // It holds at the start of such a text, and nowhere in another: nothing stands behind the end.
    let translated = [translate(&format!("{before}^{after}")), translate(&format!("{before}$.{after}"))];
    let [fits, others] = translated;
    let is_plain = !fits.fancy && !fits.loosened && !after.starts_with(['*', '+', '?', '{']);
    is_plain.then_some((length, fits.text, others.text))
}

/// Whether the pattern is matched by hand, and then as the engine does in each of the texts.
///
/// # Panics
/// It is matched otherwise.
#[cfg(test)]
pub(crate) fn by_hand_agrees(pattern: &str, texts: &[&str]) -> bool {
    let translated = translate(pattern).text;
    let Some(by_hand) = sequence::Sequences::new(&translated) else { return false };
    let light = regex_lite::Regex::new(&translated);
    for text in texts {
        let found = match &light {
            Ok(light) => light.is_match(text),
            // Only the larger engine knows about Unicode.
            Err(_) => regex::Regex::new(&translated).unwrap().is_match(text),
        };
        assert_eq!(by_hand.is_match(text), Some(found), "{pattern} {text:?}");
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::new(pattern).unwrap().is_match(text).unwrap()
    }

    #[test]
    fn looking_around_works() {
        assert!(matches("^(?!aws:).+$", "name"));
        assert!(!matches("^(?!aws:).+$", "aws:name"));
        assert!(!matches("^[a-z.]*(?<!\\.)$", "a."));
        assert!(Pattern::new("^(?!aws:).+$").unwrap().is_fancy());
        assert!(matches(r"^(\/(?!\.)+[^/]+)+$", "/a/b") && !matches(r"^(\/(?!\.)+[^/]+)+$", "/a/.b"));
    }

    #[test]
    fn a_repetition_over_the_whole_is_a_length() {
        let pattern = Pattern::new(r"^[\p{L}\]]{2,4096}$").unwrap();
        assert!(pattern.is_exact());
        assert_eq!(pattern.is_match("ä]"), Some(true));
        assert_eq!(pattern.is_match("ä"), Some(false));
        assert_eq!(pattern.is_match(&"ä".repeat(4097)), Some(false));
        assert!(matches("^.{0,3}$", ""));
        assert!(!matches("^([a-b]{2})$", "abc"));
        // Two classes are no single repetition.
        assert!(matches("^[a][b]{1,2}$", "abb"));
    }

    #[test]
    fn a_look_ahead_over_the_whole_is_a_length() {
        // As `AWS::ServiceDiscovery::Service` has it for names.
        let text = r"^((?=^.{1,9}$)^([a-z]{0,7}[a-z])(\.([a-z]{0,7}[a-z]))*$)|(^\.$)";
        let (pattern, whole) = (Pattern::new(text).unwrap(), fancy_regex::Regex::new(text).unwrap());
        assert!(!pattern.is_fancy() && pattern.is_exact());
        for sample in
            ["a", "a.b", ".", "", "a.", "abcdefgh", "abcdefghi", "abcd.efgh", "abcd.efghi", "a\nb", "a\n"]
        {
            assert_eq!(pattern.is_match(sample), whole.is_match(sample).ok(), "{sample:?}");
        }
        let of_others = Pattern::new(r"(?=^.{8,64}$)x").unwrap();
        assert!(of_others.is_match("x2345678") == Some(true) && of_others.is_match("x") == Some(false));
        assert!(Pattern::new(r"^(?=^.{8,64}$)(?!a).*$").unwrap().is_fancy());
    }

    #[test]
    fn large_counts_over_wide_classes_are_loosened() {
        let pattern = Pattern::new(r"^a[^b]{1,60000}c$").unwrap();
        assert!(!pattern.is_exact());
        assert_eq!(pattern.is_match("axc"), Some(true));
        assert_eq!(pattern.is_match("abc"), Some(false));
    }

    #[test]
    fn what_is_no_pattern_is_told() {
        assert!(Pattern::new("(").is_err());
        assert!(Pattern::new("[a").is_err());
        assert!(Pattern::new("a\\").is_err());
        assert!(Pattern::new("*a").is_err());
    }

    #[test]
    fn matching_gives_up_in_the_end() {
        let pattern = Pattern::new(r"^(?=x)(a|a|x)*\1$").unwrap();
        assert_eq!(pattern.is_match(&format!("x{}b", "a".repeat(60))), None);
    }
}
