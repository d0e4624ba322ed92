//! W051: ECS Exec has the rights that it needs.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::ecs::services;
use super::model::{Answer, View};
use super::permission::{Arn, role};

pub(super) static RULE: Rule = Rule {
    code: Code("W051"),
    severity: Severity::Error,
    title: "tasks of a service with ECS Exec may open its channels",
    what: "The task role of a service with `EnableExecuteCommand` may `ssmmessages:CreateControlChannel`, `CreateDataChannel`, `OpenControlChannel` and `OpenDataChannel`.",
    why: "`aws ecs execute-command` fails: \"TargetNotConnectedException\"; without a task role ECS refuses the service.",
    source: "Amazon ECS Developer Guide, \"Monitor Amazon ECS containers with ECS Exec\"",
    same_as: &[],
};

const ACTIONS: [&str; 4] =
    ["CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel"];

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for service in services(view) {
        let enabled = service.item.get("EnableExecuteCommand").and_then(Evaluated::boolean) == Some(true);
        let Some(task) = service.task.filter(|_| enabled) else { continue };
        let missing = if task.get("TaskRoleArn").is_none() {
            format!("`{}` has no task role", task.id)
        } else {
            let Some(role) = role(view, task.get("TaskRoleArn")) else { continue };
            let missing = ACTIONS
                .into_iter()
                .find(|action| role.may(&format!("ssmmessages:{action}"), &Arn::everything()) == Answer::No);
            let Some(missing) = missing else { continue };
            format!("`{}` may not ssmmessages:{missing}", role.item.id)
        };
        let message = format!("ECS Exec is on, but {missing}: nobody gets a shell in these tasks");
        findings.push(
            service.item.finding_of(&RULE, "EnableExecuteCommand", message).help(format!(
                "allow the task role ssmmessages:{} on `*`, or turn it off",
                ACTIONS.join(", ")
            )),
        );
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::wiring::testing::{none, only};

    const EXEC: (&str, Json) = ("/ApiService/Properties/EnableExecuteCommand", Json::Bool(true));

    #[test]
    fn a_role_without_channels_is_found() {
        let (message, _) = only("W051", &[EXEC]);
        assert!(message.contains("`TaskRole` may not ssmmessages:CreateControlChannel"), "{message}");
        only("W051", &[EXEC, ("/ApiTask/Properties/TaskRoleArn", Json::Null)]);
    }

    #[test]
    fn one_with_them_is_good() {
        let document = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "ssmmessages:*", "Resource": "*"}});
        none(&[
            EXEC,
            ("/TaskRole/Properties/Policies", json!([{"PolicyName": "exec", "PolicyDocument": document}])),
        ]);
    }
}
