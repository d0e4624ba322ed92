//! Which paths the load balancer sends where.

use crate::catalog::{Component, DifyVersion, routes};

use super::placement::Placement;

/// The paths of one component, each as a load balancer's pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PathGroup {
    /// What answers.
    pub component: Component,
    /// The patterns, `/api` and `/api/*` for a prefix without slash at its end.
    pub patterns: Vec<String>,
}

/// The paths of every component but the default one, longest prefix first where one holds another's.
///
/// A route whose component doesn't run is left out. Web has the rest, so that its own routes need no rule; without a web
/// nobody has it, lest the api's private paths be public.
pub(super) fn path_groups(version: DifyVersion, placement: &Placement) -> Vec<PathGroup> {
    let default = default_component(placement);
    let mut groups: Vec<PathGroup> = Vec::new();
    for route in routes(version) {
        if Some(route.component) == default || !placement.has(route.component) {
            continue;
        }
        let wildcard = format!("{}/*", route.path.trim_end_matches('/'));
        let patterns =
            if route.has_bare_form() { vec![route.path.clone(), wildcard] } else { vec![wildcard] };
        match groups.iter_mut().find(|group| group.component == route.component) {
            Some(group) => group.patterns.extend(patterns),
            None => groups.push(PathGroup { component: route.component, patterns }),
        }
    }
    groups
}

/// What gets the requests that no rule takes.
pub(super) fn default_component(placement: &Placement) -> Option<Component> {
    Some(Component::Web).filter(|component| placement.has(*component))
}

/// The components that the load balancer sends requests to.
pub(super) fn public_components(version: DifyVersion, placement: &Placement) -> Vec<Component> {
    default_component(placement)
        .into_iter()
        .chain(path_groups(version, placement).into_iter().map(|group| group.component))
        .collect()
}
