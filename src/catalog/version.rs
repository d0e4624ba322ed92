//! Versions of Dify's images, and which of them belong together.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// The numbers of an image's tag, to compare: `1.17.1`, or `0.6.10` of `0.6.10-local`.
///
/// What follows a hyphen (a flavour, a release candidate) doesn't take part in the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DifyVersion {
    /// First number.
    pub major: u32,
    /// Second number.
    pub minor: u32,
    /// Third number; 0 where the tag has only two.
    pub patch: u32,
}

impl DifyVersion {
    /// The version with these numbers.
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor, patch }
    }

    /// Reads a tag: two or three numbers, with or without a `v` before and a `-suffix` after them.
    ///
    /// # Errors
    ///
    /// [`InvalidVersion`] if the tag tells no version, such as `latest` or a digest.
    pub fn parse(tag: &str) -> Result<Self, InvalidVersion> {
        let invalid = || InvalidVersion(tag.to_owned());
        let numbers = tag.strip_prefix('v').unwrap_or(tag);
        let numbers = numbers.split_once('-').map_or(numbers, |(numbers, _)| numbers);
        let mut parsed = [0; 3];
        let mut count = 0;
        for part in numbers.split('.') {
            let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            let slot = parsed.get_mut(count).filter(|_| digits).ok_or_else(invalid)?;
            *slot = part.parse().map_err(|_| invalid())?;
            count += 1;
        }
        match (count, parsed) {
            (2 | 3, [major, minor, patch]) => Ok(Self { major, minor, patch }),
            _ => Err(invalid()),
        }
    }
}

impl FromStr for DifyVersion {
    type Err = InvalidVersion;

    fn from_str(tag: &str) -> Result<Self, InvalidVersion> {
        Self::parse(tag)
    }
}

impl fmt::Display for DifyVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl<'de> Deserialize<'de> for DifyVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tag = String::deserialize(deserializer)?;
        Self::parse(&tag).map_err(D::Error::custom)
    }
}

/// A tag that tells no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no version; expected three numbers such as 1.17.1, and a suffix such as -local where the image has one"
)]
pub struct InvalidVersion(
    /// The tag as it was given.
    pub String,
);

/// Versions of Dify's images that were released to work with one another.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Versions {
    /// Version of Dify, which is the tag of `dify-api` and `dify-web`.
    pub dify: DifyVersion,
    /// Tag of `dify-plugin-daemon`; none before plugins.
    pub plugin_daemon: Option<String>,
    /// Tag of `dify-sandbox`.
    pub sandbox: String,
}

#[derive(Deserialize)]
struct File {
    oldest_described: DifyVersion,
    newest: Versions,
    released_together: Vec<Versions>,
}

static FILE: LazyLock<File> =
    LazyLock::new(|| super::parse(include_str!("../../schemas/dify/versions.json")));

/// The newest release that the catalog knows.
pub fn newest() -> &'static Versions {
    &FILE.newest
}

/// The oldest version of Dify whose variables and routes were looked up. What the catalog says of an older
/// one is what it says of this.
pub fn oldest_described() -> DifyVersion {
    FILE.oldest_described
}

/// The tags that Dify itself ships together with this version, or with the nearest older one that is known.
///
/// Api and plugin daemon have to move together (langgenius/dify#40134: an api calls routes that an older
/// daemon answers with 404). `None` for a version older than all that are known.
pub fn released_with(dify: DifyVersion) -> Option<&'static Versions> {
    FILE.released_together
        .iter()
        .filter(|versions| versions.dify <= dify)
        .max_by_key(|versions| versions.dify)
}

/// All known releases, for the tests.
#[cfg(test)]
pub(super) fn all() -> &'static [Versions] {
    &FILE.released_together
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_read_without_its_suffix() {
        assert_eq!(DifyVersion::parse("1.17.1"), Ok(DifyVersion::new(1, 17, 1)));
        assert_eq!(DifyVersion::parse("0.6.10-local"), Ok(DifyVersion::new(0, 6, 10)));
        assert_eq!(DifyVersion::parse("v1.0.0-beta.1"), Ok(DifyVersion::new(1, 0, 0)));
        assert_eq!(DifyVersion::parse("1.17"), Ok(DifyVersion::new(1, 17, 0)));
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for tag in ["latest", "", "1", "1.2.3.4", "1..2", "1.+2.3", "1.2.3x", "99999999999.0.0", "-local"] {
            assert_eq!(DifyVersion::parse(tag), Err(InvalidVersion(tag.to_owned())), "{tag}");
        }
    }

    #[test]
    fn versions_compare_by_number() {
        let version = |tag| DifyVersion::parse(tag).unwrap();
        assert!(version("1.4.3") < version("1.14.0"));
        assert!(version("0.15.8") < version("1.0.0"));
        assert_eq!(version("0.6.10-local").to_string(), "0.6.10");
    }

    #[test]
    fn a_release_names_its_companions() {
        let of = |tag| released_with(DifyVersion::parse(tag).unwrap());
        assert_eq!(of("1.17.1").unwrap().plugin_daemon.as_deref(), Some("0.6.10-local"));
        assert_eq!(of("99.0.0"), of("1.17.1"));
        assert_eq!(of("0.7.3").unwrap().plugin_daemon, None);
        assert_eq!(of("0.0.1"), None);
    }
}
