//! What goes on in a stack. Whoever asks for a stack or its events lets time pass: an operation goes on by a few resources
//! each time.

use std::collections::VecDeque;

use super::model::{Content, Failure, Model, ResourceModel, SetModel, physical};

const STACK: &str = "AWS::CloudFormation::Stack";

/// Resources of an operation that get through between two looks.
const PACE: usize = 12;

/// An operation: what is still to happen.
#[derive(Debug, Clone)]
pub(super) struct Operation {
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
    Becomes(Content),
    /// The set was executed.
    Executed(String),
}

fn stack_step(status: &str, reason: Option<&str>) -> Step {
    Step::Stack { status: status.to_owned(), reason: reason.map(str::to_owned) }
}

fn becomes(set: &SetModel) -> Step {
    Step::Becomes(Content {
        template: set.template.clone(),
        parameters: set.parameters.clone(),
        tags: set.tags.clone(),
    })
}

impl Model {
    /// Begins to execute a set.
    pub(crate) fn execute(&mut self, set: &SetModel, token: &str, keep: bool) {
        let failure = self.failures.pop_front().flatten();
        let old = self.stack(&set.stack_id).unwrap().clone();
        // An alarm or a check fails it, and no resource.
        let from_outside = failure.clone().filter(|failure| failure.logical_id == old.name);
        let is_create = set.kind == "CREATE";
        let verb = if is_create { "CREATE" } else { "UPDATE" };
        let mut steps = VecDeque::new();
        let mut done: Vec<(String, String, &'static str)> = Vec::new();
        let mut failed: Option<Failure> = None;
        for (action, id, kind) in set.changes.iter().filter(|(action, ..)| action != "Remove") {
            let verb = match action.as_str() {
                "Add" => "CREATE",
                "Import" => "IMPORT",
                _ => "UPDATE",
            };
            let mut fails = failure.clone().filter(|failure| failure.logical_id == *id);
            if keep && action == "Modify" && self.is_replaced(id, kind) {
                let reason = "Replacement type updates not supported on stack with disable-rollback.";
                fails = Some(Failure { logical_id: id.clone(), reason: reason.into(), sticks: false });
            }
            let reason = fails.as_ref().map(|failure| failure.reason.clone());
            steps.push_back(Step::Resource { id: id.clone(), kind: kind.clone(), verb, failed: reason });
            if fails.is_some() {
                // What runs beside it is cancelled.
                let other = old.resources.iter().find(|(other, _)| *other != id && !is_create);
                if let Some((other, resource)) = other {
                    let failed = Some("Resource update cancelled".to_owned());
                    let kind = resource.kind.clone();
                    steps.push_back(Step::Resource { id: other.clone(), kind, verb: "UPDATE", failed });
                }
                failed = fails;
                break;
            }
            done.push((id.clone(), kind.clone(), verb));
        }
        match (failed, from_outside) {
            (_, Some(failure)) => {
                let undone = if is_create { "ROLLBACK" } else { "UPDATE_ROLLBACK" };
                steps = VecDeque::from([
                    Step::Executed(set.id.clone()),
                    stack_step(&format!("{undone}_IN_PROGRESS"), Some(&failure.reason)),
                    stack_step(&format!("{undone}_COMPLETE"), None),
                ]);
            }
            (None, None) => {
                for (_, id, kind) in set.changes.iter().filter(|(action, ..)| action == "Remove") {
                    let (id, kind) = (id.clone(), kind.clone());
                    steps.push_back(Step::Resource { id, kind, verb: "DELETE", failed: None });
                }
                steps.push_back(becomes(set));
                if !is_create {
                    steps.push_back(stack_step("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", None));
                }
                steps.push_back(Step::Executed(set.id.clone()));
                steps.push_back(stack_step(&format!("{verb}_COMPLETE"), None));
            }
            (Some(failure), None) => {
                steps.push_back(Step::Executed(set.id.clone()));
                after_failure(&mut steps, set, &failure, done, keep);
            }
        }
        let (slow, stale, time) = (self.slow, self.stale, self.tick());
        self.begin_operation(&set.stack_id, if is_create { "CREATE_STACK" } else { "UPDATE_STACK" });
        let stack = self.stack_mut(&set.stack_id).unwrap();
        if stale > 0 {
            stack.shown_before = Some((stale, stack.status.clone()));
        }
        if !is_create {
            stack.updated = Some(time);
        }
        stack.alarms.clone_from(&set.alarms);
        stack.before = Some(Content { template: old.template, parameters: old.parameters, tags: old.tags });
        stack.change_set = Some(set.id.clone());
        stack.status = format!("{verb}_IN_PROGRESS");
        stack.reason = None;
        stack.operation = Some(Operation { token: token.to_owned(), wait: slow, steps });
        let (id, name) = (stack.id.clone(), stack.name.clone());
        self.begun.push(format!("{verb} {name}"));
        for other in &mut self.sets {
            if other.stack_id == id {
                other.execution = if other.id == set.id { "EXECUTE_IN_PROGRESS" } else { "OBSOLETE" }.into();
            }
        }
        let status = format!("{verb}_IN_PROGRESS");
        self.tell(&id, &name, STACK, &status, Some("User Initiated"), token);
    }

    /// Whether a change of this resource replaces it.
    pub(crate) fn is_replaced(&self, id: &str, kind: &str) -> bool {
        kind == "AWS::ECS::TaskDefinition" || self.replaced.iter().any(|replaced| replaced == id)
    }

    /// Begins to delete a stack.
    pub(crate) fn delete(&mut self, id: &str, token: &str, kept: &[String], force: bool) {
        let failure = self.failures.pop_front().flatten();
        let stack = self.stack(id).unwrap().clone();
        let mut steps = VecDeque::new();
        let mut end = "DELETE_COMPLETE";
        for (logical, resource) in stack.resources.iter().rev().filter(|(id, _)| !kept.contains(id)) {
            let fails = failure.as_ref().filter(|failure| failure.logical_id == *logical);
            let mut reason = fails.map(|failure| failure.reason.clone());
            let place = format!("{}/{}/", self.address, resource.physical_id);
            let is_full = self.objects.keys().any(|object| object.starts_with(&place));
            if resource.kind == "AWS::S3::Bucket" && is_full {
                reason = Some("The bucket you tried to delete is not empty".to_owned());
            }
            match reason {
                // It is left behind.
                Some(_) if force => continue,
                Some(_) => end = "DELETE_FAILED",
                None => {}
            }
            let kind = resource.kind.clone();
            steps.push_back(Step::Resource { id: logical.clone(), kind, verb: "DELETE", failed: reason });
        }
        steps.push_back(stack_step(end, None));
        let slow = self.slow;
        self.begin_operation(id, "DELETE_STACK");
        let stack = self.stack_mut(id).unwrap();
        stack.status = "DELETE_IN_PROGRESS".into();
        stack.operation = Some(Operation { token: token.to_owned(), wait: slow, steps });
        let (id, name) = (stack.id.clone(), stack.name.clone());
        self.begun.push(format!("DELETE {name}"));
        self.sets.retain(|set| set.stack_id != id);
        self.tell(&id, &name, STACK, "DELETE_IN_PROGRESS", Some("User Initiated"), token);
    }

    /// Takes an update back: cancelled, or after a failed rollback.
    pub(crate) fn roll_back(&mut self, id: &str, token: &str, end: &str, force: bool) {
        self.begin_operation(id, "ROLLBACK");
        let slow = self.slow;
        let failure = self.failures.pop_front().flatten().filter(|_| !force);
        let stack = self.stack_mut(id).unwrap();
        let in_progress = format!("{}_IN_PROGRESS", end.trim_end_matches("_COMPLETE"));
        stack.status.clone_from(&in_progress);
        let mut steps = VecDeque::new();
        let mut end = end.to_owned();
        for (id, resource) in
            stack.resources.iter().filter(|(_, resource)| resource.status.ends_with("_FAILED"))
        {
            let failed = failure.as_ref().filter(|failure| failure.logical_id == *id);
            let failed = failed.map(|failure| failure.reason.clone());
            if failed.is_some() {
                end = end.replace("_COMPLETE", "_FAILED");
            }
            let verb = if resource.status == "CREATE_FAILED" { "DELETE" } else { "UPDATE" };
            steps.push_back(Step::Resource { id: id.clone(), kind: resource.kind.clone(), verb, failed });
        }
        steps.extend(stack.before.clone().map(Step::Becomes));
        steps.push_back(stack_step(&end, None));
        stack.operation = Some(Operation { token: token.to_owned(), wait: slow, steps });
        let (id, name) = (stack.id.clone(), stack.name.clone());
        for set in self.sets.iter_mut().filter(|set| set.execution == "EXECUTE_IN_PROGRESS") {
            set.execution = "EXECUTE_FAILED".into();
        }
        self.begun.push(format!("ROLLBACK {name}"));
        self.tell(&id, &name, STACK, &in_progress, Some("User Initiated"), token);
    }

    /// Puts a stack into a status, with the events that lead there; what runs comes to its end with the next looks.
    pub(crate) fn put(&mut self, name: &str, status: &str) {
        let id = self.stack(name).unwrap().id.clone();
        self.begin_operation(&id, "UPDATE_STACK");
        let begin = match status.split('_').next().unwrap() {
            "CREATE" | "ROLLBACK" | "REVIEW" => "CREATE_IN_PROGRESS",
            "DELETE" => "DELETE_IN_PROGRESS",
            "IMPORT" => "IMPORT_IN_PROGRESS",
            _ => "UPDATE_IN_PROGRESS",
        };
        self.tell(&id, name, STACK, begin, Some("User Initiated"), "");
        if begin != status {
            self.tell(&id, name, STACK, status, None, "");
        }
        let end = match status.strip_suffix("_IN_PROGRESS") {
            None | Some("REVIEW") => None,
            Some("UPDATE_COMPLETE_CLEANUP") => Some("UPDATE_COMPLETE".to_owned()),
            Some("UPDATE_ROLLBACK_COMPLETE_CLEANUP") => Some("UPDATE_ROLLBACK_COMPLETE".to_owned()),
            Some(verb) => Some(format!("{verb}_COMPLETE")),
        };
        let stack = self.stack_mut(&id).unwrap();
        status.clone_into(&mut stack.status);
        stack.operation = end.map(|end| Operation {
            token: String::new(),
            wait: 1,
            steps: VecDeque::from([stack_step(&end, None)]),
        });
    }

    /// What was slow goes on after so many looks.
    pub(crate) fn get_on(&mut self, name: &str, looks: usize) {
        self.slow = 0;
        if let Some(operation) = &mut self.stack_mut(name).unwrap().operation {
            operation.wait = looks;
        }
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
                if status.ends_with("ROLLBACK_IN_PROGRESS") {
                    // What is taken back is an operation of its own.
                    self.begin_operation(stack_id, "ROLLBACK");
                }
                let stack = self.stack_mut(stack_id).unwrap();
                stack.status.clone_from(&status);
                stack.reason.clone_from(&reason);
                let name = stack.name.clone();
                self.tell(stack_id, &name, STACK, &status, reason.as_deref(), token);
            }
            Step::Becomes(content) => {
                let stack = self.stack_mut(stack_id).unwrap();
                stack.template = content.template;
                stack.parameters = content.parameters;
                stack.tags = content.tags;
            }
            Step::Executed(set) => {
                if let Some(set) = self.sets.iter_mut().find(|found| found.id == set) {
                    set.execution = "EXECUTE_COMPLETE".into();
                }
            }
        }
    }
}

/// What follows the first failure of an execution.
fn after_failure(
    steps: &mut VecDeque<Step>,
    set: &SetModel,
    failure: &Failure,
    done: Vec<(String, String, &'static str)>,
    keep: bool,
) {
    let is_create = set.kind == "CREATE";
    let (verb, undone) = if is_create { ("CREATE", "ROLLBACK") } else { ("UPDATE", "UPDATE_ROLLBACK") };
    let summary =
        format!("The following resource(s) failed to {}: [{}]. ", verb.to_lowercase(), failure.logical_id);
    if keep || set.on_failure == "DO_NOTHING" {
        steps.push_back(becomes(set));
        steps.push_back(stack_step(&format!("{verb}_FAILED"), Some(&summary)));
        return;
    }
    steps.push_back(stack_step(&format!("{undone}_IN_PROGRESS"), Some(&summary)));
    let failed = set.changes.iter().find(|(_, id, _)| *id == failure.logical_id).unwrap();
    let did = if failed.0 == "Add" { "CREATE" } else { "UPDATE" };
    let all = done.into_iter().chain([(failed.1.clone(), failed.2.clone(), did)]);
    for (id, kind, did) in all.collect::<Vec<_>>().into_iter().rev() {
        let verb = if did == "CREATE" { "DELETE" } else { "UPDATE" };
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
    steps.push_back(stack_step(&end, None));
}
