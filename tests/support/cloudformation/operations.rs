//! What CloudFormation answers: stacks, change sets, events, resources.

use std::collections::{BTreeMap, BTreeSet};

use dify_cfn::cfn::evaluate::Settings;
use dify_cfn::cfn::read::read_bytes;
use dify_cfn::deploy::api::{
    ApiError, Capability, ChangeAction, ChangeDetail, ChangeSet, ChangeSetKind, ChangeSetStatus,
    ChangeSetSummary, CreateChangeSet, CreatedChangeSet, DescribeChangeSet, EventScope, ExecutionStatus,
    OperationEvent, OperationEventType, Output, Page, PolicyAction, PropertyChange, Replacement,
    ResourceChange, Stack, StackEvent, StackParameter, StackResource, StackStatus, StackSummary,
    TemplateSource,
};
use dify_cfn::deploy::capability;
use dify_cfn::deploy::clock::Timestamp;
use dify_cfn::deploy::picture::{Picture, picture};
use dify_cfn::deploy::template_diff;

use super::model::{FakeSet, FakeStack, State};

/// How long a change set takes.
const SET_MS: i64 = 4_000;

pub(super) fn refused(operation: &'static str, code: &str, message: impl Into<String>) -> ApiError {
    ApiError::answered(operation, 400, code, message)
}

pub(super) fn invalid(operation: &'static str, message: impl Into<String>) -> ApiError {
    refused(operation, "ValidationError", message)
}

impl State {
    /// The stack with that name or ARN.
    pub(crate) fn existing(&self, operation: &'static str, name: &str) -> Result<usize, ApiError> {
        self.find(name).ok_or_else(|| invalid(operation, format!("Stack with id {name} does not exist")))
    }

    pub(crate) fn describe_stack(&mut self, name: &str) -> Result<Stack, ApiError> {
        let index = self.existing("DescribeStacks", name)?;
        let stack = &self.stacks[index];
        let (mut status, mut updated) = (stack.status.clone(), stack.updated.map(Timestamp));
        if self.stale_reads > 0
            && let Some((id, old_status, old_updated)) = &self.stale
            && *id == stack.id
        {
            self.stale_reads -= 1;
            (status, updated) = (old_status.clone(), *old_updated);
        }
        let complete = status.as_str().ends_with("_COMPLETE");
        let outputs = if complete && stack.resources.contains_key("Cluster") {
            vec![Output { key: "Url".into(), value: "https://example.com".into(), ..Output::default() }]
        } else {
            Vec::new()
        };
        let no_echo = no_echo(&stack.template);
        Ok(Stack {
            id: stack.id.clone(),
            name: stack.name.clone(),
            status,
            status_reason: stack.reason.clone(),
            creation_time: Timestamp(stack.created),
            last_updated_time: updated,
            parameters: stack
                .parameters
                .iter()
                .map(|(key, value)| StackParameter {
                    key: key.clone(),
                    value: if no_echo.contains(key) { "****".into() } else { value.clone() },
                    resolved_value: None,
                })
                .collect(),
            tags: stack.tags.clone(),
            termination_protection: stack.termination_protection,
            change_set_id: stack.change_set_id.clone(),
            last_operations: if self.has_operations {
                stack.operations.iter().rev().take(3).cloned().collect()
            } else {
                Vec::new()
            },
            outputs,
            ..Stack::default()
        })
    }

    pub(crate) fn summaries(&self) -> Vec<StackSummary> {
        self.stacks
            .iter()
            .map(|stack| StackSummary {
                id: stack.id.clone(),
                name: stack.name.clone(),
                status: stack.status.clone(),
                creation_time: Timestamp(stack.created),
                deletion_time: (stack.status == StackStatus::DeleteComplete)
                    .then(|| Timestamp(stack.ended.unwrap_or_default())),
                parent_id: None,
            })
            .collect()
    }

    #[allow(clippy::too_many_lines, reason = "the checks of one call, in CloudFormation's order")]
    pub(crate) fn create_change_set(
        &mut self,
        request: &CreateChangeSet,
    ) -> Result<CreatedChangeSet, ApiError> {
        const OP: &str = "CreateChangeSet";
        self.requested_sets.push(request.clone());
        let found = self.find(&request.stack);
        if let Some(index) = found
            && let Some(set) = self.stacks[index].sets.iter().find(|set| set.name == request.name)
        {
            if set.token == request.client_token {
                return Ok(CreatedChangeSet { id: set.id.clone(), stack_id: self.stacks[index].id.clone() });
            }
            let message = format!("ChangeSet {} already exists", request.name);
            return Err(refused(OP, "AlreadyExistsException", message));
        }
        let index = match (request.kind, found) {
            (ChangeSetKind::Create, None) => None,
            (ChangeSetKind::Create, Some(index))
                if self.stacks[index].status == StackStatus::ReviewInProgress =>
            {
                Some(index)
            }
            (ChangeSetKind::Create, Some(_)) => {
                return Err(invalid(OP, format!("Stack [{}] already exists", request.stack)));
            }
            (_, None) => return Err(invalid(OP, format!("Stack [{}] does not exist", request.stack))),
            (_, Some(index)) => {
                let status = &self.stacks[index].status;
                let can_change = matches!(
                    status,
                    StackStatus::CreateComplete
                        | StackStatus::UpdateComplete
                        | StackStatus::UpdateRollbackComplete
                        | StackStatus::ImportComplete
                        | StackStatus::ImportRollbackComplete
                        | StackStatus::CreateFailed
                        | StackStatus::UpdateFailed
                );
                if !can_change {
                    let message =
                        format!("Stack:{} is in {status} state and can not be updated.", request.stack);
                    return Err(invalid(OP, message));
                }
                Some(index)
            }
        };
        let text = match &request.template {
            TemplateSource::Body(body) if body.len() > 51_200 => {
                return Err(invalid(OP, "1 validation error detected: templateBody is too long"));
            }
            TemplateSource::Body(body) => body.clone(),
            TemplateSource::Url(url) => {
                url.split_once('#').map(|(_, body)| body.to_owned()).unwrap_or_default()
            }
            TemplateSource::Previous => {
                index.map(|index| self.stacks[index].template.clone()).unwrap_or_default()
            }
        };
        let template = read_bytes("template", text.as_bytes())
            .map_err(|_| invalid(OP, "Template format error"))?
            .template;
        let missing = capability::needed(&template);
        let missing: Vec<Capability> =
            missing.into_iter().filter(|needed| !request.capabilities.contains(needed)).collect();
        if !missing.is_empty() {
            let message = format!("Requires capabilities : {missing:?}");
            return Err(refused(OP, "InsufficientCapabilitiesException", message));
        }
        let previous = index.map(|index| self.stacks[index].parameters.clone()).unwrap_or_default();
        let mut parameters = BTreeMap::new();
        for (name, declaration) in &template.parameters {
            let setting = request.parameters.iter().find(|setting| setting.key == *name);
            let value = match setting {
                Some(setting) => match &setting.value {
                    Some(value) => Some(value.clone()),
                    None => previous.get(name).cloned(),
                },
                None => declaration["Default"].as_str().map(str::to_owned),
            };
            let Some(value) = value else {
                return Err(invalid(OP, format!("Parameters: [{name}] must have values")));
            };
            parameters.insert(name.clone(), value);
        }
        if let Some(other) =
            request.parameters.iter().find(|setting| !template.parameters.contains_key(&setting.key))
        {
            return Err(invalid(OP, format!("Parameters: [{}] do not exist in the template", other.key)));
        }
        let index = index.unwrap_or_else(|| self.new_stack(&request.stack));
        let draw = |template: &str, parameters: &BTreeMap<String, String>| draw(template, parameters);
        let stack = &self.stacks[index];
        let before = if stack.resources.is_empty() {
            Picture::new()
        } else {
            draw(&stack.template, &stack.parameters)
        };
        let after = draw(&text, &parameters);
        let changes = self.changes(index, &before, &after);
        let mut reason = self.failing_set.clone().or_else(|| self.set_warning.clone());
        // Or it is found when the set is executed.
        if !self.validation.is_empty() && self.failing_execution.is_none() {
            reason = Some(
                "The following hook(s)/validation failed: [AWS::EarlyValidation::PropertyValidation]. To troubleshoot, use the DescribeEvents API".into(),
            );
        } else if self.failing_set.is_none()
            && changes.is_empty()
            && self.stacks[index].tags == request.tags.clone().unwrap_or_default()
        {
            reason = Some("The submitted information didn't contain changes. Submit different information to create a change set.".into());
        }
        let number = self.id();
        let id =
            format!("arn:aws:cloudformation:ap-northeast-1:123456789012:changeSet/{}/{number}", request.name);
        let stack_id = self.stacks[index].id.clone();
        let ready_at = if self.has_instant_sets { self.now } else { self.now + SET_MS };
        self.stacks[index].sets.push(FakeSet {
            id: id.clone(),
            name: request.name.clone(),
            token: request.client_token.clone(),
            kind: request.kind,
            template: text,
            parameters,
            tags: request.tags.clone(),
            request: request.clone(),
            ready_at,
            status: ChangeSetStatus::CreatePending,
            reason,
            execution: ExecutionStatus::Unavailable,
            changes,
            after,
        });
        Ok(CreatedChangeSet { id, stack_id })
    }

    /// A stack in review.
    pub(crate) fn new_stack(&mut self, name: &str) -> usize {
        let number = self.id();
        let id = format!("arn:aws:cloudformation:ap-northeast-1:123456789012:stack/{name}/{number}");
        self.stacks.push(FakeStack {
            id,
            name: name.to_owned(),
            status: StackStatus::ReviewInProgress,
            created: self.now,
            ..FakeStack::default()
        });
        self.stacks.len() - 1
    }

    fn changes(&self, index: usize, before: &Picture, after: &Picture) -> Vec<ResourceChange> {
        let resources = &self.stacks[index].resources;
        let mut found = Vec::new();
        for change in template_diff::resources(before, after) {
            let mut replacement = change.replacement;
            let details: Vec<ChangeDetail> = change
                .properties
                .iter()
                .map(|delta| {
                    let name = delta.path.split('/').nth(2).unwrap_or_default().to_owned();
                    let replaces = self.replacing.contains(&format!("{}.{name}", change.resource_type));
                    if replaces {
                        replacement = Replacement::True;
                    }
                    ChangeDetail {
                        attribute: "Properties".into(),
                        property: Some(PropertyChange {
                            name,
                            path: Some(delta.path.clone()),
                            requires_recreation: if replaces {
                                Replacement::True
                            } else {
                                Replacement::False
                            },
                            before: delta.before.clone(),
                            after: delta.after.clone(),
                            actual: None,
                        }),
                        ..ChangeDetail::default()
                    }
                })
                .collect();
            let is_kept = before
                .get(&change.logical_id)
                .and_then(|drawn| drawn.deletion_policy.as_ref())
                .is_some_and(|policy| *policy == "Retain" || *policy == "RetainExceptOnCreate");
            found.push(ResourceChange {
                policy_action: (change.action == ChangeAction::Remove).then_some(if is_kept {
                    PolicyAction::Retain
                } else {
                    PolicyAction::Delete
                }),
                action: change.action,
                physical_id: resources.get(&change.logical_id).map(|resource| resource.physical_id.clone()),
                logical_id: change.logical_id,
                resource_type: change.resource_type,
                replacement,
                details,
                ..ResourceChange::default()
            });
        }
        // What CREATE_FAILED left is made again.
        for (id, drawn) in
            after.iter().filter(|(id, _)| before.contains_key(*id) && !resources.contains_key(*id))
        {
            found.push(ResourceChange {
                action: ChangeAction::Add,
                logical_id: id.clone(),
                resource_type: drawn.resource_type.clone(),
                ..ResourceChange::default()
            });
        }
        found
    }

    pub(super) fn set(&mut self, name: &str, stack: Option<&str>) -> Option<(usize, usize)> {
        self.stacks.iter().enumerate().find_map(|(index, candidate)| {
            if stack.is_some_and(|stack| candidate.id != stack && candidate.name != stack)
                || stack.is_none() && !name.starts_with("arn:")
            {
                return None;
            }
            let at = candidate.sets.iter().position(|set| set.id == name || set.name == name)?;
            Some((index, at))
        })
    }

    pub(crate) fn describe_change_set(&mut self, request: &DescribeChangeSet) -> Result<ChangeSet, ApiError> {
        const OP: &str = "DescribeChangeSet";
        if let Some(stack) = &request.stack {
            self.existing(OP, stack)?;
        }
        let found = self.set(&request.change_set, request.stack.as_deref());
        let Some((index, at)) = found else {
            let message = format!("ChangeSet [{}] does not exist", request.change_set);
            return Err(refused(OP, "ChangeSetNotFound", message));
        };
        let page = self.page_size;
        let stack = &self.stacks[index];
        let set = &stack.sets[at];
        let from: usize = request.next_token.as_ref().map_or(0, |token| token.parse().expect("our token"));
        let is_made = set.status == ChangeSetStatus::CreateComplete;
        let changes: Vec<ResourceChange> =
            if is_made { set.changes.iter().skip(from).take(page).cloned().collect() } else { Vec::new() };
        Ok(ChangeSet {
            id: set.id.clone(),
            name: set.name.clone(),
            stack_id: stack.id.clone(),
            stack_name: stack.name.clone(),
            status: set.status.clone(),
            status_reason: set.reason.clone().filter(|_| set.status != ChangeSetStatus::CreatePending),
            execution_status: set.execution.clone(),
            changes,
            drift_status: None,
            next_token: (is_made && from + page < set.changes.len()).then(|| (from + page).to_string()),
        })
    }

    pub(crate) fn list_change_sets(&mut self, stack: &str) -> Result<Page<ChangeSetSummary>, ApiError> {
        let index = self.existing("ListChangeSets", stack)?;
        let items = self.stacks[index]
            .sets
            .iter()
            .map(|set| ChangeSetSummary {
                id: set.id.clone(),
                name: set.name.clone(),
                ..ChangeSetSummary::default()
            })
            .collect();
        Ok(Page { items, next_token: None })
    }

    pub(crate) fn stack_events(
        &mut self,
        name: &str,
        token: Option<&str>,
    ) -> Result<Page<StackEvent>, ApiError> {
        let index = self.existing("DescribeStackEvents", name)?;
        let from: usize = token.map_or(0, |token| token.parse().expect("our token"));
        let events = &self.stacks[index].events;
        let items = events.iter().rev().skip(from).take(self.page_size).cloned().collect();
        let next = from + self.page_size;
        Ok(Page { items, next_token: (next < events.len()).then(|| next.to_string()) })
    }

    pub(crate) fn operation_events(
        &mut self,
        scope: &EventScope,
        _only_failed: bool,
        token: Option<&str>,
    ) -> Result<Page<OperationEvent>, ApiError> {
        if !self.has_operations {
            return Err(refused(
                "DescribeEvents",
                "InvalidAction",
                "Could not find operation DescribeEvents",
            ));
        }
        let from: usize = token.map_or(0, |token| token.parse().expect("our token"));
        let now = Timestamp(self.now);
        let all: Vec<OperationEvent> = match scope {
            EventScope::ChangeSet(_) | EventScope::Stack(_) => self
                .validation
                .iter()
                .map(|(id, path, reason)| OperationEvent {
                    event_type: OperationEventType::ValidationError,
                    // An old one is of an earlier operation.
                    timestamp: if id == "Old" { Timestamp(0) } else { now },
                    logical_id: Some(id.clone()),
                    validation_name: Some("PROPERTY_VALIDATION".into()),
                    validation_path: Some(path.clone()),
                    validation_reason: Some(reason.clone()),
                    ..OperationEvent::default()
                })
                .collect(),
            EventScope::Operation(operation) => self
                .stacks
                .iter()
                .flat_map(|stack| &stack.events)
                .filter(|event| event.operation_id.as_ref() == Some(operation))
                .rev()
                .map(operation_event)
                .collect(),
        };
        let next = from + self.page_size;
        let next_token = (next < all.len()).then(|| next.to_string());
        Ok(Page { items: all.into_iter().skip(from).take(self.page_size).collect(), next_token })
    }

    pub(crate) fn stack_resources(
        &mut self,
        name: &str,
        token: Option<&str>,
    ) -> Result<Page<StackResource>, ApiError> {
        let index = self.existing("ListStackResources", name)?;
        let from: usize = token.map_or(0, |token| token.parse().expect("our token"));
        let resources = &self.stacks[index].resources;
        let items = resources.iter().skip(from).take(self.page_size).map(|(id, resource)| StackResource {
            logical_id: id.clone(),
            physical_id: Some(resource.physical_id.clone()),
            resource_type: resource.resource_type.clone(),
            status: resource.status.clone(),
            ..StackResource::default()
        });
        let next = from + self.page_size;
        Ok(Page { items: items.collect(), next_token: (next < resources.len()).then(|| next.to_string()) })
    }
}

pub(super) fn draw(template: &str, parameters: &BTreeMap<String, String>) -> Picture {
    if template.is_empty() {
        return Picture::new();
    }
    let read = read_bytes("template", template.as_bytes()).expect("it was read before");
    picture(&read.template, &Settings { parameters: parameters.clone(), ..Settings::default() })
}

fn no_echo(template: &str) -> BTreeSet<String> {
    let Ok(read) = read_bytes("template", template.as_bytes()) else { return BTreeSet::new() };
    let hidden = read.template.parameters.iter().filter(|(_, declaration)| declaration["NoEcho"] == true);
    hidden.map(|(name, _)| name.clone()).collect()
}

fn operation_event(event: &StackEvent) -> OperationEvent {
    OperationEvent {
        id: event.id.clone(),
        stack_id: event.stack_id.clone(),
        operation_id: event.operation_id.clone(),
        timestamp: event.timestamp,
        logical_id: Some(event.logical_id.clone()),
        physical_id: event.physical_id.clone(),
        resource_type: Some(event.resource_type.clone()),
        status: Some(event.status.clone()),
        status_reason: event.status_reason.clone(),
        ..OperationEvent::default()
    }
}
