//! Abilities of Dify that decide how it is deployed, and since when it has them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::DifyVersion;

/// Something that not every version of Dify can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    /// `flask upgrade-db` migrates the database under a lock.
    UpgradeDbCommand,
    /// Worker and beat start without `LOG_LEVEL`.
    DefaultLogLevel,
    /// `MODE=migration` with `MIGRATION_ENABLED=true` migrates the database and ends.
    MigrationMode,
    /// Celery keeps results in Redis unless told otherwise, so that a `rediss` URL needs `ssl_cert_reqs`.
    RedisResults,
    /// Model providers and tools are plugins.
    Plugins,
    /// Workflows are started by a schedule, which beat has to run.
    ScheduleTrigger,
}

#[derive(Deserialize)]
struct Entry {
    since: DifyVersion,
}

static FILE: LazyLock<BTreeMap<Feature, Entry>> =
    LazyLock::new(|| super::parse(include_str!("../../schemas/dify/features.json")));

impl Feature {
    /// Every feature.
    pub const ALL: [Self; 6] = [
        Self::UpgradeDbCommand,
        Self::DefaultLogLevel,
        Self::MigrationMode,
        Self::RedisResults,
        Self::Plugins,
        Self::ScheduleTrigger,
    ];

    /// Whether this version of Dify has it.
    pub fn exists_in(self, version: DifyVersion) -> bool {
        FILE.get(&self).is_some_and(|entry| entry.since <= version.max(super::oldest_described()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feature_is_described_and_in_the_newest_release() {
        assert_eq!(FILE.keys().copied().collect::<Vec<_>>(), Feature::ALL);
        assert!(Feature::ALL.into_iter().all(|feature| feature.exists_in(crate::catalog::newest().dify)));
    }

    #[test]
    fn the_seeds_versions_lack_what_came_later() {
        let of = |version| Feature::ALL.map(|feature| feature.exists_in(version));
        assert_eq!(of(DifyVersion::new(0, 7, 3)), [true, false, false, false, false, false]);
        assert_eq!(of(DifyVersion::new(1, 4, 3)), [true, true, false, false, true, false]);
    }
}
