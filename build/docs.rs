//! What the documentation of a property says of the schema's limits.

use super::schema::{Kind, Node, Range, Schema};

/// The limits of a value, sentence by sentence.
pub(crate) fn limits(schema: &Schema, node: &Node) -> Vec<String> {
    let mut sentences = own_limits(node, "");
    let Some((_, resolved)) = schema.resolve(node) else { return sentences };
    if matches!(node.kind, Kind::Reference(_)) {
        sentences.extend(own_limits(resolved, ""));
    }
    if let Kind::List(items) = &resolved.kind
        && let Some((_, items)) = schema.resolve(items)
    {
        sentences.extend(own_limits(items, "Each: "));
    }
    sentences.dedup();
    sentences
}

fn own_limits(node: &Node, prefix: &str) -> Vec<String> {
    let limits = &node.limits;
    let mut sentences = Vec::new();
    sentences.extend(range(&limits.length, " characters"));
    sentences.extend(range(&limits.items, " items"));
    sentences.extend(range(&limits.size, ""));
    if !limits.allowed.is_empty() {
        sentences.push(format!("One of {}.", limits.allowed.join(", ")));
    }
    if let Some(pattern) = &limits.pattern {
        sentences.push(format!("Pattern {}.", code(pattern)));
    }
    sentences.iter().map(|sentence| format!("{prefix}{sentence}")).collect()
}

fn range(range: &Range, unit: &str) -> Option<String> {
    match (&range.least, &range.most) {
        (None, None) => None,
        (Some(least), None) => Some(format!("At least {}.", count(least, unit))),
        (None, Some(most)) => Some(format!("At most {}.", count(most, unit))),
        (Some(least), Some(most)) if least == most => Some(format!("Exactly {}.", count(most, unit))),
        (Some(least), Some(most)) => Some(format!("{least} to {most}{unit}.")),
    }
}

/// The number with its unit, in the singular for one.
fn count(number: &str, unit: &str) -> String {
    let unit = if number == "1" { unit.trim_end_matches('s') } else { unit };
    format!("{number}{unit}")
}

/// The text as code of Markdown, on one line, whatever backticks it holds.
fn code(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}
