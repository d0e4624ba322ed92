//! W018: containers fit into their task.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::ecs::{containers, tasks};
use super::model::View;

pub(super) static RULE: Rule = Rule {
    code: Code("W018"),
    severity: Severity::Error,
    title: "the containers of a task fit into it",
    what: "The sums of the containers' `Cpu` and of what they reserve of memory (`MemoryReservation`, or `Memory` where that is left out) are at most those of the task, and no container's `MemoryReservation` is above its `Memory`. A container whose `Memory` alone is above the task's is told by S121.",
    why: "ECS refuses the task definition: \"Total cpu/memory of containers … can not exceed task cpu/memory\".",
    source: "Amazon ECS Developer Guide, \"Amazon ECS task definition parameters\", \"Task size\"",
    same_as: &[],
};

/// The number in a task's `Cpu` or `Memory`, which may have a unit: `1 vCPU`, `2GB`.
pub(super) fn size(text: &str) -> Option<i64> {
    let text = text.trim().to_lowercase();
    let number = text.trim_end_matches(|letter: char| letter.is_alphabetic() || letter == ' ');
    if number == text {
        return number.parse().ok();
    }
    // Units are whole or halves and quarters of 1024.
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let fraction: i64 = format!("{fraction:0<2}").get(..2)?.parse().ok()?;
    Some(whole.parse::<i64>().ok()? * 1024 + fraction * 1024 / 100)
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for task in tasks(view) {
        for (property, reserved) in [("Cpu", None), ("Memory", Some("MemoryReservation"))] {
            let Some(total) = task.text(property).as_deref().and_then(size) else { continue };
            let part = |container: &Evaluated<'_>| {
                let value = reserved.and_then(|name| container.get(name)).or_else(|| container.get(property));
                value.and_then(Evaluated::integer).unwrap_or(0)
            };
            let sum = containers(task).iter().map(part).fold(0, i64::saturating_add);
            // Of a container that is larger by itself S121 tells.
            let is_one = reserved.is_some()
                && task.integer(property).is_some_and(|total| {
                    containers(task)
                        .iter()
                        .filter_map(|one| one.get(property)?.integer())
                        .any(|one| one > total)
                });
            if sum > total && !is_one {
                let message = format!(
                    "the containers' `{property}` add up to {sum}, the task has {total}: ECS refuses the task definition"
                );
                findings.push(
                    task.finding_of(&RULE, property, message)
                        .help(format!("raise the task's `{property}`, or lower the containers'")),
                );
            }
        }
        for container in containers(task) {
            let (Some(soft), Some(hard)) = (container.get("MemoryReservation"), container.get("Memory"))
            else {
                continue;
            };
            if soft.integer().zip(hard.integer()).is_some_and(|(soft, hard)| soft > hard) {
                findings.push(
                    task.finding_at(
                        &RULE,
                        soft,
                        "`MemoryReservation` is above `Memory`: ECS refuses the task definition",
                    )
                    .help("lower `MemoryReservation`"),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::size;
    use crate::validate::wiring::testing::{none, only};

    #[test]
    fn containers_that_are_too_large_are_found() {
        let (message, pointer) =
            only("W018", &[("/ApiTask/Properties/ContainerDefinitions/0/Cpu", json!(1024))]);
        assert_eq!(
            message,
            "the containers' `Cpu` add up to 1024, the task has 512: ECS refuses the task definition"
        );
        assert_eq!(pointer, "/Resources/ApiTask/Properties/Cpu");
        only("W018", &[("/ApiTask/Properties/ContainerDefinitions/0/MemoryReservation", json!(2048))]);
        only(
            "W018",
            &[
                ("/ApiTask/Properties/ContainerDefinitions/0/MemoryReservation", json!(512)),
                ("/ApiTask/Properties/ContainerDefinitions/0/Memory", json!(256)),
            ],
        );
    }

    #[test]
    fn one_container_that_is_larger_than_the_task_is_told_once() {
        none(&[("/ApiTask/Properties/ContainerDefinitions/0/Memory", json!(2048))]);
    }

    #[test]
    fn what_fits_is_not() {
        none(&[
            ("/ApiTask/Properties/ContainerDefinitions/0/Cpu", json!(512)),
            ("/ApiTask/Properties/Memory", json!("1 GB")),
            ("/ApiTask/Properties/ContainerDefinitions/0/Memory", json!(1024)),
        ]);
        assert_eq!(
            [size("1 vCPU"), size(".5 vCPU"), size("0.25 vCPU"), size("2GB")],
            [Some(1024), None, Some(256), Some(2048)]
        );
    }
}
