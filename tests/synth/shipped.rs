//! The stacks of every shipped configuration, built once.

use std::sync::OnceLock;

use dify_cfn::catalog::{Component, DifyVersion, Image};
use dify_cfn::cfn::Template;
use dify_cfn::config::{Config, LoadOptions, Located, Profile, load, services};
use dify_cfn::diagnostic::{Diagnostic, Source};
use dify_cfn::dify::{self, DifyStack};
use serde_json::Value as Json;

use crate::root;

/// The configurations in `tests/fixtures/configs`, by the file's name.
const FILES: [&str; 7] = ["closed", "layouts", "production", "restored", "seed-000", "seed-001", "ssm"];

/// A stack of a shipped configuration.
pub(crate) struct Shipped {
    /// The file without its ending, and the environment: `production/prd`. `default/dev` is that of no file.
    pub(crate) name: String,
    /// The configuration, with its places.
    pub(crate) located: Located,
    /// What was built from it.
    pub(crate) built: DifyStack,
    /// The template as JSON.
    pub(crate) json: Json,
}

impl Shipped {
    pub(crate) fn config(&self) -> &Config {
        &self.located.config
    }

    pub(crate) fn template(&self) -> &Template {
        &self.built.template
    }

    pub(crate) fn is_production(&self) -> bool {
        self.config().profile == Profile::Production
    }

    /// Whether it is one of the seeds, which choose what we advise against.
    pub(crate) fn is_seed(&self) -> bool {
        self.name.starts_with("seed-")
    }

    /// The services with their components.
    pub(crate) fn placement(&self) -> Vec<(String, Vec<Component>)> {
        services(self.config()).into_iter().collect()
    }

    /// The service that runs a component.
    pub(crate) fn service_of(&self, component: Component) -> Option<String> {
        self.placement().into_iter().find(|(_, all)| all.contains(&component)).map(|(name, _)| name)
    }

    pub(crate) fn has(&self, component: Component) -> bool {
        self.service_of(component).is_some()
    }

    /// The version of an image.
    pub(crate) fn version(&self, image: Image) -> DifyVersion {
        let dify = &self.config().dify;
        let text = match image {
            Image::Web => dify.web.as_deref().unwrap_or(&dify.version),
            Image::PluginDaemon => &dify.plugin_daemon,
            Image::Sandbox => &dify.sandbox,
            _ => &dify.version,
        };
        DifyVersion::parse(text).unwrap()
    }

    /// Whether tasks have no way to the internet.
    pub(crate) fn is_closed(&self) -> bool {
        use dify_cfn::config::model::{Nat, Network};
        match &self.config().network {
            Network::Parameters => false,
            Network::Existing(network) => network.closed,
            Network::Lookup(network) => network.closed,
            Network::Create(network) => network.nat == Nat::None,
        }
    }
}

/// Every stack of every shipped configuration.
pub(crate) fn all() -> &'static [Shipped] {
    static ALL: OnceLock<Vec<Shipped>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut all = of("default", None);
        for file in FILES {
            let path = root().join(format!("tests/fixtures/configs/{file}.yaml"));
            let text = std::fs::read_to_string(&path).unwrap();
            all.extend(of(file, Some(Source::new(format!("{file}.yaml"), text))));
        }
        all
    })
}

/// The stack `configuration/environment`.
pub(crate) fn one(name: &str) -> &'static Shipped {
    all().iter().find(|shipped| shipped.name == name).unwrap_or_else(|| panic!("no stack {name}"))
}

fn of(file: &str, source: Option<Source>) -> Vec<Shipped> {
    let loaded = load(&LoadOptions { file: source, ..LoadOptions::default() })
        .unwrap_or_else(|found| panic!("{file}: {}", told(&found)));
    loaded
        .environments
        .into_iter()
        .map(|located| {
            let name = format!("{file}/{}", located.config.environment_name);
            let built =
                dify::build(&located.config).unwrap_or_else(|found| panic!("{name}: {}", told(&found)));
            let json = built.template.to_json();
            Shipped { name, located, built, json }
        })
        .collect()
}

/// Findings as lines.
pub(crate) fn told(findings: &[Diagnostic]) -> String {
    let line = |finding: &Diagnostic| {
        let place = finding.logical_id.as_deref().or(finding.pointer.as_deref()).unwrap_or_default();
        format!("{}[{}] {place}: {}\n", finding.severity, finding.code, finding.message)
    };
    findings.iter().map(line).collect()
}

/// Runs a check over every shipped stack and fails with all complaints, each with the stack's name.
#[track_caller]
pub(crate) fn each(check: impl Fn(&Shipped) -> Vec<String>) {
    let complaints: Vec<String> = all()
        .iter()
        .flat_map(|shipped| {
            check(shipped).into_iter().map(|complaint| format!("{}: {complaint}", shipped.name))
        })
        .collect();
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn every_shipped_configuration_is_listed() {
    let folder = std::fs::read_dir(root().join("tests/fixtures/configs")).unwrap();
    let mut found: Vec<String> = folder
        .filter_map(|entry| {
            entry.unwrap().file_name().into_string().unwrap().strip_suffix(".yaml").map(str::to_owned)
        })
        .collect();
    found.sort();
    assert_eq!(found, FILES);
}
