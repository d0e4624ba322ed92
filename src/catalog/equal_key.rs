//! Values that several containers must be given alike.

use std::sync::LazyLock;

use serde::Deserialize;

use super::Image;

/// One value under several names.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct EqualKey {
    /// What to call it, e.g. `plugin_daemon_key`.
    pub name: String,
    /// Whether it is a secret.
    pub kind: Kind,
    /// What it is for.
    pub what: String,
    /// Who must have it. An image stands for each component that runs it.
    pub holders: Vec<Holder>,
}

/// What kind of value is shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Generated once, and never the same as another one.
    Secret,
    /// A plain setting.
    Setting,
}

/// An image and the variable in which it expects the value.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Holder {
    /// The image.
    pub image: Image,
    /// Its name for the value.
    pub variable: String,
}

static FILE: LazyLock<Vec<EqualKey>> =
    LazyLock::new(|| super::parse(include_str!("../../schemas/dify/equal-keys.json")));

/// All values that must be equal.
pub fn equal_keys() -> &'static [EqualKey] {
    &FILE
}

/// The shared value that an image has under this name.
pub fn equal_key(image: Image, variable: &str) -> Option<&'static EqualKey> {
    let holds = |holder: &Holder| holder.image == image && holder.variable == variable;
    FILE.iter().find(|key| key.holders.iter().any(holds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_a_call_hold_the_same_key() {
        let key = equal_key(Image::Api, "PLUGIN_DAEMON_KEY").unwrap();
        assert_eq!(equal_key(Image::PluginDaemon, "SERVER_KEY"), Some(key));
        assert_ne!(equal_key(Image::PluginDaemon, "DIFY_INNER_API_KEY"), Some(key));
        assert_eq!(equal_key(Image::Web, "SECRET_KEY"), None);
    }
}
