//! W007: a task may read its secrets.

use crate::cfn::evaluate::{Evaluated, Origin, Piece, Unknown};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::ecs::{containers, secrets, shown_name, tasks};
use super::model::{Answer, View, pieces};
use super::permission::{Arn, Role, role};

pub(super) static RULE: Rule = Rule {
    code: Code("W007"),
    severity: Severity::Error,
    title: "the execution role may read the containers' secrets",
    what: "The task execution role may `secretsmanager:GetSecretValue` or `ssm:GetParameters` each secret of the containers, and `kms:Decrypt` with the key of the template that encrypts it.",
    why: "Each task stops before its containers start: \"ResourceInitializationError: unable to pull secrets or registry auth\".",
    source: "Amazon ECS Developer Guide, \"Amazon ECS task execution IAM role\"",
    same_as: &[],
};

/// Where a secret comes from.
pub(super) enum Source<'t> {
    /// Secrets Manager: the ARN's parts, without key, stage and version.
    Secret(Vec<Piece<'t>>),
    /// Systems Manager.
    Parameter(Vec<Piece<'t>>),
}

/// The source of a `ValueFrom`; `None` if it isn't known.
pub(super) fn source<'t>(view: &View<'_, 't>, value: &Evaluated<'t>) -> Option<Source<'t>> {
    let mut parts = pieces(value);
    match parts.first()? {
        Piece::Unknown(Unknown { origin: Origin::Resource(id), .. }) => {
            let item = view.get(id)?;
            if item.is("AWS::SecretsManager::Secret") {
                parts.truncate(1);
                return Some(Source::Secret(parts));
            }
            item.is("AWS::SSM::Parameter").then_some(Source::Parameter(parts))
        }
        Piece::Unknown(_) => None,
        Piece::Text(text) if text.starts_with("arn:") => {
            // Of a text, the service stands in the third part.
            let service = written_service(&parts)?;
            (service == "ssm").then_some(Source::Parameter(parts))
        }
        Piece::Text(name) if parts.len() == 1 => Some(Source::Parameter(arn_of_parameter(name))),
        Piece::Text(_) => None,
    }
}

/// The ARN of the parameter with that name, in the task's own account and region.
fn arn_of_parameter<'t>(name: &str) -> Vec<Piece<'t>> {
    let pseudo = |name| {
        Piece::Unknown(Unknown { kind: crate::cfn::evaluate::Kind::Scalar, origin: Origin::Pseudo(name) })
    };
    let text = |text: String| Piece::Text(text.into());
    vec![
        text("arn:".to_owned()),
        pseudo("AWS::Partition"),
        text(":ssm:".to_owned()),
        pseudo("AWS::Region"),
        text(":".to_owned()),
        pseudo("AWS::AccountId"),
        text(format!(":parameter/{}", name.trim_start_matches('/'))),
    ]
}

/// The service in an ARN of text and references.
fn written_service(parts: &[Piece<'_>]) -> Option<String> {
    let mut text = String::new();
    for part in parts {
        match part {
            Piece::Text(known) => text.push_str(known),
            Piece::Unknown(_) => text.push('?'),
        }
    }
    text.split(':').nth(2).map(ToOwned::to_owned)
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for task in tasks(view) {
        let Some(role) = role(view, task.get("ExecutionRoleArn")) else { continue };
        for container in containers(task) {
            for (name, value) in secrets(container) {
                let Some(missing) = missing(view, &role, value) else { continue };
                let message = format!(
                    "`{}` may not {missing} for `{name}` of {}: the task stops before it starts, with a ResourceInitializationError",
                    role.item.id,
                    shown_name(container)
                );
                findings.push(
                    task.finding_at(&RULE, value, message)
                        .help(format!("allow it in a policy of `{}`, on that resource", role.item.id)),
                );
            }
        }
        if task.get("ExecutionRoleArn").is_none()
            && containers(task).iter().any(|one| secrets(one).next().is_some())
        {
            findings.push(
                task.finding(
                    &RULE,
                    "containers have secrets, but the task has no execution role: ECS refuses to register it",
                )
                .help("set `ExecutionRoleArn` to a role that may read them"),
            );
        }
    }
}

/// What the role may not do and has to.
fn missing<'t>(view: &View<'_, 't>, role: &Role<'_, 't>, value: &Evaluated<'t>) -> Option<String> {
    let (action, parts) = match source(view, value)? {
        Source::Secret(parts) => ("secretsmanager:GetSecretValue", parts),
        Source::Parameter(parts) => ("ssm:GetParameters", parts),
    };
    if role.may(action, &Arn::of(view, &parts)) == Answer::No {
        return Some(format!("`{action}`"));
    }
    let Some(Piece::Unknown(Unknown { origin: Origin::Resource(id), .. })) = parts.first() else {
        return None;
    };
    let key = view.target_of(view.get(id)?.get("KmsKeyId"), "AWS::KMS::Key")?;
    let arn = vec![Piece::Unknown(Unknown {
        kind: crate::cfn::evaluate::Kind::Scalar,
        origin: Origin::Attribute(key.id, "Arn".into()),
    })];
    (role.may("kms:Decrypt", &Arn::of(view, &arn)) == Answer::No)
        .then(|| format!("`kms:Decrypt` with `{}`, which encrypts the secret,", key.id))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::wiring::testing::{found, none, only};

    const STATEMENT: &str = "/ExecutionRole/Properties/Policies/0/PolicyDocument/Statement/1";

    fn with(statement: Json) -> Vec<(&'static str, Json)> {
        vec![(STATEMENT, statement), ("/BeatTask/Properties/ContainerDefinitions/0/Secrets", Json::Null)]
    }

    #[test]
    fn a_parameter_known_by_its_name_has_to_be_permitted() {
        let value = "/ApiTask/Properties/ContainerDefinitions/0/Secrets/0/ValueFrom";
        let told = |end: &str| -> Vec<Option<String>> {
            let parameter = format!(
                "arn:${{AWS::Partition}}:ssm:${{AWS::Region}}:${{AWS::AccountId}}:parameter/app/{end}"
            );
            let resource = json!({"Fn::Sub": parameter});
            let mut changes =
                with(json!({"Effect": "Allow", "Action": "ssm:GetParameters", "Resource": resource}));
            changes.push((value, json!("/app/key")));
            let of_parameters =
                found(&changes).into_iter().filter(|finding| finding.message.contains("`ssm:GetParameters`"));
            of_parameters.map(|finding| finding.pointer).collect()
        };
        assert_eq!((told("key"), told("*")), (vec![], vec![]));
        assert_eq!(told("other"), [Some(format!("/Resources{value}"))]);
    }

    #[test]
    fn a_secret_that_no_statement_names_is_found() {
        let others = json!({"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": [{"Ref": "DatabaseSecret"}, {"Ref": "CacheSecret"}]});
        let (message, pointer) = only("W007", &with(others));
        assert!(message.contains("`secretsmanager:GetSecretValue` for `SECRET_KEY`"), "{message}");
        assert_eq!(pointer, "/Resources/ApiTask/Properties/ContainerDefinitions/0/Secrets/2/ValueFrom");
        for wrong in [
            json!({"Effect": "Allow", "Action": "secretsmanager:DescribeSecret", "Resource": "*"}),
            json!({"Effect": "Allow", "Action": "secretsmanager:*", "Resource": "arn:aws:ssm:*:*:parameter/*"}),
        ] {
            assert_eq!(found(&with(wrong)).len(), 3);
        }
    }

    #[test]
    fn the_key_counts_too() {
        let key = json!({"Type": "AWS::KMS::Key", "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain", "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Principal": {"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}}}]}}});
        let mut changes =
            with(json!({"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}));
        changes.push(("/Key", key));
        changes.push(("/SecretKey/Properties/KmsKeyId", json!({"Ref": "Key"})));
        let (message, _) = only("W007", &changes);
        assert!(message.contains("`kms:Decrypt` with `Key`"), "{message}");
    }

    #[test]
    fn wildcards_conditions_and_foreign_policies_are_respected() {
        for right in [
            json!({"Effect": "Allow", "Action": "secretsmanager:Get*", "Resource": "*"}),
            json!({"Effect": "Allow", "Action": "SecretsManager:GetSecretValue", "Resource": "arn:aws:secretsmanager:*:*:secret:*"}),
            json!({"Effect": "Allow", "Action": "*", "Resource": {"Fn::Sub": "arn:aws:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:*"}}),
            json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}),
        ] {
            none(&with(right));
        }
        none(&[
            (STATEMENT, Json::Null),
            ("/ExecutionRole/Properties/ManagedPolicyArns", json!(["arn:aws:iam::123456789012:policy/mine"])),
        ]);
    }
}
