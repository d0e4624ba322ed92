//! Which ECS service runs which components.

use indexmap::IndexMap;

use super::Config;
use super::model::{Component, Layout, NamedLayout, Profile};

/// Whether a component is switched off in so many words. It may come back, in another environment or later.
pub fn is_switched_off(config: &Config, component: Component) -> bool {
    config.components.get(&component).and_then(|settings| settings.enabled) == Some(false)
}

/// Whether a component runs where a layout that the program knows places it.
///
/// The six parts of Dify do, `websocket` doesn't, and the SSRF proxy does in production once its image is configured:
/// there is no image of it that works on ECS as it is.
pub fn is_enabled(config: &Config, component: Component) -> bool {
    let settings = config.components.get(&component);
    settings.and_then(|settings| settings.enabled).unwrap_or_else(|| match component {
        Component::Websocket => false,
        Component::SsrfProxy => {
            config.profile == Profile::Production
                && settings.is_some_and(|settings| settings.image.repository.is_some())
        }
        _ => true,
    })
}

/// The services that the layout makes, each with its components, in an order that never changes.
///
/// Components that are off drop out, and so do services without any. A map of the user's own says itself which
/// components run: what it places runs unless it is switched off by name, and what it leaves out doesn't.
pub fn services(config: &Config) -> IndexMap<String, Vec<Component>> {
    use Component::{Api, Beat, PluginDaemon, Sandbox, SsrfProxy, Web, Websocket, Worker};
    let named: &[(&str, &[Component])] = match &config.layout {
        Layout::Custom(services) => {
            let is_on = |component: &Component| !is_switched_off(config, *component);
            return services
                .iter()
                .map(|(name, components)| (name.clone(), components.iter().copied().filter(is_on).collect()))
                .filter(|(_, components): &(String, Vec<Component>)| !components.is_empty())
                .collect();
        }
        Layout::Named(NamedLayout::Distributed) => &[
            ("web", &[Web]),
            ("api", &[Api]),
            ("worker", &[Worker]),
            ("beat", &[Beat]),
            ("plugin_daemon", &[PluginDaemon]),
            ("sandbox", &[Sandbox]),
            ("websocket", &[Websocket]),
            ("ssrf_proxy", &[SsrfProxy]),
        ],
        Layout::Named(NamedLayout::Sidecar) => &[
            ("web", &[Web]),
            ("api", &[Api, Sandbox]),
            ("worker", &[Worker]),
            ("plugin_daemon", &[PluginDaemon]),
            ("beat", &[Beat]),
            ("websocket", &[Websocket]),
            ("ssrf_proxy", &[SsrfProxy]),
        ],
        Layout::Named(NamedLayout::SingleTask) => &[
            ("app", &[Web, Api, Worker, PluginDaemon, Sandbox]),
            ("beat", &[Beat]),
            ("websocket", &[Websocket]),
            ("ssrf_proxy", &[SsrfProxy]),
        ],
    };
    named
        .iter()
        .map(|(name, components)| {
            let on = components.iter().copied().filter(|component| is_enabled(config, *component));
            ((*name).to_owned(), on.collect())
        })
        .filter(|(_, components): &(String, Vec<Component>)| !components.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::model::{ComponentSettings, ImageSettings};

    fn told(config: &Config) -> String {
        let services = services(config).into_iter().map(|(name, components)| {
            let components: Vec<_> = components.into_iter().map(Component::as_str).collect();
            format!("{name}: {}", components.join("+"))
        });
        services.collect::<Vec<_>>().join(" · ")
    }

    fn switched(component: Component, enabled: bool) -> (Component, ComponentSettings) {
        (component, ComponentSettings { enabled: Some(enabled), ..ComponentSettings::default() })
    }

    #[test]
    fn the_known_layouts() {
        let mut config = Config::default();
        assert_eq!(
            told(&config),
            "web: web · api: api · worker: worker · beat: beat · plugin_daemon: plugin_daemon · sandbox: sandbox"
        );
        config.layout = Layout::Named(NamedLayout::Sidecar);
        assert_eq!(
            told(&config),
            "web: web · api: api+sandbox · worker: worker · plugin_daemon: plugin_daemon · beat: beat"
        );
        config.layout = Layout::Named(NamedLayout::SingleTask);
        assert_eq!(told(&config), "app: web+api+worker+plugin_daemon+sandbox · beat: beat");
        config.components =
            [switched(Component::Websocket, true), switched(Component::SsrfProxy, true)].into();
        assert_eq!(
            told(&config),
            "app: web+api+worker+plugin_daemon+sandbox · beat: beat · websocket: websocket · ssrf_proxy: ssrf_proxy"
        );
    }

    #[test]
    fn what_is_off_drops_out_with_its_service() {
        let mut config = Config { layout: Layout::Named(NamedLayout::SingleTask), ..Config::default() };
        config.components = [switched(Component::Beat, false), switched(Component::Sandbox, false)].into();
        assert_eq!(told(&config), "app: web+api+worker+plugin_daemon");
    }

    #[test]
    fn the_proxy_runs_in_production_once_it_has_an_image() {
        let mut config = Config { profile: Profile::Production, ..Config::default() };
        assert!(!is_enabled(&config, Component::SsrfProxy));
        let image = ImageSettings { repository: Some("proxy".into()), ..ImageSettings::default() };
        let settings = ComponentSettings { image, ..ComponentSettings::default() };
        config.components = [(Component::SsrfProxy, settings)].into();
        assert!(is_enabled(&config, Component::SsrfProxy));
        config.profile = Profile::Development;
        assert!(!is_enabled(&config, Component::SsrfProxy));
    }

    #[test]
    fn a_map_of_ones_own_runs_what_it_places() {
        let layout = [
            ("front".to_owned(), vec![Component::Web, Component::Websocket]),
            ("idle".to_owned(), vec![Component::Beat]),
        ];
        let mut config = Config { layout: Layout::Custom(layout.into()), ..Config::default() };
        config.components = [switched(Component::Beat, false)].into();
        assert_eq!(told(&config), "front: web+websocket");
    }
}
