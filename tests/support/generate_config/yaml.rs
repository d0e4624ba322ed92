//! Values as YAML.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

/// A value as YAML in block style.
pub(crate) fn yaml(value: &Json) -> String {
    let mut text = String::new();
    match value {
        Json::Object(entries) if entries.is_empty() => text.push_str("# nothing\n"),
        _ => write_at(value, 0, &mut text),
    }
    text
}

fn write_at(value: &Json, depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Json::Object(entries) if !entries.is_empty() => {
            for (key, value) in entries {
                let _ = write!(text, "{indent}{}:", scalar(&json!(key)));
                write_below(value, depth, text);
            }
        }
        Json::Array(items) if !items.is_empty() => {
            for item in items {
                let _ = write!(text, "{indent}-");
                write_below(item, depth, text);
            }
        }
        other => {
            let _ = writeln!(text, "{indent}{}", scalar(other));
        }
    }
}

/// What stands behind a colon or a dash.
fn write_below(value: &Json, depth: usize, text: &mut String) {
    let is_block = match value {
        Json::Object(entries) => !entries.is_empty(),
        Json::Array(items) => !items.is_empty(),
        _ => false,
    };
    if is_block {
        text.push('\n');
        write_at(value, depth + 1, text);
    } else {
        let _ = writeln!(text, " {}", scalar(value));
    }
}

/// A scalar, plain where no reader could take it for anything but text.
fn scalar(value: &Json) -> String {
    match value {
        Json::String(word)
            if word.len() > 3
                && word.chars().all(|c| c.is_ascii_alphabetic() || c == '_')
                && !["true", "false", "null"].contains(&word.to_lowercase().as_str()) =>
        {
            word.clone()
        }
        other => other.to_string(),
    }
}
