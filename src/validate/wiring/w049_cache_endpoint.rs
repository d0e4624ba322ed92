//! W049: clients are given the address that the cache has.

use crate::catalog::Image;
use crate::cfn::evaluate::Origin;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::references::Target;
use crate::validate::{Owner, Rule};

use super::dify::image;
use super::ecs::{containers, secret_variable, tasks, variable};
use super::model::{Item, View, unknown_parts};

pub(super) static RULE: Rule = Rule {
    code: Code("W049"),
    severity: Severity::Error,
    title: "the address of a cache is the one that its mode has",
    what: "A replication group of one shard has `PrimaryEndPoint`, one in cluster mode `ConfigurationEndPoint`; the address in `CELERY_BROKER_URL` of a container with Dify's api image is of one that isn't in cluster mode, which Celery doesn't speak.",
    why: "The attribute isn't there and the create fails, or the client is sent from shard to shard and fails: \"CROSSSLOT Keys in request don't hash to the same slot\".",
    source: "AWS CloudFormation Template Reference, \"AWS::ElastiCache::ReplicationGroup\", \"Return values\"",
    same_as: &[],
};

/// Whether a replication group is in cluster mode.
fn sharded<'t>(view: &View<'_, 't>, cache: &Item<'t>) -> Option<bool> {
    match cache.text("ClusterMode").as_deref() {
        Some("enabled" | "compatible") => return Some(true),
        Some("disabled") => return Some(false),
        _ => {}
    }
    if let Some(groups) = cache.get("NumNodeGroups")
        && groups.integer()? > 1
    {
        return Some(true);
    }
    let Some(value) = cache.get("CacheParameterGroupName") else { return Some(false) };
    if let Some(name) = value.text() {
        return Some(name.ends_with(".cluster.on"));
    }
    let group = view.target(Some(value))?;
    let enabled = group.get("Properties").and_then(|properties| properties.get("cluster-enabled"));
    match enabled {
        Some(enabled) => Some(enabled.text()? == "yes"),
        None => Some(false),
    }
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    queues(view, findings);
    for link in &view.context.references.links {
        let Target::Attribute(id, Some(attribute)) = link.target else { continue };
        let endpoint = attribute.split('.').next().unwrap_or_default();
        if !["PrimaryEndPoint", "ReaderEndPoint", "ConfigurationEndPoint"].contains(&endpoint) {
            continue;
        }
        let Some(cache) = view.get(id).filter(|item| item.is("AWS::ElastiCache::ReplicationGroup")) else {
            continue;
        };
        // One that isn't there in this combination isn't read.
        if matches!(link.site.owner, Owner::Resource { id, .. } if view.get(id).is_none())
            || !link.guards.is_empty()
        {
            continue;
        }
        let (wanted, right) = match (endpoint, sharded(view, cache)) {
            ("PrimaryEndPoint" | "ReaderEndPoint", Some(true)) => {
                ("one shard", "ConfigurationEndPoint.Address")
            }
            ("ConfigurationEndPoint", Some(false)) => ("cluster mode", "PrimaryEndPoint.Address"),
            _ => continue,
        };
        let message = format!(
            "`{attribute}` is there only with {wanted}, which `{id}` doesn't have: its address is missing"
        );
        findings
            .push(RULE.at(link.site.owner, link.site.pointer(), message).help(format!("use `{id}.{right}`")));
    }
}

/// Queues of Dify in caches of several shards.
fn queues(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    const QUEUE: &str = "CELERY_BROKER_URL";
    for task in tasks(view) {
        let containers = containers(task).iter();
        for container in
            containers.filter(|one| image(task, one).is_some_and(|(image, _)| image == Image::Api))
        {
            let secret = secret_variable(container, QUEUE);
            let secret = view.target_of(secret, "AWS::SecretsManager::Secret");
            let place = match secret.and_then(|secret| Some((secret, secret.get("SecretString")?))) {
                Some(place) => Some(place),
                None => variable(container, QUEUE).map(|value| (task, value)),
            };
            let Some((item, value)) = place else { continue };
            let of_shards = unknown_parts(value).find_map(|part| match &part.origin {
                Origin::Attribute(id, attribute) if attribute.starts_with("ConfigurationEndPoint") => {
                    view.get(id).filter(|cache| sharded(view, cache) == Some(true))
                }
                _ => None,
            });
            let Some(cache) = of_shards else { continue };
            let message = format!(
                "the task queue is in `{}`, which is in cluster mode: Celery doesn't speak that, and no task runs",
                cache.id
            );
            let finding = item.finding_at(&RULE, value, message).help(format!(
                "turn cluster mode off in `{}`, or keep the queue in a cache of one shard",
                cache.id
            ));
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::wiring::testing::{borrowed, found, none};

    #[test]
    fn the_other_address_is_found() {
        let found = found(&[(
            "/ApiTask/Properties/ContainerDefinitions/0/Environment/3/Value",
            json!({"Fn::GetAtt": ["Cache", "ConfigurationEndPoint.Address"]}),
        )]);
        assert!(found.len() == 1 && found[0].code.0 == "W049", "{found:#?}");
        assert!(found[0].message.contains("only with cluster mode"), "{found:#?}");
    }

    #[test]
    fn a_task_queue_in_cluster_mode_is_found() {
        let queue = json!({"Name": "CELERY_BROKER_URL", "Value": {"Fn::Sub": "rediss://${Cache.ConfigurationEndPoint.Address}:6379/1"}});
        let host = json!({"Fn::GetAtt": ["Cache", "ConfigurationEndPoint.Address"]});
        let mut changes: Vec<(String, serde_json::Value)> = ["ApiTask", "BeatTask"]
            .map(|task| {
                (format!("/{task}/Properties/ContainerDefinitions/0/Environment/3/Value"), host.clone())
            })
            .into();
        changes.push(("/Cache/Properties/ClusterMode".to_owned(), json!("enabled")));
        none(&borrowed(&changes));
        changes.push(("/ApiTask/Properties/ContainerDefinitions/0/Environment/-".to_owned(), queue));
        let found = found(&borrowed(&changes));
        assert!(found.len() == 1 && found[0].code.0 == "W049", "{found:#?}");
        assert!(found[0].message.starts_with("the task queue is in `Cache`"), "{found:#?}");
    }

    #[test]
    fn what_is_not_known_is_left_alone() {
        none(&[("/Cache/Properties/CacheParameterGroupName", json!({"Fn::ImportValue": "Parameters"}))]);
    }
}
