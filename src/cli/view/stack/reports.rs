//! What commands report that don't change anything.

use std::path::Path;

use super::changes;
use crate::deploy::api::{DriftStatus, Output};
use crate::deploy::{DiffReport, DriftReport, FoundNetwork, SecretsReport, StackReport};

/// A stack in brief.
pub(in crate::cli) fn status(report: &StackReport) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| text.push_str(&format!("{name:<12}{value}\n"));
    line("stack", &report.stack);
    match (&report.id, &report.status) {
        (Some(id), Some(status)) => {
            line("id", id);
            line("status", status.as_str());
        }
        _ => line("status", "it isn't there"),
    }
    if let Some(reason) = &report.reason {
        line("reason", reason);
    }
    if let Some(created) = report.created {
        line("created", &created.to_string());
    }
    if let Some(updated) = report.updated {
        line("updated", &updated.to_string());
    }
    if report.id.is_some() {
        line("protected", if report.termination_protection { "yes" } else { "no" });
    }
    if !report.resources.is_empty() {
        let counts: Vec<String> =
            report.resources.iter().map(|(status, count)| format!("{count} {status}")).collect();
        line("resources", &counts.join(", "));
    }
    for next in &report.next {
        line("next", next);
    }
    text
}

/// Outputs, a line each, for `grep` and `cut`.
pub(in crate::cli) fn outputs(outputs: &[Output]) -> String {
    let width = outputs.iter().map(|output| output.key.len()).max().unwrap_or(0);
    outputs.iter().map(|output| format!("{:<width$}  {}\n", output.key, output.value)).collect()
}

/// What was changed by hand.
pub(in crate::cli) fn drift(report: &DriftReport) -> String {
    let mut text = String::new();
    for drift in &report.drifted {
        let what = match drift.status {
            DriftStatus::Deleted => "is gone",
            DriftStatus::Modified => "was changed",
            DriftStatus::InSync | DriftStatus::NotChecked => "can't be told",
        };
        text.push_str(&format!("{} ({}) {what}\n", drift.logical_id, drift.resource_type));
        for difference in &drift.differences {
            text.push_str(&format!(
                "    {}: the stack says {}, it is {}\n",
                difference.path, difference.expected, difference.actual
            ));
        }
    }
    if report.drifted.is_empty() {
        text.push_str("nothing was changed by hand\n");
    } else {
        text.push_str("dify-cfn deploy --revert-drift puts it back\n");
    }
    if let Some(reason) = &report.incomplete {
        text.push_str(&format!("not everything could be looked at: {reason}\n"));
    }
    text
}

/// What a deploy would change.
pub(in crate::cli) fn diff(report: &DiffReport, by_change_set: bool) -> String {
    if report.is_empty() {
        return format!("{}: no differences\n", report.stack);
    }
    let mut text = String::new();
    if report.is_new {
        text.push_str(&format!("{} isn't there yet: everything is new\n", report.stack));
    }
    text.push_str("resources:\n");
    text.push_str(&changes::text(&report.diff.resources, &report.widenings));
    for (title, deltas) in [("parameters", &report.diff.parameters), ("outputs", &report.diff.outputs)] {
        if !deltas.is_empty() {
            text.push_str(&format!("{title}:\n"));
            for delta in deltas {
                text.push_str(&format!("    {}\n", changes::property(delta)));
            }
        }
    }
    if !report.losses.is_empty() {
        text.push_str("data that would be lost, or may be:\n");
        for loss in &report.losses {
            text.push_str(&format!("  {loss}\n"));
        }
    }
    if !by_change_set && !report.is_new {
        text.push_str(
            "what is replaced is read from the resource types' schemas; --change-set asks CloudFormation\n",
        );
    }
    super::plain_unless_terminal(&text)
}

/// What was made and what was there.
pub(in crate::cli) fn secrets(report: &SecretsReport) -> String {
    let created = report.created.iter().map(|name| format!("created  {name}\n"));
    let present = report.present.iter().map(|name| format!("present  {name}\n"));
    created.chain(present).collect()
}

/// What a look-up found.
pub(in crate::cli) fn network(found: &FoundNetwork, file: &Path) -> String {
    format!(
        "vpc      {} ({})\npublic   {}\nprivate  {}\nwritten to {}\n",
        found.vpc_id,
        found.vpc_cidr,
        found.public_subnet_ids.join(", "),
        found.private_subnet_ids.join(", "),
        file.display()
    )
}
