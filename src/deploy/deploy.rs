//! A deploy: looks at the stack, decides by its status, does one thing, and looks again, until there is nothing left to do.
//!
//! What an earlier run of the same command began is found by its name and goes on, so a run may end anywhere. A new stack is
//! created in two steps, foundation and whole, and its deletion protection comes on in a third.

use std::collections::{BTreeMap, BTreeSet};

use super::Session;
use super::api::{
    ChangeSet, ChangeSetKind, CreateChangeSet, ErrorKind, ExecuteChangeSet, OnStackFailure, Output, Stack,
    StackStatus, TemplateSource, TemplateStage,
};
use super::broadening;
use super::capability;
use super::change_sets::{Made, left_prepared};
use super::changes::{Change, Widening};
use super::data;
use super::digest::{Digest, SetName};
use super::event::{Event, Step};
use super::event_log::Start;
use super::follow::{Before, Followed, Operation, ending_words};
use super::outcome::{Ending, Outcome};
use super::parameters::{self, Values};
use super::picture::{Picture, picture};
use super::prompt::{Question, Reply, Topic};
use super::request::{Approval, DeployRequest};
use super::run::{Patience, Run, Stop, ended};
use super::status::{Action, Ruling, ruling};
use super::template_diff;
use crate::cfn::Template;
use crate::cfn::evaluate::Settings;
use crate::cfn::read::read_bytes;
use crate::validate::{Options, ValidatedTemplate};

/// How often the stack is looked at anew; a deploy needs four times at most.
const MOST_ROUNDS: u32 = 16;

/// Takes a stack to what the request says.
pub async fn deploy(session: Session<'_>, request: &DeployRequest) -> Outcome {
    let mut run = Run::begin(session, "deploy", &request.stack, request.timeout);
    let result = Deploy::new(&mut run, request).run_to_end().await;
    let outcome = result.unwrap_or_else(|stop| run.stopped(stop));
    run.finish(outcome)
}

/// A deploy while it runs.
struct Deploy<'r, 's> {
    run: &'r mut Run<'s>,
    request: &'r DeployRequest,
    /// What the command asks for, as a digest.
    content: String,
    constructs: BTreeMap<String, String>,
    /// The stack's ARN, once it is known.
    stack_id: Option<String>,
    /// Whether somebody said yes to the whole in this run.
    is_approved: bool,
    /// Whether this run began with a stack that had to be created.
    creates: bool,
    /// Whether the checks of parameters and certificates were made.
    is_checked: bool,
    has_retried: bool,
    /// Whether something was executed or followed by this run.
    has_changed: bool,
    /// Whether this run executed the whole template.
    is_whole_done: bool,
}

/// What a step of a deploy came to.
enum Next {
    /// Look at the stack again.
    Again,
    /// It is over.
    End(Outcome),
}

/// A change set that is about to be made.
struct Planned {
    step: Step,
    kind: ChangeSetKind,
    values: Values,
    source: TemplateSource,
    template: Template,
    on_stack_failure: Option<OnStackFailure>,
    disable_rollback: bool,
    alarms: Option<super::api::RollbackConfiguration>,
}

impl<'r, 's> Deploy<'r, 's> {
    fn new(run: &'r mut Run<'s>, request: &'r DeployRequest) -> Self {
        let constructs = request.template.template().resources.iter();
        Self {
            content: content(request),
            constructs: constructs
                .filter_map(|(id, resource)| Some((id.clone(), resource.construct.clone()?)))
                .collect(),
            run,
            request,
            stack_id: None,
            is_approved: false,
            creates: false,
            is_checked: false,
            has_retried: false,
            has_changed: false,
            is_whole_done: false,
        }
    }

    fn whole(&self) -> &'r Template {
        self.request.template.template()
    }

    async fn run_to_end(&mut self) -> Result<Outcome, Stop> {
        self.run.check_place(self.request).await?;
        for _ in 0..MOST_ROUNDS {
            let name = self.stack_id.clone().unwrap_or_else(|| self.request.stack.clone());
            let stack = self.run.find_stack(&name).await?;
            match self.round(stack).await? {
                Next::Again => {}
                Next::End(outcome) => return Ok(outcome),
            }
        }
        ended(Ending::Failed, "the stack changes all the time: does something else work on it?")
    }

    /// Decides by the status, and does one thing.
    async fn round(&mut self, stack: Option<Stack>) -> Result<Next, Stop> {
        let status = stack.as_ref().map(|stack| stack.status.clone());
        let ruling = ruling(Action::Deploy, status.as_ref());
        let Some(stack) = stack else {
            self.stack_id = None;
            return self.create(None).await;
        };
        self.stack_id = Some(stack.id.clone());
        match ruling {
            Ruling::Create => self.create(Some(stack)).await,
            Ruling::Update => self.update(stack, false).await,
            Ruling::Recreate => {
                self.run.note(format!(
                    "the stack is {}: nothing is in it, it is deleted and created anew",
                    stack.status
                ));
                self.delete(&stack).await
            }
            Ruling::ResumeOrRecreate if self.request.on_failure == OnStackFailure::Keep => {
                self.run.note("the creation of the stack failed and was kept: this goes on from there");
                self.update(stack, true).await
            }
            Ruling::ResumeOrRecreate | Ruling::AskThenRecreate => self.ask_then_delete(stack).await,
            Ruling::RollBackFirst => self.roll_back_first(stack).await,
            Ruling::FollowOwn => self.follow_own(stack).await,
            Ruling::Follow => {
                self.run.note(format!("the stack is {}: this goes on once it is through", stack.status));
                let is_own = self.is_own(&stack);
                let followed = self.follow(&stack, None, Start::LatestOperation, None).await?;
                if is_own && followed.ending != Ending::Done {
                    return Ok(Next::End(self.failure(&followed)));
                }
                if followed.stack.status == StackStatus::DeleteComplete {
                    self.stack_id = None;
                }
                Ok(Next::Again)
            }
            Ruling::Refuse(ending, advice) => {
                let message = format!("the stack is {}: it can't be deployed now", stack.status);
                ended_with(Outcome::new(ending, message).next(advice), &stack)
            }
            Ruling::Proceed | Ruling::ContinueRollback | Ruling::Nothing(_) => {
                ended(Ending::Failed, format!("the stack is {}: that wasn't expected", stack.status))
            }
        }
    }

    /// The first step of a stack that isn't there or has nothing in it.
    async fn create(&mut self, stack: Option<Stack>) -> Result<Next, Stop> {
        self.creates = true;
        if let Some(stack) = &stack {
            let resources = self.run.resources(&stack.id).await?;
            if !resources.is_empty() {
                let message = "the stack is in review, but has resources: an import that was left half-way?";
                return ended_with(
                    Outcome::new(Ending::Stuck, message).next("finish or delete it in the console"),
                    stack,
                );
            }
        }
        let whole = self.whole();
        let (step, template) = match &self.request.foundation {
            Some(foundation) => (Step::Foundation, foundation.template()),
            None => (Step::Whole, whole),
        };
        let all = self.values_of(whole, None, false)?;
        self.validate(&all)?;
        self.check_once(&all).await?;
        self.tell_step(step);
        let values = self.values_of(template, None, false)?;
        let source = self.source_of(template, None).await?;
        let planned = Planned {
            step,
            kind: ChangeSetKind::Create,
            values,
            source,
            template: template.clone(),
            on_stack_failure: (self.request.on_failure != OnStackFailure::Rollback)
                .then_some(self.request.on_failure),
            disable_rollback: false,
            alarms: None,
        };
        let set = match self.make(&planned, stack.as_ref()).await? {
            Made::Ready(set) => set,
            Made::Executing(set) => {
                self.stack_id = Some(set.stack_id);
                return Ok(Next::Again);
            }
            Made::NoChange => return ended(Ending::Failed, "a new stack without any resource can't be made"),
        };
        self.stack_id = Some(set.stack_id.clone());
        if !self.is_approved {
            let after = self.picture_of(whole, &all);
            let nothing = Picture::new();
            let changes = template_diff::resources(&nothing, &after);
            let widenings = broadening::widenings(&nothing, &after);
            self.run.tell(Event::Changes {
                step: None,
                changes: changes.clone(),
                widenings: widenings.clone(),
            });
            let approved =
                if self.request.no_execute { Ok(()) } else { self.approve(&changes, &widenings).await };
            if let Err(stop) = approved {
                self.run.discard(&set, ChangeSetKind::Create).await?;
                return Err(stop);
            }
        }
        if self.request.no_execute {
            return Ok(Next::End(left_prepared(&set, step == Step::Foundation)));
        }
        let Some(stack) = self.run.find_stack(&set.stack_id).await? else { return Ok(Next::Again) };
        let followed = self.execute(&planned, &set, &stack).await?;
        if followed.ending != Ending::Done || followed.stack.status == StackStatus::DeleteComplete {
            return self.failed(&followed);
        }
        self.set_policy(&followed.stack.id, template, &BTreeSet::new()).await?;
        if step == Step::Foundation {
            return Ok(Next::Again);
        }
        self.after_whole(followed.stack).await
    }

    /// A step of a stack that is there.
    async fn update(&mut self, stack: Stack, is_resumed: bool) -> Result<Next, Stop> {
        let whole = self.whole();
        let deployed = self.deployed_template(&stack).await?;
        let is_complete = !is_resumed && self.has_been_complete(&deployed);
        if !is_complete {
            self.creates = true;
        }
        let protected = self.is_protected(&stack) || is_complete;
        let values = self.values_of(whole, Some(&stack), protected)?;
        self.validate(&values)?;
        self.check_once(&values).await?;
        let step = if self.is_whole_done { Step::Protection } else { Step::Whole };
        self.tell_step(step);
        if step == Step::Whole && !values.kept.is_empty() {
            self.run.note(format!(
                "these parameters keep the values that the stack has: {}",
                values.kept.join(", ")
            ));
        }
        let source = self.source_of(whole, Some(&stack)).await?;
        let alarms =
            if is_complete { Some(self.run.alarms(self.request, &stack, &deployed).await?) } else { None };
        let planned = Planned {
            step,
            kind: ChangeSetKind::Update,
            values,
            source,
            template: whole.clone(),
            on_stack_failure: None,
            disable_rollback: is_resumed,
            alarms,
        };
        let set = match self.make(&planned, Some(&stack)).await? {
            Made::Ready(set) => set,
            Made::Executing(_) => return Ok(Next::Again),
            Made::NoChange => {
                self.set_policy(&stack.id, whole, &BTreeSet::new()).await?;
                return self.after_whole(stack).await;
            }
        };
        let before = self.picture_before(&deployed, &stack);
        let after = self.picture_of(whole, &planned.values);
        let changes = self.run.changes_of(&set, &self.constructs).await?;
        let widenings = broadening::widenings(&before, &after);
        self.run.tell(Event::Changes {
            step: Some(step),
            changes: changes.clone(),
            widenings: widenings.clone(),
        });
        if let Err(stop) = self.pass_gates(&changes, &widenings, &before, &after).await {
            self.run.discard(&set, ChangeSetKind::Update).await?;
            return Err(stop);
        }
        if self.request.no_execute {
            return Ok(Next::End(left_prepared(&set, false)));
        }
        let allowed: BTreeSet<String> =
            self.request.allow_replace.union(&self.request.allow_delete).cloned().collect();
        self.set_policy(&stack.id, &deployed, &allowed).await?;
        let followed = self.execute(&planned, &set, &stack).await;
        // Whatever came of it, what was lifted is put back.
        if !matches!(&followed, Err(Stop::Ended(outcome)) if outcome.ending == Ending::Left) {
            let now_deployed = if followed.as_ref().is_ok_and(|followed| followed.ending == Ending::Done) {
                whole
            } else {
                &deployed
            };
            self.set_policy(&stack.id, now_deployed, &BTreeSet::new()).await?;
        }
        let followed = followed?;
        if followed.ending != Ending::Done {
            return self.failed(&followed);
        }
        self.after_whole(followed.stack).await
    }

    /// The stack has the whole template: deletion protection, termination protection, outputs.
    async fn after_whole(&mut self, stack: Stack) -> Result<Next, Stop> {
        let wants_protection = self.request.protection.as_ref().is_some_and(|protection| protection.wanted);
        if wants_protection && !self.is_whole_done && !self.is_protected(&stack) {
            self.is_whole_done = true;
            return Ok(Next::Again);
        }
        self.run.ensure_termination_protection(&stack, self.request.termination_protection).await?;
        let message = if self.has_changed {
            format!("the stack is {}", stack.status)
        } else {
            "there is nothing to change".to_owned()
        };
        let outputs: Vec<Output> = stack.outputs.clone();
        Ok(Next::End(Outcome { stack_id: Some(stack.id), outputs, ..Outcome::new(Ending::Done, message) }))
    }

    async fn pass_gates(
        &mut self,
        changes: &[Change],
        widenings: &[Widening],
        before: &Picture,
        after: &Picture,
    ) -> Result<(), Stop> {
        let losses = data::losses(changes, before, after);
        let refused = data::refused(&losses, &self.request.allow_replace, &self.request.allow_delete);
        if !refused.is_empty() {
            let mut outcome = Outcome::new(
                Ending::Declined,
                "the change set would lose data; it is deleted, and nothing was changed",
            );
            for loss in refused {
                outcome =
                    outcome.next(format!("{loss}; allow it with {} {}", loss.kind.flag(), loss.logical_id));
            }
            return Err(outcome.into());
        }
        if self.request.no_execute || self.is_approved {
            return Ok(());
        }
        self.approve(changes, widenings).await
    }

    /// Asks, where it has to be asked.
    async fn approve(&mut self, changes: &[Change], widenings: &[Widening]) -> Result<(), Stop> {
        let is_needed = match self.request.approval {
            Approval::Never => false,
            Approval::Broadening => !widenings.is_empty(),
            Approval::Any => true,
        };
        if !is_needed || self.request.yes {
            self.is_approved = true;
            return Ok(());
        }
        let is_widening = !widenings.is_empty();
        let question = Question {
            topic: if is_widening { Topic::Broadening } else { Topic::Changes },
            text: format!("Change {} resources of the stack {}?", changes.len(), self.request.stack),
            details: widenings.iter().map(|widening| widening.words.clone()).collect(),
            expected: None,
            flag: "--yes".to_owned(),
        };
        self.ask(&question, "the changes were declined; nothing was changed").await?;
        self.is_approved = true;
        Ok(())
    }

    async fn ask(&mut self, question: &Question, declined: &str) -> Result<(), Stop> {
        match self.run.ask(question).await {
            Reply::Yes => Ok(()),
            Reply::No => ended(Ending::Declined, declined),
            Reply::NoTerminal => {
                let message = format!("there is nobody to ask: {}", question.text);
                Err(Outcome::new(Ending::Declined, message)
                    .next(format!("{} answers it", question.flag))
                    .into())
            }
            Reply::Interrupted => Err(Stop::Interrupted),
        }
    }

    /// Makes the set of a step, or finds it.
    async fn make(&mut self, planned: &Planned, stack: Option<&Stack>) -> Result<Made, Stop> {
        let base = match stack.filter(|stack| stack.status != StackStatus::ReviewInProgress) {
            None => Digest::default().with("new"),
            Some(stack) => {
                let changed = stack.last_updated_time.unwrap_or(stack.creation_time);
                Digest::default().with(&stack.id).with(&changed.to_string()).with(stack.status.as_str())
            }
        };
        let settings = planned.values.settings.iter();
        let settings: Vec<String> =
            settings.map(|setting| format!("{}={:?}", setting.key, setting.value)).collect();
        let alarms = planned.alarms.as_ref().map(|alarms| format!("{alarms:?}"));
        let base = base
            .with(&format!("{:?} {:?}", planned.step, planned.kind))
            .with_all(settings.iter().map(String::as_str))
            .with_option(alarms.as_deref())
            .hex(12);
        let name = SetName { content: self.content.clone(), base }.to_string();
        let request = CreateChangeSet {
            stack: stack.map_or_else(|| self.request.stack.clone(), |stack| stack.id.clone()),
            client_token: super::stacks::token("set", &name),
            name,
            kind: planned.kind,
            template: planned.source.clone(),
            parameters: planned.values.settings.clone(),
            tags: Some(self.request.tags.clone()),
            capabilities: capability::needed(&planned.template),
            role_arn: self.request.role_arn.clone(),
            notification_arns: self.request.notification_arns.clone(),
            rollback_configuration: planned.alarms.clone(),
            description: Some(format!("made by dify-cfn {}", env!("CARGO_PKG_VERSION"))),
            include_nested_stacks: !self.request.revert_drift,
            on_stack_failure: planned.on_stack_failure,
            import_existing_resources: self.request.import_existing,
            resources_to_import: Vec::new(),
            revert_drift: self.request.revert_drift && planned.kind == ChangeSetKind::Update,
        };
        self.run.make_set(&request, planned.step).await
    }

    /// Executes a set and follows it.
    async fn execute(&mut self, planned: &Planned, set: &ChangeSet, stack: &Stack) -> Result<Followed, Stop> {
        let start = self.run.mark(&stack.id).await?;
        let request = ExecuteChangeSet {
            change_set: set.id.clone(),
            client_request_token: super::stacks::token("execute", &set.id),
            disable_rollback: planned.disable_rollback,
            // Not together with OnStackFailure or without rollback, where nothing is rolled back.
            retain_except_on_create: planned.on_stack_failure.is_none() && !planned.disable_rollback,
        };
        let cloudformation = self.run.cloudformation();
        self.run.tell(Event::Executing { change_set: set.id.clone(), stack_id: stack.id.clone() });
        self.has_changed = true;
        match self.run.call(Patience::Short, || cloudformation.execute_change_set(&request)).await {
            Ok(()) => {}
            // A repeated request that had arrived: it runs, or is through.
            Err(Stop::Api(error)) if error.kind == ErrorKind::InvalidState => {
                self.run.note(format!("the change set isn't executed again: {}", error.message));
            }
            Err(stop) => return Err(stop),
        }
        self.follow(stack, Some(Before::of(stack)), start, Some(set.changes.len())).await
    }

    async fn follow(
        &mut self,
        stack: &Stack,
        before: Option<Before>,
        start: Start,
        total: Option<usize>,
    ) -> Result<Followed, Stop> {
        self.has_changed = true;
        let operation = Operation {
            stack_id: stack.id.clone(),
            start,
            before,
            total,
            constructs: self.constructs.clone(),
        };
        self.run.follow(&operation).await
    }

    /// Whether what runs, or ran last, was begun by this command or an earlier run of the same.
    fn is_own(&self, stack: &Stack) -> bool {
        let name = stack.change_set_id.as_deref().and_then(SetName::parse);
        name.is_some_and(|name| name.content == self.content)
    }

    async fn follow_own(&mut self, stack: Stack) -> Result<Next, Stop> {
        if !self.is_own(&stack) {
            let message = format!("the stack is {}: something else works on it", stack.status);
            return ended_with(
                Outcome::new(Ending::Failed, message)
                    .next(format!("`attach --stack {}` follows it, then run this again", self.request.stack)),
                &stack,
            );
        }
        self.run.note("an earlier run of this command began what runs: this goes on with it");
        let followed = self.follow(&stack, None, Start::LatestOperation, None).await?;
        if followed.ending != Ending::Done || followed.stack.status == StackStatus::DeleteComplete {
            return self.failed(&followed);
        }
        // Somebody said yes to the earlier run.
        self.is_approved = true;
        let deployed = self.deployed_template(&followed.stack).await?;
        self.set_policy(&followed.stack.id, &deployed, &BTreeSet::new()).await?;
        if self.has_been_complete(&deployed) {
            return self.after_whole(followed.stack).await;
        }
        Ok(Next::Again)
    }

    /// Deletes a stack whose creation failed.
    async fn delete(&mut self, stack: &Stack) -> Result<Next, Stop> {
        if stack.termination_protection {
            let message =
                format!("the stack is {} and has termination protection: it can't be deleted", stack.status);
            return ended_with(
                Outcome::new(Ending::Stuck, message)
                    .next("turn its termination protection off, then run this again"),
                stack,
            );
        }
        let start = self.run.mark(&stack.id).await?;
        self.run.delete_stack(&stack.id, self.request.role_arn.as_deref()).await?;
        let followed = self.follow(stack, Some(Before::of(stack)), start, None).await?;
        if followed.stack.status != StackStatus::DeleteComplete {
            return Ok(Next::End(self.failure(&followed)));
        }
        self.run.tell(Event::StackDeleted { stack_id: stack.id.clone() });
        self.stack_id = None;
        Ok(Next::Again)
    }

    /// Deletes a stack that may hold something, after a question; never one that holds data.
    async fn ask_then_delete(&mut self, stack: Stack) -> Result<Next, Stop> {
        let resources = self.run.resources(&stack.id).await?;
        let left: Vec<_> = resources
            .iter()
            .filter(|resource| resource.physical_id.as_deref().is_some_and(|id| !id.is_empty()))
            .collect();
        let holding: Vec<&str> = left
            .iter()
            .filter(|resource| {
                data::holds_data(&resource.resource_type) && resource.status.ends_with("_COMPLETE")
            })
            .map(|resource| resource.logical_id.as_str())
            .collect();
        if !holding.is_empty() {
            let message = format!(
                "the stack is {}, and what holds data is in it: {}",
                stack.status,
                holding.join(", ")
            );
            let mut outcome = Outcome::new(Ending::Stuck, message);
            if stack.status == StackStatus::CreateFailed {
                outcome = outcome.next("`deploy --on-failure keep` goes on from there");
            }
            return ended_with(outcome.next("`destroy` deletes it, after saying what is lost"), &stack);
        }
        let question = Question {
            topic: Topic::DeleteFailed,
            text: format!("The stack is {}. Delete it and create it anew?", stack.status),
            details: left
                .iter()
                .map(|resource| format!("{} ({})", resource.logical_id, resource.resource_type))
                .collect(),
            expected: None,
            flag: "--yes".to_owned(),
        };
        if !self.request.yes {
            self.ask(&question, "declined; nothing was changed").await?;
        }
        self.delete(&stack).await
    }

    /// Takes back an update that failed and was left as it was.
    async fn roll_back_first(&mut self, stack: Stack) -> Result<Next, Stop> {
        let question = Question {
            topic: Topic::RollBack,
            text: format!("The stack is {}. Roll it back first?", stack.status),
            details: Vec::new(),
            expected: None,
            flag: "--yes".to_owned(),
        };
        if !self.request.yes {
            self.ask(&question, "declined; nothing was changed").await?;
        }
        let followed = self.run.roll_back(&stack, &self.constructs).await?;
        if followed.ending == Ending::Stuck {
            return Ok(Next::End(self.failure(&followed)));
        }
        Ok(Next::Again)
    }

    /// What becomes of a step that failed.
    fn failed(&mut self, followed: &Followed) -> Result<Next, Stop> {
        let is_passing = followed.cause.as_ref().is_some_and(super::cause::is_missing_service_linked_role);
        if is_passing && !self.has_retried && followed.ending == Ending::RolledBack {
            self.has_retried = true;
            self.run.note("the role that the account was missing should be there now: once more");
            if followed.stack.status == StackStatus::DeleteComplete {
                self.stack_id = None;
            }
            return Ok(Next::Again);
        }
        Ok(Next::End(self.failure(followed)))
    }

    fn failure(&self, followed: &Followed) -> Outcome {
        let status = &followed.stack.status;
        let is_deleted = *status == StackStatus::DeleteComplete;
        let ending = if is_deleted { Ending::RolledBack } else { followed.ending };
        let mut message = if is_deleted {
            "the creation failed; the stack is deleted".to_owned()
        } else {
            ending_words(status, ending)
        };
        if let Some(cause) = &followed.cause {
            let reason = cause.event.reason.as_deref().unwrap_or("no reason is told");
            let name = cause.event.construct.as_deref().unwrap_or(&cause.event.logical_id);
            message = format!("{name} failed: {reason}; {message}");
        }
        let mut outcome = Outcome::new(ending, message);
        if let Some(cause) = &followed.cause {
            outcome.next.extend(cause.advice.iter().cloned());
        }
        let stack = &self.request.stack;
        match status {
            StackStatus::CreateFailed => {
                outcome = outcome
                    .next("`deploy --on-failure keep` goes on from there")
                    .next(format!("`destroy --stack {stack}` deletes it"));
            }
            StackStatus::UpdateRollbackFailed => {
                outcome = outcome.next(format!(
                    "`rollback --stack {stack}` tries again, with --force it skips what fails"
                ));
            }
            StackStatus::RollbackFailed | StackStatus::DeleteFailed => {
                outcome = outcome.next(format!("`destroy --stack {stack}` deletes the rest"));
            }
            _ => {}
        }
        outcome.stack_id = Some(followed.stack.id.clone());
        outcome.cause = followed.cause.clone().map(Box::new);
        outcome
    }

    /// The values of a template's parameters, deletion protection as it may be now.
    fn values_of(&self, template: &Template, stack: Option<&Stack>, protected: bool) -> Result<Values, Stop> {
        let mut given = self.request.given.clone();
        if let Some(protection) = &self.request.protection {
            let value = protection.wanted && (protected || self.is_whole_done);
            given.insert(protection.parameter.clone(), value.to_string());
        }
        let whole = self.whole();
        parameters::values(template, &self.request.configured, &given, stack, whole).map_err(|problems| {
            let mut outcome = Outcome::new(Ending::Usage, "the parameters don't fit the template");
            outcome.next = problems;
            outcome.into()
        })
    }

    fn is_protected(&self, stack: &Stack) -> bool {
        let Some(protection) = &self.request.protection else { return false };
        stack
            .parameters
            .iter()
            .any(|parameter| parameter.key == protection.parameter && parameter.value == "true")
    }

    /// Checks the templates with the values that will be sent.
    fn validate(&self, values: &Values) -> Result<(), Stop> {
        let options = Options { parameters: values.known.clone(), ..self.request.options.clone() };
        let Err(findings) = ValidatedTemplate::check(self.whole().clone(), &options) else { return Ok(()) };
        let mut outcome =
            Outcome::new(Ending::Invalid, "the template isn't valid with these values of parameters");
        let errors = findings.iter().filter(|finding| finding.is_error());
        outcome.next = errors
            .map(|finding| {
                let place = finding.construct.as_ref().or(finding.logical_id.as_ref());
                let place = place.map_or(String::new(), |place| format!("{place}: "));
                format!("{} {place}{}", finding.code, finding.message)
            })
            .collect();
        Err(outcome.into())
    }

    async fn check_once(&mut self, values: &Values) -> Result<(), Stop> {
        if !std::mem::replace(&mut self.is_checked, true) {
            self.run.check_named(self.request, &values.known).await?;
        }
        Ok(())
    }

    fn tell_step(&self, step: Step) {
        let has_protection = self.creates && self.request.protection.as_ref().is_some_and(|wish| wish.wanted);
        let has_foundation = self.creates && self.request.foundation.is_some();
        let of = 1 + u32::from(has_foundation) + u32::from(has_protection);
        let number = match step {
            Step::Foundation => 1,
            Step::Whole => 1 + u32::from(has_foundation),
            Step::Protection => of,
        };
        self.run.tell(Event::Step { step, number, of });
    }

    /// The template of the stack as it is. What a stack in review or a broken one has is empty.
    async fn deployed_template(&mut self, stack: &Stack) -> Result<Template, Stop> {
        self.run.deployed_template(&stack.id).await
    }

    /// Whether the stack had more than its foundation once.
    fn has_been_complete(&self, deployed: &Template) -> bool {
        let Some(foundation) = &self.request.foundation else { return true };
        deployed.resources.keys().any(|id| !foundation.template().resources.contains_key(id))
    }

    async fn set_policy(
        &mut self,
        stack_id: &str,
        template: &Template,
        allowed: &BTreeSet<String>,
    ) -> Result<(), Stop> {
        let held = template
            .resources
            .iter()
            .filter(|(_, resource)| data::holds_data(&resource.type_name))
            .map(|(id, _)| id.clone())
            .collect();
        self.run.ensure_policy(stack_id, &held, allowed, Patience::Long).await
    }

    fn settings_of(&self, parameters: BTreeMap<String, String>) -> Settings {
        Settings {
            region: Some(self.run.services().region().to_owned()),
            account: self.request.account.clone(),
            stack_name: Some(self.request.stack.clone()),
            parameters,
        }
    }

    fn picture_of(&self, template: &Template, values: &Values) -> Picture {
        picture(template, &self.settings_of(values.known.clone()))
    }

    fn picture_before(&self, deployed: &Template, stack: &Stack) -> Picture {
        picture(deployed, &self.settings_of(known_values(stack)))
    }

    /// The template as it is sent: in the request, or from a bucket where it is too large for that.
    async fn source_of(
        &mut self,
        template: &Template,
        stack: Option<&Stack>,
    ) -> Result<TemplateSource, Stop> {
        self.run.template_source(template, &self.request.upload, stack).await
    }
}

/// The values of a stack's parameters, without those that it doesn't show.
pub(super) fn known_values(stack: &Stack) -> BTreeMap<String, String> {
    stack
        .parameters
        .iter()
        .filter(|parameter| !parameter.value.starts_with("****"))
        .map(|parameter| {
            let value = parameter.resolved_value.as_ref().unwrap_or(&parameter.value);
            (parameter.key.clone(), value.clone())
        })
        .collect()
}

impl Run<'_> {
    /// The template of a stack as it was sent; an empty one where there is none.
    pub(super) async fn deployed_template(&mut self, stack: &str) -> Result<Template, Stop> {
        let cloudformation = self.cloudformation();
        let answer =
            self.call(Patience::Short, || cloudformation.get_template(stack, TemplateStage::Original)).await;
        let text = match answer {
            Ok(text) => text,
            Err(Stop::Api(error)) if error.kind == ErrorKind::NotFound => String::new(),
            Err(stop) => return Err(stop),
        };
        if text.trim().is_empty() {
            return Ok(Template::default());
        }
        match read_bytes("the deployed template", text.as_bytes()) {
            Ok(read) => Ok(read.template),
            Err(_) => ended(
                Ending::Failed,
                "the deployed template can't be read, so it isn't known what would be lost",
            ),
        }
    }
}

fn ended_with(mut outcome: Outcome, stack: &Stack) -> Result<Next, Stop> {
    outcome.stack_id = Some(stack.id.clone());
    Err(outcome.into())
}

/// What a command asks for, as a digest: templates, parameters, tags, and how.
fn content(request: &DeployRequest) -> String {
    let map = |map: &indexmap::IndexMap<String, String>| {
        map.iter().flat_map(|(key, value)| [key.clone(), value.clone()]).collect::<Vec<_>>()
    };
    let lists = [map(&request.configured), map(&request.given), map(&request.tags)];
    let mut digest = Digest::default().with(&request.stack).with(&template_text(request.template.template()));
    for list in &lists {
        digest = digest.with_all(list.iter().map(String::as_str));
    }
    digest
        .with_option(request.role_arn.as_deref())
        .with_all(request.notification_arns.iter().flatten().map(String::as_str))
        .with(&format!("{:?}", (&request.protection, request.import_existing, request.revert_drift)))
        .hex(20)
}

/// The text of a template that counts for digests.
pub(super) fn template_text(template: &Template) -> String {
    crate::assembly::minified(template)
}
