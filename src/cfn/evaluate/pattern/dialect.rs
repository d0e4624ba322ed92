//! The translation of a pattern to the syntax of the `regex` crate.
//!
//! `\w`, `\d` and `\s` mean ASCII, `\Z` is the end, `\uXXXX` a character, `-` beside a class like `\w` stands for itself,
//! and so does `[` in a class.

use std::fmt::Write as _;

/// A pattern in the syntax of the `regex` crate.
pub(super) struct Translated {
    pub(super) text: String,
    /// Whether it looks around or back.
    pub(super) fancy: bool,
    /// Whether a large count became "any number of times".
    pub(super) loosened: bool,
}

/// Translates a pattern. What is no regular expression stays none.
pub(super) fn translate(pattern: &str) -> Translated {
    let mut translation = Translation::new(pattern);
    translation.run();
    let Translation { text, fancy, loosened, .. } = translation;
    Translated { text, fancy, loosened }
}

/// Counts above this are loosened: over `.` and what is left of a class, over Unicode properties, over anything else.
const LARGEST_COUNTS: [usize; 3] = [1_000, 100, 10_000];

/// What `\w`, `\d` and `\s` stand for inside a class.
fn class_of(letter: char) -> Option<&'static str> {
    Some(match letter.to_ascii_lowercase() {
        'w' => "A-Za-z0-9_",
        'd' => "0-9",
        's' => " \\t\\n\\r\\x0B\\x0C",
        _ => return None,
    })
}

/// Java's names of ASCII classes.
///
/// Source: Java SE API, `java.util.regex.Pattern`, "POSIX character classes".
const JAVA_CLASSES: [(&str, &str); 13] = [
    ("ASCII", "\\x00-\\x7F"),
    ("Alnum", "A-Za-z0-9"),
    ("Alpha", "A-Za-z"),
    ("Blank", " \\t"),
    ("Cntrl", "\\x00-\\x1F\\x7F"),
    ("Digit", "0-9"),
    ("Graph", "\\x21-\\x7E"),
    ("Lower", "a-z"),
    ("Print", "\\x20-\\x7E"),
    ("Punct", "\\x21-\\x2F\\x3A-\\x40\\x5B-\\x60\\x7B-\\x7E"),
    ("Space", " \\t\\n\\r\\x0B\\x0C"),
    ("Upper", "A-Z"),
    ("XDigit", "0-9A-Fa-f"),
];

/// How often a set may be counted.
fn largest_count(set: &str) -> usize {
    if set.as_bytes().windows(2).any(|pair| matches!(pair, b"\\p" | b"\\P")) {
        LARGEST_COUNTS[1]
    } else if set.starts_with("[^") {
        LARGEST_COUNTS[0]
    } else {
        LARGEST_COUNTS[2]
    }
}

/// One item of a character class.
enum Item {
    Char(u32),
    /// In the syntax of the `regex` crate.
    Set(String),
}

struct Translation {
    input: Vec<char>,
    at: usize,
    text: String,
    fancy: bool,
    /// The open groups, and whether each looks around.
    groups: Vec<bool>,
    loosened: bool,
    /// The largest count of what was written last.
    largest_count: usize,
}

impl Translation {
    fn new(pattern: &str) -> Self {
        let input = pattern.chars().collect();
        Self {
            input,
            at: 0,
            text: String::new(),
            fancy: false,
            groups: Vec::new(),
            loosened: false,
            largest_count: LARGEST_COUNTS[2],
        }
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.input.get(self.at + ahead).copied()
    }

    fn rest_starts_with(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(ahead, c)| self.peek(ahead) == Some(c))
    }

    fn run(&mut self) {
        while let Some(c) = self.peek(0) {
            self.at += 1;
            match c {
                '\\' => self.escape(),
                '[' => self.class(),
                '{' => self.count(),
                '(' => {
                    let looks = ["?=", "?!", "?<=", "?<!"].iter().any(|group| self.rest_starts_with(group));
                    self.fancy |= looks || self.rest_starts_with("?>");
                    self.groups.push(looks);
                    self.text.push('(');
                }
                ')' => {
                    self.text.push(')');
                    // Looking more than once sees the same.
                    if self.groups.pop() == Some(true) && self.peek(0) == Some('+') {
                        self.at += 1;
                    }
                }
                ']' | '}' => self.literal(c as u32),
                '.' => {
                    self.text.push('.');
                    self.largest_count = LARGEST_COUNTS[0];
                }
                // A group counts as its last atom: good enough to keep sizes down.
                '?' | '*' | '+' => self.text.push(c),
                _ => {
                    self.text.push(c);
                    self.largest_count = LARGEST_COUNTS[2];
                }
            }
        }
    }

    fn literal(&mut self, code: u32) {
        let _ = write!(self.text, "\\x{{{code:X}}}");
        self.largest_count = LARGEST_COUNTS[2];
    }

    fn escape(&mut self) {
        match self.escaped() {
            Some(Item::Char(code)) => self.literal(code),
            Some(Item::Set(set)) => {
                self.largest_count = largest_count(&set);
                let bare = set.starts_with("\\p") || set.starts_with("\\P") || set.starts_with('[');
                let _ = if bare { write!(self.text, "{set}") } else { write!(self.text, "[{set}]") };
            }
            None => match self.peek(0) {
                Some('Z' | 'z') => {
                    self.at += 1;
                    self.text.push_str("\\z");
                }
                Some(c @ ('A' | 'b' | 'B')) => {
                    self.at += 1;
                    self.text.push('\\');
                    self.text.push(c);
                }
                Some(c @ '1'..='9') => {
                    self.fancy = true;
                    self.text.push('\\');
                    self.text.push(c);
                    self.at += 1;
                }
                // A backslash at the end stays an error.
                _ => self.text.push('\\'),
            },
        }
    }

    /// What stands behind a backslash, if it is a character or a set of some.
    fn escaped(&mut self) -> Option<Item> {
        let c = self.peek(0)?;
        if let Some(class) = class_of(c) {
            self.at += 1;
            return Some(Item::Set(if c.is_ascii_uppercase() {
                format!("[^{class}]")
            } else {
                class.to_owned()
            }));
        }
        let code = match c {
            'A' | 'Z' | 'z' | 'b' | 'B' | '1'..='9' => return None,
            'p' | 'P' => return self.property(c),
            'u' => return self.hexadecimal(4),
            'x' => return self.hexadecimal(2),
            'n' => '\n' as u32,
            'r' => '\r' as u32,
            't' => '\t' as u32,
            'f' => 0x0C,
            'v' => 0x0B,
            '0' => 0,
            other => other as u32,
        };
        self.at += 1;
        Some(Item::Char(code))
    }

    /// `\p{L}`.
    fn property(&mut self, letter: char) -> Option<Item> {
        let mut name = String::new();
        let mut ahead = 1;
        if self.peek(1) == Some('{') {
            while let Some(c) = self.peek(ahead) {
                ahead += 1;
                name.push(c);
                if c == '}' {
                    break;
                }
            }
        } else {
            name.push(self.peek(1)?);
            ahead = 2;
        }
        self.at += ahead;
        if let Some((_, set)) = JAVA_CLASSES.iter().find(|(class, _)| name == format!("{{{class}}}")) {
            return Some(Item::Set(if letter == 'P' { format!("[^{set}]") } else { (*set).to_owned() }));
        }
        // Java writes \p{IsLetter} for what others call \p{Letter}.
        Some(Item::Set(format!("\\{letter}{}", name.replace("{Is", "{"))))
    }

    fn hexadecimal(&mut self, digits: usize) -> Option<Item> {
        let mut code = 0;
        for ahead in 1..=digits {
            let Some(digit) = self.peek(ahead).and_then(|c| c.to_digit(16)) else {
                // `\u` without its digits is the letter itself.
                let letter = self.peek(0)?;
                self.at += 1;
                return Some(Item::Char(letter as u32));
            };
            code = code * 16 + digit;
        }
        self.at += digits + 1;
        Some(Item::Char(code))
    }

    /// `{` as a count, or as itself where it is none.
    fn count(&mut self) {
        let length = self.input[self.at..].iter().position(|c| *c == '}');
        let body: String =
            length.map(|length| self.input[self.at..self.at + length].iter().collect()).unwrap_or_default();
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let (least, most) = body.split_once(',').unwrap_or((&body, &body));
        if !is_number(least) || !(most.is_empty() || is_number(most)) {
            return self.literal('{' as u32);
        }
        self.at += body.chars().count() + 1;
        let largest = self.largest_count;
        let large = |text: &str| text.parse::<usize>().map_or(true, |count| count > largest);
        if !(large(least) || !most.is_empty() && large(most)) {
            let _ = write!(self.text, "{{{body}}}");
            return;
        }
        self.loosened = true;
        let least = if large(least) { largest.to_string() } else { least.to_owned() };
        let _ = write!(self.text, "{{{least},}}");
    }

    fn class(&mut self) {
        let mut items = Vec::new();
        let negated = self.peek(0) == Some('^');
        self.at += usize::from(negated);
        let first = self.at;
        let mut closed = false;
        while let Some(c) = self.peek(0) {
            self.at += 1;
            match c {
                ']' if self.at > first + 1 => {
                    closed = true;
                    break;
                }
                '\\' => {
                    let item = self.escaped().unwrap_or_else(|| {
                        // Inside a class `\b` is a backspace, and the others mean themselves.
                        let letter = self.peek(0).unwrap_or('\\');
                        self.at += 1;
                        Item::Char(if letter == 'b' { 8 } else { letter as u32 })
                    });
                    items.push(item);
                }
                '-' => {
                    let from = match items.last() {
                        Some(Item::Char(code)) => Some(*code),
                        _ => None,
                    };
                    self.range(from, &mut items);
                }
                other => items.push(Item::Char(other as u32)),
            }
        }
        self.largest_count = LARGEST_COUNTS[if negated { 0 } else { 2 }];
        self.text.push_str(if negated { "[^" } else { "[" });
        if items.is_empty() {
            // An empty class matches nothing; negated, everything.
            self.text.push_str(if negated { "&&[a--a]" } else { "a--a" });
        }
        for item in items {
            match item {
                Item::Char(code) if (0xD800..0xE000).contains(&code) => {
                    self.text.push_str("\\x{10000}-\\x{10FFFF}");
                }
                Item::Char(code) => {
                    let _ = write!(self.text, "\\x{{{code:X}}}");
                }
                Item::Set(set) => {
                    self.largest_count = self.largest_count.min(largest_count(&set));
                    self.text.push_str(&set);
                }
            }
        }
        // A class that is never closed stays an error.
        if closed {
            self.text.push(']');
        }
    }

    /// A `-` in a class: a range where a character stands on either side, else itself.
    fn range(&mut self, from: Option<u32>, items: &mut Vec<Item>) {
        let minus = Item::Char('-' as u32);
        let (Some(from), Some(next)) = (from, self.peek(0)) else { return items.push(minus) };
        if next == ']' {
            return items.push(minus);
        }
        let start = self.at;
        self.at += 1;
        let to = if next == '\\' { self.escaped() } else { Some(Item::Char(next as u32)) };
        match to {
            Some(Item::Char(to)) if to >= from => {
                items.pop();
                // Halves of characters stand for those beyond the first 65,536.
                let surrogate = |code| (0xD800..0xE000).contains(&code);
                let set = if surrogate(from) || surrogate(to) {
                    "\\x{10000}-\\x{10FFFF}".to_owned()
                } else {
                    format!("\\x{{{from:X}}}-\\x{{{to:X}}}")
                };
                items.push(Item::Set(set));
            }
            _ => {
                self.at = start;
                items.push(minus);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::cfn::evaluate::Pattern;

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::new(pattern).unwrap().is_match(text).unwrap()
    }

    #[test]
    fn short_forms_are_ascii() {
        assert!(matches(r"^\w+$", "aZ_9"));
        assert!(!matches(r"^\w+$", "ä"));
        assert!(!matches(r"^\d$", "٣"));
        assert!(matches(r"^[\w-.]+$", "a-b.c"));
        assert!(matches(r"^\S+\Z", "a\u{a0}b"));
        assert!(!matches(r"^[^\s]+$", "a b"));
        assert!(matches(r"^[\S]+$", "ab"));
    }

    #[test]
    fn characters_are_what_they_are_in_the_dialect() {
        assert!(matches(r"^[\u0009\u000A\u000D\u0020-\uD7FF]+$", "a\tb"));
        assert!(matches(r"^[\uD800\uDBFF-\uDC00\uDFFF]+$", "😀"));
        assert!(matches(r"^[[&&~~--]+$", "[&~-"));
        assert!(matches(r"^\/a\-b\_\<$", "/a-b_<"));
        assert!(matches(r"^\${a}{2}$", "${a}}"));
        assert!(matches("^a{x}$", "a{x}"));
        assert!(matches("^[]a]$", "]"));
        assert!(matches(r"^[+-=]$", "3"));
        assert!(matches(r"^\p{Print}+[\p{XDigit}]$", "a bF") && !matches(r"^\p{Print}+$", "ä"));
    }
}
