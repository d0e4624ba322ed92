//! A record of a VPC's traffic.

use crate::cfn::Handle;
use crate::resources::ec2::{CfnFlowLog, CfnVpc, flow_log};

use super::super::{Grantable, LogGroup, LogGroupProps, PolicyStatement, Removal, Role, RoleProps, Scope};

pub use crate::resources::ec2::flow_log::TrafficType;

/// How traffic is logged. Costs money by volume, for delivery and for storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowLogs {
    /// Which traffic. All of it; what was refused alone costs little and still answers "which rule is missing?".
    pub traffic: TrafficType,
    /// Days until records are deleted. 30.
    pub retention_days: u32,
    /// What becomes of the records when the stack goes. Deleted.
    pub removal: Removal,
}

impl Default for FlowLogs {
    fn default() -> Self {
        Self { traffic: TrafficType::All, retention_days: 30, removal: Removal::Deleted }
    }
}

/// Adds the log group, the role that writes into it, and the flow log.
///
/// Source: Amazon VPC User Guide, "IAM role for publishing flow logs to `CloudWatch` Logs". That role may write into any
/// group; this one into its own.
pub(super) fn add(scope: &mut Scope<'_>, vpc: &Handle<CfnVpc>, props: &FlowLogs) {
    let group = LogGroupProps {
        retention_days: props.retention_days,
        removal: props.removal,
        ..LogGroupProps::default()
    };
    let group = LogGroup::new(&mut scope.child("FlowLogGroup"), group);
    let role =
        Role::new(&mut scope.child("FlowLogRole"), RoleProps::for_service("vpc-flow-logs.amazonaws.com"));
    group.grant_write(scope, &role);
    let group_arn = group.handle().arn();
    role.grant(scope, &PolicyStatement::allow(["logs:DescribeLogStreams"], [group_arn]));
    // The one action that can't be confined to a group.
    role.grant(scope, &PolicyStatement::allow(["logs:DescribeLogGroups"], ["*".into()]));
    let mut log = CfnFlowLog::new(vpc.reference(), flow_log::ResourceType::Vpc);
    log.traffic_type = Some(props.traffic.into());
    log.log_destination_type = Some(flow_log::LogDestinationType::CloudWatchLogs.into());
    log.log_group_name = Some(group.name());
    log.deliver_logs_permission_arn = Some(role.arn());
    scope.add("FlowLog", log);
}
