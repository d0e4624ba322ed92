//! W032: a task may pull its images.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::ecs::{containers, shown_name, tasks};
use super::endpoints::{Registry, registry};
use super::model::{Answer, View};
use super::permission::{Arn, role};

pub(super) static RULE: Rule = Rule {
    code: Code("W032"),
    severity: Severity::Error,
    title: "the execution role may pull the containers' images from ECR",
    what: "Where an image comes from a private repository of ECR, the task execution role may `ecr:GetAuthorizationToken`, `ecr:BatchGetImage` and `ecr:GetDownloadUrlForLayer`.",
    why: "The task stops before its containers start: \"CannotPullContainerError\" or \"unable to retrieve ecr registry auth\".",
    source: "Amazon ECS Developer Guide, \"Amazon ECS task execution IAM role\"",
    same_as: &[],
};

const ACTIONS: [&str; 3] = ["ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for task in tasks(view) {
        let Some(role) = role(view, task.get("ExecutionRoleArn")) else { continue };
        for container in containers(task).iter().filter(|container| registry(container) == Registry::Ecr) {
            let missing: Vec<_> = ACTIONS
                .into_iter()
                .filter(|action| role.may(action, &Arn::everything()) == Answer::No)
                .collect();
            // Whoever may do some of it on one repository may do it on the right one, as far as is known.
            if missing.is_empty() {
                continue;
            }
            let message = format!(
                "`{}` may not {} for the image of {}: the task stops before it starts",
                role.item.id,
                missing.join(" and "),
                shown_name(container)
            );
            let place = container.get("Image").unwrap_or(container);
            findings.push(
                task.finding_at(&RULE, place, message)
                    .help("attach AmazonECSTaskExecutionRolePolicy to the role, or allow these actions"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::wiring::testing::{none, only};

    const IMAGE: &str = "/ApiTask/Properties/ContainerDefinitions/0/Image";

    fn image() -> (&'static str, Json) {
        (IMAGE, json!({"Fn::Sub": "${AWS::AccountId}.dkr.ecr.${AWS::Region}.amazonaws.com/own:1"}))
    }

    #[test]
    fn a_role_that_may_not_pull_is_found() {
        let (message, pointer) = only("W032", &[image()]);
        assert!(message.contains("ecr:GetAuthorizationToken and ecr:BatchGetImage"), "{message}");
        assert!(pointer.ends_with("/Image"), "{pointer}");
    }

    #[test]
    fn one_repository_is_enough() {
        let policy = json!({"Effect": "Allow", "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], "Resource": "arn:aws:ecr:us-east-1:123456789012:repository/own"});
        let token = json!({"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"});
        let statement = "/ExecutionRole/Properties/Policies/0/PolicyDocument/Statement/-";
        none(&[image(), (statement, policy), (statement, token)]);
    }
}
