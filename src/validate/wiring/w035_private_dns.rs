//! W035: endpoints answer to the names of their services.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::ecs::services;
use super::endpoints::{is_closed, is_interface, needed, of};
use super::model::View;

pub(super) static RULE: Rule = Rule {
    code: Code("W035"),
    severity: Severity::Error,
    title: "interface endpoints have private DNS, and their VPC supports it",
    what: "An interface endpoint with `PrivateDnsEnabled` lies in a VPC with `EnableDnsSupport` and `EnableDnsHostnames`; one that a service in a closed network needs doesn't have it off. What leaves `PrivateDnsEnabled` out isn't judged: whether CloudFormation turns it on then isn't certain.",
    why: "The endpoint is refused: \"Enabling private DNS requires both enableDnsSupport and enableDnsHostnames\"; without private DNS, calls go to public addresses that a closed network doesn't reach.",
    source: "AWS PrivateLink Guide, \"Private DNS\"",
    same_as: &[],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for endpoint in view.of("AWS::EC2::VPCEndpoint").filter(|endpoint| is_interface(endpoint)) {
        if endpoint.get("PrivateDnsEnabled").and_then(Evaluated::boolean) != Some(true) {
            continue;
        }
        let Some(vpc) = view.target_of(endpoint.get("VpcId"), "AWS::EC2::VPC") else { continue };
        // Support is on where it is left out, host names are off.
        for (property, default) in [("EnableDnsSupport", true), ("EnableDnsHostnames", false)] {
            if vpc.get(property).map_or(Some(default), Evaluated::boolean) == Some(false) {
                let message =
                    format!("private DNS needs `{property}` in `{}`: the endpoint is refused", vpc.id);
                findings.push(
                    endpoint
                        .finding_of(&RULE, "PrivateDnsEnabled", message)
                        .help(format!("set `{property}: true` there")),
                );
            }
        }
    }
    for service in services(view).filter(|service| is_closed(view, service)) {
        let needed = needed(view, &service);
        for (name, endpoint) in of(view, &service).unwrap_or_default() {
            let off = endpoint.get("PrivateDnsEnabled").and_then(Evaluated::boolean) == Some(false);
            if off && is_interface(endpoint) && needed.contains(name.as_str()) {
                let message = format!(
                    "the endpoint has no private DNS: the tasks' calls to {name} go to public addresses, which they can't reach"
                );
                let finding = endpoint
                    .finding_of(&RULE, "PrivateDnsEnabled", message)
                    .help("set `PrivateDnsEnabled: true`");
                if !findings.contains(&finding) {
                    findings.push(finding);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::wiring::testing::{ALL_ENDPOINTS, borrowed, closed, found, only};

    #[test]
    fn a_vpc_without_host_names_is_found() {
        let mut changes = closed(ALL_ENDPOINTS);
        changes.push(("/Vpc/Properties/EnableDnsHostnames".to_owned(), json!(false)));
        let found = found(&borrowed(&changes));
        assert!(found.len() == 4 && found.iter().all(|finding| finding.code.0 == "W035"), "{found:#?}");
    }

    #[test]
    fn an_endpoint_without_private_dns_is_found() {
        let mut changes = closed(ALL_ENDPOINTS);
        changes.push(("/logs/Properties/PrivateDnsEnabled".to_owned(), json!(false)));
        let (message, _) = only("W035", &borrowed(&changes));
        assert!(message.contains("calls to logs"), "{message}");
    }

    #[test]
    fn a_closed_network_with_dns_is_good() {
        assert!(found(&borrowed(&closed(ALL_ENDPOINTS))).is_empty());
    }
}
