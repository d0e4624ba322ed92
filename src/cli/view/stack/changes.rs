//! Changes of a stack as lines.

use std::collections::BTreeSet;

use console::style;

use super::lines::{bad, shortened, warning};
use crate::deploy::api::{ChangeAction, PolicyAction, Replacement};
use crate::deploy::changes::{Change, PropertyDelta, Widening, WideningKind};

/// Values are cut to so many characters.
const VALUE_WIDTH: usize = 60;

/// More lines of one kind than this are summed up, where a stack is new.
const MOST_LINES_OF_A_KIND: usize = 5;

/// Changes, then what gets wider.
pub(super) fn text(changes: &[Change], widenings: &[Widening]) -> String {
    let mut text = String::new();
    for change in changes {
        write_change(change, 1, &mut text);
    }
    if changes.is_empty() {
        text.push_str("  none\n");
    }
    text.push_str(&wider(widenings));
    text
}

/// Changes of a stack that isn't there yet: all of its access is new, and what is as usual is summed up by its kind.
pub(super) fn text_of_new(changes: &[Change], widenings: &[Widening]) -> String {
    let count = |kind| widenings.iter().filter(|widening| widening.kind == kind).count();
    let is_summed = |kind: WideningKind| !kind.is_told_one_by_one() && count(kind) > MOST_LINES_OF_A_KIND;
    let told: Vec<Widening> =
        widenings.iter().filter(|widening| !is_summed(widening.kind)).cloned().collect();
    let mut text = text(changes, &told);
    let kinds = [
        (WideningKind::Network, "paths in the network"),
        (WideningKind::Permission, "permissions"),
        (WideningKind::Trust, "entries of who may act as a role"),
    ];
    let summed: Vec<String> = kinds
        .into_iter()
        .filter(|(kind, _)| is_summed(*kind))
        .map(|(kind, words)| {
            let of_kind = widenings.iter().filter(|widening| widening.kind == kind);
            let resources: BTreeSet<&str> = of_kind.map(|widening| widening.logical_id.as_str()).collect();
            format!("{} {words} in {} resources", count(kind), resources.len())
        })
        .collect();
    if !summed.is_empty() {
        let title =
            if told.is_empty() { format!("{}:\n", warning("access gets wider")) } else { String::new() };
        text.push_str(&format!("{title}  besides, {}; --verbose lists them\n", summed.join(", ")));
    }
    text
}

fn wider(widenings: &[Widening]) -> String {
    if widenings.is_empty() {
        return String::new();
    }
    let mut text = format!("{}:\n", warning("access gets wider"));
    for widening in widenings {
        text.push_str(&format!("  {}: {}\n", widening.logical_id, widening.words));
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
        Replacement::False if change.action == ChangeAction::Modify => text.push_str(", in place"),
        Replacement::False => {}
        Replacement::True => text.push_str(&format!(", {}", bad("is replaced"))),
        Replacement::Conditional => text.push_str(&format!(", {}", warning("may be replaced"))),
    }
    if let Some(fate) = change.policy_action.map(fate) {
        text.push_str(&format!("; {fate}"));
    }
    if change.holds_data && change.action != ChangeAction::Add {
        let is_in_danger = change.action == ChangeAction::Remove || change.replacement != Replacement::False;
        let words = if is_in_danger { bad("holds data") } else { "holds data".to_owned() };
        text.push_str(&format!(" [{words}]"));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::picture::{Picture, Pictured};
    use crate::deploy::template_diff;
    use serde_json::json;

    #[test]
    fn each_change_says_what_becomes_of_the_resource() {
        let picture = |name: &str, size: &str| -> Picture {
            let resource = |resource_type: &str, properties| Pictured {
                resource_type: resource_type.into(),
                properties,
                ..Pictured::default()
            };
            let mut picture = Picture::new();
            picture.insert(
                "DatabaseCluster".into(),
                resource("AWS::RDS::DBCluster", json!({"DatabaseName": name, "BackupRetentionPeriod": 7})),
            );
            let instance = json!({"DBClusterIdentifier": "${DatabaseCluster}", "DBInstanceClass": size});
            picture.insert("DatabaseWriter".into(), resource("AWS::RDS::DBInstance", instance));
            picture.insert(
                "Url".into(),
                resource("AWS::SSM::Parameter", json!({"Value": "${DatabaseCluster.Endpoint.Address}"})),
            );
            picture
        };
        let text = |from: &Picture, to: &Picture| text(&template_diff::resources(from, to), &[]);
        let small = picture("dify", "db.t4g.medium");
        let both = [
            text(&small, &picture("dify", "db.r7g.large")),
            text(&small, &picture("other", "db.t4g.medium")),
            text(&small, &Picture::new()),
            text(&Picture::new(), &small),
        ];
        insta::assert_snapshot!(console::strip_ansi_codes(&both.join("\n")));
    }
}
