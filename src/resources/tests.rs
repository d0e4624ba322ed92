//! The generated types against the schemas that they come from, read independently of the generator.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::json;

use super::*;
use crate::cfn::{CfnResource, Json, LogicalId, StackId, Taggable};

/// A struct with all its fields set, or an enumeration with all its values.
struct Sample {
    type_name: &'static str,
    pointer: &'static str,
    json: Json,
}

impl Sample {
    fn of<T: Serialize>(type_name: &'static str, pointer: &'static str, value: &T) -> Self {
        Self { type_name, pointer, json: serde_json::to_value(value).unwrap() }
    }
}

#[allow(clippy::too_many_lines, reason = "generated")]
mod generated {
    use super::Sample;
    use crate::cfn::Value;
    use crate::resources::*;

    include!(concat!(env!("OUT_DIR"), "/resources/samples.rs"));
}

fn file(name: &str) -> Json {
    let path = format!("{}/schemas/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// All schemas by type name, without the properties that the overlay drops.
fn schemas() -> BTreeMap<String, Json> {
    let mut schemas = BTreeMap::new();
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/schemas")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let is_json = path.extension().is_some_and(|extension| extension == "json");
        if is_json && !["dify.schema.json", "overlay.json", "regions.json"].contains(&name) {
            let schema: Json = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
            schemas.insert(schema["typeName"].as_str().unwrap().to_owned(), schema);
        }
    }
    for correction in file("overlay.json").as_array().unwrap() {
        let schema = schemas.get_mut(correction["type"].as_str().unwrap()).unwrap();
        for property in correction["drop"].as_array().into_iter().flatten() {
            schema["properties"].as_object_mut().unwrap().shift_remove(property.as_str().unwrap()).unwrap();
        }
    }
    schemas
}

/// Objects with properties that can be reached from what a user sets: pointer, and the names of the properties.
struct Objects<'a> {
    schema: &'a Json,
    found: BTreeMap<String, BTreeSet<&'a str>>,
}

impl<'a> Objects<'a> {
    fn of(schema: &'a Json) -> BTreeMap<String, BTreeSet<&'a str>> {
        let mut objects = Self { schema, found: BTreeMap::new() };
        objects.visit(schema, "", "");
        objects.found
    }

    fn visit(&mut self, node: &'a Json, pointer: &str, path: &str) {
        if let Some(reference) = node["$ref"].as_str() {
            let pointer = reference.trim_start_matches('#');
            self.visit(self.schema.pointer(pointer).unwrap(), pointer, path);
        } else if let Some(properties) = node["properties"].as_object() {
            if self.found.contains_key(pointer) {
                return;
            }
            let names = properties.keys().filter(|name| !self.is_read_only(&format!("{path}/{name}")));
            let names: BTreeSet<&str> = names.map(String::as_str).collect();
            self.found.insert(pointer.to_owned(), names.clone());
            for name in names {
                self.visit(
                    &properties[name],
                    &format!("{pointer}/properties/{name}"),
                    &format!("{path}/{name}"),
                );
            }
        } else if node["type"] == "array" {
            self.visit(&node["items"], pointer, &format!("{path}/*"));
        } else if let Some(patterns) = node["patternProperties"].as_object() {
            self.visit(patterns.values().next().unwrap(), pointer, &format!("{path}/*"));
        }
    }

    fn is_read_only(&self, path: &str) -> bool {
        let pointers = self.schema["readOnlyProperties"].as_array().into_iter().flatten();
        pointers.filter_map(Json::as_str).any(|pointer| pointer.trim_start_matches("/properties") == path)
    }
}

#[test]
fn every_property_of_every_schema_is_written_under_its_own_name() {
    let samples = generated::samples();
    let mut properties = 0;
    for (type_name, schema) in schemas() {
        for (pointer, expected) in Objects::of(&schema) {
            if expected.iter().copied().eq(["Key", "Value"]) {
                continue; // the `Tag` that all types share, or alike; `tags_are_written_as_the_schemas_have_them`
            }
            // A type without a name of its own may be one with its like elsewhere in the same schema.
            let last = |pointer: &str| pointer.rsplit('/').next().map(str::to_owned);
            let is_same = |sample: &&Sample| {
                sample.pointer == pointer
                    || (!sample.pointer.starts_with("/definitions/")
                        || sample.pointer.contains("/properties/"))
                        && last(sample.pointer) == last(&pointer)
            };
            let of_type =
                samples.iter().filter(|sample| sample.type_name == type_name && sample.json.is_object());
            let written: Vec<BTreeSet<&str>> = of_type
                .filter(is_same)
                .map(|sample| sample.json.as_object().unwrap().keys().map(String::as_str).collect())
                .collect();
            assert!(
                written.contains(&expected),
                "{type_name} {pointer}: {written:?} instead of {expected:?}"
            );
            properties += expected.len();
        }
    }
    assert!(properties > 1900, "only {properties} properties compared");
}

#[test]
fn every_enumeration_writes_the_schemas_texts() {
    let schemas = schemas();
    let samples = generated::samples();
    let enums: Vec<&Sample> = samples.iter().filter(|sample| sample.json.is_array()).collect();
    for sample in &enums {
        let mut node = schemas[sample.type_name].pointer(sample.pointer).unwrap();
        while node["items"].is_object() {
            node = &node["items"];
        }
        let texts = node.get("enum").unwrap_or(&node["enumCaseInsensitive"]);
        assert_eq!(sample.json, *texts, "{} {}", sample.type_name, sample.pointer);
    }
    assert!(enums.len() > 150, "only {} enumerations", enums.len());
}

#[test]
fn every_schema_has_its_type_in_the_table() {
    let names: Vec<&str> = TYPES.iter().map(|info| info.name).collect();
    assert_eq!(names, schemas().keys().map(String::as_str).collect::<Vec<_>>());
    let regions = file("regions.json");
    let groups = regions["absent"].as_array().unwrap().iter();
    let in_regions: Vec<&str> =
        groups.flat_map(|group| group["types"].as_array().unwrap()).filter_map(Json::as_str).collect();
    assert!(names.iter().all(|name| in_regions.contains(name)));
    let cluster = type_info("AWS::RDS::DBCluster").unwrap();
    assert!(cluster.create_only.contains(&"DBClusterIdentifier"));
    assert!(cluster.attributes.contains(&"Endpoint.Address"));
    assert_eq!(cluster.primary_identifier, ["DBClusterIdentifier"]);
    assert_eq!(cluster.tag_property, Some("Tags"));
    assert_eq!(type_info("AWS::RDS::Nothing"), None);
}

#[test]
fn the_readme_names_the_version_that_the_schemas_are_of() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/README.md")).unwrap();
    let regions = file("regions.json");
    for key in ["source", "date"] {
        let value = regions[key].as_str().unwrap();
        assert!(readme.contains(value), "schemas/README.md doesn't say {value}");
    }
}

#[test]
fn constructors_take_what_is_required_in_the_order_of_the_names() {
    let rule = elastic_load_balancing_v2::CfnListenerRule::new(
        [elastic_load_balancing_v2::listener_rule::Action::new(
            elastic_load_balancing_v2::listener_rule::ActionType::FixedResponse,
        )],
        [elastic_load_balancing_v2::listener_rule::RuleCondition::default()],
        "listener",
        7,
    );
    let expected = json!({
        "Actions": [{ "Type": "fixed-response" }],
        "Conditions": [{}],
        "ListenerArn": "listener",
        "Priority": 7,
    });
    assert_eq!(serde_json::to_value(&rule).unwrap(), expected);
    assert_eq!(CfnResource::type_name(&rule), "AWS::ElasticLoadBalancingV2::ListenerRule");
}

#[test]
fn attributes_are_get_att_of_the_documented_name() {
    let handle: Handle<rds::CfnDbCluster> = Handle::new(LogicalId::new(StackId::unique(), "Database"));
    let Value::Intrinsic(address) = handle.endpoint_address() else { panic!("a literal") };
    assert_eq!(*address, Intrinsic::GetAtt(handle.logical_id().clone(), "Endpoint.Address".into()));
    let zone: Handle<route53::CfnHostedZone> = Handle::new(LogicalId::new(StackId::unique(), "Zone"));
    let servers: Value<Vec<Value<String>>> = zone.name_servers();
    assert_eq!(
        servers.intrinsic(),
        Some(&Intrinsic::GetAtt(zone.logical_id().clone(), "NameServers".into()))
    );
}

#[test]
fn tags_are_written_as_the_schemas_have_them() {
    let mut system = efs::CfnFileSystem::default();
    system.set_tag("Name", "old".into());
    system.set_tag("Team", "a".into());
    system.set_tag("Name", "new".into());
    let expected = json!({ "FileSystemTags": [
        { "Key": "Name", "Value": "new" },
        { "Key": "Team", "Value": "a" },
    ]});
    assert_eq!(serde_json::to_value(&system).unwrap(), expected);

    let mut parameter = ssm::CfnParameter::new(ssm::parameter::Type::String, "value");
    parameter.set_tag("Name", "old".into());
    parameter.set_tag("Name", "new".into());
    assert_eq!(serde_json::to_value(&parameter).unwrap()["Tags"], json!({ "Name": "new" }));
}

#[test]
fn a_tag_list_that_a_function_gives_stays() {
    let mut bucket = s3::CfnBucket { tags: Some(Value::no_value()), ..Default::default() };
    bucket.set_tag("Name", "x".into());
    assert_eq!(bucket.tags, Some(Value::no_value()));
}

#[test]
fn whole_numbers_have_no_fraction() {
    use cloud_watch::alarm::ComparisonOperator::LessThanThreshold;
    let record =
        service_discovery::service::DnsRecord::new(10.0, service_discovery::service::DnsRecordType::A);
    assert_eq!(serde_json::to_string(&record).unwrap(), r#"{"TTL":10,"Type":"A"}"#);
    let alarm = cloud_watch::CfnAlarm {
        threshold: Some(0.5.into()),
        ..cloud_watch::CfnAlarm::new(LessThanThreshold, 1)
    };
    assert!(serde_json::to_string(&alarm).unwrap().contains(r#""Threshold":0.5"#));
}

#[test]
fn recursive_types_are_boxed_where_they_must_be() {
    use wafv2::web_acl::{GeoMatchStatement, NotStatement, Statement};
    let geo = Statement {
        geo_match_statement: Some(
            GeoMatchStatement { country_codes: Some(["JP"].into()), ..Default::default() }.into(),
        ),
        ..Default::default()
    };
    let not = Statement { not_statement: Some(NotStatement::new(geo).into()), ..Default::default() };
    let expected =
        json!({ "NotStatement": { "Statement": { "GeoMatchStatement": { "CountryCodes": ["JP"] } } } });
    assert_eq!(serde_json::to_value(&not).unwrap(), expected);
}
