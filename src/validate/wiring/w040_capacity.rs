//! W040: the limits of scaling hold each other.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::View;
use super::w012_scalable_target::{service, targets};

pub(super) static RULE: Rule = Rule {
    code: Code("W040"),
    severity: Severity::Error,
    title: "the limits of a scaling target hold",
    what: "The minimum of a scaling target of ECS is at most its maximum. A `DesiredCount` of its service that doesn't lie between them is a warning.",
    why: "Application Auto Scaling refuses the target: \"Maximum capacity cannot be less than minimum capacity\"; a count outside is changed as soon as the target is there.",
    source: "Application Auto Scaling API Reference, \"RegisterScalableTarget\"",
    same_as: &[],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for target in targets(view) {
        let (Some(least), Some(most)) = (target.integer("MinCapacity"), target.integer("MaxCapacity")) else {
            continue;
        };
        if least > most {
            let message =
                format!("the least number of tasks is {least}, the most {most}: the target is refused");
            findings.push(
                target
                    .finding_of(&RULE, "MinCapacity", message)
                    .help("make `MaxCapacity` at least `MinCapacity`"),
            );
            continue;
        }
        let Some(service) = service(view, target) else { continue };
        let count = service.integer("DesiredCount").filter(|count| !(least..=most).contains(count));
        if let Some(count) = count {
            let mut finding = service
                .finding_of(
                    &RULE,
                    "DesiredCount",
                    format!(
                        "`DesiredCount` is {count}, and `{}` allows {least} to {most}: it is changed at once",
                        target.id
                    ),
                )
                .help("take `DesiredCount` away");
            finding.severity = Severity::Warning;
            findings.push(finding);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::wiring::testing::{found, none, only};

    #[test]
    fn limits_the_wrong_way_round_are_found() {
        let (message, _) = only("W040", &[("/Scaling/Properties/MinCapacity", json!(5))]);
        assert!(message.starts_with("the least number of tasks is 5, the most 4"), "{message}");
        let found = found(&[("/ApiService/Properties/DesiredCount", json!(9))]);
        assert!(found.iter().any(|finding| finding.code.0 == "W040"), "{found:#?}");
    }

    #[test]
    fn equal_limits_are_good() {
        none(&[("/Scaling/Properties/MinCapacity", json!(4))]);
    }
}
