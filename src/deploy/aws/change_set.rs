//! Change sets between the SDK's types and ours.

use aws_sdk_cloudformation::operation::create_change_set::builders::CreateChangeSetInputBuilder;
use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::types as sdk;

use crate::deploy::api::{
    Capability, ChangeAction, ChangeDetail, ChangeSet, ChangeSetKind, ChangeSetStatus, ChangeSetSummary,
    CreateChangeSet, Evaluation, ExecutionStatus, OnStackFailure, ParameterSetting, PolicyAction,
    PropertyChange, Replacement, ResourceChange, ResourceToImport, RollbackConfiguration, TemplateSource,
};

/// `CreateChangeSet`'s input. What is off or not given is left out: an empty list would wipe what the stack has.
pub(super) fn create(request: &CreateChangeSet) -> CreateChangeSetInputBuilder {
    let (body, url, previous) = match &request.template {
        TemplateSource::Body(body) => (Some(body.clone()), None, None),
        TemplateSource::Url(url) => (None, Some(url.clone()), None),
        TemplateSource::Previous => (None, None, Some(true)),
    };
    let tags = request.tags.as_ref();
    let tags = tags.map(|tags| tags.iter().map(|(key, value)| tag(key, value)).collect());
    let imported = some(request.resources_to_import.iter().map(resource_to_import).collect());
    let rollback = request.rollback_configuration.as_ref().map(rollback_configuration);
    CreateChangeSetInputBuilder::default()
        .stack_name(&request.stack)
        .change_set_name(&request.name)
        .change_set_type(match request.kind {
            ChangeSetKind::Create => sdk::ChangeSetType::Create,
            ChangeSetKind::Update => sdk::ChangeSetType::Update,
            ChangeSetKind::Import => sdk::ChangeSetType::Import,
        })
        .set_template_body(body)
        .set_template_url(url)
        .set_use_previous_template(previous)
        .set_parameters(some(request.parameters.iter().map(parameter).collect()))
        .set_tags(tags)
        .set_capabilities(some(request.capabilities.iter().copied().map(capability).collect()))
        .set_role_arn(request.role_arn.clone())
        .set_notification_arns(request.notification_arns.clone())
        .set_rollback_configuration(rollback)
        .client_token(&request.client_token)
        .set_description(request.description.clone())
        .set_include_nested_stacks(request.include_nested_stacks.then_some(true))
        .set_on_stack_failure(request.on_stack_failure.map(|what| match what {
            OnStackFailure::Rollback => sdk::OnStackFailure::Rollback,
            OnStackFailure::Delete => sdk::OnStackFailure::Delete,
            OnStackFailure::Keep => sdk::OnStackFailure::DoNothing,
        }))
        .set_import_existing_resources(request.import_existing_resources.then_some(true))
        .set_resources_to_import(imported)
        .set_deployment_mode(request.revert_drift.then_some(sdk::DeploymentMode::RevertDrift))
}

/// A list if there is something in it.
fn some<T>(items: Vec<T>) -> Option<Vec<T>> {
    (!items.is_empty()).then_some(items)
}

fn tag(key: &str, value: &str) -> sdk::Tag {
    sdk::Tag::builder().key(key).value(value).build()
}

fn parameter(setting: &ParameterSetting) -> sdk::Parameter {
    let built = sdk::Parameter::builder().parameter_key(&setting.key);
    match &setting.value {
        Some(value) => built.parameter_value(value),
        None => built.use_previous_value(true),
    }
    .build()
}

fn capability(capability: Capability) -> sdk::Capability {
    match capability {
        Capability::Iam => sdk::Capability::CapabilityIam,
        Capability::NamedIam => sdk::Capability::CapabilityNamedIam,
        Capability::AutoExpand => sdk::Capability::CapabilityAutoExpand,
    }
}

fn resource_to_import(resource: &ResourceToImport) -> sdk::ResourceToImport {
    let identifier = resource.identifier.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    sdk::ResourceToImport::builder()
        .logical_resource_id(&resource.logical_id)
        .resource_type(&resource.resource_type)
        .set_resource_identifier(Some(identifier))
        .build()
}

fn rollback_configuration(configuration: &RollbackConfiguration) -> sdk::RollbackConfiguration {
    let trigger =
        |arn: &String| sdk::RollbackTrigger::builder().arn(arn).r#type("AWS::CloudWatch::Alarm").build();
    sdk::RollbackConfiguration::builder()
        .set_rollback_triggers(Some(configuration.alarm_arns.iter().map(trigger).collect()))
        .monitoring_time_in_minutes(i32::try_from(configuration.monitoring_minutes).unwrap_or(i32::MAX))
        .build()
}

/// A page of a set.
pub(super) fn change_set(page: DescribeChangeSetOutput) -> ChangeSet {
    ChangeSet {
        changes: page.changes().iter().filter_map(|change| change.resource_change()).map(change).collect(),
        status: page.status.as_ref().map(|status| ChangeSetStatus::from(status.as_str())).unwrap_or_default(),
        execution_status: page.execution_status.as_ref().map(execution_status).unwrap_or_default(),
        drift_status: page.stack_drift_status.as_ref().map(|status| status.as_str().to_owned()),
        id: page.change_set_id.unwrap_or_default(),
        name: page.change_set_name.unwrap_or_default(),
        stack_id: page.stack_id.unwrap_or_default(),
        stack_name: page.stack_name.unwrap_or_default(),
        status_reason: page.status_reason,
        next_token: page.next_token,
    }
}

/// A set in a list.
pub(super) fn summary(summary: &sdk::ChangeSetSummary) -> ChangeSetSummary {
    ChangeSetSummary {
        id: summary.change_set_id.clone().unwrap_or_default(),
        name: summary.change_set_name.clone().unwrap_or_default(),
        status: summary
            .status
            .as_ref()
            .map(|status| ChangeSetStatus::from(status.as_str()))
            .unwrap_or_default(),
        status_reason: summary.status_reason.clone(),
        execution_status: summary.execution_status.as_ref().map(execution_status).unwrap_or_default(),
    }
}

fn execution_status(status: &sdk::ExecutionStatus) -> ExecutionStatus {
    ExecutionStatus::from(status.as_str())
}

fn change(change: &sdk::ResourceChange) -> ResourceChange {
    ResourceChange {
        action: change.action.as_ref().map(|action| ChangeAction::from(action.as_str())).unwrap_or_default(),
        logical_id: change.logical_resource_id.clone().unwrap_or_default(),
        physical_id: change.physical_resource_id.clone(),
        resource_type: change.resource_type.clone().unwrap_or_default(),
        replacement: match &change.replacement {
            Some(sdk::Replacement::True) => Replacement::True,
            Some(sdk::Replacement::Conditional) => Replacement::Conditional,
            _ => Replacement::False,
        },
        policy_action: change.policy_action.as_ref().and_then(|action| PolicyAction::parse(action.as_str())),
        scope: change.scope().iter().map(|part| part.as_str().to_owned()).collect(),
        details: change.details().iter().map(detail).collect(),
        before: change.before_context.clone(),
        after: change.after_context.clone(),
        nested_change_set_id: change.change_set_id.clone(),
        drift_status: change.resource_drift_status.as_ref().map(|status| status.as_str().to_owned()),
    }
}

fn detail(detail: &sdk::ResourceChangeDetail) -> ChangeDetail {
    let target = detail.target.as_ref();
    let attribute = target.and_then(|target| target.attribute.as_ref());
    ChangeDetail {
        attribute: attribute.map(|attribute| attribute.as_str().to_owned()).unwrap_or_default(),
        property: target.and_then(property),
        source: detail.change_source.as_ref().map(|source| source.as_str().to_owned()),
        causing_entity: detail.causing_entity.clone(),
        evaluation: match &detail.evaluation {
            Some(sdk::EvaluationType::Dynamic) => Evaluation::Dynamic,
            _ => Evaluation::Static,
        },
    }
}

fn property(target: &sdk::ResourceTargetDefinition) -> Option<PropertyChange> {
    if target.name.is_none() && target.path.is_none() {
        return None;
    }
    Some(PropertyChange {
        name: target.name.clone().unwrap_or_default(),
        path: target.path.clone(),
        requires_recreation: match &target.requires_recreation {
            Some(sdk::RequiresRecreation::Always) => Replacement::True,
            Some(sdk::RequiresRecreation::Conditionally) => Replacement::Conditional,
            _ => Replacement::False,
        },
        before: target.before_value.clone(),
        after: target.after_value.clone(),
        actual: target.drift.as_ref().and_then(|drift| drift.actual_value.clone()),
    })
}
