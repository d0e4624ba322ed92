//! W048: serverless instances have a capacity.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::{Item, View};

pub(super) static RULE: Rule = Rule {
    code: Code("W048"),
    severity: Severity::Error,
    title: "an Aurora cluster with serverless instances has a capacity for them",
    what: "A cluster with an instance of the class `db.serverless` has a `ServerlessV2ScalingConfiguration`, whose minimum is at most its maximum, both in steps of 0.5, the maximum from 1 to 256; it pauses only with a minimum of 0, which Aurora PostgreSQL has since 13.15, 14.12, 15.7 and 16.3.",
    why: "RDS refuses the instance: \"Set the Serverless v2 scaling configuration on the parent DB cluster before creating a Serverless v2 DB instance\".",
    source: "Amazon Aurora User Guide, \"Creating a DB cluster that uses Aurora Serverless v2\" and \"Scaling to Zero ACUs with automatic pause and resume for Aurora Serverless v2\"",
    same_as: &[
        "cdk-preflight pf-rds-serverless-v2-auto-pause",
        "cdk-preflight pf-rds-serverless-v2-capacity",
        "cdk-preflight pf-rds-serverless-v2-capacity-step",
    ],
};

const CONFIGURATION: &str = "ServerlessV2ScalingConfiguration";

/// The first minor version of each major one of Aurora PostgreSQL that pauses; later major ones all do.
const PAUSES_SINCE: [(u32, u32); 4] = [(13, 15), (14, 12), (15, 7), (16, 3)];

/// Whether a cluster is of a version that is too old to pause; false if that isn't known.
fn is_too_old_to_pause(cluster: &Item<'_>) -> bool {
    let is_postgresql = cluster.text("Engine").is_some_and(|engine| engine == "aurora-postgresql");
    let version = cluster.text("EngineVersion");
    let parts = version.as_deref().and_then(|version| version.split_once('.'));
    let Some((Ok(major), Ok(minor))) =
        parts.map(|(major, minor)| (major.parse::<u32>(), minor.parse::<u32>()))
    else {
        return false;
    };
    is_postgresql && PAUSES_SINCE.iter().any(|(known, first)| *known == major && minor < *first)
}

/// A capacity in halves of a unit; `None` if it isn't known, `Some(Err)` if it is no number of halves.
fn halves(value: Option<&Evaluated<'_>>) -> Option<Result<i64, ()>> {
    let text = value?.text()?;
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, "0"));
    let half = match fraction.trim_end_matches('0') {
        "" => 0,
        "5" => 1,
        _ => return Some(Err(())),
    };
    Some(whole.parse::<i64>().map_err(|_| ()).map(|whole| whole.saturating_mul(2) + half))
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for instance in view.of("AWS::RDS::DBInstance") {
        if instance.text("DBInstanceClass").as_deref() != Some("db.serverless") {
            continue;
        }
        let cluster = view.target_of(instance.get("DBClusterIdentifier"), "AWS::RDS::DBCluster");
        if let Some(cluster) = cluster.filter(|cluster| cluster.get(CONFIGURATION).is_none()) {
            let message = format!("`{}` has no `{CONFIGURATION}`: RDS refuses the instance", cluster.id);
            findings.push(
                instance
                    .finding_of(&RULE, "DBInstanceClass", message)
                    .help("set `MinCapacity` and `MaxCapacity` there, or take another class"),
            );
        }
    }
    for cluster in view.of("AWS::RDS::DBCluster") {
        let Some(configuration) = cluster.get(CONFIGURATION) else { continue };
        let (least, most) =
            (halves(configuration.get("MinCapacity")), halves(configuration.get("MaxCapacity")));
        let (message, help) = match (least, most) {
            (Some(Err(())), _) | (_, Some(Err(()))) => {
                ("a capacity isn't a multiple of 0.5", "use steps of 0.5")
            }
            (Some(Ok(least)), Some(Ok(most))) if least > most => {
                ("the least capacity is above the most", "raise `MaxCapacity`")
            }
            (_, Some(Ok(most))) if !(2..=512).contains(&most) => {
                ("the most capacity isn't between 1 and 256", "use 1 to 256")
            }
            (Some(Ok(least)), _) if least > 0 && configuration.get("SecondsUntilAutoPause").is_some() => (
                "a cluster pauses only with a least capacity of 0",
                "set `MinCapacity: 0`, or take `SecondsUntilAutoPause` away",
            ),
            (Some(Ok(0)), _) if is_too_old_to_pause(cluster) => (
                "this version can't pause, so that its least capacity is 0.5",
                "set `MinCapacity: 0.5`, or take a later version",
            ),
            _ => continue,
        };
        findings.push(
            cluster
                .finding_at(&RULE, configuration, format!("{message}: RDS refuses the cluster"))
                .help(help),
        );
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::wiring::testing::{none, only};

    const CLASS: (&str, &str) = ("/Writer/Properties/DBInstanceClass", "db.serverless");

    fn with(configuration: Json) -> Vec<(&'static str, Json)> {
        vec![
            (CLASS.0, json!(CLASS.1)),
            ("/Database/Properties/ServerlessV2ScalingConfiguration", configuration),
        ]
    }

    #[test]
    fn a_missing_or_wrong_capacity_is_found() {
        only("W048", &[(CLASS.0, json!(CLASS.1))]);
        only("W048", &with(json!({"MinCapacity": 4, "MaxCapacity": 2})));
        only("W048", &with(json!({"MinCapacity": 0.7, "MaxCapacity": 2})));
        only("W048", &with(json!({"MinCapacity": 0.5, "MaxCapacity": 2, "SecondsUntilAutoPause": 300})));
        none(&with(json!({"MinCapacity": 0.5, "MaxCapacity": 2})));
    }

    #[test]
    fn a_version_that_cannot_pause_is_found() {
        let of = |version: &str| {
            let cluster = json!({"Type": "AWS::RDS::DBCluster", "Properties": {"Engine": "aurora-postgresql", "EngineVersion": version, "ServerlessV2ScalingConfiguration": {"MinCapacity": 0, "MaxCapacity": 2}}});
            crate::validate::testing::found("W048", json!({"Resources": {"It": cluster}})).len()
        };
        assert_eq!((of("16.2"), of("14.11"), of("13.14")), (1, 1, 1));
        assert_eq!((of("16.3"), of("14.12"), of("17.4"), of("16")), (0, 0, 0, 0));
    }
}
