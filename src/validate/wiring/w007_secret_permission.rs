//! W007: a task may read its secrets.

use std::borrow::Cow;
use std::fmt;

use crate::cfn::evaluate::{Evaluated, Origin, Piece, Unknown};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::ecs::{containers, secrets, shown_name, tasks};
use super::model::{Answer, GAP, Item, View, is_made_from, loose, many, pieces};
use super::permission::{Arn, Role, role};

pub(super) static RULE: Rule = Rule {
    code: Code("W007"),
    severity: Severity::Error,
    title: "the execution role may read the containers' secrets",
    what: "The task execution role may `secretsmanager:GetSecretValue` or `ssm:GetParameters` each secret of the containers, those of their log drivers and those for their registries, also by an ARN or a parameter's name in so many words, and `kms:Decrypt` with the key of the template that encrypts it. Policies of the secret or the key that name the role or everybody may allow it, too. A `Condition` counts where it is known what ECS's request has under its keys: the role, its account, the region, HTTPS, tags of the secret that the template has, `kms:ViaService`, and what isn't there, such as `aws:SourceAccount`; with other keys the statement may or may not apply. A task whose containers have `Secrets` has such a role.",
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

/// What a secret is for.
enum Use<'v> {
    Variable(Cow<'v, str>),
    LogOption(Cow<'v, str>),
    Registry,
}

impl fmt::Display for Use<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "`{name}`"),
            Self::LogOption(name) => write!(f, "the log option `{name}`"),
            Self::Registry => f.write_str("the registry"),
        }
    }
}

/// Everything that ECS reads before a container starts.
fn all_secrets<'v, 't>(container: &'v Evaluated<'t>) -> impl Iterator<Item = (Use<'v>, &'v Evaluated<'t>)> {
    let own = secrets(container).map(|(name, value)| (Use::Variable(name), value));
    let options = container.at(&["LogConfiguration", "SecretOptions"]).map_or(&[][..], Evaluated::items);
    let of_log = options
        .iter()
        .filter_map(|option| Some((Use::LogOption(option.get("Name")?.text()?), option.get("ValueFrom")?)));
    let of_registry = container.at(&["RepositoryCredentials", "CredentialsParameter"]);
    own.chain(of_log).chain(of_registry.map(|value| (Use::Registry, value)))
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for task in tasks(view) {
        let Some(role) = role(view, task.get("ExecutionRoleArn")) else { continue };
        for container in containers(task) {
            for (purpose, value) in all_secrets(container) {
                let Some(missing) = missing(view, &role, value) else { continue };
                let message = format!(
                    "`{}` may not {missing} for {purpose} of {}: the task stops before it starts, with a ResourceInitializationError",
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

const RESOURCE_POLICY: &str = "AWS::SecretsManager::ResourcePolicy";

/// Whether the policy of a secret or a key may let the role in by itself: it names the role, everybody, or what isn't known.
fn may_let_in<'t>(policy: &Evaluated<'t>, role: &Role<'_, 't>) -> bool {
    let Some(statements) = policy.get("Statement").filter(|it| it.unknown().is_none()) else { return true };
    let is_role = |name: &Evaluated<'t>| match (name.resource(), name.text()) {
        (Some(id), _) => id == role.item.id,
        (None, Some(text)) => text == "*" || text.contains(":role/"),
        (None, None) => loose(name).starts_with(GAP) || is_made_from(name, role.item.id),
    };
    many(Some(statements)).iter().any(|statement| {
        let Some(principal) = statement.get("Principal") else { return true };
        let is_everybody = principal.text().is_some_and(|text| text == "*");
        is_everybody || principal.unknown().is_some() || many(principal.get("AWS")).iter().any(is_role)
    })
}

/// What the role may not do and has to.
fn missing<'t>(view: &View<'_, 't>, role: &Role<'_, 't>, value: &Evaluated<'t>) -> Option<String> {
    let (action, arn, parts) = match source(view, value)? {
        Source::Secret(parts) => ("secretsmanager:GetSecretValue", Arn::secret(view, &parts), parts),
        Source::Parameter(parts) => ("ssm:GetParameters", Arn::of(view, &parts), parts),
        Source::ParameterName(parts) => ("ssm:GetParameters", Arn::parameter(&parts), parts),
    };
    let of_secret = |policy: &Item<'t>| policy.get("ResourcePolicy").is_none_or(|it| may_let_in(it, role));
    if role.may(action, &arn) == Answer::No && !view.of(RESOURCE_POLICY).any(of_secret) {
        return Some(format!("`{action}`"));
    }
    let Some(Piece::Unknown(Unknown { origin: Origin::Resource(id), .. })) = parts.first() else {
        return None;
    };
    let key = view.target_of(view.get(id)?.get("KmsKeyId"), "AWS::KMS::Key")?;
    let service = if action.starts_with("ssm") { "ssm" } else { "secretsmanager" };
    let arn = vec![Piece::Unknown(Unknown {
        kind: crate::cfn::evaluate::Kind::Scalar,
        origin: Origin::Attribute(key.id, "Arn".into()),
    })];
    let is_let_in = key.get("KeyPolicy").is_none_or(|policy| may_let_in(policy, role));
    (role.may_through(Some(service), "kms:Decrypt", &Arn::of(view, &arn)) == Answer::No && !is_let_in)
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

    /// How many secrets the role may surely not read, of three, where its statement has this condition.
    fn denied(condition: &Json) -> usize {
        found(&with(
            json!({"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*", "Condition": condition}),
        ))
        .iter()
        .filter(|finding| finding.code.0 == "W007")
        .count()
    }

    #[test]
    fn a_condition_that_never_holds_allows_nothing() {
        for never in [
            json!({"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}),
            json!({"ArnLike": {"aws:sourceArn": "arn:aws:ecs:*:*:*"}}),
            json!({"StringEquals": {"kms:ViaService": {"Fn::Sub": "secretsmanager.${AWS::Region}.amazonaws.com"}}}),
            json!({"Bool": {"aws:SecureTransport": "false"}}),
            json!({"Bool": {"aws:SecureTransport": false}}),
            json!({"Bool": {"aws:ViaAWSService": "true"}}),
            json!({"StringNotEquals": {"aws:RequestedRegion": {"Ref": "AWS::Region"}}}),
            json!({"StringNotEquals": {"aws:PrincipalAccount": {"Ref": "AWS::AccountId"}}}),
            json!({"ArnNotEquals": {"aws:PrincipalArn": {"Fn::GetAtt": ["ExecutionRole", "Arn"]}}}),
            json!({"StringEquals": {"aws:username": "me"}}),
            json!({"Null": {"aws:SourceArn": "false"}}),
            json!({"Null": {"aws:PrincipalArn": "true"}}),
            json!({"ForAnyValue:StringLike": {"aws:SourceOrgPaths": "o/*"}}),
            // Both have to hold.
            json!({"Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"aws:SourceAccount": "1"}}),
        ] {
            assert_eq!(denied(&never), 3, "{never}");
        }
    }

    #[test]
    fn a_condition_that_holds_or_may_hold_allows() {
        for other in [
            json!({"Bool": {"aws:SecureTransport": "true"}}),
            json!({"StringEquals": {"aws:RequestedRegion": [{"Ref": "AWS::Region"}, "eu-west-1"]}}),
            json!({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}),
            json!({"StringEqualsIfExists": {"aws:SourceAccount": "1"}}),
            json!({"StringNotEquals": {"aws:SourceAccount": "1"}}),
            json!({"ForAllValues:StringEquals": {"aws:SourceAccount": "1"}}),
            json!({"ArnEquals": {"aws:PrincipalArn": {"Fn::GetAtt": ["ExecutionRole", "Arn"]}}}),
            json!({"StringEquals": {"aws:PrincipalAccount": {"Ref": "AWS::AccountId"}}}),
            json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}),
            json!({"StringEquals": {"aws:ResourceTag/team": "a"}}),
            json!({"StringEquals": {"secretsmanager:VersionStage": "AWSCURRENT"}}),
            json!({"StringEquals": {"aws:RequestedRegion": "${aws:PrincipalTag/region}"}}),
            json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
            json!({"Null": {"aws:SourceArn": "true"}}),
            json!({"Fn::ImportValue": "x"}),
            json!({}),
        ] {
            assert_eq!(denied(&other), 0, "{other}");
        }
    }

    #[test]
    fn tags_of_a_secret_are_known_where_they_are_written() {
        let told = |tags: Json, wanted: &str| {
            let mut changes = with(
                json!({"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/Team": wanted}}}),
            );
            for secret in [
                "/DatabaseSecret/Properties/Tags",
                "/CacheSecret/Properties/Tags",
                "/SecretKey/Properties/Tags",
            ] {
                changes.push((secret, tags.clone()));
            }
            found(&changes).len()
        };
        assert_eq!(told(json!([{"Key": "Team", "Value": "a"}]), "b"), 3);
        assert_eq!(told(json!([{"Key": "Team", "Value": "a"}]), "a"), 0);
        // It may come from the stack.
        assert_eq!(told(json!([{"Key": "Other", "Value": "a"}]), "a"), 0);
        assert_eq!(told(json!([{"Key": "Team", "Value": {"Ref": "AWS::StackName"}}]), "b"), 0);
    }

    #[test]
    fn a_denial_with_a_condition_counts_where_it_surely_holds() {
        let told = |condition: Json| {
            let mut changes =
                with(json!({"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}));
            changes.push((
                "/ExecutionRole/Properties/Policies/0/PolicyDocument/Statement/-",
                json!({"Effect": "Deny", "Action": "secretsmanager:*", "Resource": "*", "Condition": condition}),
            ));
            found(&changes).len()
        };
        assert_eq!(told(json!({"Bool": {"aws:SecureTransport": "true"}})), 3);
        assert_eq!(told(json!({"Bool": {"aws:SecureTransport": "false"}})), 0);
        assert_eq!(told(json!({"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}})), 0);
    }

    #[test]
    fn the_secret_s_own_policy_counts() {
        let of = |principal: Json| {
            let statement = json!({"Effect": "Allow", "Principal": principal, "Action": "secretsmanager:GetSecretValue", "Resource": "*"});
            let policy = json!({"Type": "AWS::SecretsManager::ResourcePolicy", "Properties": {"SecretId": {"Ref": "SecretKey"}, "ResourcePolicy": {"Version": "2012-10-17", "Statement": statement}}});
            let mut changes =
                with(json!({"Effect": "Allow", "Action": "secretsmanager:DescribeSecret", "Resource": "*"}));
            changes.push(("/SecretPolicy", policy));
            found(&changes).iter().filter(|finding| finding.code.0 == "W007").count()
        };
        assert_eq!(of(json!({"AWS": {"Fn::GetAtt": ["ExecutionRole", "Arn"]}})), 0);
        assert_eq!(of(json!({"AWS": {"Fn::GetAtt": ["TaskRole", "Arn"]}})), 3);
        assert_eq!(of(json!({"Service": "ec2.amazonaws.com"})), 3);
    }

    #[test]
    fn the_key_s_policy_and_its_service_count() {
        let told = |of_key: Json, condition: Option<Json>| {
            let key = json!({"Type": "AWS::KMS::Key", "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain", "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Principal": {"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}}},
                {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", "Principal": of_key},
            ]}}});
            let mut changes =
                with(json!({"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}));
            changes.push(("/Key", key));
            changes.push(("/SecretKey/Properties/KmsKeyId", json!({"Ref": "Key"})));
            if let Some(condition) = condition {
                changes.push((
                    "/ExecutionRole/Properties/Policies/0/PolicyDocument/Statement/-",
                    json!({"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", "Condition": condition}),
                ));
            }
            found(&changes).iter().filter(|finding| finding.code.0 == "W007").count()
        };
        let other = json!({"AWS": {"Fn::GetAtt": ["TaskRole", "Arn"]}});
        assert_eq!(told(json!({"AWS": {"Fn::GetAtt": ["ExecutionRole", "Arn"]}}), None), 0);
        assert_eq!(told(other.clone(), None), 1);
        let via = |service: &str| {
            Some(
                json!({"StringEquals": {"kms:ViaService": {"Fn::Sub": format!("{service}.${{AWS::Region}}.amazonaws.com")}}}),
            )
        };
        assert_eq!(told(other.clone(), via("secretsmanager")), 0);
        assert_eq!(told(other.clone(), via("ssm")), 1);
        assert_eq!(told(other, Some(json!({"Bool": {"aws:ViaAWSService": "false"}}))), 1);
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
