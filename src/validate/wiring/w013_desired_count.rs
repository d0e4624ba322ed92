//! W013: what scales has no desired count.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::View;
use super::w012_scalable_target::{service, targets};

pub(super) static RULE: Rule = Rule {
    code: Code("W013"),
    severity: Severity::Warning,
    title: "a service that scales has no desired count in the template",
    what: "A service with a scaling target leaves `DesiredCount` out.",
    why: "Each update of the service sets the number of tasks back to it, also under load.",
    source: "Amazon ECS Developer Guide, \"Automatically scale your Amazon ECS service\"",
    same_as: &[],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for target in targets(view) {
        let Some(service) = service(view, target) else { continue };
        let Some(count) = service.get("DesiredCount").filter(|count| count.integer().is_some()) else {
            continue;
        };
        let message = format!(
            "`{}` scales this service: each update sets it back to {} tasks",
            target.id,
            super::model::shown(count)
        );
        findings.push(
            service
                .finding_at(&RULE, count, message)
                .help("take `DesiredCount` away: the scaling target's minimum is reached at once"),
        );
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::wiring::testing::{none, only};

    #[test]
    fn a_count_on_a_scaled_service_is_found() {
        let (message, pointer) = only("W013", &[("/ApiService/Properties/DesiredCount", json!(2))]);
        assert!(message.contains("back to 2 tasks"), "{message}");
        assert_eq!(pointer, "/Resources/ApiService/Properties/DesiredCount");
    }

    #[test]
    fn another_service_may_have_one() {
        none(&[("/BeatService/Properties/DesiredCount", json!(1))]);
    }
}
