//! W044: beat runs once.

use crate::catalog::{Component, Image};
use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::dify::{component, image, running};
use super::ecs::{containers, tasks, variable};
use super::model::{Item, View};
use super::w012_scalable_target::{service, targets};

pub(super) static RULE: Rule = Rule {
    code: Code("W044"),
    severity: Severity::Error,
    title: "Dify's beat runs exactly once",
    what: "The container with `MODE` beat is in one service, which has one task, neither none nor several, isn't scaled, and never runs two while it is deployed; no task, or two during a deployment, is a warning. A template of others with an api that needs a beat (since 1.8.0) has one, which is a warning, since another stack may run it; of `dify.yaml`, C401 tells that. Services that all wait with `DesiredCount` 0 aren't asked.",
    why: "Celery's beat elects no leader: with two of them each scheduled workflow runs twice. Without one scheduled workflows, clean-ups and time-outs of human input never run.",
    source: "Celery User Guide, \"Periodic Tasks\"; docker/docker-compose.yaml of langgenius/dify",
    same_as: &[],
};

/// A service that runs an api which needs a beat, where the template surely has none.
fn without_beat(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    // A beat can also be a task without a service, or have an image of one's own.
    let may_be_beat = |task: &Item<'_>, container: &Evaluated<'_>| match variable(container, "MODE") {
        Some(mode) => mode.text().is_none_or(|mode| mode == "beat"),
        None => {
            image(task, container).is_none() && container.get("Image").is_none_or(|one| one.text().is_none())
        }
    };
    let any_beat = |task: &Item<'_>| {
        task.is_unknown("ContainerDefinitions")
            || containers(task).iter().any(|container| may_be_beat(task, container))
    };
    let needs = |task: &Item<'_>, container: &Evaluated<'_>| {
        component(task, container) == Some(Component::Api)
            && image(task, container).is_some_and(|(image, version)| {
                image == Image::Api && version.is_some_and(|version| Component::Beat.is_needed_in(version))
            })
    };
    if !view.context.is_foreign() || tasks(view).any(any_beat) {
        return;
    }
    if let Some((service, ..)) = running(view).find(|(_, task, container)| needs(task, container)) {
        let mut finding = service
            .finding(
                &RULE,
                "no task runs beat: unless another stack does, scheduled workflows, clean-ups and time-outs of human input never run",
            )
            .help("run one task of the same image with `MODE` beat in a service of its own");
        finding.severity = Severity::Warning;
        findings.push(finding);
    }
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    without_beat(view, findings);
    let waits = |service: &Item<'_>| service.integer("DesiredCount") == Some(0);
    let all_wait = running(view)
        .filter(|(_, task, container)| component(task, container).is_some_and(|one| one != Component::Beat))
        .all(|(service, ..)| waits(service));
    let beats: Vec<_> = running(view)
        .filter(|(_, task, container)| component(task, container) == Some(Component::Beat))
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
        if waits(beat) && !all_wait {
            let mut finding = beat
                .finding_of(
                    &RULE,
                    "DesiredCount",
                    "beat runs in no task: scheduled workflows, clean-ups and time-outs of human input never run",
                )
                .help("set `DesiredCount: 1`");
            finding.severity = Severity::Warning;
            findings.push(finding);
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
    fn a_second_service_is_found() {
        let service = crate::validate::wiring::testing::good()["Resources"]["BeatService"].clone();
        let (message, pointer) = only("W044", &[("/OtherBeat", service)]);
        assert!(message.starts_with("`BeatService` runs beat as well"), "{message}");
        assert_eq!(pointer, "/Resources/OtherBeat");
    }

    #[test]
    fn none_is_found() {
        let zero = ("/BeatService/Properties/DesiredCount", json!(0));
        let (message, pointer) = only("W044", std::slice::from_ref(&zero));
        assert!(message.starts_with("beat runs in no task"), "{message}");
        assert_eq!(pointer, "/Resources/BeatService/Properties/DesiredCount");
        // The whole stack waits.
        none(&[
            zero,
            ("/ApiService/Properties/DesiredCount", json!(0)),
            ("/Scaling", serde_json::Value::Null),
            ("/ScalingCpu", serde_json::Value::Null),
        ]);
        let mode = "/BeatTask/Properties/ContainerDefinitions/0/Environment/0/Value";
        let (message, pointer) = only("W044", &[(mode, json!("worker"))]);
        assert!(message.starts_with("no task runs beat"), "{message}");
        assert_eq!(pointer, "/Resources/ApiService");
        // Nobody knows what that one runs.
        none(&[(mode, json!({"Fn::ImportValue": "Mode"}))]);
        // This one needs none.
        let image = "/ApiTask/Properties/ContainerDefinitions/0/Image";
        none(&[(mode, json!("worker")), (image, json!("langgenius/dify-api:1.7.0"))]);
    }

    #[test]
    fn one_is_good() {
        none(&[("/BeatService/Properties/DesiredCount", json!(1))]);
    }
}
