//! Where the stack runs.

use super::cidr::Cidr;
use super::format::is_id;
use super::{Findings, at, code};
use crate::config::model::{ExistingNetwork, LookupNetwork, Nat, Network, Scheme};
use crate::document::excerpt;

pub(super) fn check(findings: &mut Findings<'_>) {
    let config = findings.config;
    let is_public = config.ingress.scheme == Scheme::InternetFacing;
    let closed_by = match &config.network {
        Network::Parameters => None,
        Network::Existing(network) => {
            check_existing(findings, network, is_public);
            network.closed.then_some("/network/existing/closed")
        }
        Network::Lookup(network) => {
            check_lookup(findings, network, is_public);
            network.closed.then_some("/network/lookup/closed")
        }
        Network::Create(network) => {
            check_created_range(findings, &network.cidr);
            (network.nat == Nat::None).then_some("/network/create/nat")
        }
    };
    if let Some(pointer) = closed_by
        && config.images.registry.is_none()
    {
        findings.error(
            code::CLOSED_NETWORK,
            pointer,
            "the network has no way to the internet, but images come from Docker Hub",
            "copy the images to a registry that the network reaches, such as ECR, and name it in `images.registry`",
        );
    }
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
