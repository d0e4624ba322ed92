//! The section `resources` of `dify.yaml`: physical names, tags and properties of single resources.

use crate::cfn::{Json, Map, Resource, Template};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, codes, nearest};
use crate::document::unescaped;
use crate::resources::{TYPES, type_info};

codes! {
    /// `resources` names a resource that the stack doesn't have.
    pub(super) const UNKNOWN_RESOURCE: Code = Code("C302");
    /// A resource of a type without a name property was to be named, or one without tags tagged.
    pub(super) const NOT_OFFERED: Code = Code("C303");
    /// A placeholder has no value.
    pub(super) const PLACEHOLDER: Code = Code("C304");
    /// A resource is to be added whose logical id is taken, or whose type isn't known.
    pub(super) const NOT_ADDED: Code = Code("C305");
}

/// The property that holds the physical name, by type.
///
/// Source: the types' pages in the AWS CloudFormation Template Reference.
const NAME_PROPERTIES: [(&str, &str); 25] = [
    ("AWS::ApplicationAutoScaling::ScalingPolicy", "PolicyName"),
    ("AWS::CloudWatch::Alarm", "AlarmName"),
    ("AWS::EC2::SecurityGroup", "GroupName"),
    ("AWS::ECS::Cluster", "ClusterName"),
    ("AWS::ECS::Service", "ServiceName"),
    ("AWS::ECS::TaskDefinition", "Family"),
    ("AWS::ElastiCache::ReplicationGroup", "ReplicationGroupId"),
    ("AWS::ElastiCache::SubnetGroup", "CacheSubnetGroupName"),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "Name"),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", "Name"),
    ("AWS::IAM::ManagedPolicy", "ManagedPolicyName"),
    ("AWS::IAM::Policy", "PolicyName"),
    ("AWS::IAM::Role", "RoleName"),
    ("AWS::KMS::Alias", "AliasName"),
    ("AWS::Logs::LogGroup", "LogGroupName"),
    ("AWS::RDS::DBCluster", "DBClusterIdentifier"),
    ("AWS::RDS::DBClusterParameterGroup", "DBClusterParameterGroupName"),
    ("AWS::RDS::DBInstance", "DBInstanceIdentifier"),
    ("AWS::RDS::DBParameterGroup", "DBParameterGroupName"),
    ("AWS::RDS::DBSubnetGroup", "DBSubnetGroupName"),
    ("AWS::S3::Bucket", "BucketName"),
    ("AWS::SNS::Topic", "TopicName"),
    ("AWS::SSM::Parameter", "Name"),
    ("AWS::SecretsManager::Secret", "Name"),
    ("AWS::ServiceDiscovery::PrivateDnsNamespace", "Name"),
];

/// The property that holds the physical name of resources of a type; `None` if there is none that can be chosen.
pub(super) fn name_property(type_name: &str) -> Option<&'static str> {
    NAME_PROPERTIES.iter().find(|(named, _)| *named == type_name).map(|(_, property)| *property)
}

/// Applies the section to the template.
pub(super) fn apply(config: &Config, template: &mut Template) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (id, settings) in &config.resources {
        let pointer = format!("/resources/{id}");
        if let Some(type_name) = &settings.type_name
            && let Some(problem) = add(template, id, type_name)
        {
            found.push(problem.pointer(format!("{pointer}/type")));
            continue;
        }
        let Some(resource) = template.resources.get_mut(id) else {
            let known = template.resources.keys().map(String::as_str);
            let help = match nearest(id, known) {
                Some(near) => format!("did you mean `{near}`? To add a resource of your own, give its `type`"),
                None => "the logical ids are the keys under `Resources` of the template; to add a resource of your own, \
                         give its `type`"
                    .to_owned(),
            };
            let message = format!("the stack has no resource `{id}`");
            found.push(Diagnostic::error(UNKNOWN_RESOURCE, message).help(help).pointer(pointer));
            continue;
        };
        if let Some(name) = &settings.name {
            set_name(config, resource, name, &pointer, &mut found);
        }
        for (key, value) in &settings.tags {
            let value = fill(config, value, &format!("{pointer}/tags/{key}"), &mut found);
            if !set_tag(resource, key, value) {
                let message = format!("`{id}` is of type {}, which takes no tags", resource.type_name);
                found.push(Diagnostic::error(NOT_OFFERED, message).pointer(format!("{pointer}/tags")));
                break;
            }
        }
        let mut properties = Json::Object(settings.properties.clone());
        fill_all(config, &mut properties, &format!("{pointer}/properties"), &mut found);
        if let Json::Object(properties) = properties {
            merge(&mut resource.properties, properties);
        }
    }
    found
}

/// What the section says of a place of the template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The pointer into the configuration, such as `/resources/Bucket/properties/BucketName`.
    pub pointer: String,
    /// Whether the place is as the section says, so that nothing else is the reason for what is found there. Else the
    /// section only says something of the same resource.
    pub decides: bool,
}

/// What the section says of a place of the template: a pointer such as `/Resources/Bucket/Properties/BucketName`, and the
/// resource's type.
pub fn setting_of(config: &Config, type_name: &str, pointer: &str) -> Option<Setting> {
    let path = pointer.strip_prefix("/Resources/")?;
    let (id, path) = path.split_once('/').unwrap_or((path, ""));
    let settings = config.resources.get(&unescaped(id))?;
    let of_resource = format!("/resources/{id}");
    let Some(path) = path.strip_prefix("Properties/") else {
        return Some(Setting { pointer: of_resource, decides: settings.type_name.is_some() });
    };
    let property = unescaped(path.split('/').next().unwrap_or_default());
    let is_name = NAME_PROPERTIES.contains(&(type_name, &*property));
    let is_tags = type_info(type_name).and_then(|info| info.tag_property) == Some(&*property);
    let within = if settings.properties.contains_key(&property) {
        format!("/properties/{path}")
    } else if settings.name.is_some() && is_name {
        "/name".to_owned()
    } else if !settings.tags.is_empty() && is_tags {
        "/tags".to_owned()
    } else {
        return Some(Setting { pointer: of_resource, decides: settings.type_name.is_some() });
    };
    Some(Setting { pointer: format!("{of_resource}{within}"), decides: true })
}

/// Adds a resource of a type that is known, so that its properties are validated like all others; else says why not.
fn add(template: &mut Template, id: &str, type_name: &str) -> Option<Diagnostic> {
    if let Some(taken) = template.resources.get(id) {
        let message = format!("the stack has a resource `{id}` of its own, of type {}", taken.type_name);
        let help = "take `type` away to change that one, or choose another logical id";
        return Some(Diagnostic::error(NOT_ADDED, message).help(help));
    }
    if type_info(type_name).is_none() {
        let message = format!("a resource of type `{type_name}` can't be added");
        let help = match nearest_type(type_name) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "the types that the stack itself uses and their neighbours can be; put others into a stack of their own"
                .to_owned(),
        };
        return Some(Diagnostic::error(NOT_ADDED, message).help(help));
    }
    template
        .resources
        .insert(id.to_owned(), Resource { type_name: type_name.to_owned(), ..Resource::default() });
    None
}

/// The type that was meant: each part of its name is near, so that what they all share makes none alike.
fn nearest_type(type_name: &str) -> Option<&'static str> {
    let parts: Vec<&str> = type_name.split("::").collect();
    let is_near = |name: &str| {
        let own: Vec<&str> = name.split("::").collect();
        own.len() == parts.len() && own.iter().zip(&parts).all(|(own, part)| nearest(part, [*own]).is_some())
    };
    nearest(type_name, TYPES.iter().map(|info| info.name).filter(|name| is_near(name)))
}

fn set_name(
    config: &Config,
    resource: &mut Resource,
    name: &str,
    pointer: &str,
    found: &mut Vec<Diagnostic>,
) {
    let pointer = format!("{pointer}/name");
    if let Some(property) = name_property(&resource.type_name) {
        let name = fill(config, name, &pointer, found);
        resource.properties.insert(property.to_owned(), name.into());
    } else {
        let message = format!("a resource of type {} has no name that can be chosen", resource.type_name);
        found.push(Diagnostic::error(NOT_OFFERED, message).pointer(pointer));
    }
}

/// Whether the type takes tags; then the tag is set.
fn set_tag(resource: &mut Resource, key: &str, value: String) -> bool {
    let Some(property) = type_info(&resource.type_name).and_then(|info| info.tag_property) else {
        return false;
    };
    let tags = resource.properties.entry(property).or_insert_with(|| {
        // Parameter Store alone takes a map.
        if resource.type_name == "AWS::SSM::Parameter" {
            Json::Object(Map::new())
        } else {
            Json::Array(Vec::new())
        }
    });
    match tags {
        Json::Object(map) => {
            map.insert(key.to_owned(), value.into());
        }
        Json::Array(list) => {
            list.retain(|tag| tag["Key"] != key);
            list.push(serde_json::json!({ "Key": key, "Value": value }));
        }
        _ => return false,
    }
    true
}

fn fill(config: &Config, text: &str, pointer: &str, found: &mut Vec<Diagnostic>) -> String {
    config.fill_placeholders(text).unwrap_or_else(|placeholder| {
        let message = format!("the placeholder `{placeholder}` has no value");
        let help = "use {name}, {environment}, {stack}, or {region} and {account} where these keys are set";
        found.push(Diagnostic::error(PLACEHOLDER, message).help(help).pointer(pointer));
        text.to_owned()
    })
}

/// Fills the placeholders of texts; `${…}` is CloudFormation's own and stays.
fn fill_all(config: &Config, json: &mut Json, pointer: &str, found: &mut Vec<Diagnostic>) {
    match json {
        Json::String(text) if text.contains('{') && !text.contains("${") && !text.contains("{{") => {
            *text = fill(config, text, pointer, found);
        }
        Json::Array(items) => items.iter_mut().for_each(|item| fill_all(config, item, pointer, found)),
        Json::Object(map) => map.values_mut().for_each(|value| fill_all(config, value, pointer, found)),
        _ => {}
    }
}

/// Merges objects; everything else is replaced, and `null` takes a property out.
fn merge(into: &mut Map, from: Map) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (_, Json::Null) => {
                into.remove(&key);
            }
            // A call of a function is one value, not an object to be merged.
            (Some(Json::Object(old)), Json::Object(new)) if !is_call(old) && !is_call(&new) => {
                merge(old, new);
            }
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

fn is_call(map: &Map) -> bool {
    map.len() == 1 && map.keys().all(|key| key == "Ref" || key.starts_with("Fn::"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::model::ResourceSettings;

    fn applied(settings: ResourceSettings) -> (Template, Vec<Diagnostic>) {
        let mut config = Config::default();
        config.resources.insert("Bucket".into(), settings);
        let mut template = Template::default();
        let properties = json!({ "A": { "B": 1, "C": { "Ref": "X" } }, "D": [1] });
        let resource = Resource {
            type_name: "AWS::S3::Bucket".into(),
            properties: properties.as_object().unwrap().clone(),
            ..Resource::default()
        };
        template.resources.insert("Bucket".into(), resource);
        let found = apply(&config, &mut template);
        (template, found)
    }

    #[test]
    fn names_tags_and_properties_are_set() {
        let properties = json!({ "A": { "B": null, "C": { "Ref": "Y" }, "E": "{environment}" }, "D": [2] });
        let (template, found) = applied(ResourceSettings {
            type_name: None,
            name: Some("{stack}-storage".into()),
            tags: [("Name".to_owned(), "{name}".to_owned())].into_iter().collect(),
            properties: properties.as_object().unwrap().clone(),
        });
        assert_eq!(found, []);
        assert_eq!(
            Json::Object(template.resources["Bucket"].properties.clone()),
            json!({
                "A": { "C": { "Ref": "Y" }, "E": "dev" },
                "D": [2],
                "BucketName": "dify-dev-storage",
                "Tags": [{ "Key": "Name", "Value": "dify" }],
            })
        );
    }

    #[test]
    fn a_resource_that_is_not_there_is_told_with_the_nearest() {
        let mut config = Config::default();
        config.resources.insert("Buckt".into(), ResourceSettings::default());
        let mut template = Template::default();
        template.resources.insert("Bucket".into(), Resource::default());
        let found = apply(&config, &mut template);
        assert!(found[0].help.as_deref().is_some_and(|help| help.contains("`Bucket`")), "{found:?}");
    }

    #[test]
    fn a_resource_of_a_known_type_can_be_added() {
        let add = |id: &str, type_name: &str| {
            let mut config = Config::default();
            let settings = ResourceSettings {
                type_name: Some(type_name.into()),
                name: Some("{stack}-files".into()),
                ..ResourceSettings::default()
            };
            config.resources.insert(id.into(), settings);
            let mut template = Template::default();
            let bucket = Resource { type_name: "AWS::S3::Bucket".into(), ..Resource::default() };
            template.resources.insert("Bucket".into(), bucket);
            let found = apply(&config, &mut template);
            (template, found.into_iter().map(|one| (one.code, one.message)).collect::<Vec<_>>())
        };
        let (template, found) = add("FilesPolicy", "AWS::IAM::ManagedPolicy");
        assert_eq!(found, []);
        assert_eq!(template.resources["FilesPolicy"].properties["ManagedPolicyName"], "dify-dev-files");
        let (template, found) = add("Bucket", "AWS::S3::Bucket");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, NOT_ADDED);
        assert!(template.resources["Bucket"].properties.is_empty());
        let (template, found) = add("Thing", "AWS::No::Such");
        assert_eq!(found, [(NOT_ADDED, "a resource of type `AWS::No::Such` can't be added".to_owned())]);
        assert_eq!(template.resources.len(), 1);
        let near =
            |type_name: &str| super::add(&mut Template::default(), "Thing", type_name).unwrap().help.unwrap();
        assert_eq!(near("AWS::SNS::Topik"), "did you mean `AWS::SNS::Topic`?");
        assert_eq!(near("aws::s3::bukket"), "did you mean `AWS::S3::Bucket`?");
        // Another service's, which is known and as far as a slip of the hand from one of those.
        assert!(near("AWS::SQS::Queue").starts_with("the types that"), "{}", near("AWS::SQS::Queue"));
    }

    #[test]
    fn names_are_properties_that_may_be_set() {
        for (type_name, property) in NAME_PROPERTIES {
            let file = format!("schemas/{}.json", type_name.to_lowercase().replace("::", "-"));
            let text = std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(&file))
                .unwrap();
            let schema: Json = serde_json::from_str(&text).unwrap();
            assert!(schema["properties"].get(property).is_some(), "{type_name} has no {property}");
            let read_only = schema["readOnlyProperties"]
                .as_array()
                .is_some_and(|list| list.iter().any(|one| one == &format!("/properties/{property}")));
            assert!(!read_only, "{property} of {type_name} can't be set");
        }
    }

    #[test]
    fn names_are_sorted_by_type_so_that_one_is_found_easily() {
        assert!(NAME_PROPERTIES.is_sorted());
    }

    #[test]
    fn a_place_of_the_template_leads_back_to_the_section() {
        let mut config = Config::default();
        let settings = ResourceSettings {
            name: Some("x".into()),
            tags: [("Team".to_owned(), "a".to_owned())].into_iter().collect(),
            properties: json!({"CorsConfiguration": {"CorsRules": []}}).as_object().unwrap().clone(),
            ..ResourceSettings::default()
        };
        config.resources.insert("Bucket".into(), settings);
        let of = |path: &str| {
            let found = setting_of(&config, "AWS::S3::Bucket", &format!("/Resources/{path}"))?;
            Some((found.pointer, found.decides))
        };
        let at = |pointer: &str, decides: bool| Some((format!("/resources/Bucket{pointer}"), decides));
        assert_eq!(
            of("Bucket/Properties/CorsConfiguration/CorsRules/0"),
            at("/properties/CorsConfiguration/CorsRules/0", true)
        );
        assert_eq!(of("Bucket/Properties/BucketName"), at("/name", true));
        assert_eq!(of("Bucket/Properties/Tags/1/Key"), at("/tags", true));
        assert_eq!(of("Bucket/Properties/AccessControl"), at("", false));
        assert_eq!(of("Bucket"), at("", false));
        assert_eq!(of("Other/Properties/BucketName"), None);
        config.resources["Bucket"].type_name = Some("AWS::S3::Bucket".into());
        assert_eq!(
            setting_of(&config, "AWS::S3::Bucket", "/Resources/Bucket").map(|found| found.decides),
            Some(true)
        );
    }
}
