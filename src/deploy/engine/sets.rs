//! The change set of a step: its name, its request, its execution.

use std::collections::BTreeSet;

use super::{Deploy, Planned};
use crate::cfn::{Resource, Template};
use crate::deploy::api::{
    ChangeAction, ChangeSet, ChangeSetKind, CreateChangeSet, ErrorKind, ExecuteChangeSet, Stack, StackStatus,
};
use crate::deploy::capability;
use crate::deploy::change_sets::Made;
use crate::deploy::digest::{Digest, SetName};
use crate::deploy::event::{Event, Step};
use crate::deploy::event_log::Start;
use crate::deploy::follow::{Before, Followed, Operation};
use crate::deploy::outcome::{Ending, Outcome};
use crate::deploy::request::DeployRequest;
use crate::deploy::run::Patience;
use crate::deploy::stacks::token;
use crate::deploy::stopping::Stop;
use crate::deploy::upload::template_text;

impl Deploy<'_, '_> {
    /// Makes the set of a step, or finds it. While a stack is being created, what exists under the names of what the template keeps
    /// is adopted: an earlier stack left it.
    pub(super) async fn make(&mut self, planned: &mut Planned, stack: Option<&Stack>) -> Result<Made, Stop> {
        let adoptable = if self.creates { kept(&planned.template) } else { BTreeSet::new() };
        let request = self.set_of(planned, stack);
        let taken = match self.run.make_set(&request, planned.step, &adoptable).await? {
            Made::Taken(taken) => taken,
            made => return Ok(made),
        };
        self.run.note(format!(
            "these exist already, and the template keeps them when a stack goes: the new stack adopts them: {}",
            taken.join(", ")
        ));
        planned.adopted = taken.into_iter().collect();
        let request = self.set_of(planned, stack);
        self.run.make_set(&request, planned.step, &BTreeSet::new()).await
    }

    /// The request for the set of a step.
    fn set_of(&self, planned: &Planned, stack: Option<&Stack>) -> CreateChangeSet {
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
            .with(&format!("{:?}", planned.on_stack_failure))
            .with_all(planned.adopted.iter().map(String::as_str))
            .hex(12);
        let name = SetName { content: self.content.clone(), base }.to_string();
        CreateChangeSet {
            // A stack that is only in review is asked for by its name, as when it was made.
            stack: match stack {
                Some(stack) if planned.kind == ChangeSetKind::Update => stack.id.clone(),
                _ => self.request.stack.clone(),
            },
            client_token: token("set", &name),
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
            import_existing_resources: self.request.import_existing || !planned.adopted.is_empty(),
            resources_to_import: Vec::new(),
            revert_drift: self.request.revert_drift && planned.kind == ChangeSetKind::Update,
        }
    }

    /// Executes a set and follows it.
    pub(super) async fn execute(
        &mut self,
        planned: &Planned,
        set: &ChangeSet,
        stack: &Stack,
    ) -> Result<Followed, Stop> {
        let start = self.run.mark(&stack.id).await?;
        self.run.check_interrupt().await?;
        let request = ExecuteChangeSet {
            change_set: set.id.clone(),
            client_request_token: token("execute", &set.id),
            disable_rollback: planned.disable_rollback,
            // Not together with OnStackFailure or without rollback, where nothing is rolled back; and not where a rollback might take
            // what is adopted for newly made.
            retain_except_on_create: planned.on_stack_failure.is_none()
                && !planned.disable_rollback
                && !set.changes.iter().any(|change| change.action == ChangeAction::Import),
        };
        let cloudformation = self.run.cloudformation();
        self.run.tell(Event::Executing { change_set: set.id.clone(), stack_id: stack.id.clone() });
        let change = || cloudformation.execute_change_set(&request);
        let executed = match self.run.change(Patience::Short, "ExecuteChangeSet", change).await {
            // A repeated request that had arrived: it runs, or is through. If not, following will tell.
            Err(Stop::Api(error)) if matches!(error.kind, ErrorKind::InvalidState | ErrorKind::NotFound) => {
                self.run.note(format!("the change set isn't executed again: {}", error.message));
                Ok(())
            }
            other => other,
        };
        self.run.executed(executed.is_ok());
        match executed {
            Ok(()) => self.has_changed = true,
            Err(Stop::Interrupted | Stop::Deadline) if self.run.unanswered.is_some() => {
                let message = format!(
                    "left before CloudFormation said whether the change set {} is executed; the stack may go on",
                    set.name
                );
                let mut outcome = Outcome::new(Ending::Left, message)
                    .next(format!("`attach --stack {}` follows it", self.request.stack))
                    .next("the same command goes on with it");
                outcome.stack_id = Some(stack.id.clone());
                return Err(outcome.into());
            }
            Err(stop) => return Err(stop),
        }
        match self.follow(stack, Some(Before::of(stack)), start, Some(set.changes.len())).await {
            Err(Stop::Ended(outcome))
                if outcome.ending == Ending::Left && planned.step == Step::Foundation =>
            {
                Err((*outcome)
                    .next("this is the first of two steps: the same command makes the second")
                    .into())
            }
            other => other,
        }
    }

    pub(super) async fn follow(
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
}

/// Logical ids of what a template keeps when its stack goes: nothing else can be adopted.
///
/// Source: AWS CloudFormation API Reference, `CreateChangeSet`, `ImportExistingResources`.
fn kept(template: &Template) -> BTreeSet<String> {
    let is_kept = |resource: &Resource| {
        let policy = resource.deletion_policy.as_ref().and_then(serde_json::Value::as_str);
        matches!(policy, Some("Retain" | "RetainExceptOnCreate"))
    };
    let kept = template.resources.iter().filter(|(_, resource)| is_kept(resource));
    kept.map(|(id, _)| id.clone()).collect()
}

/// What a command asks for, as a digest: templates, parameters, tags, and how.
pub(super) fn content(request: &DeployRequest) -> String {
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
