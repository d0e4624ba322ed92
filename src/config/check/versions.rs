//! Versions of the database and the cache.
//!
//! Sources: Amazon Aurora User Guide, "Aurora `PostgreSQL` updates"; Amazon `ElastiCache` User Guide, "Supported engines and
//! versions"; both as cfn-lint 1.58 lists them.

use crate::config::model::CacheEngine;

/// A version `MAJOR.MINOR`.
type Version = (u32, u32);

/// What is known of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is offered.
    Known,
    /// It may be offered: it isn't listed, but nothing says that it's gone.
    Unknown,
    /// It isn't offered any more, or never was.
    Gone,
    /// It isn't a version.
    NoVersion,
}

/// Minor versions of Aurora `PostgreSQL` that are offered, by major version, each as first and last of a row.
const AURORA: &[(u32, &[(u32, u32)])] = &[
    (15, &[(10, 10), (12, 15), (17, 19)]),
    (16, &[(8, 11), (13, 15)]),
    (17, &[(4, 7), (9, 11)]),
    (18, &[(3, 4), (6, 6)]),
];

/// The last minor version that isn't offered any more, by major version.
const AURORA_GONE: &[Version] = &[(15, 8), (16, 6)];

/// What is known of a version of Aurora `PostgreSQL`. Every one that is offered has pgvector 0.5 or later.
pub(super) fn aurora(text: &str) -> Standing {
    let Some((major, minor)) = parse(text) else { return Standing::NoVersion };
    let is_known = AURORA
        .iter()
        .find(|(known, _)| *known == major)
        .is_some_and(|(_, rows)| rows.iter().any(|(first, last)| (*first..=*last).contains(&minor)));
    let is_gone = AURORA_GONE.iter().any(|(gone, last)| *gone == major && minor <= *last);
    match (is_known, is_gone || major < AURORA[0].0) {
        (true, _) => Standing::Known,
        (_, true) => Standing::Gone,
        _ => Standing::Unknown,
    }
}

/// The versions of Aurora `PostgreSQL` that are offered, for messages.
pub(super) fn aurora_list() -> String {
    let rows = AURORA.iter().flat_map(|(major, rows)| {
        rows.iter().map(move |(first, last)| {
            if first == last { format!("{major}.{first}") } else { format!("{major}.{first}-{major}.{last}") }
        })
    });
    rows.collect::<Vec<_>>().join(", ")
}

/// The versions that a cache's engine is offered in.
pub(super) fn cache_list(engine: CacheEngine) -> &'static [&'static str] {
    match engine {
        CacheEngine::Valkey => &["7.2", "8.0", "8.1", "8.2", "9.0", "9.1"],
        CacheEngine::Redis => &["7.1"],
    }
}

/// What is known of a version of the cache's engine.
pub(super) fn cache(engine: CacheEngine, text: &str) -> Standing {
    let Some(version) = parse(text) else { return Standing::NoVersion };
    let list = cache_list(engine);
    let first = list.first().and_then(|first| parse(first));
    match engine {
        _ if list.contains(&text) => Standing::Known,
        CacheEngine::Valkey if Some(version) < first => Standing::Gone,
        // Redis went on as Valkey; before 7.1 there were 7.0 and 6.2, which may still run.
        CacheEngine::Redis if Some(version) > first || version < (6, 2) => Standing::Gone,
        _ => Standing::Unknown,
    }
}

/// Reads `MAJOR.MINOR`.
fn parse(text: &str) -> Option<Version> {
    let (major, minor) = text.split_once('.')?;
    let number = |text: &str| {
        let is_number = (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| is_number)
    };
    Some((number(major)?, number(minor)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aurora_versions() {
        for (text, standing) in [
            ("16.8", Standing::Known),
            ("15.10", Standing::Known),
            ("18.6", Standing::Known),
            ("16.12", Standing::Unknown),
            ("19.1", Standing::Unknown),
            ("15.9", Standing::Unknown),
            ("15.8", Standing::Gone),
            ("16.6", Standing::Gone),
            ("14.9", Standing::Gone),
            ("16", Standing::NoVersion),
            ("16.8.1", Standing::NoVersion),
            ("16.x", Standing::NoVersion),
            ("", Standing::NoVersion),
        ] {
            assert_eq!(aurora(text), standing, "{text}");
        }
        assert!(aurora_list().starts_with("15.10, 15.12-15.15, "));
    }

    #[test]
    fn cache_versions() {
        use CacheEngine::{Redis, Valkey};
        for (engine, text, standing) in [
            (Valkey, "8.1", Standing::Known),
            (Valkey, "9.2", Standing::Unknown),
            (Valkey, "7.1", Standing::Gone),
            (Redis, "7.1", Standing::Known),
            (Redis, "7.0", Standing::Unknown),
            (Redis, "5.0", Standing::Gone),
            (Redis, "7.2", Standing::Gone),
            (Redis, "7", Standing::NoVersion),
        ] {
            assert_eq!(cache(engine, text), standing, "{text}");
        }
    }
}
