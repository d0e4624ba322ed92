//! W026: both ends agree on TLS.

use crate::catalog::{DifyVersion, Image};
use crate::cfn::evaluate::{Evaluated, Origin, Piece, Unknown};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::dify::{has_other_variables, image};
use super::ecs::{containers, environment, secret_variable, secrets, tasks, variable};
use super::model::{Item, View, unknown_parts};

pub(super) static RULE: Rule = Rule {
    code: Code("W026"),
    severity: Severity::Error,
    title: "clients use TLS where their cache does, and only there",
    what: "Where a container is given the address of a cache of the template, `REDIS_USE_SSL`, which Dify's images take for false where it is left out, and the schemes `redis://` and `rediss://` agree with `TransitEncryptionEnabled`. A Celery URL with `rediss://` says `ssl_cert_reqs`, which is a warning; Dify says it itself since 1.14.0 at the latest.",
    why: "The client waits for an answer that never comes, or is cut off; Celery refuses a `rediss://` URL without `ssl_cert_reqs` at start, unless the program says it otherwise.",
    source: "Amazon ElastiCache User Guide, \"ElastiCache in-transit encryption (TLS)\"; Celery User Guide, \"Using Redis\"; api/extensions/ext_celery.py of langgenius/dify",
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
fn cache<'v, 't>(view: &'v View<'_, 't>, value: &Evaluated<'t>) -> Option<&'v Item<'t>> {
    unknown_parts(value).find_map(|part| match part.origin {
        Origin::Attribute(id, _) => view.get(id).filter(|item| item.is("AWS::ElastiCache::ReplicationGroup")),
        _ => None,
    })
}

/// What is wrong with a URL, how bad, and what to do.
type Wrong = (Severity, String, &'static str);

fn wrong_url<'t>(
    view: &View<'_, 't>,
    says_it_itself: impl Fn() -> bool,
    name: &str,
    value: &Evaluated<'t>,
) -> Option<Wrong> {
    // A scheme, then an address.
    let Some(Unknown { origin: Origin::Text(parts), .. }) = value.unknown() else { return None };
    let cache = cache(view, value)?;
    let Some(Piece::Text(start)) = parts.first() else { return None };
    let tls = match start.split_once("://")?.0 {
        "rediss" => true,
        "redis" => false,
        _ => return None,
    };
    match encrypts(cache) {
        Some(true) if !tls => Some((
            Severity::Error,
            format!(
                "`{name}` speaks plain text to `{}`, which wants TLS: the connection is cut off",
                cache.id
            ),
            "write `rediss://`",
        )),
        Some(false) if tls => Some((
            Severity::Error,
            format!("`{name}` speaks TLS to `{}`, which doesn't: the connection never gets ready", cache.id),
            "write `redis://`, or set `TransitEncryptionEnabled: true`",
        )),
        _ if tls && name.starts_with("CELERY") && !says_it_itself() => {
            let said =
                parts.iter().any(|part| matches!(part, Piece::Text(text) if text.contains("ssl_cert_reqs")));
            (!said).then(|| {
                (
                    Severity::Warning,
                    format!("`{name}` doesn't say `ssl_cert_reqs`: Celery refuses the URL at start, unless the program says it otherwise"),
                    "end it with `?ssl_cert_reqs=CERT_REQUIRED`",
                )
            })
        }
        _ => None,
    }
}

/// Whether a container may tell Celery which certificates it takes: Dify's api does by `REDIS_SSL_CERT_REQS`, seen in 1.14.0.
fn says_it_itself(task: &Item<'_>, container: &Evaluated<'_>) -> bool {
    const SEEN_IN: DifyVersion = DifyVersion::new(1, 14, 0);
    image(task, container).is_some_and(|(image, version)| {
        image == Image::Api && version.is_none_or(|version| version >= SEEN_IN)
    })
}

/// Whether the container speaks TLS to its cache, and the value that says so.
fn uses_tls<'v, 't>(
    task: &Item<'t>,
    container: &'v Evaluated<'t>,
) -> Option<(bool, Option<&'v Evaluated<'t>>)> {
    if let Some(flag) = variable(container, "REDIS_USE_SSL") {
        return Some((boolean(flag)?, Some(flag)));
    }
    let (image, _) =
        image(task, container).filter(|(image, _)| matches!(image, Image::Api | Image::PluginDaemon))?;
    let elsewhere =
        has_other_variables(container, image) || secret_variable(container, "REDIS_USE_SSL").is_some();
    (!elsewhere).then_some((false, None))
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for task in tasks(view) {
        for container in containers(task) {
            if let Some((uses, flag)) = uses_tls(task, container)
                && let Some(host) = variable(container, "REDIS_HOST")
                && let Some(cache) = cache(view, host)
                && let Some(wants) = encrypts(cache)
                && uses != wants
            {
                let left_out = if flag.is_some() { "" } else { " where it is left out" };
                let message = format!(
                    "`REDIS_USE_SSL` is {uses}{left_out}, but connections to `{}` are {}: they fail",
                    cache.id,
                    if wants { "encrypted" } else { "not encrypted" }
                );
                findings.push(
                    task.finding_at(&RULE, flag.unwrap_or(host), message)
                        .help(format!("set `REDIS_USE_SSL` to {wants}")),
                );
            }
            let mut tell = |at: &Item<'_>, (severity, message, help): Wrong, value| {
                let mut finding = at.finding_at(&RULE, value, message).help(help);
                finding.severity = severity;
                findings.push(finding);
            };
            let says = || says_it_itself(task, container);
            for (name, value) in environment(container) {
                if let Some(wrong) = wrong_url(view, says, &name, value) {
                    tell(task, wrong, value);
                }
            }
            for (name, value) in secrets(container) {
                let Some(secret) = view.target_of(Some(value), "AWS::SecretsManager::Secret") else {
                    continue;
                };
                let Some(text) = secret.get("SecretString") else { continue };
                if let Some(wrong) = wrong_url(view, says, &name, text) {
                    tell(secret, wrong, text);
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
        let (message, pointer) =
            only("W026", &[("/ApiTask/Properties/ContainerDefinitions/0/Environment/5", Json::Null)]);
        assert!(message.starts_with("`REDIS_USE_SSL` is false where it is left out"), "{message}");
        assert!(pointer.ends_with("/Environment/3/Value"), "{pointer}");
    }

    #[test]
    fn celery_is_told_which_certificates_to_take() {
        let image = "/ApiTask/Properties/ContainerDefinitions/0/Image";
        let with = |name: &str| {
            let mut changes = broker("rediss://:x@${Cache.PrimaryEndPoint.Address}:6379/1");
            changes.push((image, json!(name)));
            changes
        };
        for older in ["example/own-worker:1", "langgenius/dify-api:1.13.0"] {
            let (message, _) = only("W026", &with(older));
            assert!(message.contains("ssl_cert_reqs"), "{message}");
        }
        none(&with("langgenius/dify-api:1.17.1"));
        none(&[
            (image, json!("example/other:1")),
            ("/ApiTask/Properties/ContainerDefinitions/0/Environment/5", Json::Null),
        ]);
    }

    #[test]
    fn ends_that_agree_are_not() {
        none(&broker("rediss://:x@${Cache.PrimaryEndPoint.Address}:6379/1?ssl_cert_reqs=CERT_REQUIRED"));
    }
}
