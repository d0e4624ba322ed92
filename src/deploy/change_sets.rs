//! Change sets: made or found again, read in full, and deleted when they come to nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::api::{
    ChangeSet, ChangeSetKind, ChangeSetStatus, CreateChangeSet, DescribeChangeSet, ErrorKind,
    ExecutionStatus, ResourceChange, StackStatus,
};
use super::changes::{Change, PropertyDelta};
use super::data;
use super::digest::Digest;
use super::event::{Event, Rejection, Step};
use super::outcome::{Ending, Outcome};
use super::pace::Pace;
use super::run::{Patience, Run};
use super::stopping::{OpenSet, Stop, ended};

/// Texts of a set that has nothing to do. The API's status and reason are all there is to know it by.
const NO_CHANGES: [&str; 2] = ["didn't contain changes", "No updates are to be performed"];

/// The text with which CloudFormation says that values before and after aren't complete.
const INCOMPLETE: &str = "[WARN] --include-property-values option can return incomplete ChangeSet data";

/// How deep nested sets are read.
const MOST_LEVELS: usize = 5;

/// A set that was asked for.
#[derive(Debug)]
pub(super) enum Made {
    /// It can be executed.
    Ready(Box<ChangeSet>),
    /// It is being executed, by an earlier run.
    Executing(Box<ChangeSet>),
    /// It has nothing to do, and is deleted.
    NoChange,
    /// What it would make exists under these logical ids' names, all of which may be adopted; it is deleted.
    Taken(Vec<String>),
}

/// The check that finds that a name is taken.
///
/// Source: AWS CloudFormation User Guide, "Validate stack deployments": resource name conflicts.
const NAME_CONFLICT: &str = "NAME_CONFLICT";

impl Run<'_> {
    /// Makes the set, or finds the one of that name that an earlier run made. `adoptable`: logical ids of what the stack may take over
    /// if it exists.
    pub(super) async fn make_set(
        &mut self,
        request: &CreateChangeSet,
        step: Step,
        adoptable: &BTreeSet<String>,
    ) -> Result<Made, Stop> {
        let mut salt: Option<String> = None;
        // A set that is found broken is deleted and made again, once.
        for _ in 0..3 {
            if let Some(found) = self.find_set(&request.stack, &request.name).await? {
                if found.execution_status != ExecutionStatus::ExecuteInProgress {
                    self.open_set = Some(OpenSet { is_resumed: true, ..open_set(Some(&found.id), request) });
                }
                let set = self.settle(found).await?;
                match (&set.status, &set.execution_status) {
                    (ChangeSetStatus::CreateComplete, ExecutionStatus::Available) => {
                        self.tell(Event::ChangeSet {
                            id: set.id.clone(),
                            name: set.name.clone(),
                            resumed: true,
                        });
                        return Ok(Made::Ready(Box::new(self.read_whole(set).await?)));
                    }
                    (_, ExecutionStatus::ExecuteInProgress) => {
                        self.open_set = None;
                        return Ok(Made::Executing(Box::new(set)));
                    }
                    _ => {
                        salt = Some(set.id.clone());
                        self.delete_set(&set.id, &set.name).await?;
                        self.open_set = None;
                    }
                }
            }
            // Another token than that of the set that is gone, or CloudFormation might take it for the same request.
            let token = match &salt {
                None => request.client_token.clone(),
                Some(salt) => Digest::default().with(&request.client_token).with(salt).hex(40),
            };
            let attempt = CreateChangeSet { client_token: token, ..request.clone() };
            let cloudformation = self.cloudformation();
            let made = self
                .change(Patience::Short, "CreateChangeSet", || cloudformation.create_change_set(&attempt))
                .await;
            let made = match made {
                Ok(made) => made,
                Err(Stop::Api(error)) if error.kind == ErrorKind::AlreadyExists => continue,
                Err(Stop::Api(error)) if error.kind == ErrorKind::NoChange => {
                    self.tell(Event::NoChanges { step });
                    return Ok(Made::NoChange);
                }
                Err(other) => {
                    if self.unanswered.is_some() {
                        self.open_set = Some(open_set(None, request));
                    }
                    return Err(other);
                }
            };
            self.open_set = Some(open_set(Some(&made.id), request));
            self.tell(Event::ChangeSet { id: made.id.clone(), name: request.name.clone(), resumed: false });
            let asked = DescribeChangeSet {
                change_set: made.id,
                stack: None,
                include_property_values: true,
                next_token: None,
            };
            let made = self.describe(&asked).await?;
            let made = self.settle(made).await?;
            return self.judge(made, request, step, adoptable).await;
        }
        ended(
            Ending::Failed,
            format!("the change set {} is there, but can't be used: delete it in the console", request.name),
        )
    }

    async fn judge(
        &mut self,
        set: ChangeSet,
        request: &CreateChangeSet,
        step: Step,
        adoptable: &BTreeSet<String>,
    ) -> Result<Made, Stop> {
        if set.status == ChangeSetStatus::CreateComplete {
            return Ok(Made::Ready(Box::new(self.read_whole(set).await?)));
        }
        let reason = set.status_reason.clone().unwrap_or_default();
        if set.status == ChangeSetStatus::Failed && NO_CHANGES.iter().any(|text| reason.contains(text)) {
            self.discard(&set, request.kind).await?;
            self.tell(Event::NoChanges { step });
            return Ok(Made::NoChange);
        }
        let rejections = self.rejections(&set, &reason).await?;
        let is_told = rejections.iter().any(|rejection| !rejection.is_warning);
        let taken = taken(&rejections);
        let failures = rejections.iter().filter(|rejection| !rejection.is_warning).count();
        if !taken.is_empty() && taken.len() == failures && taken.iter().all(|id| adoptable.contains(id)) {
            // The stack in review stays: the next set is made in it.
            self.delete_set(&set.id, &set.name).await?;
            return Ok(Made::Taken(taken));
        }
        for rejection in rejections {
            self.tell(Event::Rejected(rejection));
        }
        let message = if is_told {
            format!("CloudFormation refuses the change set; nothing was changed: {reason}")
        } else {
            format!("the change set can't be made; nothing was changed: {reason}")
        };
        let mut outcome = Outcome::new(Ending::Failed, message);
        if !taken.is_empty() {
            if !request.import_existing_resources {
                outcome = outcome.next(
                    "`--import-existing` adopts what has the name, where the template keeps it (DeletionPolicy: Retain)",
                );
            }
            let ids = taken.join(", ");
            outcome = outcome.next(format!("or delete what has the name, or give another one to {ids}"));
        }
        Err(outcome.into())
    }

    /// The set of that name; `None` if there is none.
    pub(super) async fn find_set(&mut self, stack: &str, name: &str) -> Result<Option<ChangeSet>, Stop> {
        let request = DescribeChangeSet {
            change_set: name.to_owned(),
            stack: Some(stack.to_owned()),
            include_property_values: true,
            next_token: None,
        };
        match self.describe(&request).await {
            Ok(set) => Ok(Some(set)),
            Err(Stop::Api(error)) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(other) => Err(other),
        }
    }

    async fn describe(&mut self, request: &DescribeChangeSet) -> Result<ChangeSet, Stop> {
        let cloudformation = self.cloudformation();
        self.call(Patience::Short, || cloudformation.describe_change_set(request)).await
    }

    /// Waits until the set is made, or isn't.
    async fn settle(&mut self, set: ChangeSet) -> Result<ChangeSet, Stop> {
        let mut set = set;
        let mut pace = Pace::of_change_sets(self.jitter());
        while matches!(set.status, ChangeSetStatus::CreatePending | ChangeSetStatus::CreateInProgress) {
            self.wait(pace.next_wait()).await?;
            let request = DescribeChangeSet {
                change_set: set.id.clone(),
                stack: None,
                include_property_values: true,
                next_token: None,
            };
            set = self.describe(&request).await?;
        }
        Ok(set)
    }

    /// The set with all its pages, from its first one.
    async fn read_whole(&mut self, first: ChangeSet) -> Result<ChangeSet, Stop> {
        let mut set = self.read_pages(first, true).await?;
        if set.status_reason.as_deref().is_some_and(|reason| reason.contains(INCOMPLETE)) {
            let request = DescribeChangeSet {
                change_set: set.id.clone(),
                stack: None,
                include_property_values: false,
                next_token: None,
            };
            let first = self.describe(&request).await?;
            let complete = self.read_pages(first, false).await?;
            set.changes = with_values(complete.changes, &set.changes);
            self.note("CloudFormation doesn't tell the values of all properties of this change set");
        }
        Ok(set)
    }

    async fn read_pages(
        &mut self,
        first: ChangeSet,
        include_property_values: bool,
    ) -> Result<ChangeSet, Stop> {
        let mut whole = first;
        while let Some(token) = whole.next_token.take() {
            let request = DescribeChangeSet {
                change_set: whole.id.clone(),
                stack: None,
                include_property_values,
                next_token: Some(token),
            };
            let mut page = self.describe(&request).await?;
            whole.changes.append(&mut page.changes);
            whole.next_token = page.next_token;
        }
        Ok(whole)
    }

    /// What a set does, ready to be shown, with the sets of nested stacks.
    pub(super) async fn changes_of(
        &mut self,
        set: &ChangeSet,
        constructs: &BTreeMap<String, String>,
    ) -> Result<Vec<Change>, Stop> {
        self.changes_at(set.changes.clone(), constructs, MOST_LEVELS).await
    }

    fn changes_at<'s>(
        &'s mut self,
        changes: Vec<ResourceChange>,
        constructs: &'s BTreeMap<String, String>,
        levels: usize,
    ) -> super::Call<'s, Result<Vec<Change>, Stop>> {
        Box::pin(async move {
            let mut found = Vec::new();
            for change in changes {
                let mut shown = shown(&change, constructs);
                if let Some(nested) = change.nested_change_set_id.filter(|_| levels > 0) {
                    let request = DescribeChangeSet {
                        change_set: nested,
                        stack: None,
                        include_property_values: true,
                        next_token: None,
                    };
                    let first = self.describe(&request).await?;
                    let set = self.read_whole(first).await?;
                    let nothing = BTreeMap::new();
                    shown.nested = self.changes_at(set.changes, &nothing, levels - 1).await?;
                }
                found.push(shown);
            }
            Ok(found)
        })
    }

    /// Deletes a set.
    pub(super) async fn delete_set(&mut self, id: &str, name: &str) -> Result<(), Stop> {
        let cloudformation = self.cloudformation();
        let change = || cloudformation.delete_change_set(id);
        match self.change(Patience::Short, "DeleteChangeSet", change).await {
            Ok(()) => {}
            Err(Stop::Api(error)) if error.kind == ErrorKind::NotFound => {}
            Err(other) => return Err(other),
        }
        self.tell(Event::ChangeSetDeleted { name: name.to_owned() });
        Ok(())
    }

    /// Deletes a set that won't be executed, and the stack that only exists because of it.
    pub(super) async fn discard(&mut self, set: &ChangeSet, kind: ChangeSetKind) -> Result<(), Stop> {
        self.discard_all(set, kind).await?;
        self.open_set = None;
        Ok(())
    }

    async fn discard_all(&mut self, set: &ChangeSet, kind: ChangeSetKind) -> Result<(), Stop> {
        self.delete_set(&set.id, &set.name).await?;
        if kind != ChangeSetKind::Create {
            return Ok(());
        }
        let Some(stack) = self.find_stack(&set.stack_id).await? else { return Ok(()) };
        if stack.status != StackStatus::ReviewInProgress {
            return Ok(());
        }
        let cloudformation = self.cloudformation();
        let id = stack.id.as_str();
        let others = self.call(Patience::Short, || cloudformation.list_change_sets(id, None)).await?;
        let is_alone = others.items.iter().all(|other| other.id == set.id) && others.next_token.is_none();
        if is_alone && self.resources(id).await?.is_empty() {
            self.delete_stack(id, None).await?;
            self.tell(Event::StackDeleted { stack_id: stack.id, was_empty: true });
        }
        Ok(())
    }
}

/// Logical ids of what can't be made because its name is taken.
fn taken(rejections: &[Rejection]) -> Vec<String> {
    let taken = rejections
        .iter()
        .filter(|rejection| !rejection.is_warning && rejection.check.contains(NAME_CONFLICT));
    let ids: BTreeSet<&String> = taken.filter_map(|rejection| rejection.logical_id.as_ref()).collect();
    ids.into_iter().cloned().collect()
}

fn open_set(id: Option<&str>, request: &CreateChangeSet) -> OpenSet {
    OpenSet {
        id: id.map(str::to_owned),
        name: request.name.clone(),
        stack: request.stack.clone(),
        kind: request.kind,
        is_resumed: false,
    }
}

/// Ends what waits for an executable set.
pub(super) fn left_prepared(set: &ChangeSet, is_first_of_two: bool) -> Outcome {
    let outcome =
        Outcome::new(Ending::Done, format!("the change set {} is prepared and was not executed", set.name))
            .next("run the same command without --no-execute");
    if is_first_of_two {
        outcome.next("it makes the foundation only; the rest follows in the same run")
    } else {
        outcome
    }
}

/// A change as it is shown.
fn shown(change: &ResourceChange, constructs: &BTreeMap<String, String>) -> Change {
    let mut properties: Vec<PropertyDelta> = Vec::new();
    for detail in &change.details {
        let property = detail.property.clone().unwrap_or_default();
        let path = match (&property.path, property.name.is_empty()) {
            (Some(path), _) => path.clone(),
            (None, true) => format!("/{}", detail.attribute),
            (None, false) => format!("/{}/{}", detail.attribute, property.name),
        };
        let delta = PropertyDelta {
            path,
            before: property.before,
            after: property.after,
            actual: property.actual,
            replacement: property.requires_recreation,
            cause: detail.causing_entity.clone(),
        };
        // Each cause of the same change is a detail of its own; the first one with values is enough.
        match properties.iter_mut().find(|other| other.path == delta.path) {
            Some(other) => {
                other.before = other.before.take().or(delta.before);
                other.after = other.after.take().or(delta.after);
                other.cause = other.cause.take().or(delta.cause);
                if delta.replacement > other.replacement {
                    other.replacement = delta.replacement;
                }
            }
            None => properties.push(delta),
        }
    }
    Change {
        action: change.action.clone(),
        logical_id: change.logical_id.clone(),
        construct: constructs.get(&change.logical_id).cloned(),
        resource_type: change.resource_type.clone(),
        physical_id: change.physical_id.clone(),
        replacement: change.replacement,
        policy_action: change.policy_action,
        holds_data: data::holds_data(&change.resource_type),
        properties,
        drift_status: change.drift_status.clone(),
        nested: Vec::new(),
    }
}

/// The complete list of changes, with values from the other one where that has the change.
fn with_values(complete: Vec<ResourceChange>, with_values: &[ResourceChange]) -> Vec<ResourceChange> {
    complete
        .into_iter()
        .map(|change| {
            let detailed = with_values.iter().find(|other| other.logical_id == change.logical_id);
            let is_as_long = |other: &&ResourceChange| other.details.len() >= change.details.len();
            match detailed.filter(is_as_long) {
                Some(other) => other.clone(),
                None => change,
            }
        })
        .collect()
}
