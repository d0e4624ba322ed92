//! Versions of the images, and what they decide.

use crate::catalog::{Component, DifyVersion, Image, newest};
use crate::config::Config;

/// The tag of a component's image, and the key that it stands at; `None` for the proxy without a tag of its own.
pub(super) fn tag_of(config: &Config, component: Component) -> Option<(&str, String)> {
    let settings = config.components.get(&component);
    if let Some(tag) = settings.and_then(|settings| settings.image.tag.as_deref()) {
        return Some((tag, format!("/components/{component}/image/tag")));
    }
    let dify = &config.dify;
    let (tag, key) = match (component.image(), &dify.web) {
        (Image::Web, Some(web)) => (web, "web"),
        (Image::PluginDaemon, _) => (&dify.plugin_daemon, "plugin_daemon"),
        (Image::Sandbox, _) => (&dify.sandbox, "sandbox"),
        (Image::SsrfProxy, _) => return None,
        _ => (&dify.version, "version"),
    };
    Some((tag, format!("/dify/{key}")))
}

/// The version that a component's variables are judged by; `None` if its tag is no version, and then everything that the
/// catalog knows is taken to be there. The proxy's image is the user's own, with versions of its own.
pub(super) fn version_of(config: &Config, component: Component) -> Option<DifyVersion> {
    let (tag, _) = tag_of(config, component).filter(|_| component.image() != Image::SsrfProxy)?;
    DifyVersion::parse(tag).ok()
}

/// The version of Dify that a component of it runs, the newest known one if its tag is no version.
pub(super) fn known_version_of(config: &Config, component: Component) -> DifyVersion {
    version_of(config, component).unwrap_or_else(|| newest().dify)
}

/// The version of Dify: the api's, by which routes go.
pub(super) fn dify_version(config: &Config) -> DifyVersion {
    known_version_of(config, Component::Api)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value as Json;

    use crate::config::{LoadOptions, load};
    use crate::diagnostic::Source;

    /// The template of a configuration.
    fn template(yaml: &str) -> Json {
        let file = Some(Source::new("dify.yaml", yaml));
        let loaded = load(&LoadOptions { file, ..LoadOptions::default() }).unwrap();
        crate::dify::build(&loaded.environments[0].config).unwrap().template.to_json()
    }

    /// The plain variables of a container.
    fn variables(template: &Json, service: &str, container: &str) -> BTreeSet<String> {
        let pointer = format!("/Resources/{service}TaskDefinition/Properties/ContainerDefinitions");
        let containers = template.pointer(&pointer).and_then(Json::as_array).unwrap();
        let found = containers.iter().find(|found| found["Name"] == container).unwrap();
        let variables = found["Environment"].as_array().unwrap();
        variables.iter().map(|variable| variable["Name"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn a_components_variables_go_by_its_own_tag() {
        let template = template("components: { worker: { image: { tag: 0.7.3 } } }");
        let (api, worker) =
            (variables(&template, "Api", "dify-api"), variables(&template, "Worker", "dify-worker"));
        // An entry point that old wants the one, and nobody read the other.
        for (name, of_old) in [("LOG_LEVEL", true), ("ENABLE_COLLABORATION_MODE", false)] {
            assert_eq!((worker.contains(name), api.contains(name)), (of_old, !of_old), "{name}");
        }
    }

    #[test]
    fn the_migrations_variables_go_by_beats_tag() {
        let has_level = |yaml: &str| variables(&template(yaml), "Beat", "dify-migrate").contains("LOG_LEVEL");
        assert!(!has_level("components: { api: { image: { tag: 0.7.3 } } }"));
        assert!(has_level("components: { beat: { image: { tag: 0.7.3 } } }"));
    }

    #[test]
    fn the_form_asks_for_versions_that_some_image_has() {
        let asked = |yaml: &str| {
            let template = template(yaml);
            let parameters = template["Parameters"].as_object().unwrap();
            let names = parameters.keys().filter(|name| name.ends_with("Version"));
            names.cloned().collect::<Vec<_>>()
        };
        assert_eq!(asked(""), ["DifyVersion", "PluginDaemonVersion", "SandboxVersion"]);
        assert_eq!(asked("components: { api: { image: { tag: 1.17.1 } } }").len(), 3);
        let some = "sandbox: { image: { tag: 0.2.12 } }, plugin_daemon: { image: { tag: 0.5.0 } }";
        assert_eq!(asked(&format!("components: {{ {some} }}")), ["DifyVersion"]);
        let tag = "{ image: { tag: 1.17.1 } }";
        let backend = format!("api: {tag}, worker: {tag}, beat: {tag}");
        // The web follows the version of Dify, unless it has one of its own.
        assert_eq!(asked(&format!("components: {{ {some}, {backend} }}")), ["DifyVersion"]);
        let web = "dify: { web: 1.17.0 }";
        assert_eq!(asked(&format!("{web}\ncomponents: {{ {some}, {backend} }}")), ["WebVersion"]);
        assert_eq!(asked(&format!("{web}\ncomponents: {{ {some}, {backend}, web: {tag} }}")), [""; 0]);
    }
}
