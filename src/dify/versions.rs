//! Versions of the images, and what they decide.

use crate::catalog::{DifyVersion, Image};
use crate::config::Config;

/// The version that an image's variables and routes are judged by; `None` if its tag is no version, and then everything
/// that the catalog knows is taken to be there.
pub(super) fn version_of(config: &Config, image: Image) -> Option<DifyVersion> {
    let text = match image {
        Image::Web => config.dify.web.as_deref().unwrap_or(&config.dify.version),
        Image::PluginDaemon => &config.dify.plugin_daemon,
        Image::Sandbox => &config.dify.sandbox,
        Image::SsrfProxy => return None,
        _ => &config.dify.version,
    };
    DifyVersion::parse(text).ok()
}

/// The version of Dify, the newest known one if the tag is no version.
pub(super) fn dify_version(config: &Config) -> DifyVersion {
    version_of(config, Image::Api).unwrap_or_else(|| crate::catalog::newest().dify)
}
