//! Stacks, change sets, operations and events. Whoever asks for a stack or its events lets time pass: an operation goes on by a
//! few resources each time.

use std::collections::{BTreeMap, VecDeque};

use dify_cfn::cfn::evaluate::Settings;
use dify_cfn::cfn::read::read_bytes;
use dify_cfn::deploy::picture::{Picture, picture};

pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const REGION: &str = "us-east-1";

/// Resources of an operation that get through between two looks.
const PACE: usize = 12;

/// A resource that fails when it is made or changed.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) logical_id: String,
    pub(crate) reason: String,
    /// Whether taking it back fails too.
    pub(crate) sticks: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) address: String,
    pub(crate) stacks: Vec<StackModel>,
    pub(crate) sets: Vec<SetModel>,
    pub(crate) objects: BTreeMap<String, Vec<u8>>,
    pub(crate) secure_parameters: BTreeMap<String, String>,
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
    /// Ids that a change set says are replaced.
    pub(crate) replaced: Vec<String>,
    /// The certificate's status.
    pub(crate) certificate: Option<String>,
    /// Reasons of the stopped tasks of any service.
    pub(crate) stopped: Vec<String>,
    pub(crate) alarm_state: Option<String>,
    /// The account that calls come from, if it isn't [`ACCOUNT`].
    pub(crate) account: Option<String>,
    /// Resources that were changed by hand.
    pub(crate) drifted: Vec<String>,
    /// Executions that began, by stack.
    pub(crate) begun: Vec<String>,
    clock: i64,
    number: usize,
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
    operation: Option<Operation>,
    shown_before: Option<(usize, String)>,
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
    pub(crate) pending: usize,
    pub(crate) status: String,
    pub(crate) reason: Option<String>,
    pub(crate) execution: String,
    pub(crate) changes: Vec<(String, String, String)>,
}

/// An operation: what is still to happen.
#[derive(Debug, Clone)]
struct Operation {
    token: String,
    wait: usize,
    steps: VecDeque<Step>,
}

#[derive(Debug, Clone)]
enum Step {
    /// A resource gets this status, with the verb's `IN_PROGRESS` before it.
    Resource { id: String, kind: String, verb: &'static str, failed: Option<String> },
    /// The stack gets this status.
    Stack { status: String, reason: Option<String> },
    /// What the stack is becomes this.
    Becomes { template: String, parameters: BTreeMap<String, String>, tags: BTreeMap<String, String> },
    /// The set was executed.
    Executed(String),
}

/// What a service calls a resource; ECS services have an ARN, which names the cluster.
fn physical(stack: &str, kind: &str, id: &str) -> String {
    match kind {
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

    fn tick(&mut self) -> i64 {
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

    fn tell(&mut self, stack: &str, id: &str, kind: &str, status: &str, reason: Option<&str>, token: &str) {
        let number = self.next();
        let time = self.tick();
        let found = self.stacks.iter_mut().find(|found| found.id == stack).unwrap();
        let is_stack = kind == "AWS::CloudFormation::Stack" && id == found.name;
        let physical_id = if is_stack { found.id.clone() } else { physical(&found.name, kind, id) };
        found.events.push(EventModel {
            id: format!("event-{number:06}"),
            logical_id: id.to_owned(),
            physical_id,
            kind: kind.to_owned(),
            status: status.to_owned(),
            reason: reason.map(str::to_owned),
            token: token.to_owned(),
            time,
        });
    }

    /// Begins to execute a set.
    pub(crate) fn execute(&mut self, set: &SetModel, token: &str, keep: bool) {
        let failure = self.failures.pop_front().flatten();
        let old = self.stack(&set.stack_id).unwrap().clone();
        let is_create = set.kind == "CREATE";
        let (verb, undone) = if is_create { ("CREATE", "ROLLBACK") } else { ("UPDATE", "UPDATE_ROLLBACK") };
        let mut steps = VecDeque::new();
        let in_progress = format!("{verb}_IN_PROGRESS");
        let begin = |status: &str, reason: Option<&str>| Step::Stack {
            status: status.to_owned(),
            reason: reason.map(str::to_owned),
        };
        let mut done: Vec<(String, String, &'static str)> = Vec::new();
        let mut failed = false;
        for (action, id, kind) in set.changes.iter().filter(|(action, ..)| action != "Remove") {
            let verb = if action == "Add" { "CREATE" } else { "UPDATE" };
            let fails = failure.as_ref().filter(|failure| failure.logical_id == *id);
            let reason = fails.map(|failure| failure.reason.clone());
            failed |= reason.is_some();
            let step = Step::Resource { id: id.clone(), kind: kind.clone(), verb, failed: reason };
            steps.push_back(step);
            if failed {
                // What runs beside it is cancelled.
                let other = old.resources.keys().next().cloned();
                if let Some(other) = other.filter(|other| other != id && !is_create) {
                    let reason = Some("Resource update cancelled".to_owned());
                    let kind = old.resources[&other].kind.clone();
                    steps.push_back(Step::Resource { id: other, kind, verb: "UPDATE", failed: reason });
                }
                break;
            }
            done.push((id.clone(), kind.clone(), verb));
        }
        if !failed {
            for (_, id, kind) in set.changes.iter().filter(|(action, ..)| action == "Remove") {
                let step =
                    Step::Resource { id: id.clone(), kind: kind.clone(), verb: "DELETE", failed: None };
                steps.push_back(step);
            }
            steps.push_back(Step::Becomes {
                template: set.template.clone(),
                parameters: set.parameters.clone(),
                tags: set.tags.clone(),
            });
            if !is_create {
                steps.push_back(begin("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", None));
            }
            steps.push_back(Step::Executed(set.id.clone()));
            steps.push_back(begin(&format!("{verb}_COMPLETE"), None));
        } else {
            let failure = failure.unwrap();
            let summary = format!(
                "The following resource(s) failed to {}: [{}]. ",
                verb.to_lowercase(),
                failure.logical_id
            );
            steps.push_back(Step::Executed(set.id.clone()));
            if keep || set.on_failure == "DO_NOTHING" {
                steps.push_back(begin(&format!("{verb}_FAILED"), Some(&summary)));
            } else {
                steps.push_back(begin(&format!("{undone}_IN_PROGRESS"), Some(&summary)));
                done.push((
                    failure.logical_id.clone(),
                    String::new(),
                    if is_create { "CREATE" } else { "UPDATE" },
                ));
                for (id, kind, did) in done.into_iter().rev() {
                    let verb = if did == "CREATE" { "DELETE" } else { "UPDATE" };
                    let kind = if kind.is_empty() {
                        set.changes.iter().find(|(_, changed, _)| *changed == id).unwrap().2.clone()
                    } else {
                        kind
                    };
                    let sticks = failure.sticks && id == failure.logical_id;
                    let failed = sticks.then(|| "it can't be taken back".to_owned());
                    steps.push_back(Step::Resource { id, kind, verb, failed });
                    if sticks {
                        break;
                    }
                }
                let end = if failure.sticks {
                    format!("{undone}_FAILED")
                } else if set.on_failure == "DELETE" && is_create {
                    "DELETE_COMPLETE".to_owned()
                } else {
                    format!("{undone}_COMPLETE")
                };
                steps.push_back(begin(&end, None));
            }
        }
        let slow = self.slow;
        let stale = self.stale;
        let time = self.tick();
        let stack = self.stack_mut(&set.stack_id).unwrap();
        if stale > 0 {
            stack.shown_before = Some((stale, stack.status.clone()));
        }
        if !is_create {
            stack.updated = Some(time);
        }
        stack.alarms.clone_from(&set.alarms);
        stack.change_set = Some(set.id.clone());
        stack.status.clone_from(&in_progress);
        stack.operation = Some(Operation { token: token.to_owned(), wait: slow, steps });
        let (id, name) = (stack.id.clone(), stack.name.clone());
        self.begun.push(format!("{verb} {name}"));
        for other in &mut self.sets {
            if other.stack_id == id {
                other.execution = if other.id == set.id { "EXECUTE_IN_PROGRESS" } else { "OBSOLETE" }.into();
            }
        }
        self.tell(&id, &name, "AWS::CloudFormation::Stack", &in_progress, Some("User Initiated"), token);
    }

    /// Begins to delete a stack.
    pub(crate) fn delete(&mut self, id: &str, token: &str) {
        let failure = self.failures.pop_front().flatten();
        let stack = self.stack(id).unwrap().clone();
        let mut steps = VecDeque::new();
        let mut end = "DELETE_COMPLETE";
        for (logical, resource) in stack.resources.iter().rev() {
            let fails = failure.as_ref().filter(|failure| failure.logical_id == *logical);
            let reason = fails.map(|failure| failure.reason.clone());
            if reason.is_some() {
                end = "DELETE_FAILED";
            }
            let kind = resource.kind.clone();
            steps.push_back(Step::Resource { id: logical.clone(), kind, verb: "DELETE", failed: reason });
        }
        steps.push_back(Step::Stack { status: end.into(), reason: None });
        let slow = self.slow;
        let stack = self.stack_mut(id).unwrap();
        stack.status = "DELETE_IN_PROGRESS".into();
        stack.operation = Some(Operation { token: token.to_owned(), wait: slow, steps });
        let (id, name) = (stack.id.clone(), stack.name.clone());
        self.begun.push(format!("DELETE {name}"));
        self.sets.retain(|set| set.stack_id != id);
        self.tell(
            &id,
            &name,
            "AWS::CloudFormation::Stack",
            "DELETE_IN_PROGRESS",
            Some("User Initiated"),
            token,
        );
    }

    /// Takes an update back: cancelled, or after a failed rollback.
    pub(crate) fn roll_back(&mut self, id: &str, token: &str, end: &str) {
        let stack = self.stack_mut(id).unwrap();
        let in_progress = format!("{}_IN_PROGRESS", end.trim_end_matches("_COMPLETE"));
        stack.status.clone_from(&in_progress);
        let steps = VecDeque::from([Step::Stack { status: end.to_owned(), reason: None }]);
        stack.operation = Some(Operation { token: token.to_owned(), wait: 0, steps });
        let (id, name) = (stack.id.clone(), stack.name.clone());
        for set in self.sets.iter_mut().filter(|set| set.execution == "EXECUTE_IN_PROGRESS") {
            set.execution = "EXECUTE_FAILED".into();
        }
        self.begun.push(format!("ROLLBACK {name}"));
        self.tell(&id, &name, "AWS::CloudFormation::Stack", &in_progress, Some("User Initiated"), token);
    }

    /// Time passes.
    pub(crate) fn pass(&mut self, id: &str) {
        let Some(stack) = self.stack_mut(id) else { return };
        let Some(mut operation) = stack.operation.take() else { return };
        let id = stack.id.clone();
        if operation.wait > 0 {
            operation.wait -= 1;
            stack.operation = Some(operation);
            return;
        }
        for _ in 0..PACE {
            let Some(step) = operation.steps.pop_front() else { break };
            self.step(&id, step, &operation.token);
        }
        if !operation.steps.is_empty() {
            self.stack_mut(&id).unwrap().operation = Some(operation);
        }
    }

    fn step(&mut self, stack_id: &str, step: Step, token: &str) {
        match step {
            Step::Resource { id, kind, verb, failed } => {
                self.tell(stack_id, &id, &kind, &format!("{verb}_IN_PROGRESS"), None, token);
                let status =
                    if failed.is_some() { format!("{verb}_FAILED") } else { format!("{verb}_COMPLETE") };
                self.tell(stack_id, &id, &kind, &status, failed.as_deref(), token);
                let stack = self.stack_mut(stack_id).unwrap();
                if verb == "DELETE" && failed.is_none() {
                    stack.resources.remove(&id);
                } else {
                    let physical_id = physical(&stack.name, &kind, &id);
                    stack.resources.insert(id, ResourceModel { kind, physical_id, status });
                }
            }
            Step::Stack { status, reason } => {
                let stack = self.stack_mut(stack_id).unwrap();
                stack.status.clone_from(&status);
                stack.reason.clone_from(&reason);
                let name = stack.name.clone();
                self.tell(stack_id, &name, "AWS::CloudFormation::Stack", &status, reason.as_deref(), token);
            }
            Step::Becomes { template, parameters, tags } => {
                let stack = self.stack_mut(stack_id).unwrap();
                stack.template = template;
                stack.parameters = parameters;
                stack.tags = tags;
            }
            Step::Executed(set) => {
                if let Some(set) = self.sets.iter_mut().find(|found| found.id == set) {
                    set.execution = "EXECUTE_COMPLETE".into();
                }
            }
        }
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
