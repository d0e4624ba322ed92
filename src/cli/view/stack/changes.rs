//! Changes of a stack as lines.

use console::style;

use super::lines::{bad, shortened, warning};
use crate::deploy::api::{ChangeAction, PolicyAction, Replacement};
use crate::deploy::changes::{Change, PropertyDelta, Widening};

/// Values are cut to so many characters.
const VALUE_WIDTH: usize = 60;

/// Changes, then what gets wider.
pub(super) fn text(changes: &[Change], widenings: &[Widening]) -> String {
    let mut text = String::new();
    for change in changes {
        write_change(change, 1, &mut text);
    }
    if changes.is_empty() {
        text.push_str("  none\n");
    }
    if !widenings.is_empty() {
        text.push_str(&format!("{}:\n", warning("access gets wider")));
        for widening in widenings {
            text.push_str(&format!("  {}: {}\n", widening.logical_id, widening.words));
        }
    }
    text
}

fn write_change(change: &Change, depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    let sign = match change.action {
        ChangeAction::Add | ChangeAction::Import => style("+").for_stderr().green(),
        ChangeAction::Remove => style("-").for_stderr().red(),
        _ => style("~").for_stderr().yellow(),
    };
    text.push_str(&format!("{indent}{sign} {} ({})", change.logical_id, change.resource_type));
    if change.action == ChangeAction::Import {
        text.push_str(" comes into the stack");
    }
    match change.replacement {
        Replacement::False => {}
        Replacement::True => text.push_str(&format!(", {}", bad("is replaced"))),
        Replacement::Conditional => text.push_str(&format!(", {}", warning("may be replaced"))),
    }
    if let Some(fate) = change.policy_action.map(fate) {
        text.push_str(&format!("; {fate}"));
    }
    if change.holds_data
        && (change.action == ChangeAction::Remove || change.replacement != Replacement::False)
    {
        text.push_str(&format!(" [{}]", bad("holds data")));
    }
    text.push('\n');
    for delta in &change.properties {
        text.push_str(&format!("{indent}    {}\n", property(delta)));
    }
    for nested in &change.nested {
        write_change(nested, depth + 1, text);
    }
}

fn fate(action: PolicyAction) -> &'static str {
    match action {
        PolicyAction::Delete => "it is deleted",
        PolicyAction::Retain => "it stays, outside of the stack",
        PolicyAction::Snapshot => "it is deleted after a snapshot",
        PolicyAction::ReplaceAndDelete => "the old one is deleted",
        PolicyAction::ReplaceAndRetain => "the old one stays, outside of the stack",
        PolicyAction::ReplaceAndSnapshot => "the old one is deleted after a snapshot",
    }
}

/// A property with its values before and after.
pub(super) fn property(delta: &PropertyDelta) -> String {
    let value = |value: &Option<String>, none: &str| match value {
        Some(value) => shortened(&value.split_whitespace().collect::<Vec<_>>().join(" "), VALUE_WIDTH),
        None => none.to_owned(),
    };
    let mut text = delta.path.clone();
    if delta.before.is_some() || delta.after.is_some() {
        text.push_str(&format!(
            ": {} -> {}",
            value(&delta.before, "(none)"),
            value(&delta.after, "(none, or not known yet)")
        ));
    }
    if delta.actual.is_some() {
        text.push_str(&format!("; it is really {}", value(&delta.actual, "")));
    }
    match delta.replacement {
        Replacement::False => {}
        Replacement::True => text.push_str(" (replaces)"),
        Replacement::Conditional => text.push_str(" (may replace)"),
    }
    if let Some(cause) = &delta.cause {
        text.push_str(&format!(", because of {cause}"));
    }
    text
}
