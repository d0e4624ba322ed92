//! W059: a task's platform is that of its images.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::dify::image;
use super::ecs::{containers, tasks};
use super::model::View;

pub(super) static RULE: Rule = Rule {
    code: Code("W059"),
    severity: Severity::Error,
    title: "a task has the platform of its images",
    what: "A task with an image of Dify runs on Linux.",
    why: "The image can't be pulled for the platform, and the task never starts.",
    source: "Amazon ECS Developer Guide, \"Amazon ECS task definition parameters\"",
    same_as: &[],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for task in tasks(view) {
        let windows = task
            .text("RuntimePlatform.OperatingSystemFamily")
            .is_some_and(|family| family.starts_with("WINDOWS"));
        if windows && containers(task).iter().any(|container| image(task, container).is_some()) {
            findings.push(
                task.finding_of(
                    &RULE,
                    "RuntimePlatform.OperatingSystemFamily",
                    "Dify's images are for Linux: the task never starts",
                )
                .help("use `LINUX`, the default"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::wiring::testing::{none, only};

    #[test]
    fn another_platform_is_found() {
        let windows = json!({"OperatingSystemFamily": "WINDOWS_SERVER_2022_CORE"});
        only("W059", &[("/ApiTask/Properties/RuntimePlatform", windows)]);
    }

    #[test]
    fn others_are_not() {
        let arm = json!({"OperatingSystemFamily": "LINUX", "CpuArchitecture": "ARM64"});
        none(&[("/ApiTask/Properties/RuntimePlatform", arm)]);
    }
}
