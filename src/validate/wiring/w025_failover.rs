//! W025: a cache can fail over, and Celery can use it.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::{Item, View};

pub(super) static RULE: Rule = Rule {
    code: Code("W025"),
    severity: Severity::Error,
    title: "a cache has the nodes that its failover needs",
    what: "A replication group with `AutomaticFailoverEnabled` has at least two nodes; `MultiAZEnabled` needs automatic failover, and so do several shards; nodes of the class t1 have none; valkey is 7.2 or later.",
    why: "ElastiCache refuses the cache: \"Automatic failover is not supported for … replication group with less than two nodes\".",
    source: "Amazon ElastiCache API Reference, \"CreateReplicationGroup\"",
    same_as: &[],
};

/// A flag that is off where it is left out.
fn flag(cache: &Item<'_>, property: &str) -> Option<bool> {
    cache.get(property).map_or(Some(false), Evaluated::boolean)
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for cache in view.of("AWS::ElastiCache::ReplicationGroup") {
        let failover = flag(cache, "AutomaticFailoverEnabled");
        let sharded = cache.get("NumNodeGroups").is_some() || cache.get("NodeGroupConfiguration").is_some();
        if failover == Some(true) && !sharded {
            let nodes = match (cache.get("NumCacheClusters"), cache.get("ReplicasPerNodeGroup")) {
                (Some(nodes), _) => nodes.integer(),
                (None, Some(replicas)) => replicas.integer().map(|replicas| replicas + 1),
                (None, None)
                    if cache.get("GlobalReplicationGroupId").is_some()
                        || cache.get("PrimaryClusterId").is_some() =>
                {
                    None
                }
                (None, None) => Some(1),
            };
            if let Some(nodes) = nodes.filter(|nodes| *nodes < 2) {
                let message = format!(
                    "automatic failover needs two nodes, and there is {nodes}: ElastiCache refuses the cache"
                );
                findings.push(
                    cache
                        .finding_of(&RULE, "NumCacheClusters", message)
                        .help("set `NumCacheClusters` to 2 or more, or `AutomaticFailoverEnabled: false`"),
                );
            }
        }
        if flag(cache, "MultiAZEnabled") == Some(true) && failover == Some(false) {
            findings.push(
                cache
                    .finding_of(
                        &RULE,
                        "MultiAZEnabled",
                        "`MultiAZEnabled` needs automatic failover: ElastiCache refuses the cache",
                    )
                    .help("set `AutomaticFailoverEnabled: true`"),
            );
        }
        if cache.integer("NumNodeGroups").is_some_and(|groups| groups > 1) && failover == Some(false) {
            findings.push(
                cache
                    .finding_of(
                        &RULE,
                        "NumNodeGroups",
                        "a cache of several shards needs automatic failover: ElastiCache refuses it",
                    )
                    .help("set `AutomaticFailoverEnabled: true`"),
            );
        }
        if failover == Some(true)
            && cache.text("CacheNodeType").is_some_and(|node| node.starts_with("cache.t1."))
        {
            findings.push(
                cache
                    .finding_of(
                        &RULE,
                        "CacheNodeType",
                        "nodes of the class t1 have no automatic failover: ElastiCache refuses the cache",
                    )
                    .help(
                        "use another class, such as `cache.t4g.micro`, or `AutomaticFailoverEnabled: false`",
                    ),
            );
        }
        let version = cache.text("EngineVersion").and_then(|version| {
            let mut numbers = version.split('.').map_while(|part| part.parse::<i64>().ok());
            Some((numbers.next()?, numbers.next().unwrap_or(0)))
        });
        if cache.text("Engine").as_deref() == Some("valkey")
            && version.is_some_and(|version| version < (7, 2))
        {
            findings.push(
                cache
                    .finding_of(
                        &RULE,
                        "EngineVersion",
                        "valkey starts with 7.2: ElastiCache refuses the cache",
                    )
                    .help("use 7.2 or later"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::wiring::testing::{none, only};

    #[test]
    fn failover_without_nodes_is_found() {
        let (message, pointer) = only("W025", &[("/Cache/Properties/NumCacheClusters", json!(1))]);
        assert!(message.starts_with("automatic failover needs two nodes"), "{message}");
        assert_eq!(pointer, "/Resources/Cache/Properties/NumCacheClusters");
        only("W025", &[("/Cache/Properties/AutomaticFailoverEnabled", json!(false))]);
        let (message, _) = only("W025", &[("/Cache/Properties/CacheNodeType", json!("cache.t1.micro"))]);
        assert!(message.starts_with("nodes of the class t1"), "{message}");
    }

    #[test]
    fn a_single_node_without_failover_is_not() {
        none(&[
            ("/Cache/Properties/NumCacheClusters", json!(1)),
            ("/Cache/Properties/AutomaticFailoverEnabled", json!(false)),
            ("/Cache/Properties/MultiAZEnabled", json!(false)),
        ]);
    }
}
