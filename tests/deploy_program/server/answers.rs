//! CloudFormation's answers.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value as Json;

use super::Call;
use super::model::{Model, SetModel, StackModel, pictured};

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

pub(crate) fn error(status: u16, code: &str, message: &str) -> Answer {
    let body = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{}</Message></Error></ErrorResponse>",
        escaped(message)
    );
    Answer { status, body }
}

pub(crate) fn result(action: &str, result: &str) -> Answer {
    let body = format!(
        r#"<{action}Response xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><{action}Result>{result}</{action}Result></{action}Response>"#
    );
    Answer { status: 200, body }
}

pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn tag(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escaped(text))
}

fn optional(name: &str, text: Option<&str>) -> String {
    text.map(|text| tag(name, text)).unwrap_or_default()
}

fn time(millis: i64) -> String {
    dify_cfn::deploy::clock::Timestamp(millis).to_string()
}

fn missing(name: &str) -> Answer {
    error(400, "ValidationError", &format!("Stack with id {name} does not exist"))
}

/// A page of items, and the token of the next.
fn page<T: Clone>(model: &Model, call: &Call, items: &[T]) -> (Vec<T>, String) {
    let from: usize = call.get("NextToken").map_or(0, |token| token.parse().unwrap());
    let size = if model.page == 0 { usize::MAX } else { model.page };
    let shown: Vec<T> = items.iter().skip(from).take(size).cloned().collect();
    let end = from + shown.len();
    let token = if end < items.len() { tag("NextToken", &end.to_string()) } else { String::new() };
    (shown, token)
}

pub(crate) fn answer(model: &mut Model, call: &Call) -> Answer {
    let stack = call.get("StackName").unwrap_or_default().to_owned();
    match call.action.as_str() {
        "DescribeStacks" => describe_stacks(model, call, &stack),
        "DescribeStackEvents" => describe_events(model, call, &stack),
        "ListStackResources" => list_resources(model, call, &stack),
        "ListStacks" => {
            let member = |stack: &StackModel| {
                format!(
                    "<member>{}{}{}{}</member>",
                    tag("StackId", &stack.id),
                    tag("StackName", &stack.name),
                    tag("StackStatus", &stack.status),
                    tag("CreationTime", &time(stack.created))
                )
            };
            let members: String = model.stacks.iter().rev().map(member).collect();
            result("ListStacks", &format!("<StackSummaries>{members}</StackSummaries>"))
        }
        "CreateChangeSet" => create_set(model, call, &stack),
        "DescribeChangeSet" => describe_set(model, call),
        "ListChangeSets" => {
            let Some(found) = model.stack(&stack) else { return missing(&stack) };
            let sets = model.sets.iter().filter(|set| set.stack_id == found.id);
            let member = |set: &SetModel| format!("<member>{}</member>", head(set));
            let members: String = sets.map(member).collect();
            result("ListChangeSets", &format!("<Summaries>{members}</Summaries>"))
        }
        "ExecuteChangeSet" => execute(model, call),
        "DeleteChangeSet" => {
            let name = call.get("ChangeSetName").unwrap();
            model.sets.retain(|set| set.id != name);
            result("DeleteChangeSet", "")
        }
        "GetTemplate" => match model.stack(&stack) {
            None => missing(&stack),
            Some(found) if found.template.is_empty() => {
                error(400, "ValidationError", &format!("Stack {stack} does not exist"))
            }
            Some(found) => result("GetTemplate", &tag("TemplateBody", &found.template)),
        },
        "GetStackPolicy" => match model.stack(&stack) {
            None => missing(&stack),
            Some(found) => result("GetStackPolicy", &optional("StackPolicyBody", found.policy.as_deref())),
        },
        "SetStackPolicy" => match model.stack_mut(&stack) {
            None => missing(&stack),
            Some(found) => {
                found.policy = call.get("StackPolicyBody").map(str::to_owned);
                result("SetStackPolicy", "")
            }
        },
        "UpdateTerminationProtection" => match model.stack_mut(&stack) {
            None => missing(&stack),
            Some(found) => {
                found.termination_protection = call.get("EnableTerminationProtection") == Some("true");
                result("UpdateTerminationProtection", "")
            }
        },
        "DeleteStack" => delete(model, call, &stack),
        "CancelUpdateStack" => match model.stack(&stack).map(|found| found.status.clone()) {
            Some(status) if status == "UPDATE_IN_PROGRESS" => {
                let token = call.get("ClientRequestToken").unwrap_or_default().to_owned();
                model.roll_back(&stack, &token, "UPDATE_ROLLBACK_COMPLETE");
                result("CancelUpdateStack", "")
            }
            _ => {
                error(400, "ValidationError", "CancelUpdateStack cannot be called from current stack status")
            }
        },
        "ContinueUpdateRollback" => match model.stack(&stack).map(|found| found.status.clone()) {
            Some(status) if status == "UPDATE_ROLLBACK_FAILED" => {
                let token = call.get("ClientRequestToken").unwrap_or_default().to_owned();
                model.roll_back(&stack, &token, "UPDATE_ROLLBACK_COMPLETE");
                result("ContinueUpdateRollback", "")
            }
            _ => error(400, "ValidationError", "Stack is not in UPDATE_ROLLBACK_FAILED state"),
        },
        "RollbackStack" => {
            let end = match model.stack(&stack).map(|found| found.status.clone()).as_deref() {
                Some("CREATE_FAILED") => "ROLLBACK_COMPLETE",
                Some("UPDATE_FAILED") => "UPDATE_ROLLBACK_COMPLETE",
                _ => return error(400, "ValidationError", "Stack can't be rolled back"),
            };
            let token = call.get("ClientRequestToken").unwrap_or_default().to_owned();
            model.roll_back(&stack, &token, end);
            result("RollbackStack", "")
        }
        "DetectStackDrift" => result("DetectStackDrift", &tag("StackDriftDetectionId", "detection-1")),
        "DescribeStackDriftDetectionStatus" => {
            let count = model.drifted.len().to_string();
            let body = tag("DetectionStatus", "DETECTION_COMPLETE")
                + &tag("StackDriftDetectionId", "detection-1")
                + &tag("StackId", "s")
                + &tag("Timestamp", &time(0))
                + &tag("DriftedStackResourceCount", &count);
            result("DescribeStackDriftDetectionStatus", &body)
        }
        "DescribeStackResourceDrifts" => {
            let member = |id: &String| {
                format!(
                    "<member>{}<ResourceType>AWS::ECS::Service</ResourceType><StackId>s</StackId><Timestamp>{}</Timestamp>\
                     <StackResourceDriftStatus>MODIFIED</StackResourceDriftStatus><PropertyDifferences><member>\
                     <PropertyPath>/DesiredCount</PropertyPath><ExpectedValue>1</ExpectedValue><ActualValue>3</ActualValue>\
                     <DifferenceType>NOT_EQUAL</DifferenceType></member></PropertyDifferences></member>",
                    tag("LogicalResourceId", id),
                    time(0)
                )
            };
            let members: String = model.drifted.iter().map(member).collect();
            result(
                "DescribeStackResourceDrifts",
                &format!("<StackResourceDrifts>{members}</StackResourceDrifts>"),
            )
        }
        "ListHookResults" => result("ListHookResults", "<HookResults></HookResults>"),
        other => error(400, "InvalidAction", &format!("Could not find operation {other}")),
    }
}

fn describe_stacks(model: &mut Model, call: &Call, name: &str) -> Answer {
    model.pass(name);
    let Some(id) = model.stack(name).map(|stack| stack.id.clone()) else { return missing(name) };
    let status = model.shown_status(&id);
    let stack = model.stack(&id).unwrap();
    let pairs = |list: &str, key: &str, value: &str, pairs: &BTreeMap<String, String>| {
        let members: String = pairs
            .iter()
            .map(|(name, text)| format!("<member>{}{}</member>", tag(key, name), tag(value, text)))
            .collect();
        format!("<{list}>{members}</{list}>")
    };
    let hidden: BTreeMap<String, String> = shown_parameters(stack);
    let outputs = if status.ends_with("_COMPLETE") { outputs(stack) } else { BTreeMap::new() };
    let _ = call;
    let body = format!(
        "<Stacks><member>{}{}{}{}{}{}{}{}{}{}</member></Stacks>",
        tag("StackId", &stack.id),
        tag("StackName", &stack.name),
        tag("StackStatus", &status),
        optional("StackStatusReason", stack.reason.as_deref()),
        tag("CreationTime", &time(stack.created)),
        stack.updated.map(|updated| tag("LastUpdatedTime", &time(updated))).unwrap_or_default(),
        tag("EnableTerminationProtection", if stack.termination_protection { "true" } else { "false" }),
        pairs("Parameters", "ParameterKey", "ParameterValue", &hidden),
        pairs("Outputs", "OutputKey", "OutputValue", &outputs),
        pairs("Tags", "Key", "Value", &stack.tags),
    );
    result("DescribeStacks", &body)
}

/// Values of parameters; those without echo as AWS shows them.
fn shown_parameters(stack: &StackModel) -> BTreeMap<String, String> {
    let template: Json = serde_json::from_str(&stack.template).unwrap_or_default();
    let no_echo = |name: &str| template["Parameters"][name]["NoEcho"] == Json::Bool(true);
    let shown = |(name, value): (&String, &String)| {
        let value = if no_echo(name) { "****".to_owned() } else { value.clone() };
        (name.clone(), value)
    };
    stack.parameters.iter().map(shown).collect()
}

/// The names of the template's outputs, each with a value made of it.
fn outputs(stack: &StackModel) -> BTreeMap<String, String> {
    let template: Json = serde_json::from_str(&stack.template).unwrap_or_default();
    let names = template["Outputs"].as_object().into_iter().flatten();
    names.map(|(name, _)| (name.clone(), format!("value-of-{name}"))).collect()
}

fn describe_events(model: &mut Model, call: &Call, name: &str) -> Answer {
    if call.get("NextToken").is_none() {
        model.pass(name);
    }
    let Some(stack) = model.stack(name) else { return missing(name) };
    let newest_first: Vec<_> = stack.events.iter().rev().cloned().collect();
    let (shown, token) = page(model, call, &newest_first);
    let mut members = String::new();
    for event in shown {
        let _ = write!(
            members,
            "<member>{}{}{}{}{}{}{}{}{}{}</member>",
            tag("StackId", &stack.id),
            tag("StackName", &stack.name),
            tag("EventId", &event.id),
            tag("LogicalResourceId", &event.logical_id),
            tag("PhysicalResourceId", &event.physical_id),
            tag("ResourceType", &event.kind),
            tag("ResourceStatus", &event.status),
            optional("ResourceStatusReason", event.reason.as_deref()),
            tag("Timestamp", &time(event.time)),
            optional("ClientRequestToken", Some(event.token.as_str()).filter(|token| !token.is_empty())),
        );
    }
    result("DescribeStackEvents", &format!("<StackEvents>{members}</StackEvents>{token}"))
}

fn list_resources(model: &mut Model, call: &Call, name: &str) -> Answer {
    let Some(stack) = model.stack(name) else { return missing(name) };
    let all: Vec<_> = stack.resources.clone().into_iter().collect();
    let (shown, token) = page(model, call, &all);
    let member = |(id, resource): &(String, super::model::ResourceModel)| {
        format!(
            "<member>{}{}{}{}{}</member>",
            tag("LogicalResourceId", id),
            tag("PhysicalResourceId", &resource.physical_id),
            tag("ResourceType", &resource.kind),
            tag("ResourceStatus", &resource.status),
            tag("LastUpdatedTimestamp", &time(0))
        )
    };
    let members: String = shown.iter().map(member).collect();
    result(
        "ListStackResources",
        &format!("<StackResourceSummaries>{members}</StackResourceSummaries>{token}"),
    )
}

fn create_set(model: &mut Model, call: &Call, name: &str) -> Answer {
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
    let declared: Json =
        serde_json::from_str(&template).unwrap_or_else(|error| panic!("{error}: {template}"));
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
    let changes = changes(model, &old, &template, &parameters, &tags);
    let number = model.next();
    let id = format!("arn:aws:cloudformation:us-east-1:123456789012:changeSet/{set_name}/{number:08}");
    let alarms = call.members("RollbackConfiguration.RollbackTriggers");
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
        alarms: alarms.into_iter().map(|alarm| alarm["Arn"].clone()).collect(),
        on_failure: call.get("OnStackFailure").unwrap_or("ROLLBACK").to_owned(),
        pending: model.pending,
        status: if nothing { "FAILED" } else { "CREATE_COMPLETE" }.into(),
        reason: nothing.then(|| "The submitted information didn't contain changes. Submit different information to create a change set.".into()),
        execution: if nothing { "UNAVAILABLE" } else { "AVAILABLE" }.into(),
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
        if !old.resources.contains_key(id) {
            changes.push(("Add".to_owned(), id.clone(), kind));
        } else if before.get(id).is_none_or(|was| was.properties != resource.properties)
            || old.tags != *tags
            || model.replaced.contains(id)
        {
            changes.push(("Modify".to_owned(), id.clone(), kind));
        }
    }
    for (id, resource) in old.resources.iter().filter(|(id, _)| !after.contains_key(*id)) {
        changes.push(("Remove".to_owned(), id.clone(), resource.kind.clone()));
    }
    changes
}

fn head(set: &SetModel) -> String {
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

fn describe_set(model: &mut Model, call: &Call) -> Answer {
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
    let (shown, token) = page(model, call, &set.changes);
    let mut members = String::new();
    for (action, id, kind) in shown {
        let replaced = model.replaced.contains(&id);
        let policy = match (action.as_str(), replaced) {
            ("Remove", _) => tag("PolicyAction", "Delete"),
            (_, true) => tag("PolicyAction", "ReplaceAndDelete"),
            _ => String::new(),
        };
        let physical = stack.resources.get(&id).map(|resource| resource.physical_id.as_str());
        let replacement = (action == "Modify").then_some(if replaced { "True" } else { "False" });
        let _ = write!(
            members,
            "<member><Type>Resource</Type><ResourceChange>{}{policy}{}{}{}{}</ResourceChange></member>",
            tag("Action", &action),
            tag("LogicalResourceId", &id),
            optional("PhysicalResourceId", physical),
            tag("ResourceType", &kind),
            optional("Replacement", replacement),
        );
    }
    let body = head(&set) + &tag("StackName", &stack.name) + &format!("<Changes>{members}</Changes>{token}");
    result("DescribeChangeSet", &body)
}

fn execute(model: &mut Model, call: &Call) -> Answer {
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
    let token = token.to_owned();
    model.execute(&set, &token, keep);
    result("ExecuteChangeSet", "")
}

fn delete(model: &mut Model, call: &Call, name: &str) -> Answer {
    let Some(stack) = model.stack(name).cloned() else { return result("DeleteStack", "") };
    if stack.termination_protection {
        return error(
            400,
            "ValidationError",
            &format!("Stack [{name}] cannot be deleted while TerminationProtection is enabled"),
        );
    }
    if stack.status == "DELETE_COMPLETE" || stack.status == "DELETE_IN_PROGRESS" {
        return result("DeleteStack", "");
    }
    let token = call.get("ClientRequestToken").unwrap_or_default().to_owned();
    model.delete(&stack.id, &token);
    result("DeleteStack", "")
}
