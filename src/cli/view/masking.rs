//! What of a source isn't shown in an excerpt: secrets that stand on the same line as what is told of.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use regex_lite::Regex;

use crate::catalog::{has_password, is_possible_secret, is_secret, sounds_secret};

/// A key and its value as YAML, JSON and `--set` have them. A value without quotes ends where a value of a flow map would.
#[expect(clippy::expect_used, reason = "a fixed pattern, which every test of this module compiles")]
static ENTRY: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r#"(?P<key>[A-Za-z_][A-Za-z0-9_-]*)["']?\s*[:=]\s*(?P<value>"(?:[^"\\\n]|\\.)*"?|'[^'\n]*'?|[^\s,}\]\n"'][^,}\]\n]*)"#;
    Regex::new(pattern).expect("the pattern is good")
});

/// The text with asterisks in place of the values that are secrets by their names, and of passwords in URLs. Every byte keeps
/// its place.
pub(super) fn masked(text: &str) -> Cow<'_, str> {
    // Most texts name no secret, and to compile the pattern takes longer than to see that.
    if !text.contains("://") && !words(text).any(is_of_secret) {
        return text.into();
    }
    let mut hidden: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    while let Some(found) = ENTRY.captures_at(text, at) {
        let (Some(key), Some(value)) = (found.name("key"), found.name("value")) else { break };
        let content = value.as_str().trim_end().trim_matches(['"', '\'']);
        let start = value.start() + value.as_str().find(content).unwrap_or_default();
        // A map or list below the key has entries of its own.
        let is_scalar = !content.starts_with(['{', '[', '!', '*', '&']);
        if is_reference(content) {
            at = value.end();
            continue;
        }
        if is_scalar && is_of_secret(key.as_str()) && is_possible_secret(content) {
            hidden.push(start..start + content.len());
        } else if has_password(content) {
            hidden.extend(password(content).map(|range| start + range.start..start + range.end));
        } else {
            // What looks like a value may be the next key: `a: b: c` in a broken text.
            at = value.start().max(key.end() + 1);
            continue;
        }
        at = value.end();
    }
    if hidden.is_empty() {
        return text.into();
    }
    let mut bytes = text.as_bytes().to_vec();
    for range in hidden {
        bytes[range].fill(b'*');
    }
    String::from_utf8(bytes).map_or_else(|_| "…".into(), Cow::Owned)
}

/// Whether the value of a key is a secret by the key's name.
fn is_of_secret(key: &str) -> bool {
    is_secret(key) || sounds_secret(key)
}

/// All that may be a key in a text.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_of_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let words = text.split(move |c: char| !is_of_key(c));
    words.map(|word| word.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-'))
}

/// Whether a value says where the secret is, and isn't it.
fn is_reference(value: &str) -> bool {
    ["{{resolve:", "${", "arn:"].iter().any(|start| value.starts_with(start))
}

/// Where the password stands in a URL.
fn password(url: &str) -> Option<Range<usize>> {
    let start = url.find("://")? + 3;
    let end = url[start..].find(['/', '?', '#']).map_or(url.len(), |length| start + length);
    let at = start + url[start..end].rfind('@')?;
    let colon = start + url[start..at].find(':')?;
    Some(colon + 1..at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_and_all_else_is_shown() {
        for (text, shown) in [
            ("  SECRET_KEY: hunter2", "  SECRET_KEY: *******"),
            (r#"{"DB_PASSWORD": "a\"b, c", "x": 1}"#, r#"{"DB_PASSWORD": "*******", "x": 1}"#),
            ("{ SECRET_KEY: hunter2, LOG_LEVEL: [1] }", "{ SECRET_KEY: *******, LOG_LEVEL: [1] }"),
            ("{ 'my-token': 'it is', b: c }", "{ 'my-token': '*****', b: c }"),
            ("environment.MY_TOKEN=sk-abc", "environment.MY_TOKEN=******"),
            ("DB_URL: \"postgres://u:hunter2@h/db\"", "DB_URL: \"postgres://u:*******@h/db\""),
            ("a: { OPENAI_API_KEY: schlüssel }", "a: { OPENAI_API_KEY: ********** }"),
            ("b: SECRET_KEY: hunter2", "b: SECRET_KEY: *******"),
            ("API_KEY: \"unclosed", "API_KEY: \"********"),
        ] {
            assert_eq!(masked(text), shown);
            assert_eq!(masked(text).len(), text.len());
        }
    }

    #[test]
    fn places_of_secrets_and_what_is_no_secret_stay() {
        for text in [
            "secret_key: { ssm: /dify/secret }",
            "SECRET_KEY: arn:aws:secretsmanager:eu-west-1:1:secret:x",
            "MasterUserPassword: !Ref Secret",
            r#""MasterUserPassword": "{{resolve:secretsmanager:x}}""#,
            "LOG_LEVEL: DEBUG",
            "password:",
            "DB_URL: https://example.com/a:b@c",
            "",
        ] {
            assert_eq!(masked(text), text);
        }
    }
}
