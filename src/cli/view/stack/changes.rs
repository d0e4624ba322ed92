//! Changes of a stack as lines.

use std::collections::BTreeSet;

use console::style;

use super::lines::{bad, shortened, warning};
use crate::deploy::api::{ChangeAction, PolicyAction, Replacement};
use crate::deploy::changes::{Change, PropertyDelta, Widening, WideningKind};

/// Values are cut to so many characters.
const VALUE_WIDTH: usize = 60;

/// More lines of one kind than this are summed up: access of a new stack, resources of which only tags change.
const MOST_LINES_OF_A_KIND: usize = 5;

/// Changes, then what gets wider.
pub(super) fn text(changes: &[Change], widenings: &[Widening]) -> String {
    let mut text = String::new();
    let (tagged, others): (Vec<&Change>, Vec<&Change>) =
        changes.iter().partition(|change| is_of_tags(change));
    let is_summed = tagged.len() > MOST_LINES_OF_A_KIND;
    for change in if is_summed { others } else { changes.iter().collect() } {
        write_change(change, 1, &mut text);
    }
    if is_summed {
        text.push_str(&format!("  ~ {} resources get other tags, and nothing else\n", tagged.len()));
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

/// Whether nothing but a resource's tags changes: a tag of the stack changes those of all.
fn is_of_tags(change: &Change) -> bool {
    let mut paths = change.properties.iter().map(|delta| delta.path.as_str()).peekable();
    change.action == ChangeAction::Modify
        && change.replacement == Replacement::False
        && change.nested.is_empty()
        && paths.peek().is_some()
        && paths.all(|path| {
            ["/Tags", "/Properties/Tags"]
                .iter()
                .any(|tags| path == *tags || path.starts_with(&format!("{tags}/")))
        })
}

fn wider(widenings: &[Widening]) -> String {
    if widenings.is_empty() {
        return String::new();
    }
    let mut text = format!("{}:\n", warning("access gets wider"));
    for widening in widenings {
        let Widening { logical_id: id, words, .. } = widening;
        let is_named = words.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == id);
        let subject = if is_named { String::new() } else { format!("{id}: ") };
        text.push_str(&format!("  {subject}{words}\n"));
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
    fn resources_of_which_only_tags_change_are_summed_up() {
        let of = |id: &str, path: &str| Change {
            action: ChangeAction::Modify,
            logical_id: id.to_owned(),
            resource_type: "AWS::S3::Bucket".to_owned(),
            properties: vec![PropertyDelta { path: path.to_owned(), ..PropertyDelta::default() }],
            ..Change::default()
        };
        let mut changes: Vec<Change> =
            (0..6).map(|number| of(&format!("Tagged{number}"), "/Properties/Tags/0/Value")).collect();
        changes.push(of("Other", "/Properties/TagsOfMine"));
        let told = text(&changes, &[]);
        assert!(told.contains("6 resources get other tags, and nothing else"), "{told}");
        assert!(told.contains("Other") && !told.contains("Tagged0"), "{told}");
        assert!(text(&changes[..5], &[]).contains("Tagged0"), "few are told one by one");
    }

    #[test]
    fn a_widening_that_names_its_resource_does_not_so_twice() {
        let of = |id: &str| Widening {
            logical_id: id.to_owned(),
            words: "Role may s3:* on everything".to_owned(),
            kind: WideningKind::Permission,
        };
        assert!(wider(&[of("Role")]).ends_with("\n  Role may s3:* on everything\n"));
        assert!(wider(&[of("Rol")]).ends_with("\n  Rol: Role may s3:* on everything\n"));
    }

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
