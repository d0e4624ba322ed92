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
    what: "The task execution role may `secretsmanager:GetSecretValue` or `ssm:GetParameters` each secret of the containers, those of their log drivers and those for their registries, also by an ARN or a parameter's name in so many words, and `kms:Decrypt` with the key of the template that encrypts it. A task whose containers have `Secrets` has such a role.",
    why: "Each task stops before its containers start: \"ResourceInitializationError: unable to pull secrets or registry auth\". Without the role ECS refuses to register the task.",
    source: "Amazon ECS Developer Guide, \"Amazon ECS task execution IAM role\"",
    same_as: &[],
};

/// Where a secret comes from.
pub(super) enum Source<'t> {
    /// Secrets Manager: the ARN's parts, without key, stage and version.
    Secret(Vec<Piece<'t>>),
    /// Systems Manager: an ARN's parts.
    Parameter(Vec<Piece<'t>>),
    /// Systems Manager: a parameter's name.
    ParameterName(Vec<Piece<'t>>),
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
            match written_service(&parts)?.as_str() {
                "ssm" => Some(Source::Parameter(parts)),
                "secretsmanager" => Some(Source::Secret(without_field(parts))),
                _ => None,
            }
        }
        // A dynamic reference is no name, which W010 tells.
        Piece::Text(_) => {
            let is_dynamic =
                |part: &Piece<'_>| matches!(part, Piece::Unknown(Unknown { origin: Origin::Dynamic(_), .. }));
            (!parts.iter().any(is_dynamic)).then_some(Source::ParameterName(parts))
        }
    }
}

/// The parts of a secret's ARN without what is asked of the secret: `:key:stage:version`.
fn without_field(parts: Vec<Piece<'_>>) -> Vec<Piece<'_>> {
    const COLONS: usize = 6;
    let mut colons = 0;
    let mut arn = Vec::new();
    for part in parts {
        let Piece::Text(text) = &part else {
            arn.push(part);
            continue;
        };
        let end = text.char_indices().find(|(_, character)| {
            colons += usize::from(*character == ':');
            colons > COLONS
        });
        match end {
            Some((end, _)) => {
                arn.push(Piece::Text(text[..end].to_owned().into()));
                return arn;
            }
            None => arn.push(part),
        }
    }
    arn
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

/// Everything that ECS reads before a container starts, with its name in a message.
fn all_secrets<'v, 't>(container: &'v Evaluated<'t>) -> impl Iterator<Item = (String, &'v Evaluated<'t>)> {
    let own = secrets(container).map(|(name, value)| (format!("`{name}`"), value));
    let options = container.at(&["LogConfiguration", "SecretOptions"]).map_or(&[][..], Evaluated::items);
    let of_log = options.iter().filter_map(|option| {
        Some((format!("the log option `{}`", option.get("Name")?.text()?), option.get("ValueFrom")?))
    });
    let of_registry = container.at(&["RepositoryCredentials", "CredentialsParameter"]);
    own.chain(of_log).chain(of_registry.map(|value| ("the registry".to_owned(), value)))
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for task in tasks(view) {
        let Some(role) = role(view, task.get("ExecutionRoleArn")) else { continue };
        for container in containers(task) {
            for (name, value) in all_secrets(container) {
                let Some(missing) = missing(view, &role, value) else { continue };
                let message = format!(
                    "`{}` may not {missing} for {name} of {}: the task stops before it starts, with a ResourceInitializationError",
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
    let (action, arn, parts) = match source(view, value)? {
        Source::Secret(parts) => ("secretsmanager:GetSecretValue", Arn::secret(view, &parts), parts),
        Source::Parameter(parts) => ("ssm:GetParameters", Arn::of(view, &parts), parts),
        Source::ParameterName(parts) => ("ssm:GetParameters", Arn::parameter(&parts), parts),
    };
    if role.may(action, &arn) == Answer::No {
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

    const SECRETS: &str = "/ApiTask/Properties/ContainerDefinitions/0/Secrets";

    fn reads(action: &str, resource: &str) -> Vec<(&'static str, Json)> {
        with(json!({"Effect": "Allow", "Action": action, "Resource": resource}))
    }

    #[test]
    fn an_arn_in_so_many_words_counts() {
        const ARN: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret";
        let one = |value: String| (SECRETS, json!([{"Name": "SECRET_KEY", "ValueFrom": value}]));
        let get = "secretsmanager:GetSecretValue";
        for (resource, value, is_right) in [
            (format!("{ARN}:dify/key-AbCdEf"), format!("{ARN}:dify/key-AbCdEf"), true),
            (format!("{ARN}:dify/key-AbCdEf"), format!("{ARN}:dify/key-AbCdEf:field::"), true),
            (format!("{ARN}:dify/*"), format!("{ARN}:dify/key-AbCdEf:field::"), true),
            // Without the six characters of Secrets Manager.
            (format!("{ARN}:dify/key-??????"), format!("{ARN}:dify/key"), true),
            (format!("{ARN}:dify/key-*"), format!("{ARN}:dify/key"), true),
            (format!("{ARN}:other-*"), format!("{ARN}:dify/key-AbCdEf"), false),
            (format!("{ARN}:other-*"), format!("{ARN}:dify/key"), false),
        ] {
            let mut changes = reads(get, &resource);
            changes.push(one(value.clone()));
            let told = found(&changes);
            assert_eq!(
                told.iter().any(|finding| finding.code.0 == "W007"),
                !is_right,
                "{resource} {value} {told:#?}"
            );
        }
    }

    #[test]
    fn names_of_parameters_count() {
        for (resource, value, is_right) in [
            ("arn:aws:ssm:us-east-1:123456789012:parameter/dify/*", "/dify/key", true),
            ("arn:aws:ssm:us-east-1:123456789012:parameter/key", "key", true),
            ("arn:aws:ssm:*:*:parameter/other/*", "/dify/key", false),
            ("arn:aws:ssm:*:*:parameter/other", "key", false),
        ] {
            let mut changes = reads("ssm:GetParameters", resource);
            changes.push((SECRETS, json!([{"Name": "SECRET_KEY", "ValueFrom": value}])));
            let told = found(&changes);
            assert_eq!(told.len(), usize::from(!is_right), "{resource} {value} {told:#?}");
        }
    }

    #[test]
    fn registries_and_log_drivers_count() {
        let foreign = "arn:aws:secretsmanager:us-east-1:123456789012:secret:hub-AbCdEf";
        let mut changes = reads("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*:*:secret:other-*");
        changes.push((SECRETS, Json::Null));
        let with = |more: &'static str, value: Json| {
            let mut changes = changes.clone();
            changes.push((more, value));
            changes
        };
        let registry = "/ApiTask/Properties/ContainerDefinitions/0/RepositoryCredentials";
        let (message, _) = only("W007", &with(registry, json!({"CredentialsParameter": foreign})));
        assert!(message.contains("for the registry of the container `api`"), "{message}");
        let option = json!([{"Name": "splunk-token", "ValueFrom": foreign}]);
        let options = "/ApiTask/Properties/ContainerDefinitions/0/LogConfiguration/SecretOptions";
        let (message, _) = only("W007", &with(options, option));
        assert!(message.contains("for the log option `splunk-token`"), "{message}");
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
