//! Secrets: that each is one for all who must share it, and that none stands where it can be read.

use std::collections::{BTreeMap, BTreeSet};

use dify_cfn::catalog::is_secret;
use dify_cfn::config::model::SecretsBackend;
use serde_json::Value as Json;

use crate::shipped::each;
use crate::view::View;

/// The names under which a value is known to the containers that must share it. `dify-sandbox/API_KEY` is the sandbox's.
const SHARED: [(&str, &[&str]); 8] = [
    ("the key of sessions and credentials", &["SECRET_KEY"]),
    ("api to plugin daemon", &["PLUGIN_DAEMON_KEY", "SERVER_KEY"]),
    ("plugin daemon to api", &["INNER_API_KEY_FOR_PLUGIN", "DIFY_INNER_API_KEY"]),
    ("api to sandbox", &["CODE_EXECUTION_API_KEY", "dify-sandbox/API_KEY"]),
    ("database", &["DB_PASSWORD", "PGVECTOR_PASSWORD"]),
    ("cache", &["REDIS_PASSWORD"]),
    ("task queue", &["CELERY_BROKER_URL"]),
    ("first administrator", &["INIT_PASSWORD"]),
];

#[test]
fn what_must_be_equal_is_one_secret_and_no_two_are_the_same() {
    each(|shipped| {
        let view = View::new(shipped, &[]);
        let mut found: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        let mut complaints = Vec::new();
        let mut seen = BTreeSet::new();
        for container in view.containers() {
            for (name, place) in container.secrets() {
                let full = format!("{}/{name}", container.name());
                let known =
                    |names: &&[&str]| names.contains(&name.as_str()) || names.contains(&full.as_str());
                if let Some((what, _)) = SHARED.iter().find(|(_, names)| known(names)) {
                    found.entry(what).or_default().insert(place);
                    seen.insert(name);
                }
            }
        }
        for (what, places) in &found {
            if places.len() > 1 {
                complaints.push(format!("{what}: {places:?}"));
            }
        }
        let all: BTreeSet<&String> = found.values().flatten().collect();
        let count: usize = found.values().map(BTreeSet::len).sum();
        if all.len() != count {
            complaints.push(format!("two kinds share one: {found:?}"));
        }
        for name in ["SECRET_KEY", "DB_PASSWORD", "REDIS_PASSWORD", "PGVECTOR_PASSWORD"] {
            if !seen.contains(name) {
                complaints.push(format!("nobody has {name}"));
            }
        }
        complaints
    });
}

/// Whether a name sounds like that of a secret, whatever the catalog knows.
fn sounds_secret(name: &str) -> bool {
    ["PASSWORD", "SECRET", "TOKEN", "_KEY", "BROKER_URL", "_DSN"].iter().any(|end| name.ends_with(end))
}

/// Every text below a value, with its pointer.
fn each_text(value: &Json, at: &str, visit: &mut impl FnMut(&str, &str)) {
    match value {
        Json::String(text) => visit(at, text),
        Json::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, item)| each_text(item, &format!("{at}/{index}"), visit));
        }
        Json::Object(map) => {
            map.iter().for_each(|(key, value)| each_text(value, &format!("{at}/{key}"), visit));
        }
        _ => {}
    }
}

#[test]
fn no_secret_stands_in_the_environment() {
    each(|shipped| {
        let view = View::new(shipped, &[]);
        let mut complaints = Vec::new();
        for container in view.containers() {
            for name in container.environment().keys() {
                if is_secret(name) || sounds_secret(name) {
                    complaints.push(format!("{} has {name} in plain text", container.name()));
                }
            }
        }
        complaints
    });
}

#[test]
fn dynamic_references_to_secrets_stand_only_where_aws_keeps_the_value_to_itself() {
    /// The only properties that may hold one, with what may stand there.
    const ALLOWED: [(&str, &str); 3] = [
        ("AWS::RDS::DBCluster", "/MasterUserPassword"),
        ("AWS::ElastiCache::ReplicationGroup", "/AuthToken"),
        ("AWS::SecretsManager::Secret", "/SecretString"),
    ];
    each(|shipped| {
        let mut complaints = Vec::new();
        let mut check = |place: &str, type_name: &str, at: &str, text: &str| {
            if !text.contains("{{resolve:") {
                return;
            }
            let is_allowed =
                ALLOWED.iter().any(|(name, pointer)| *name == type_name && at.starts_with(pointer));
            let is_secure_parameter =
                text.contains("ssm-secure") && type_name == "AWS::SecretsManager::Secret";
            if !is_allowed || is_secure_parameter {
                complaints.push(format!("{place}{at}: {text}"));
            }
        };
        let template = &shipped.json;
        for (id, resource) in template["Resources"].as_object().unwrap() {
            let type_name = resource["Type"].as_str().unwrap();
            each_text(&resource["Properties"], "", &mut |at, text| check(id, type_name, at, text));
            let mut rest = resource.clone();
            rest.as_object_mut().unwrap().remove("Properties");
            each_text(&rest, "", &mut |at, text| check(id, "", at, text));
        }
        for section in ["Metadata", "Parameters", "Conditions", "Mappings", "Outputs", "Description"] {
            each_text(&template[section], "", &mut |at, text| check(section, "", at, text));
        }
        complaints
    });
}

#[test]
fn nothing_asks_for_a_secret_on_the_form_or_carries_one() {
    each(|shipped| {
        let mut complaints = Vec::new();
        for (name, parameter) in shipped.json["Parameters"].as_object().unwrap() {
            if parameter.get("NoEcho").is_some() || sounds_secret(&name.to_uppercase()) {
                complaints.push(format!("parameter {name}"));
            }
        }
        for (id, resource) in shipped.json["Resources"].as_object().unwrap() {
            let properties = &resource["Properties"];
            let is_secret = resource["Type"] == "AWS::SecretsManager::Secret";
            let is_composed = properties["SecretString"].get("Fn::Sub").is_some();
            let is_generated = properties.get("GenerateSecretString").is_some();
            if is_secret && is_composed == is_generated {
                complaints.push(format!("{id} is neither generated nor composed"));
            }
            if is_generated && properties["GenerateSecretString"]["ExcludePunctuation"] != true {
                complaints.push(format!("{id} may hold what an address would have to escape"));
            }
        }
        complaints
    });
}

#[test]
fn what_is_published_is_no_secret() {
    each(|shipped| {
        let mut complaints = Vec::new();
        let secrets: Vec<&String> = shipped.json["Resources"]
            .as_object()
            .unwrap()
            .iter()
            .filter(|(_, resource)| resource["Type"] == "AWS::SecretsManager::Secret")
            .map(|(id, _)| id)
            .collect();
        for (name, output) in shipped.json["Outputs"].as_object().unwrap() {
            // The place of the first administrator's password may be told, which is no secret; others nobody has to look up.
            let text = output["Value"].to_string();
            let told =
                secrets.iter().filter(|id| text.contains(id.as_str()) && id.as_str() != "InitPassword");
            complaints.extend(told.map(|id| format!("output {name} tells of {id}")));
        }
        complaints
    });
}

#[test]
fn in_parameter_store_the_broker_address_is_put_together_at_the_start_and_the_migration_has_none() {
    each(|shipped| {
        let view = View::new(shipped, &[]);
        let is_ssm = shipped.config().secrets.backend == SecretsBackend::Ssm;
        let mut complaints = Vec::new();
        for container in view.containers() {
            if !container.json["Image"].to_string().contains("dify-api") {
                continue;
            }
            let has_secret = container.secrets().contains_key("CELERY_BROKER_URL");
            let command = container.json["Command"].to_string();
            let puts_together = command.contains("export CELERY_BROKER_URL=\\\"rediss://:$REDIS_PASSWORD@");
            let queues = container.component.is_some();
            if has_secret != (queues && !is_ssm) || puts_together != (queues && is_ssm) {
                complaints
                    .push(format!("{}: secret {has_secret}, composed {puts_together}", container.name()));
            }
        }
        complaints
    });
}
