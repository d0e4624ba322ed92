//! CloudFormation's answers.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value as Json;

use super::Call;
use super::change_sets::{create_set, describe_set, execute, head};
use super::model::{EventModel, Model, SetModel, StackModel, as_json};

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

pub(super) fn tag(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escaped(text))
}

pub(super) fn optional(name: &str, text: Option<&str>) -> String {
    text.map(|text| tag(name, text)).unwrap_or_default()
}

fn time(millis: i64) -> String {
    dify_cfn::deploy::clock::Timestamp(millis).to_string()
}

pub(super) fn missing(name: &str) -> Answer {
    error(400, "ValidationError", &format!("Stack with id {name} does not exist"))
}

/// A page of items, and the token of the next.
pub(super) fn page<T: Clone>(model: &Model, call: &Call, items: &[T]) -> (Vec<T>, String) {
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
        "DescribeEvents" if model.has_operations => describe_operation(model, call),
        "ListStackResources" => list_resources(model, call, &stack),
        "ListStacks" => {
            let member = |stack: &StackModel| {
                let is_gone = stack.status == "DELETE_COMPLETE";
                let deleted = stack.events.last().filter(|_| is_gone).map(|event| time(event.time));
                format!(
                    "<member>{}{}{}{}{}</member>",
                    tag("StackId", &stack.id),
                    tag("StackName", &stack.name),
                    tag("StackStatus", &stack.status),
                    tag("CreationTime", &time(stack.created)),
                    optional("DeletionTime", deleted.as_deref())
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
                model.roll_back(&stack, &token, "UPDATE_ROLLBACK_COMPLETE", false);
                result("CancelUpdateStack", "")
            }
            _ => {
                error(400, "ValidationError", "CancelUpdateStack cannot be called from current stack status")
            }
        },
        "ContinueUpdateRollback" => match model.stack(&stack).map(|found| found.status.clone()) {
            Some(status) if status == "UPDATE_ROLLBACK_FAILED" => {
                let token = call.get("ClientRequestToken").unwrap_or_default().to_owned();
                let force = call.get("ForceRollback") == Some("true");
                model.roll_back(&stack, &token, "UPDATE_ROLLBACK_COMPLETE", force);
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
            model.roll_back(&stack, &token, end, false);
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
    let operations = stack.operations.iter().rev().filter(|_| model.has_operations);
    let operations: String = operations
        .map(|(id, kind)| {
            format!("<member>{}{}</member>", tag("OperationType", kind), tag("OperationId", id))
        })
        .collect();
    let body = format!(
        "<Stacks><member>{}{}{}{}{}{}{}{}{}{}{}<LastOperations>{operations}</LastOperations></member></Stacks>",
        optional("ChangeSetId", stack.change_set.as_deref()),
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
    let template: Json = as_json(&stack.template);
    let no_echo = |name: &str| template["Parameters"][name]["NoEcho"] == Json::Bool(true);
    let shown = |(name, value): (&String, &String)| {
        let value = if no_echo(name) { "****".to_owned() } else { value.clone() };
        (name.clone(), value)
    };
    stack.parameters.iter().map(shown).collect()
}

/// The names of the template's outputs, each with a value made of it.
fn outputs(stack: &StackModel) -> BTreeMap<String, String> {
    let template: Json = as_json(&stack.template);
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
            "<member>{}{}{}{}{}{}{}{}{}{}{}</member>",
            tag("StackId", &stack.id),
            tag("StackName", &stack.name),
            tag("EventId", &event.id),
            optional("OperationId", Some(event.operation.as_str()).filter(|_| model.has_operations)),
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

/// Events of one operation, newest first.
fn describe_operation(model: &mut Model, call: &Call) -> Answer {
    let id = call.get("OperationId").unwrap_or_default();
    let all: Vec<_> = model
        .stacks
        .iter()
        .flat_map(|stack| stack.events.iter().rev().map(|event| (stack.id.clone(), event.clone())))
        .filter(|(_, event)| event.operation == id)
        .collect();
    if all.is_empty() {
        return error(400, "ValidationError", &format!("Operation {id} does not exist"));
    }
    let (shown, token) = page(model, call, &all);
    let member = |(stack_id, event): &(String, EventModel)| {
        [
            "<member><EventType>STACK_EVENT</EventType>".to_owned(),
            tag("StackId", stack_id),
            tag("EventId", &event.id),
            tag("OperationId", &event.operation),
            tag("LogicalResourceId", &event.logical_id),
            tag("PhysicalResourceId", &event.physical_id),
            tag("ResourceType", &event.kind),
            tag("ResourceStatus", &event.status),
            optional("ResourceStatusReason", event.reason.as_deref()),
            tag("Timestamp", &time(event.time)),
            "</member>".to_owned(),
        ]
        .concat()
    };
    let members: String = shown.iter().map(member).collect();
    result("DescribeEvents", &format!("<OperationEvents>{members}</OperationEvents>{token}"))
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
    let kept: Vec<String> =
        call.members("RetainResources").into_iter().filter_map(|mut member| member.remove("")).collect();
    let force = call.get("DeletionMode") == Some("FORCE_DELETE_STACK");
    if (force || !kept.is_empty()) && stack.status != "DELETE_FAILED" {
        return error(400, "ValidationError", "The stack isn't DELETE_FAILED: nothing can be left behind");
    }
    let token = call.get("ClientRequestToken").unwrap_or_default().to_owned();
    model.delete(&stack.id, &token, &kept, force);
    result("DeleteStack", "")
}
