//! W060: Dify's database is there.

use crate::catalog::Image;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::dify::{image, running};
use super::ecs::variable;
use super::model::{View, mentions};

pub(super) static RULE: Rule = Rule {
    code: Code("W060"),
    severity: Severity::Error,
    title: "the database that Dify connects to is the one that the cluster creates",
    what: "Where a container with Dify's api image is given the address of a cluster of the template, `DB_DATABASE` (`dify` if it is left out) is the cluster's `DatabaseName`. The plugin daemon creates its own.",
    why: "Nothing creates another one: Dify stops at start with \"FATAL: database … does not exist\".",
    source: "Amazon Aurora User Guide, \"Creating an Amazon Aurora DB cluster\"; Dify, `api/configs/middleware/__init__.py`",
    same_as: &[],
};

/// What Dify connects to if nothing is said.
const DEFAULT_DATABASE: &str = "dify";

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for (_, task, container) in running(view) {
        if image(container).is_none_or(|(image, _)| image != Image::Api) {
            continue;
        }
        let Some(host) = variable(container, "DB_HOST") else { continue };
        let cluster = view.of("AWS::RDS::DBCluster").find(|cluster| mentions(host).contains(cluster.id));
        let restored = ["SnapshotIdentifier", "SourceDBClusterIdentifier", "GlobalClusterIdentifier"];
        let Some(cluster) = cluster.filter(|cluster| restored.iter().all(|key| cluster.get(key).is_none()))
        else {
            continue;
        };
        let wanted = match variable(container, "DB_DATABASE") {
            Some(value) => match value.text() {
                Some(text) => text.into_owned(),
                None => continue,
            },
            None => DEFAULT_DATABASE.to_owned(),
        };
        let created = match cluster.get("DatabaseName") {
            Some(value) => match value.text() {
                Some(text) => text.into_owned(),
                None => continue,
            },
            // PostgreSQL always has this one.
            None => "postgres".to_owned(),
        };
        if wanted != created {
            let message = format!(
                "Dify connects to the database `{wanted}`, but `{}` creates `{created}` only: it stops at start",
                cluster.id
            );
            let place = variable(container, "DB_DATABASE").unwrap_or(host);
            findings.push(
                task.finding_at(&RULE, place, message)
                    .help(format!("make `DB_DATABASE` and `DatabaseName` of `{}` the same", cluster.id)),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::wiring::testing::{none, only};

    const NAME: &str = "/ApiTask/Properties/ContainerDefinitions/0/Environment/-";

    #[test]
    fn a_database_that_nobody_creates_is_found() {
        let (message, _) = only("W060", &[(NAME, json!({"Name": "DB_DATABASE", "Value": "other"}))]);
        assert!(message.contains("the database `other`, but `Database` creates `dify` only"), "{message}");
    }

    #[test]
    fn the_clusters_own_and_one_that_is_not_known_are_not() {
        none(&[(NAME, json!({"Name": "DB_DATABASE", "Value": "dify"}))]);
        none(&[(NAME, json!({"Name": "DB_DATABASE", "Value": {"Fn::ImportValue": "name"}}))]);
        none(&[
            ("/Database/Properties/SnapshotIdentifier", json!("snapshot")),
            ("/Database/Properties/DatabaseName", Json::Null),
        ]);
    }
}
