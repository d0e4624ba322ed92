//! Change sets: made, described, executed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Call;
use super::answers::{Answer, error, missing, optional, page, result, tag};
use super::model::{Model, SetModel, StackModel, as_json, pictured};

pub(super) fn create_set(model: &mut Model, call: &Call, name: &str) -> Answer {
    let set_name = call.get("ChangeSetName").unwrap().to_owned();
    let token = call.get("ClientToken").unwrap_or_default().to_owned();
    let kind = call.get("ChangeSetType").unwrap_or("UPDATE").to_owned();
    let template = match (call.get("TemplateBody"), call.get("TemplateURL")) {
        (Some(body), _) if body.len() > 51_200 => {
            return error(
                400,
                "ValidationError",
                "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to 51200",
            );
        }
        (Some(body), _) => body.to_owned(),
        (None, Some(url)) => match model.objects.get(url) {
            Some(object) => String::from_utf8(object.clone()).unwrap(),
            None => return error(400, "ValidationError", "S3 error: Access Denied"),
        },
        (None, None) => model.stack(name).map(|stack| stack.template.clone()).unwrap_or_default(),
    };
    let found = model.stack(name).cloned();
    if let Some(stack) = &found {
        let same = model.sets.iter().find(|set| set.stack_id == stack.id && set.name == set_name);
        if let Some(set) = same {
            return if set.token == token {
                result("CreateChangeSet", &(tag("Id", &set.id) + &tag("StackId", &stack.id)))
            } else {
                error(400, "AlreadyExistsException", &format!("ChangeSet {set_name} already exists"))
            };
        }
    }
    let status = found.as_ref().map_or("", |stack| stack.status.as_str());
    let stack_id = match (kind.as_str(), status) {
        ("CREATE", "") => model.new_stack(name),
        ("CREATE", "REVIEW_IN_PROGRESS") => found.as_ref().unwrap().id.clone(),
        ("CREATE", _) => {
            return error(
                400,
                "AlreadyExistsException",
                &format!(
                    "Stack [{name}] already exists and cannot be created again with the changeSet [{set_name}]."
                ),
            );
        }
        (_, "" | "REVIEW_IN_PROGRESS") => return missing(name),
        (_, status) if status.ends_with("_IN_PROGRESS") || status == "ROLLBACK_COMPLETE" => {
            let id = &found.as_ref().unwrap().id;
            return error(
                400,
                "ValidationError",
                &format!("Stack:{id} is in {status} state and can not be updated."),
            );
        }
        _ => found.as_ref().unwrap().id.clone(),
    };
    let old = model.stack(&stack_id).unwrap().clone();
    let declared = as_json(&template);
    let mut parameters = BTreeMap::new();
    for (name, declaration) in declared["Parameters"].as_object().into_iter().flatten() {
        if let Some(default) = declaration["Default"].as_str() {
            parameters.insert(name.clone(), default.to_owned());
        } else if !declaration["Default"].is_null() {
            parameters.insert(name.clone(), declaration["Default"].to_string());
        }
    }
    for given in call.members("Parameters") {
        let key = given["ParameterKey"].clone();
        if declared["Parameters"].get(&key).is_none() {
            return error(
                400,
                "ValidationError",
                &format!("Parameters: [{key}] do not exist in the template"),
            );
        }
        let value = match given.get("ParameterValue") {
            Some(value) => value.clone(),
            None => match old.parameters.get(&key) {
                Some(value) => value.clone(),
                None => {
                    return error(
                        400,
                        "ValidationError",
                        &format!(
                            "Invalid input for parameter key {key}. Cannot specify usePreviousValue as true for a parameter key not in the previous template"
                        ),
                    );
                }
            },
        };
        parameters.insert(key, value);
    }
    let names = declared["Parameters"].as_object().into_iter().flatten().map(|(name, _)| name.clone());
    let unset: Vec<String> = names.filter(|name| !parameters.contains_key(name)).collect();
    if !unset.is_empty() {
        return error(
            400,
            "ValidationError",
            &format!("Parameters: [{}] must have values", unset.join(", ")),
        );
    }
    if template.contains("AWS::IAM::Role") && call.get("Capabilities.member.1").is_none() {
        return error(400, "InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_IAM]");
    }
    let tags: BTreeMap<String, String> =
        call.members("Tags").into_iter().map(|tag| (tag["Key"].clone(), tag["Value"].clone())).collect();
    let mut changes = changes(model, &old, &template, &parameters, &tags);
    if call.get("ImportExistingResources") == Some("true") {
        for (action, ..) in
            changes.iter_mut().filter(|(action, id, _)| action == "Add" && model.existing.contains(id))
        {
            "Import".clone_into(action);
        }
    }
    let number = model.next();
    let id = format!("arn:aws:cloudformation:us-east-1:123456789012:changeSet/{set_name}/{number:08}");
    let alarms = call.members("RollbackConfiguration.RollbackTriggers");
    let alarms = alarms.into_iter().filter(|alarm| alarm.contains_key("Arn"));
    let refusal = model.refusals.pop_front().flatten();
    let nothing = changes.is_empty() && kind == "UPDATE" && old.parameters == parameters && old.tags == tags;
    model.sets.push(SetModel {
        id: id.clone(),
        name: set_name,
        token,
        stack_id: stack_id.clone(),
        kind,
        template,
        parameters,
        tags,
        alarms: alarms.map(|alarm| alarm["Arn"].clone()).collect(),
        on_failure: call.get("OnStackFailure").unwrap_or("ROLLBACK").to_owned(),
        is_on_failure_told: call.get("OnStackFailure").is_some(),
        pending: model.pending,
        status: if nothing || refusal.is_some() { "FAILED" } else { "CREATE_COMPLETE" }.into(),
        reason: match &refusal {
            Some(refusal) => Some(refusal.reason.clone()),
            None => nothing.then(|| "The submitted information didn't contain changes. Submit different information to create a change set.".into()),
        },
        execution: if nothing || refusal.is_some() { "UNAVAILABLE" } else { "AVAILABLE" }.into(),
        changes,
    });
    result("CreateChangeSet", &(tag("Id", &id) + &tag("StackId", &stack_id)))
}

/// What a set does: action, logical id, type.
fn changes(
    model: &Model,
    old: &StackModel,
    template: &str,
    parameters: &BTreeMap<String, String>,
    tags: &BTreeMap<String, String>,
) -> Vec<(String, String, String)> {
    let after = pictured(template, parameters);
    let before =
        if old.template.is_empty() { after.clone() } else { pictured(&old.template, &old.parameters) };
    let mut changes = Vec::new();
    for (id, resource) in &after {
        let kind = resource.resource_type.clone();
        let status = old.resources.get(id).map_or("", |resource| resource.status.as_str());
        if status.is_empty() || status == "CREATE_FAILED" {
            changes.push(("Add".to_owned(), id.clone(), kind));
        } else if before.get(id).is_none_or(|was| was.properties != resource.properties)
            || old.tags != *tags
            || status == "UPDATE_FAILED"
            || model.replaced.contains(id)
        {
            changes.push(("Modify".to_owned(), id.clone(), kind));
        }
    }
    // A new revision of a task definition reaches its service.
    let revised: Vec<String> = changes
        .iter()
        .filter(|(_, _, kind)| kind == "AWS::ECS::TaskDefinition")
        .map(|(_, id, _)| id.clone())
        .collect();
    for (id, resource) in after.iter().filter(|(_, resource)| resource.resource_type == "AWS::ECS::Service") {
        let task_definition = resource.properties["TaskDefinition"].to_string();
        let is_told = changes.iter().any(|(_, changed, _)| changed == id);
        if !is_told && revised.iter().any(|revised| task_definition.contains(revised)) {
            changes.push(("Modify".to_owned(), id.clone(), resource.resource_type.clone()));
        }
    }
    for (id, resource) in old.resources.iter().filter(|(id, _)| !after.contains_key(*id)) {
        changes.push(("Remove".to_owned(), id.clone(), resource.kind.clone()));
    }
    changes
}

pub(super) fn head(set: &SetModel) -> String {
    let (status, execution) = if set.pending > 0 {
        ("CREATE_PENDING", "UNAVAILABLE")
    } else {
        (set.status.as_str(), set.execution.as_str())
    };
    [
        tag("ChangeSetId", &set.id),
        tag("ChangeSetName", &set.name),
        tag("StackId", &set.stack_id),
        tag("Status", status),
        tag("ExecutionStatus", execution),
        optional("StatusReason", set.reason.as_deref().filter(|_| set.pending == 0)),
    ]
    .concat()
}

pub(super) fn describe_set(model: &mut Model, call: &Call) -> Answer {
    let name = call.get("ChangeSetName").unwrap();
    let stack = call.get("StackName").and_then(|stack| model.stack(stack)).map(|stack| stack.id.clone());
    let found = model.sets.iter().position(|set| {
        set.id == name || (set.name == name && stack.as_deref() == Some(set.stack_id.as_str()))
    });
    let Some(index) = found else {
        return error(404, "ChangeSetNotFound", &format!("ChangeSet [{name}] does not exist"));
    };
    let set = model.sets[index].clone();
    model.sets[index].pending = set.pending.saturating_sub(1);
    if set.pending > 0 {
        return result("DescribeChangeSet", &head(&set));
    }
    let stack = model.stack(&set.stack_id).cloned().unwrap_or_default();
    let with_values = call.get("IncludePropertyValues") == Some("true");
    let is_cut = with_values && model.is_incomplete;
    let told = if is_cut { &set.changes[..set.changes.len() / 2] } else { &set.changes[..] };
    let (shown, token) = page(model, call, told);
    let mut members = String::new();
    for (action, id, kind) in shown {
        let replaced = action == "Modify" && model.is_replaced(&id, &kind);
        let details = model.details.get(&id).filter(|_| with_values);
        let details = details.map(|(path, before, after)| {
            let name = path.rsplit('/').next().unwrap_or_default();
            let target = tag("Attribute", "Properties")
                + &tag("Name", name)
                + &tag("Path", path)
                + &tag("BeforeValue", before)
                + &tag("AfterValue", after);
            format!("<Details><member><Target>{target}</Target></member></Details>")
        });
        let details = details.unwrap_or_default();
        let nested = optional("ChangeSetId", model.nested_sets.get(&id).map(String::as_str));
        let policy = match (action.as_str(), replaced) {
            ("Remove", _) => tag("PolicyAction", "Delete"),
            (_, true) => tag("PolicyAction", "ReplaceAndDelete"),
            _ => String::new(),
        };
        let physical = stack.resources.get(&id).map(|resource| resource.physical_id.as_str());
        let replacement = (action == "Modify").then_some(if replaced { "True" } else { "False" });
        let _ = write!(
            members,
            "<member><Type>Resource</Type><ResourceChange>{}{policy}{}{}{}{}{details}{nested}</ResourceChange></member>",
            tag("Action", &action),
            tag("LogicalResourceId", &id),
            optional("PhysicalResourceId", physical),
            tag("ResourceType", &kind),
            optional("Replacement", replacement),
        );
    }
    let warning = "[WARN] --include-property-values option can return incomplete ChangeSet data because: ChangeSet creation failed for resource [X] because: Template error";
    let mut set = set;
    set.reason = set.reason.or_else(|| is_cut.then(|| warning.to_owned()));
    let body = head(&set) + &tag("StackName", &stack.name) + &format!("<Changes>{members}</Changes>{token}");
    result("DescribeChangeSet", &body)
}

pub(super) fn execute(model: &mut Model, call: &Call) -> Answer {
    let id = call.get("ChangeSetName").unwrap();
    let token = call.get("ClientRequestToken").unwrap_or_default();
    let Some(set) = model.sets.iter().find(|set| set.id == id).cloned() else {
        return error(404, "ChangeSetNotFound", &format!("ChangeSet [{id}] does not exist"));
    };
    let stack = model.stack(&set.stack_id).unwrap();
    // The same token is the same request.
    if stack.events.iter().any(|event| event.token == token && !token.is_empty()) {
        return result("ExecuteChangeSet", "");
    }
    if set.execution != "AVAILABLE" || set.status != "CREATE_COMPLETE" {
        return error(
            400,
            "InvalidChangeSetStatus",
            &format!("ChangeSet [{id}] cannot be executed in its current status of [{}]", set.status),
        );
    }
    let keep = call.get("DisableRollback") == Some("true");
    if keep && set.is_on_failure_told {
        return error(400, "ValidationError", "DisableRollback and OnStackFailure can't be given together");
    }
    if !keep && matches!(stack.status.as_str(), "CREATE_FAILED" | "UPDATE_FAILED") {
        let message = format!(
            "This stack is currently in a non-terminal [{}] state. To update the stack from this state, please use the disable-rollback parameter with update-stack API. To rollback to the last known good state, use the rollback-stack API",
            stack.status
        );
        return error(400, "ValidationError", &message);
    }
    let token = token.to_owned();
    model.execute(&set, &token, keep);
    result("ExecuteChangeSet", "")
}
