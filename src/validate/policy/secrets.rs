//! P040 to P044: no secret stands in the template, or where everyone who may look at the stack can read it.

use crate::catalog::{self, has_password, is_possible_secret, sounds_secret};
use crate::cfn::Json;
use crate::cfn::evaluate::{Piece, pointer_to};
use crate::diagnostic::Code;
use crate::validate::context::escape;
use crate::validate::model::ecs::{containers, environment, tasks};
use crate::validate::model::{View, pieces};
use crate::validate::references::{Part, Target};
use crate::validate::{Context, Owner, Rule};

use super::rule::{EXPOSURE, Found, Look, PROTECTION, Policy};

/// Properties that are a secret, and those of a list whose items are.
const SECRETS: [(&str, &str); 8] = [
    ("AWS::RDS::DBCluster", "MasterUserPassword"),
    ("AWS::RDS::DBInstance", "MasterUserPassword"),
    ("AWS::ElastiCache::ReplicationGroup", "AuthToken"),
    ("AWS::ElastiCache::User", "Passwords"),
    ("AWS::SecretsManager::Secret", "SecretString"),
    ("AWS::IAM::User", "LoginProfile.Password"),
    ("AWS::DocDB::DBCluster", "MasterUserPassword"),
    ("AWS::Redshift::Cluster", "MasterUserPassword"),
];

pub(super) static LITERAL: Policy = Policy {
    rule: Rule {
        code: Code("P040"),
        severity: EXPOSURE.others,
        title: "no password stands in the template",
        what: "Passwords, tokens and the values of secrets and of parameters that are called like secrets come from a dynamic reference, a generated secret or a parameter with `NoEcho`.",
        why: "Everyone who can read the template, its repository or the stack can log in.",
        source: "AWS CloudFormation User Guide, \"CloudFormation best practices\": don't embed credentials in your templates",
        same_as: &["cfn-lint W2501", "checkov CKV_AWS_384"],
    },
    grade: EXPOSURE,
    look: Look::Code(check_literals),
};

fn check_literals(view: &View<'_, '_>, found: &mut Found<'_>) {
    for (type_name, path) in SECRETS {
        for item in view.of(type_name) {
            let Some(value) = item.get(path) else { continue };
            for value in super::statement::one_or_many(value) {
                if value.text().is_some_and(|text| !text.is_empty()) {
                    let message = "the secret's value stands in the template";
                    let help = "let `AWS::SecretsManager::Secret` generate it, and refer to it with `{{resolve:secretsmanager:…}}`";
                    found.tell_secret(item, value, message, help);
                }
            }
        }
    }
    for parameter in view.of("AWS::SSM::Parameter") {
        let name = parameter.get("Name").map(pieces).unwrap_or_default();
        let Some(Piece::Text(end)) = name.last() else { continue };
        let Some(value) = parameter.get("Value") else { continue };
        let is_secret = sounds_secret(end.rsplit('/').next().unwrap_or_default());
        if is_secret && value.text().is_some_and(|text| is_possible_secret(&text)) {
            let message = "a parameter that is called like a secret has its value in the template";
            let help = "keep it in Secrets Manager, or in a SecureString made outside";
            found.tell_secret(parameter, value, message, help);
        }
    }
}

pub(super) static ENVIRONMENT: Policy = Policy {
    rule: Rule {
        code: Code("P041"),
        severity: EXPOSURE.others,
        title: "containers get no secret in plain text",
        what: "An environment variable whose name is that of a secret, or that is a URL with a password, has no value in the template; it stands in `Secrets`.",
        why: "Everyone who may describe the task definition, and every process in the container, reads it; old revisions keep it.",
        source: "Amazon ECS Developer Guide, \"Pass sensitive data to an Amazon ECS container\"",
        same_as: &["FSBP ECS.8", "cdk-nag AwsSolutions-ECS2"],
    },
    grade: EXPOSURE,
    look: Look::Code(|view, found| {
        for task in tasks(view) {
            for container in containers(task) {
                for (name, value) in environment(container) {
                    let Some(text) = value.text() else { continue };
                    // Most values can't be one, and to look the name up takes longest.
                    let is_secret =
                        is_possible_secret(&text) && (catalog::is_secret(&name) || sounds_secret(&name));
                    let help = "move it to `Secrets`, with the ARN of a secret or parameter as `ValueFrom`";
                    if is_secret {
                        let message = format!("the value of `{name}` stands in the task definition");
                        found.tell_secret(task, value, message, help);
                    } else if has_password(&text) {
                        let message = format!("`{name}` is a URL with a password in it");
                        found.tell_secret(task, value, message, help);
                    }
                }
            }
        }
    }),
};

pub(super) static PARAMETER: Policy = Policy {
    rule: Rule {
        code: Code("P042"),
        severity: PROTECTION.others,
        title: "parameters for secrets are hidden",
        what: "A parameter that is called like a secret has `NoEcho: true`, and no default.",
        why: "Everyone who may look at the stack, or at the template, reads the value.",
        source: "AWS CloudFormation User Guide, \"Parameters\": `NoEcho`",
        same_as: &[],
    },
    grade: PROTECTION,
    look: Look::Template(check_parameters),
};

fn check_parameters(context: &Context<'_>, found: &mut Found<'_>) {
    for (name, parameter) in &context.template.parameters {
        let pointer = format!("/Parameters/{}", escape(name));
        let owner = Owner::Parameter(name);
        let default = parameter.get("Default").and_then(Json::as_str).unwrap_or_default();
        let is_text = parameter.get("Type").and_then(Json::as_str) == Some("String");
        if is_no_echo(parameter) {
            if is_possible_secret(default) {
                let message = format!("the default of `{name}` can be read in the template");
                let finding = found.rule().at(owner, format!("{pointer}/Default"), message);
                found.add(finding.help("take the default away").secret());
            }
        } else if is_text && sounds_secret(name) && !has_plain_values(parameter) {
            let message = format!("`{name}` is called like a secret, and its value can be read in the stack");
            let finding = found.rule().at(owner, pointer, message);
            found.add(
                finding.help("set `NoEcho: true`, or use a dynamic reference in place of the parameter"),
            );
        }
    }
}

fn is_no_echo(parameter: &Json) -> bool {
    parameter.get("NoEcho").is_some_and(|value| value == &Json::Bool(true) || value.as_str() == Some("true"))
}

/// Whether only a few fixed values are allowed, or the default is a name: then it is no secret.
fn has_plain_values(parameter: &Json) -> bool {
    let default = parameter.get("Default").and_then(Json::as_str).unwrap_or_default();
    parameter.get("AllowedValues").is_some() || default.starts_with('/') || default.starts_with("arn:")
}

pub(super) static LEAK: Policy = Policy {
    rule: Rule {
        code: Code("P043"),
        severity: EXPOSURE.others,
        title: "hidden parameters stay hidden",
        what: "A parameter with `NoEcho` stands in no output, metadata, tag, description, container environment or command, and in no plain parameter of Systems Manager.",
        why: "CloudFormation hides the parameter only: what it is put into shows the value.",
        source: "AWS CloudFormation User Guide, \"Parameters\": `NoEcho`",
        same_as: &["cfn-lint W2010", "FSBP ECS.8"],
    },
    grade: EXPOSURE,
    look: Look::Template(|context, found| {
        let hidden = context.template.parameters.iter().filter(|(_, parameter)| is_no_echo(parameter));
        let hidden: Vec<&str> = hidden.map(|(name, _)| name.as_str()).collect();
        for link in &context.references.links {
            let Target::Name(name) = link.target else { continue };
            if !hidden.contains(&name) {
                continue;
            }
            let place = match (link.site.owner, link.site.part) {
                (Owner::Output(_), _) => "an output",
                (Owner::Resource { .. }, Part::Attribute("Metadata")) => "metadata",
                (Owner::Resource { resource, .. }, Part::Properties) => {
                    match shown(&resource.type_name, &link.site.property()) {
                        Some(place) => place,
                        None => continue,
                    }
                }
                _ => continue,
            };
            let message = format!("`{name}` is hidden, but {place} shows its value");
            let finding = found.rule().at(link.site.owner, link.site.pointer(), message);
            found.add(finding.help("put the value into a secret, and refer to that"));
        }
    }),
};

/// What a property of a type is called, if everyone who may describe the resource sees it.
fn shown(type_name: &str, property: &str) -> Option<&'static str> {
    let property = property.trim_start_matches('/');
    match type_name {
        "AWS::ECS::TaskDefinition" if property.contains("/Environment/") => Some("the task definition"),
        "AWS::ECS::TaskDefinition"
            if ["/Command", "/EntryPoint"].iter().any(|part| property.contains(part)) =>
        {
            Some("the task definition")
        }
        "AWS::SSM::Parameter" if property == "Value" => Some("the parameter in Systems Manager"),
        _ if property.starts_with("Tags") => Some("a tag"),
        _ if property == "Description" => Some("a description"),
        _ => None,
    }
}

pub(super) static CREDENTIALS: Policy = Policy {
    rule: Rule {
        code: Code("P044"),
        severity: EXPOSURE.others,
        title: "no keys stand in the template",
        what: "No text of the template holds the id of an access key or a private key.",
        why: "Programs search repositories for exactly these, and use them within minutes.",
        source: "AWS IAM User Guide, \"Manage access keys for IAM users\"",
        same_as: &["checkov CKV_SECRET_2", "checkov CKV_SECRET_13"],
    },
    grade: EXPOSURE,
    look: Look::Template(|context, found| {
        for (owner, pointer) in texts_with_keys(context) {
            let finding = found.rule().at(owner, pointer, "a key stands in the template");
            found.add(finding.help("make the key invalid now, and keep the next one in a secret").secret());
        }
    }),
};

fn texts_with_keys<'t>(context: &Context<'t>) -> Vec<(Owner<'t>, String)> {
    let template = context.template;
    let mut found = Vec::new();
    for (id, resource) in &template.resources {
        let owner = Owner::Resource { id, resource };
        for (section, map) in [("Properties", &resource.properties), ("Metadata", &resource.metadata)] {
            let mut keys = Vec::new();
            map.values().for_each(|value| add_keys(value, &mut keys));
            for key in keys {
                let path = pointer_to(map, key).unwrap_or_default();
                found.push((owner, format!("{}/{section}{path}", owner.pointer())));
            }
        }
    }
    let parameters = template.parameters.iter().map(|(name, json)| (Owner::Parameter(name), json));
    let mappings = template.mappings.iter().map(|(name, json)| (Owner::Mapping(name), json));
    for (owner, json) in parameters.chain(mappings) {
        let Json::Object(map) = json else { continue };
        let mut keys = Vec::new();
        map.values().for_each(|value| add_keys(value, &mut keys));
        for key in keys {
            found.push((owner, owner.pointer() + &pointer_to(map, key).unwrap_or_default()));
        }
    }
    found
}

/// Adds the texts in a value that are keys: nearly always none.
fn add_keys<'t>(json: &'t Json, found: &mut Vec<&'t Json>) {
    match json {
        Json::String(text) if is_key(text) => found.push(json),
        Json::Array(items) => items.iter().for_each(|item| add_keys(item, found)),
        Json::Object(map) => map.values().for_each(|value| add_keys(value, found)),
        _ => {}
    }
}

/// Whether a text holds the id of an access key, such as `AKIA…`, or a private key. Those of AWS's examples are none.
///
/// Source: AWS IAM User Guide, "IAM identifiers": unique prefixes.
fn is_key(text: &str) -> bool {
    // Most texts are shorter than the shortest key, or have no `I`, which each has: to search in them would be most of the work.
    let may_be = |part: &[u8]| matches!(part, b"AKIA" | b"ASIA" | b"----");
    let bytes = text.as_bytes();
    if bytes.len() < "PRIVATE KEY-----".len() || !bytes.contains(&b'I') || !bytes.windows(4).any(may_be) {
        return false;
    }
    if text.contains("PRIVATE KEY-----") {
        return true;
    }
    ["AKIA", "ASIA"].into_iter().any(|prefix| {
        text.match_indices(prefix).any(|(start, _)| {
            let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
            let begins = !text[..start].ends_with(|c: char| c.is_ascii_alphanumeric());
            let id: String = text[start..].chars().take_while(char::is_ascii_alphanumeric).collect();
            begins && id.len() == 20 && id.chars().all(is_part) && !id.ends_with("EXAMPLE")
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::validate::policy::testing::{silent, silent_of, tells, tells_of};

    #[test]
    fn literals() {
        tells_of("P040", "AWS::RDS::DBInstance", json!({"MasterUserPassword": "hunter22"}));
        tells_of("P040", "AWS::ElastiCache::User", json!({"Passwords": ["0123456789abcdef"]}));
        tells_of(
            "P040",
            "AWS::SSM::Parameter",
            json!({"Name": {"Fn::Sub": "/${AWS::StackName}/db_password"}, "Type": "String", "Value": "hunter22"}),
        );
        silent_of(
            "P040",
            "AWS::RDS::DBInstance",
            json!({"MasterUserPassword": "{{resolve:secretsmanager:x:SecretString:password}}"}),
        );
        silent_of("P040", "AWS::SSM::Parameter", json!({"Name": "/a/url", "Type": "String", "Value": "x"}));
    }

    fn task(name: &str, value: &Json) -> Json {
        json!({"ContainerDefinitions": [{"Name": "a", "Environment": [{"Name": name, "Value": value}]}]})
    }

    #[test]
    fn environments() {
        const TASK: &str = "AWS::ECS::TaskDefinition";
        tells_of("P041", TASK, task("DB_PASSWORD", &json!("hunter22")));
        tells_of("P041", TASK, task("SECRET_KEY", &json!("sk-abc")));
        tells_of("P041", TASK, task("CELERY_BROKER_URL", &json!("redis://:hunter22@cache:6379/1")));
        silent_of("P041", TASK, task("ACCESS_TOKEN_EXPIRE_MINUTES", &json!("60")));
        silent_of("P041", TASK, task("DB_PASSWORD", &json!("")));
        silent_of("P041", TASK, task("CELERY_BROKER_URL", &json!("redis://cache:6379/1")));
    }

    #[test]
    fn parameters() {
        let of = |parameter: Json| json!({"Parameters": {"DbPassword": parameter}, "Resources": {}});
        tells("P042", of(json!({"Type": "String"})));
        tells("P042", of(json!({"Type": "String", "NoEcho": true, "Default": "hunter22"})));
        silent("P042", of(json!({"Type": "String", "NoEcho": "true"})));
        silent("P042", json!({"Parameters": {"PasswordSecretArn": {"Type": "String"}}, "Resources": {}}));
    }

    #[test]
    fn leaks() {
        let parameters = json!({"Word": {"Type": "String", "NoEcho": true}});
        let output = json!({"A": {"Value": {"Fn::Sub": "x${Word}"}}});
        tells("P043", json!({"Parameters": parameters, "Outputs": output, "Resources": {}}));
        let resources = json!({"Task": {"Type": "AWS::ECS::TaskDefinition", "Properties": task("A", &json!({"Ref": "Word"}))}});
        let (_, pointer) = tells("P043", json!({"Parameters": parameters, "Resources": resources}));
        assert_eq!(pointer, "Task/Properties/ContainerDefinitions/0/Environment/0/Value/Ref");
        let resources = json!({"Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"SecretString": {"Ref": "Word"}}}});
        silent("P043", json!({"Parameters": parameters, "Resources": resources}));
    }

    #[test]
    fn keys() {
        let id = format!("AKIA{}", "ABCDEFGH12345678");
        tells_of("P044", "AWS::S3::Bucket", json!({"Tags": [{"Key": "a", "Value": format!("x {id}")}]}));
        silent_of(
            "P044",
            "AWS::S3::Bucket",
            json!({"Tags": [{"Key": "a", "Value": format!("AKIA{}", "IOSFODNN7EXAMPLE")}]}),
        );
    }

    #[test]
    fn names_that_sound_secret() {
        for name in [
            "DB_PASSWORD",
            "MasterUserPassword",
            "ApiKey",
            "SERVER_API_KEY",
            "auth-token",
            "AWS_ACCESS_KEY_ID",
            "CLIENT_SECRET",
        ] {
            assert!(sounds_secret(name), "{name}");
        }
        for name in
            ["PASSWORD_LENGTH", "SecretArn", "TOKEN_EXPIRE_DAYS", "KEY", "S3_KEY", "SSHKeyName", "MaxTokens"]
        {
            assert!(!sounds_secret(name), "{name}");
        }
    }
}
