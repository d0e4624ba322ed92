//! What a profile decides, as data. Numbers of tasks and the SSRF proxy follow from the components and aren't here.

use serde_json::{Value as Json, json};

use super::model::Profile;
use super::tree::{Origin, Tree, TreeKind};

/// What production changes: the keys and their values. Development is the defaults of the types.
fn production() -> [(&'static [&'static str], Json); 13] {
    [
        (&["database", "instances"], json!(2)),
        (&["database", "backup_retention_days"], json!(14)),
        (&["database", "performance_insights"], json!(true)),
        (&["database", "on_delete"], json!("kept")),
        (&["database", "kms_key"], json!("customer")),
        (&["database", "deletion_protection"], json!(true)),
        (&["ingress", "deletion_protection"], json!(true)),
        (&["cache", "nodes"], json!(3)),
        (&["cache", "automatic_failover"], json!(true)),
        (&["cache", "snapshot_retention_days"], json!(5)),
        (&["logs", "retention_days"], json!(30)),
        (&["logs", "keep_on_delete"], json!(true)),
        // Only beside a network that is created, see below.
        (&["network", "create", "nat"], json!("per_zone")),
    ]
}

/// What a profile decides for a configuration that has said everything else. Each value is placed where the profile
/// was chosen.
pub(super) fn defaults(profile: Profile, configured: &Tree) -> Tree {
    let mut tree = Tree::empty();
    let chosen = configured.get("profile").and_then(|profile| profile.origin);
    let origin = chosen.map(|origin| Origin { by_profile: true, ..origin });
    let creates_network = configured.get("network").is_some_and(|network| network.get("create").is_some());
    let values = match profile {
        Profile::Development => return tree,
        Profile::Production => production(),
    };
    for (path, value) in values {
        if path[0] != "network" || creates_network {
            tree.insert(path, Tree { kind: TreeKind::Scalar(value), origin });
        }
    }
    tree
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn every_value_is_one_of_a_configuration_and_differs_from_the_default() {
        let default = serde_json::to_value(Config::default()).unwrap();
        let network = json!({"network": {"create": crate::config::model::CreateNetwork::default()}});
        for (path, value) in production() {
            let pointer = format!("/{}", path.join("/"));
            let found = default.pointer(&pointer).or_else(|| network.pointer(&pointer));
            assert!(found.is_some_and(|default| *default != value), "{pointer}");
        }
    }
}
