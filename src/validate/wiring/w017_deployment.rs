//! W017: a service can be deployed.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::ecs::services;
use super::model::View;

pub(super) static RULE: Rule = Rule {
    code: Code("W017"),
    severity: Severity::Error,
    title: "a service can be deployed, and a deployment that fails ends",
    what: "The maximum percentage of a service is above 100, or its minimum healthy percentage below 100, but for daemons. A service has a deployment circuit breaker that is on; none is a warning. Services with a `DeploymentController` aren't looked at.",
    why: "With 100 and 100 ECS can neither stop an old task nor start a new one; without a circuit breaker a create with tasks that don't start hangs for three hours.",
    source: "Amazon ECS API Reference, \"DeploymentConfiguration\"; Amazon ECS Developer Guide, \"How the Amazon ECS deployment circuit breaker detects failures\"",
    same_as: &[],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for service in services(view) {
        let service = service.item;
        if service.is_unknown("DeploymentConfiguration") || service.get("DeploymentController").is_some() {
            continue;
        }
        let percent = |name: &str, default: i64| match service.get(&format!("DeploymentConfiguration.{name}"))
        {
            Some(value) => value.integer(),
            None => Some(default),
        };
        let daemon = service.text("SchedulingStrategy").as_deref() == Some("DAEMON");
        if let (Some(minimum), Some(maximum), false) =
            (percent("MinimumHealthyPercent", 100), percent("MaximumPercent", 200), daemon)
            && minimum >= 100
            && maximum <= 100
        {
            let message = format!(
                "at least {minimum} % of the tasks have to run and at most {maximum} % may: no deployment can start or stop one"
            );
            findings.push(
                service
                    .finding_of(&RULE, "DeploymentConfiguration", message)
                    .help("raise `MaximumPercent` to 200, or lower `MinimumHealthyPercent`"),
            );
        }
        let breaker = service.get("DeploymentConfiguration.DeploymentCircuitBreaker.Enable");
        let breaker_unknown = service.is_unknown("DeploymentConfiguration.DeploymentCircuitBreaker")
            || breaker.is_some_and(|breaker| breaker.boolean().is_none());
        if !breaker_unknown && breaker.and_then(Evaluated::boolean) != Some(true) {
            let mut finding = service
                .finding_of(
                    &RULE,
                    "DeploymentConfiguration",
                    "there is no deployment circuit breaker: where tasks don't start, the stack hangs for three hours",
                )
                .help("set `DeploymentCircuitBreaker: { Enable: true, Rollback: true }`");
            finding.severity = Severity::Warning;
            findings.push(finding);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::wiring::testing::{none, only};

    #[test]
    fn a_deployment_that_cannot_move_is_found() {
        let (message, _) =
            only("W017", &[("/ApiService/Properties/DeploymentConfiguration/MaximumPercent", json!(100))]);
        assert!(message.starts_with("at least 100 %"), "{message}");
        none(&[("/ApiService/Properties/DeploymentConfiguration/MinimumHealthyPercent", json!(50))]);
    }

    #[test]
    fn a_missing_breaker_is_found() {
        only(
            "W017",
            &[("/ApiService/Properties/DeploymentConfiguration/DeploymentCircuitBreaker", Json::Null)],
        );
        only(
            "W017",
            &[(
                "/ApiService/Properties/DeploymentConfiguration/DeploymentCircuitBreaker/Enable",
                json!(false),
            )],
        );
    }
}
