//! What tasks need of AWS, and which endpoints a network has for it.

use std::collections::BTreeSet;

use crate::cfn::evaluate::{Evaluated, Piece};

use super::ecs::{Service, containers, known_list, secrets};
use super::model::{Item, View, pieces};
use super::network::{Network, Way};
use super::w007_secret_permission::{Source, source};
use super::w009_log_permission::options;

/// Whether all subnets of a service surely have no way to the internet.
pub(super) fn is_closed<'t>(view: &View<'_, 't>, service: &Service<'_, 't>) -> bool {
    let network = Network::of(view);
    let subnets = service.subnets();
    !subnets.is_empty() && subnets.iter().all(|subnet| network.way(subnet) == Way::None)
}

/// The VPC of the template that a service's tasks run in.
fn vpc<'t>(view: &View<'_, 't>, service: &Service<'_, 't>) -> Option<&'t str> {
    let subnet = view.target_of(service.subnets().first(), "AWS::EC2::Subnet")?;
    Some(view.target_of(subnet.get("VpcId"), "AWS::EC2::VPC")?.id)
}

/// The endpoints of the service's VPC, each with the end of its service's name; `None` if not all can be known.
pub(super) fn of<'v, 't>(
    view: &'v View<'_, 't>,
    service: &Service<'_, 't>,
) -> Option<Vec<(String, &'v Item<'t>)>> {
    let vpc = vpc(view, service)?;
    let mut found = Vec::new();
    for endpoint in view.of("AWS::EC2::VPCEndpoint") {
        if endpoint.get("VpcId").and_then(Evaluated::resource).is_some_and(|id| id != vpc) {
            continue;
        }
        let parts = pieces(endpoint.get("ServiceName")?);
        // `com.amazonaws.<region>.ecr.api`: what stands behind the region.
        let text: String = parts
            .iter()
            .map(|part| match part {
                Piece::Text(text) => text.as_ref(),
                Piece::Unknown(_) => "?",
            })
            .collect();
        let name = text.strip_prefix("com.amazonaws.")?.split_once('.')?.1;
        found.push((name.to_owned(), endpoint));
    }
    Some(found)
}

/// Where an image comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Registry {
    /// A private repository of Amazon ECR.
    Ecr,
    /// Another one, on the internet.
    Internet,
    /// It isn't known.
    Unknown,
}

/// Where a container's image comes from.
pub(super) fn registry(container: &Evaluated<'_>) -> Registry {
    let Some(image) = container.get("Image") else { return Registry::Unknown };
    let parts = pieces(image);
    let text = parts.iter().find_map(|part| match part {
        Piece::Text(text) if text.contains(".dkr.ecr.") => Some(Registry::Ecr),
        _ => None,
    });
    if let Some(registry) = text {
        return registry;
    }
    match parts.first() {
        Some(Piece::Text(text)) => {
            let first = text.split(['/', ':', '@']).next().unwrap_or_default();
            // Without a host it is Docker Hub; with one, of a company's own network as well as anyone's.
            let host = text.contains('/') && (first.contains('.') || first == "localhost");
            let known = ["public.ecr.aws", "docker.io", "ghcr.io", "quay.io", "gcr.io", "registry.k8s.io"];
            if !first.is_empty() && (!host || known.contains(&first)) {
                Registry::Internet
            } else {
                Registry::Unknown
            }
        }
        _ => Registry::Unknown,
    }
}

/// The services of AWS that the tasks need to start, as endpoints are called.
pub(super) fn needed<'t>(view: &View<'_, 't>, service: &Service<'_, 't>) -> BTreeSet<&'static str> {
    let mut needed = BTreeSet::new();
    let Some(task) = service.task else { return needed };
    for container in containers(task) {
        if registry(container) == Registry::Ecr {
            needed.extend(["ecr.api", "ecr.dkr", "s3"]);
        }
        if options(container).is_some() {
            needed.insert("logs");
        }
        for (_, value) in secrets(container) {
            match source(view, value) {
                Some(Source::Secret(_)) => {
                    needed.insert("secretsmanager");
                }
                Some(Source::Parameter(_) | Source::ParameterName(_)) => {
                    needed.insert("ssm");
                }
                None => {}
            }
        }
    }
    if service.item.get("EnableExecuteCommand").and_then(Evaluated::boolean) == Some(true) {
        needed.insert("ssmmessages");
    }
    needed
}

/// Whether an endpoint is one with network interfaces.
pub(super) fn is_interface(endpoint: &Item<'_>) -> bool {
    endpoint.text("VpcEndpointType").as_deref() == Some("Interface")
}

/// The security groups of an endpoint; `None` if they aren't known or those of the VPC.
pub(super) fn groups<'v, 't>(endpoint: &'v Item<'t>) -> Option<&'v [Evaluated<'t>]> {
    known_list(endpoint.get("SecurityGroupIds")).filter(|groups| !groups.is_empty())
}
