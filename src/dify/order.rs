//! In which order services are created and updated.
//!
//! A service waits for those it needs: the migrated database, the plugin daemon and the proxy come first, then
//! the sandbox, the api, and last what calls the api. Edges inside a service fall away. Where a layout of one's own makes
//! a cycle, the edges from the api are dropped first; one that remains is an error.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::Component;
use crate::diagnostic::{Diagnostic, codes};

use super::placement::Placement;

codes! {
    /// A layout in which services wait for each other in a circle.
    pub(super) const CYCLIC_LAYOUT: Code = Code("C301");
}

/// For each service, by name, the services that it waits for.
pub(super) type Order = BTreeMap<String, BTreeSet<String>>;

/// Which component waits for which. `true` marks the edges that a layout of one's own may lose.
const WAITS_FOR: [(Component, Component, bool); 15] = {
    use Component::{Api, Beat, PluginDaemon, Sandbox, SsrfProxy, Web, Websocket, Worker};
    [
        (Sandbox, SsrfProxy, false),
        (Api, Beat, false),
        (Api, PluginDaemon, false),
        (Api, SsrfProxy, false),
        (Api, Sandbox, false),
        (Worker, Beat, false),
        (Worker, PluginDaemon, false),
        (Worker, SsrfProxy, false),
        (Worker, Sandbox, false),
        (Websocket, Beat, false),
        (Websocket, SsrfProxy, false),
        (Worker, Api, true),
        (Web, Api, true),
        (Websocket, Api, true),
        (Websocket, PluginDaemon, true),
    ]
};

/// The order of a placement.
///
/// # Errors
/// A cycle of services that remains, with the components that make it.
pub(super) fn order(placement: &Placement) -> Result<Order, Box<Diagnostic>> {
    let full = edges(placement, true);
    if find_cycle(&full).is_none() {
        return Ok(full);
    }
    let reduced = edges(placement, false);
    match find_cycle(&reduced) {
        None => Ok(reduced),
        Some(cycle) => Err(Box::new(cycle_diagnostic(placement, &cycle))),
    }
}

fn edges(placement: &Placement, with_droppable: bool) -> Order {
    let mut order: Order =
        placement.services.iter().map(|service| (service.name.clone(), BTreeSet::new())).collect();
    for (waiting, awaited, droppable) in WAITS_FOR {
        let (Some(from), Some(to)) = (placement.service_of(waiting), placement.service_of(awaited)) else {
            continue;
        };
        if from.name != to.name && (with_droppable || !droppable) {
            order.entry(from.name.clone()).or_default().insert(to.name.clone());
        }
    }
    order
}

/// A cycle as the services along it, the first one again at the end.
fn find_cycle(order: &Order) -> Option<Vec<String>> {
    fn visit(
        name: &str,
        order: &Order,
        path: &mut Vec<String>,
        done: &mut BTreeSet<String>,
    ) -> Option<Vec<String>> {
        if let Some(start) = path.iter().position(|earlier| earlier == name) {
            let mut cycle = path[start..].to_vec();
            cycle.push(name.to_owned());
            return Some(cycle);
        }
        if done.contains(name) {
            return None;
        }
        path.push(name.to_owned());
        for next in order.get(name).into_iter().flatten() {
            if let Some(cycle) = visit(next, order, path, done) {
                return Some(cycle);
            }
        }
        path.pop();
        done.insert(name.to_owned());
        None
    }
    let mut done = BTreeSet::new();
    order.keys().find_map(|name| visit(name, order, &mut Vec::new(), &mut done))
}

fn cycle_diagnostic(placement: &Placement, cycle: &[String]) -> Diagnostic {
    let steps = cycle.windows(2).map(|pair| {
        let components = |name: &str| placement.services.iter().find(|service| service.name == name);
        let why = WAITS_FOR.iter().find(|(waiting, awaited, droppable)| {
            !droppable
                && components(&pair[0]).is_some_and(|service| service.runs(*waiting))
                && components(&pair[1]).is_some_and(|service| service.runs(*awaited))
        });
        match why {
            Some((waiting, awaited, _)) => {
                format!("`{}` waits for `{}` ({waiting} needs {awaited})", pair[0], pair[1])
            }
            None => format!("`{}` waits for `{}`", pair[0], pair[1]),
        }
    });
    let steps = steps.collect::<Vec<_>>().join(", ");
    Diagnostic::error(
        CYCLIC_LAYOUT,
        format!("the layout's services wait for each other in a circle: {steps}"),
    )
    .help("put the components of one of these steps into the same service, or into services of their own")
    .pointer("/layout")
}

#[cfg(test)]
mod tests {
    use super::super::placement::{PlacedService, TaskSize, Tasks};
    use super::*;
    use Component::{Api, Beat, PluginDaemon, Sandbox, Web, Worker};

    fn placement(services: &[(&str, &[Component])]) -> Placement {
        let services = services.iter().map(|(name, components)| PlacedService {
            name: (*name).to_owned(),
            components: components.to_vec(),
            size: TaskSize { cpu: 256, memory_mib: 512 },
            tasks: Tasks { min: 1, max: 1, scales: false },
        });
        Placement { services: services.collect() }
    }

    #[test]
    fn the_database_is_migrated_before_what_needs_it() {
        let order = order(&placement(&[("web", &[Web]), ("api", &[Api]), ("beat", &[Beat])])).unwrap();
        assert_eq!(order["api"], BTreeSet::from(["beat".to_owned()]));
        assert_eq!(order["web"], BTreeSet::from(["api".to_owned()]));
        assert!(order["beat"].is_empty());
    }

    #[test]
    fn edges_from_the_api_are_dropped_where_they_close_a_circle() {
        let placement = placement(&[("front", &[Web, Sandbox]), ("back", &[Api, Worker, Beat])]);
        let order = order(&placement).unwrap();
        assert_eq!(order["back"], BTreeSet::from(["front".to_owned()]));
        assert!(order["front"].is_empty());
    }

    #[test]
    fn a_circle_that_remains_names_the_components() {
        let placement = placement(&[("one", &[Api, PluginDaemon]), ("two", &[Worker, Beat])]);
        let message = order(&placement).unwrap_err().message;
        assert!(message.contains("`one` waits for `two` (api needs beat)"), "{message}");
        assert!(message.contains("`two` waits for `one` (worker needs plugin_daemon)"), "{message}");
    }
}
