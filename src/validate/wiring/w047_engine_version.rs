//! W047: databases and caches have a version.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::View;

pub(super) static RULE: Rule = Rule {
    code: Code("W047"),
    severity: Severity::Warning,
    title: "a database's or cache's engine version is written out",
    what: "An Aurora cluster, a database that is in none, and a replication group have an `EngineVersion`; an Aurora PostgreSQL cluster has a `Port`.",
    why: "Without it the version is what AWS takes for the default that day, which no longer fits the parameter group's family; the port of a cluster without one is that of MySQL, 3306.",
    source: "Amazon RDS API Reference, \"CreateDBCluster\"",
    same_as: &[],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for type_name in ["AWS::RDS::DBCluster", "AWS::RDS::DBInstance", "AWS::ElastiCache::ReplicationGroup"] {
        for item in view.of(type_name) {
            let restored = [
                "DBClusterIdentifier",
                "SourceDBInstanceIdentifier",
                "SnapshotIdentifier",
                "DBSnapshotIdentifier",
                "SourceDBClusterIdentifier",
                "GlobalReplicationGroupId",
            ];
            if item.get("EngineVersion").is_some()
                || restored.iter().any(|property| item.get(property).is_some())
            {
                continue;
            }
            findings.push(
                item.finding(&RULE, "there is no `EngineVersion`: it is what AWS takes that day, and may not fit the parameter group")
                    .help("set `EngineVersion`"),
            );
        }
    }
    for cluster in view.of("AWS::RDS::DBCluster") {
        if cluster.text("Engine").as_deref() == Some("aurora-postgresql") && cluster.get("Port").is_none() {
            findings.push(
                cluster
                    .finding(
                        &RULE,
                        "there is no `Port`: the cluster then listens at 3306, MySQL's, and not at 5432",
                    )
                    .help("set `Port: 5432`"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use crate::validate::wiring::testing::{none, only};

    #[test]
    fn what_is_left_out_is_found() {
        let (message, _) = only("W047", &[("/Cache/Properties/EngineVersion", Json::Null)]);
        assert!(message.starts_with("there is no `EngineVersion`"), "{message}");
        only("W047", &[("/Database/Properties/Port", Json::Null)]);
    }

    #[test]
    fn an_instance_has_that_of_its_cluster() {
        none(&[]);
    }
}
