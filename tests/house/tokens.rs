//! Rust source as tokens, without comments: enough to find paths, modules and macros.

/// An identifier, `::`, one character of punctuation, or a string literal (its text behind a `"`).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) line: usize,
}

impl Token {
    pub(crate) fn is_ident(&self) -> bool {
        self.text.starts_with(|c: char| c.is_alphabetic() || c == '_')
    }

    /// The text of a string literal.
    pub(crate) fn string(&self) -> Option<&str> {
        self.text.strip_prefix('"')
    }
}

/// The tokens of a file that compiles.
pub(crate) fn tokens(source: &str) -> Vec<Token> {
    let mut scanner = Scanner { rest: source, line: 1 };
    let mut tokens = Vec::new();
    while scanner.skip() {
        let line = scanner.line;
        tokens.push(Token { text: scanner.token(), line });
    }
    tokens
}

struct Scanner<'a> {
    rest: &'a str,
    line: usize,
}

impl Scanner<'_> {
    /// Goes to the next token, over white space, comments and characters; false at the end.
    fn skip(&mut self) -> bool {
        while let Some(first) = self.rest.chars().next() {
            let length = if self.rest.starts_with("//") {
                self.rest.find('\n').unwrap_or(self.rest.len())
            } else if self.rest.starts_with("/*") {
                block_comment(self.rest)
            } else if first.is_whitespace() {
                first.len_utf8()
            } else if let Some(length) = char_literal(self.rest) {
                length
            } else {
                return true;
            };
            self.take(length);
        }
        false
    }

    fn token(&mut self) -> String {
        let rest = self.rest;
        if let Some((start, hashes)) = raw_string(rest) {
            return self.raw_string(start, hashes);
        }
        if ["\"", "b\"", "c\""].iter().any(|start| rest.starts_with(start)) {
            return self.string();
        }
        let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let length = match word {
            0 if rest.starts_with("::") => 2,
            0 => rest.chars().next().map_or(0, char::len_utf8),
            _ => word,
        };
        self.take(length).to_owned()
    }

    fn take(&mut self, length: usize) -> &str {
        let (taken, rest) = self.rest.split_at(length);
        self.line += taken.matches('\n').count();
        self.rest = rest;
        taken
    }

    fn string(&mut self) -> String {
        let start = self.rest.find('"').map_or(0, |quote| quote + 1);
        let mut escaped = false;
        let end = self.rest[start..].find(|c| {
            let end = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            end
        });
        self.literal(start, end, 1)
    }

    fn raw_string(&mut self, start: usize, hashes: usize) -> String {
        let close = format!("\"{}", "#".repeat(hashes));
        let end = self.rest[start..].find(&close);
        self.literal(start, end, close.len())
    }

    /// Takes a literal whose text begins at `start`, goes on for `length` bytes and is closed by `close` bytes.
    fn literal(&mut self, start: usize, length: Option<usize>, close: usize) -> String {
        let length = length.unwrap_or_else(|| panic!("line {}: a string that doesn't end", self.line));
        let taken = self.take(start + length + close);
        format!("\"{}", &taken[start..start + length])
    }
}

/// The length of a comment, in which others may be nested.
fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(found) = rest[at..].find(['/', '*']) {
        at += found;
        if rest[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
        } else {
            at += 1;
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// For the start of a raw string: where its text begins, and its number of `#`.
fn raw_string(rest: &str) -> Option<(usize, usize)> {
    let prefix = ["r", "br", "cr"].into_iter().find(|prefix| {
        rest.strip_prefix(prefix).is_some_and(|rest| rest.trim_start_matches('#').starts_with('"'))
    })?;
    let hashes = rest[prefix.len()..].find('"')?;
    Some((prefix.len() + hashes + 1, hashes))
}

/// The length of a character literal; `None` for a lifetime.
fn char_literal(rest: &str) -> Option<usize> {
    let prefix = usize::from(rest.starts_with("b'"));
    let inner = rest[prefix..].strip_prefix('\'')?;
    let length = if inner.starts_with('\\') {
        inner[2..].find('\'')? + 2
    } else {
        let first = inner.chars().next()?;
        inner[first.len_utf8()..].starts_with('\'').then_some(first.len_utf8())?
    };
    Some(prefix + 1 + length + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<String> {
        tokens(source).into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn comments_and_characters_are_left_out_and_strings_are_marked() {
        let source = r##"
            // crate::a
            /* crate::b /* nested */ crate::c */
            let x: &'a str = "crate::d \" still"; let y = '"'; let z = '\''; r#"raw " text"#; b'"'; crate::e
        "##;
        let expected =
            "let x : & ' a str = \"crate::d \\\" still ; let y = ; let z = ; \"raw \" text ; ; crate :: e";
        assert_eq!(texts(source).join(" "), expected);
    }

    #[test]
    fn lines_count_those_inside_of_strings_and_comments() {
        let found = tokens("/*\n*/ \"a\nb\" x");
        assert_eq!(found[1], Token { text: "x".into(), line: 3 });
    }
}
