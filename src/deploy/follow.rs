//! Follows an operation to its end: every event once, whatever the network does.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Session;
use super::api::{ErrorKind, Page, Stack, StackEvent, StackStatus};
use super::cause::is_cancellation;
use super::clock::Timestamp;
use super::event::{Cause, Event, ResourceEvent};
use super::event_log::{Reader, STACK_TYPE, Start, Tracker};
use super::operations::changing;
use super::outcome::{Ending, Outcome};
use super::pace::Pace;
use super::prompt::{Question, Reply, Topic};
use super::run::{First, Patience, Run, first};
use super::status::{self, settled};
use super::stopping::Stop;

/// How often progress is told while nothing happens.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// How long an operation may take to show up after it was asked for.
const SHOWS_UP_WITHIN: Duration = Duration::from_secs(120);

/// How often we look again where status and events don't tell the same end, in minutes about five.
const MOST_LOOKS_AT_THE_END: u32 = 30;

/// The same, where the stack is deleted.
const MOST_LOOKS_AT_A_DELETION: u32 = 2;

/// How long a look may last that somebody waits for who wants to leave.
const IN_PASSING: Duration = Duration::from_secs(3);

/// An operation to follow.
#[derive(Debug, Clone)]
pub(super) struct Operation {
    /// The stack's ARN.
    pub(super) stack_id: String,
    /// Where its events begin.
    pub(super) start: Start,
    /// The stack as it was before, for an operation that was just asked for: what looks the same is an old answer.
    pub(super) before: Option<Before>,
    /// How many resources change.
    pub(super) total: Option<usize>,
    /// Paths of our constructs; empty: those that the run knows.
    pub(super) constructs: BTreeMap<String, String>,
}

/// How a stack looked before an operation.
#[derive(Debug, Clone)]
pub(super) struct Before {
    status: StackStatus,
    last_updated_time: Option<Timestamp>,
    operations: Vec<String>,
}

impl Before {
    /// Of this stack.
    pub(super) fn of(stack: &Stack) -> Self {
        Self {
            status: stack.status.clone(),
            last_updated_time: stack.last_updated_time,
            operations: stack.last_operations.iter().map(|operation| operation.id.clone()).collect(),
        }
    }

    fn is_same(&self, stack: &Stack) -> bool {
        self.status == stack.status && self.last_updated_time == stack.last_updated_time
    }
}

/// How an operation ended.
#[derive(Debug)]
pub(super) struct Followed {
    /// The stack afterwards.
    pub(super) stack: Stack,
    /// The kind of ending that its status means.
    pub(super) ending: Ending,
    /// The first real failure, if there was one.
    pub(super) cause: Option<Cause>,
    /// Whether it didn't fail, but was cancelled.
    pub(super) is_cancelled: bool,
}

impl Followed {
    /// The ending in one sentence, after the cause. `ending`: what the end means for the command.
    pub(super) fn words(&self, ending: Ending) -> String {
        let words = if self.stack.status == StackStatus::DeleteComplete {
            "the creation failed; the stack is deleted".to_owned()
        } else {
            ending_words(&self.stack.status, ending, self.is_cancelled)
        };
        let Some(cause) = self.cause.as_ref().filter(|_| !self.is_cancelled) else { return words };
        format!("{}; {words}", cause.sentence())
    }
}

/// Where events come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// `DescribeEvents`, by operation.
    Operations,
    /// `DescribeStackEvents`.
    Stack,
}

/// An operation while it is followed.
struct Follower<'f> {
    operation: &'f Operation,
    tracker: Tracker,
    root: Reader,
    nested: Vec<Reader>,
    /// None: the operation didn't show up yet.
    source: Option<Source>,
    /// Operations whose events are read, oldest first.
    operation_ids: Vec<String>,
    /// Other operations, which the stack knew before; none: not looked at so far.
    old_operations: Option<Vec<String>>,
    /// Until when events were told.
    told_until: Option<Timestamp>,
    /// Only later events are told, where the source changed on the way.
    tell_after: Option<Timestamp>,
    /// The status that ended the operation, if its event was seen.
    end: Option<StackStatus>,
    told_progress_at: Option<Timestamp>,
    /// The stack's status when it was last looked at.
    status: Option<StackStatus>,
    /// Events that were read and not yet told: a look may break off.
    untold: Vec<ResourceEvent>,
    /// Whether it was cancelled from here.
    is_cancelled: bool,
}

impl Run<'_> {
    /// The mark after which an operation's events begin, if it is asked for now.
    pub(super) async fn mark(&mut self, stack_id: &str) -> Result<Start, Stop> {
        let cloudformation = self.cloudformation();
        let page =
            self.call(Patience::Short, || cloudformation.describe_stack_events(stack_id, None)).await?;
        Ok(page.items.into_iter().next().map_or(Start::Beginning, |newest| Start::After(newest.id)))
    }

    /// Follows an operation. A Ctrl-C asks whether to cancel it, where that is possible.
    pub(super) async fn follow(&mut self, operation: &Operation) -> Result<Followed, Stop> {
        let mut follower = Follower {
            tracker: Tracker::new(operation.total),
            root: Reader::new(&operation.stack_id, Vec::new(), operation.start.clone()),
            nested: Vec::new(),
            source: None,
            operation_ids: Vec::new(),
            old_operations: operation.before.as_ref().map(|before| before.operations.clone()),
            told_until: None,
            tell_after: None,
            end: None,
            told_progress_at: None,
            status: None,
            untold: Vec::new(),
            is_cancelled: false,
            operation,
        };
        self.has_begun();
        let mut pace = Pace::of_stacks(self.jitter());
        let began = self.now();
        let mut looks_at_the_end = 0;
        loop {
            let (stack, has_news) = match self.look(&mut follower).await {
                Ok((stack, count)) => {
                    if count > 0 {
                        pace.reset();
                    }
                    (stack, count > 0)
                }
                Err(Stop::Interrupted) => {
                    follower.is_cancelled |= self.interrupted(follower.status.as_ref(), operation).await?;
                    continue;
                }
                Err(stop) => return Err(self.left(stop, operation)),
            };
            let is_old = operation.before.as_ref().is_some_and(|before| before.is_same(&stack));
            if is_old && follower.source.is_none() && self.now().since(began) > SHOWS_UP_WITHIN {
                return Err(Outcome::new(
                    Ending::Failed,
                    format!("the operation was asked for, but the stack is still {}", stack.status),
                )
                .next("run the same command again")
                .into());
            }
            // One of the two may be an old answer: only where status and events tell the same end, it is one.
            let agrees = follower.end.as_ref() == Some(&stack.status);
            if let Some(ending) = settled(&stack.status).filter(|_| agrees && !is_old) {
                return Ok(self.ended_as(ending, stack, &follower).await);
            }
            if follower.end.is_some() || settled(&stack.status).is_some() && !is_old {
                looks_at_the_end += 1;
            }
            // Nothing comes after a deletion, and some events may never be told.
            let is_deleted = stack.status == StackStatus::DeleteComplete;
            let most = if is_deleted { MOST_LOOKS_AT_A_DELETION } else { MOST_LOOKS_AT_THE_END };
            if looks_at_the_end > most {
                // They never will. Events are the exact ones.
                let mut stack = stack;
                if !is_deleted {
                    stack.status = follower.end.clone().unwrap_or(stack.status);
                }
                let ending = settled(&stack.status).unwrap_or(Ending::Stuck);
                return Ok(self.ended_as(ending, stack, &follower).await);
            }
            follower.tell_progress(self, has_news);
            match self.wait(pace.next_wait()).await {
                Ok(()) => {}
                Err(Stop::Interrupted) => {
                    follower.is_cancelled |= self.interrupted(Some(&stack.status), operation).await?;
                }
                Err(stop) => return Err(self.left(stop, operation)),
            }
        }
    }

    /// The stack, and how many new events there were.
    async fn look(&mut self, follower: &mut Follower<'_>) -> Result<(Stack, usize), Stop> {
        let cloudformation = self.cloudformation();
        let id = follower.operation.stack_id.as_str();
        let stack = self.call(Patience::Long, || cloudformation.describe_stack(id)).await?;
        follower.status = Some(stack.status.clone());
        if follower.old_operations.is_none() {
            follower.operation_ids = self.latest_operations(&stack, Patience::Long).await?;
            let ids = changing(&stack).map(|operation| operation.id.clone());
            follower.old_operations = Some(ids.collect());
        }
        for operation in changing(&stack).rev() {
            let is_old = follower.old_operations.iter().flatten().any(|old| *old == operation.id);
            if !is_old && !follower.operation_ids.contains(&operation.id) {
                follower.operation_ids.push(operation.id.clone());
            }
        }
        if follower.source.is_none() && !follower.operation_ids.is_empty() {
            follower.source = Some(Source::Operations);
        }
        if follower.source == Some(Source::Operations) {
            let is_read = self.read_operations(&mut follower.root, &follower.operation_ids).await?;
            // What runs already has events: without any, these ids aren't its.
            let is_told = follower.operation.before.is_some() || !follower.root.is_empty();
            if !is_read || !is_told {
                follower.source = Some(Source::Stack);
                follower.tell_after = follower.told_until;
            }
        }
        if follower.source != Some(Source::Operations) {
            match self.read_stack(&mut follower.root, Patience::Long).await {
                // Not every API keeps the events of a deleted stack.
                Err(Stop::Api(error))
                    if error.kind == ErrorKind::NotFound && stack.status == StackStatus::DeleteComplete => {}
                other => other?,
            }
        }
        let tell_after = follower.tell_after;
        let constructs = match &follower.operation.constructs {
            known if known.is_empty() => &self.constructs,
            known => known,
        };
        let mut events = follower.root.drain(constructs);
        events.retain(|event| tell_after.is_none_or(|after| event.timestamp > after));
        if follower.source.is_none() && !events.is_empty() {
            follower.source = Some(Source::Stack);
        }
        for event in events {
            follower.notice_nested(&event);
            follower.untold.push(event);
        }
        let mut index = 0;
        // Nested stacks may show others while they are read.
        while index < follower.nested.len() {
            match self.read_stack(&mut follower.nested[index], Patience::Long).await {
                // A nested stack that is gone tells no more.
                Ok(()) | Err(Stop::Api(_)) => {}
                Err(stop) => return Err(stop),
            }
            for event in follower.nested[index].drain(&BTreeMap::new()) {
                follower.notice_nested(&event);
                follower.untold.push(event);
            }
            index += 1;
        }
        let mut events = std::mem::take(&mut follower.untold);
        // Stable: what has the same time stays in the order of its stack.
        events.sort_by_key(|event| event.timestamp);
        follower.told_until = events.last().map(|event| event.timestamp).max(follower.told_until);
        for event in &events {
            follower.tracker.take(event);
            if event.is_stack {
                let status = StackStatus::from(event.status.as_str());
                follower.end = settled(&status).map(|_| status);
            }
            self.tell(Event::Resource(event.clone()));
        }
        Ok((stack, events.len()))
    }

    /// Reads what is new of a stack's events.
    pub(super) async fn read_stack(&mut self, reader: &mut Reader, patience: Patience) -> Result<(), Stop> {
        let cloudformation = self.cloudformation();
        let id = reader.stack_id().to_owned();
        let mut token: Option<String> = None;
        reader.begin();
        loop {
            let asked = token.take();
            let page: Page<StackEvent> =
                self.call(patience, || cloudformation.describe_stack_events(&id, asked.as_deref())).await?;
            token = page.next_token;
            if !reader.take(page.items) || token.is_none() {
                reader.end();
                return Ok(());
            }
        }
    }

    async fn ended_as(&mut self, ending: Ending, stack: Stack, follower: &Follower<'_>) -> Followed {
        // A creation that fails may delete its stack, which is an end as good as any but for what it was for.
        let is_deleted = stack.status == StackStatus::DeleteComplete && follower.tracker.has_failed();
        let failed = ending != Ending::Done || follower.tracker.is_rolling_back() || is_deleted;
        let cause = if failed { self.explain(&follower.tracker, &stack).await } else { None };
        let is_cancelled = match &cause {
            Some(cause) => is_cancellation(cause),
            None => follower.is_cancelled,
        };
        Followed { stack, ending, cause, is_cancelled }
    }

    /// A Ctrl-C while a stack changes. Whether the update is cancelled.
    async fn interrupted(
        &mut self,
        status: Option<&StackStatus>,
        operation: &Operation,
    ) -> Result<bool, Stop> {
        self.note(format!("the stack goes on without us; `attach --stack {}` follows it again", self.stack));
        let status = match status {
            Some(status) => Some(status.clone()),
            None => self.status_in_passing(&operation.stack_id).await,
        };
        if status != Some(StackStatus::UpdateInProgress) {
            return Err(self.left(Stop::Interrupted, operation));
        }
        let question = Question {
            topic: Topic::CancelUpdate,
            text: "Cancel the update and roll it back?".to_owned(),
            details: vec!["no leaves it running".to_owned()],
            expected: None,
            flag: "cancel".to_owned(),
        };
        match self.ask(&question).await {
            Reply::Yes => {
                let cloudformation = self.cloudformation();
                let id = operation.stack_id.as_str();
                let token = super::stacks::token("cancel", &format!("{id}{}", self.now()));
                self.goes_on();
                let change = || cloudformation.cancel_update_stack(id, &token);
                match self.change(Patience::Long, "CancelUpdateStack", change).await {
                    Ok(()) => {
                        self.note("the update is cancelled and rolls back");
                        Ok(true)
                    }
                    Err(Stop::Api(error)) => {
                        self.warn(format!("the update can't be cancelled: {error}"));
                        Ok(false)
                    }
                    Err(stop) => Err(self.left(stop, operation)),
                }
            }
            Reply::No | Reply::NoTerminal | Reply::Interrupted => {
                Err(self.left(Stop::Interrupted, operation))
            }
        }
    }

    /// The status of a stack that wasn't looked at before a Ctrl-C, if it is told within a moment.
    async fn status_in_passing(&self, id: &str) -> Option<StackStatus> {
        let Session { cloudformation, prompter, clock, .. } = self.session();
        let limit = first(prompter.interrupted(), clock.sleep_in_full(IN_PASSING));
        match first(cloudformation.describe_stack(id), Box::pin(limit)).await {
            First::One(answer) => answer.ok().map(|stack| stack.status),
            First::Other(_) => None,
        }
    }

    /// What becomes of a stop while a stack goes on.
    fn left(&self, stop: Stop, operation: &Operation) -> Stop {
        let why = match stop {
            Stop::Ended(_) => return stop,
            Stop::Interrupted => "interrupted".to_owned(),
            Stop::Deadline => "the time is up".to_owned(),
            Stop::GaveUp(error) | Stop::Api(error) => {
                format!("CloudFormation doesn't answer any longer: {error}")
            }
        };
        let mut outcome = Outcome::new(Ending::Left, format!("{why}; the stack goes on"))
            .next(format!("`attach --stack {}` follows it again", self.stack));
        outcome.stack_id = Some(operation.stack_id.clone());
        outcome.into()
    }
}

impl Follower<'_> {
    /// Remembers a nested stack that something happens to.
    fn notice_nested(&mut self, event: &ResourceEvent) {
        let Some(id) = event.physical_id.as_ref().filter(|id| id.starts_with("arn:")) else { return };
        let is_itself =
            *id == self.operation.stack_id || self.nested.iter().any(|reader| reader.stack_id() == id);
        if event.resource_type == STACK_TYPE && !event.is_stack && !is_itself {
            let nested_in = event.nested_in.iter().chain([&event.logical_id]).cloned().collect();
            self.nested.push(Reader::new(id, nested_in, Start::LatestOperation));
        }
    }

    /// Tells progress, if there is news or the last one is old.
    fn tell_progress(&mut self, run: &Run<'_>, has_news: bool) {
        let now = run.now();
        if has_news || self.told_progress_at.is_none_or(|told| now.since(told) >= HEARTBEAT) {
            self.told_progress_at = Some(now);
            run.tell(Event::Progress(self.tracker.progress(now)));
        }
    }
}

/// What the status of an ended operation means in words, for the stack's people.
fn ending_words(status: &StackStatus, ending: Ending, is_cancelled: bool) -> String {
    match ending {
        Ending::Done => format!("the stack is {status}"),
        Ending::RolledBack if *status == StackStatus::RollbackComplete => {
            "the creation failed; what was made is deleted".to_owned()
        }
        Ending::RolledBack if *status == StackStatus::ImportRollbackComplete => {
            "the import failed; the stack is back where it was".to_owned()
        }
        Ending::RolledBack if is_cancelled => {
            "the update was cancelled; the stack is back where it was".to_owned()
        }
        Ending::RolledBack => "the update failed; the stack is back where it was".to_owned(),
        _ if status::is_running(status) => format!("the stack is still {status}"),
        _ => format!("the stack is {status} and needs a person"),
    }
}
