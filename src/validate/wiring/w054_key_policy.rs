//! W054: keys can be managed and used.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::{GAP, Item, View, covers, loose, many};

pub(super) static RULE: Rule = Rule {
    code: Code("W054"),
    severity: Severity::Error,
    title: "a key's policy keeps it manageable and lets its users use it",
    what: "The policy of a KMS key allows the account (`…:root`) or an administrator `kms:*` or `kms:PutKeyPolicy`; where a log group is encrypted with it, it names the principal `logs.<region>.amazonaws.com`.",
    why: "KMS refuses the key: \"The new key policy will not allow you to update the key policy in the future\"; CloudWatch Logs refuses the group: \"The specified KMS key does not exist or is not allowed to be used\".",
    source: "AWS KMS Developer Guide, \"Default key policy\"; Amazon CloudWatch Logs User Guide, \"Encrypt log data using AWS KMS\"",
    same_as: &["cdk-preflight pf-kms-key-policy-lockout"],
};

/// The statements of the key's policy that allow; `None` if not all of them are known.
fn allowed<'v, 't>(key: &'v Item<'t>) -> Option<Vec<&'v Evaluated<'t>>> {
    let statements = many(key.get("KeyPolicy.Statement"));
    if statements.is_empty() || statements.iter().any(|statement| statement.unknown().is_some()) {
        return None;
    }
    let allows = |statement: &&Evaluated<'_>| {
        statement.get("Effect").and_then(Evaluated::text).as_deref() == Some("Allow")
    };
    Some(statements.iter().filter(allows).collect())
}

fn is_everyone(principal: &Evaluated<'_>) -> bool {
    principal.text().as_deref() == Some("*")
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for key in view.of("AWS::KMS::Key") {
        let Some(statements) = allowed(key) else { continue };
        let manages = |statement: &&Evaluated<'_>| {
            let changes_policy = |action: &Evaluated<'_>| {
                let pattern = action.text().map(|text| text.to_lowercase());
                pattern.is_none_or(|pattern| covers(pattern.as_bytes(), b"kms:putkeypolicy"))
            };
            let may = statement.get("NotAction").is_some()
                || many(statement.get("Action")).iter().any(changes_policy);
            let principal = statement.get("Principal");
            let is_somebody = principal.is_none_or(|principal| {
                principal.get("AWS").is_some() || principal.text().is_some() || principal.unknown().is_some()
            });
            may && is_somebody
        };
        if !statements.iter().any(manages) && key.get("BypassPolicyLockoutSafetyCheck").is_none() {
            findings.push(
                key.finding_of(
                    &RULE,
                    "KeyPolicy",
                    "nobody may change the policy of this key: KMS refuses it",
                )
                .help("allow `kms:*` to `arn:aws:iam::<account>:root`"),
            );
        }
        let logs = statements.iter().any(|statement| {
            let services = many(statement.at(&["Principal", "Service"]));
            services
                .iter()
                .any(|service| loose(service).starts_with("logs.") || loose(service).starts_with(GAP))
                || [statement.get("Principal"), statement.at(&["Principal", "AWS"])]
                    .into_iter()
                    .flatten()
                    .any(|principal| many(Some(principal)).iter().any(is_everyone))
        });
        if logs {
            continue;
        }
        for group in view.of("AWS::Logs::LogGroup") {
            if group.get("KmsKeyId").and_then(Evaluated::resource) == Some(key.id) {
                let message = format!(
                    "the policy of `{}` doesn't let CloudWatch Logs use it: the group is refused",
                    key.id
                );
                findings.push(
                    group
                        .finding_of(&RULE, "KmsKeyId", message)
                        .help("allow `kms:Encrypt*`, `Decrypt*`, `ReEncrypt*`, `GenerateDataKey*` and `Describe*` to `logs.<region>.amazonaws.com`"),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::wiring::testing::{none, only};

    fn key(statements: &Json) -> (&'static str, Json) {
        (
            "/Key",
            json!({"Type": "AWS::KMS::Key", "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain", "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": statements}}}),
        )
    }

    fn root() -> Json {
        json!({"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Principal": {"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}}})
    }

    #[test]
    fn a_key_that_nobody_manages_is_found() {
        only(
            "W054",
            &[key(
                &json!([{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", "Principal": {"AWS": "*"}}]),
            )],
        );
        none(&[key(&json!([root()]))]);
        let (mut by_pattern, mut all_but) = (root(), root());
        by_pattern["Action"] = json!(["kms:P*", "kms:Get*"]);
        none(&[key(&json!([by_pattern]))]);
        all_but.as_object_mut().unwrap().shift_remove("Action");
        all_but["NotAction"] = json!("kms:ScheduleKeyDeletion");
        none(&[key(&json!([all_but]))]);
    }

    #[test]
    fn a_log_group_needs_its_service() {
        let encrypted = ("/ApiLogs/Properties/KmsKeyId", json!({"Fn::GetAtt": ["Key", "Arn"]}));
        let (message, _) = only("W054", &[key(&json!([root()])), encrypted.clone()]);
        assert!(message.contains("CloudWatch Logs"), "{message}");
        let logs = json!({"Effect": "Allow", "Action": "kms:Encrypt*", "Resource": "*", "Principal": {"Service": {"Fn::Sub": "logs.${AWS::Region}.amazonaws.com"}}});
        none(&[key(&json!([root(), logs])), encrypted.clone()]);
        let everyone =
            json!({"Effect": "Allow", "Action": "kms:Encrypt*", "Resource": "*", "Principal": {"AWS": "*"}});
        none(&[key(&json!([root(), everyone])), encrypted]);
    }
}
