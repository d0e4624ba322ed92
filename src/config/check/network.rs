//! Where the stack runs.

use super::cidr::Cidr;
use super::format::is_id;
use super::{Findings, at, code};
use crate::config::layout::{is_switched_off, services};
use crate::config::model::{Component, Config, ExistingNetwork, LookupNetwork, Nat, Network, Scheme};
use crate::document::excerpt;

pub(super) fn check(findings: &mut Findings<'_>) {
    let config = findings.config;
    let is_public = config.ingress.scheme == Scheme::InternetFacing;
    match &config.network {
        Network::Parameters => {}
        Network::Existing(network) => check_existing(findings, network, is_public),
        Network::Lookup(network) => check_lookup(findings, network, is_public),
        Network::Create(network) => {
            check_created_range(findings, &network.cidr);
        }
    }
}

/// What closes the network, if it has no way to the internet.
fn closed_by(network: &Network) -> Option<&'static str> {
    match network {
        Network::Parameters => None,
        Network::Existing(network) => network.closed.then_some("/network/existing/closed"),
        Network::Lookup(network) => network.closed.then_some("/network/lookup/closed"),
        Network::Create(network) => (network.nat == Nat::None).then_some("/network/create/nat"),
    }
}

/// Registries that nobody reaches without the internet.
const PUBLIC_REGISTRIES: [&str; 8] = [
    "docker.io",
    "public.ecr.aws",
    "ghcr.io",
    "quay.io",
    "gcr.io",
    "registry.k8s.io",
    "mcr.microsoft.com",
    "registry.gitlab.com",
];

/// Images that a network without a way to the internet can't pull.
pub(super) fn check_closed_images(findings: &mut Findings<'_>) {
    let config = findings.config;
    let Some(pointer) = closed_by(&config.network) else { return };
    let own_registry = |component: &Component| {
        config.components.get(component).and_then(|one| one.image.registry.as_deref())
    };
    let running: Vec<Component> = services(config).into_values().flatten().collect();
    if config.images.registry.is_none() && running.iter().any(|component| own_registry(component).is_none()) {
        findings.error(
            code::CLOSED_NETWORK,
            pointer,
            "the network has no way to the internet, but images come from Docker Hub",
            "copy the images to a registry that the network reaches, such as ECR, and name it in `images.registry`",
        );
    }
    let mut used: Vec<(String, &str)> = Vec::new();
    used.extend(config.images.registry.as_deref().map(|registry| ("/images/registry".to_owned(), registry)));
    used.extend(running.iter().filter_map(|component| {
        Some((at(&["components", component.as_str(), "image", "registry"]), own_registry(component)?))
    }));
    for (pointer, registry) in used {
        let host = registry.split('/').next().unwrap_or_default();
        let region = host.split_once(".dkr.ecr.").and_then(|(_, rest)| rest.split('.').next());
        let pair = config.region.as_deref().zip(region).filter(|(own, of_registry)| own != of_registry);
        if PUBLIC_REGISTRIES.contains(&host) {
            let message = format!("the network has no way to the internet, where `{host}` is");
            let help = "copy the images to a registry that the network reaches, such as ECR";
            findings.error(code::CLOSED_NETWORK, &pointer, message, help);
        } else if let Some((own, other)) = pair {
            let message = format!(
                "the endpoints of a closed network lead to ECR in {own}, and this registry is in {other}"
            );
            let help = format!("copy the images to {own}; ECR's replication does it by itself");
            findings.error(code::CLOSED_NETWORK, &pointer, message, help);
        } else if region.is_none() && is_sealed(config) && is_outside(host.split(':').next().unwrap_or(host))
        {
            let message = format!(
                "the network has no way out save its endpoints, so `{}` is out of reach",
                excerpt(host)
            );
            let help = "copy the images to ECR, or add the way to the registry under `resources`";
            findings.error(code::CLOSED_NETWORK, &pointer, message, help);
        }
    }
}

/// A mail server that a created network without a way to the internet can't reach. What leads out of an existing one, or is
/// added under `resources`, isn't known.
pub(super) fn check_closed_mail(findings: &mut Findings<'_>) {
    let Some(mail) = &findings.config.mail else { return };
    if is_sealed(findings.config) && is_outside(&mail.smtp.server) {
        let message = format!(
            "the network has no way to the internet, so `{}` is out of reach",
            excerpt(&mail.smtp.server)
        );
        let help = "name a server inside the network by its private address, or add the endpoint `email-smtp` under \
                    `resources`";
        findings.error(code::CLOSED_NETWORK, "/mail/smtp/server", message, help);
    }
}

/// Whether the network is a created one without a way to the internet, and nothing under `resources` may add a way out.
fn is_sealed(config: &Config) -> bool {
    let adds_a_way = config
        .resources
        .values()
        .any(|settings| settings.type_name.as_deref().is_some_and(|name| name.starts_with("AWS::EC2::")));
    matches!(&config.network, Network::Create(network) if network.nat == Nat::None) && !adds_a_way
}

/// Whether a server isn't in the VPC: neither a private address nor a name that only a private zone has.
fn is_outside(server: &str) -> bool {
    if let Ok(address) = server.parse::<std::net::Ipv4Addr>() {
        return !address.is_private();
    }
    let last = server.rsplit('.').next().unwrap_or_default();
    server.contains('.') && !["internal", "local", "lan", "corp", "home"].contains(&last)
}

fn check_existing(findings: &mut Findings<'_>, network: &ExistingNetwork, is_public: bool) {
    let base = "/network/existing";
    let vpc = format!("{base}/vpc_id");
    if findings.needs(
        &vpc,
        &network.vpc_id,
        "name the VPC, or use `network: parameters` to be asked on the form",
    ) && !is_id(&network.vpc_id, "vpc-")
    {
        findings.format(&vpc, &network.vpc_id, "the id of a VPC", "write it as in vpc-0a1b2c3d4e5f60001");
    }
    if let Some(cidr) = &network.vpc_cidr {
        findings.vpc_range(&format!("{base}/vpc_cidr"), cidr, 16..=28);
    }
    for (key, ids, needed) in [
        ("public_subnet_ids", &network.public_subnet_ids, is_public),
        ("private_subnet_ids", &network.private_subnet_ids, true),
    ] {
        let pointer = format!("{base}/{key}");
        for (index, id) in ids.iter().enumerate() {
            let item = format!("{pointer}/{index}");
            if !is_id(id, "subnet-") {
                findings.format(&item, id, "the id of a subnet", "write it as in subnet-0a1b2c3d4e5f60011");
            } else if ids[..index].contains(id) {
                findings.error(code::SUBNETS, &item, format!("the subnet `{id}` stands twice"), "remove one");
            } else if key == "private_subnet_ids" && network.public_subnet_ids.contains(id) {
                let message = format!("the subnet `{id}` is both public and private");
                let help = "tasks have no public address, so from a public subnet they reach nothing";
                findings.warning(code::SUBNETS, &item, message, help);
            }
        }
        if needed && ids.len() < 2 {
            let message =
                format!("`{}` has to list two subnets or more, found {}", super::dotted(&pointer), ids.len());
            let help = "load balancer and database need subnets in two zones";
            findings.error(code::SUBNETS, &pointer, message, help);
        }
    }
}

fn check_lookup(findings: &mut Findings<'_>, network: &LookupNetwork, is_public: bool) {
    let base = "/network/lookup";
    findings.needs(&format!("{base}/vpc_name"), &network.vpc_name, "write the VPC's Name tag");
    for (key, names, needed) in [
        ("public_subnet_names", &network.public_subnet_names, is_public),
        ("private_subnet_names", &network.private_subnet_names, true),
    ] {
        let pointer = format!("{base}/{key}");
        if needed && names.is_empty() {
            let message = format!("`{}` is missing", super::dotted(&pointer));
            let help = "list the Name tags of the subnets; `*` stands for anything";
            findings.error(code::MISSING, &pointer, message, help);
        }
        for (index, name) in names.iter().enumerate() {
            let item = format!("{pointer}/{index}");
            if findings.needs(&item, name, "write a Name tag, or remove it") && names[..index].contains(name)
            {
                let message = format!("the name `{}` stands twice", excerpt(name));
                findings.error(code::SUBNETS, &item, message, "remove one");
            }
        }
    }
}

fn check_created_range(findings: &mut Findings<'_>, text: &str) {
    let pointer = "/network/create/cidr";
    // Down to /24 there is room for a public and a private subnet of 32 addresses or more in each of three zones.
    let cidr = findings.vpc_range(pointer, text, 16..=24);
    if let Some(cidr) = cidr.filter(|cidr| !cidr.is_private()) {
        findings.warning(
            code::CIDR,
            pointer,
            format!("`{cidr}` isn't for private use, so what really has these addresses can't be reached"),
            "use a range in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16",
        );
    }
}

/// Ways out of tasks.
pub(super) fn check_egress(findings: &mut Findings<'_>) {
    let running: Vec<Component> = services(findings.config).into_values().flatten().collect();
    for (index, way) in findings.config.egress.iter().enumerate() {
        let key = |key: &str| at(&["egress", &index.to_string(), key]);
        if way.port == 0 {
            let message = format!("`{}` is missing", super::dotted(&key("port")));
            findings.error(code::MISSING, &key("port"), message, "name the TCP port");
        }
        if findings.needs(&key("cidr"), &way.cidr, "name the range that may be reached") {
            findings.cidr(&key("cidr"), &way.cidr);
        }
        findings.no_duplicates(&key("components"), &way.components);
        // As with variables: one that is switched off may come back, while others have the way.
        let has_any = way.components.iter().any(|component| running.contains(component));
        for (place, component) in way.components.iter().enumerate() {
            let is_off = is_switched_off(findings.config, *component);
            if running.contains(component) || (is_off && has_any) {
                continue;
            }
            let pointer = at(&["egress", &index.to_string(), "components", &place.to_string()]);
            let message = format!("`{component}` doesn't run: a way out for it has no effect");
            findings.warning(code::PLACEMENT, &pointer, message, "take it out, or let it run");
        }
    }
}

impl Findings<'_> {
    /// Reads a range, or tells what is wrong with it.
    pub(super) fn cidr(&mut self, pointer: &str, text: &str) -> Option<Cidr> {
        match Cidr::parse(&excerpt(text)) {
            Ok(cidr) => Some(cidr),
            Err(no) => {
                self.error(code::CIDR, pointer, no.message, no.help);
                None
            }
        }
    }

    /// Reads a range of IPv4 that a VPC may have, or tells what is wrong with it.
    fn vpc_range(&mut self, pointer: &str, text: &str, sizes: std::ops::RangeInclusive<u32>) -> Option<Cidr> {
        let (message, meant) = match Cidr::parse(&excerpt(text)) {
            Ok(cidr) if !cidr.is_v6 && sizes.contains(&cidr.prefix) => return Some(cidr),
            Ok(cidr) => {
                let (largest, smallest) = (sizes.start(), sizes.end());
                let name = super::dotted(pointer);
                let message =
                    format!("`{name}` has to be an IPv4 range of /{largest} to /{smallest}, found {cidr}");
                (message, None)
            }
            Err(no) => (no.message, no.meant.filter(|meant| !meant.is_v6 && sizes.contains(&meant.prefix))),
        };
        let help = meant.map_or("choose a range such as 10.0.0.0/16".to_owned(), |meant| {
            format!("write {meant} for the range")
        });
        self.error(code::CIDR, pointer, message, help);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::is_outside;

    #[test]
    fn private_addresses_and_names_of_private_zones_are_inside() {
        for inside in ["10.0.3.4", "192.168.1.9", "mail", "mail.dify-dev.internal", "relay.local"] {
            assert!(!is_outside(inside), "{inside}");
        }
        for outside in ["smtp.example.com", "email-smtp.us-east-1.amazonaws.com", "203.0.113.9"] {
            assert!(is_outside(outside), "{outside}");
        }
    }
}
