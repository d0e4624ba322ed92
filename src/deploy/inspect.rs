//! What is known of a stack: its status, its events, and why its last operation failed.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::Session;
use super::api::{ErrorKind, Output, Stack, StackStatus};
use super::cause::is_cancellation;
use super::clock::Timestamp;
use super::event::{Event, ResourceEvent};
use super::event_log::{Reader, Start, Tracker};
use super::outcome::{Ending, Outcome};
use super::run::{Patience, Run};
use super::stacks::REST_IS_MISSING;
use super::status::{Action, Ruling, is_running, ruling, settled};
use super::stopping::{Stop, ended};

/// A stack in brief.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StackReport {
    /// Its name.
    pub stack: String,
    /// Its ARN; none: it isn't there.
    pub id: Option<String>,
    /// Its status.
    pub status: Option<StackStatus>,
    /// Why it has that status.
    pub reason: Option<String>,
    /// When it was created.
    pub created: Option<Timestamp>,
    /// When an update last began.
    pub updated: Option<Timestamp>,
    /// Whether something runs.
    pub is_running: bool,
    /// Whether it can't be deleted.
    pub termination_protection: bool,
    /// Its tags.
    pub tags: indexmap::IndexMap<String, String>,
    /// How many resources have which status.
    pub resources: BTreeMap<String, usize>,
    /// Its outputs.
    pub outputs: Vec<Output>,
    /// What can be done with it now, and what instead where it can't.
    pub next: Vec<String>,
}

/// A stack in brief.
///
/// # Errors
/// It can't be asked for.
pub async fn status(session: Session<'_>, stack: &str) -> Result<StackReport, Box<Outcome>> {
    let mut run = Run::begin(session, "status", stack, None);
    let result = run.report(stack).await;
    run.reported(result).await
}

/// The outputs of a stack.
///
/// # Errors
/// It isn't there or can't be asked for.
pub async fn outputs(session: Session<'_>, stack: &str) -> Result<Vec<Output>, Box<Outcome>> {
    let mut run = Run::begin(session, "outputs", stack, None);
    let result = run.existing_stack(stack).await;
    run.reported(result.map(|stack| stack.outputs)).await
}

/// The events of a stack's latest operation, or all that are kept, told oldest first. A deleted stack is found by its name too.
pub async fn events(session: Session<'_>, stack: &str, all: bool) -> Outcome {
    let mut run = Run::begin(session, "events", stack, None);
    let result = run.tell_events(stack, all).await;
    run.ended(result).await
}

/// The events of a stack's latest operation, which is followed to its end if it still runs.
pub async fn follow_events(session: Session<'_>, stack: &str, timeout: Option<Duration>) -> Outcome {
    let mut run = Run::begin(session, "events", stack, timeout);
    let result = run.follow_events(stack).await;
    run.ended(result).await
}

/// The first real failure of the latest operation, also long after it. Done: it is told by [`Event::Cause`], or there is none.
pub async fn why(session: Session<'_>, stack: &str) -> Outcome {
    let mut run = Run::begin(session, "why", stack, None);
    let result = run.why(stack).await;
    run.ended(result).await
}

impl Run<'_> {
    async fn report(&mut self, name: &str) -> Result<StackReport, Stop> {
        let found = self.find_stack(name).await?;
        let mut resources = BTreeMap::new();
        if let Some(stack) = &found {
            for resource in self.resources(&stack.id).await? {
                *resources.entry(resource.status).or_default() += 1;
            }
        }
        let next = match ruling(Action::Deploy, found.as_ref().map(|stack| &stack.status)) {
            Ruling::Refuse(_, advice) => vec![advice.to_owned()],
            Ruling::FollowOwn | Ruling::Follow => vec!["`attach` follows it".to_owned()],
            Ruling::Create if found.is_some() => vec!["`deploy` creates what will be in it".to_owned()],
            Ruling::Recreate => vec!["nothing is in it: `deploy` deletes it and creates it anew".to_owned()],
            Ruling::ResumeOrRecreate => vec![
                "`deploy --on-failure keep` goes on with its creation".to_owned(),
                "`destroy` deletes it".to_owned(),
            ],
            Ruling::AskThenRecreate => vec![
                "`deploy` deletes what is left, if that holds no data, and creates it anew".to_owned(),
                "`destroy` deletes it".to_owned(),
            ],
            Ruling::ResumeOrRollBack => vec![
                "`rollback` takes the update back".to_owned(),
                "`deploy --on-failure keep` goes on with it".to_owned(),
            ],
            _ => Vec::new(),
        };
        let mut next = next;
        match &found {
            Some(stack) if settled(&stack.status) == Some(Ending::RolledBack) => {
                next.push("`why` tells what failed".to_owned());
            }
            Some(stack)
                if settled(&stack.status) == Some(Ending::Done) && self.has_only_foundation(stack).await =>
            {
                next.push(REST_IS_MISSING.to_owned());
            }
            _ => {}
        }
        let Some(stack) = found else {
            return Ok(StackReport {
                stack: name.to_owned(),
                id: None,
                status: None,
                reason: None,
                created: None,
                updated: None,
                is_running: false,
                termination_protection: false,
                tags: indexmap::IndexMap::new(),
                resources,
                outputs: Vec::new(),
                next: vec!["`deploy` creates it".to_owned()],
            });
        };
        Ok(StackReport {
            stack: stack.name,
            id: Some(stack.id),
            is_running: is_running(&stack.status),
            status: Some(stack.status),
            reason: stack.status_reason,
            created: Some(stack.creation_time),
            updated: stack.last_updated_time,
            termination_protection: stack.termination_protection,
            tags: stack.tags,
            resources,
            outputs: stack.outputs,
            next,
        })
    }

    /// The stack with that name, or the one with it that was deleted last.
    async fn stack_of_old(&mut self, name: &str) -> Result<Stack, Stop> {
        if let Some(stack) = self.find_stack(name).await? {
            return Ok(stack);
        }
        let cloudformation = self.cloudformation();
        let mut latest: Option<(Timestamp, String)> =
            name.starts_with("arn:").then(|| (Timestamp(0), name.to_owned()));
        let mut token: Option<String> = None;
        while latest.is_none() {
            let asked = token.take();
            let page = self.call(Patience::Short, || cloudformation.list_stacks(asked.as_deref())).await?;
            let same = page.items.into_iter().filter(|stack| stack.name == name);
            latest = same.filter_map(|stack| Some((stack.deletion_time?, stack.id))).max().or(latest);
            token = page.next_token;
            if token.is_none() {
                break;
            }
        }
        let Some((_, id)) = latest else {
            return ended(
                Ending::Failed,
                format!("there is no stack {name}, and none was deleted in the last 90 days"),
            );
        };
        match self.call(Patience::Short, || cloudformation.describe_stack(&id)).await {
            Err(Stop::Api(error)) if error.kind == ErrorKind::NotFound => {
                ended(Ending::Failed, format!("there is no stack {name}"))
            }
            other => other,
        }
    }

    /// The events of the latest operation, those of nested stacks too, by time.
    async fn operation_events(&mut self, stack: &Stack, start: Start) -> Result<Vec<ResourceEvent>, Stop> {
        let mut readers = vec![Reader::new(&stack.id, Vec::new(), start.clone())];
        let mut events: Vec<ResourceEvent> = Vec::new();
        let ids = match start {
            Start::LatestOperation => self.latest_operations(stack, Patience::Short).await?,
            Start::Beginning | Start::After(_) => Vec::new(),
        };
        let is_read =
            !ids.is_empty() && self.read_operations(&mut readers[0], &ids).await? && !readers[0].is_empty();
        if !is_read {
            readers[0] = Reader::new(&stack.id, Vec::new(), start.clone());
        }
        let mut index = 0;
        while index < readers.len() {
            let reader = &mut readers[index];
            if index > 0 || !is_read {
                match self.read_stack(reader, Patience::Short).await {
                    Err(Stop::Api(_)) if index > 0 => {}
                    other => other?,
                }
            }
            let fresh = readers[index].drain(&self.constructs);
            for event in &fresh {
                let nested = event.physical_id.as_ref().filter(|id| {
                    event.resource_type == super::event_log::STACK_TYPE
                        && id.starts_with("arn:")
                        && !readers.iter().any(|reader| reader.stack_id() == id.as_str())
                });
                if let Some(id) = nested {
                    let path = event.nested_in.iter().chain([&event.logical_id]).cloned().collect();
                    readers.push(Reader::new(id, path, start.clone()));
                }
            }
            events.extend(fresh);
            index += 1;
        }
        events.sort_by_key(|event| event.timestamp);
        Ok(events)
    }

    async fn follow_events(&mut self, name: &str) -> Result<Outcome, Stop> {
        let stack = self.stack_of_old(name).await?;
        if is_running(&stack.status) {
            return self.follow_to_outcome(&stack, None, Start::LatestOperation, false).await;
        }
        self.tell_events(name, false).await
    }

    async fn tell_events(&mut self, name: &str, all: bool) -> Result<Outcome, Stop> {
        let stack = self.stack_of_old(name).await?;
        let start = if all { Start::Beginning } else { Start::LatestOperation };
        for event in self.operation_events(&stack, start).await? {
            self.tell(Event::Resource(event));
        }
        Ok(Outcome {
            stack_id: Some(stack.id),
            ..Outcome::new(Ending::Done, format!("the stack is {}", stack.status))
        })
    }

    async fn why(&mut self, name: &str) -> Result<Outcome, Stop> {
        let stack = self.stack_of_old(name).await?;
        let events = self.operation_events(&stack, Start::LatestOperation).await?;
        let mut tracker = Tracker::new(None);
        for event in &events {
            tracker.take(event);
        }
        let cause = self.explain(&tracker, &stack).await;
        let mut outcome = match &cause {
            Some(cause) => {
                let why = if is_cancellation(cause) {
                    "the last operation was cancelled".to_owned()
                } else {
                    cause.sentence()
                };
                let mut outcome = Outcome::new(Ending::Done, format!("{why}; the stack is {}", stack.status));
                outcome.next.clone_from(&cause.advice);
                outcome
            }
            None if is_running(&stack.status) => {
                Outcome::new(Ending::Done, format!("nothing failed so far; the stack is {}", stack.status))
            }
            None => {
                let reason =
                    stack.status_reason.as_deref().map_or(String::new(), |reason| format!(" ({reason})"));
                Outcome::new(
                    Ending::Done,
                    format!("nothing failed in the last operation; the stack is {}{reason}", stack.status),
                )
            }
        };
        outcome.stack_id = Some(stack.id);
        outcome.cause = cause.map(Box::new);
        Ok(outcome)
    }
}
