//! W170: engine versions and instance classes are ones that RDS offers.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::engines::{Class, DATE, Kind, Version, class, version};
use super::model::View;

pub(super) static RULE: Rule = Rule {
    code: Code("W170"),
    severity: Severity::Warning,
    title: "RDS offers the engine's version and the instance class",
    what: "`EngineVersion` is on the list of the engine's versions and not deprecated, an instance class on that of its classes, in the region where that is known. The list is of October 2026: a version newer than those on it, or than those of its major version, is left alone, and so is `db.serverless` of an engine whose list lacks it.",
    why: "RDS refuses the database: \"Cannot find version … for …\", \"RDS does not support creating a DB instance with the following combination\".",
    source: "cfn-lint 1.58.0, which takes it from the price list and API of Amazon RDS",
    same_as: &[
        "cfn-lint E3690",
        "cfn-lint W3690",
        "cfn-lint E3691",
        "cfn-lint W3691",
        "cfn-lint E3025",
        "cfn-lint E3694",
    ],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    let region = view.context.options.region.as_deref();
    for (type_name, kind, property) in [
        ("AWS::RDS::DBCluster", Kind::Cluster, "DBClusterInstanceClass"),
        ("AWS::RDS::DBInstance", Kind::Instance, "DBInstanceClass"),
    ] {
        for database in view.of(type_name) {
            let Some(engine) = database.text("Engine") else { continue };
            if let Some(text) = database.text("EngineVersion") {
                let message = match version(kind, &engine, &text) {
                    Some(Version::Deprecated) => {
                        format!("RDS makes no new databases of {engine} {text} any more")
                    }
                    Some(Version::Missing) => format!("RDS has no version {text} of {engine}, as of {DATE}"),
                    _ => String::new(),
                };
                if !message.is_empty() {
                    findings.push(
                        database
                            .finding_of(&RULE, "EngineVersion", message)
                            .help("take a version that is supported"),
                    );
                }
            }
            let Some(text) = database.text(property) else { continue };
            let message = match class(kind, &engine, &text, region) {
                Some(Class::Nowhere) if text != "db.serverless" => {
                    format!("RDS has no class {text} for {engine}, as of {DATE}")
                }
                Some(Class::Elsewhere) => {
                    format!(
                        "RDS has no class {text} for {engine} in {}, as of {DATE}",
                        region.unwrap_or_default()
                    )
                }
                _ => continue,
            };
            findings.push(database.finding_of(&RULE, property, message).help("take another class"));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::Options;
    use crate::validate::testing::{found_with, resource};

    fn count(properties: Json, region: &str) -> usize {
        let options = Options { region: Some(region.to_owned()), ..Options::default() };
        found_with("W170", resource("AWS::RDS::DBInstance", properties), &options).len()
    }

    #[test]
    fn what_rds_does_not_offer_is_found() {
        let of = |version: &str, class: &str| json!({"Engine": "aurora-postgresql", "EngineVersion": version, "DBInstanceClass": class});
        assert_eq!(count(of("16.8", "db.r6g.large"), "us-east-1"), 0);
        assert_eq!(count(of("16.8", "db.serverless"), "us-east-1"), 0);
        assert_eq!(count(of("10.7", "db.r6g.large"), "us-east-1"), 1);
        assert_eq!(count(of("13.1", "db.r6g.large"), "us-east-1"), 1);
        assert_eq!(count(of("16.8", "db.r6g.lage"), "us-east-1"), 1);
    }

    #[test]
    fn a_class_is_offered_in_regions() {
        let of = |region: &str| {
            count(json!({"Engine": "aurora-postgresql", "DBInstanceClass": "db.r8g.48xlarge"}), region)
        };
        assert_eq!((of("us-east-1"), of("ap-east-2")), (0, 1));
    }
}
