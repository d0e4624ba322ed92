//! W049: clients are given the address that the cache has.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::references::Target;
use crate::validate::{Owner, Rule};

use super::model::{Item, View};

pub(super) static RULE: Rule = Rule {
    code: Code("W049"),
    severity: Severity::Error,
    title: "the address of a cache is the one that its mode has",
    what: "A replication group of one shard has `PrimaryEndPoint`, one in cluster mode `ConfigurationEndPoint`; Celery and Dify don't speak to one in cluster mode.",
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
    for link in &view.context.references.links {
        let Target::Attribute(id, Some(attribute)) = link.target else { continue };
        let Some(cache) = view.get(id).filter(|item| item.is("AWS::ElastiCache::ReplicationGroup")) else {
            continue;
        };
        // One that isn't there in this combination isn't read.
        if matches!(link.site.owner, Owner::Resource { id, .. } if view.get(id).is_none())
            || !link.guards.is_empty()
        {
            continue;
        }
        let (wanted, right) = match (attribute.split('.').next(), sharded(view, cache)) {
            (Some("PrimaryEndPoint" | "ReaderEndPoint"), Some(true)) => {
                ("one shard", "ConfigurationEndPoint.Address")
            }
            (Some("ConfigurationEndPoint"), Some(false)) => ("cluster mode", "PrimaryEndPoint.Address"),
            _ => continue,
        };
        let message = format!(
            "`{attribute}` is there only with {wanted}, which `{id}` doesn't have: its address is missing"
        );
        findings
            .push(RULE.at(link.site.owner, link.site.pointer(), message).help(format!("use `{id}.{right}`")));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::wiring::testing::{found, none};

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
    fn what_is_not_known_is_left_alone() {
        none(&[("/Cache/Properties/CacheParameterGroupName", json!({"Fn::ImportValue": "Parameters"}))]);
    }
}
