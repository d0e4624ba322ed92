//! Container images.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use serde::Deserialize;

/// An image of Dify, or one that Dify needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub enum Image {
    /// Api, worker, beat, websocket and migration.
    #[serde(rename = "dify-api")]
    Api,
    /// The user interface.
    #[serde(rename = "dify-web")]
    Web,
    /// Runs plugins: model providers and tools.
    #[serde(rename = "dify-plugin-daemon")]
    PluginDaemon,
    /// Runs the code of code nodes and templates.
    #[serde(rename = "dify-sandbox")]
    Sandbox,
    /// Squid, between Dify and what a workflow calls.
    #[serde(rename = "ssrf-proxy")]
    SsrfProxy,
    /// Backend of the "New Agent"; no component uses it yet.
    #[serde(rename = "dify-agent-backend")]
    AgentBackend,
    /// Shell workspace of the "New Agent"; no component uses it yet.
    #[serde(rename = "dify-agent-local-sandbox")]
    AgentLocalSandbox,
}

/// A CPU architecture by the name that image manifests use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Architecture {
    /// `X86_64` in ECS.
    Amd64,
    /// `ARM64` in ECS.
    Arm64,
}

/// Which of the configured versions an image's tag follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VersionedWith {
    /// The version of Dify.
    Dify,
    /// The version of the plugin daemon.
    PluginDaemon,
    /// The version of the sandbox.
    Sandbox,
}

#[derive(Deserialize)]
struct Entry {
    repository: String,
    versioned_with: Option<VersionedWith>,
    user: Option<u32>,
    architectures: Vec<Architecture>,
    baked_in: BTreeMap<String, String>,
}

static FILE: LazyLock<BTreeMap<Image, Entry>> =
    LazyLock::new(|| super::parse(include_str!("../../schemas/dify/images.json")));

impl Image {
    /// Every image.
    pub const ALL: [Self; 7] = [
        Self::Api,
        Self::Web,
        Self::PluginDaemon,
        Self::Sandbox,
        Self::SsrfProxy,
        Self::AgentBackend,
        Self::AgentLocalSandbox,
    ];

    /// Its name in the catalog, e.g. `dify-plugin-daemon`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Api => "dify-api",
            Self::Web => "dify-web",
            Self::PluginDaemon => "dify-plugin-daemon",
            Self::Sandbox => "dify-sandbox",
            Self::SsrfProxy => "ssrf-proxy",
            Self::AgentBackend => "dify-agent-backend",
            Self::AgentLocalSandbox => "dify-agent-local-sandbox",
        }
    }

    #[expect(clippy::expect_used, reason = "`consistency` proves that each image is in the file")]
    fn entry(self) -> &'static Entry {
        FILE.get(&self).expect("every image is described")
    }

    /// Where it is published on Docker Hub, without a tag, e.g. `langgenius/dify-api`.
    pub fn repository(self) -> &'static str {
        &self.entry().repository
    }

    /// Which version its tag follows; `None` if it isn't one of Dify's own images.
    pub fn versioned_with(self) -> Option<VersionedWith> {
        self.entry().versioned_with
    }

    /// The user id that it runs as, 0 for root; `None` if not known.
    pub fn user(self) -> Option<u32> {
        self.entry().user
    }

    /// What it is published for.
    pub fn architectures(self) -> &'static [Architecture] {
        &self.entry().architectures
    }

    /// Defaults in the image that are wrong anywhere but on the developer's machine: a variable that is left out
    /// has this value, not none.
    pub fn baked_in(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.entry().baked_in.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The images that the file describes, for the tests.
#[cfg(test)]
pub(super) fn described() -> Vec<Image> {
    FILE.keys().copied().collect()
}
