//! W026: both ends agree on TLS.

use crate::cfn::evaluate::{Evaluated, Origin, Piece, Unknown};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::ecs::{containers, environment, secrets, tasks, variable};
use super::model::{Item, View, pieces};

pub(super) static RULE: Rule = Rule {
    code: Code("W026"),
    severity: Severity::Error,
    title: "clients use TLS where their cache does, and only there",
    what: "Where a container is given the address of a cache of the template, `REDIS_USE_SSL` and the schemes `redis://` and `rediss://` agree with `TransitEncryptionEnabled`; a Celery URL with `rediss://` says `ssl_cert_reqs`.",
    why: "The client waits for an answer that never comes, or is cut off; Celery refuses a `rediss://` URL without `ssl_cert_reqs` at start.",
    source: "Amazon ElastiCache User Guide, \"ElastiCache in-transit encryption (TLS)\"; Celery User Guide, \"Using Redis\"",
    same_as: &[],
};

/// Whether the cache encrypts connections; `None` if it isn't known or takes both kinds.
fn encrypts(cache: &Item<'_>) -> Option<bool> {
    if cache.get("TransitEncryptionMode").is_some_and(|mode| mode.text().as_deref() != Some("required")) {
        return None;
    }
    cache.get("TransitEncryptionEnabled").map_or(Some(false), Evaluated::boolean)
}

/// The replication group whose address is in a text.
fn cache<'v, 't>(view: &'v View<'_, 't>, parts: &[Piece<'t>]) -> Option<&'v Item<'t>> {
    parts.iter().find_map(|part| match part {
        Piece::Unknown(Unknown { origin: Origin::Attribute(id, _), .. }) => {
            view.get(id).filter(|item| item.is("AWS::ElastiCache::ReplicationGroup"))
        }
        _ => None,
    })
}

/// What is wrong with a URL.
fn wrong_url<'t>(view: &View<'_, 't>, name: &str, value: &Evaluated<'t>) -> Option<(String, &'static str)> {
    let parts = pieces(value);
    let cache = cache(view, &parts)?;
    let Some(Piece::Text(start)) = parts.first() else { return None };
    let tls = match start.split_once("://")?.0 {
        "rediss" => true,
        "redis" => false,
        _ => return None,
    };
    match encrypts(cache) {
        Some(true) if !tls => Some((
            format!(
                "`{name}` speaks plain text to `{}`, which wants TLS: the connection is cut off",
                cache.id
            ),
            "write `rediss://`",
        )),
        Some(false) if tls => Some((
            format!("`{name}` speaks TLS to `{}`, which doesn't: the connection never gets ready", cache.id),
            "write `redis://`, or set `TransitEncryptionEnabled: true`",
        )),
        _ if tls && name.starts_with("CELERY") => {
            let said =
                parts.iter().any(|part| matches!(part, Piece::Text(text) if text.contains("ssl_cert_reqs")));
            (!said).then(|| {
                (
                    format!("`{name}` doesn't say `ssl_cert_reqs`: Celery refuses the URL at start"),
                    "end it with `?ssl_cert_reqs=CERT_REQUIRED`",
                )
            })
        }
        _ => None,
    }
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for task in tasks(view) {
        for container in containers(task) {
            if let Some(flag) = variable(container, "REDIS_USE_SSL")
                && let Some(host) = variable(container, "REDIS_HOST")
                && let Some(cache) = cache(view, &pieces(host))
                && let (Some(uses), Some(wants)) = (boolean(flag), encrypts(cache))
                && uses != wants
            {
                let message = format!(
                    "`REDIS_USE_SSL` is {uses}, but connections to `{}` are {}: they fail",
                    cache.id,
                    if wants { "encrypted" } else { "not encrypted" }
                );
                findings.push(
                    task.finding_at(&RULE, flag, message).help(format!("set `REDIS_USE_SSL` to {wants}")),
                );
            }
            for (name, value) in environment(container) {
                if let Some((message, help)) = wrong_url(view, &name, value) {
                    findings.push(task.finding_at(&RULE, value, message).help(help));
                }
            }
            for (name, value) in secrets(container) {
                let Some(secret) = view.target_of(Some(value), "AWS::SecretsManager::Secret") else {
                    continue;
                };
                let Some(text) = secret.get("SecretString") else { continue };
                if let Some((message, help)) = wrong_url(view, &name, text) {
                    findings.push(secret.finding_at(&RULE, text, message).help(help));
                }
            }
        }
    }
}

fn boolean(value: &Evaluated<'_>) -> Option<bool> {
    match value.text()?.to_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" | "" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::wiring::testing::{none, only};

    fn broker(text: &str) -> Vec<(&'static str, Json)> {
        let secret = json!({"Type": "AWS::SecretsManager::Secret", "DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete", "Properties": {"SecretString": {"Fn::Sub": text}}});
        let policy = json!({"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"});
        vec![
            ("/Broker", secret),
            ("/ExecutionRole/Properties/Policies/0/PolicyDocument/Statement/-", policy),
            (
                "/ApiTask/Properties/ContainerDefinitions/0/Secrets/-",
                json!({"Name": "CELERY_BROKER_URL", "ValueFrom": {"Ref": "Broker"}}),
            ),
        ]
    }

    #[test]
    fn ends_that_disagree_are_found() {
        let (message, _) = only(
            "W026",
            &[("/ApiTask/Properties/ContainerDefinitions/0/Environment/5/Value", json!("false"))],
        );
        assert!(message.starts_with("`REDIS_USE_SSL` is false"), "{message}");
        only("W026", &broker("redis://:x@${Cache.PrimaryEndPoint.Address}:6379/1"));
        let (message, _) = only("W026", &broker("rediss://:x@${Cache.PrimaryEndPoint.Address}:6379/1"));
        assert!(message.contains("ssl_cert_reqs"), "{message}");
    }

    #[test]
    fn ends_that_agree_are_not() {
        none(&broker("rediss://:x@${Cache.PrimaryEndPoint.Address}:6379/1?ssl_cert_reqs=CERT_REQUIRED"));
    }
}
