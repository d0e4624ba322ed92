//! S001, S002 and S018: the types of resources: are they known, does the region have them, who provides them?

use std::collections::BTreeSet;

use crate::diagnostic::{Code, Diagnostic, Severity, nearest};
use crate::validate::context::{Context, Owner};
use crate::validate::macros::SERVERLESS;
use crate::validate::rule::Rule;

use super::registry::{Registry, TypeSchema};

pub(super) static UNKNOWN: Rule = Rule {
    code: Code("S001"),
    severity: Severity::Error,
    title: "resource types exist",
    what: "The type of a resource is a public one of the CloudFormation registry, a custom resource, a module, or one that \
           somebody else than AWS provides.",
    why: "CloudFormation refuses the template: \"Unrecognized resource types\".",
    source: "CloudFormation registry schemas; AWS CloudFormation User Guide, \"Resources\" and \"Custom resources\"",
    same_as: &["cfn-lint E3006"],
};

pub(super) static ABSENT: Rule = Rule {
    code: Code("S002"),
    severity: Severity::Error,
    title: "the region has the resource types",
    what: "Where the region is given, it has every type of the template, and it is a known region.",
    why: "CloudFormation refuses the template there: \"Unrecognized resource types\".",
    source: "cfn-lint's lists of types by region, of the date in `schemas/regions.json`",
    same_as: &["cfn-lint E3006"],
};

pub(super) static FOREIGN: Rule = Rule {
    code: Code("S018"),
    severity: Severity::Note,
    title: "types of other providers aren't looked into",
    what: "A type of a third party, or a module, has to be activated in the account; what the serverless transform unfolds has \
           other rules. None has a schema here: the properties of these resources aren't checked.",
    why: "A mistake in them shows only when the stack is created.",
    source: "AWS CloudFormation User Guide, \"Using public extensions\" and \"Modules\"",
    same_as: &[],
};

/// For how many unknown types a near one is looked for: that takes a millisecond each.
const MOST_NEAREST: usize = 20;

/// How many regions a message names.
const MOST_REGIONS: usize = 6;

/// Looks at the type of every resource.
pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    let region =
        context.options.region.as_deref().filter(|region| region_is_known(context, region, findings));
    let mut told = BTreeSet::new();
    for (id, resource) in &context.template.resources {
        let owner = Owner::Resource { id, resource };
        let name = resource.type_name.as_str();
        // Nearly every type is a known one, of which nothing is told.
        let pointer = || owner.pointer() + "/Type";
        if let Some(schema) = context.schema_of(name) {
            if let Some(region) = region.filter(|region| schema.absent().any(|absent| absent == *region)) {
                let mut finding = ABSENT.at(owner, pointer(), format!("`{region}` has no {name}"));
                finding.help = Some(elsewhere(context.registry, schema, region));
                findings.push(finding);
            }
            continue;
        }
        match Provider::of(context.registry, name) {
            Provider::Other(what) if told.insert(name) => {
                findings.push(FOREIGN.at(
                    owner,
                    pointer(),
                    format!("{name} is {what}: it isn't looked into"),
                ));
            }
            Provider::Custom | Provider::Other(_) => {}
            Provider::Serverless if context.macros.whole.contains(&SERVERLESS) => {
                if told.insert(name) {
                    let message = format!("{name} is for the serverless transform: it isn't looked into");
                    findings.push(FOREIGN.at(owner, pointer(), message));
                }
            }
            Provider::Serverless => {
                let mut finding = UNKNOWN.at(owner, pointer(), format!("{name} needs a transform"));
                finding.help = Some(format!("add `Transform: {SERVERLESS}`"));
                findings.push(context.existence(finding));
            }
            Provider::BadCustom => {
                let mut finding =
                    UNKNOWN.at(owner, pointer(), format!("`{name}` can't be the type of a custom resource"));
                finding.help = Some(
                    "letters, digits, `_`, `@` and `-` may follow `Custom::`, 60 characters in all"
                        .to_owned(),
                );
                findings.push(finding);
            }
            Provider::Unknown => {
                let mut finding = UNKNOWN.at(owner, pointer(), format!("there is no resource type `{name}`"));
                if told.insert(name) && told.len() <= MOST_NEAREST {
                    finding.help = near(context.registry, name).map(|near| format!("did you mean {near}?"));
                }
                findings.push(context.existence(finding));
            }
        }
    }
}

/// Who provides a type that has no schema.
#[derive(Debug, PartialEq)]
enum Provider {
    /// A custom resource.
    Custom,
    /// A custom resource whose name isn't possible.
    BadCustom,
    /// Only the serverless transform knows it.
    Serverless,
    /// Somebody else, in words.
    Other(&'static str),
    /// Nobody.
    Unknown,
}

impl Provider {
    fn of(registry: &Registry, name: &str) -> Self {
        if let Some(own) = name.strip_prefix("Custom::") {
            let is_possible = |c: char| c.is_ascii_alphanumeric() || "_@-".contains(c);
            let fits = !own.is_empty() && name.len() <= 60 && own.chars().all(is_possible);
            return if fits { Self::Custom } else { Self::BadCustom };
        }
        let parts: Vec<&str> = name.split("::").collect();
        let is_part = |part: &&str| {
            (2..=64).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        match parts.as_slice() {
            parts if !parts.iter().all(is_part) => Self::Unknown,
            [_, _, _, "MODULE"] => Self::Other("a module"),
            ["AWS", "Serverless", _] => Self::Serverless,
            // `Aws::S3::Bucket` and `AW::S3::Bucket` are meant to be AWS's.
            [vendor, service, kind] => {
                let meant = vendor.eq_ignore_ascii_case("AWS")
                    || registry.get(&format!("AWS::{service}::{kind}")).is_some();
                if meant { Self::Unknown } else { Self::Other("a type of a third party") }
            }
            _ => Self::Unknown,
        }
    }
}

/// The known type whose name is nearest, of the same service if there is one.
fn near(registry: &Registry, name: &str) -> Option<&'static str> {
    if let Some(schema) = registry.get(&format!("AWS::{name}")) {
        return Some(schema.name);
    }
    let lower = name.to_lowercase();
    let service = lower.rfind("::").map_or("", |end| &lower[..end + 2]);
    let of_service = registry
        .names()
        .filter(|known| known.get(..service.len()).is_some_and(|start| start.eq_ignore_ascii_case(service)));
    // A name of quite another length isn't near.
    let most = 1 + name.len() / 3;
    let alike = registry.names().filter(|known| known.len().abs_diff(name.len()) <= most);
    nearest(name, of_service).or_else(|| nearest(name, alike))
}

fn region_is_known(context: &Context<'_>, region: &str, findings: &mut Vec<Diagnostic>) -> bool {
    let known = context.registry.regions().any(|known| known == region);
    // The configuration says so of our own.
    if !known && context.is_foreign() {
        let mut finding = ABSENT.at(
            Owner::Template,
            "",
            format!("the region `{region}` isn't known, so which types it has isn't either"),
        );
        finding.severity = Severity::Warning;
        finding.help =
            nearest(region, context.registry.regions()).map(|near| format!("did you mean `{near}`?"));
        findings.push(finding);
    }
    known
}

/// Some of the regions that have the type, those of the same part of the world first.
fn elsewhere(registry: &Registry, schema: TypeSchema, region: &str) -> String {
    let absent: BTreeSet<&str> = schema.absent().collect();
    let mut having: Vec<&str> = registry.regions().filter(|region| !absent.contains(region)).collect();
    let part = |region: &str| region.split('-').next().unwrap_or_default().to_owned();
    having.sort_by_key(|other| part(other) != part(region));
    let named: Vec<String> = having.iter().take(MOST_REGIONS).map(|region| format!("`{region}`")).collect();
    match having.len().saturating_sub(MOST_REGIONS) {
        0 => format!("it is in {}", named.join(", ")),
        more => format!("it is in {} and {more} more regions", named.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::validate::Options;
    use crate::validate::testing::{found, found_with, none, only, resource};

    fn help(type_name: &str) -> Option<String> {
        found("S001", resource(type_name, json!({})))[0].help.clone()
    }

    #[test]
    fn unknown_types_are_found_with_the_nearest_known_one() {
        let (message, pointer) = only("S001", resource("AWS::S3::Bukket", json!({})));
        assert_eq!(message, "there is no resource type `AWS::S3::Bukket`");
        assert_eq!(pointer, "/Resources/It/Type");
        assert_eq!(help("AWS::S3::Bukket").unwrap(), "did you mean AWS::S3::Bucket?");
        assert_eq!(help("AWS::ECS::TaskDefintion").unwrap(), "did you mean AWS::ECS::TaskDefinition?");
        assert_eq!(help("aws::s3::bucket").unwrap(), "did you mean AWS::S3::Bucket?");
        assert_eq!(help("AW::S3::Bucket").unwrap(), "did you mean AWS::S3::Bucket?");
        assert_eq!(help("S3::Bucket").unwrap(), "did you mean AWS::S3::Bucket?");
        assert_eq!(help("Completely different"), None);
    }

    #[test]
    fn types_of_others_are_none() {
        for name in ["Custom::Anything", "AWS::CloudFormation::CustomResource", "AWS::SQS::Queue"] {
            none("S001", resource(name, json!({})));
            none("S018", resource(name, json!({})));
        }
        let message = only("S018", resource("Datadog::Monitors::Monitor", json!({}))).0;
        assert_eq!(message, "Datadog::Monitors::Monitor is a type of a third party: it isn't looked into");
        assert!(only("S018", resource("My::Own::Part::MODULE", json!({}))).0.contains("is a module"));
        only("S001", resource("Custom::a b", json!({})));
    }

    #[test]
    fn serverless_types_need_their_transform() {
        let mut template = resource("AWS::Serverless::Function", json!({}));
        assert_eq!(only("S001", template.clone()).0, "AWS::Serverless::Function needs a transform");
        template["Transform"] = json!("AWS::Serverless-2016-10-31");
        none("S001", template.clone());
        assert!(only("S018", template).0.contains("is for the serverless transform"));
    }

    #[test]
    fn a_type_that_the_region_lacks_is_found_with_regions_that_have_it() {
        let absent =
            Registry::builtin().types().find(|schema| schema.absent().any(|name| name == "ap-east-2"));
        let absent = absent.unwrap();
        let in_region = |region: &str, name: &str| {
            let options = Options { region: Some(region.to_owned()), ..Options::default() };
            found_with("S002", resource(name, json!({})), &options)
        };
        let found = in_region("ap-east-2", absent.name);
        assert_eq!(found[0].message, format!("`ap-east-2` has no {}", absent.name));
        assert!(found[0].help.as_deref().unwrap().starts_with("it is in `"), "{found:?}");
        assert_eq!(in_region("us-east-1", "AWS::S3::Bucket"), []);
        let unknown = in_region("us-esat-1", "AWS::S3::Bucket");
        assert_eq!((unknown.len(), unknown[0].severity), (1, Severity::Warning));
        assert_eq!(unknown[0].help.as_deref(), Some("did you mean `us-east-1`?"));
        none("S002", resource(absent.name, json!({})));
    }
}
