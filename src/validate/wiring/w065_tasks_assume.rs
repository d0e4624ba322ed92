//! W065: ECS can take on the roles of tasks.

use std::collections::BTreeMap;

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::ecs::tasks;
use super::model::request::ecs_may_assume;
use super::model::{Answer, Item, View, covers, many};

pub(super) static RULE: Rule = Rule {
    code: Code("W065"),
    severity: Severity::Error,
    title: "the roles of tasks trust ECS",
    what: "The trust policy of a role of the template that is the execution role or task role of a task definition lets `ecs-tasks.amazonaws.com` do `sts:AssumeRole`. A `Condition` may stand in the way: `aws:SourceAccount` and `aws:SourceArn` are those of ECS in the account and region of the stack, and `sts:ExternalId` isn't there; other keys may hold.",
    why: "ECS can't take on the role: \"ECS was unable to assume the role … that was provided for this task\". No task starts.",
    source: "Amazon ECS Developer Guide, \"Amazon ECS task execution IAM role\" and \"Amazon ECS task IAM role\"",
    same_as: &[],
};

const ECS: &str = "ecs-tasks.amazonaws.com";

/// Whether a statement may let ECS take on the role.
fn may_let(view: &View<'_, '_>, statement: &Evaluated<'_>) -> bool {
    if statement.get("Condition").is_some_and(|condition| ecs_may_assume(view, condition) == Answer::No) {
        return false;
    }
    if statement.unknown().is_some()
        || statement.get("NotPrincipal").is_some()
        || statement.get("NotAction").is_some()
    {
        return true;
    }
    if statement.get("Effect").and_then(Evaluated::text).is_some_and(|effect| effect != "Allow") {
        return false;
    }
    let action = |action: &Evaluated<'_>| {
        action.text().is_none_or(|text| covers(text.to_lowercase().as_bytes(), b"sts:assumerole"))
    };
    if !many(statement.get("Action")).iter().any(action) {
        return false;
    }
    let Some(principal) = statement.get("Principal") else { return false };
    if principal.unknown().is_some() || principal.text().is_some() {
        return true;
    }
    // The domain of another partition may be written, too.
    let is_ecs = |name: &Evaluated<'_>| {
        name.text().is_none_or(|text| text == "*" || text.starts_with(ECS) || text.starts_with("ecs-tasks."))
    };
    many(principal.get("Service")).iter().any(is_ecs)
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    let mut told: BTreeMap<&str, (&Item<'_>, Vec<String>)> = BTreeMap::new();
    for task in tasks(view) {
        for (property, what) in
            [("ExecutionRoleArn", "the execution role of"), ("TaskRoleArn", "the task role of")]
        {
            let Some(role) = view.target_of(task.get(property), "AWS::IAM::Role") else { continue };
            let document = role.get("AssumeRolePolicyDocument");
            let Some(statements) = document.and_then(|document| document.get("Statement")) else { continue };
            if statements.unknown().is_some() || many(Some(statements)).iter().any(|one| may_let(view, one)) {
                continue;
            }
            let (_, uses) = told.entry(role.id).or_insert_with(|| (role, Vec::new()));
            uses.push(format!("{what} `{}`", task.id));
        }
    }
    for (role, uses) in told.into_values() {
        let message = format!("it is {}, but doesn't let ECS take it on: no task starts", uses.join(" and "));
        findings.push(
            role.finding_of(&RULE, "AssumeRolePolicyDocument", message).help(format!(
                "allow `sts:AssumeRole` for the principal `Service: {ECS}` in its trust policy"
            )),
        );
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::wiring::testing::{none, only};

    fn trusts(principal: Json) -> (&'static str, Json) {
        ("/TaskRole/Properties/AssumeRolePolicyDocument/Statement/0/Principal", principal)
    }

    #[test]
    fn a_role_for_somebody_else_is_found() {
        for principal in [json!({"Service": "ec2.amazonaws.com"}), json!({"Service": ["ecs.amazonaws.com"]})]
        {
            let (message, pointer) = only("W065", &[trusts(principal)]);
            assert!(
                message.starts_with("it is the task role of `ApiTask` and the task role of `BeatTask`, but"),
                "{message}"
            );
            assert_eq!(pointer, "/Resources/TaskRole/Properties/AssumeRolePolicyDocument");
        }
        let tag = json!(["sts:TagSession"]);
        only("W065", &[("/TaskRole/Properties/AssumeRolePolicyDocument/Statement/0/Action", tag)]);
    }

    #[test]
    fn a_condition_that_ecs_never_fulfils_is_found() {
        let under = |condition: Json| {
            ("/TaskRole/Properties/AssumeRolePolicyDocument/Statement/0/Condition", condition)
        };
        let source =
            |operator: &str, arn: &str| under(json!({operator: {"aws:SourceArn": {"Fn::Sub": arn}}}));
        for never in [
            under(json!({"StringEquals": {"sts:ExternalId": "x"}})),
            source("ArnLike", "arn:aws:ec2:${AWS::Region}:${AWS::AccountId}:*"),
            source("ArnLike", "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/x"),
            under(json!({"StringNotEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}})),
        ] {
            only("W065", &[never]);
        }
        for sometimes in [
            source("ArnLike", "arn:aws:ecs:${AWS::Region}:${AWS::AccountId}:*"),
            source("ArnLike", "arn:${AWS::Partition}:ecs:eu-central-1:123456789012:cluster/x"),
            source("StringLike", "arn:aws:ecs:*"),
            under(json!({"StringEquals": {"aws:SourceAccount": ["111111111111", "222222222222"]}})),
            under(json!({"StringEqualsIfExists": {"sts:ExternalId": "x"}})),
            under(json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}})),
        ] {
            none(&[sometimes]);
        }
    }

    #[test]
    fn one_among_several_is_enough() {
        none(&[trusts(json!({"Service": ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"]}))]);
        none(&[trusts(json!({"Service": {"Fn::Sub": "ecs-tasks.${AWS::URLSuffix}"}}))]);
        let other = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}});
        none(&[("/TaskRole/Properties/AssumeRolePolicyDocument/Statement/-", other)]);
    }
}
