//! W044: beat runs once.

use crate::catalog::Component;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::dify::{component, running};
use super::model::View;
use super::w012_scalable_target::{service, targets};

pub(super) static RULE: Rule = Rule {
    code: Code("W044"),
    severity: Severity::Error,
    title: "Dify's beat runs exactly once",
    what: "The container with `MODE` beat is in one service, which has one task, isn't scaled, and never runs two while it is deployed.",
    why: "Celery's beat elects no leader: with two of them each scheduled workflow runs twice.",
    source: "Celery User Guide, \"Periodic Tasks\"; docker/docker-compose.yaml of langgenius/dify",
    same_as: &[],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    let beats: Vec<_> = running(view)
        .filter(|(.., container)| component(container) == Some(Component::Beat))
        .map(|(one, ..)| one)
        .collect();
    for (number, beat) in beats.iter().enumerate() {
        if number > 0 {
            let message = format!("`{}` runs beat as well: each scheduled workflow runs twice", beats[0].id);
            findings.push(beat.finding(&RULE, message).help("run beat in one service only"));
        }
        if let Some(count) = beat.integer("DesiredCount").filter(|count| *count > 1) {
            let message = format!("beat runs in {count} tasks: each scheduled workflow runs {count} times");
            findings.push(beat.finding_of(&RULE, "DesiredCount", message).help("set `DesiredCount: 1`"));
        }
        let scaled = targets(view).find(|target| service(view, target).is_some_and(|one| one.id == beat.id));
        if let Some(target) =
            scaled.filter(|target| target.integer("MaxCapacity").is_none_or(|most| most > 1))
        {
            let message = format!(
                "`{}` scales the service that runs beat: each scheduled workflow runs once for each task",
                target.id
            );
            findings.push(
                beat.finding(&RULE, message).help("give beat a service of its own, or take the scaling away"),
            );
        }
        let maximum = match beat.get("DeploymentConfiguration.MaximumPercent") {
            Some(maximum) => maximum.integer(),
            None if beat.is_unknown("DeploymentConfiguration") => None,
            None => Some(200),
        };
        if maximum.is_some_and(|maximum| maximum > 100) {
            let mut finding = beat
                .finding_of(
                    &RULE,
                    "DeploymentConfiguration.MaximumPercent",
                    "two beats run while the service is deployed: what is due then runs twice",
                )
                .help("set `MaximumPercent: 100` and `MinimumHealthyPercent: 0`");
            finding.severity = Severity::Warning;
            findings.push(finding);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::wiring::testing::{none, only};

    #[test]
    fn more_than_one_is_found() {
        let (message, _) = only("W044", &[("/BeatService/Properties/DesiredCount", json!(2))]);
        assert!(message.starts_with("beat runs in 2 tasks"), "{message}");
        only("W044", &[("/BeatService/Properties/DeploymentConfiguration/MaximumPercent", json!(200))]);
        only(
            "W044",
            &[
                (
                    "/Scaling/Properties/ResourceId",
                    json!({"Fn::Sub": "service/${Cluster}/${BeatService.Name}"}),
                ),
                ("/Scaling/Properties/MinCapacity", json!(1)),
                ("/BeatService/Properties/DesiredCount", serde_json::Value::Null),
            ],
        );
    }

    #[test]
    fn one_is_good() {
        none(&[("/BeatService/Properties/DesiredCount", json!(1))]);
    }
}
