//! The end of a stack: what is lost and what stays is said first.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value as Json;

use super::Session;
use super::api::{
    ChangeSetKind, CreateChangeSet, DeleteStack, ErrorKind, ExecuteChangeSet, ParameterSetting, Stack,
    StackResource, StackStatus, TemplateSource,
};
use super::change_sets::Made;
use super::data;
use super::digest::Digest;
use super::event::{Event, Step};
use super::event_log::Start;
use super::follow::{Before, Operation};
use super::outcome::{Ending, Outcome};
use super::picture::{Picture, picture};
use super::rollback::outcome_of;
use super::run::{Patience, Run};
use super::stacks::{is_on, known_values, token};
use super::status::{Action, Ruling, ruling, settled};
use super::stopping::Stop;
use crate::cfn::evaluate::Settings;
use crate::diagnostic::nearest;

/// What is asked to be deleted.
#[derive(Debug, Clone, Default)]
pub struct DestroyRequest {
    /// The stack's name.
    pub stack: String,
    /// The name typed in advance; nothing else answers the question.
    pub confirm: Option<String>,
    /// The template's parameter of deletion protection.
    pub protection_parameter: Option<String>,
    /// Leaves behind what can't be deleted, where an earlier deletion failed.
    pub force: bool,
    /// Logical ids of what is left behind, where an earlier deletion failed.
    pub retain: Vec<String>,
    /// The role that CloudFormation works with.
    pub role_arn: Option<String>,
    /// When to leave a stack that isn't through.
    pub timeout: Option<Duration>,
}

/// Deletes a stack.
pub async fn destroy(session: Session<'_>, request: &DestroyRequest) -> Outcome {
    let mut run = Run::begin(session, "destroy", &request.stack, request.timeout);
    let result = run.destroy(request).await;
    run.ended(result).await
}

/// What becomes of the resources of a stack that is deleted.
#[derive(Debug, Default)]
struct Fate {
    /// Holds data and is lost.
    lost: Vec<String>,
    /// Holds data and leaves a snapshot.
    snapshots: Vec<String>,
    /// Stays.
    kept: Vec<String>,
    /// Parameters of Systems Manager that the stack reads and isn't what made them: they stay.
    parameters: Vec<String>,
    /// Buckets that have to be emptied.
    buckets: Vec<String>,
    /// How many others are deleted.
    others: usize,
}

impl Fate {
    /// `left_behind`: logical ids of what CloudFormation is asked not to delete.
    fn of(resources: &[StackResource], picture: &Picture, left_behind: &[String]) -> Self {
        let mut fate = Self::default();
        for resource in resources {
            let Some(physical_id) = resource.physical_id.as_ref().filter(|id| !id.is_empty()) else {
                continue;
            };
            let name = format!("{} ({}, {physical_id})", resource.logical_id, resource.resource_type);
            let policy = picture.get(&resource.logical_id).and_then(|drawn| drawn.deletion_policy.as_ref());
            let policy = policy.and_then(Json::as_str);
            let stays = matches!(policy, Some("Retain" | "RetainExceptOnCreate"))
                || left_behind.contains(&resource.logical_id);
            match policy {
                _ if stays => fate.kept.push(name),
                Some("Snapshot") if data::holds_data(&resource.resource_type) => fate.snapshots.push(name),
                _ if data::holds_data(&resource.resource_type) => fate.lost.push(name),
                _ => fate.others += 1,
            }
            if resource.resource_type == "AWS::S3::Bucket" && !stays {
                fate.buckets.push(physical_id.clone());
            }
        }
        fate
    }

    fn staying(&self) -> impl Iterator<Item = &String> {
        self.kept.iter().chain(&self.parameters)
    }

    fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        words.extend(self.lost.iter().map(|name| format!("lost: {name}")));
        words.extend(self.snapshots.iter().map(|name| format!("deleted after a snapshot: {name}")));
        words.extend(self.staying().map(|name| format!("stays: {name}")));
        words.push(format!("deleted with the stack: {} other resources", self.others));
        words
    }
}

/// The parameter of deletion protection, where it is on.
fn protection<'r>(request: &'r DestroyRequest, stack: &Stack) -> Option<&'r String> {
    request.protection_parameter.as_ref().filter(|parameter| is_on(stack, parameter))
}

/// CloudFormation leaves nothing behind at a first try: what was asked to stay would be lost.
///
/// Source: AWS CloudFormation API Reference, `DeleteStack`, `RetainResources` and `DeletionMode`.
fn refuse_to_leave_behind(request: &DestroyRequest, stack: &Stack) -> Result<(), Stop> {
    if (!request.force && request.retain.is_empty()) || stack.status == StackStatus::DeleteFailed {
        return Ok(());
    }
    let message = format!(
        "resources can be left behind only after a deletion that failed; the stack is {}, and nothing was deleted",
        stack.status
    );
    Err(Outcome::new(Ending::Usage, message)
        .next("what has to stay needs the deletion policy `Retain`, in a deploy before this")
        .next("without --retain and --force everything is deleted that has no such policy")
        .into())
}

fn refuse_unknown(request: &DestroyRequest, resources: &[StackResource]) -> Result<(), Stop> {
    let ids: Vec<&str> = resources.iter().map(|resource| resource.logical_id.as_str()).collect();
    let Some(unknown) = request.retain.iter().find(|id| !ids.contains(&id.as_str())) else { return Ok(()) };
    let near = nearest(unknown, ids.iter().copied());
    let near = near.map(|near| format!("did you mean {near}? ")).unwrap_or_default();
    Err(Outcome::new(Ending::Usage, format!("the stack has no resource {unknown}; nothing was deleted"))
        .next(format!("{near}it has {}", ids.join(", ")))
        .into())
}

impl Run<'_> {
    async fn destroy(&mut self, request: &DestroyRequest) -> Result<Outcome, Stop> {
        let Some(stack) = self.find_stack(&request.stack).await? else {
            let region = self.services().region();
            return Ok(Outcome::new(Ending::Done, format!("there is no such stack in {region}")));
        };
        match ruling(Action::Destroy, Some(&stack.status)) {
            Ruling::Nothing(why) => return Ok(Outcome::new(Ending::Done, why)),
            Ruling::Refuse(ending, why) => {
                return Err(Outcome::new(ending, format!("the stack is {}", stack.status)).next(why).into());
            }
            Ruling::Follow => {
                return self.follow_to_outcome(&stack, None, Start::LatestOperation, false).await;
            }
            _ => {}
        }
        refuse_to_leave_behind(request, &stack)?;
        if stack.termination_protection {
            return Err(Outcome::new(
                Ending::Failed,
                "the stack has termination protection; nothing was deleted",
            )
            .next(format!("`deploy --stack {} --termination-protection=off` turns it off", stack.name))
            .into());
        }
        let resources = self.resources(&stack.id).await?;
        refuse_unknown(request, &resources)?;
        let deployed = self.deployed_template(&stack.id).await?;
        let settings = Settings {
            region: Some(self.services().region().to_owned()),
            stack_name: Some(stack.name.clone()),
            parameters: known_values(&stack),
            ..Settings::default()
        };
        let picture = picture(&deployed, &settings);
        let mut fate = Fate::of(&resources, &picture, &request.retain);
        fate.parameters = self.parameters_that_stay(&picture).await?;
        if !resources.is_empty() {
            let text = format!("Delete the stack {}? Type its name to say yes.", request.stack);
            let mut words = fate.words();
            if let Some(parameter) = protection(request, &stack) {
                words.push(format!("first, {parameter} is set to false by an update of the stack"));
            }
            self.confirm(text, words, request.confirm.as_deref()).await?;
        }
        let stack = self.unprotect(request, stack).await?;
        for bucket in &fate.buckets {
            self.empty_bucket(bucket).await?;
        }
        let mut outcome = self.delete_and_follow(request, &stack).await?;
        let is_refilled = outcome.ending == Ending::Stuck
            && outcome.cause.as_ref().is_some_and(|cause| {
                cause
                    .event
                    .reason
                    .as_deref()
                    .is_some_and(|reason| reason.to_lowercase().contains("not empty"))
            });
        if is_refilled && !fate.buckets.is_empty() {
            self.note("something was written into the bucket meanwhile: it is emptied once more");
            for bucket in &fate.buckets {
                self.empty_bucket(bucket).await?;
            }
            let stack = self.existing_stack(&stack.id).await?;
            outcome = self.delete_and_follow(request, &stack).await?;
        }
        if outcome.ending == Ending::Done {
            outcome.message = String::from("the stack is deleted");
            if fate.staying().next().is_some() {
                outcome = outcome.next(
                    "what stays costs money until you delete it; a new stack takes it by `database.restore_from`, \
                     `storage.bucket` and `secrets` in dify.yaml",
                );
            }
        }
        Ok(outcome)
    }

    /// Parameters that the stack reads without having them, as far as they are there, or can't be looked up.
    async fn parameters_that_stay(&mut self, picture: &Picture) -> Result<Vec<String>, Stop> {
        let services = self.services();
        let mut staying = Vec::new();
        for name in data::parameters_beside(picture) {
            match self.call(Patience::Short, || services.parameter(&name)).await {
                Ok(found) => staying.push(format!("{name} (a {} of Systems Manager)", found.kind)),
                Err(Stop::Api(error)) if error.kind == ErrorKind::NotFound => {}
                Err(Stop::Api(_)) => staying.push(format!("{name} (in Systems Manager, if it is there)")),
                Err(stop) => return Err(stop),
            }
        }
        Ok(staying)
    }

    /// Turns deletion protection off, by an update of that one parameter.
    async fn unprotect(&mut self, request: &DestroyRequest, stack: Stack) -> Result<Stack, Stop> {
        let Some(parameter) = protection(request, &stack) else { return Ok(stack) };
        if ruling(Action::Deploy, Some(&stack.status)) != Ruling::Update {
            self.warn(format!("deletion protection can't be turned off while the stack is {}", stack.status));
            return Ok(stack);
        }
        let settings = stack.parameters.iter().map(|other| ParameterSetting {
            key: other.key.clone(),
            value: (other.key == *parameter).then(|| "false".to_owned()),
            no_echo: false,
        });
        let changed = stack.last_updated_time.unwrap_or(stack.creation_time).to_string();
        let name = format!(
            "{}-unprotect-{}",
            super::digest::PREFIX,
            Digest::default().with(&stack.id).with(&changed).hex(12)
        );
        let set = CreateChangeSet {
            stack: stack.id.clone(),
            client_token: token("set", &name),
            name,
            kind: ChangeSetKind::Update,
            template: TemplateSource::Previous,
            parameters: settings.collect(),
            tags: None,
            capabilities: super::capability::needed(&self.deployed_template(&stack.id).await?),
            role_arn: request.role_arn.clone(),
            notification_arns: None,
            rollback_configuration: None,
            description: Some("deletion protection off, before the stack is deleted".to_owned()),
            include_nested_stacks: true,
            on_stack_failure: None,
            import_existing_resources: false,
            resources_to_import: Vec::new(),
            revert_drift: false,
        };
        let made = match self.make_set(&set, Step::Protection, &BTreeSet::new()).await? {
            Made::Ready(made) | Made::Executing(made) => made,
            // Nothing may be adopted here.
            Made::NoChange | Made::Taken(_) => return Ok(stack),
        };
        let start = self.mark(&stack.id).await?;
        let execute = ExecuteChangeSet {
            change_set: made.id.clone(),
            client_request_token: token("execute", &made.id),
            disable_rollback: false,
            retain_except_on_create: true,
        };
        let cloudformation = self.cloudformation();
        self.check_interrupt().await?;
        self.tell(Event::Executing { change_set: made.id.clone(), stack_id: stack.id.clone() });
        let change = || cloudformation.execute_change_set(&execute);
        let executed = self.change(Patience::Short, "ExecuteChangeSet", change).await;
        self.executed(executed.is_ok());
        executed?;
        let goes_on = "deletion protection is being switched off: `destroy` goes on from there, `deploy` switches it on again";
        let outcome = match self.follow_to_outcome(&stack, Some(Before::of(&stack)), start, false).await {
            Err(Stop::Ended(outcome)) if outcome.ending == Ending::Left => {
                return Err((*outcome).next(goes_on).into());
            }
            other => other?,
        };
        if outcome.ending != Ending::Done {
            return Err(outcome.into());
        }
        self.note("deletion protection is off; `deploy` switches it on again");
        self.existing_stack(&stack.id).await
    }

    /// Deletes every version of every object.
    async fn empty_bucket(&mut self, bucket: &str) -> Result<(), Stop> {
        let services = self.services();
        let mut count = 0;
        loop {
            // From the start each time: what is deleted is no longer listed.
            let page = match self.call(Patience::Short, || services.object_versions(bucket, None)).await {
                Ok(page) => page,
                Err(Stop::Api(error)) if error.kind == ErrorKind::NotFound => return Ok(()),
                Err(stop) => return Err(stop),
            };
            if page.items.is_empty() {
                break;
            }
            for versions in page.items.chunks(1000) {
                let change = || services.delete_objects(bucket, versions);
                if let Err(stop) = self.change(Patience::Short, "DeleteObjects", change).await {
                    if count > 0 {
                        self.note(format!("{count} versions of objects were deleted from {bucket}"));
                    }
                    return Err(stop);
                }
                self.has_begun();
                count += versions.len();
            }
        }
        if count > 0 {
            self.note(format!("{count} versions of objects were deleted from {bucket}"));
        }
        Ok(())
    }

    async fn delete_and_follow(&mut self, request: &DestroyRequest, stack: &Stack) -> Result<Outcome, Stop> {
        let start = self.mark(&stack.id).await?;
        let has_failed_before = stack.status == StackStatus::DeleteFailed;
        let deletion = DeleteStack {
            stack: stack.id.clone(),
            retain_resources: if has_failed_before { request.retain.clone() } else { Vec::new() },
            force: request.force && has_failed_before,
            role_arn: request.role_arn.clone(),
            client_request_token: token("delete", &format!("{}{start:?}", stack.id)),
        };
        self.delete_stack_so(&deletion).await?;
        let operation = Operation {
            stack_id: stack.id.clone(),
            start,
            before: Some(Before::of(stack)),
            total: None,
            constructs: std::collections::BTreeMap::new(),
        };
        let followed = self.follow(&operation).await?;
        let mut outcome = outcome_of(&followed, false);
        if settled(&followed.stack.status) == Some(Ending::Stuck) {
            let failed: BTreeSet<String> = self
                .resources(&stack.id)
                .await?
                .into_iter()
                .filter(|resource| resource.status == "DELETE_FAILED")
                .map(|resource| resource.logical_id)
                .collect();
            let failed: Vec<String> = failed.into_iter().collect();
            outcome = outcome
                .next(format!("these can't be deleted: {}", failed.join(", ")))
                .next(format!("`destroy --stack {} --force` leaves them behind", request.stack));
        }
        Ok(outcome)
    }
}
