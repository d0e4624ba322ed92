//! The parts of Dify that run as containers.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::{DifyVersion, Image};
use crate::diagnostic::nearest;

/// A part of Dify that runs as a container of its own.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Component {
    /// The user interface.
    Web,
    /// Everything that is called over HTTP.
    Api,
    /// Background tasks: indexing, mail, asynchronous workflows.
    Worker,
    /// Starts scheduled tasks; must run exactly once, since Celery's beat elects no leader.
    Beat,
    /// Runs plugins: model providers and tools.
    PluginDaemon,
    /// Runs the code of code nodes and templates.
    Sandbox,
    /// The api once more, for collaboration over web sockets.
    Websocket,
    /// Keeps what workflows call away from private networks.
    SsrfProxy,
}

/// How a load balancer asks whether a component is well.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct HealthPath {
    /// What to get.
    pub path: String,
    /// The status codes of a healthy answer, as target groups write them.
    pub matcher: String,
}

/// A port besides the one that is served.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct OtherPort {
    /// The port.
    pub number: u16,
    /// What it is for.
    pub what: String,
}

#[derive(Deserialize)]
struct Entry {
    image: Image,
    mode: Option<String>,
    port: Option<u16>,
    #[serde(default)]
    other_ports: Vec<OtherPort>,
    load_balancer_health: Option<HealthPath>,
    container_health: Option<Vec<String>>,
    since: DifyVersion,
    needed_since: Option<DifyVersion>,
}

static FILE: LazyLock<BTreeMap<Component, Entry>> =
    LazyLock::new(|| super::parse(include_str!("../../schemas/dify/components.json")));

impl Component {
    /// Every component, in the order in which they are told.
    pub const ALL: [Self; 8] = [
        Self::Web,
        Self::Api,
        Self::Worker,
        Self::Beat,
        Self::PluginDaemon,
        Self::Sandbox,
        Self::Websocket,
        Self::SsrfProxy,
    ];

    /// Its name in `dify.yaml`, e.g. `plugin_daemon`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Api => "api",
            Self::Worker => "worker",
            Self::Beat => "beat",
            Self::PluginDaemon => "plugin_daemon",
            Self::Sandbox => "sandbox",
            Self::Websocket => "websocket",
            Self::SsrfProxy => "ssrf_proxy",
        }
    }

    /// Its name where an underscore isn't allowed, as in DNS, e.g. `plugin-daemon`.
    pub const fn dns_name(self) -> &'static str {
        match self {
            Self::PluginDaemon => "plugin-daemon",
            Self::SsrfProxy => "ssrf-proxy",
            other => other.as_str(),
        }
    }

    #[expect(clippy::expect_used, reason = "`consistency` proves that each component is in the file")]
    fn entry(self) -> &'static Entry {
        FILE.get(&self).expect("every component is described")
    }

    /// The image that it runs.
    pub fn image(self) -> Image {
        self.entry().image
    }

    /// The value of `MODE`, where its image has modes.
    pub fn mode(self) -> Option<&'static str> {
        self.entry().mode.as_deref()
    }

    /// The TCP port that it serves; `None` if it only works off queues.
    pub fn port(self) -> Option<u16> {
        self.entry().port
    }

    /// Ports that it opens besides.
    pub fn other_ports(self) -> &'static [OtherPort] {
        &self.entry().other_ports
    }

    /// What a load balancer gets to see whether it is well; `None` if it speaks no HTTP.
    pub fn health_path(self) -> Option<&'static HealthPath> {
        self.entry().load_balancer_health.as_ref()
    }

    /// The command of a container health check, `CMD` or `CMD-SHELL` first. It uses only what is in the image.
    ///
    /// `None` for worker and beat: the check that Celery has is too dear to run every minute (Dify's own
    /// compose file has it off), and their process ends when they fail.
    pub fn health_command(self) -> Option<&'static [String]> {
        self.entry().container_health.as_deref()
    }

    /// The first version of Dify that has it.
    pub fn since(self) -> DifyVersion {
        self.entry().since
    }

    /// Whether this version of Dify has it.
    pub fn exists_in(self, version: DifyVersion) -> bool {
        self.since() <= version.max(super::oldest_described())
    }

    /// Whether a part of this version of Dify doesn't work without it. A component that is never needed is an
    /// option (websocket) or a guard (SSRF proxy).
    pub fn is_needed_in(self, version: DifyVersion) -> bool {
        self.entry().needed_since.is_some_and(|since| since <= version.max(super::oldest_described()))
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that is no component's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no component is called `{found}`{}", nearest.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default())]
pub struct UnknownComponent {
    /// The name as it was given.
    pub found: String,
    /// The component's name that is nearest to it.
    pub nearest: Option<&'static str>,
}

impl FromStr for Component {
    type Err = UnknownComponent;

    fn from_str(name: &str) -> Result<Self, UnknownComponent> {
        Self::ALL.into_iter().find(|component| component.as_str() == name).ok_or_else(|| UnknownComponent {
            found: name.to_owned(),
            nearest: nearest(name, Self::ALL.map(Self::as_str)),
        })
    }
}

/// The components that the file describes, for the tests.
#[cfg(test)]
pub(super) fn described() -> Vec<Component> {
    FILE.keys().copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_and_a_typo_is_told() {
        for component in Component::ALL {
            assert_eq!(component.as_str().parse(), Ok(component));
            assert_eq!(serde_json::to_value(component).unwrap(), component.as_str());
        }
        let error = "plugin-deamon".parse::<Component>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "no component is called `plugin-deamon`; did you mean `plugin_daemon`?"
        );
    }

    #[test]
    fn a_dns_name_has_no_underscore() {
        for component in Component::ALL {
            assert_eq!(component.dns_name(), component.as_str().replace('_', "-"));
        }
    }

    #[test]
    fn an_old_dify_has_no_plugin_daemon() {
        assert!(!Component::PluginDaemon.exists_in(DifyVersion::new(0, 15, 8)));
        assert!(Component::PluginDaemon.exists_in(DifyVersion::new(1, 0, 0)));
        assert!(Component::Api.exists_in(DifyVersion::new(0, 3, 0)));
    }

    #[test]
    fn what_a_version_needs_grew() {
        let needed = |version: DifyVersion| {
            let needed = Component::ALL.into_iter().filter(|component| component.is_needed_in(version));
            needed.map(Component::as_str).collect::<Vec<_>>()
        };
        let first = ["web", "api", "worker", "sandbox"];
        assert_eq!(needed(DifyVersion::new(0, 7, 3)), first);
        assert_eq!(needed(DifyVersion::new(0, 1, 0)), first);
        assert_eq!(needed(DifyVersion::new(1, 4, 3)), ["web", "api", "worker", "plugin_daemon", "sandbox"]);
        let newest = ["web", "api", "worker", "beat", "plugin_daemon", "sandbox"];
        assert_eq!(needed(DifyVersion::new(1, 17, 1)), newest);
    }

    #[test]
    fn what_is_served_over_http_has_both_health_checks() {
        assert_eq!(Component::Api.port(), Some(5001));
        assert_eq!(Component::Web.health_path().map(|health| health.path.as_str()), Some("/apps"));
        assert!(Component::PluginDaemon.health_command().is_some());
        assert_eq!(Component::Beat.health_command(), None);
    }
}
