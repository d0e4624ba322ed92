//! A command while it runs: it tells events, waits, and calls until there is an answer.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use super::api::{Answer, ApiError, CloudFormation, ErrorKind, Stack};
use super::clock::Timestamp;
use super::event::{Event, Record, WaitReason};
use super::hidden::Hidden;
use super::outcome::{Ending, Outcome};
use super::pace::{Jitter, Pace};
use super::prompt::{Question, Reply};
use super::services::Services;
use super::stopping::{OpenSet, Stop, ended};
use super::{Call, Session};

/// How long the answer to a call that changes something is waited for after a Ctrl-C: CloudFormation answers within a few
/// seconds, and without its answer nobody knows what it did.
const LAST_ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// After this long a call without an answer is told: a person should know within a few seconds what is waited for.
const TOLD_AFTER: Duration = Duration::from_secs(5);

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

/// The tries of one call.
#[derive(Debug)]
struct Tries {
    patience: Patience,
    began: Timestamp,
    pace: Option<Pace>,
    count: u32,
    /// Whether somebody was told that there is no answer.
    is_told: bool,
}

/// A command while it runs.
#[derive(Debug)]
pub(super) struct Run<'a> {
    session: Session<'a>,
    /// The stack's name.
    pub(super) stack: String,
    /// Paths of constructs by logical id, as far as they are known.
    pub(super) constructs: BTreeMap<String, String>,
    deadline: Option<Timestamp>,
    jitter: Jitter,
    hidden: Hidden,
    /// Whether this run has changed something.
    pub(super) has_changed: bool,
    /// Whether a Ctrl-C came that nothing was made of yet.
    is_interrupted: AtomicBool,
    /// Whether what was begun is being taken back, which a Ctrl-C that came before doesn't stop.
    pub(super) is_closing: bool,
    /// The call that changes something and whose answer nobody waited for any longer.
    pub(super) unanswered: Option<&'static str>,
    /// The change set that was made and is not yet executed.
    pub(super) open_set: Option<OpenSet>,
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
            constructs: session.constructs.clone(),
            deadline,
            jitter: Jitter::new(session.seed),
            has_changed: false,
            hidden: Hidden::default(),
            is_interrupted: AtomicBool::new(false),
            is_closing: false,
            unanswered: None,
            open_set: None,
        };
        run.tell(Event::Started { command });
        run
    }

    /// From now on nothing shows these values.
    pub(super) fn hide(&mut self, hidden: Hidden) {
        self.hidden = hidden;
    }

    /// An ending without what nothing may show.
    pub(super) fn masked(&self, outcome: Outcome) -> Outcome {
        self.hidden.outcome(outcome)
    }

    /// Ends it.
    pub(super) fn finish(&self, outcome: Outcome) -> Outcome {
        let outcome = self.masked(outcome);
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

    /// Tells an event.
    pub(super) fn tell(&self, mut event: Event) {
        self.hidden.event(&mut event);
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

    pub(super) fn session(&self) -> Session<'a> {
        self.session
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
        if let Some(deadline) = self.deadline.filter(|_| !self.is_closing) {
            let left = deadline.since(self.now());
            if left.is_zero() {
                return Err(Stop::Deadline);
            }
            duration = duration.min(left);
        }
        self.unless_interrupted(self.session.clock.sleep(duration)).await
    }

    /// Stops after a Ctrl-C that came since it was last looked for: asked before what changes something.
    pub(super) async fn check_interrupt(&self) -> Result<(), Stop> {
        self.unless_interrupted(Box::pin(std::future::ready(()))).await
    }

    /// Whether a Ctrl-C came.
    pub(super) fn is_interrupted(&self) -> bool {
        self.is_interrupted.load(Ordering::Relaxed)
    }

    /// A Ctrl-C came, and the command is to stop at its next step.
    pub(super) fn interrupt(&self) {
        self.is_interrupted.store(true, Ordering::Relaxed);
    }

    /// A Ctrl-C was answered, and the command goes on.
    pub(super) fn goes_on(&self) {
        self.is_interrupted.store(false, Ordering::Relaxed);
    }

    /// Waits for what only looks, and leaves it at a Ctrl-C, or when the time is up.
    pub(super) async fn unless_interrupted<T: Send>(&self, answer: Call<'_, T>) -> Result<T, Stop> {
        if self.is_closing {
            return Ok(answer.await);
        }
        if self.is_interrupted() {
            return Err(Stop::Interrupted);
        }
        if self.time_left().is_some_and(|left| left.is_zero()) {
            return Err(Stop::Deadline);
        }
        let answered = first(self.session.prompter.interrupted(), answer);
        match first(Box::pin(answered), self.deadline()).await {
            First::One(First::Other(answer)) => Ok(answer),
            First::One(First::One(())) => {
                self.is_interrupted.store(true, Ordering::Relaxed);
                Err(Stop::Interrupted)
            }
            First::Other(()) => Err(Stop::Deadline),
        }
    }

    /// How long the command may still take, where that is limited.
    fn time_left(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.since(self.now()))
    }

    /// Comes back when the time is up; never, where it isn't limited.
    fn deadline(&self) -> Call<'a, ()> {
        match self.time_left() {
            Some(left) => self.session.clock.sleep_in_full(left),
            None => Box::pin(std::future::pending()),
        }
    }

    /// Waits for the answer to a call that changes something; after a Ctrl-C, or when the time is up, only for a moment, and not past
    /// another Ctrl-C.
    async fn last_answer<T: Send>(
        &mut self,
        operation: &'static str,
        mut answer: Answer<'_, T>,
    ) -> Result<Result<T, ApiError>, Stop> {
        if self.is_closing {
            return Ok(answer.await);
        }
        let Session { prompter, clock, .. } = self.session;
        let ended = first(prompter.interrupted(), self.deadline());
        let (why, stop) = match first(Box::pin(&mut answer), Box::pin(ended)).await {
            First::One(answer) => return Ok(answer),
            First::Other(First::One(())) => {
                self.is_interrupted.store(true, Ordering::Relaxed);
                ("interrupted", Stop::Interrupted)
            }
            First::Other(First::Other(())) => ("the time is up", Stop::Deadline),
        };
        self.note(format!(
            "{why}: the answer to {operation} is waited for, {} s at most; Ctrl-C {}leaves at once",
            LAST_ANSWER_WITHIN.as_secs(),
            if matches!(stop, Stop::Interrupted) { "again " } else { "" }
        ));
        let limit = first(prompter.interrupted(), clock.sleep_in_full(LAST_ANSWER_WITHIN));
        match first(answer, Box::pin(limit)).await {
            First::One(answer) => Ok(answer),
            First::Other(_) => {
                self.unanswered = Some(operation);
                Err(stop)
            }
        }
    }

    /// An answer, whose absence is told once a person wonders.
    fn told_if_late<'t, T: Send + 't>(&self, answer: Answer<'t, T>, tries: &'t mut Tries) -> Answer<'t, T>
    where
        'a: 't,
    {
        let (session, stack) = (self.session, self.stack.clone());
        Box::pin(async move {
            let mut answer = answer;
            let late = session.clock.sleep_in_full(TOLD_AFTER);
            if let First::One(answer) = first(Box::pin(&mut answer), late).await {
                return answer;
            }
            tries.is_told = true;
            let event = Event::Waiting {
                reason: WaitReason::NoAnswer,
                message: format!("no answer for {} s", TOLD_AFTER.as_secs()),
                attempt: tries.count + 1,
                retry_seconds: 0,
            };
            session.sink.tell(&Record { time: session.clock.now(), stack, event });
            answer.await
        })
    }

    /// Asks until there is an answer that is worth having. Nothing is lost where a Ctrl-C comes before it.
    pub(super) async fn call<'r, T: Send>(
        &mut self,
        patience: Patience,
        mut make: impl FnMut() -> Answer<'r, T> + Send,
    ) -> Result<T, Stop> {
        let mut tries = self.tries(patience);
        loop {
            let answer = self.told_if_late(make(), &mut tries);
            match self.unless_interrupted(answer).await? {
                Ok(answer) => return Ok(self.answered(answer, &tries)),
                Err(error) => self.wait_after(error, &mut tries).await?,
            }
        }
    }

    /// Makes a call that changes something, until it is answered: stopped on the way, [`Run::unanswered`] names it if it may have
    /// arrived.
    pub(super) async fn change<'r, T: Send>(
        &mut self,
        patience: Patience,
        operation: &'static str,
        mut make: impl FnMut() -> Answer<'r, T> + Send,
    ) -> Result<T, Stop> {
        let mut tries = self.tries(patience);
        let mut may_have_arrived = false;
        self.check_interrupt().await?;
        loop {
            let answer = self.told_if_late(make(), &mut tries);
            let stop = match self.last_answer(operation, answer).await {
                Ok(Ok(answer)) => return Ok(self.answered(answer, &tries)),
                Ok(Err(error)) => {
                    may_have_arrived |= error.kind == ErrorKind::Connection;
                    match self.wait_after(error, &mut tries).await {
                        Ok(()) => continue,
                        Err(stop) => stop,
                    }
                }
                Err(stop) => stop,
            };
            if may_have_arrived && !matches!(stop, Stop::Api(_)) {
                self.unanswered = Some(operation);
            }
            return Err(stop);
        }
    }

    fn tries(&self, patience: Patience) -> Tries {
        let patience = match patience {
            Patience::Short if self.has_changed => Patience::Between,
            other => other,
        };
        Tries { patience, began: self.now(), pace: None, count: 0, is_told: false }
    }

    fn answered<T>(&self, answer: T, tries: &Tries) -> T {
        if tries.is_told {
            let after_seconds = self.now().since(tries.began).as_secs();
            self.tell(Event::Reconnected { after_seconds });
        }
        answer
    }

    /// Waits before the next try, if one is worth it.
    async fn wait_after(&mut self, error: ApiError, tries: &mut Tries) -> Result<(), Stop> {
        let Some(reason) = tries.patience.reason(error.kind) else { return Err(Stop::Api(error)) };
        if self.now().since(tries.began) > tries.patience.limit(error.kind) {
            return Err(Stop::GaveUp(error));
        }
        tries.count += 1;
        tries.is_told = true;
        if tries.pace.is_none() {
            tries.pace = Some(Pace::of_failures(self.jitter()));
        }
        let wait = tries.pace.as_mut().map_or(Duration::ZERO, Pace::next_wait);
        self.tell(Event::Waiting {
            reason,
            message: error.to_string(),
            attempt: tries.count,
            retry_seconds: wait.as_secs(),
        });
        self.wait(wait).await
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

/// Which of two futures was first.
pub(super) enum First<A, B> {
    One(A),
    Other(B),
}

/// Waits for the first of two futures; one that is ready at once wins over the other.
pub(super) async fn first<A: Send, B: Send>(mut one: Call<'_, A>, mut other: Call<'_, B>) -> First<A, B> {
    std::future::poll_fn(move |context| {
        if let Poll::Ready(value) = Pin::new(&mut one).poll(context) {
            return Poll::Ready(First::One(value));
        }
        Pin::new(&mut other).poll(context).map(First::Other)
    })
    .await
}
