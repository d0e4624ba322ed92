//! Environment variables: which image reads which, and since when.

use super::{DifyVersion, Image};
use crate::diagnostic::nearest;

/// What an image does with an environment variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VariableStatus {
    /// It reads it.
    Known {
        /// Whether the value must be kept out of `Environment`.
        secret: bool,
        /// The oldest version of the image that is known to read it; `None` if nobody looked, and then it is taken
        /// to be read by all.
        since: Option<DifyVersion>,
        /// The first version of the image that is known not to read it any more.
        until: Option<DifyVersion>,
    },
    /// It is a field that the program computes from others: setting it does nothing.
    Computed,
    /// The entrypoint sets it from another variable: what is given is lost.
    OverwrittenByEntrypoint,
    /// It belongs to Dify's docker compose files, which give the container another name.
    ComposeOnly {
        /// The name that this image reads instead.
        use_instead: Option<&'static str>,
    },
    /// It looks right, but is another image's name or nobody's.
    NotRead {
        /// The name that this image reads instead.
        use_instead: Option<&'static str>,
    },
    /// It is of a family that the image reads whole, e.g. `NEXT_PUBLIC_*`.
    Wildcard,
    /// It isn't known.
    Unknown {
        /// The known name that is nearest to it.
        nearest: Option<&'static str>,
    },
}

/// What is known of a variable that an image reads.
struct Entry {
    secret: bool,
    since: Option<DifyVersion>,
    until: Option<DifyVersion>,
}

/// What an image does with variables: `schemas/dify/variables-*.json`. Names are sorted, those with an entry by their length first.
struct File {
    oldest_described: Option<DifyVersion>,
    wildcards: &'static [&'static str],
    computed: &'static [&'static str],
    overwritten_by_entrypoint: &'static [&'static str],
    /// Each with the name to use instead.
    not_read: &'static [(&'static str, Option<&'static str>)],
    /// Each with this image's name: `schemas/dify/compose-only.json`.
    compose_only: &'static [(&'static str, Option<&'static str>)],
    variables: &'static [(&'static str, Entry)],
}

// `build/variables.rs` writes it.
include!(concat!(env!("OUT_DIR"), "/variables.rs"));

fn file(image: Image) -> &'static File {
    match image {
        Image::Api => &API,
        Image::Web => &WEB,
        Image::PluginDaemon => &PLUGIN_DAEMON,
        Image::Sandbox => &SANDBOX,
        Image::SsrfProxy => &SSRF_PROXY,
        Image::AgentBackend => &AGENT_BACKEND,
        Image::AgentLocalSandbox => &AGENT_LOCAL_SANDBOX,
    }
}

/// The value of a name in a list that is sorted by the length of the names first.
fn find<T>(list: &'static [(&'static str, T)], name: &str) -> Option<&'static T> {
    let index = list.binary_search_by(|(known, _)| (known.len(), *known).cmp(&(name.len(), name))).ok()?;
    list.get(index).map(|(_, value)| value)
}

/// What `image` does with the variable `name`. Names are case-sensitive.
pub fn variable(image: Image, name: &str) -> VariableStatus {
    known(image, name).unwrap_or_else(|| VariableStatus::Unknown { nearest: nearest(name, variables(image)) })
}

/// What `image` does with a variable that it is known to do something with.
fn known(image: Image, name: &str) -> Option<VariableStatus> {
    let file = file(image);
    if file.computed.contains(&name) {
        return Some(VariableStatus::Computed);
    }
    if file.overwritten_by_entrypoint.contains(&name) {
        return Some(VariableStatus::OverwrittenByEntrypoint);
    }
    if let Some(Entry { secret, since, until }) = find(file.variables, name) {
        return Some(VariableStatus::Known { secret: *secret, since: *since, until: *until });
    }
    if let Some(use_instead) = find(file.not_read, name) {
        return Some(VariableStatus::NotRead { use_instead: *use_instead });
    }
    if let Some(use_instead) = find(file.compose_only, name) {
        return Some(VariableStatus::ComposeOnly { use_instead: *use_instead });
    }
    let of_family = |wildcard: &&str| {
        wildcard.strip_suffix('*').is_some_and(|prefix| name.len() > prefix.len() && name.starts_with(prefix))
    };
    file.wildcards.iter().any(of_family).then_some(VariableStatus::Wildcard)
}

/// Whether `image` reads `name` at `version`, which is a version of that image: Dify's for api and web, the plugin
/// daemon's and the sandbox's own for those. A version older than the oldest described one is taken for that.
pub fn reads(image: Image, name: &str, version: DifyVersion) -> bool {
    let version = file(image).oldest_described.map_or(version, |oldest| version.max(oldest));
    match known(image, name) {
        Some(VariableStatus::Known { since, until, .. }) => {
            since.is_none_or(|since| since <= version) && until.is_none_or(|until| version < until)
        }
        Some(VariableStatus::Wildcard) => true,
        _ => false,
    }
}

/// Whether the variable is a secret of any image, so that its value must not stand in a template.
pub fn is_secret(name: &str) -> bool {
    SECRETS.binary_search(&name).is_ok()
}

/// The names that `image` is known to read, in alphabetical order.
pub fn variables(image: Image) -> impl Iterator<Item = &'static str> {
    let mut names: Vec<&str> = file(image).variables.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    names.into_iter()
}

/// Every name that is used instead of another one, for the tests.
#[cfg(test)]
pub(super) fn replacements(image: Image) -> Vec<(&'static str, &'static str)> {
    let file = file(image);
    let listed = file.not_read.iter().chain(file.compose_only);
    listed.filter_map(|(name, instead)| Some((*name, (*instead)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_known_to_the_image_that_reads_it() {
        let known = |image, name| matches!(variable(image, name), VariableStatus::Known { .. });
        assert!(known(Image::Api, "CELERY_BROKER_URL"));
        assert!(!known(Image::Web, "CELERY_BROKER_URL"));
        assert!(known(Image::Web, "HOSTNAME"));
        assert!(known(Image::PluginDaemon, "http_proxy"));
        assert!(known(Image::Api, "MIGRATION_ENABLED"), "the entrypoint alone reads it");
        assert!(known(Image::Api, "PGSSLMODE"), "libpq reads it");
    }

    #[test]
    fn a_name_that_does_nothing_is_told_with_the_right_one() {
        assert_eq!(variable(Image::Api, "CELERY_RESULT_BACKEND"), VariableStatus::Computed);
        assert_eq!(variable(Image::Web, "NEXT_PUBLIC_API_PREFIX"), VariableStatus::OverwrittenByEntrypoint);
        assert_eq!(
            variable(Image::Api, "PLUGIN_DIFY_INNER_API_KEY"),
            VariableStatus::ComposeOnly { use_instead: Some("INNER_API_KEY_FOR_PLUGIN") }
        );
        assert_eq!(
            variable(Image::PluginDaemon, "DB_PLUGIN_DATABASE"),
            VariableStatus::ComposeOnly { use_instead: Some("DB_DATABASE") }
        );
        assert_eq!(
            variable(Image::PluginDaemon, "S3_BUCKET_NAME"),
            VariableStatus::NotRead { use_instead: Some("PLUGIN_STORAGE_OSS_BUCKET") }
        );
        assert_eq!(
            variable(Image::Api, "PLUGIN_DAEMON_API_URL"),
            VariableStatus::NotRead { use_instead: Some("PLUGIN_DAEMON_URL") }
        );
        assert_eq!(variable(Image::Api, "DATABASE_URL"), VariableStatus::NotRead { use_instead: None });
    }

    #[test]
    fn a_family_is_read_whole() {
        assert_eq!(variable(Image::Api, "OPENDAL_S3_BUCKET"), VariableStatus::Wildcard);
        assert_eq!(variable(Image::Web, "NEXT_PUBLIC_SOMETHING_NEW"), VariableStatus::Wildcard);
        assert!(matches!(variable(Image::Web, "NEXT_PUBLIC_"), VariableStatus::Unknown { .. }));
    }

    #[test]
    fn a_typo_is_told_with_the_nearest_name() {
        assert_eq!(
            variable(Image::Sandbox, "API_KEYS"),
            VariableStatus::Unknown { nearest: Some("API_KEY") }
        );
        assert_eq!(variable(Image::Sandbox, "QWERTYUIOP"), VariableStatus::Unknown { nearest: None });
    }

    #[test]
    fn a_version_reads_what_is_of_its_time() {
        let newest = DifyVersion::new(1, 17, 1);
        assert!(reads(Image::Api, "TRIGGER_URL", newest));
        assert!(!reads(Image::Api, "CELERY_RESULT_BACKEND", newest));
        assert!(!reads(Image::Web, "PM2_INSTANCES", newest));
        assert!(reads(Image::Web, "PM2_INSTANCES", DifyVersion::new(1, 10, 1)));
        assert!(reads(Image::Api, "OPENDAL_S3_BUCKET", newest));
    }

    #[test]
    fn what_is_older_than_the_data_is_taken_for_the_oldest() {
        assert!(reads(Image::Api, "SECRET_KEY", DifyVersion::new(0, 1, 0)));
        assert!(reads(Image::PluginDaemon, "DB_SSL_MODE", DifyVersion::new(0, 0, 3)));
        assert!(!reads(Image::PluginDaemon, "S3_USE_AWS", DifyVersion::new(0, 0, 3)));
    }

    #[test]
    fn secrets_are_told_from_settings() {
        for name in
            ["SECRET_KEY", "DB_PASSWORD", "CELERY_BROKER_URL", "SERVER_KEY", "API_KEY", "QDRANT_API_KEY"]
        {
            assert!(is_secret(name), "{name}");
        }
        for name in ["DB_HOST", "S3_BUCKET_NAME", "MAX_TOOLS_NUM", "TURNSTILE_SITE_KEY", "NO_SUCH_NAME"] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
