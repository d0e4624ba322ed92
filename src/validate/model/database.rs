//! Databases: what their parameter groups say.

use super::{Item, View};

/// The parameter that forces TLS, and whether it is on unless something else is said; by the family of parameters.
///
/// Source: Amazon Aurora User Guide, "Securing Aurora PostgreSQL data with SSL/TLS": on from version 17; Amazon RDS User
/// Guide, "Using SSL with a PostgreSQL DB instance": on from version 15.
pub(in crate::validate) fn forced(family: &str) -> Option<(&'static str, bool)> {
    let (engine, version) = family.split_at(family.find(|c: char| c.is_ascii_digit())?);
    let major: u32 = version.split('.').next()?.parse().ok()?;
    match engine {
        "aurora-postgresql" => Some(("rds.force_ssl", major >= 17)),
        "postgres" => Some(("rds.force_ssl", major >= 15)),
        "mysql" | "aurora-mysql" | "mariadb" => Some(("require_secure_transport", false)),
        _ => None,
    }
}

/// Whether a PostgreSQL cluster, or instance of its own, refuses connections without TLS; `None` if it isn't known.
pub(in crate::validate) fn forces_tls<'t>(view: &View<'_, 't>, database: &Item<'t>) -> Option<bool> {
    let (property, group_type) = match database.resource.type_name.as_str() {
        "AWS::RDS::DBCluster" => ("DBClusterParameterGroupName", "AWS::RDS::DBClusterParameterGroup"),
        "AWS::RDS::DBInstance" if database.get("DBClusterIdentifier").is_none() => {
            ("DBParameterGroupName", "AWS::RDS::DBParameterGroup")
        }
        _ => return None,
    };
    let family = if let Some(group) = database.get(property) {
        let group = view.target_of(Some(group), group_type)?;
        if group.is_unknown("Parameters") {
            return None;
        }
        let family = group.text("Family")?.into_owned();
        let (parameter, _) = forced(&family)?;
        if let Some(value) = group.get("Parameters").and_then(|parameters| parameters.get(parameter)) {
            return Some(["1", "on", "true"].contains(&value.text()?.to_lowercase().as_str()));
        }
        family
    } else {
        let version = database.text("EngineVersion")?;
        format!("{}{}", database.text("Engine")?, version.split('.').next()?)
    };
    let (parameter, by_default) = forced(&family)?;
    (parameter == "rds.force_ssl").then_some(by_default)
}
