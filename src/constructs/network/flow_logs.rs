//! A record of a VPC's traffic.

use serde_json::json;

use crate::cfn::{Handle, PseudoParameter};
use crate::resources::ec2::{CfnFlowLog, CfnVpc, flow_log};
use crate::resources::iam::{CfnRole, role};
use crate::resources::logs::CfnLogGroup;

use super::super::Scope;

/// How traffic is logged. Costs money by volume, for delivery and for storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowLogs {
    /// Which traffic: what was refused is cheap and answers "which rule is missing?"; everything is for forensics.
    pub traffic: flow_log::TrafficType,
    /// Days until records are deleted.
    pub retention_days: u32,
}

/// Adds the log group, the role that writes into it, and the flow log.
///
/// Source: Amazon VPC User Guide, "IAM role for publishing flow logs to CloudWatch Logs". The log group has no name of
/// its own, so that the role may write into exactly this one.
pub(super) fn add(scope: &mut Scope<'_>, vpc: &Handle<CfnVpc>, props: &FlowLogs) {
    let group = scope.add(
        "FlowLogGroup",
        CfnLogGroup { retention_in_days: Some(props.retention_days.into()), ..Default::default() },
    );
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                "Resource": group.arn(),
            },
            // The one action without a resource of its own.
            { "Effect": "Allow", "Action": "logs:DescribeLogGroups", "Resource": "*" },
        ],
    });
    let mut role = CfnRole::new(json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": "vpc-flow-logs.amazonaws.com" },
            "Action": "sts:AssumeRole",
            "Condition": { "StringEquals": { "aws:SourceAccount": PseudoParameter::AccountId.reference() } },
        }],
    }));
    role.policies = Some(vec![role::Policy::new(policy, "write")].into());
    let role = scope.add("FlowLogRole", role);
    let mut log = CfnFlowLog::new(vpc.reference(), flow_log::ResourceType::Vpc);
    log.traffic_type = Some(props.traffic.into());
    log.log_destination_type = Some(flow_log::LogDestinationType::CloudWatchLogs.into());
    log.log_group_name = Some(group.reference());
    log.deliver_logs_permission_arn = Some(role.arn());
    scope.add("FlowLog", log);
}
