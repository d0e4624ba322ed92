//! W034: log groups are resources that forget.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::ecs::{containers, shown_name, tasks};
use super::model::View;
use super::w009_log_permission::{group, options};

pub(super) static RULE: Rule = Rule {
    code: Code("W034"),
    severity: Severity::Warning,
    title: "each container's log group is a resource with a retention",
    what: "The `awslogs-group` of a container refers to a log group of the template, which has `RetentionInDays`; it isn't left to the driver to create, and a group with a fixed name isn't named in so many words.",
    why: "What the driver creates never forgets, costs for ever, stays when the stack goes and then stands in the way of the next one: \"already exists\"; a group that a service doesn't wait for is deleted first and created again by its last lines.",
    source: "Amazon CloudWatch Logs User Guide, \"Change log data retention\"; aws-cdk, \"LogGroup\"",
    same_as: &[],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for task in tasks(view) {
        for container in containers(task) {
            let Some(name) = options(container).and_then(|options| options.get("awslogs-group")) else {
                continue;
            };
            let creates = options(container)
                .and_then(|options| options.get("awslogs-create-group"))
                .and_then(Evaluated::boolean)
                == Some(true);
            let finding = match (group(view, container), name.text()) {
                (Some(group), Some(text)) if !view.waits(task, group) => {
                    let message = format!(
                        "the log group `{text}` is named, and nothing refers to `{}`: it can be made after the tasks and deleted before them, which then create it again",
                        group.id
                    );
                    task.finding_at(&RULE, name, message).help(format!("write `!Ref {}`", group.id))
                }
                (None, _) if creates => {
                    let message = format!(
                        "the log group of {} is left to the driver to create: it never forgets and stays when the stack goes",
                        shown_name(container)
                    );
                    task.finding_at(&RULE, name, message)
                        .help("add an `AWS::Logs::LogGroup` with `RetentionInDays`, and refer to it")
                }
                (None, Some(text)) => {
                    let message = format!(
                        "no resource of the template is the log group `{text}`: tasks stop at start where nobody made it"
                    );
                    task.finding_at(&RULE, name, message)
                        .help("add an `AWS::Logs::LogGroup` with `RetentionInDays`, and refer to it")
                }
                (Some(group), _) if group.get("RetentionInDays").is_none() => {
                    let message = "the log group keeps everything for ever";
                    group.finding(&RULE, message).help("set `RetentionInDays`")
                }
                _ => continue,
            };
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::wiring::testing::{none, only};

    const NAME: &str = "/ApiTask/Properties/ContainerDefinitions/0/LogConfiguration/Options/awslogs-group";

    #[test]
    fn a_name_without_a_resource_is_found() {
        let (message, _) = only("W034", &[(NAME, json!("/ecs/api"))]);
        assert!(message.starts_with("no resource of the template"), "{message}");
        let (message, _) = only(
            "W034",
            &[
                (NAME, json!("/ecs/api")),
                ("/ApiLogs/Properties/LogGroupName", json!("/ecs/api")),
                (
                    "/ExecutionRole/Properties/Policies/0/PolicyDocument/Statement/0/Resource",
                    json!("arn:aws:logs:*:*:*"),
                ),
            ],
        );
        assert!(message.contains("nothing refers to `ApiLogs`"), "{message}");
        let (message, pointer) = only("W034", &[("/ApiLogs/Properties/RetentionInDays", Json::Null)]);
        assert_eq!(
            (message.as_str(), pointer.as_str()),
            ("the log group keeps everything for ever", "/Resources/ApiLogs")
        );
    }

    #[test]
    fn a_group_of_another_stack_is_left_alone() {
        none(&[(NAME, json!({"Fn::ImportValue": "Logs"}))]);
    }
}
