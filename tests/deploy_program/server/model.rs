//! Stacks, change sets and events, and what a test sets about them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use dify_cfn::cfn::evaluate::Settings;
use dify_cfn::cfn::read::read_bytes;
use dify_cfn::deploy::picture::{Picture, picture};

use super::operations::Operation;
use super::other_services::{Subnet, network};

pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const REGION: &str = "us-east-1";

/// A resource that fails when it is made or changed.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    /// The stack's name: no resource fails, the stack alone says the reason.
    pub(crate) logical_id: String,
    pub(crate) reason: String,
    /// Whether taking it back fails too.
    pub(crate) sticks: bool,
}

/// What a set is refused for when it is made.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) reason: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) address: String,
    pub(crate) stacks: Vec<StackModel>,
    pub(crate) sets: Vec<SetModel>,
    pub(crate) objects: BTreeMap<String, Vec<u8>>,
    pub(crate) secure_parameters: BTreeMap<String, String>,
    /// Those of them that are no `SecureString`.
    pub(crate) plain_parameters: BTreeSet<String>,
    /// Ids and names of VPCs.
    pub(crate) vpcs: Vec<(String, String)>,
    pub(crate) subnets: Vec<Subnet>,
    /// The next operations fail so, one after the other.
    pub(crate) failures: VecDeque<Option<Failure>>,
    /// How often a new set is pending before it is there.
    pub(crate) pending: usize,
    /// Items on a page; 0: all.
    pub(crate) page: usize,
    /// Looks at a stack that pass before an operation begins.
    pub(crate) slow: usize,
    /// Looks at a stack after an execution that still show what was before.
    pub(crate) stale: usize,
    /// Whether all events have the same time.
    pub(crate) is_frozen: bool,
    /// Ids that a change set says are replaced, beside task definitions, which always are.
    pub(crate) replaced: Vec<String>,
    /// Property changes that a set tells of a resource, if values are asked for: path, before, after.
    pub(crate) details: BTreeMap<String, (String, String, String)>,
    /// Whether sets with values are incomplete.
    pub(crate) is_incomplete: bool,
    /// Sets of nested stacks, by the resource that a set tells them of.
    pub(crate) nested_sets: BTreeMap<String, String>,
    /// The next sets are refused so.
    pub(crate) refusals: VecDeque<Option<Refusal>>,
    /// Logical ids of what exists under the template's names, and is adopted by a set that may.
    pub(crate) existing: Vec<String>,
    /// Whether operations have ids, and `DescribeEvents` is known.
    pub(crate) has_operations: bool,
    /// The certificate's status.
    pub(crate) certificate: Option<String>,
    /// Alarms that aren't `OK`, by name.
    pub(crate) alarm_states: BTreeMap<String, String>,
    /// Reasons of the stopped tasks of any service.
    pub(crate) stopped: Vec<String>,
    /// The account that calls come from, if it isn't [`ACCOUNT`].
    pub(crate) account: Option<String>,
    /// Resources that were changed by hand.
    pub(crate) drifted: Vec<String>,
    /// Executions that began, by stack.
    pub(crate) begun: Vec<String>,
    clock: i64,
    number: usize,
}

impl Default for Model {
    fn default() -> Self {
        let (vpcs, subnets) = network();
        Self {
            vpcs,
            subnets,
            address: String::new(),
            stacks: Vec::new(),
            sets: Vec::new(),
            objects: BTreeMap::new(),
            secure_parameters: BTreeMap::new(),
            plain_parameters: BTreeSet::new(),
            failures: VecDeque::new(),
            pending: 0,
            page: 0,
            slow: 0,
            stale: 0,
            is_frozen: false,
            replaced: Vec::new(),
            details: BTreeMap::new(),
            is_incomplete: false,
            nested_sets: BTreeMap::new(),
            refusals: VecDeque::new(),
            existing: Vec::new(),
            has_operations: false,
            certificate: None,
            alarm_states: BTreeMap::new(),
            stopped: Vec::new(),
            account: None,
            drifted: Vec::new(),
            begun: Vec::new(),
            clock: 0,
            number: 0,
        }
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct StackModel {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) reason: Option<String>,
    pub(crate) template: String,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) policy: Option<String>,
    pub(crate) termination_protection: bool,
    pub(crate) resources: BTreeMap<String, ResourceModel>,
    pub(crate) events: Vec<EventModel>,
    pub(crate) created: i64,
    pub(crate) updated: Option<i64>,
    pub(crate) alarms: Vec<String>,
    /// The set that was executed last.
    pub(crate) change_set: Option<String>,
    /// Ids and kinds of operations, oldest first.
    pub(crate) operations: Vec<(String, String)>,
    pub(super) operation: Option<Operation>,
    /// Template, parameters and tags before the last execution.
    pub(super) before: Option<Content>,
    pub(super) shown_before: Option<(usize, String)>,
}

/// What a stack is made of.
#[derive(Debug, Clone)]
pub(super) struct Content {
    pub(super) template: String,
    pub(super) parameters: BTreeMap<String, String>,
    pub(super) tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ResourceModel {
    pub(crate) kind: String,
    pub(crate) physical_id: String,
    pub(crate) status: String,
}

#[derive(Debug, Clone)]
pub(crate) struct EventModel {
    pub(crate) id: String,
    pub(crate) logical_id: String,
    pub(crate) physical_id: String,
    pub(crate) kind: String,
    pub(crate) status: String,
    pub(crate) reason: Option<String>,
    pub(crate) token: String,
    pub(crate) time: i64,
    /// The operation that it belongs to.
    pub(crate) operation: String,
}

#[derive(Debug, Clone)]
pub(crate) struct SetModel {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) token: String,
    pub(crate) stack_id: String,
    pub(crate) kind: String,
    pub(crate) template: String,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) alarms: Vec<String>,
    pub(crate) on_failure: String,
    /// Whether the request said what happens at a failure.
    pub(crate) is_on_failure_told: bool,
    pub(crate) pending: usize,
    pub(crate) status: String,
    pub(crate) reason: Option<String>,
    pub(crate) execution: String,
    pub(crate) changes: Vec<(String, String, String)>,
}

/// The ARN of a nested stack.
pub(crate) fn nested_id(stack: &str, id: &str) -> String {
    format!("arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{stack}-{id}/nested")
}

/// What a service calls a resource; ECS services have an ARN, which names the cluster.
pub(super) fn physical(stack: &str, kind: &str, id: &str) -> String {
    match kind {
        "AWS::CloudFormation::Stack" => nested_id(stack, id),
        "AWS::ECS::Service" => format!("arn:aws:ecs:{REGION}:{ACCOUNT}:service/{stack}/{id}"),
        _ => format!("{stack}-{id}"),
    }
}

/// A template as JSON, short forms written out: it comes in whichever form is smaller.
pub(crate) fn as_json(template: &str) -> serde_json::Value {
    if template.is_empty() {
        return serde_json::Value::Null;
    }
    let read = read_bytes("template.yaml", template.as_bytes()).unwrap_or_else(|found| panic!("{found:?}"));
    serde_json::from_str(&dify_cfn::cfn::write::json(&read.template)).unwrap()
}

pub(crate) fn pictured(template: &str, parameters: &BTreeMap<String, String>) -> Picture {
    let read = read_bytes("template.yaml", template.as_bytes()).unwrap_or_else(|found| panic!("{found:?}"));
    let settings = Settings { parameters: parameters.clone(), ..Settings::default() };
    picture(&read.template, &settings)
}

impl Model {
    pub(crate) fn stack(&self, name: &str) -> Option<&StackModel> {
        let gone = |stack: &&StackModel| stack.status == "DELETE_COMPLETE";
        let mut found = self.stacks.iter().rev();
        found.find(|stack| stack.id == name || (stack.name == name && !gone(stack)))
    }

    pub(crate) fn stack_mut(&mut self, name: &str) -> Option<&mut StackModel> {
        let mut found = self.stacks.iter_mut().rev();
        found.find(|stack| stack.id == name || (stack.name == name && stack.status != "DELETE_COMPLETE"))
    }

    pub(crate) fn next(&mut self) -> usize {
        self.number += 1;
        self.number
    }

    pub(super) fn tick(&mut self) -> i64 {
        if !self.is_frozen {
            self.clock += 250;
        }
        1_790_000_000_000 + self.clock
    }

    pub(crate) fn new_stack(&mut self, name: &str) -> String {
        let number = self.next();
        let id = format!("arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/{number:08}-0000");
        let created = self.tick();
        self.stacks.push(StackModel {
            id: id.clone(),
            name: name.to_owned(),
            status: "REVIEW_IN_PROGRESS".into(),
            created,
            ..StackModel::default()
        });
        self.tell(&id, name, "AWS::CloudFormation::Stack", "REVIEW_IN_PROGRESS", Some("User Initiated"), "");
        id
    }

    pub(crate) fn tell(
        &mut self,
        stack: &str,
        id: &str,
        kind: &str,
        status: &str,
        reason: Option<&str>,
        token: &str,
    ) {
        let number = self.next();
        let time = self.tick();
        let found = self.stacks.iter_mut().find(|found| found.id == stack).unwrap();
        let is_stack = kind == "AWS::CloudFormation::Stack" && id == found.name;
        let physical_id = if is_stack { found.id.clone() } else { physical(&found.name, kind, id) };
        let operation = found.operations.last().map(|(id, _)| id.clone()).unwrap_or_default();
        found.events.push(EventModel {
            id: format!("event-{number:06}"),
            logical_id: id.to_owned(),
            physical_id,
            kind: kind.to_owned(),
            status: status.to_owned(),
            reason: reason.map(str::to_owned),
            token: token.to_owned(),
            time,
            operation,
        });
    }

    /// A nested stack, with these events: logical id, kind, status, reason.
    pub(crate) fn nest(&mut self, id: &str, events: &[(&str, &str, &str, Option<&str>)]) {
        let name = id.rsplit('/').nth(1).unwrap().to_owned();
        let stack =
            StackModel { id: id.into(), name, status: "CREATE_FAILED".into(), ..StackModel::default() };
        self.stacks.insert(0, stack);
        for (logical_id, kind, status, reason) in events {
            self.tell(id, logical_id, kind, status, *reason, "");
        }
    }

    /// From here on events belong to another operation.
    pub(super) fn begin_operation(&mut self, stack: &str, kind: &str) {
        let number = self.next();
        let found = self.stack_mut(stack).unwrap();
        found.operations.push((format!("operation-{number:06}"), kind.to_owned()));
    }

    /// The status that a look shows, which may be an old one.
    pub(crate) fn shown_status(&mut self, id: &str) -> String {
        let stack = self.stack_mut(id).unwrap();
        match &mut stack.shown_before {
            Some((left, status)) if *left > 0 => {
                *left -= 1;
                status.clone()
            }
            _ => stack.status.clone(),
        }
    }
}
