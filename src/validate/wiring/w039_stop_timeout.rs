//! W039: tasks are given the time to stop.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::ecs::{containers, is_fargate, shown_name, tasks};
use super::model::View;

pub(super) static RULE: Rule = Rule {
    code: Code("W039"),
    severity: Severity::Error,
    title: "containers on Fargate stop in the time that there is",
    what: "A container's `StopTimeout` on Fargate is at most 120 seconds.",
    why: "ECS refuses the task definition.",
    source: "Amazon ECS API Reference, \"ContainerDefinition\"",
    same_as: &[],
};

const LONGEST: i64 = 120;

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for task in tasks(view).filter(|task| is_fargate(task)) {
        for container in containers(task) {
            let Some(timeout) = container.get("StopTimeout") else { continue };
            if timeout.integer().is_some_and(|seconds| seconds > LONGEST) {
                let finding = task
                    .finding_at(
                        &RULE,
                        timeout,
                        format!("{} wants more than {LONGEST} s to stop, which Fargate doesn't give: ECS refuses the task definition", shown_name(container)),
                    )
                    .help(format!("set `StopTimeout` to {LONGEST} or less"));
                findings.push(finding);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::wiring::testing::{none, only};

    #[test]
    fn a_long_timeout_is_found() {
        only("W039", &[("/ApiTask/Properties/ContainerDefinitions/0/StopTimeout", json!(121))]);
        none(&[("/ApiTask/Properties/ContainerDefinitions/0/StopTimeout", json!(120))]);
    }
}
