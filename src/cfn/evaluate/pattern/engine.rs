//! What matches a translated pattern.
//!
//! Most patterns are asked a few times in a run, and to compile one for `regex` takes longer than all that: those are left to
//! `regex-lite` until they are asked often. What looks around or back is matched by `fancy-regex`, which gives up instead
//! of taking for ever.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use super::sequence::Sequences;

/// How far matching may go back before it gives up.
const BACKTRACK_LIMIT: usize = 100_000;

/// How large a compiled pattern may be, in bytes.
const SIZE_LIMIT: usize = 4 << 20;

/// What a pattern is compiled for.
#[derive(Debug, Clone)]
pub(super) enum Engine {
    Sequences(Arc<ByHand>),
    Light(Arc<Light>),
    Plain(regex::Regex),
    Fancy(Box<fancy_regex::Regex>),
}

impl Engine {
    /// Compiles a pattern; the reason if it can't be.
    pub(super) fn new(translated: &str, fancy: bool) -> Result<Self, String> {
        if fancy {
            let regex = fancy_regex::RegexBuilder::new(translated)
                .backtrack_limit(BACKTRACK_LIMIT)
                .delegate_size_limit(SIZE_LIMIT)
                .build()
                .map_err(|cause| cause.to_string())?;
            return Ok(Self::Fancy(Box::new(regex)));
        }
        if let Some(sequences) = Sequences::new(translated) {
            let by_hand = ByHand { sequences, translated: translated.to_owned(), others: OnceLock::new() };
            return Ok(Self::Sequences(Arc::new(by_hand)));
        }
        Self::searching(translated)
    }

    /// The same with an engine in any case.
    fn searching(translated: &str) -> Result<Self, String> {
        if let Some(light) = Light::new(translated) {
            return Ok(Self::Light(Arc::new(light)));
        }
        plain(translated).map(Self::Plain).map_err(|cause| last_line(&cause.to_string()))
    }

    /// Whether the pattern is found in the text; `None` if that takes too long to find out.
    pub(super) fn is_match(&self, text: &str) -> Option<bool> {
        match self {
            Self::Sequences(by_hand) => by_hand.is_match(text),
            Self::Light(light) => Some(light.is_match(text)),
            Self::Plain(regex) => Some(regex.is_match(text)),
            Self::Fancy(regex) => regex.is_match(text).ok(),
        }
    }

    /// Whether the pattern looks around or back.
    pub(super) fn is_fancy(&self) -> bool {
        matches!(self, Self::Fancy(_))
    }
}

/// A pattern that is matched by hand in most texts.
#[derive(Debug)]
pub(super) struct ByHand {
    sequences: Sequences,
    translated: String,
    /// What matches in other texts, once there was one.
    others: OnceLock<Option<Engine>>,
}

impl ByHand {
    fn is_match(&self, text: &str) -> Option<bool> {
        self.sequences.is_match(text).or_else(|| {
            let others = self.others.get_or_init(|| Engine::searching(&self.translated).ok());
            others.as_ref()?.is_match(text)
        })
    }
}

/// A pattern that is quick to compile, and in the long run slow to match.
#[derive(Debug)]
pub(super) struct Light {
    regex: regex_lite::Regex,
    /// How often it was asked.
    asked: AtomicUsize,
    /// The other engine, once it was asked often.
    heavy: OnceLock<Option<regex::Regex>>,
}

/// How often a pattern is asked before it is compiled for `regex`: about where both have taken the same time.
const OFTEN: usize = 40;

/// How large a pattern for `regex-lite` may be, in bytes: its time goes by that.
const LIGHT_SIZE_LIMIT: usize = 64 << 10;

impl Light {
    /// `None` if only `regex` has what the pattern needs: it knows about Unicode, and here nothing does.
    fn new(translated: &str) -> Option<Self> {
        let groups = translated.matches("(?").count();
        if groups > translated.matches("(?:").count() || !translated.is_ascii() {
            return None;
        }
        let builder = regex_lite::RegexBuilder::new(translated).size_limit(LIGHT_SIZE_LIMIT).build();
        Some(Self { regex: builder.ok()?, asked: AtomicUsize::new(0), heavy: OnceLock::new() })
    }

    fn is_match(&self, text: &str) -> bool {
        if self.asked.fetch_add(1, Ordering::Relaxed) >= OFTEN {
            let heavy = self.heavy.get_or_init(|| plain(self.regex.as_str()).ok());
            if let Some(heavy) = heavy {
                return heavy.is_match(text);
            }
        }
        self.regex.is_match(text)
    }
}

fn plain(translated: &str) -> Result<regex::Regex, regex::Error> {
    regex::RegexBuilder::new(translated).size_limit(SIZE_LIMIT).build()
}

fn last_line(text: &str) -> String {
    text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cfn::evaluate::pattern::dialect::translate;

    #[test]
    fn both_engines_say_the_same() {
        let texts = ["", "a", "A-1", "arn:aws:s3:::b", "a.b", "0123456789", "x\ny", "ä", "a b", "_"];
        for text in
            ["^[a-z]{1,3}-?$", "a|b", "^(a(?:b|c))?$", r"^\S+\.\S+$", r"\d{10}\z", "^.*$", "[^a-z]", "x$"]
        {
            let translated = translate(text).text;
            let light = Engine::searching(&translated).unwrap();
            assert!(matches!(light, Engine::Light(_)), "{text}");
            let heavy = regex::Regex::new(&translated).unwrap();
            for sample in texts.iter().cycle().take(OFTEN + 2 * texts.len()) {
                assert_eq!(light.is_match(sample), Some(heavy.is_match(sample)), "{text} {sample:?}");
            }
        }
    }
}
