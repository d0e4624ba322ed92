//! Security groups.

use crate::cfn::{Handle, Value};
use crate::resources::ec2::{CfnSecurityGroup, security_group::Egress};

use super::{MAIN, Scope};

/// The characters that EC2 takes in descriptions of groups and rules, beside ASCII letters and digits.
///
/// Source: Amazon EC2 API Reference, "`IpRange`" and "`CreateSecurityGroup`".
const DESCRIPTION_MARKS: &str = " ._-:/()#,@[]+=&;{}!$*";
/// Most characters in such a description.
const DESCRIPTION_LENGTH: usize = 255;

/// A security group. Its rules come from [`Connections`](super::Connections).
///
/// Until then it lets nothing in and nothing out: EC2 gives a group a rule that lets everything out unless the template
/// has a rule of its own, so that one to the loopback address stands there.
/// Source: AWS CloudFormation Template Reference, "`AWS::EC2::SecurityGroup`", "Remove the default outbound rule".
#[derive(Debug, Clone, PartialEq)]
pub struct SecurityGroup {
    handle: Handle<CfnSecurityGroup>,
    path: String,
}

impl SecurityGroup {
    /// A group at this place of the tree; the rules' logical ids begin with its own.
    ///
    /// A change of the description replaces the group.
    pub fn new(scope: &mut Scope<'_>, vpc_id: &Value<String>, description: &str) -> Self {
        check_description(scope, description);
        let mut group = CfnSecurityGroup::new(description);
        group.vpc_id = Some(vpc_id.clone());
        group.security_group_egress = Some(vec![no_way_out()].into());
        Self { path: scope.path(), handle: scope.add(MAIN, group) }
    }

    /// The group's id: what `Ref` gives of a group of a VPC, and shorter than its attribute.
    ///
    /// Source: AWS CloudFormation Template Reference, "`AWS::EC2::SecurityGroup`", "Return values".
    pub fn id(&self) -> Value<String> {
        self.handle.reference()
    }

    /// The resource.
    pub fn handle(&self) -> &Handle<CfnSecurityGroup> {
        &self.handle
    }

    /// The path of the group in the tree.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// What the ids of other groups' rules call it: its logical id without `SecurityGroup` at the end.
    pub(super) fn short_name(&self) -> &str {
        let id = self.handle.logical_id().as_str();
        id.strip_suffix("SecurityGroup").filter(|name| !name.is_empty()).unwrap_or(id)
    }
}

/// The rule that stands where no other does.
pub(super) fn no_way_out() -> Egress {
    let mut rule = Egress::new("-1");
    rule.cidr_ip = Some("127.0.0.1/32".into());
    rule.description = Some("no way out".into());
    rule
}

/// Reports a description of a group or rule that EC2 refuses.
pub(super) fn check_description(scope: &mut Scope<'_>, text: &str) {
    let allowed = |c: char| c.is_ascii_alphanumeric() || DESCRIPTION_MARKS.contains(c);
    let message = if let Some(found) = text.chars().find(|c| !allowed(*c)) {
        format!("the description `{text}` of a security group or rule has a `{found}` in it")
    } else if text.len() > DESCRIPTION_LENGTH {
        format!("the description `{text}` of a security group or rule has {} characters", text.len())
    } else {
        return;
    };
    let marks = DESCRIPTION_MARKS.trim();
    scope.misuse(
        message,
        format!("use at most {DESCRIPTION_LENGTH} ASCII letters, digits, spaces and {marks}"),
    );
}
