//! W029: a closed network has the endpoints that its tasks need.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::ecs::services;
use super::endpoints::{is_closed, needed, of};
use super::model::View;

pub(super) static RULE: Rule = Rule {
    code: Code("W029"),
    severity: Severity::Error,
    title: "a network without a way to the internet has the endpoints that its tasks need",
    what: "Where the subnets of a service have no route to the internet, the VPC has endpoints for what the tasks need to start: `ecr.api`, `ecr.dkr` and `s3` for images of ECR, `logs`, `secretsmanager` or `ssm` for secrets, `ssmmessages` for ECS Exec.",
    why: "Tasks stop before they start: \"ResourceInitializationError: unable to pull secrets or registry auth … i/o timeout\" or \"CannotPullContainerError\".",
    source: "Amazon ECS Developer Guide, \"Amazon ECS interface VPC endpoints\"",
    same_as: &[],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for service in services(view).filter(|service| is_closed(view, service)) {
        let Some(endpoints) = of(view, &service) else { continue };
        let missing: Vec<_> = needed(view, &service)
            .into_iter()
            .filter(|needed| endpoints.iter().all(|(name, _)| name != needed))
            .map(|name| format!("`{name}`"))
            .collect();
        if missing.is_empty() {
            continue;
        }
        let message = format!(
            "the subnets have no way to the internet, and the VPC has no endpoint for {}: tasks stop before they start",
            missing.join(", ")
        );
        findings.push(
            service
                .item
                .finding_of(&RULE, "NetworkConfiguration", message)
                .help("add the endpoints, or a route to a NAT gateway"),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::validate::wiring::testing::{ALL_ENDPOINTS, borrowed, closed, found, none};

    #[test]
    fn missing_endpoints_are_found() {
        let found = found(&borrowed(&closed(&["ecr.api", "s3", "logs"])));
        assert!(found.len() == 2 && found.iter().all(|finding| finding.code.0 == "W029"), "{found:#?}");
        assert!(found[0].message.contains("no endpoint for `ecr.dkr`, `secretsmanager`:"), "{found:#?}");
    }

    #[test]
    fn a_closed_network_with_all_of_them_is_good() {
        none(&borrowed(&closed(ALL_ENDPOINTS)));
    }
}
