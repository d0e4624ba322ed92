//! Texts as YAML scalars.

use std::borrow::Cow;
use std::fmt::Write;

use crate::document::scalar::is_text_everywhere;
use crate::document::yaml::is_printable;

/// The longest key that every reader takes without `? ` before it, quotes included.
pub(super) const LONGEST_KEY: usize = 1000;

/// A text on one line in block style.
pub(super) fn in_block(text: &str) -> Cow<'_, str> {
    if is_plain(text) { Cow::Borrowed(text) } else { Cow::Owned(readable(text)) }
}

/// A text on one line between brackets.
///
/// Older readers of YAML 1.1 end a plain scalar in brackets at any `:` or `?`, so such texts stand in quotes.
pub(super) fn in_flow(text: &str) -> Cow<'_, str> {
    if !means_something_in_flow(text) && is_plain(text) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(readable(text))
    }
}

/// As [`in_flow`], but as short as CloudFormation reads it: it takes `[!Ref AWS::Region]`, as many published
/// templates have it.
pub(super) fn in_compact_flow(text: &str) -> Cow<'_, str> {
    let goes_on = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == ':' || c == '/');
    if is_plain_in_flow(text) && text.match_indices(':').all(|(at, _)| goes_on(&text[at + 1..])) {
        return Cow::Borrowed(text);
    }
    let double = double_quoted(text);
    match single_quoted(text) {
        Some(single) if single.len() < double.len() => Cow::Owned(single),
        _ => Cow::Owned(double),
    }
}

/// Whether a text of one line in block style is the same between brackets.
pub(super) fn is_quoted_alike(text: &str) -> bool {
    !means_something_in_flow(text) || !is_plain(text)
}

/// Letters, digits and what never needs quotes among them, a letter first: most texts of a template.
fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        // Most are, so that to look at every byte takes less than to stop at the first that isn't.
        && text.bytes().fold(true, |is_word, byte| is_word & IS_OF_WORD[usize::from(byte)])
}

/// What words are made of, by byte: it is asked of nearly every byte that is written.
const IS_OF_WORD: [bool; 256] = {
    let mut is_of_word = [false; 256];
    let bytes = b"_-./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut index = 0;
    while index < bytes.len() {
        is_of_word[bytes[index] as usize] = true;
        index += 1;
    }
    is_of_word
};

/// Whether a text has a character that may end a plain scalar between brackets.
fn means_something_in_flow(text: &str) -> bool {
    text.bytes().any(|byte| matches!(byte, b',' | b'[' | b']' | b'{' | b'}' | b'?' | b':'))
}

fn is_plain_in_flow(text: &str) -> bool {
    is_plain(text) && !text.bytes().any(|byte| matches!(byte, b',' | b'[' | b']' | b'{' | b'}' | b'?'))
}

/// Whether a text may stand without quotes in block style.
fn is_plain(text: &str) -> bool {
    if is_word(text) {
        // The longest word that is anything else is `false`.
        return text.len() > "false".len() || is_text_everywhere(text);
    }
    let mut characters = text.chars();
    let (Some(first), second) = (characters.next(), characters.next()) else { return false };
    let starts_well = match first {
        '-' => second.is_some_and(|c| c.is_ascii_alphanumeric()),
        '?' | ':' | ',' | '[' | ']' | '{' | '}' | '#' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%'
        | '@' | '`' => false,
        _ => true,
    };
    starts_well && goes_on_well(text) && !text.starts_with("...") && is_text_everywhere(text)
}

/// Whether no character of a text ends a plain scalar, or reads back as another.
fn goes_on_well(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_well = if is_ascii(text) {
        bytes.first() != Some(&b' ') && bytes.last() != Some(&b' ')
    } else {
        text.trim() == text && text.chars().all(is_plain_character)
    };
    is_well
        && bytes.last() != Some(&b':')
        && bytes
            .iter()
            .zip(bytes.get(1..).unwrap_or_default())
            .fold(true, |is_well, pair| is_well & !matches!(pair, (b':', b' ') | (b' ', b'#')))
}

/// Whether a text has nothing but letters, digits, signs and blanks of ASCII, as nearly every one: they are plain.
fn is_ascii(text: &str) -> bool {
    // Most are so to their end: without a branch the compiler takes many bytes at once.
    text.bytes().fold(true, |is_ascii, byte| is_ascii & matches!(byte, b' '..=b'~'))
}

/// Whether a character reads back as itself anywhere in a line.
fn is_plain_character(character: char) -> bool {
    matches!(character, ' '..='~')
        || is_printable(character) && !is_break(character) && !matches!(character, '\t' | '\u{feff}')
}

/// Whether a character ends a line in some version of YAML.
fn is_break(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// In double quotes, or in single ones where double ones would need a backslash and single ones don't.
fn readable(text: &str) -> String {
    let single = if needs_backslash(text) { single_quoted(text) } else { None };
    single.unwrap_or_else(|| double_quoted(text))
}

fn needs_backslash(text: &str) -> bool {
    text.bytes().any(|byte| matches!(byte, b'"' | b'\\'))
}

fn single_quoted(text: &str) -> Option<String> {
    text.chars().all(is_plain_character).then(|| ["'", &text.replace('\'', "''"), "'"].concat())
}

fn double_quoted(text: &str) -> String {
    if is_ascii(text) && !needs_backslash(text) {
        return ["\"", text, "\""].concat();
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            character if is_plain_character(character) => quoted.push(character),
            character => drop(write!(quoted, "\\u{:04X}", u32::from(character))),
        }
    }
    quoted.push('"');
    quoted
}

/// The header of the literal block (`|`) that holds a text of several lines; `None` if none does.
pub(super) fn literal_header(text: &str) -> Option<&'static str> {
    if !text.contains('\n') {
        return None;
    }
    let last = text.strip_suffix('\n').unwrap_or(text).rsplit('\n').next().unwrap_or_default();
    let fits =
        !last.trim().is_empty() && text.chars().all(|c| c == '\n' || c == '\t' || is_plain_character(c));
    // The indentation has to be told where the first line would hide it.
    let header = match (text.starts_with(char::is_whitespace), text.ends_with('\n')) {
        (false, true) => "|",
        (false, false) => "|-",
        (true, true) => "|2",
        (true, false) => "|2-",
    };
    fits.then_some(header)
}

/// The lines of the folded block (`>-`) that holds a long text, none longer than `width` if the words allow; `None` if
/// folding would change it.
pub(super) fn folded(text: &str, width: usize) -> Option<Vec<&str>> {
    let fits = !text.starts_with(' ')
        && !text.ends_with(' ')
        && !text.contains("  ")
        && text.chars().all(|c| is_plain_character(c) && (c == ' ' || !c.is_whitespace()));
    if !fits {
        return None;
    }
    let mut lines = Vec::new();
    // Where the line begins, and the blank behind its last word so far.
    let (mut start, mut end) = (0, text.find(' ')?);
    loop {
        let next = text[end + 1..].find(' ').map_or(text.len(), |blank| end + 1 + blank);
        if text[start..next].chars().count() > width {
            lines.push(&text[start..end]);
            start = end + 1;
        }
        if next == text.len() {
            lines.push(&text[start..]);
            return (lines.len() > 1).then_some(lines);
        }
        end = next;
    }
}
