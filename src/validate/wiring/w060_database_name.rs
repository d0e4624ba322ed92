//! W060: Dify's database is there.

use std::borrow::Cow;

use crate::catalog::Image;
use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::dify::{image, running};
use super::ecs::{has_hidden_variables, secret_variable, variable};
use super::model::{Item, View, is_made_from};

pub(super) static RULE: Rule = Rule {
    code: Code("W060"),
    severity: Severity::Error,
    title: "the database that Dify connects to is the one that the cluster creates",
    what: "Where a container with Dify's api image is given the address of a cluster of the template that isn't restored from another or part of a global one, `DB_DATABASE` (`dify` if it is left out) is the cluster's `DatabaseName` (`postgres` if it is left out); so is `PGVECTOR_DATABASE` where `VECTOR_STORE` is pgvector in that cluster, which is a warning. The plugin daemon creates its own.",
    why: "Nothing creates another one: Dify stops at start with \"FATAL: database … does not exist\". Without that of the vectors no document is indexed, unless somebody creates it by hand.",
    source: "Amazon Aurora User Guide, \"Creating an Amazon Aurora DB cluster\"; Dify, `api/configs/middleware/__init__.py`",
    same_as: &[],
};

/// What Dify connects to if nothing is said.
const DEFAULT_DATABASE: &str = "dify";

/// The cluster that an address is of, if it begins with a database of its own.
fn cluster<'v, 't>(view: &'v View<'_, 't>, host: &Evaluated<'t>) -> Option<&'v Item<'t>> {
    let restored = ["SnapshotIdentifier", "SourceDBClusterIdentifier", "GlobalClusterIdentifier"];
    view.of("AWS::RDS::DBCluster")
        .find(|cluster| is_made_from(host, cluster.id))
        .filter(|cluster| restored.iter().all(|key| cluster.get(key).is_none()))
}

/// The database that a cluster begins with, if it is known.
fn created<'v>(cluster: &'v Item<'_>) -> Option<Cow<'v, str>> {
    match cluster.get("DatabaseName") {
        Some(value) => value.text(),
        // PostgreSQL always has this one.
        None => Some("postgres".into()),
    }
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for (_, task, container) in running(view) {
        if image(task, container).is_none_or(|(image, _)| image != Image::Api) {
            continue;
        }
        findings.extend(main_database(view, task, container));
        findings.extend(vector_database(view, task, container));
    }
}

fn main_database<'t>(view: &View<'_, 't>, task: &Item<'t>, container: &Evaluated<'t>) -> Option<Diagnostic> {
    let host = variable(container, "DB_HOST")?;
    let cluster = cluster(view, host)?;
    let named = variable(container, "DB_DATABASE");
    // It may come from elsewhere.
    let is_secret = secret_variable(container, "DB_DATABASE").is_some();
    if named.is_none() && (is_secret || has_hidden_variables(container)) {
        return None;
    }
    let wanted = named.map_or(Some(DEFAULT_DATABASE.into()), Evaluated::text)?;
    let created = created(cluster).filter(|created| *created != wanted)?;
    let message = format!(
        "Dify connects to the database `{wanted}`, but `{}` creates `{created}` only: it stops at start",
        cluster.id
    );
    let help = format!("make `DB_DATABASE` and `DatabaseName` of `{}` the same", cluster.id);
    Some(task.finding_at(&RULE, named.unwrap_or(host), message).help(help))
}

fn vector_database<'t>(
    view: &View<'_, 't>,
    task: &Item<'t>,
    container: &Evaluated<'t>,
) -> Option<Diagnostic> {
    variable(container, "VECTOR_STORE")?.text().filter(|store| store == "pgvector")?;
    let cluster = cluster(view, variable(container, "PGVECTOR_HOST")?)?;
    let named = variable(container, "PGVECTOR_DATABASE")?;
    let wanted = named.text()?;
    let created = created(cluster).filter(|created| *created != wanted)?;
    let message = format!(
        "Dify keeps its vectors in the database `{wanted}`, but `{}` creates `{created}` only: no document is indexed",
        cluster.id
    );
    let help = format!("write `{created}`, or create the database before Dify is used");
    let mut finding = task.finding_at(&RULE, named, message).help(help);
    finding.severity = Severity::Warning;
    Some(finding)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::RULE;
    use crate::validate::wiring::testing::{found, none, only};

    const NAME: &str = "/ApiTask/Properties/ContainerDefinitions/0/Environment/-";

    #[test]
    fn a_database_that_nobody_creates_is_found() {
        let (message, _) = only("W060", &[(NAME, json!({"Name": "DB_DATABASE", "Value": "other"}))]);
        assert!(message.contains("the database `other`, but `Database` creates `dify` only"), "{message}");
    }

    #[test]
    fn a_database_for_vectors_that_nobody_creates_is_found() {
        let variables = |database: &str| {
            let text = |name: &str, value: &str| (NAME, json!({"Name": name, "Value": value}));
            let host =
                json!({"Name": "PGVECTOR_HOST", "Value": {"Fn::GetAtt": ["Database", "Endpoint.Address"]}});
            [text("VECTOR_STORE", "pgvector"), (NAME, host), text("PGVECTOR_DATABASE", database)]
        };
        let (message, _) = only("W060", &variables("vectors"));
        assert!(message.starts_with("Dify keeps its vectors in the database `vectors`, but"), "{message}");
        none(&variables("dify"));
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

    #[test]
    fn a_name_that_comes_from_elsewhere_is_not_the_default() {
        let told = |key: &str, value: Json| {
            let other = ("/Database/Properties/DatabaseName", json!("other"));
            let place = format!("/ApiTask/Properties/ContainerDefinitions/0/{key}");
            let findings = found(&[other, (&place, value)]);
            findings
                .iter()
                .any(|finding| finding.code == RULE.code && finding.logical_id.as_deref() == Some("ApiTask"))
        };
        assert!(told("Essential", json!(true)));
        assert!(!told("Secrets", json!([{"Name": "DB_DATABASE", "ValueFrom": {"Ref": "DatabaseSecret"}}])));
        assert!(!told("EnvironmentFiles", json!([{"Type": "s3", "Value": "arn:aws:s3:::a/b.env"}])));
    }
}
