//! Layouts that can't be built, and the key of the configuration that each refusal of a part comes from.

use crate::catalog::Component;
use crate::constructs::DUPLICATE_CONSTRUCT;
use crate::diagnostic::{Diagnostic, codes};

use super::placement::{PlacedService, Placement, upper_camel};

codes! {
    /// A service's name that another part of the stack has.
    pub const RESERVED_NAME: Code = Code("C306");
    /// Components of one service that serve the same port.
    pub const SHARED_PORT: Code = Code("C307");
}

/// First parts of paths in the construct tree that are not services.
const RESERVED: [&str; 12] = [
    "Alarms",
    "Bucket",
    "Cache",
    "Certificate",
    "Cluster",
    "Database",
    "DatabaseKey",
    "DnsRecord",
    "Listener",
    "LoadBalancer",
    "Namespace",
    "Network",
];

/// The section of the configuration that decides about a part, by the first component of its path.
const SECTIONS: [(&str, &str); 13] = [
    ("Alarms", "/alarms"),
    ("Bucket", "/storage"),
    ("Cache", "/cache"),
    ("CacheSecret", "/secrets"),
    ("Certificate", "/ingress"),
    ("Database", "/database"),
    ("DatabaseKey", "/database/kms_key"),
    ("DatabaseSecret", "/secrets"),
    ("DnsRecord", "/ingress"),
    ("Listener", "/ingress"),
    ("LoadBalancer", "/ingress"),
    ("Network", "/network"),
    ("SecretKey", "/secrets"),
];

/// What is wrong with a layout by itself.
pub(super) fn of_layout(placement: &Placement) -> Vec<Diagnostic> {
    let mut found = reserved_names(placement);
    found.extend(shared_ports(placement));
    found
}

/// A part's refusal with a pointer to what decided about the part, unless it has a place.
pub(super) fn with_pointer(problem: Diagnostic, placement: &Placement) -> Diagnostic {
    if problem.pointer.is_some() {
        return problem;
    }
    let path = problem.construct.clone().unwrap_or_default();
    let mut ids = path.split('/');
    let (first, second) = (ids.next().unwrap_or_default(), ids.next());
    let section = SECTIONS.iter().find(|(part, _)| *part == first).map(|(_, section)| (*section).to_owned());
    let of_service = || {
        let service = placement.services.iter().find(|service| service.construct_id() == first)?;
        // What a task's containers say of each other stands with the components.
        let of_task = second == Some("TaskDefinition");
        Some(if of_task { "/components".to_owned() } else { format!("/services/{}", service.name) })
    };
    problem.pointer(section.or_else(of_service).unwrap_or_default())
}

/// The containers of a task share its network, so that only one of them can have a port.
fn shared_ports(placement: &Placement) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for service in &placement.services {
        let components = &service.components;
        for (index, second) in components.iter().enumerate() {
            let same = |first: &&Component| first.port().is_some() && first.port() == second.port();
            if let (Some(first), Some(port)) = (components[..index].iter().find(same), second.port()) {
                let name = &service.name;
                let message = format!(
                    "`{first}` and `{second}` both serve port {port}, and run in one task of `{name}`"
                );
                let help = format!("give `{second}` a service of its own");
                let pointer = format!("/layout/{name}");
                found.push(Diagnostic::error(SHARED_PORT, message).help(help).pointer(pointer));
            }
        }
    }
    found
}

/// Whether a part is declared twice because a service has its name, which is told by itself.
pub(super) fn follows_from_a_name(problem: &Diagnostic, placement: &Placement) -> bool {
    let first = problem.construct.as_deref().unwrap_or_default().split('/').next().unwrap_or_default();
    problem.code == DUPLICATE_CONSTRUCT
        && with_reserved_names(placement).any(|service| service.construct_id() == first)
}

fn with_reserved_names(placement: &Placement) -> impl Iterator<Item = &PlacedService> {
    placement.services.iter().filter(|service| {
        let id = service.construct_id();
        RESERVED.contains(&id.as_str())
            // A component's own resources (target group, log group) stand under its name.
            || Component::ALL.iter().any(|component| {
                upper_camel(component.as_str()) == id && component.as_str() != service.name
            })
    })
}

fn reserved_names(placement: &Placement) -> Vec<Diagnostic> {
    with_reserved_names(placement)
        .map(|service| {
            let message =
                format!("a service can't be called `{}`: another part of the stack is", service.name);
            Diagnostic::error(RESERVED_NAME, message)
                .help("choose another name for the service")
                .pointer(format!("/layout/{}", service.name))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    use super::*;
    use crate::diagnostic::Code;

    #[test]
    fn a_name_that_is_taken_is_told_once() {
        for name in ["database", "cache", "load_balancer", "network", "cluster"] {
            let text = format!(
                "layout: {{ {name}: [api, worker, plugin_daemon, sandbox], web: [web], beat: [beat] }}"
            );
            let file = Some(crate::diagnostic::Source::new("dify.yaml", text.as_str()));
            let options = crate::config::LoadOptions { file, ..crate::config::LoadOptions::default() };
            let config = crate::config::load(&options).unwrap().environments.remove(0).config;
            let found = crate::dify::build(&config).unwrap_err();
            let errors: Vec<&Diagnostic> = found.iter().filter(|found| found.is_error()).collect();
            assert!(matches!(errors[..], [error] if error.code == RESERVED_NAME), "{name}: {errors:?}");
        }
    }

    #[test]
    fn a_refusal_leads_to_the_section_that_it_comes_from() {
        let placement = Placement::of(&Config::default());
        let pointer = |construct: &str| {
            let problem = Diagnostic::error(Code("T010"), "refused").construct(construct);
            with_pointer(problem, &placement).pointer.unwrap()
        };
        assert_eq!(pointer("Network/Vpc"), "/network");
        assert_eq!(pointer("PluginDaemon/TaskDefinition"), "/components");
        assert_eq!(pointer("PluginDaemon/Service"), "/services/plugin_daemon");
        assert_eq!(pointer("Nobody"), "");
    }
}
