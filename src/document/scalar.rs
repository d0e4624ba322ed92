//! What a plain scalar is: by YAML 1.2, as we read it, and by YAML 1.1, as CloudFormation and most tools do.
//!
//! Sources: YAML 1.2.2 §10.3.2 (core schema). For 1.1 its type repository as `SnakeYAML` implements it, since
//! CloudFormation's reader behaves like it: `yes`, `no`, `on` and `off` are booleans but `y` and `n` aren't; `011` is 9, and
//! an account number with a leading zero becomes a floating-point number (Skyarch blog, "CloudFormation YAML について").

use serde_json::Number;

use super::{NodeKind, code};
use crate::diagnostic::{Diagnostic, Source, Span};

/// What a plain scalar is taken for.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// Nothing.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A number that `i64`, `u64` and `f64` don't hold without loss.
    Unheld,
    /// `.inf` or `.nan`.
    NotFinite,
    /// A date or a time of a day.
    Date,
    /// `=` or `<<`, which YAML 1.1 gives a meaning of their own.
    Special,
    /// A text.
    Text,
}

/// A plain scalar whose meaning depends on who reads it, or that no number holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Ambiguous {
    /// Where it stands.
    pub span: Span,
    /// What is written there.
    pub text: String,
    /// Whether it is a key. Keys are always text here.
    pub is_key: bool,
    /// What YAML 1.2 takes it for. All but null, booleans and numbers are text in the tree.
    pub core: Reading,
    /// What YAML 1.1 takes it for.
    pub old: Reading,
}

impl Ambiguous {
    /// The finding "write it in quotes", as a warning.
    pub fn diagnostic(&self, source: &Source) -> Diagnostic {
        let text = &self.text;
        let message = match (&self.core, &self.old) {
            (Reading::Unheld, _) => {
                format!("`{text}` has more digits than a number keeps, so it is read as text")
            }
            (Reading::NotFinite, _) => {
                format!("`{text}` isn't a number that JSON has, so it is read as text")
            }
            (core, old) => {
                let (core, old) = (core.describe(), old.describe());
                format!("`{text}` is {core} in YAML 1.2, but {old} in YAML 1.1, which many tools still read")
            }
        };
        let help = match &self.old {
            Reading::Bool(value) => format!("write \"{text}\" in quotes, or {value}"),
            _ => format!(
                "write \"{text}\" in quotes if it is text, else in digits without underscore or leading zero"
            ),
        };
        Diagnostic::warning(code::AMBIGUOUS_SCALAR, message).help(help).at(source, self.span)
    }
}

impl Reading {
    /// What it is, for messages.
    fn describe(&self) -> String {
        match self {
            Self::Null => "nothing".to_owned(),
            Self::Bool(value) => format!("the boolean {value}"),
            Self::Number(number) => format!("the number {number}"),
            Self::Unheld | Self::NotFinite => "a number".to_owned(),
            Self::Date => "a date".to_owned(),
            Self::Special => "a special key".to_owned(),
            Self::Text => "a text".to_owned(),
        }
    }

    /// The value in a tree; what JSON has no type for is the text itself.
    pub(crate) fn kind(self, text: &str) -> NodeKind {
        match self {
            Self::Null => NodeKind::Null,
            Self::Bool(value) => NodeKind::Bool(value),
            Self::Number(number) => NodeKind::Number(number),
            _ => NodeKind::String(text.to_owned()),
        }
    }

    /// Whether a value so read has its own type only under one of the two versions, or under neither.
    pub(super) fn is_ambiguous(core: &Self, old: &Self) -> bool {
        core != old || matches!(core, Self::Unheld | Self::NotFinite)
    }
}

/// What YAML 1.2 takes a plain scalar for.
pub(crate) fn core(text: &str) -> Reading {
    if !may_be_special(text) {
        return Reading::Text;
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Reading::Null,
        "true" | "True" | "TRUE" => return Reading::Bool(true),
        "false" | "False" | "FALSE" => return Reading::Bool(false),
        _ => {}
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(false, digits, 8).unwrap_or(Reading::Text);
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(false, digits, 16).unwrap_or(Reading::Text);
    }
    let (_, unsigned) = sign(text);
    if is_infinite(unsigned) || is_nan(text) {
        return Reading::NotFinite;
    }
    if is_decimal(unsigned, "") { number(text) } else { Reading::Text }
}

/// What YAML 1.1 takes a plain scalar for.
pub(crate) fn old(text: &str) -> Reading {
    if !may_be_special(text) {
        return Reading::Text;
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Reading::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => return Reading::Bool(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => {
            return Reading::Bool(false);
        }
        "=" | "<<" => return Reading::Special,
        _ => {}
    }
    let (negative, unsigned) = sign(text);
    if is_infinite(unsigned) || is_nan(text) {
        return Reading::NotFinite;
    }
    if is_date(text) {
        return Reading::Date;
    }
    let clean = unsigned.replace('_', "");
    if let Some(digits) = clean.strip_prefix("0b") {
        return radix(negative, digits, 2).unwrap_or(Reading::Text);
    }
    if let Some(digits) = clean.strip_prefix("0x") {
        return radix(negative, digits, 16).unwrap_or(Reading::Text);
    }
    let has_leading_zero = clean.len() > 1 && unsigned.starts_with('0') && only(unsigned, "_");
    if has_leading_zero && let Some(octal) = radix(negative, &clean, 8) {
        return octal;
    }
    if unsigned.contains(':') {
        return sexagesimal(negative, unsigned).unwrap_or(Reading::Text);
    }
    if !is_decimal(unsigned, "_") {
        return Reading::Text;
    }
    // Digits with a leading zero that aren't octal match the pattern of floats.
    let point = if has_leading_zero { ".0" } else { "" };
    number(&format!("{}{clean}{point}", if negative { "-" } else { "" }))
}

/// Whether both versions take a plain scalar for text, and so does every reader that we have heard of.
pub(crate) fn is_text_everywhere(text: &str) -> bool {
    if matches!(text, "y" | "Y" | "n" | "N") {
        return false; // booleans in the text of YAML 1.1, if not in its libraries
    }
    // Nearly all that is asked are words and numbers: few of the first mean something, and the second do.
    if text.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        let is_value = ["", "null", "true", "false", "yes", "no", "on", "off"]
            .into_iter()
            .any(|word| text.len() == word.len() && text.eq_ignore_ascii_case(word));
        return !is_value || core(text) == Reading::Text && old(text) == Reading::Text;
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    core(text) == Reading::Text && old(text) == Reading::Text && !starts_like_a_number(text)
}

/// Digits, or a sign or point and digits, of which some reader might make a number that the two versions don't.
fn starts_like_a_number(text: &str) -> bool {
    let (_, unsigned) = sign(text);
    unsigned.strip_prefix('.').unwrap_or(unsigned).starts_with(|c: char| c.is_ascii_digit())
        && unsigned.chars().all(|c| c.is_ascii_hexdigit() || "_.:+-xob".contains(c))
        && unsigned.chars().any(|c| c.is_ascii_digit())
}

/// The number that a decimal text stands for, sign, point and exponent included.
pub(crate) fn number(text: &str) -> Reading {
    let text = text.strip_prefix('+').unwrap_or(text);
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
        return match (text.parse::<i64>(), text.parse::<u64>()) {
            (Ok(value), _) => Reading::Number(value.into()),
            (_, Ok(value)) => Reading::Number(value.into()),
            _ => Reading::Unheld,
        };
    }
    match text.parse::<f64>() {
        Ok(value) if digits(text) == digits(&format!("{value:e}")) => {
            Number::from_f64(value).map_or(Reading::Unheld, Reading::Number)
        }
        _ => Reading::Unheld,
    }
}

/// The digits that matter of a decimal number's text.
fn digits(text: &str) -> String {
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    digits.trim_start_matches('0').trim_end_matches('0').to_owned()
}

/// The first character decides for nearly every text that it is one.
fn may_be_special(text: &str) -> bool {
    text.bytes().next().is_none_or(|first| {
        matches!(
            first,
            b'0'..=b'9'
                | b'+'
                | b'-'
                | b'.'
                | b'~'
                | b'='
                | b'<'
                | b'n'
                | b'N'
                | b't'
                | b'T'
                | b'f'
                | b'F'
                | b'y'
                | b'Y'
                | b'o'
                | b'O'
        )
    })
}

fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn is_infinite(unsigned: &str) -> bool {
    matches!(unsigned, ".inf" | ".Inf" | ".INF")
}

fn is_nan(text: &str) -> bool {
    matches!(text, ".nan" | ".NaN" | ".NAN")
}

/// Whether a text has nothing but digits and what is `allowed`.
fn only(text: &str, allowed: &str) -> bool {
    text.chars().all(|c| c.is_ascii_digit() || allowed.contains(c))
}

fn radix(negative: bool, digits: &str, radix: u32) -> Option<Reading> {
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    let signed = if negative { format!("-{digits}") } else { digits.to_owned() };
    Some(match (i64::from_str_radix(&signed, radix), u64::from_str_radix(&signed, radix)) {
        (Ok(value), _) => Reading::Number(value.into()),
        (_, Ok(value)) => Reading::Number(value.into()),
        _ => Reading::Unheld,
    })
}

/// Whether an unsigned text is digits (and what is `allowed`) around an optional point, then an optional exponent.
fn is_decimal(unsigned: &str, allowed: &str) -> bool {
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let is_exponent = |text: &str| {
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        !digits.is_empty() && only(digits, "")
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let starts_with_digit = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    let starts_well = starts_with_digit(whole) || (whole.is_empty() && starts_with_digit(fraction));
    starts_well
        && !mantissa.is_empty()
        && only(whole, allowed)
        && only(fraction, allowed)
        && exponent.is_none_or(is_exponent)
}

/// `12:30:45` and the like: digits in base 60.
fn sexagesimal(negative: bool, unsigned: &str) -> Option<Reading> {
    let mut parts = unsigned.split(':');
    let first = parts.next()?;
    if !first.starts_with(|c: char| c.is_ascii_digit()) || !only(first, "_") {
        return None;
    }
    let mut value: f64 = first.replace('_', "").parse().ok()?;
    let mut whole = !first.starts_with('0') || first.len() == 1;
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        let (digits, fraction) = part.split_once('.').map_or((part, None), |(d, f)| (d, Some(f)));
        let in_range =
            matches!(digits.len(), 1 | 2) && only(digits, "") && digits.parse::<u8>().is_ok_and(|d| d < 60);
        let fraction_is_last = fraction.is_none_or(|f| parts.peek().is_none() && only(f, "_"));
        if !in_range || !fraction_is_last {
            return None;
        }
        whole &= fraction.is_none();
        value = value * 60.0 + part.replace('_', "").parse::<f64>().ok()?;
    }
    if !whole && !unsigned.contains('.') {
        return None; // `09:30`: an integer doesn't start with 0
    }
    let value = if negative { -value } else { value };
    Some(if whole {
        number(&format!("{value}"))
    } else {
        Number::from_f64(value).map_or(Reading::Unheld, Reading::Number)
    })
}

/// `2001-12-14`, `2001-12-14T21:59:43.10-05:00` and the like.
fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes.iter().skip(from).take_while(|b| b.is_ascii_digit()).count();
    if digits(0) != 4 || bytes.get(4) != Some(&b'-') {
        return false;
    }
    let month = digits(5);
    let day_at = 5 + month + 1;
    if !matches!(month, 1 | 2) || bytes.get(day_at - 1) != Some(&b'-') {
        return false;
    }
    let day = digits(day_at);
    match &bytes.get(day_at + day..) {
        Some([]) => month == 2 && day == 2,
        Some([b'T' | b't' | b' ' | b'\t', rest @ ..]) => {
            matches!(day, 1 | 2)
                && rest.iter().find(|b| !b.is_ascii_whitespace()).is_some_and(u8::is_ascii_digit)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn int(value: i64) -> Reading {
        Reading::Number(value.into())
    }

    fn float(value: f64) -> Reading {
        Reading::Number(Number::from_f64(value).unwrap())
    }

    #[test]
    fn both_versions_agree_on_what_is_common() {
        for (text, reading) in [
            ("", Reading::Null),
            ("~", Reading::Null),
            ("null", Reading::Null),
            ("true", Reading::Bool(true)),
            ("FALSE", Reading::Bool(false)),
            ("0", int(0)),
            ("80", int(80)),
            ("-5", int(-5)),
            ("+5", int(5)),
            ("18446744073709551615", Reading::Number(u64::MAX.into())),
            ("0x1F", int(31)),
            ("16.8", float(16.8)),
            ("16.", float(16.0)),
            (".5", float(0.5)),
            ("1.5e+3", float(1500.0)),
            ("1e5", float(100_000.0)),
            ("1.5e3", float(1500.0)),
            ("-.5", float(-0.5)),
            ("12e4567", Reading::Unheld),
            ("18446744073709551616", Reading::Unheld),
            ("0.1234567890123456789", Reading::Unheld),
            ("1.0e+999", Reading::Unheld),
            ("-.inf", Reading::NotFinite),
            (".nan", Reading::NotFinite),
            ("AWS::Region", Reading::Text),
            ("10.0.0.0/16", Reading::Text),
            ("1.17.1", Reading::Text),
            ("tRue", Reading::Text),
            ("-", Reading::Text),
            (".", Reading::Text),
            ("1e", Reading::Text),
            ("0x", Reading::Text),
            ("y", Reading::Text),
            ("1,5", Reading::Text),
        ] {
            assert_eq!((core(text), old(text)), (reading.clone(), reading), "{text}");
        }
    }

    #[test]
    fn differences_between_the_versions_are_known() {
        for (text, new, before) in [
            ("yes", Reading::Text, Reading::Bool(true)),
            ("Off", Reading::Text, Reading::Bool(false)),
            ("0777", int(777), int(511)),
            ("0888", int(888), float(888.0)),
            ("012345678901", int(12_345_678_901), float(12_345_678_901.0)),
            ("011", int(11), int(9)),
            ("0o17", int(15), Reading::Text),
            ("0b101", Reading::Text, int(5)),
            ("1_000", Reading::Text, int(1000)),
            ("1_000.5", Reading::Text, float(1000.5)),
            ("-0x_1f", Reading::Text, int(-31)),
            ("22:22", Reading::Text, int(1342)),
            ("12:30:45", Reading::Text, int(45_045)),
            ("09:30", Reading::Text, Reading::Text),
            ("1:30.5", Reading::Text, float(90.5)),
            ("2001-12-14", Reading::Text, Reading::Date),
            ("2001-1-4", Reading::Text, Reading::Text),
            ("2001-12-14T21:59:43.10-05:00", Reading::Text, Reading::Date),
            ("=", Reading::Text, Reading::Special),
            ("<<", Reading::Text, Reading::Special),
        ] {
            assert_eq!((core(text), old(text)), (new, before), "{text}");
        }
    }

    #[test]
    fn a_number_keeps_its_value_or_is_not_held() {
        assert_eq!(number("100"), int(100));
        assert_eq!(number("1.50"), Reading::Number(serde_json::from_value(json!(1.5)).unwrap()));
        assert_eq!(number("1E400"), Reading::Unheld);
        assert_eq!(number("1E-400"), Reading::Unheld);
        assert_eq!(number("5e-324"), float(5e-324));
        assert_eq!(number("0e5"), float(0.0));
    }

    #[test]
    fn doubtful_text_is_not_written_plain() {
        for text in ["y", "N", "1.2.3", "+-1", "08:30", "1e5", "0o8", "2012-10-17", "1__0", "123abc"] {
            let doubtful = !is_text_everywhere(text);
            assert_eq!(doubtful, !matches!(text, "+-1"), "{text}");
        }
        for text in ["AWS::Region", "t4g.medium", "a", "10.0.0.0/16", "yes!", "-x"] {
            assert!(is_text_everywhere(text), "{text}");
        }
    }
}
