//! Stacks, resources, templates and drift between the SDK's types and ours.

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::operation::delete_stack::builders::DeleteStackFluentBuilder;
use aws_sdk_cloudformation::operation::describe_stack_drift_detection_status::DescribeStackDriftDetectionStatusOutput;
use aws_sdk_cloudformation::operation::get_template_summary::GetTemplateSummaryOutput;
use aws_sdk_cloudformation::types as sdk;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;

use super::time::{optional, timestamp};
use crate::deploy::api::{
    DeleteStack, DriftDetection, DriftDetectionStatus, DriftStatus, Operation, Output, ParameterDeclaration,
    PropertyDifference, ResourceDrift, RollbackConfiguration, Stack, StackParameter, StackResource,
    StackStatus, StackSummary, TemplateSummary,
};

/// A stack.
pub(super) fn stack(stack: &sdk::Stack) -> Stack {
    Stack {
        id: stack.stack_id.clone().unwrap_or_default(),
        name: stack.stack_name.clone().unwrap_or_default(),
        status: status(stack.stack_status.as_ref()),
        status_reason: stack.stack_status_reason.clone().filter(|reason| !reason.is_empty()),
        detailed_status: stack.detailed_status.as_ref().map(|status| status.as_str().to_owned()),
        creation_time: optional(stack.creation_time.as_ref()).unwrap_or_default(),
        last_updated_time: optional(stack.last_updated_time.as_ref()),
        deletion_time: optional(stack.deletion_time.as_ref()),
        parameters: stack.parameters().iter().map(parameter).collect(),
        outputs: stack.outputs().iter().map(output).collect(),
        tags: stack.tags().iter().filter_map(|tag| Some((tag.key.clone()?, tag.value.clone()?))).collect(),
        capabilities: stack.capabilities().iter().map(|capability| capability.as_str().to_owned()).collect(),
        termination_protection: stack.enable_termination_protection.unwrap_or(false),
        role_arn: stack.role_arn.clone(),
        notification_arns: stack.notification_arns().to_vec(),
        rollback_configuration: stack.rollback_configuration.as_ref().map(rollback).unwrap_or_default(),
        disable_rollback: stack.disable_rollback.unwrap_or(false),
        change_set_id: stack.change_set_id.clone(),
        parent_id: stack.parent_id.clone(),
        last_operations: stack.last_operations().iter().filter_map(operation).collect(),
    }
}

fn status(status: Option<&sdk::StackStatus>) -> StackStatus {
    status.map(|status| StackStatus::from(status.as_str())).unwrap_or_default()
}

fn parameter(parameter: &sdk::Parameter) -> StackParameter {
    StackParameter {
        key: parameter.parameter_key.clone().unwrap_or_default(),
        value: parameter.parameter_value.clone().unwrap_or_default(),
        resolved_value: parameter.resolved_value.clone(),
    }
}

fn output(output: &sdk::Output) -> Output {
    Output {
        key: output.output_key.clone().unwrap_or_default(),
        value: output.output_value.clone().unwrap_or_default(),
        description: output.description.clone(),
        export_name: output.export_name.clone(),
    }
}

fn rollback(configuration: &sdk::RollbackConfiguration) -> RollbackConfiguration {
    let triggers = configuration.rollback_triggers().iter();
    RollbackConfiguration {
        alarm_arns: triggers.filter_map(|trigger| trigger.arn.clone()).collect(),
        monitoring_minutes: configuration
            .monitoring_time_in_minutes
            .and_then(|minutes| u32::try_from(minutes).ok())
            .unwrap_or(0),
    }
}

fn operation(entry: &sdk::OperationEntry) -> Option<Operation> {
    let kind = entry.operation_type.as_ref().map(|kind| kind.as_str().to_owned());
    Some(Operation { id: entry.operation_id.clone()?, kind: kind.unwrap_or_default() })
}

/// A stack in a list.
pub(super) fn summary(stack: &sdk::StackSummary) -> StackSummary {
    StackSummary {
        id: stack.stack_id.clone().unwrap_or_default(),
        name: stack.stack_name.clone().unwrap_or_default(),
        status: status(stack.stack_status.as_ref()),
        creation_time: optional(stack.creation_time.as_ref()).unwrap_or_default(),
        deletion_time: optional(stack.deletion_time.as_ref()),
        parent_id: stack.parent_id.clone(),
    }
}

/// A resource.
pub(super) fn resource(resource: &sdk::StackResourceSummary) -> StackResource {
    StackResource {
        logical_id: resource.logical_resource_id.clone().unwrap_or_default(),
        physical_id: resource.physical_resource_id.clone(),
        resource_type: resource.resource_type.clone().unwrap_or_default(),
        status: resource
            .resource_status
            .as_ref()
            .map(|status| status.as_str().to_owned())
            .unwrap_or_default(),
        status_reason: resource.resource_status_reason.clone(),
        last_updated_time: resource.last_updated_timestamp.as_ref().map(timestamp).unwrap_or_default(),
    }
}

/// `DeleteStack`'s request.
pub(super) fn delete(client: &Client, request: &DeleteStack) -> DeleteStackFluentBuilder {
    let retained = &request.retain_resources;
    client
        .delete_stack()
        .stack_name(&request.stack)
        .set_retain_resources((!retained.is_empty()).then(|| retained.clone()))
        .set_role_arn(request.role_arn.clone())
        .client_request_token(&request.client_request_token)
        .set_deletion_mode(request.force.then_some(sdk::DeletionMode::ForceDeleteStack))
}

/// Adds `ForceRollback` to a `ContinueUpdateRollback`: the newest SDK that builds with our oldest Rust doesn't have the field.
pub(super) fn force_rollback(request: &mut HttpRequest) {
    if let Some(body) = request.body().bytes() {
        let mut body = body.to_vec();
        body.extend_from_slice(b"&ForceRollback=true");
        let length = body.len().to_string();
        *request.body_mut() = SdkBody::from(body);
        request.headers_mut().insert("content-length", length);
    }
}

/// A template's summary.
pub(super) fn template_summary(summary: &GetTemplateSummaryOutput) -> TemplateSummary {
    let parameter = |parameter: &sdk::ParameterDeclaration| ParameterDeclaration {
        key: parameter.parameter_key.clone().unwrap_or_default(),
        type_name: parameter.parameter_type.clone().unwrap_or_default(),
        default: parameter.default_value.clone(),
        no_echo: parameter.no_echo.unwrap_or(false),
    };
    TemplateSummary {
        parameters: summary.parameters().iter().map(parameter).collect(),
        capabilities: summary
            .capabilities()
            .iter()
            .map(|capability| capability.as_str().to_owned())
            .collect(),
        capabilities_reason: summary.capabilities_reason.clone(),
        declared_transforms: summary.declared_transforms().to_vec(),
        resource_types: summary.resource_types().to_vec(),
    }
}

/// How far a detection of drift is.
pub(super) fn drift_detection(answer: &DescribeStackDriftDetectionStatusOutput) -> DriftDetection {
    DriftDetection {
        status: match &answer.detection_status {
            Some(sdk::StackDriftDetectionStatus::DetectionComplete) => DriftDetectionStatus::Complete,
            Some(sdk::StackDriftDetectionStatus::DetectionFailed) => DriftDetectionStatus::Failed,
            _ => DriftDetectionStatus::InProgress,
        },
        reason: answer.detection_status_reason.clone(),
        drifted_resources: answer
            .drifted_stack_resource_count
            .and_then(|count| u32::try_from(count).ok())
            .unwrap_or(0),
    }
}

/// The drift of a resource.
pub(super) fn resource_drift(drift: &sdk::StackResourceDrift) -> ResourceDrift {
    let difference = |difference: &sdk::PropertyDifference| PropertyDifference {
        path: difference.property_path.clone().unwrap_or_default(),
        expected: difference.expected_value.clone().unwrap_or_default(),
        actual: difference.actual_value.clone().unwrap_or_default(),
        kind: difference.difference_type.as_ref().map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
    };
    ResourceDrift {
        logical_id: drift.logical_resource_id.clone().unwrap_or_default(),
        physical_id: drift.physical_resource_id.clone(),
        resource_type: drift.resource_type.clone().unwrap_or_default(),
        status: match &drift.stack_resource_drift_status {
            Some(sdk::StackResourceDriftStatus::InSync) => DriftStatus::InSync,
            Some(sdk::StackResourceDriftStatus::Modified) => DriftStatus::Modified,
            Some(sdk::StackResourceDriftStatus::Deleted) => DriftStatus::Deleted,
            _ => DriftStatus::NotChecked,
        },
        differences: drift.property_differences().iter().map(difference).collect(),
    }
}
