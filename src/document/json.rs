//! JSON text to tree. Strict (RFC 8259), but goes on after mistakes that leave no doubt about the structure.

use super::tree::Tree;
use super::{NodeKind, Reading, code, excerpt, scalar};
use crate::diagnostic::{Diagnostic, Source, Span};

/// Reads the text of `source` into `tree`.
pub(super) fn read(source: &Source, tree: &mut Tree<'_>) {
    let mut reader = Reader { text: &source.text, position: Span { line: 1, column: 1, ..Span::default() } };
    if reader.peek() == Some('\u{feff}') {
        reader.bump();
        reader.position.column = 1;
    }
    reader.blanks(tree);
    if reader.peek().is_none() {
        return; // an empty file holds nothing
    }
    let mut next = Next::Value;
    while let Some(step) = reader.step(next, tree) {
        if tree.stopped() {
            return;
        }
        next = step;
    }
}

/// What may come.
#[derive(Clone, Copy)]
enum Next {
    Value,
    /// A list's first value, or its end.
    FirstValue,
    /// A key.
    Key,
    /// A map's first key, or its end.
    FirstKey,
    /// What may follow a value.
    After,
}

struct Reader<'a> {
    text: &'a str,
    /// The next character's place; `end` isn't used.
    position: Span,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.position.start..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.position.start += character.len_utf8();
        if character == '\n' {
            self.position.line += 1;
            self.position.column = 1;
        } else {
            self.position.column += 1;
        }
        Some(character)
    }

    /// From `start` to the next character.
    fn since(&self, start: Span) -> Span {
        Span { end: self.position.start, ..start }
    }

    /// The next character alone.
    fn here(&self) -> Span {
        let width = self.peek().map_or(0, char::len_utf8);
        Span { end: self.position.start + width, ..self.position }
    }

    /// Skips blanks, and comments, which are told.
    fn blanks(&mut self, tree: &mut Tree<'_>) {
        loop {
            while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
                self.bump();
            }
            let start = self.position;
            let until = match self.rest().as_bytes() {
                [b'/', b'/', ..] | [b'#', ..] => "\n",
                [b'/', b'*', ..] => "*/",
                _ => return,
            };
            while self.peek().is_some() && !self.rest().starts_with(until) {
                self.bump();
            }
            for _ in until.chars() {
                self.bump();
            }
            tree.error(code::JSON_SYNTAX, "JSON has no comments", Span { end: start.start + 1, ..start });
        }
    }

    /// Reads one token; returns what may come then, or `None` at the end.
    fn step(&mut self, next: Next, tree: &mut Tree<'_>) -> Option<Next> {
        self.blanks(tree);
        let start = self.position;
        let next = match (next, self.peek()) {
            (Next::After, found) => return self.after(found, tree),
            (Next::FirstValue, Some(']')) | (Next::FirstKey, Some('}')) => {
                self.bump();
                tree.close(Some(self.position.start));
                Next::After
            }
            (Next::Value | Next::FirstValue, Some('{')) => {
                self.bump();
                tree.open_mapping(self.since(start), None, 0);
                Next::FirstKey
            }
            (Next::Value | Next::FirstValue, Some('[')) => {
                self.bump();
                tree.open_sequence(self.since(start), None, 0);
                Next::FirstValue
            }
            (Next::Value | Next::FirstValue, Some(quote @ ('"' | '\''))) => {
                let text = self.string(quote, tree)?;
                tree.scalar(NodeKind::String(text), self.since(start), None, 0);
                Next::After
            }
            (Next::Value | Next::FirstValue, Some(_)) => self.word(tree)?,
            (Next::Key | Next::FirstKey, Some(quote @ ('"' | '\''))) => {
                let key = self.string(quote, tree)?;
                tree.key(Some(key), self.since(start), 0);
                self.colon(tree)?
            }
            (Next::Key | Next::FirstKey, Some(found))
                if found.is_alphanumeric() || found == '_' || found == '$' =>
            {
                let key = self.bare_word();
                let span = self.since(start);
                tree.report(
                    Diagnostic::error(
                        code::JSON_SYNTAX,
                        format!("the key `{}` isn't in quotes", excerpt(&key)),
                    )
                    .help("JSON wants double quotes around every key"),
                    span,
                );
                tree.key(Some(key), span, 0);
                self.colon(tree)?
            }
            (expected, found) => return self.unexpected(expected, found, tree),
        };
        Some(next)
    }

    fn unexpected(&self, expected: Next, found: Option<char>, tree: &mut Tree<'_>) -> Option<Next> {
        let expected = match expected {
            Next::Value => "a value",
            Next::FirstValue => "a value or `]`",
            Next::Key => "a key in double quotes",
            Next::FirstKey => "a key in double quotes or `}`",
            Next::After => "`,`",
        };
        let message = match found {
            Some(character) => format!("expected {expected}, found `{}`", character.escape_debug()),
            None => format!("expected {expected}, but the text ends"),
        };
        self.fail(message, tree)
    }

    /// Tells a mistake after which nothing can be read.
    fn fail<T>(&self, message: String, tree: &mut Tree<'_>) -> Option<T> {
        let mut diagnostic = Diagnostic::error(code::JSON_SYNTAX, message);
        if let (None, Some(open)) = (self.peek(), tree.innermost()) {
            let bracket = if tree.in_mapping() == Some(true) { '{' } else { '[' };
            diagnostic = diagnostic
                .help(format!("`{bracket}` of line {}, column {} is never closed", open.line, open.column));
        }
        tree.report(diagnostic, self.here());
        None
    }

    fn after(&mut self, found: Option<char>, tree: &mut Tree<'_>) -> Option<Next> {
        let Some(in_mapping) = tree.in_mapping() else {
            return match found {
                None => None,
                Some(_) => self.fail("expected nothing more after the value".to_owned(), tree),
            };
        };
        let (close, next) = if in_mapping { ('}', Next::Key) } else { (']', Next::Value) };
        match found {
            Some(',') => {
                let comma = self.here();
                self.bump();
                self.blanks(tree);
                if self.peek() == Some(close) {
                    tree.error(
                        code::JSON_SYNTAX,
                        format!("a comma before `{close}`, with nothing after it"),
                        comma,
                    );
                    return Some(Next::After);
                }
                Some(next)
            }
            Some(found) if found == close => {
                self.bump();
                tree.close(Some(self.position.start));
                Some(Next::After)
            }
            // What can only be the next key or value: the comma was forgotten.
            Some('"') => {
                tree.error(code::JSON_SYNTAX, format!("expected `,` or `{close}`, found `\"`"), self.here());
                Some(next)
            }
            Some('{' | '[') if !in_mapping => {
                tree.error(code::JSON_SYNTAX, "expected `,` or `]` before the next value", self.here());
                Some(next)
            }
            Some(found) => {
                self.fail(format!("expected `,` or `{close}`, found `{}`", found.escape_debug()), tree)
            }
            None => self.fail(format!("expected `,` or `{close}`, but the text ends"), tree),
        }
    }

    fn colon(&mut self, tree: &mut Tree<'_>) -> Option<Next> {
        self.blanks(tree);
        match self.peek() {
            Some(':') => {
                self.bump();
                Some(Next::Value)
            }
            Some(found) => {
                self.fail(format!("expected `:` after the key, found `{}`", found.escape_debug()), tree)
            }
            None => self.fail("expected `:` after the key, but the text ends".to_owned(), tree),
        }
    }

    fn bare_word(&mut self) -> String {
        let start = self.position.start;
        while self.peek().is_some_and(|c| c.is_alphanumeric() || "_$+-.".contains(c)) {
            self.bump();
        }
        self.text.get(start..self.position.start).unwrap_or_default().to_owned()
    }

    /// Reads a number, `true`, `false` or `null`.
    fn word(&mut self, tree: &mut Tree<'_>) -> Option<Next> {
        let start = self.position;
        let word = self.bare_word();
        let span = self.since(start);
        let kind = match word.as_str() {
            "" => return self.unexpected(Next::Value, self.peek(), tree),
            "null" => NodeKind::Null,
            "true" => NodeKind::Bool(true),
            "false" => NodeKind::Bool(false),
            number if is_number(number) => {
                let reading = scalar::number(number);
                if reading == Reading::Unheld {
                    let text = word.clone();
                    let (core, old) = (Reading::Unheld, Reading::Unheld);
                    tree.ambiguous.push(super::Ambiguous { span, text, is_key: false, core, old });
                }
                reading.kind(number)
            }
            other => {
                let found = excerpt(other);
                let message = if other.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) {
                    format!("`{found}` isn't a number as JSON writes it")
                } else {
                    format!("`{found}` is no value, JSON wants texts in double quotes")
                };
                tree.error(code::JSON_SYNTAX, message, span);
                NodeKind::Null
            }
        };
        tree.scalar(kind, span, None, 0);
        Some(Next::After)
    }

    /// Reads a text in quotes; single ones are told.
    fn string(&mut self, quote: char, tree: &mut Tree<'_>) -> Option<String> {
        let start = self.position;
        self.bump();
        if quote == '\'' {
            tree.error(
                code::JSON_SYNTAX,
                "JSON wants double quotes, found `'`",
                Span { end: start.start + 1, ..start },
            );
        }
        let mut text = String::new();
        loop {
            let here = self.here();
            match self.bump() {
                Some(found) if found == quote => return Some(text),
                Some('\\') => self.escape(here, &mut text, tree),
                Some('\n') | None => {
                    tree.error(
                        code::JSON_SYNTAX,
                        "a quote is never closed",
                        Span { end: start.start + 1, ..start },
                    );
                    return None;
                }
                Some(found @ '\0'..='\u{1f}') => {
                    let message =
                        format!("the character U+{:04X} has to be escaped in JSON", u32::from(found));
                    tree.error(code::JSON_SYNTAX, message, here);
                    text.push(found);
                }
                Some(found) => text.push(found),
            }
            if tree.stopped() {
                return None;
            }
        }
    }

    /// Reads what follows a backslash.
    fn escape(&mut self, backslash: Span, text: &mut String, tree: &mut Tree<'_>) {
        let found = self.peek();
        let character = match found {
            Some('"' | '\\' | '/') => found,
            Some('b') => Some('\u{8}'),
            Some('f') => Some('\u{c}'),
            Some('n') => Some('\n'),
            Some('r') => Some('\r'),
            Some('t') => Some('\t'),
            Some('u') => {
                self.bump();
                match self.unicode() {
                    Some(character) => text.push(character),
                    None => {
                        tree.error(
                            code::JSON_SYNTAX,
                            "`\\u` wants four hexadecimal digits, and a character above U+FFFF a pair of surrogates",
                            self.since(backslash),
                        );
                    }
                }
                return;
            }
            _ => None,
        };
        match character {
            Some(character) => {
                self.bump();
                text.push(character);
            }
            None => tree.report(
                Diagnostic::error(code::JSON_SYNTAX, "unknown escape in a text")
                    .help("write a backslash as `\\\\`"),
                self.since(backslash),
            ),
        }
    }

    /// Reads what follows `\u`.
    fn unicode(&mut self) -> Option<char> {
        let high = self.four_digits()?;
        if !(0xd800..0xdc00).contains(&high) {
            return char::from_u32(high);
        }
        if !self.rest().starts_with("\\u") {
            return None;
        }
        self.bump();
        self.bump();
        let low = self.four_digits()?;
        if !(0xdc00..0xe000).contains(&low) {
            return None;
        }
        char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))
    }

    fn four_digits(&mut self) -> Option<u32> {
        let mut value = 0;
        for _ in 0..4 {
            value = value * 16 + self.peek()?.to_digit(16)?;
            self.bump();
        }
        Some(value)
    }
}

/// Whether a word is a number by JSON's grammar.
fn is_number(word: &str) -> bool {
    let unsigned = word.strip_prefix('-').unwrap_or(word);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(w, f)| (w, Some(f)));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}
