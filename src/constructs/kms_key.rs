//! Customer keys of KMS.

use serde_json::json;

use crate::cfn::{Handle, PseudoParameter, Value};
use crate::concat_values;
use crate::resources::kms::{CfnAlias, CfnKey};

use super::arn::regional_arn;
use super::policy::{PolicyDocument, PolicyStatement, Principal};
use super::{Grantable, MAIN, Removal, Scope};

/// Days between the key's deletion and its end, in which it can be taken back: the most that KMS offers.
const PENDING_WINDOW_DAYS: u32 = 30;

/// What a [`KmsKey`] is.
///
/// A key costs about a dollar a month, and as much for each of its first two yearly rotations.
#[derive(Debug, Clone, PartialEq)]
pub struct KmsKeyProps {
    /// What it is for, at most 8,192 characters.
    pub description: String,
    /// A name for people, beginning with `alias/` and taken once in an account and region.
    pub alias: Option<Value<String>>,
    /// Names of log groups that it may encrypt, `*` standing for any text; without any, it can't encrypt log groups.
    pub log_groups: Vec<Value<String>>,
    /// What becomes of it. Kept: with the key goes all that it encrypts.
    pub removal: Removal,
}

impl KmsKeyProps {
    /// A key that stays, without alias.
    pub fn new(description: impl Into<String>) -> Self {
        Self { description: description.into(), alias: None, log_groups: Vec::new(), removal: Removal::Kept }
    }
}

/// A symmetric key that KMS renews every year.
///
/// Its policy leaves the decision to the account's policies (AWS KMS Developer Guide, "Default key policy"), so that
/// grants are statements of the roles and the key never depends on one.
#[derive(Debug, Clone, PartialEq)]
pub struct KmsKey {
    handle: Handle<CfnKey>,
}

impl KmsKey {
    /// The key at this place of the tree, its alias below it at `Alias`.
    pub fn new(scope: &mut Scope<'_>, props: KmsKeyProps) -> Self {
        let everything = || [Value::from("*")];
        let mut policy = PolicyDocument::new([PolicyStatement::allow(["kms:*"], everything())
            .sid("Account")
            .principal(Principal::Account)]);
        if !props.log_groups.is_empty() {
            // Source: Amazon `CloudWatch` Logs User Guide, "Encrypt log data in CloudWatch Logs using AWS KMS".
            let service = concat_values![
                "logs.",
                PseudoParameter::Region.reference(),
                ".",
                PseudoParameter::UrlSuffix.reference()
            ];
            let actions =
                ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"];
            let groups: Vec<Value<String>> = props
                .log_groups
                .into_iter()
                .map(|name| regional_arn("logs", concat_values!["log-group:", name]))
                .collect();
            policy.add(
                &PolicyStatement::allow(actions, everything())
                    .sid("LogGroups")
                    .principal(Principal::Service(service))
                    .when(json!({ "ArnLike": { "kms:EncryptionContext:aws:logs:arn": groups } })),
            );
        }
        let resource = CfnKey {
            description: Some(props.description.into()),
            enable_key_rotation: Some(true.into()),
            pending_window_in_days: Some(PENDING_WINDOW_DAYS.into()),
            key_policy: Some(policy.into()),
            ..Default::default()
        };
        let handle = scope.add(MAIN, resource);
        props.removal.apply(scope, &handle);
        if let Some(alias) = props.alias {
            scope.add("Alias", CfnAlias::new(alias, handle.reference()));
        }
        Self { handle }
    }

    /// Its ARN.
    pub fn arn(&self) -> Value<String> {
        self.handle.arn()
    }

    /// The resource, for what this part doesn't offer.
    pub fn handle(&self) -> &Handle<CfnKey> {
        &self.handle
    }
}

/// Lets someone read what the key with this ARN encrypts.
pub(super) fn grant_decrypt(scope: &mut Scope<'_>, key_arn: &Value<String>, to: &impl Grantable) {
    to.grant(scope, &PolicyStatement::allow(["kms:Decrypt"], [key_arn.clone()]));
}

/// Lets someone read and write what the key with this ARN encrypts.
pub(super) fn grant_encrypt_decrypt(scope: &mut Scope<'_>, key_arn: &Value<String>, to: &impl Grantable) {
    to.grant(scope, &PolicyStatement::allow(["kms:Decrypt", "kms:GenerateDataKey"], [key_arn.clone()]));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::constructs::Stack;
    use crate::constructs::testing::{assert_contains, synth};

    #[test]
    fn rotates_waits_a_month_and_leaves_the_decision_to_the_account() {
        let mut stack = Stack::new();
        let props = KmsKeyProps { alias: Some("alias/data".into()), ..KmsKeyProps::new("Data") };
        KmsKey::new(&mut stack.scope().child("Key"), props);
        let resources = synth(stack);
        assert_contains(
            &resources["Key"],
            &json!({
                "DeletionPolicy": "RetainExceptOnCreate",
                "Properties": { "EnableKeyRotation": true, "PendingWindowInDays": 30, "KeyPolicy": { "Statement": [{
                    "Effect": "Allow",
                    "Action": "kms:*",
                    "Principal": { "AWS": { "Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root" } },
                }] } },
            }),
        );
        assert_eq!(
            resources["KeyAlias"]["Properties"],
            json!({ "AliasName": "alias/data", "TargetKeyId": { "Ref": "Key" } })
        );
    }

    #[test]
    fn permits_the_log_service_for_the_named_groups_only() {
        let mut stack = Stack::new();
        let props = KmsKeyProps { log_groups: vec!["/ecs/app/*".into()], ..KmsKeyProps::new("Logs") };
        KmsKey::new(&mut stack.scope().child("Key"), props);
        assert_contains(
            &synth(stack)["Key"]["Properties"]["KeyPolicy"]["Statement"][1],
            &json!({
                "Principal": { "Service": { "Fn::Sub": "logs.${AWS::Region}.${AWS::URLSuffix}" } },
                "Condition": { "ArnLike": { "kms:EncryptionContext:aws:logs:arn": [{
                    "Fn::Sub": "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/ecs/app/*"
                }] } },
            }),
        );
    }
}
