//! Aurora PostgreSQL.

use super::format::is_identifier;
use super::references::{KEY, SNAPSHOT};
use super::versions::{Standing, aurora, aurora_list};
use super::window::Window;
use super::{Findings, at, code};
use crate::config::model::KmsKey;
use crate::document::excerpt;

/// Names that the master user can't have.
///
/// Source: Amazon RDS User Guide, "Master user account privileges"; names that RDS for `PostgreSQL` reserves.
const RESERVED_USERS: [&str; 5] = ["admin", "rdsadmin", "rdsrepladmin", "rdstopmgr", "rds_superuser"];

pub(super) fn check(findings: &mut Findings<'_>) {
    let config = findings.config;
    let database = &config.database;
    check_version(findings);
    check_class(findings);
    check_serverless(findings);
    check_names(findings);
    findings.windows(
        "/database/backup_window",
        database.backup_window.as_deref(),
        "/database/maintenance_window",
        database.maintenance_window.as_deref(),
        30,
    );
    check_parameters(findings);
    if let KmsKey::Arn(key) = &database.kms_key {
        if key.starts_with("arn:") {
            findings.arn("/database/kms_key", key, KEY);
        } else {
            let message = format!(
                "`database.kms_key` can't be `{}`; use `aws`, `customer` or the ARN of a key",
                excerpt(key)
            );
            let near = crate::diagnostic::nearest(key, ["aws", "customer"]);
            let help = near.map_or_else(
                || "write arn:aws:kms:REGION:ACCOUNT:key/ID for a key of your own".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            findings.error(code::NOT_ALLOWED, "/database/kms_key", message, help);
        }
    }
    if let Some(snapshot) = &database.restore_from {
        findings.arn("/database/restore_from", snapshot, SNAPSHOT);
        if config.secrets.database_password.is_none() {
            findings.error(
                code::RESTORE,
                "/database/restore_from",
                "a restored database keeps its old password, which isn't given",
                "set `secrets.database_password` to where that password is kept",
            );
        }
    }
}

fn check_version(findings: &mut Findings<'_>) {
    let pointer = "/database/engine_version";
    let version = &findings.config.database.engine_version;
    match aurora(version) {
        Standing::Known => {}
        Standing::Unknown => findings.warning(
            code::ENGINE_VERSION,
            pointer,
            format!("Aurora PostgreSQL {version} isn't known here"),
            format!("known are {}", aurora_list()),
        ),
        Standing::Gone => findings.error(
            code::ENGINE_VERSION,
            pointer,
            format!("Aurora PostgreSQL {version} isn't offered any more"),
            format!("use one of {}", aurora_list()),
        ),
        Standing::NoVersion => {
            findings.format(
                pointer,
                version,
                "a major and a minor version",
                "write it in quotes, as in \"16.8\"",
            );
        }
    }
}

fn check_class(findings: &mut Findings<'_>) {
    let pointer = "/database/instance_class";
    let class = &findings.config.database.instance_class;
    if class == "db.serverless" {
        let message = "`db.serverless` is the class of Serverless v2, which has a key of its own";
        let help = "write `database: { serverless: { min_capacity: 0.5, max_capacity: 4 } }` and remove `instance_class`";
        return findings.error(code::INSTANCE_CLASS, pointer, message, help);
    }
    let parts: Vec<&str> = class.split('.').collect();
    match parts.as_slice() {
        ["db", family, "micro" | "small"] if family.starts_with('t') => {
            let message = format!("Aurora PostgreSQL has no class `{class}`");
            findings.error(
                code::INSTANCE_CLASS,
                pointer,
                message,
                "the smallest are db.t4g.medium and db.t3.medium",
            );
        }
        ["db", family, size] if is_word(family) && is_word(size) => {}
        _ => findings.format(pointer, class, "a class of database instances", "write it as in db.t4g.medium"),
    }
}

/// Whether a text is lowercase letters, digits and hyphens.
pub(super) fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

fn check_serverless(findings: &mut Findings<'_>) {
    let Some(serverless) = &findings.config.database.serverless else { return };
    let (min, max) = (serverless.min_capacity, serverless.max_capacity);
    let key = |key: &str| at(&["database", "serverless", key]);
    if min > max {
        let (shown, message) =
            (key("min_capacity"), format!("the database has at least {min} ACU and at most {max}"));
        findings.error(code::SERVERLESS, &shown, message, "lower `min_capacity` or raise `max_capacity`");
    }
    if serverless.seconds_until_auto_pause.is_some() && min > 0.0 {
        findings.error(
            code::SERVERLESS,
            &key("seconds_until_auto_pause"),
            format!("a database of at least {min} ACU never pauses"),
            "set `min_capacity: 0`, or remove `seconds_until_auto_pause`",
        );
    }
    if findings.located.is_set("/database/instance_class") {
        findings.warning(
            code::SERVERLESS,
            "/database/instance_class",
            "`database.instance_class` does nothing beside `database.serverless`",
            "remove one of the two",
        );
    }
}

fn check_names(findings: &mut Findings<'_>) {
    let database = &findings.config.database;
    let keys = [
        ("name", &database.name),
        ("plugin_database", &database.plugin_database),
        ("username", &database.username),
    ];
    for (key, name) in keys {
        if !is_identifier(name) {
            let message = format!("`database.{key}` can't be `{}`", excerpt(name));
            let help = "use up to 63 letters, digits and `_`, a letter first";
            findings.error(code::DATABASE_NAME, &at(&["database", key]), message, help);
        }
    }
    let username = database.username.to_lowercase();
    if RESERVED_USERS.contains(&username.as_str()) || username.starts_with("pg_") {
        let message = format!("`database.username` can't be `{}`, which is reserved", database.username);
        findings.error(code::DATABASE_NAME, "/database/username", message, "choose another, such as dify");
    }
    if database.name == database.plugin_database {
        let pointer = findings.written_of(&["/database/plugin_database", "/database/name"]);
        let message =
            format!("Dify and the plugin daemon have the same database, `{}`", excerpt(&database.name));
        findings.error(code::DATABASE_NAME, pointer, message, "give each its own: their tables would mix");
    }
}

fn check_parameters(findings: &mut Findings<'_>) {
    for name in findings.config.database.parameters.keys() {
        let pointer = at(&["database", "parameters", name]);
        if name.starts_with("hnsw.") || name.starts_with("ivfflat.") {
            let message = format!("`{name}` isn't a parameter of a cluster, but of a session");
            let help = "set it in the database, with ALTER DATABASE";
            findings.key_error(code::ENGINE_PARAMETER, &pointer, message, help);
        } else if !is_parameter(name) {
            let message = format!("a parameter can't be called `{}`", excerpt(name));
            findings.key_error(code::ENGINE_PARAMETER, &pointer, message, "write it as in work_mem");
        }
    }
}

/// Whether a text looks like the name of an engine's parameter.
pub(super) fn is_parameter(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.-".contains(c))
}

impl Findings<'_> {
    /// Checks a daily and a weekly window, their least length in minutes, and that they don't overlap.
    ///
    /// Sources: Amazon RDS API Reference, `CreateDBCluster`; Amazon `ElastiCache` API Reference, `CreateReplicationGroup`.
    pub(super) fn windows(
        &mut self,
        daily_key: &str,
        daily: Option<&str>,
        weekly_key: &str,
        weekly: Option<&str>,
        least: u32,
    ) {
        let daily = daily.and_then(|text| {
            let help = "write it in UTC, as in 03:00-04:00";
            self.window(daily_key, text, Window::daily(text), "a time of the day, hh:mm-hh:mm", help, least)
        });
        let weekly = weekly.and_then(|text| {
            let help = "write it in UTC, as in sun:04:00-sun:05:00";
            self.window(
                weekly_key,
                text,
                Window::weekly(text),
                "a time of the week, ddd:hh:mm-ddd:hh:mm",
                help,
                least,
            )
        });
        if let (Some(daily), Some(weekly)) = (daily, weekly)
            && weekly.overlaps_daily(daily)
        {
            let message = format!("`{}` overlaps `{}`", super::dotted(weekly_key), super::dotted(daily_key));
            self.error(code::WINDOW, weekly_key, message, "move one of them");
        }
    }

    fn window(
        &mut self,
        pointer: &str,
        text: &str,
        window: Option<Window>,
        what: &str,
        help: &str,
        least: u32,
    ) -> Option<Window> {
        match window {
            None => {
                let message =
                    format!("`{}` has to be {what}, found `{}`", super::dotted(pointer), excerpt(text));
                self.error(code::WINDOW, pointer, message, help);
            }
            Some(window) if window.minutes() < least => {
                let minutes = window.minutes();
                let message = format!(
                    "`{}` has to last {least} minutes or more, found {minutes}",
                    super::dotted(pointer)
                );
                self.error(code::WINDOW, pointer, message, help);
            }
            Some(_) => {}
        }
        window
    }
}
