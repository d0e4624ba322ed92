//! W021: a database's user and password are ones that RDS takes.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::{Item, View};
use super::secret::{generated, resolved};

pub(super) static RULE: Rule = Rule {
    code: Code("W021"),
    severity: Severity::Error,
    title: "the first user of a database has a name and password that RDS allows",
    what: "A generated `MasterUserPassword` has no `/`, `@`, `\"` or space and a length that the engine allows; `MasterUsername` of a PostgreSQL is no reserved word.",
    why: "RDS refuses the database: \"The parameter MasterUserPassword is not a valid password\", at random where only some generated passwords have a wrong character; or \"MasterUsername … is a reserved word\".",
    source: "Amazon RDS API Reference, \"CreateDBCluster\"",
    same_as: &[],
};

const REFUSED: &str = "/@\" ";

/// Names that PostgreSQL on RDS keeps for itself.
const RESERVED: [&str; 8] = [
    "admin",
    "rdsadmin",
    "rdsrepladmin",
    "rds_superuser",
    "rds_replication",
    "rds_password",
    "postgres_fdw",
    "public",
];

fn is_postgres(database: &Item<'_>) -> bool {
    database.text("Engine").is_some_and(|engine| engine.contains("postgres"))
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for database in view.of("AWS::RDS::DBCluster").chain(view.of("AWS::RDS::DBInstance")) {
        if is_postgres(database)
            && let Some(user) = database.text("MasterUsername")
            && RESERVED.contains(&user.to_lowercase().as_str())
        {
            let message = format!("`{user}` is reserved by the engine: RDS refuses the database");
            findings.push(database.finding_of(&RULE, "MasterUsername", message).help("choose another name"));
        }
        let Some(password) = database.get("MasterUserPassword") else { continue };
        let longest = if is_postgres(database) { 99 } else { 41 };
        for (secret, field) in resolved(view, password) {
            let Some(value) = generated(secret, field.as_deref()) else { continue };
            let wrong: Vec<_> =
                value.special.iter().filter(|character| REFUSED.contains(**character)).collect();
            if !wrong.is_empty() {
                let shown: Vec<_> = wrong.iter().map(|character| format!("{character:?}")).collect();
                let message = format!(
                    "the password that `{}` generates can hold {}, which RDS refuses",
                    secret.id,
                    shown.join(", ")
                );
                findings.push(
                    database
                        .finding_at(&RULE, password, message)
                        .help(format!("set `ExcludePunctuation: true` in `{}`", secret.id)),
                );
            }
            if !(8..=longest).contains(&value.length) {
                let message = format!(
                    "the password that `{}` generates has {} characters, allowed are 8 to {longest}",
                    secret.id, value.length
                );
                findings.push(
                    database
                        .finding_at(&RULE, password, message)
                        .help(format!("change `PasswordLength` in `{}`", secret.id)),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::wiring::testing::{none, only};

    const GENERATE: &str = "/DatabaseSecret/Properties/GenerateSecretString";

    #[test]
    fn what_rds_refuses_is_found() {
        let (message, _) = only("W021", &[(&format!("{GENERATE}/ExcludePunctuation"), Json::Null)]);
        assert!(message.contains("can hold '\"', '/', '@'"), "{message}");
        only("W021", &[(&format!("{GENERATE}/PasswordLength"), json!(7))]);
        only("W021", &[("/Database/Properties/MasterUsername", json!("Admin"))]);
    }

    #[test]
    fn what_it_takes_is_not() {
        none(&[
            (&format!("{GENERATE}/ExcludePunctuation"), Json::Null),
            (&format!("{GENERATE}/ExcludeCharacters"), json!("\"@/")),
        ]);
        none(&[("/Database/Properties/MasterUsername", json!("postgres"))]);
    }
}
