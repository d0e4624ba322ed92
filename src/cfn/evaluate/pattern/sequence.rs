//! Patterns that are a plain sequence, such as `^[a-z][a-z0-9-]{0,62}$`: most of those in schemas are, and to match one by hand
//! takes a fraction of what any engine needs to compile it.

/// A sequence of characters, each of a set and repeated, over a whole text or from its start.
#[derive(Debug, Clone)]
pub(super) struct Sequence {
    atoms: Vec<Atom>,
    /// Whether the text ends where the sequence does.
    closed: bool,
}

#[derive(Debug, Clone)]
struct Atom {
    /// The characters of ASCII that it takes, a bit for each.
    set: u128,
    least: usize,
    most: usize,
}

/// The longest text that is matched here: the time goes by its square.
const LONGEST: usize = 256;

/// The most characters that can be repeated: what counts further is left to the engines.
const MOST_COUNT: usize = 10_000;

impl Sequence {
    /// Reads a translated pattern; `None` if it is more than a sequence from the start of a text.
    pub(super) fn new(translated: &str) -> Option<Self> {
        let mut rest = translated.strip_prefix('^')?.as_bytes();
        let mut atoms = Vec::new();
        loop {
            let set = match rest {
                [] => return Some(Self { atoms, closed: false }),
                [b'$'] => return Some(Self { atoms, closed: true }),
                [b'[', class @ ..] => {
                    let (set, after) = read_class(class)?;
                    rest = after;
                    set
                }
                [b'.', after @ ..] => {
                    rest = after;
                    !bit(b'\n')
                }
                [b'^' | b'$' | b'(' | b')' | b'|' | b'*' | b'+' | b'?' | b'{' | b'}', ..] => return None,
                _ => {
                    let (code, after) = read_character(rest)?;
                    rest = after;
                    set_of(code, code)
                }
            };
            let (least, most, after) = read_count(rest)?;
            rest = after;
            atoms.push(Atom { set, least, most });
        }
    }

    /// Whether the text begins with the sequence, or is it; `None` if the engines have to be asked.
    pub(super) fn is_match(&self, text: &str) -> Option<bool> {
        let bytes = text.as_bytes();
        if bytes.len() > LONGEST || !text.is_ascii() {
            return None;
        }
        // Where what was read of the sequence so far can end.
        let mut ends = vec![false; bytes.len() + 1];
        ends[0] = true;
        for atom in &self.atoms {
            let mut next = vec![false; bytes.len() + 1];
            for start in 0..=bytes.len() {
                if ends[start] {
                    let rest = bytes[start..].iter().take(atom.most);
                    let run = rest.take_while(|byte| atom.set & bit(**byte) != 0).count();
                    if let Some(reached) = next.get_mut(start + atom.least..=start + run) {
                        reached.fill(true);
                    }
                }
            }
            ends = next;
        }
        Some(if self.closed { ends[bytes.len()] } else { ends.contains(&true) })
    }
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
    (!matches!(rest.first(), Some(b'*' | b'+' | b'?' | b'{'))).then_some((least, most, rest))
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
        ] {
            let translated = translate(pattern).text;
            let sequence = Sequence::new(&translated).unwrap();
            let engine = regex::Regex::new(&translated).unwrap();
            for text in &texts {
                assert_eq!(sequence.is_match(text), Some(engine.is_match(text)), "{pattern} {text:?}");
            }
        }
        assert!(Sequence::new("^[a-z]{1,3}$").is_some());
        for more in ["a$", "^a|b$", "^(a)$", "^a*?$", "^a{2}+$", r"^\d$", "^[a&&b]$", "^[[:alpha:]]$", "^a$b"]
        {
            assert!(Sequence::new(more).is_none(), "{more}");
        }
        let sequence = Sequence::new("^a*$").unwrap();
        assert_eq!(sequence.is_match("ä"), None);
        assert_eq!(sequence.is_match(&"a".repeat(LONGEST + 1)), None);
    }
}
