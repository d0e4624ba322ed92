//! Patterns that are a few plain sequences, such as `^[a-z][a-z0-9-]{0,62}$` or `^(redis|valkey)[0-9]*$`: most of those in schemas
//! are, and to match one by hand takes a fraction of what any engine needs to compile it.

/// Sequences of characters, each of a set and repeated; a text has to have one of them.
#[derive(Debug, Clone)]
pub(super) struct Sequences(Vec<Sequence>);

#[derive(Debug, Clone)]
struct Sequence {
    atoms: Vec<Atom>,
    /// Whether it begins where the text does.
    anchored: bool,
    /// Whether it ends where the text does.
    closed: bool,
}

#[derive(Debug, Clone, Copy)]
struct Atom {
    /// The characters of ASCII that it takes, a bit for each.
    set: u128,
    least: usize,
    most: usize,
}

/// A part of a sequence.
#[derive(Debug, Clone, Copy)]
enum Part {
    Atom(Atom),
    Start,
    End,
}

/// The ways in which a part of a pattern can be followed.
type Ways = Vec<Vec<Part>>;

/// The longest text that is matched here: the time goes by its square.
const LONGEST: usize = 256;

/// The most characters that can be repeated: what counts further is left to the engines.
const MOST_COUNT: usize = 10_000;

/// The most sequences of a pattern, and how often a group is written out: with more, an engine is quicker.
const MOST_WAYS: usize = 24;
const MOST_COPIES: usize = 4;

/// How deep groups are followed.
const MOST_DEPTH: usize = 8;

impl Sequences {
    /// Reads a translated pattern; `None` if it is more than a few sequences.
    pub(super) fn new(translated: &str) -> Option<Self> {
        let (ways, rest) = read_ways(translated.as_bytes(), 0)?;
        // A closing parenthesis that none opened.
        rest.is_empty().then_some(())?;
        ways.into_iter().map(Sequence::new).collect::<Option<_>>().map(Self)
    }

    /// Whether one of the sequences is found in the text; `None` if the engines have to be asked.
    pub(super) fn is_match(&self, text: &str) -> Option<bool> {
        let bytes = text.as_bytes();
        (bytes.len() <= LONGEST && text.is_ascii()).then(|| self.0.iter().any(|one| one.is_found(bytes)))
    }
}

impl Sequence {
    /// `None` if the start or the end of a text is asked for in the middle.
    fn new(parts: Vec<Part>) -> Option<Self> {
        let mut sequence = Self { atoms: Vec::with_capacity(parts.len()), anchored: false, closed: false };
        for part in parts {
            match part {
                Part::Start if sequence.atoms.is_empty() && !sequence.closed => sequence.anchored = true,
                Part::End => sequence.closed = true,
                Part::Atom(atom) if !sequence.closed => sequence.atoms.push(atom),
                Part::Start | Part::Atom(_) => return None,
            }
        }
        Some(sequence)
    }

    fn is_found(&self, text: &[u8]) -> bool {
        // Where what was read of the sequence so far can end.
        let mut ends = [false; LONGEST + 1];
        let mut next = [false; LONGEST + 1];
        let (ends, next) = (&mut ends[..=text.len()], &mut next[..=text.len()]);
        ends[0] = true;
        if !self.anchored {
            ends.fill(true);
        }
        for atom in &self.atoms {
            next.fill(false);
            for start in (0..=text.len()).filter(|start| ends[*start]) {
                let rest = text[start..].iter().take(atom.most);
                let run = rest.take_while(|byte| atom.set & bit(**byte) != 0).count();
                if let Some(reached) = next.get_mut(start + atom.least..=start + run) {
                    reached.fill(true);
                }
            }
            ends.copy_from_slice(next);
        }
        if self.closed { ends[text.len()] } else { ends.contains(&true) }
    }
}

/// Reads alternatives up to a closing parenthesis or the end, and tells what comes then.
fn read_ways(text: &[u8], depth: usize) -> Option<(Ways, &[u8])> {
    (depth <= MOST_DEPTH).then_some(())?;
    let mut all = Ways::new();
    let mut ways: Ways = vec![Vec::new()];
    let mut rest = text;
    loop {
        let (part, after) = match rest {
            [] | [b')', ..] => {
                all.append(&mut ways);
                return (all.len() <= MOST_WAYS).then_some((all, rest));
            }
            [b'|', after @ ..] => {
                all.append(&mut ways);
                ways.push(Vec::new());
                rest = after;
                continue;
            }
            [b'(', ..] => {
                let (followed, after) = read_group(rest, depth)?;
                ways = follow(&ways, &followed)?;
                rest = after;
                continue;
            }
            [b'^', after @ ..] => (Part::Start, no_count(after)?),
            [b'$', after @ ..] => (Part::End, no_count(after)?),
            _ => {
                let (set, after) = read_set(rest)?;
                let (least, most, after) = read_count(after)?;
                (Part::Atom(Atom { set, least, most }), after)
            }
        };
        for way in &mut ways {
            way.push(part);
        }
        rest = after;
    }
}

/// Each way of the first, followed by each of the second; `None` if they are too many.
fn follow(first: &Ways, second: &Ways) -> Option<Ways> {
    (first.len() * second.len() <= MOST_WAYS).then_some(())?;
    Some(
        first
            .iter()
            .flat_map(|one| second.iter().map(move |other| [one.as_slice(), other].concat()))
            .collect(),
    )
}

/// Reads a group and how often it is repeated.
fn read_group(text: &[u8], depth: usize) -> Option<(Ways, &[u8])> {
    let inside = match text {
        [b'(', b'?', b':', inside @ ..] => inside,
        [b'(', b'?', ..] => return None,
        [b'(', inside @ ..] => inside,
        _ => return None,
    };
    let (ways, rest) = read_ways(inside, depth + 1)?;
    let [b')', after @ ..] = rest else { return None };
    let (least, most, after) = read_count(after)?;
    if most <= MOST_COPIES {
        let mut all = Ways::new();
        let mut repeated: Ways = vec![Vec::new()];
        for count in 0..=most {
            if count >= least {
                all.extend_from_slice(&repeated);
            }
            if count < most {
                repeated = follow(&repeated, &ways)?;
            }
        }
        return (all.len() <= MOST_WAYS).then_some((all, after));
    }
    // Repeated any number of times, it can only be one character each time.
    let mut set = 0;
    for way in &ways {
        let [Part::Atom(Atom { set: other, least: 1, most: 1 })] = way[..] else { return None };
        set |= other;
    }
    Some((vec![vec![Part::Atom(Atom { set, least, most })]], after))
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
        ] {
            let translated = translate(pattern).text;
            let sequence = Sequences::new(&translated).unwrap();
            let engine = regex::Regex::new(&translated).unwrap();
            for text in &texts {
                assert_eq!(sequence.is_match(text), Some(engine.is_match(text)), "{pattern} {text:?}");
            }
        }
        assert!(Sequences::new("^[a-z]{1,3}$").is_some());
        let (deep, wide) = ("(".repeat(20) + &")".repeat(20), "(a|b)".repeat(6));
        for more in [
            "^a*?$",
            "^a{2}+$",
            r"^\d$",
            "^[a&&b]$",
            "^[[:alpha:]]$",
            "^a$b",
            "a^b",
            "^*a",
            "(ab)*",
            "(^|a)+b",
            "(?i)a",
            "(?=a)",
            "a)",
            "(a",
            r"\ba",
            deep.as_str(),
            wide.as_str(),
        ] {
            assert!(Sequences::new(more).is_none(), "{more}");
        }
        let sequence = Sequences::new("^a*$").unwrap();
        assert_eq!(sequence.is_match("ä"), None);
        assert_eq!(sequence.is_match(&"a".repeat(LONGEST + 1)), None);
    }
}
