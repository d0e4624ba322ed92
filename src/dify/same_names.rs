//! Names that two stacks of one configuration would both have, where only one can.

use std::collections::BTreeMap;

use crate::cfn::Template;
use crate::config::Config;
use crate::config::model::Network;
use crate::diagnostic::{Diagnostic, codes};

use super::overrides::{name_property, setting_of};

codes! {
    /// Two stacks that would have the same name where it can be once only.
    pub(super) const SAME_NAME: Code = Code("C308");
}

/// Where a physical name may be once only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    /// All accounts and regions of a partition.
    Partition,
    /// An account.
    Account,
    /// An account's region.
    Region,
    /// A VPC.
    Vpc,
}

/// What is known of two stacks' places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Together {
    Surely,
    Perhaps,
    No,
}

/// The physical names that a template gives in so many words, by logical id.
#[derive(Debug, Clone, Default)]
pub struct PhysicalNames(BTreeMap<String, PhysicalName>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct PhysicalName {
    type_name: String,
    name: String,
}

impl PhysicalNames {
    /// Those of a template.
    pub fn of(template: &Template) -> Self {
        let named = template.resources.iter().filter_map(|(id, resource)| {
            let name = resource.properties.get(name_property(&resource.type_name)?)?.as_str()?;
            let type_name = resource.type_name.clone();
            Some((id.clone(), PhysicalName { type_name, name: name.to_owned() }))
        });
        Self(named.collect())
    }
}

/// Names of several stacks that only one of them can have: each with the index of the later stack, and a pointer into its
/// configuration.
pub fn same_names(stacks: &[(&Config, &PhysicalNames)]) -> Vec<(usize, Diagnostic)> {
    let mut found = Vec::new();
    for (index, (config, names)) in stacks.iter().enumerate() {
        let before = &stacks[..index];
        found.extend(before.iter().find_map(|(other, _)| same_record(other, config)).map(|one| (index, one)));
        // Names of the program's own making begin with the stack's.
        for id in config.resources.keys() {
            let named = before.iter().find_map(|other| same_physical_name(id, *other, (config, names)));
            found.extend(named.map(|one| (index, one)));
        }
    }
    found
}

/// Two load balancers that are to be found under one domain name.
///
/// Source: Amazon Route 53 Developer Guide, "Values specific for simple alias records": of one name and type there is one.
fn same_record(first: &Config, second: &Config) -> Option<Diagnostic> {
    let domain = second.ingress.domain_name.as_ref()?;
    if first.ingress.domain_name.as_ref() != Some(domain) {
        return None;
    }
    let stacks = format!("`{}` and `{}`", first.stack_name(), second.stack_name());
    let pointer = "/ingress/domain_name";
    match (&first.ingress.hosted_zone_id, &second.ingress.hosted_zone_id) {
        (Some(one), Some(other)) if one == other => {
            let message =
                format!("the stacks {stacks} would both make the record `{domain}` in the zone `{one}`");
            let help =
                "give each environment a `domain_name` of its own: the second stack's creation would fail";
            Some(Diagnostic::error(SAME_NAME, message).help(help).pointer(pointer))
        }
        // A public and a private zone may both have the name.
        (Some(_), Some(_)) => None,
        _ => {
            let message = format!(
                "the stacks {stacks} both say that they are found at `{domain}`, which leads to one of them"
            );
            let help = "give each environment a `domain_name` of its own";
            Some(Diagnostic::warning(SAME_NAME, message).help(help).pointer(pointer))
        }
    }
}

/// A resource that the section `resources` names alike in two stacks.
fn same_physical_name(
    id: &str,
    first: (&Config, &PhysicalNames),
    second: (&Config, &PhysicalNames),
) -> Option<Diagnostic> {
    let named = second.1.0.get(id)?;
    if first.1.0.get(id) != Some(named) {
        return None;
    }
    let PhysicalName { type_name, name } = named;
    let property = name_property(type_name)?;
    let (first, second) = (first.0, second.0);
    let together = together(within(type_name)?, first, second);
    let stacks = format!("`{}` and `{}`", first.stack_name(), second.stack_name());
    let message = format!("the stacks {stacks} would both call their `{id}` `{name}`");
    let diagnostic = match together {
        Together::No => return None,
        Together::Surely => Diagnostic::error(SAME_NAME, message),
        Together::Perhaps => {
            Diagnostic::warning(SAME_NAME, format!("{message}, which fails in one account and region"))
        }
    };
    let setting = setting_of(second, type_name, &format!("/Resources/{id}/Properties/{property}"))?;
    let help = "put {environment} or {stack} into the name: the second stack's creation would fail";
    Some(diagnostic.help(help).pointer(setting.pointer))
}

/// Where names of a type may be once only; `None` where what they belong to is the stack's own, as an ECS service's cluster
/// is, or where two stacks may share the name, as with the family of task definitions.
///
/// Source: the types' pages in the AWS CloudFormation Template Reference; Amazon S3 User Guide, "General purpose bucket
/// naming rules"; IAM User Guide, "IAM and AWS STS quotas", name requirements.
fn within(type_name: &str) -> Option<Within> {
    Some(match type_name {
        "AWS::ApplicationAutoScaling::ScalingPolicy"
        | "AWS::ECS::Service"
        | "AWS::ECS::TaskDefinition"
        | "AWS::IAM::Policy" => return None,
        "AWS::S3::Bucket" => Within::Partition,
        "AWS::IAM::ManagedPolicy" | "AWS::IAM::Role" => Within::Account,
        "AWS::EC2::SecurityGroup" | "AWS::ServiceDiscovery::PrivateDnsNamespace" => Within::Vpc,
        _ => Within::Region,
    })
}

fn together(within: Within, first: &Config, second: &Config) -> Together {
    let account = both(first.account.as_deref(), second.account.as_deref());
    let region = both(first.region.as_deref(), second.region.as_deref());
    match within {
        Within::Partition => {
            let partition = |config: &Config| config.region.as_deref().map(partition);
            match both(partition(first), partition(second)) {
                Together::No => Together::No,
                // Whoever leaves the region out hardly means another partition.
                Together::Surely | Together::Perhaps => Together::Surely,
            }
        }
        Within::Account => account,
        Within::Region => match (account, region) {
            (Together::No, _) | (_, Together::No) => Together::No,
            (Together::Surely, Together::Surely) => Together::Surely,
            _ => Together::Perhaps,
        },
        Within::Vpc => match (&first.network, &second.network) {
            (Network::Create(_), _) | (_, Network::Create(_)) => Together::No,
            (Network::Existing(one), Network::Existing(other)) => {
                both(Some(&one.vpc_id), Some(&other.vpc_id))
            }
            _ => Together::Perhaps,
        },
    }
}

/// Whether two values, where they are known, are the same.
fn both(first: Option<&str>, second: Option<&str>) -> Together {
    match (first, second) {
        (Some(one), Some(other)) if one == other => Together::Surely,
        (Some(_), Some(_)) => Together::No,
        _ => Together::Perhaps,
    }
}

/// What begins the regions of a partition; empty for `aws`.
///
/// Source: AWS General Reference, "Amazon Resource Names (ARNs)".
fn partition(region: &str) -> &'static str {
    let prefixes = ["cn-", "us-gov-", "us-iso", "eusc-"];
    prefixes.into_iter().find(|prefix| region.starts_with(prefix)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{LoadOptions, load};
    use crate::diagnostic::{Severity, Source};

    /// What is told of the environments of a configuration: which is the later one, how bad, and where.
    fn told(yaml: &str) -> Vec<(usize, Severity, String)> {
        let file = Some(Source::new("dify.yaml", yaml));
        let loaded = load(&LoadOptions { file, ..LoadOptions::default() }).unwrap();
        let built: Vec<_> = loaded
            .environments
            .iter()
            .map(|one| (&one.config, PhysicalNames::of(&crate::dify::build(&one.config).unwrap().template)))
            .collect();
        let stacks: Vec<_> = built.iter().map(|(config, names)| (*config, names)).collect();
        let found = same_names(&stacks).into_iter();
        found.map(|(index, one)| (index, one.severity, one.pointer.unwrap_or_default())).collect()
    }

    const TWO: &str = "environments: { a: {}, b: {} }\n";

    #[test]
    fn a_record_is_made_once() {
        let domain = "/ingress/domain_name".to_owned();
        let both = "ingress: { domain_name: d.example.com, hosted_zone_id: Z0123456789ABC }\n";
        assert_eq!(told(&format!("{TWO}{both}")), [(1, Severity::Error, domain.clone())]);
        let three = "environments: { a: {}, b: {}, c: {} }\n";
        let errors = [1, 2].map(|index| (index, Severity::Error, domain.clone()));
        assert_eq!(told(&format!("{three}{both}")), errors);
        let own = "environments: { a: {}, b: { ingress: { domain_name: e.example.com } } }\n";
        assert_eq!(told(&format!("{own}{both}")), []);
        let zones = "environments: { a: {}, b: { ingress: { hosted_zone_id: Z0123456789ABD } } }\n";
        assert_eq!(told(&format!("{zones}{both}")), []);
        let without = "ingress: { domain_name: d.example.com }\n";
        assert_eq!(told(&format!("{TWO}{without}")), [(1, Severity::Warning, domain)]);
        assert_eq!(told(TWO), []);
    }

    #[test]
    fn a_bucket_has_its_name_alone_in_the_world() {
        let name = |name: &str| format!("resources: {{ Bucket: {{ name: \"{name}\" }} }}\n");
        let place = "/resources/Bucket/name".to_owned();
        assert_eq!(told(&format!("{TWO}{}", name("acme-files"))), [(1, Severity::Error, place.clone())]);
        assert_eq!(told(&format!("{TWO}{}", name("{stack}-files"))), []);
        let regions = "environments: { a: { region: us-east-1 }, b: { region: eu-west-1 } }\n";
        assert_eq!(told(&format!("{regions}{}", name("acme-files"))), [(1, Severity::Error, place)]);
        let partitions = "environments: { a: { region: us-east-1 }, b: { region: cn-north-1 } }\n";
        assert_eq!(told(&format!("{partitions}{}", name("acme-files"))), []);
        let property = "resources: { Bucket: { properties: { BucketName: acme-files } } }\n";
        let place = "/resources/Bucket/properties/BucketName".to_owned();
        assert_eq!(told(&format!("{TWO}{property}")), [(1, Severity::Error, place)]);
    }

    #[test]
    fn other_names_are_once_in_their_account_region_or_vpc() {
        let name = |id: &str| format!("resources: {{ {id}: {{ name: acme }} }}\n");
        let place = |id: &str| format!("/resources/{id}/name");
        let here = "region: us-east-1\naccount: \"123456789012\"\n";
        let regions = "account: \"123456789012\"\nenvironments: { a: { region: us-east-1 }, b: { region: eu-west-1 } }\n";
        let all = |text: &str, id: &str| told(&format!("{text}{}", name(id)));
        assert_eq!(all(TWO, "Cluster"), [(1, Severity::Warning, place("Cluster"))]);
        assert_eq!(all(&format!("{here}{TWO}"), "Cluster"), [(1, Severity::Error, place("Cluster"))]);
        assert_eq!(all(regions, "Cluster"), []);
        assert_eq!(all(regions, "ApiTaskRole"), [(1, Severity::Error, place("ApiTaskRole"))]);
        // The service is the cluster's.
        assert_eq!(all(&format!("{here}{TWO}"), "ApiService"), []);
        let create = "network: { create: {} }\n";
        assert_eq!(all(&format!("{create}{TWO}"), "Namespace"), []);
        assert_eq!(all(TWO, "Namespace"), [(1, Severity::Warning, place("Namespace"))]);
    }
}
