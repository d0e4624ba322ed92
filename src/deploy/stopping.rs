//! A command that doesn't go on: what it prepared is taken back, and what isn't known is said.

use std::collections::BTreeSet;
use std::time::Duration;

use super::api::{ApiError, ChangeSet, ChangeSetKind, ErrorKind};
use super::outcome::{Ending, Outcome};
use super::run::{First, Run, first};
use super::{Call, Session};

/// How long taking back may last after a Ctrl-C.
const TAKEN_BACK_WITHIN: Duration = Duration::from_secs(10);

/// What ended the taking back.
const INTERRUPTED: &str = "interrupted";

/// Calls after which the stack may be changing.
const BEGINNERS: [&str; 5] =
    ["ExecuteChangeSet", "DeleteStack", "CancelUpdateStack", "ContinueUpdateRollback", "RollbackStack"];

/// Why a command doesn't go on.
#[derive(Debug)]
pub(super) enum Stop {
    /// It is over.
    Ended(Box<Outcome>),
    /// An API said no.
    Api(ApiError),
    /// There was no answer for too long.
    GaveUp(ApiError),
    /// Ctrl-C.
    Interrupted,
    /// The time is up.
    Deadline,
}

impl From<Outcome> for Stop {
    fn from(outcome: Outcome) -> Self {
        Self::Ended(Box::new(outcome))
    }
}

/// Ends with one sentence.
pub(super) fn ended<T>(ending: Ending, message: impl Into<String>) -> Result<T, Stop> {
    Err(Outcome::new(ending, message).into())
}

/// A change set that was asked for, and is deleted if the command doesn't go on to execute it.
#[derive(Debug, Clone)]
pub(super) struct OpenSet {
    /// Its ARN; none: CloudFormation hasn't said whether it made it.
    pub(super) id: Option<String>,
    /// Its name.
    pub(super) name: String,
    /// The stack's name or ARN.
    pub(super) stack: String,
    /// Its kind.
    pub(super) kind: ChangeSetKind,
    /// Whether an earlier run made it.
    pub(super) is_resumed: bool,
}

impl Run<'_> {
    /// Ends a command that follows or changes a stack.
    pub(super) async fn ended(&mut self, result: Result<Outcome, Stop>) -> Outcome {
        let outcome = match result {
            Ok(outcome) => outcome,
            Err(stop) => self.stopped(stop).await,
        };
        self.finish(outcome)
    }

    /// Ends a command that makes a report.
    pub(super) async fn reported<T>(&mut self, result: Result<T, Stop>) -> Result<T, Box<Outcome>> {
        match result {
            Ok(report) => Ok(report),
            Err(stop) => {
                let outcome = self.stopped(stop).await;
                Err(Box::new(self.masked(outcome)))
            }
        }
    }

    /// What becomes of a command that stopped.
    async fn stopped(&mut self, stop: Stop) -> Outcome {
        let is_hurried = matches!(stop, Stop::Interrupted | Stop::Deadline | Stop::GaveUp(_));
        let open = self.open_set.take();
        let mut outcome = self.outcome_of(stop, open.is_some());
        let Some(open) = open else { return outcome };
        if is_hurried {
            self.note(format!("deleting the change set {}; Ctrl-C leaves it", open.name));
        }
        if let Err(why) = self.take_back(&open, is_hurried).await {
            let kept = if open.kind == ChangeSetKind::Create { ", and the empty stack with it" } else { "" };
            outcome.message.push_str(&format!(
                "; the change set {} of {} may be left behind{kept}: {why}",
                open.name, open.stack
            ));
            outcome = outcome.next("the same command goes on with it");
        }
        outcome
    }

    fn outcome_of(&self, stop: Stop, has_open_set: bool) -> Outcome {
        let stack = &self.stack;
        // An unanswered call about a change set is settled when that is taken back.
        let unanswered = self.unanswered.filter(|_| !has_open_set);
        let why = match stop {
            Stop::Ended(outcome) => return *outcome,
            Stop::Api(error) => return api_failure(&error),
            Stop::GaveUp(error) => {
                let mut outcome =
                    Outcome::new(Ending::Failed, format!("there was no answer for too long: {error}"));
                if let Some(operation) = unanswered {
                    outcome.message.push_str(&format!("; what {operation} asked for may have been done"));
                    outcome = outcome.next(format!("`status --stack {stack}` tells how the stack is"));
                }
                return outcome.next("run the same command again");
            }
            Stop::Interrupted => INTERRUPTED,
            Stop::Deadline => "the time is up",
        };
        let ending = if why == INTERRUPTED { Ending::Declined } else { Ending::Failed };
        if let Some(operation) = unanswered {
            let message = format!("{why} before AWS answered {operation}, which may have been done");
            return if BEGINNERS.contains(&operation) {
                Outcome::new(Ending::Left, format!("{message}; the stack may go on"))
                    .next(format!("`status --stack {stack}` tells how it is, `attach` follows it"))
            } else {
                Outcome::new(ending, format!("{message}; nothing runs in the stack"))
                    .next("the same command goes on from there")
            };
        }
        if self.has_changed {
            let message = format!("{why} after a step; nothing runs in the stack, and what was done stays");
            return Outcome::new(ending, message).next("the same command goes on from there");
        }
        Outcome::new(ending, format!("{why}; nothing was changed"))
    }

    /// The open set was asked to be executed: if that was answered with yes, or with nothing, it is no longer to be deleted.
    pub(super) fn executed(&mut self, is_answered_with_yes: bool) {
        if is_answered_with_yes || self.unanswered.is_some() {
            self.open_set = None;
        }
    }

    /// Deletes an open set, and says why it can't. `is_hurried`: somebody waits to leave.
    async fn take_back(&mut self, open: &OpenSet, is_hurried: bool) -> Result<(), String> {
        let session = self.session();
        self.is_closing = true;
        let taken = closing(session, is_hurried, Box::pin(self.delete_open(open))).await;
        self.is_closing = false;
        taken
    }

    /// Sets the stack policy again, after a Ctrl-C too, and warns if it can't.
    pub(super) async fn put_policy_back(
        &mut self,
        stack_id: &str,
        held: &BTreeSet<String>,
        allowed: &BTreeSet<String>,
    ) {
        let session = self.session();
        let is_hurried = self.is_interrupted();
        self.is_closing = true;
        let nothing = BTreeSet::new();
        let set = self.ensure_policy(stack_id, held, &nothing);
        let set = closing(session, is_hurried, Box::pin(set)).await;
        self.is_closing = false;
        if let Err(why) = set {
            if why == INTERRUPTED {
                self.interrupt();
            }
            let lifted: Vec<&str> = allowed.iter().map(String::as_str).collect();
            let lifted = if lifted.is_empty() {
                String::new()
            } else {
                format!(" and may allow replacement and deletion of {}", lifted.join(", "))
            };
            self.warn(format!("the stack policy isn't set{lifted}: {why}; the same command sets it"));
        }
    }

    async fn delete_open(&mut self, open: &OpenSet) -> Result<(), Stop> {
        let set = match &open.id {
            Some(id) => ChangeSet {
                id: id.clone(),
                name: open.name.clone(),
                stack_id: open.stack.clone(),
                ..ChangeSet::default()
            },
            None => match self.find_set(&open.stack, &open.name).await? {
                Some(found) => found,
                None => return Ok(()),
            },
        };
        self.discard(&set, open.kind).await
    }
}

/// Waits for work that is done on leaving: a new Ctrl-C ends it, and time if somebody waits to leave.
async fn closing(
    session: Session<'_>,
    is_hurried: bool,
    work: Call<'_, Result<(), Stop>>,
) -> Result<(), String> {
    let limit: Call<'_, &str> = Box::pin(async move {
        let interrupted = session.prompter.interrupted();
        if !is_hurried {
            interrupted.await;
            return INTERRUPTED;
        }
        match first(interrupted, session.clock.sleep_in_full(TAKEN_BACK_WITHIN)).await {
            First::One(()) => INTERRUPTED,
            First::Other(()) => "AWS doesn't answer",
        }
    });
    match first(work, limit).await {
        First::One(Ok(())) => Ok(()),
        First::One(Err(Stop::Api(error) | Stop::GaveUp(error))) => Err(error.to_string()),
        First::One(Err(_)) => Err("it couldn't be waited for".to_owned()),
        First::Other(why) => Err(why.to_owned()),
    }
}

/// An outcome for what an API said.
pub(super) fn api_failure(error: &ApiError) -> Outcome {
    let outcome = Outcome::new(Ending::Failed, error.to_string());
    match error.kind {
        ErrorKind::CredentialsExpired => outcome.next("log in again, then run the same command again"),
        ErrorKind::Credentials => {
            outcome.next("give credentials: --profile, AWS_PROFILE, or `aws sso login`")
        }
        ErrorKind::AccessDenied => outcome.next("add the permission that the message names"),
        _ => outcome,
    }
}
