//! W171: the windows of a database are long enough and apart.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::View;

pub(super) static RULE: Rule = Rule {
    code: Code("W171"),
    severity: Severity::Error,
    title: "the windows of a database are at least half an hour long, and apart",
    what: "`PreferredBackupWindow` is `hh:mm-hh:mm`, `PreferredMaintenanceWindow` is `ddd:hh:mm-ddd:hh:mm`, both in UTC and at least 30 minutes long, and they have no minute in common.",
    why: "RDS refuses the database: \"Backup window must be at least 30 minutes\", \"The backup window and maintenance window must not overlap\".",
    source: "Amazon RDS API Reference, \"CreateDBCluster\" and \"CreateDBInstance\"",
    same_as: &[
        "cdk-preflight pf-rds-backup-window-duration",
        "cdk-preflight pf-rds-backup-window-format",
        "cdk-preflight pf-rds-window-overlap",
    ],
};

const DAY: u32 = 24 * 60;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Minutes since midnight.
fn minutes(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let is_short = hours.len() == 2 && minutes.len() == 2;
    let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
    (is_short && hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

/// Minutes since the beginning of Monday.
fn moment(text: &str) -> Option<u32> {
    let (day, time) = text.split_once(':')?;
    let day = DAYS.iter().position(|name| name.eq_ignore_ascii_case(day))?;
    Some(u32::try_from(day).ok()? * DAY + minutes(time)?)
}

/// Beginning and length in minutes.
fn window(text: &str, at: fn(&str) -> Option<u32>, whole: u32) -> Option<(u32, u32)> {
    let (start, end) = text.split_once('-')?;
    let (start, end) = (at(start)?, at(end)?);
    Some((start, (end + whole - start) % whole))
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for database in view.of("AWS::RDS::DBCluster").chain(view.of("AWS::RDS::DBInstance")) {
        let mut read = |path: &str, at: fn(&str) -> Option<u32>, whole: u32, form: &str| {
            let text = database.text(path)?;
            let found = window(&text, at, whole);
            let message = match found {
                None => format!("\"{text}\" is no window"),
                Some((_, length)) if length < 30 => {
                    format!("the window is {length} minutes long, 30 are the least")
                }
                Some(_) => return found,
            };
            let message = format!("{message}: RDS refuses the database");
            findings.push(
                database.finding_of(&RULE, path, message).help(format!("write it like `{form}`, in UTC")),
            );
            None
        };
        let backup = read("PreferredBackupWindow", minutes, DAY, "17:00-17:30");
        let maintenance = read("PreferredMaintenanceWindow", moment, 7 * DAY, "sun:18:00-sun:18:30");
        let (Some((start, length)), Some((from, duration))) = (backup, maintenance) else { continue };
        // How far one begins after the other, on each day of the week.
        let overlap = (0..7).any(|day| {
            let start = start + day * DAY;
            let after = (start + 7 * DAY - from) % (7 * DAY);
            let before = (from + 7 * DAY - start) % (7 * DAY);
            after < duration || before < length
        });
        if overlap {
            let message = "backup and maintenance window overlap: RDS refuses the database";
            findings.push(
                database
                    .finding_of(&RULE, "PreferredBackupWindow", message)
                    .help("begin one when the other has ended"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::testing::{found, resource};

    fn count(windows: Json) -> usize {
        found("W171", resource("AWS::RDS::DBCluster", windows)).len()
    }

    fn both(backup: &str, maintenance: &str) -> usize {
        count(json!({"PreferredBackupWindow": backup, "PreferredMaintenanceWindow": maintenance}))
    }

    #[test]
    fn windows_have_a_form_and_a_length() {
        assert_eq!(both("17:00-17:30", "sun:18:00-sun:18:30"), 0);
        for backup in ["5pm-6pm", "17:00-17:29", "24:00-24:30", "7:00-8:00"] {
            assert_eq!(count(json!({"PreferredBackupWindow": backup})), 1, "{backup}");
        }
        assert_eq!(count(json!({"PreferredMaintenanceWindow": "sunday:18:00-sun:18:30"})), 1);
        assert_eq!(count(json!({"PreferredBackupWindow": {"Ref": "AWS::StackName"}})), 0);
    }

    #[test]
    fn windows_are_apart() {
        assert_eq!(both("17:00-18:00", "sun:17:30-sun:18:30"), 1);
        assert_eq!(both("23:30-00:30", "mon:00:00-mon:00:30"), 1);
        assert_eq!(both("23:30-00:30", "sun:23:45-mon:00:15"), 1);
        assert_eq!(both("23:30-00:00", "mon:00:00-mon:00:30"), 0);
    }
}
