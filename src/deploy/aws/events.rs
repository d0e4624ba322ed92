//! Events and hooks between the SDK's types and ours.

use aws_sdk_cloudformation::operation::get_hook_result::GetHookResultOutput;
use aws_sdk_cloudformation::types as sdk;

use super::time::optional;
use crate::deploy::api::{Annotation, HookResult, OperationEvent, OperationEventType, StackEvent};

/// An event of `DescribeStackEvents`.
pub(super) fn stack_event(event: &sdk::StackEvent) -> StackEvent {
    StackEvent {
        id: event.event_id.clone().unwrap_or_default(),
        stack_id: event.stack_id.clone().unwrap_or_default(),
        timestamp: optional(event.timestamp.as_ref()).unwrap_or_default(),
        logical_id: event.logical_resource_id.clone().unwrap_or_default(),
        physical_id: event.physical_resource_id.clone().filter(|id| !id.is_empty()),
        resource_type: event.resource_type.clone().unwrap_or_default(),
        status: event.resource_status.as_ref().map(|status| status.as_str().to_owned()).unwrap_or_default(),
        status_reason: event.resource_status_reason.clone(),
        detailed_status: event.detailed_status.as_ref().map(|status| status.as_str().to_owned()),
        client_request_token: event.client_request_token.clone(),
        operation_id: event.operation_id.clone(),
        hook_type: event.hook_type.clone(),
        hook_status_reason: event.hook_status_reason.clone(),
        hook_invocation_id: event.hook_invocation_id.clone(),
    }
}

/// An event of `DescribeEvents`.
pub(super) fn operation_event(event: &sdk::OperationEvent) -> OperationEvent {
    let kind = event.event_type.as_ref();
    OperationEvent {
        id: event.event_id.clone().unwrap_or_default(),
        stack_id: event.stack_id.clone().unwrap_or_default(),
        operation_id: event.operation_id.clone(),
        operation_type: event.operation_type.as_ref().map(|kind| kind.as_str().to_owned()),
        operation_status: event.operation_status.as_ref().map(|status| status.as_str().to_owned()),
        event_type: kind.map(|kind| OperationEventType::from(kind.as_str())).unwrap_or_default(),
        timestamp: optional(event.timestamp.as_ref()).unwrap_or_default(),
        logical_id: event.logical_resource_id.clone(),
        physical_id: event.physical_resource_id.clone().filter(|id| !id.is_empty()),
        resource_type: event.resource_type.clone(),
        status: event.resource_status.as_ref().map(|status| status.as_str().to_owned()),
        status_reason: event.resource_status_reason.clone(),
        detailed_status: event.detailed_status.as_ref().map(|status| status.as_str().to_owned()),
        client_request_token: event.client_request_token.clone(),
        validation_name: event.validation_name.clone(),
        validation_failure_mode: event.validation_failure_mode.as_ref().map(|mode| mode.as_str().to_owned()),
        validation_path: event.validation_path.clone(),
        validation_reason: event.validation_status_reason.clone(),
        hook_type: event.hook_type.clone(),
        hook_status_reason: event.hook_status_reason.clone(),
        hook_invocation_id: None,
    }
}

/// A hook's result in a list.
pub(super) fn hook_summary(result: &sdk::HookResultSummary) -> HookResult {
    HookResult {
        id: result.hook_result_id.clone().unwrap_or_default(),
        hook_type: result.type_name.clone().unwrap_or_default(),
        status: result.status.as_ref().map(|status| status.as_str().to_owned()).unwrap_or_default(),
        failure_mode: result.failure_mode.as_ref().map(|mode| mode.as_str().to_owned()),
        status_reason: result.hook_status_reason.clone(),
        logical_id: None,
        annotations: Vec::new(),
    }
}

/// A hook's result with its findings.
pub(super) fn hook_result(result: &GetHookResultOutput) -> HookResult {
    let annotation = |annotation: &sdk::Annotation| Annotation {
        name: annotation.annotation_name.clone().unwrap_or_default(),
        status: annotation.status.as_ref().map(|status| status.as_str().to_owned()).unwrap_or_default(),
        status_message: annotation.status_message.clone(),
        remediation_message: annotation.remediation_message.clone(),
        remediation_link: annotation.remediation_link.clone(),
        severity: annotation.severity_level.as_ref().map(|level| level.as_str().to_owned()),
    };
    HookResult {
        id: result.hook_result_id.clone().unwrap_or_default(),
        hook_type: result.type_name.clone().unwrap_or_default(),
        status: result.status.as_ref().map(|status| status.as_str().to_owned()).unwrap_or_default(),
        failure_mode: result.failure_mode.as_ref().map(|mode| mode.as_str().to_owned()),
        status_reason: result.hook_status_reason.clone(),
        logical_id: None,
        annotations: result.annotations().iter().map(annotation).collect(),
    }
}
