//! W009: a task may write its log.

use crate::cfn::evaluate::{Evaluated, Kind, Origin, Piece, Unknown};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::ecs::{containers, shown_name, tasks};
use super::model::{Answer, Item, View};
use super::permission::{Arn, role};

pub(super) static RULE: Rule = Rule {
    code: Code("W009"),
    severity: Severity::Error,
    title: "the execution role may write the containers' logs",
    what: "The task execution role may `logs:CreateLogStream` and `logs:PutLogEvents` in the log group of each container with the driver `awslogs`, and `logs:CreateLogGroup` where the driver is asked to create it.",
    why: "Each task stops before its containers start: \"ResourceInitializationError: failed to validate logger args\" or \"AccessDeniedException … logs:CreateLogStream\".",
    source: "Amazon ECS Developer Guide, \"Send Amazon ECS logs to CloudWatch\"",
    same_as: &[],
};

/// The options of the driver `awslogs` of a container.
pub(super) fn options<'v, 't>(container: &'v Evaluated<'t>) -> Option<&'v Evaluated<'t>> {
    let configuration = container.get("LogConfiguration")?;
    (configuration.get("LogDriver")?.text()? == "awslogs").then(|| configuration.get("Options"))?
}

/// The log group of the template that a container writes to.
pub(super) fn group<'v, 't>(view: &'v View<'_, 't>, container: &Evaluated<'t>) -> Option<&'v Item<'t>> {
    let name = options(container)?.get("awslogs-group")?;
    let groups = "AWS::Logs::LogGroup";
    view.target_of(Some(name), groups).or_else(|| {
        let text = name.text()?;
        view.of(groups).find(|group| group.text("LogGroupName").as_ref() == Some(&text))
    })
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for task in tasks(view) {
        let Some(role) = role(view, task.get("ExecutionRoleArn")) else { continue };
        for container in containers(task) {
            let Some(options) = options(container) else { continue };
            let creates = options.get("awslogs-create-group").and_then(Evaluated::boolean) == Some(true);
            let arn = match group(view, container) {
                Some(group) => {
                    let origin = Origin::Attribute(group.id, "Arn".into());
                    Arn::of(view, &[Piece::Unknown(Unknown { kind: Kind::Scalar, origin })])
                }
                None => Arn::everything(),
            };
            let mut actions = vec!["logs:CreateLogStream", "logs:PutLogEvents"];
            if creates {
                actions.push("logs:CreateLogGroup");
            }
            actions.retain(|action| role.may(action, &arn) == Answer::No);
            if actions.is_empty() {
                continue;
            }
            let message = format!(
                "`{}` may not {} for the log of {}: the task stops before it starts",
                role.item.id,
                actions.join(" and "),
                shown_name(container)
            );
            findings.push(
                task.finding_at(&RULE, options, message)
                    .help(format!("allow it in a policy of `{}`, on the log group", role.item.id)),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::wiring::testing::{found, none};

    const ACTION: &str = "/ExecutionRole/Properties/Policies/0/PolicyDocument/Statement/0/Action";

    #[test]
    fn a_role_that_may_not_write_is_found() {
        let found = found(&[(ACTION, json!("logs:PutLogEvents"))]);
        assert!(found.len() == 2 && found.iter().all(|finding| finding.code.0 == "W009"), "{found:#?}");
        assert!(found[0].message.contains("may not logs:CreateLogStream for"), "{found:#?}");
    }

    #[test]
    fn creating_the_group_needs_its_own_right() {
        let option =
            "/ApiTask/Properties/ContainerDefinitions/0/LogConfiguration/Options/awslogs-create-group";
        let found = found(&[(option, json!("true"))]);
        assert!(found.len() == 1 && found[0].message.contains("logs:CreateLogGroup"), "{found:#?}");
    }

    #[test]
    fn the_managed_policy_allows_it() {
        none(&[
            ("/ExecutionRole/Properties/Policies/0/PolicyDocument/Statement/0", Json::Null),
            (
                "/ExecutionRole/Properties/ManagedPolicyArns",
                json!([{"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"}]),
            ),
        ]);
    }
}
