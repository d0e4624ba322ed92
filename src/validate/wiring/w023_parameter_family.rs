//! W023: parameter groups fit their engine.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::{Item, View};

pub(super) static RULE: Rule = Rule {
    code: Code("W023"),
    severity: Severity::Error,
    title: "a parameter group is of the family of its engine and version",
    what: "The family of a cluster's, an instance's or a cache's parameter group is that of the engine's major version: of PostgreSQL, Aurora PostgreSQL, Valkey and Redis.",
    why: "RDS or ElastiCache refuses it: \"The Parameter Group … with DBParameterGroupFamily … cannot be used for this instance\".",
    source: "Amazon Aurora User Guide, \"Working with parameter groups\"; Amazon ElastiCache User Guide, \"Parameter group families\"",
    same_as: &["cdk-preflight pf-rds-parameter-group-family-engine"],
};

/// The family of an engine's version; `None` if it isn't known.
fn family(item: &Item<'_>) -> Option<String> {
    let engine = item.text("Engine")?.to_lowercase();
    let version = item.text("EngineVersion")?.into_owned();
    let major = version.split('.').next()?;
    match engine.as_str() {
        "aurora-postgresql" | "postgres" => Some(format!("{engine}{major}")),
        "valkey" => Some(format!("valkey{major}")),
        "redis" => match major {
            "7" => Some("redis7".to_owned()),
            "6" => Some("redis6.x".to_owned()),
            _ => Some(format!("redis{}", version.split('.').take(2).collect::<Vec<_>>().join("."))),
        },
        _ => None,
    }
}

fn compare<'t>(
    view: &View<'_, 't>,
    item: &Item<'t>,
    property: &str,
    // Of whose engine the group has to be.
    of: &Item<'t>,
    findings: &mut Vec<Diagnostic>,
) {
    let Some(group) = view.target(item.get(property)) else { return };
    let found = group.text("Family").or_else(|| group.text("CacheParameterGroupFamily"));
    let (Some(found), Some(expected)) = (found, family(of)) else { return };
    if *found == expected {
        return;
    }
    let message = format!(
        "`{}` is of the family {found}, and {} {} needs {expected}: it is refused",
        group.id,
        of.text("Engine").unwrap_or_default(),
        of.text("EngineVersion").unwrap_or_default()
    );
    findings.push(
        item.finding_of(&RULE, property, message)
            .help(format!("set the family of `{}` to {expected}", group.id)),
    );
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for cluster in view.of("AWS::RDS::DBCluster") {
        compare(view, cluster, "DBClusterParameterGroupName", cluster, findings);
    }
    for instance in view.of("AWS::RDS::DBInstance") {
        let cluster = view.target_of(instance.get("DBClusterIdentifier"), "AWS::RDS::DBCluster");
        compare(view, instance, "DBParameterGroupName", cluster.unwrap_or(instance), findings);
    }
    for cache in
        view.of("AWS::ElastiCache::ReplicationGroup").chain(view.of("AWS::ElastiCache::CacheCluster"))
    {
        compare(view, cache, "CacheParameterGroupName", cache, findings);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::wiring::testing::{none, only};

    #[test]
    fn another_family_is_found() {
        let (message, pointer) = only("W023", &[("/Database/Properties/EngineVersion", json!("15.10"))]);
        assert_eq!(
            message,
            "`DatabaseParameters` is of the family aurora-postgresql16, and aurora-postgresql 15.10 needs aurora-postgresql15: it is refused"
        );
        assert_eq!(pointer, "/Resources/Database/Properties/DBClusterParameterGroupName");
        only("W023", &[("/DatabaseParameters/Properties/Family", json!("postgres16"))]);
        only("W023", &[("/CacheParameters/Properties/CacheParameterGroupFamily", json!("valkey7"))]);
    }

    #[test]
    fn the_same_and_an_unknown_one_are_not() {
        none(&[
            ("/CacheParameters/Properties/CacheParameterGroupFamily", json!("redis7")),
            ("/Cache/Properties/Engine", json!("redis")),
            ("/Cache/Properties/EngineVersion", json!("7.1")),
        ]);
        none(&[("/Database/Properties/EngineVersion", json!({"Fn::ImportValue": "Version"}))]);
    }
}
