//! Patterns that have nothing but sets of characters, groups and counts, such as `^[a-z][a-z0-9-]{0,62}$` or
//! `^(redis|valkey)[0-9]*$`: most of those in schemas have, and to match one by hand takes a fraction of what any engine needs
//! to compile it.
//!
//! What is kept of a text while it is matched is where it can be read to so far: all such places at once, so that nothing is
//! tried twice.

use std::cell::Cell;

/// Alternatives.
#[derive(Debug, Clone)]
pub(super) struct Sequences(Vec<Vec<Repeated>>);

/// A part of a sequence, and how often it stands there.
#[derive(Debug, Clone)]
struct Repeated {
    part: Part,
    least: usize,
    most: usize,
}

#[derive(Debug, Clone)]
enum Part {
    /// A character of ASCII: a bit for each that it can be.
    Set(u128),
    /// A group.
    Group(Sequences),
    /// Where the text begins.
    Start,
    /// Where it ends.
    End,
}

/// The longest text that is matched here: its places are the bits of [`Places`].
const LONGEST: usize = 255;

/// The most characters that can be repeated: what counts further is left to the engines.
const MOST_COUNT: usize = 10_000;

/// How deep groups are followed.
const MOST_DEPTH: usize = 8;

/// How many parts are followed in a text before an engine is asked, which takes no longer for more.
const MOST_STEPS: usize = 5_000;

/// Places in a text, a bit for each, from before its first to behind its last character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Places([u128; 2]);

impl Places {
    const NONE: Self = Self([0, 0]);

    /// The first places, so many.
    fn first(count: usize) -> Self {
        let below = |count: usize| {
            u128::MAX.checked_shl(u32::try_from(count).unwrap_or(u32::MAX)).map_or(u128::MAX, |rest| !rest)
        };
        Self([below(count.min(128)), below(count.saturating_sub(128))])
    }

    /// The places from one up to another.
    fn between(first: usize, last: usize) -> Self {
        let ([low, high], [before_low, before_high]) = (Self::first(last + 1).0, Self::first(first).0);
        Self([low & !before_low, high & !before_high])
    }

    fn only(place: usize) -> Self {
        Self::between(place, place)
    }

    /// The place, if it is one.
    fn single(self) -> Option<usize> {
        match self.0 {
            [low, 0] if low.is_power_of_two() => Some(low.trailing_zeros() as usize),
            [0, high] if high.is_power_of_two() => Some(128 + high.trailing_zeros() as usize),
            _ => None,
        }
    }

    fn and(self, other: Self) -> Self {
        Self([self.0[0] & other.0[0], self.0[1] & other.0[1]])
    }

    fn or(self, other: Self) -> Self {
        Self([self.0[0] | other.0[0], self.0[1] | other.0[1]])
    }

    /// Each place behind the character that stands there.
    fn next(self) -> Self {
        Self([self.0[0] << 1, self.0[1] << 1 | self.0[0] >> 127])
    }
}

/// A text that is being matched.
struct Text<'a> {
    bytes: &'a [u8],
    /// How many parts were followed.
    steps: Cell<usize>,
}

impl Sequences {
    /// Reads a translated pattern; `None` if it has more than that.
    pub(super) fn new(translated: &str) -> Option<Self> {
        let (sequences, rest) = read_alternatives(translated.as_bytes(), 0)?;
        // A closing parenthesis that none opened.
        rest.is_empty().then_some(sequences)
    }

    /// Whether one of the sequences is found in the text; `None` if the engines have to be asked.
    pub(super) fn is_match(&self, text: &str) -> Option<bool> {
        if text.len() > LONGEST || !text.is_ascii() {
            return None;
        }
        let text = Text { bytes: text.as_bytes(), steps: Cell::new(0) };
        let found = self.ends(&text, Places::first(text.bytes.len() + 1));
        (text.steps.get() <= MOST_STEPS).then_some(found != Places::NONE)
    }

    /// Where the sequences can end that begin at one of the places.
    fn ends(&self, text: &Text<'_>, starts: Places) -> Places {
        let end = |sequence: &Vec<Repeated>| {
            sequence.iter().fold(starts, |places, repeated| {
                if places == Places::NONE { places } else { repeated.ends(text, places) }
            })
        };
        self.0.iter().map(end).fold(Places::NONE, Places::or)
    }
}

impl Repeated {
    fn ends(&self, text: &Text<'_>, starts: Places) -> Places {
        text.steps.set(text.steps.get() + 1);
        if text.steps.get() > MOST_STEPS {
            return Places::NONE;
        }
        match &self.part {
            Part::Start => starts.and(Places::only(0)),
            Part::End => starts.and(Places::only(text.bytes.len())),
            Part::Set(set) => self.characters(text, *set, starts),
            Part::Group(sequences) => self.repeat(starts, |places| sequences.ends(text, places)),
        }
    }

    /// Where characters of a set can end that are repeated as often as they may be.
    fn characters(&self, text: &Text<'_>, set: u128, starts: Places) -> Places {
        let Some(start) = starts.single() else {
            let takers = text.places_of(set);
            return self.repeat(starts, |places| places.and(takers).next());
        };
        // From one place it is read on as far as it goes.
        let rest = text.bytes[start..].iter().take(self.most);
        let run = rest.take_while(|byte| set & bit(**byte) != 0).count();
        if run < self.least { Places::NONE } else { Places::between(start + self.least, start + run) }
    }

    /// Where the part can end that is repeated as often as it may be, if `once` tells where it ends once.
    fn repeat(&self, starts: Places, once: impl Fn(Places) -> Places) -> Places {
        let mut places = starts;
        let mut ends = if self.least == 0 { starts } else { Places::NONE };
        for count in 1..=self.most {
            places = once(places);
            let before = ends;
            if count >= self.least {
                ends = ends.or(places);
            }
            // What leads to no new place won't if it is repeated once more.
            if places == Places::NONE || count >= self.least && ends == before {
                break;
            }
        }
        ends
    }
}

impl Text<'_> {
    /// The places before characters of a set.
    fn places_of(&self, set: u128) -> Places {
        let mut places = Places::NONE;
        for (half, bytes) in places.0.iter_mut().zip(self.bytes.chunks(128)) {
            for byte in bytes.iter().rev() {
                *half = *half << 1 | set >> (byte & 0x7f) & 1;
            }
        }
        places
    }
}

/// Reads alternatives up to a closing parenthesis or the end, and tells what comes then.
fn read_alternatives(text: &[u8], depth: usize) -> Option<(Sequences, &[u8])> {
    (depth <= MOST_DEPTH).then_some(())?;
    let mut alternatives = Vec::new();
    let mut sequence = Vec::new();
    let mut rest = text;
    loop {
        let (repeated, after) = match rest {
            [] | [b')', ..] => {
                alternatives.push(sequence);
                return Some((Sequences(alternatives), rest));
            }
            [b'|', after @ ..] => {
                alternatives.push(std::mem::take(&mut sequence));
                rest = after;
                continue;
            }
            [b'^', after @ ..] => (Repeated { part: Part::Start, least: 1, most: 1 }, no_count(after)?),
            [b'$', after @ ..] => (Repeated { part: Part::End, least: 1, most: 1 }, no_count(after)?),
            _ => {
                let (part, after) = match rest {
                    [b'(', ..] => read_group(rest, depth)?,
                    _ => read_set(rest).map(|(set, after)| (Part::Set(set), after))?,
                };
                let (least, most, after) = read_count(after)?;
                (Repeated { part, least, most }, after)
            }
        };
        sequence.push(repeated);
        rest = after;
    }
}

/// Reads a group.
fn read_group(text: &[u8], depth: usize) -> Option<(Part, &[u8])> {
    let inside = match text {
        [b'(', b'?', b':', inside @ ..] => inside,
        [b'(', b'?', ..] => return None,
        [b'(', inside @ ..] => inside,
        _ => return None,
    };
    let (sequences, rest) = read_alternatives(inside, depth + 1)?;
    let [b')', after @ ..] = rest else { return None };
    Some((Part::Group(sequences), after))
}

/// One character, a class of them, or any.
fn read_set(text: &[u8]) -> Option<(u128, &[u8])> {
    match text {
        [b'[', class @ ..] => read_class(class),
        [b'.', after @ ..] => Some((!bit(b'\n'), after)),
        [b'*' | b'+' | b'?' | b'{' | b'}', ..] => None,
        [b'-', after @ ..] => Some((bit(b'-'), after)),
        _ => {
            let (code, after) = read_character(text)?;
            Some((set_of(code, code), after))
        }
    }
}

/// What comes next, if nothing is repeated there.
fn no_count(text: &[u8]) -> Option<&[u8]> {
    (!matches!(text.first(), Some(b'*' | b'+' | b'?' | b'{'))).then_some(text)
}

/// The characters of ASCII from one to another.
fn set_of(first: u32, last: u32) -> u128 {
    (first..=last.min(0x7f)).fold(0, |set, code| set | 1 << code)
}

/// The bit of a character of ASCII.
fn bit(byte: u8) -> u128 {
    1 << (byte & 0x7f)
}

/// The set of a class, which begins behind its `[`, and what comes after it.
fn read_class(class: &[u8]) -> Option<(u128, &[u8])> {
    let (negated, mut rest) = match class {
        [b'^', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let mut set = 0;
    loop {
        if let [b']', after @ ..] = rest {
            return Some((if negated { !set } else { set }, after));
        }
        let (first, after) = read_character(rest)?;
        let last = match after {
            [b'-', b']', ..] => return None,
            [b'-', end @ ..] => {
                let (last, after) = read_character(end)?;
                rest = after;
                last
            }
            after => {
                rest = after;
                first
            }
        };
        if first > last {
            return None;
        }
        set |= set_of(first, last);
    }
}

/// One character, as translations write them: itself, `\t`, `\x0B` or `\x{2D}`.
fn read_character(text: &[u8]) -> Option<(u32, &[u8])> {
    let code = |digits: &[u8]| u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok();
    match text {
        [b'\\', b't', after @ ..] => Some((b'\t'.into(), after)),
        [b'\\', b'n', after @ ..] => Some((b'\n'.into(), after)),
        [b'\\', b'r', after @ ..] => Some((b'\r'.into(), after)),
        [b'\\', b'x', b'{', rest @ ..] => {
            let end = rest.iter().position(|byte| *byte == b'}')?;
            Some((code(&rest[..end])?, &rest[end + 1..]))
        }
        [b'\\', b'x', high, low, after @ ..] => Some((code(&[*high, *low])?, after)),
        [b'\\' | b'[' | b']' | b'&' | b'~' | b'-', ..] => None,
        [plain, after @ ..] if plain.is_ascii() => Some(((*plain).into(), after)),
        _ => None,
    }
}

/// How often something is repeated, and what comes after that.
fn read_count(text: &[u8]) -> Option<(usize, usize, &[u8])> {
    let (least, most, rest) = match text {
        [b'*', rest @ ..] => (0, usize::MAX, rest),
        [b'+', rest @ ..] => (1, usize::MAX, rest),
        [b'?', rest @ ..] => (0, 1, rest),
        [b'{', rest @ ..] => {
            let end = rest.iter().position(|byte| *byte == b'}')?;
            let (count, after) = (std::str::from_utf8(&rest[..end]).ok()?, &rest[end + 1..]);
            let (least, most) = count.split_once(',').unwrap_or((count, count));
            let most = if most.is_empty() { usize::MAX } else { most.parse().ok()? };
            let least = least.parse().ok().filter(|least| *least <= most.min(MOST_COUNT))?;
            (least, most, after)
        }
        _ => return Some((1, 1, text)),
    };
    // What comes twice (`*?`, `{2}+`) has a meaning of its own.
    Some((least, most, no_count(rest)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cfn::evaluate::pattern::dialect::translate;

    #[test]
    fn it_says_what_the_engine_says() {
        let characters = ["", "a", "b", "B", "1", "-", ".", "]", "\\", " ", "\n"];
        let texts: Vec<String> = characters
            .iter()
            .flat_map(|one| characters.iter().map(move |other| format!("{one}{other}")))
            .flat_map(|two| characters.iter().map(move |third| format!("{two}{third}")))
            .collect();
        for pattern in [
            "^a*b?$",
            "^[a-z][a-z0-9-]{0,3}$",
            "^[^a]$",
            "^.$",
            "^.+",
            "^a{2}$",
            "^a{2,}$",
            r"^[\w.-]+$",
            r"^a\.b$",
            r"^[A-Z]\.[a-b]$",
            r"^[\]a]+$",
            "^",
            "^$",
            "^a",
            r"^[^\n]*$",
            "^a*ab$",
            r"^\\$",
            r"^[ -~]*$",
            "a$",
            "b",
            "a-",
            "^a|b$",
            "^(a)$",
            "^(?:^a?$)$",
            "^(a|[1B]-|)$",
            "(^a|b)(1|-)?",
            "^(a|(b|1)-)$",
            "^((a|b)(a|1)){1,2}$",
            "^([ab]|1)*$",
            "(a.){0,1}b",
            "^(ab)?$|^1{2}",
            "^$|a",
            "()",
            "^a$b",
            "a^b",
            "(ab)*1",
            "^(ab)*$",
            "^(ab)+$",
            "(^|a)+b",
            "^(a|b){2}$",
            "^(a?){3}$",
            "^(a*)*$",
            "^((a|1)*b?)+$",
            "^(a?b?1?){2,}$",
            "^(a{0,2}-){0,1}$",
            "^ *[ab]( *- *[ab])*$",
            "(a|b){0,2}$",
        ] {
            let translated = translate(pattern).text;
            let sequence = Sequences::new(&translated).unwrap();
            let engine = regex::Regex::new(&translated).unwrap();
            for text in &texts {
                assert_eq!(sequence.is_match(text), Some(engine.is_match(text)), "{pattern} {text:?}");
            }
        }
        assert!(Sequences::new("^[a-z]{1,3}$").is_some());
        let deep = "(".repeat(20) + &")".repeat(20);
        for more in [
            "^a*?$",
            "^a{2}+$",
            r"^\d$",
            "^[a&&b]$",
            "^[[:alpha:]]$",
            "^*a",
            "(?i)a",
            "(?=a)",
            "a)",
            "(a",
            r"\ba",
            deep.as_str(),
        ] {
            assert!(Sequences::new(more).is_none(), "{more}");
        }
        let sequence = Sequences::new("^a*$").unwrap();
        assert_eq!(sequence.is_match("ä"), None);
        assert_eq!(sequence.is_match(&"a".repeat(LONGEST)), Some(true));
        assert_eq!(sequence.is_match(&"a".repeat(LONGEST + 1)), None);
        for (length, pattern) in
            [(127, "^a{127}$"), (128, "^a{128}$"), (129, "^(aa?)*$"), (200, "^a{100,200}$")]
        {
            let sequence = Sequences::new(pattern).unwrap();
            assert_eq!(sequence.is_match(&"a".repeat(length)), Some(true), "{pattern}");
            assert_eq!(sequence.is_match(&("a".repeat(length) + "b")), Some(false), "{pattern}");
        }
    }

    #[test]
    fn what_would_take_long_is_left_to_an_engine() {
        let sequence = Sequences::new("^((a?b?){1000}){1000}$").unwrap();
        assert_eq!(sequence.is_match("ab"), None);
        let sequence = Sequences::new("^(((((a?)*b?)*c?)*d?)*e?)*$").unwrap();
        assert_eq!(sequence.is_match(&"edcba".repeat(50)), Some(true));
    }
}
