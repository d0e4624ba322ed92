//! The template as it is uploaded by hand: the form, what it tells afterwards, how large it is.

use std::collections::BTreeSet;

use dify_cfn::assembly::{INLINE_LIMIT_BYTES, minified};
use dify_cfn::config::model::Network;
use dify_cfn::dify::foundation;
use dify_cfn::validate::{Options, ValidatedTemplate};
use regex::Regex;
use serde_json::Value as Json;

use crate::shipped::{each, one, told};
use crate::view::{View, id_of};

/// Parameters that may be left empty.
const MAY_BE_EMPTY: [&str; 3] = ["CertificateArn", "DomainName", "HostedZoneId"];

#[test]
fn parameters_have_types_labels_groups_and_defaults_that_fit() {
    each(|shipped| {
        let template = &shipped.json;
        let form = &template["Metadata"]["AWS::CloudFormation::Interface"];
        let groups = form["ParameterGroups"].as_array().unwrap();
        let grouped: Vec<&str> = groups
            .iter()
            .flat_map(|group| group["Parameters"].as_array().unwrap())
            .map(|name| name.as_str().unwrap())
            .collect();
        let parameters = template["Parameters"].as_object().unwrap();
        let mut complaints = Vec::new();
        let names: BTreeSet<&str> = parameters.keys().map(String::as_str).collect();
        if grouped.len() != names.len() || grouped.iter().copied().collect::<BTreeSet<_>>() != names {
            complaints.push(format!("groups: {grouped:?}"));
        }
        for (name, parameter) in parameters {
            let mut check = |holds: bool, what: &str| {
                if !holds {
                    complaints.push(format!("{name}: {what}"));
                }
            };
            let text = |key: &str| parameter[key].as_str().unwrap_or_default();
            check(
                !form["ParameterLabels"][name]["default"].as_str().unwrap_or_default().is_empty(),
                "no label",
            );
            // Where label and group say what it is, a description would only say it again.
            let default_says_more = parameter.get("Default").is_some_and(|default| default != "");
            check(default_says_more || !text("Description").is_empty(), "no description");
            let expected = match name.as_str() {
                "VpcId" => "AWS::EC2::VPC::Id",
                "PublicSubnetIds" | "PrivateSubnetIds" => "List<AWS::EC2::Subnet::Id>",
                name if name.ends_with("MinTasks") || name.ends_with("MaxTasks") => "Number",
                _ => "String",
            };
            check(text("Type") == expected, "another type");
            if expected == "String" && parameter.get("AllowedValues").is_none() {
                let pattern = Regex::new(text("AllowedPattern")).unwrap();
                check(!text("AllowedPattern").is_empty(), "no pattern");
                check(
                    text("AllowedPattern").starts_with('^') && text("AllowedPattern").ends_with('$'),
                    "an open pattern",
                );
                check(!text("ConstraintDescription").is_empty(), "no text for a value that doesn't fit");
                if let Some(default) = parameter["Default"].as_str() {
                    check(pattern.is_match(default), "a default that doesn't fit");
                }
                let takes_nothing = pattern.is_match("");
                let is_optional = MAY_BE_EMPTY.contains(&name.as_str()) && parameter["Default"] == "";
                check(takes_nothing >= is_optional, "can't be left empty");
                check(!takes_nothing || MAY_BE_EMPTY.contains(&name.as_str()), "can be left empty");
                check(!pattern.is_match("\" or anything\n"), "takes anything");
            }
        }
        complaints
    });
}

#[test]
fn nobody_opens_the_stack_to_the_world_by_accident() {
    let default = one("default/dev");
    assert!(default.json["Parameters"]["AllowedCidr1"].get("Default").is_none());
    assert_eq!(default.json["Parameters"]["DeletionProtection"]["Default"], "false");
    // What has to be filled in is what nobody can know.
    let required: Vec<&String> = default.json["Parameters"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, parameter)| parameter.get("Default").is_none())
        .map(|(name, _)| name)
        .collect();
    assert_eq!(required, ["VpcId", "PublicSubnetIds", "PrivateSubnetIds", "AllowedCidr1"]);
}

#[test]
fn deletion_protection_is_off_until_somebody_turns_it_on() {
    each(|shipped| {
        let mut complaints = Vec::new();
        let protection = &shipped.json["Parameters"]["DeletionProtection"];
        if protection["Default"] != "false" {
            complaints.push(format!("{protection}"));
        }
        for value in ["false", "true"] {
            let view = View::new(shipped, &[("DeletionProtection", value)]);
            let cluster = &view.get("DatabaseCluster")["Properties"]["DeletionProtection"];
            if value == "false" && !matches!(cluster, Json::Null | Json::Bool(false)) && cluster != "false" {
                complaints.push(format!("the database is protected from the start: {cluster}"));
            }
            if value == "true" && shipped.is_production() && cluster != "true" {
                complaints.push("the database can't be protected".to_owned());
            }
        }
        complaints
    });
}

#[test]
fn outputs_tell_what_operators_need() {
    each(|shipped| {
        let view = View::new(shipped, &[]);
        let outputs = &view.resolved.outputs;
        let mut expected: BTreeSet<String> =
            ["Url", "LoadBalancerDnsName", "DatabaseEndpoint", "CacheEndpoint", "BucketName", "ClusterName"]
                .map(str::to_owned)
                .into();
        expected.insert(
            if shipped.config().logs.single_group { "LogGroupName" } else { "LogGroupPrefix" }.to_owned(),
        );
        expected.insert("InitPasswordCommand".to_owned());
        let mut complaints = Vec::new();
        for (service, settings) in shipped.config().services.iter().filter(|(_, settings)| settings.exec) {
            assert!(settings.exec);
            let name = format!("{}ExecCommand", id_of(service));
            let command = outputs.get(&name).map(|output| crate::resolve::reference_text(&output["Value"]));
            let is_ready = command.as_deref().is_some_and(|command| {
                command
                    .starts_with("aws --region ${AWS::Region} ecs execute-command --interactive --command ")
                    && command.contains("--cluster ${Cluster}")
                    && command.contains("--container dify-")
                    && command.contains("--service-name ")
            });
            if !is_ready {
                complaints.push(format!("{name}: {command:?}"));
            }
            expected.insert(name);
        }
        let found: BTreeSet<String> = outputs.keys().cloned().collect();
        complaints.extend(found.symmetric_difference(&expected).map(|name| format!("output {name}")));
        for (name, output) in outputs {
            if output["Description"].as_str().unwrap_or_default().is_empty() {
                complaints.push(format!("{name} has no description"));
            }
        }
        complaints
    });
}

#[test]
fn the_foundation_is_a_template_of_its_own_that_fits_into_one_request() {
    each(|shipped| {
        let foundation = foundation(shipped.template());
        let mut complaints = Vec::new();
        let bytes = minified(&foundation).len();
        if bytes >= INLINE_LIMIT_BYTES {
            complaints.push(format!("{bytes} bytes"));
        }
        for (id, resource) in &foundation.resources {
            if shipped.template().resources.get(id) != Some(resource) {
                complaints.push(format!("{id} is another one in the foundation"));
            }
            if resource.type_name.starts_with("AWS::ECS::") || resource.type_name.contains("LoadBalancingV2")
            {
                complaints.push(format!("{id} of type {} can fail to start", resource.type_name));
            }
        }
        let holds_data = [
            "DatabaseCluster",
            "DatabaseWriter",
            "Cache",
            "Bucket",
            "SecretKey",
            "DatabaseKey",
            "NetworkVpc",
        ];
        let missing = holds_data.into_iter().filter(|id| {
            shipped.template().resources.contains_key(*id) && !foundation.resources.contains_key(*id)
        });
        complaints.extend(missing.map(|id| format!("{id} isn't in the foundation")));
        if !foundation.outputs.is_empty() {
            complaints.push("the foundation has outputs".to_owned());
        }
        if let Err(found) = ValidatedTemplate::check(foundation, &Options::default()) {
            complaints.push(told(&found));
        }
        complaints
    });
}

/// CloudFormation's and the services' limits that a template alone can break.
#[test]
fn no_limit_of_cloudformation_is_near() {
    each(|shipped| {
        let count = |section: &str| shipped.json[section].as_object().map_or(0, serde_json::Map::len);
        let mut complaints = Vec::new();
        for (section, limit) in [("Parameters", 200), ("Resources", 500), ("Outputs", 200), ("Mappings", 200)]
        {
            if count(section) > limit * 9 / 10 {
                complaints.push(format!("{} {section}", count(section)));
            }
        }
        for (id, resource) in shipped.json["Resources"].as_object().unwrap() {
            let properties = &resource["Properties"];
            if let Some(text) = properties["GroupDescription"].as_str().filter(|text| text.len() > 255) {
                complaints.push(format!("{id}: {text}"));
            }
            if resource["Type"] == "AWS::ECS::TaskDefinition"
                && properties["ContainerDefinitions"].as_array().unwrap().len() > 10
            {
                complaints.push(format!("{id} has more than 10 containers"));
            }
            if id.len() > 255 || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                complaints.push(format!("{id} is no logical id"));
            }
        }
        complaints
    });
}

#[test]
fn a_network_is_asked_for_only_where_the_stack_has_none() {
    each(|shipped| {
        let asks = shipped.json["Parameters"].get("VpcId").is_some();
        let makes = matches!(shipped.config().network, Network::Create(_));
        (asks == makes).then(|| format!("asks {asks}, makes {makes}")).into_iter().collect()
    });
}
