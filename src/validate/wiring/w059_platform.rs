//! W059: a task's disk and platform are ones that its containers can run on.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::dify::image;
use super::ecs::{containers, is_fargate, tasks};
use super::model::View;

pub(super) static RULE: Rule = Rule {
    code: Code("W059"),
    severity: Severity::Error,
    title: "a task has a disk that Fargate offers, and the platform of its images",
    what: "`EphemeralStorage` of a task on Fargate is 21 to 200 GiB; a task with an image of Dify runs on Linux.",
    why: "ECS refuses the task definition: \"Ephemeral storage should be between …\"; or the image can't be pulled for the platform, and the task never starts.",
    source: "Amazon ECS Developer Guide, \"Fargate task ephemeral storage for Amazon ECS\" and \"Amazon ECS task definition parameters\"",
    same_as: &[],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for task in tasks(view) {
        if let Some(size) = task.integer("EphemeralStorage.SizeInGiB").filter(|_| is_fargate(task))
            && !(21..=200).contains(&size)
        {
            let message = format!("the disk has {size} GiB, Fargate offers 21 to 200");
            findings.push(
                task.finding_of(&RULE, "EphemeralStorage.SizeInGiB", message)
                    .help("choose a size in between, or take it away for 20 GiB"),
            );
        }
        let windows = task
            .text("RuntimePlatform.OperatingSystemFamily")
            .is_some_and(|family| family.starts_with("WINDOWS"));
        if windows && containers(task).iter().any(|container| image(container).is_some()) {
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
    fn sizes_and_platforms_that_do_not_exist_are_found() {
        only("W059", &[("/ApiTask/Properties/EphemeralStorage", json!({"SizeInGiB": 20}))]);
        let windows = json!({"OperatingSystemFamily": "WINDOWS_SERVER_2022_CORE"});
        only("W059", &[("/ApiTask/Properties/RuntimePlatform", windows)]);
    }

    #[test]
    fn others_are_not() {
        none(&[("/ApiTask/Properties/EphemeralStorage", json!({"SizeInGiB": 21}))]);
        let arm = json!({"OperatingSystemFamily": "LINUX", "CpuArchitecture": "ARM64"});
        none(&[("/ApiTask/Properties/RuntimePlatform", arm)]);
    }
}
