//! Log groups of `CloudWatch` Logs.

use crate::cfn::{Handle, Value};
use crate::resources::logs::CfnLogGroup;
use crate::resources::logs::log_group::RetentionInDays;

use super::policy::PolicyStatement;
use super::{Grantable, MAIN, Removal, Scope};

/// What a [`LogGroup`] is.
#[derive(Debug, Clone, PartialEq)]
pub struct LogGroupProps {
    /// A physical name. Where a service writes that finds its group by name, it has to be that name:
    /// `/aws/rds/cluster/<cluster>/postgresql` for the log of an Aurora cluster. Names from `/aws/vendedlogs/` spare
    /// the account an entry in its policy for log deliveries, which is short (Amazon `CloudWatch` Logs User Guide,
    /// "Enable logging from AWS services").
    pub name: Option<Value<String>>,
    /// Days for which logs are kept: a number of [`RetentionInDays`]. 30; what is kept longer costs more.
    pub retention_days: u32,
    /// ARN of the KMS key that encrypts it. `None`: a key of the service's own, at no cost. The key's policy must
    /// permit the service, see [`super::KmsKeyProps::log_groups`].
    pub kms_key_arn: Option<Value<String>>,
    /// What becomes of it. Deleted.
    pub removal: Removal,
}

impl Default for LogGroupProps {
    fn default() -> Self {
        Self { name: None, retention_days: 30, kms_key_arn: None, removal: Removal::Deleted }
    }
}

/// A log group.
#[derive(Debug, Clone, PartialEq)]
pub struct LogGroup {
    handle: Handle<CfnLogGroup>,
}

impl LogGroup {
    /// The log group at this place of the tree.
    pub fn new(scope: &mut Scope<'_>, props: LogGroupProps) -> Self {
        let retention = RetentionInDays::of(props.retention_days.into());
        if retention.is_none() {
            let numbers: Vec<String> =
                RetentionInDays::ALL.iter().map(|days| days.as_i64().to_string()).collect();
            scope.misuse(
                format!("logs can't be kept for {} days", props.retention_days),
                format!("choose one of {}", numbers.join(", ")),
            );
        }
        let resource = CfnLogGroup {
            log_group_name: props.name,
            retention_in_days: retention.map(Into::into),
            kms_key_id: props.kms_key_arn,
            ..Default::default()
        };
        let handle = scope.add(MAIN, resource);
        props.removal.apply(scope, &handle);
        Self { handle }
    }

    /// Its name.
    pub fn name(&self) -> Value<String> {
        self.handle.reference()
    }

    /// The resource, for what this part doesn't offer.
    pub fn handle(&self) -> &Handle<CfnLogGroup> {
        &self.handle
    }

    /// Lets someone start log streams in it and write to them.
    pub fn grant_write(&self, scope: &mut Scope<'_>, to: &impl Grantable) {
        // The attribute ends in `:*`, which covers the group's streams.
        let actions = ["logs:CreateLogStream", "logs:PutLogEvents"];
        to.grant(scope, &PolicyStatement::allow(actions, [self.handle.arn()]));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::constructs::testing::{assert_contains, misuses, synth};
    use crate::constructs::{Role, RoleProps, Stack};

    #[test]
    fn has_a_retention_and_is_written_to_by_whom_it_is_granted() {
        let mut stack = Stack::new();
        let mut scope = stack.scope();
        let props = LogGroupProps {
            name: Some("/ecs/app".into()),
            retention_days: 7,
            removal: Removal::Kept,
            ..Default::default()
        };
        let logs = LogGroup::new(&mut scope.child("Logs"), props);
        let role = Role::new(&mut scope.child("Role"), RoleProps::for_tasks());
        logs.grant_write(&mut scope, &role);
        let resources = synth(stack);
        assert_eq!(
            resources["Logs"],
            json!({
                "Type": "AWS::Logs::LogGroup",
                "DeletionPolicy": "RetainExceptOnCreate",
                "UpdateReplacePolicy": "Retain",
                "Properties": { "LogGroupName": "/ecs/app", "RetentionInDays": 7 },
            })
        );
        assert_contains(
            &resources["Role"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][0],
            &json!({
                "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": { "Fn::GetAtt": ["Logs", "Arn"] },
            }),
        );
    }

    #[test]
    fn a_retention_that_aws_does_not_offer_is_reported() {
        let mut stack = Stack::new();
        LogGroup::new(
            &mut stack.scope().child("Logs"),
            LogGroupProps { retention_days: 10, ..Default::default() },
        );
        assert_eq!(misuses(stack), ["logs can't be kept for 10 days"]);
    }
}
