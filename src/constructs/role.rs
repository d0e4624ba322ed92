//! Roles of AWS services, and permissions for them.

use serde_json::json;

use crate::cfn::{Handle, PseudoParameter, Value};
use crate::resources::iam::{CfnRole, role};

use super::policy::{self, PolicyDocument, PolicyStatement, Principal};
use super::{MAIN, Scope};

/// Whoever permissions can be given to.
pub trait Grantable {
    /// Adds a statement to its policy.
    fn grant(&self, scope: &mut Scope<'_>, statement: &PolicyStatement);
}

/// What a [`Role`] is.
#[derive(Debug, Clone, PartialEq)]
pub struct RoleProps {
    /// The service that takes the role on, such as `ecs-tasks.amazonaws.com`.
    pub service: String,
    /// Whether the service may take it on for this account's resources only, which keeps it from being used for
    /// somebody else (IAM User Guide, "The confused deputy problem"). On. Off for services that don't say for whom
    /// they act.
    pub own_account_only: bool,
    /// What it is for, at most 1,000 characters.
    pub description: Option<String>,
    /// A physical name; with one, deploying the stack needs `CAPABILITY_NAMED_IAM`.
    pub name: Option<Value<String>>,
    /// What the inline policy is called.
    pub policy_name: Value<String>,
    /// ARNs of managed policies, at most 10 without a raised quota; see [`super::aws_managed_policy`].
    pub managed_policies: Vec<Value<String>>,
    /// ARN of the policy that says what the role may do at most.
    pub permissions_boundary: Option<Value<String>>,
}

impl RoleProps {
    /// A role that the service takes on for this account's resources.
    pub fn for_service(service: impl Into<String>) -> Self {
        Self {
            service: service.into(),
            own_account_only: true,
            description: None,
            name: None,
            policy_name: "permissions".into(),
            managed_policies: Vec::new(),
            permissions_boundary: None,
        }
    }

    /// A role for the tasks of ECS: as execution role or as task role.
    ///
    /// Source: Amazon ECS Developer Guide, "Amazon ECS task IAM role", which recommends the condition on the account.
    pub fn for_tasks() -> Self {
        Self::for_service("ecs-tasks.amazonaws.com")
    }
}

/// A role that an AWS service takes on.
///
/// Its permissions stand in one policy on the role itself: a policy of its own could come too late for a task that
/// starts as soon as the role exists.
#[derive(Debug, Clone, PartialEq)]
pub struct Role {
    handle: Handle<CfnRole>,
    policy_name: Value<String>,
}

impl Role {
    /// The role at this place of the tree.
    pub fn new(scope: &mut Scope<'_>, props: RoleProps) -> Self {
        let mut trust = PolicyStatement::allow(["sts:AssumeRole"], [])
            .principal(Principal::Service(props.service.into()));
        if props.own_account_only {
            let account = PseudoParameter::AccountId.reference();
            trust = trust.when(json!({ "StringEquals": { "aws:SourceAccount": account } }));
        }
        let mut resource = CfnRole::new(PolicyDocument::new([trust]));
        resource.description = props.description.map(Into::into);
        resource.role_name = props.name;
        resource.permissions_boundary = props.permissions_boundary;
        if !props.managed_policies.is_empty() {
            resource.managed_policy_arns = Some(props.managed_policies.into());
        }
        Self { handle: scope.add(MAIN, resource), policy_name: props.policy_name }
    }

    /// The role's ARN.
    pub fn arn(&self) -> Value<String> {
        self.handle.arn()
    }

    /// The role's name.
    pub fn name(&self) -> Value<String> {
        self.handle.reference()
    }

    /// The resource, for what this part doesn't offer.
    pub fn handle(&self) -> &Handle<CfnRole> {
        &self.handle
    }
}

impl Grantable for Role {
    fn grant(&self, scope: &mut Scope<'_>, statement: &PolicyStatement) {
        scope.edit(&self.handle, |resource| {
            let policies = resource.policies.get_or_insert_with(|| Value::Literal(Vec::new()));
            let Value::Literal(policies) = policies else { return };
            // The policy may have been changed by hand; then the statement needs another one.
            let own = policies.iter_mut().find_map(|policy| match policy {
                Value::Literal(role::Policy {
                    policy_document: Value::Literal(document),
                    policy_name,
                    ..
                }) if *policy_name == self.policy_name => Some(document),
                _ => None,
            });
            match own {
                Some(document) => policy::add(document, statement),
                None => policies.push(
                    role::Policy::new(PolicyDocument::new([statement.clone()]), self.policy_name.clone())
                        .into(),
                ),
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::constructs::testing::{assert_contains, synth};
    use crate::constructs::{Stack, aws_managed_policy};

    #[test]
    fn trusts_the_service_for_its_own_account_and_has_no_policy_of_its_own() {
        let mut stack = Stack::new();
        let role = Role::new(&mut stack.scope().child("TaskRole"), RoleProps::for_tasks());
        assert_eq!(role.handle().logical_id().as_str(), "TaskRole");
        let resources = synth(stack);
        assert_eq!(
            resources["TaskRole"]["Properties"],
            json!({ "AssumeRolePolicyDocument": { "Version": "2012-10-17", "Statement": [{
                "Effect": "Allow",
                "Principal": { "Service": "ecs-tasks.amazonaws.com" },
                "Action": "sts:AssumeRole",
                "Condition": { "StringEquals": { "aws:SourceAccount": { "Ref": "AWS::AccountId" } } },
            }] } })
        );
    }

    #[test]
    fn all_statements_end_in_one_policy() {
        let mut stack = Stack::new();
        let mut scope = stack.scope();
        let props = RoleProps { policy_name: "app".into(), ..RoleProps::for_tasks() };
        let role = Role::new(&mut scope.child("TaskRole"), props);
        for (action, resource) in [("s3:GetObject", "a"), ("s3:GetObject", "b"), ("s3:PutObject", "a")] {
            role.grant(&mut scope, &PolicyStatement::allow([action], [resource.into()]));
        }
        assert_eq!(
            synth(stack)["TaskRole"]["Properties"]["Policies"],
            json!([{ "PolicyName": "app", "PolicyDocument": { "Version": "2012-10-17", "Statement": [
                { "Effect": "Allow", "Action": "s3:GetObject", "Resource": ["a", "b"] },
                { "Effect": "Allow", "Action": "s3:PutObject", "Resource": "a" },
            ] } }])
        );
    }

    #[test]
    fn takes_managed_policies_a_name_and_a_boundary() {
        let mut stack = Stack::new();
        let props = RoleProps {
            own_account_only: false,
            name: Some("monitoring".into()),
            managed_policies: vec![aws_managed_policy("service-role/AmazonRDSEnhancedMonitoringRole")],
            permissions_boundary: Some("arn:aws:iam::123456789012:policy/boundary".into()),
            ..RoleProps::for_service("monitoring.rds.amazonaws.com")
        };
        Role::new(&mut stack.scope().child("Role"), props);
        let resources = synth(stack);
        assert_contains(
            &resources["Role"]["Properties"],
            &json!({
                "RoleName": "monitoring",
                "ManagedPolicyArns": [{
                    "Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
                }],
                "PermissionsBoundary": "arn:aws:iam::123456789012:policy/boundary",
            }),
        );
        let trust = &resources["Role"]["Properties"]["AssumeRolePolicyDocument"]["Statement"][0];
        assert!(trust.get("Condition").is_none());
    }
}
