//! W037: tasks in public subnets have public addresses.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::ecs::{containers, services};
use super::endpoints::{Registry, needed, of, registry};
use super::model::View;
use super::network::{Network, Way};

pub(super) static RULE: Rule = Rule {
    code: Code("W037"),
    severity: Severity::Error,
    title: "tasks in a public subnet have a public address",
    what: "Where the subnets of a service on Fargate have their way to the internet by an internet gateway, and not by NAT, `AssignPublicIp` is `ENABLED`, unless endpoints serve all that the tasks need.",
    why: "Without a public address nothing gets through an internet gateway: tasks stop before they start, since neither image nor secrets can be fetched.",
    source: "Amazon ECS Developer Guide, \"Fargate task networking\"",
    same_as: &[],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    let network = Network::of(view);
    for service in services(view).filter(super::ecs::Service::is_fargate) {
        let subnets = service.subnets();
        let public = subnets.iter().find(|subnet| network.way(subnet) == Way::Gateway);
        let Some(public) = public else { continue };
        let property = "NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp";
        let assigned = match service.item.get(property) {
            Some(value) => value.text().is_none_or(|text| text != "DISABLED"),
            None => false,
        };
        let outside = service.task.is_some_and(|task| {
            containers(task).iter().any(|container| registry(container) == Registry::Internet)
        });
        let endpoints = of(view, &service).unwrap_or_default();
        let served =
            needed(view, &service).iter().all(|needed| endpoints.iter().any(|(name, _)| name == needed));
        if assigned || (served && !outside) {
            continue;
        }
        let message = format!(
            "`{}` reaches the internet by its gateway only, for which tasks need a public address: they can fetch neither image nor secrets",
            public.resource().unwrap_or_default()
        );
        findings.push(
            service
                .item
                .finding_of(&RULE, property, message)
                .help("set `AssignPublicIp: ENABLED`, or use subnets with a NAT gateway"),
        );
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::wiring::testing::{none, only};

    const SUBNETS: &str = "/BeatService/Properties/NetworkConfiguration/AwsvpcConfiguration/Subnets";
    const ASSIGN: &str = "/BeatService/Properties/NetworkConfiguration/AwsvpcConfiguration/AssignPublicIp";

    #[test]
    fn a_public_subnet_without_addresses_is_found() {
        let (message, pointer) = only("W037", &[(SUBNETS, json!([{"Ref": "PublicSubnet1"}]))]);
        assert!(message.starts_with("`PublicSubnet1` reaches the internet"), "{message}");
        assert_eq!(pointer, format!("/Resources{ASSIGN}"));
    }

    #[test]
    fn with_addresses_it_is_good() {
        none(&[(SUBNETS, json!([{"Ref": "PublicSubnet1"}])), (ASSIGN, json!("ENABLED"))]);
    }
}
