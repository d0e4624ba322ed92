//! A command while it runs: it tells events, waits, and calls until there is an answer.

use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use super::api::{Answer, ApiError, CloudFormation, ErrorKind, Stack};
use super::clock::Timestamp;
use super::event::{Event, Record, WaitReason};
use super::outcome::{Ending, Outcome};
use super::pace::{Jitter, Pace};
use super::prompt::{Question, Reply};
use super::services::Services;
use super::{Call, Session};

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

/// How long calls may fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    /// Before anything runs: a person waits. Once this run has changed something, as [`Patience::Between`].
    Short,
    /// Between two steps: nothing is lost by waiting for credentials.
    Between,
    /// While a stack changes: it goes on without us, so that nothing is lost by waiting.
    Long,
}

impl Patience {
    /// How long without an answer is too long.
    fn limit(self, kind: ErrorKind) -> Duration {
        let minutes = match (self, kind) {
            (Self::Short, ErrorKind::Throttled) => 10,
            (Self::Short, _) => 3,
            (_, ErrorKind::CredentialsExpired | ErrorKind::Credentials) | (Self::Between, _) => 15,
            (Self::Long, ErrorKind::AccessDenied) => 5,
            (Self::Long, _) => 60,
        };
        Duration::from_secs(minutes * 60)
    }

    /// Why it is worth waiting, if it is.
    fn reason(self, kind: ErrorKind) -> Option<WaitReason> {
        match (kind, self) {
            (ErrorKind::Throttled, _) => Some(WaitReason::Throttled),
            (ErrorKind::Connection, _) => Some(WaitReason::Connection),
            // Somebody may log in again; before anything runs they had better start anew.
            (ErrorKind::CredentialsExpired | ErrorKind::Credentials, Self::Long | Self::Between) => {
                Some(WaitReason::CredentialsExpired)
            }
            (ErrorKind::AccessDenied, Self::Long) => Some(WaitReason::AccessDenied),
            _ => None,
        }
    }
}

/// A command while it runs.
#[derive(Debug)]
pub(super) struct Run<'a> {
    session: Session<'a>,
    /// The stack's name.
    pub(super) stack: String,
    deadline: Option<Timestamp>,
    jitter: Jitter,
    has_changed: bool,
}

impl<'a> Run<'a> {
    /// Begins a command for a stack.
    pub(super) fn begin(
        session: Session<'a>,
        command: &'static str,
        stack: &str,
        timeout: Option<Duration>,
    ) -> Self {
        let deadline = timeout.map(|timeout| session.clock.now().after(timeout));
        let run = Self {
            session,
            stack: stack.to_owned(),
            deadline,
            jitter: Jitter::new(session.seed),
            has_changed: false,
        };
        run.tell(Event::Started { command });
        run
    }

    /// Ends it.
    pub(super) fn finish(&self, outcome: Outcome) -> Outcome {
        if !outcome.outputs.is_empty() {
            self.tell(Event::Outputs { outputs: outcome.outputs.clone() });
        }
        self.tell(Event::Finished {
            ending: outcome.ending,
            exit_code: outcome.ending.exit_code(),
            message: outcome.message.clone(),
            next: outcome.next.clone(),
        });
        outcome
    }

    /// What becomes of a command that stopped before anything ran.
    pub(super) fn stopped(stop: Stop) -> Outcome {
        match stop {
            Stop::Ended(outcome) => *outcome,
            Stop::Api(error) => api_failure(&error),
            Stop::GaveUp(error) => {
                Outcome::new(Ending::Failed, format!("there was no answer for too long: {error}"))
                    .next("run the same command again")
            }
            Stop::Interrupted => Outcome::new(Ending::Declined, "interrupted; nothing runs in the stack"),
            Stop::Deadline => Outcome::new(Ending::Failed, "the time was up before anything ran"),
        }
    }

    /// Tells an event.
    pub(super) fn tell(&self, event: Event) {
        let record = Record { time: self.now(), stack: self.stack.clone(), event };
        self.session.sink.tell(&record);
    }

    /// Tells a sentence.
    pub(super) fn note(&self, message: impl Into<String>) {
        self.tell(Event::Note { message: message.into() });
    }

    /// Tells a sentence that somebody should read.
    pub(super) fn warn(&self, message: impl Into<String>) {
        self.tell(Event::Warning { message: message.into() });
    }

    /// From now on calls wait for credentials: this run has changed something.
    pub(super) fn has_begun(&mut self) {
        self.has_changed = true;
    }

    pub(super) fn now(&self) -> Timestamp {
        self.session.clock.now()
    }

    pub(super) fn cloudformation(&self) -> &'a dyn CloudFormation {
        self.session.cloudformation
    }

    pub(super) fn services(&self) -> &'a dyn Services {
        self.session.services
    }

    /// A source of jitter of one's own.
    pub(super) fn jitter(&mut self) -> Jitter {
        let seed = self.jitter.unit();
        Jitter::new(seed.to_bits())
    }

    /// Asks a person.
    pub(super) async fn ask(&self, question: &Question) -> Reply {
        self.session.prompter.ask(question).await
    }

    /// Waits, but not past the time that is given, nor past a Ctrl-C.
    pub(super) async fn wait(&self, duration: Duration) -> Result<(), Stop> {
        let mut duration = duration;
        if let Some(deadline) = self.deadline {
            let left = deadline.since(self.now());
            if left.is_zero() {
                return Err(Stop::Deadline);
            }
            duration = duration.min(left);
        }
        match first(self.session.prompter.interrupted(), self.session.clock.sleep(duration)).await {
            First::One(()) => Err(Stop::Interrupted),
            First::Other(()) => Ok(()),
        }
    }

    /// Stops after a Ctrl-C that came since it was last looked for: asked before what changes something.
    pub(super) async fn check_interrupt(&self) -> Result<(), Stop> {
        let nothing: Call<'_, ()> = Box::pin(std::future::ready(()));
        match first(self.session.prompter.interrupted(), nothing).await {
            First::One(()) => Err(Stop::Interrupted),
            First::Other(()) => Ok(()),
        }
    }

    /// Calls until there is an answer that is worth having.
    pub(super) async fn call<'r, T: Send>(
        &mut self,
        patience: Patience,
        mut make: impl FnMut() -> Answer<'r, T> + Send,
    ) -> Result<T, Stop> {
        let patience = match patience {
            Patience::Short if self.has_changed => Patience::Between,
            other => other,
        };
        let began = self.now();
        let mut pace: Option<Pace> = None;
        let mut attempt = 0;
        loop {
            let error = match make().await {
                Ok(answer) => {
                    if attempt > 0 {
                        let after_seconds = self.now().since(began).as_secs();
                        self.tell(Event::Reconnected { after_seconds });
                    }
                    return Ok(answer);
                }
                Err(error) => error,
            };
            let Some(reason) = patience.reason(error.kind) else { return Err(Stop::Api(error)) };
            if self.now().since(began) > patience.limit(error.kind) {
                return Err(Stop::GaveUp(error));
            }
            attempt += 1;
            if pace.is_none() {
                pace = Some(Pace::of_failures(self.jitter()));
            }
            let wait = pace.as_mut().map_or(Duration::ZERO, Pace::next_wait);
            self.tell(Event::Waiting {
                reason,
                message: error.to_string(),
                attempt,
                retry_seconds: wait.as_secs(),
            });
            self.wait(wait).await?;
        }
    }

    /// The stack with that name or ARN; `None` if it isn't there or is deleted.
    pub(super) async fn find_stack(&mut self, stack: &str) -> Result<Option<Stack>, Stop> {
        let cloudformation = self.cloudformation();
        match self.call(Patience::Short, || cloudformation.describe_stack(stack)).await {
            Ok(stack) if stack.status == super::api::StackStatus::DeleteComplete => Ok(None),
            Ok(stack) => Ok(Some(stack)),
            Err(Stop::Api(error)) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(stop) => Err(stop),
        }
    }

    /// The stack with that name or ARN, which has to be there.
    pub(super) async fn existing_stack(&mut self, stack: &str) -> Result<Stack, Stop> {
        match self.find_stack(stack).await? {
            Some(stack) => Ok(stack),
            None => {
                ended(Ending::Failed, format!("there is no stack {stack} in {}", self.services().region()))
            }
        }
    }
}

/// An outcome for what an API said.
fn api_failure(error: &ApiError) -> Outcome {
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

/// Which of two futures was first.
enum First<A, B> {
    One(A),
    Other(B),
}

/// Waits for the first of two futures; one that is ready at once wins over the other.
async fn first<A: Send, B: Send>(mut one: Call<'_, A>, mut other: Call<'_, B>) -> First<A, B> {
    std::future::poll_fn(move |context| {
        if let Poll::Ready(value) = Pin::new(&mut one).poll(context) {
            return Poll::Ready(First::One(value));
        }
        Pin::new(&mut other).poll(context).map(First::Other)
    })
    .await
}
