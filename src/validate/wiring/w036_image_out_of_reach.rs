//! W036: images can be pulled from where the tasks are.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::ecs::{containers, services, shown_name};
use super::endpoints::{Registry, is_closed, registry};
use super::model::{View, shown};

pub(super) static RULE: Rule = Rule {
    code: Code("W036"),
    severity: Severity::Error,
    title: "a network without a way to the internet pulls no images from there",
    what: "Where the subnets of a service have no route to the internet, its images come from ECR and not from Docker Hub or another public registry.",
    why: "The pull times out and the task stops: \"CannotPullContainerError\".",
    source: "Amazon ECS Developer Guide, \"CannotPullContainer task errors\"",
    same_as: &[],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for service in services(view).filter(|service| is_closed(view, service)) {
        let Some(task) = service.task else { continue };
        for container in containers(task).iter().filter(|container| registry(container) == Registry::Internet)
        {
            let Some(image) = container.get("Image") else { continue };
            let message = format!(
                "{} pulls `{}` from the internet, to which the subnets of `{}` have no way: the task stops before it starts",
                shown_name(container),
                shown(image),
                service.item.id
            );
            findings.push(task.finding_at(&RULE, image, message).help(
                "copy the image into a repository of ECR, or give the subnets a route to a NAT gateway",
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::wiring::testing::{ALL_ENDPOINTS, borrowed, closed, found, only};

    #[test]
    fn an_image_of_docker_hub_is_found() {
        let mut changes = closed(ALL_ENDPOINTS);
        changes.push((
            "/ApiTask/Properties/ContainerDefinitions/0/Image".to_owned(),
            json!("langgenius/dify-api:1.17.1"),
        ));
        let (message, pointer) = only("W036", &borrowed(&changes));
        assert!(message.starts_with("the container `api` pulls `langgenius/dify-api:1.17.1`"), "{message}");
        assert_eq!(pointer, "/Resources/ApiTask/Properties/ContainerDefinitions/0/Image");
    }

    #[test]
    fn a_registry_of_ones_own_is_left_alone() {
        let mut changes = closed(ALL_ENDPOINTS);
        changes.push((
            "/ApiTask/Properties/ContainerDefinitions/0/Image".to_owned(),
            json!("registry.example.com/api:1"),
        ));
        assert!(found(&borrowed(&changes)).is_empty());
    }
}
