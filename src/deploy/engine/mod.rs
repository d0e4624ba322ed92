//! A deploy: looks at the stack, decides by its status, does one thing, and looks again, until there is nothing left to do.
//!
//! What an earlier run of the same command began is found by its name and goes on, so a run may end anywhere. A new stack is
//! created in two steps, foundation and whole, and its deletion protection comes on in a third.

mod gates;
mod inputs;
mod many;
mod recovery;
mod sets;

use std::collections::{BTreeMap, BTreeSet};

use inputs::held;
pub use many::{deploy_at_once, deploy_in_order};

use super::Session;
use super::api::{
    ChangeAction, ChangeSetKind, OnStackFailure, RollbackConfiguration, Stack, StackStatus, TemplateSource,
};
use super::broadening;
use super::change_sets::{Made, left_prepared};
use super::event::{Event, Step};
use super::event_log::Start;
use super::hidden::Hidden;
use super::outcome::{Ending, Outcome};
use super::parameters::Values;
use super::picture::Picture;
use super::request::DeployRequest;
use super::run::Run;
use super::status::{Action, Ruling, ruling};
use super::stopping::{Stop, ended};
use super::template_diff;
use crate::cfn::Template;

/// How often the stack is looked at anew; a deploy needs four times at most.
const MOST_ROUNDS: u32 = 16;

/// Takes a stack to what the request says.
pub async fn deploy(session: Session<'_>, request: &DeployRequest) -> Outcome {
    let mut run = Run::begin(session, "deploy", &request.stack, request.timeout);
    run.hide(Hidden::of(request));
    let mut deploy = Deploy::new(&mut run, request);
    let result = deploy.run_to_end().await;
    let stack_id = deploy.stack_id;
    let mut outcome = run.ended(result).await;
    if run.has_changed && outcome.stack_id.is_none() {
        outcome.stack_id = stack_id;
    }
    outcome
}

/// A deploy while it runs.
#[allow(clippy::struct_excessive_bools, reason = "what this run has seen and done, each by itself")]
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
    /// Values that the template was found valid with.
    validated_with: Option<BTreeMap<String, String>>,
    /// Whether something that goes away by itself was tried again.
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
    alarms: Option<RollbackConfiguration>,
    /// Logical ids of what exists and is adopted.
    adopted: BTreeSet<String>,
}

impl<'r, 's> Deploy<'r, 's> {
    fn new(run: &'r mut Run<'s>, request: &'r DeployRequest) -> Self {
        let resources = request.template.template().resources.iter();
        let constructs: BTreeMap<String, String> =
            resources.filter_map(|(id, resource)| Some((id.clone(), resource.construct.clone()?))).collect();
        run.constructs.clone_from(&constructs);
        Self {
            content: sets::content(request),
            constructs,
            run,
            request,
            stack_id: None,
            is_approved: false,
            creates: false,
            is_checked: false,
            validated_with: None,
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
            Ruling::Recreate => self.delete_rolled_back(&stack).await,
            Ruling::ResumeOrRecreate if self.request.on_failure == OnStackFailure::Keep => {
                self.run.note("the creation of the stack failed and was kept: this goes on from there");
                self.update(stack, true).await
            }
            Ruling::ResumeOrRecreate | Ruling::AskThenRecreate => self.ask_then_delete(stack).await,
            Ruling::ResumeOrRollBack if self.request.on_failure == OnStackFailure::Keep => {
                self.run.note("an update of the stack failed and was kept: this goes on from there");
                self.update(stack, true).await
            }
            Ruling::ResumeOrRollBack => self.roll_back_first(stack).await,
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
        let mut planned = Planned {
            step,
            kind: ChangeSetKind::Create,
            values,
            source,
            template: template.clone(),
            on_stack_failure: (self.request.on_failure != OnStackFailure::Rollback)
                .then_some(self.request.on_failure),
            disable_rollback: false,
            alarms: self.request.given_alarms(),
            adopted: BTreeSet::new(),
        };
        let set = match self.make(&mut planned, stack.as_ref()).await? {
            Made::Ready(set) => set,
            Made::Executing(set) => {
                self.stack_id = Some(set.stack_id);
                return Ok(Next::Again);
            }
            Made::NoChange | Made::Taken(_) => {
                return ended(Ending::Failed, "a new stack without any resource can't be made");
            }
        };
        self.stack_id = Some(set.stack_id.clone());
        if !self.is_approved {
            let after = self.picture_of(whole, &all);
            let nothing = Picture::new();
            let mut changes = template_diff::resources(&nothing, &after);
            for change in changes.iter_mut().filter(|change| planned.adopted.contains(&change.logical_id)) {
                change.action = ChangeAction::Import;
            }
            let widenings = broadening::widenings(&nothing, &after);
            self.run.tell(Event::Changes {
                step: None,
                changes: changes.clone(),
                widenings: widenings.clone(),
            });
            if !self.request.no_execute {
                let count = gates::resources(changes.len());
                let text = format!("Create the stack {} with {count}?", self.request.stack);
                self.approve(text, &widenings).await?;
            }
        }
        if self.request.no_execute {
            return Ok(Next::End(left_prepared(&set, step == Step::Foundation)));
        }
        let Some(stack) = self.run.find_stack(&set.stack_id).await? else { return Ok(Next::Again) };
        let followed = self.execute(&planned, &set, &stack).await?;
        if followed.ending != Ending::Done || followed.stack.status == StackStatus::DeleteComplete {
            return Ok(self.failed(&followed));
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
        let is_complete = self.is_protected(&stack) || !is_resumed && self.has_been_complete(&deployed);
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
        let alarms = if is_complete && !is_resumed {
            Some(self.run.alarms(self.request, &stack, &deployed).await?)
        } else {
            self.request.given_alarms()
        };
        let mut planned = Planned {
            step,
            kind: ChangeSetKind::Update,
            values,
            source,
            template: whole.clone(),
            on_stack_failure: None,
            disable_rollback: is_resumed || self.request.on_failure == OnStackFailure::Keep,
            alarms,
            adopted: BTreeSet::new(),
        };
        let set = match self.make(&mut planned, Some(&stack)).await? {
            Made::Ready(set) => set,
            Made::Executing(_) => return Ok(Next::Again),
            Made::NoChange | Made::Taken(_) if self.request.no_execute => {
                let outcome = Outcome::new(Ending::Done, "there is nothing to change");
                return Ok(Next::End(Outcome { stack_id: Some(stack.id), ..outcome }));
            }
            Made::NoChange | Made::Taken(_) => {
                self.set_policy(&stack.id, whole, &BTreeSet::new()).await?;
                return self.after_whole(stack).await;
            }
        };
        let before = self.picture_before(&deployed, &stack);
        let after = self.picture_of(whole, &planned.values);
        let changes = self.run.changes_of(&set, &self.constructs).await?;
        let widenings = broadening::widenings(&before, &after);
        // What the whole of a new stack opens was told and answered before its first step.
        let told = if self.creates && self.is_approved { Vec::new() } else { widenings.clone() };
        self.run.tell(Event::Changes { step: Some(step), changes: changes.clone(), widenings: told });
        self.keep_or_not(&mut planned, &changes, is_resumed)?;
        self.pass_gates(&changes, &widenings, &before, &after).await?;
        if self.request.no_execute {
            return Ok(Next::End(left_prepared(&set, false)));
        }
        let allowed: BTreeSet<String> =
            self.request.allow_replace.union(&self.request.allow_delete).cloned().collect();
        self.run.check_interrupt().await?;
        let followed = match self.set_policy(&stack.id, &deployed, &allowed).await {
            Ok(()) => self.execute(&planned, &set, &stack).await,
            Err(unset) => Err(unset),
        };
        let goes_on = matches!(&followed, Err(Stop::Ended(outcome)) if outcome.ending == Ending::Left);
        // Whatever came of it, what was lifted is put back.
        if !goes_on && (followed.is_ok() || !allowed.is_empty()) {
            let now_deployed = if followed.as_ref().is_ok_and(|followed| followed.ending == Ending::Done) {
                whole
            } else {
                &deployed
            };
            self.run.put_policy_back(&stack.id, &held(now_deployed), &allowed).await;
        }
        let followed = followed?;
        if followed.ending != Ending::Done {
            return Ok(self.failed(&followed));
        }
        self.run.check_interrupt().await?;
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
        let outputs = stack.outputs.clone();
        Ok(Next::End(Outcome { stack_id: Some(stack.id), outputs, ..Outcome::new(Ending::Done, message) }))
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
}

fn ended_with(mut outcome: Outcome, stack: &Stack) -> Result<Next, Stop> {
    outcome.stack_id = Some(stack.id.clone());
    Err(outcome.into())
}
