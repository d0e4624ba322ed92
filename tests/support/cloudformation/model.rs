//! The state of the world: stacks, change sets, and what a test wants to go wrong.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard};

use dify_cfn::deploy::api::{
    ApiError, ChangeSetKind, ChangeSetStatus, CreateChangeSet, ExecutionStatus, HookResult, Operation,
    ResourceChange, StackEvent, StackStatus,
};
use dify_cfn::deploy::clock::Timestamp;
use dify_cfn::deploy::event::{Event, Record};
use dify_cfn::deploy::picture::Picture;
use dify_cfn::deploy::prompt::{Question, Reply};
use dify_cfn::deploy::services::{CallerIdentity, StoppedTask};
use indexmap::IndexMap;

/// The world outside of the engine.
#[derive(Default)]
pub(crate) struct World {
    state: Mutex<State>,
}

impl World {
    /// An empty account.
    pub(crate) fn new() -> Self {
        let world = Self::default();
        {
            let mut state = world.state();
            state.now = 1_800_000_000_000;
            state.seconds_a_resource = 20;
            state.page_size = 100;
            state.identity.account = "123456789012".into();
            state.has_operations = true;
        }
        world
    }

    /// The state, to be arranged or looked at.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The events that were told.
    pub(crate) fn events(&self) -> Vec<Event> {
        self.state().records.iter().map(|record| record.event.clone()).collect()
    }

    /// How often a call was made.
    pub(crate) fn count(&self, operation: &str) -> usize {
        self.state().calls.iter().filter(|call| **call == operation).count()
    }
}

/// An error that a call gives.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    /// The call; empty: any.
    pub(crate) operation: &'static str,
    /// How many such calls are let through first.
    pub(crate) after: usize,
    /// How many fail then.
    pub(crate) times: usize,
    /// The error.
    pub(crate) error: ApiError,
    /// Whether the call has its effect, and only its answer is lost.
    pub(crate) has_effect: bool,
}

/// Everything.
#[derive(Default)]
pub(crate) struct State {
    /// Milliseconds since the epoch.
    pub(crate) now: i64,
    /// Stacks, deleted ones too.
    pub(crate) stacks: Vec<FakeStack>,
    /// The calls that were made, in order.
    pub(crate) calls: Vec<&'static str>,
    /// What is told to the sink.
    pub(crate) records: Vec<Record>,
    /// What was asked.
    pub(crate) questions: Vec<Question>,
    /// Answers to questions, in order; none left: there is no terminal.
    pub(crate) answers: VecDeque<Reply>,
    /// When Ctrl-C is pressed, in milliseconds since the epoch.
    pub(crate) interrupts: VecDeque<i64>,
    /// The call after which Ctrl-C is pressed, once.
    pub(crate) interrupt_at: Option<&'static str>,
    /// Errors.
    pub(crate) faults: Vec<Fault>,
    /// The number of the call, from 1, at which the program is killed.
    pub(crate) kill_at: Option<usize>,
    /// Whether that call has its effect.
    pub(crate) kill_after_effect: bool,
    /// How long each resource takes.
    pub(crate) seconds_a_resource: i64,
    /// Whether a change set is made before it is asked for again.
    pub(crate) has_instant_sets: bool,
    /// Resources that fail, with the reason.
    pub(crate) failing: BTreeMap<String, String>,
    /// Why the next execution is rolled back although no resource fails: an alarm, or a check.
    pub(crate) failing_execution: Option<String>,
    /// Resources that fail once only.
    pub(crate) failing_once: BTreeSet<String>,
    /// Resources whose rollback fails.
    pub(crate) failing_rollback: BTreeSet<String>,
    /// Resources whose deletion fails, with the reason.
    pub(crate) failing_deletion: BTreeMap<String, String>,
    /// Properties whose change replaces, as `Type.Property`.
    pub(crate) replacing: BTreeSet<String>,
    /// Why every change set fails.
    pub(crate) failing_set: Option<String>,
    /// The reason that a set has besides being complete.
    pub(crate) set_warning: Option<String>,
    /// Answers of `DescribeStacks` that are out of date, after an execution.
    pub(crate) stale_reads: usize,
    /// Items on a page.
    pub(crate) page_size: usize,
    /// Whether the API has operation ids and `DescribeEvents`.
    pub(crate) has_operations: bool,
    /// Early validation failures: logical id, path, reason.
    pub(crate) validation: Vec<(String, String, String)>,
    /// What hooks said, annotations included.
    pub(crate) hooks: Vec<HookResult>,
    /// Who calls.
    pub(crate) identity: CallerIdentity,
    /// Parameters of Systems Manager: name, kind and value.
    pub(crate) ssm: BTreeMap<String, (String, String)>,
    /// Certificates and their status.
    pub(crate) certificates: BTreeMap<String, String>,
    /// Objects by bucket.
    pub(crate) objects: BTreeMap<String, Vec<String>>,
    /// A call that is never answered.
    pub(crate) silent: Option<&'static str>,
    /// Stopped tasks of any service.
    pub(crate) stopped_tasks: Vec<StoppedTask>,
    /// States of alarms by name.
    pub(crate) alarms: BTreeMap<String, String>,
    /// VPCs: id, name, range.
    pub(crate) vpcs: Vec<(String, String, String)>,
    /// Subnets: id, name, VPC, zone.
    pub(crate) subnets: Vec<(String, String, String, String)>,
    /// Every resource that was made, as often as it was made.
    pub(crate) made: Vec<String>,
    /// Every resource that was deleted.
    pub(crate) deleted: Vec<String>,
    /// Change sets that were asked for, as they were asked for.
    pub(crate) requested_sets: Vec<CreateChangeSet>,
    /// Stack policies that were set, in order.
    pub(crate) policies: Vec<String>,
    /// A source of ids.
    pub(crate) next_id: u64,
    /// What `DescribeStacks` said before the last execution, for stale reads.
    pub(crate) stale: Option<(String, StackStatus, Option<Timestamp>)>,
}

/// A stack.
#[derive(Debug, Clone, Default)]
pub(crate) struct FakeStack {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) status: StackStatus,
    pub(crate) reason: Option<String>,
    pub(crate) created: i64,
    pub(crate) updated: Option<i64>,
    pub(crate) ended: Option<i64>,
    pub(crate) template: String,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) tags: IndexMap<String, String>,
    /// What is there: logical id, type, physical id and status.
    pub(crate) resources: BTreeMap<String, FakeResource>,
    /// Oldest first.
    pub(crate) events: Vec<StackEvent>,
    pub(crate) sets: Vec<FakeSet>,
    pub(crate) policy: Option<String>,
    pub(crate) termination_protection: bool,
    pub(crate) change_set_id: Option<String>,
    /// Oldest first.
    pub(crate) operations: Vec<Operation>,
    /// What happens next, and when.
    pub(crate) acts: VecDeque<(i64, Act)>,
    /// The state before the operation that runs.
    pub(crate) before: Option<Box<StateBefore>>,
}

/// Template, parameters and resources of a stack before an operation.
pub(crate) type StateBefore = (String, BTreeMap<String, String>, BTreeMap<String, FakeResource>);

/// A resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FakeResource {
    pub(crate) resource_type: String,
    pub(crate) physical_id: String,
    pub(crate) status: String,
    /// Its properties as text.
    pub(crate) properties: String,
}

/// A change set.
#[derive(Debug, Clone)]
pub(crate) struct FakeSet {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) token: String,
    pub(crate) kind: ChangeSetKind,
    pub(crate) template: String,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) tags: Option<IndexMap<String, String>>,
    pub(crate) request: CreateChangeSet,
    /// When it is made.
    pub(crate) ready_at: i64,
    pub(crate) status: ChangeSetStatus,
    pub(crate) reason: Option<String>,
    pub(crate) execution: ExecutionStatus,
    pub(crate) changes: Vec<ResourceChange>,
    pub(crate) after: Picture,
}

/// Something that happens in a stack.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// The stack's status changes.
    Stack(&'static str, Option<String>),
    /// A resource's status changes.
    Resource { id: String, resource_type: String, status: String, reason: Option<String> },
    /// A resource is there.
    Put { id: String, resource: FakeResource },
    /// A resource is gone.
    Drop { id: String },
    /// Everything is as it was before the operation.
    Restore,
}

impl State {
    /// Lets happen what has happened by now.
    pub(crate) fn advance(&mut self) {
        let now = self.now;
        for index in 0..self.stacks.len() {
            while self.stacks[index].acts.front().is_some_and(|(at, _)| *at <= now) {
                let Some((at, act)) = self.stacks[index].acts.pop_front() else { break };
                self.perform(index, at, act);
            }
            for set in &mut self.stacks[index].sets {
                if set.ready_at <= now && set.status == ChangeSetStatus::CreatePending {
                    let (status, execution) = match set.reason.as_deref() {
                        Some(reason) if !reason.starts_with("[WARN]") => {
                            (ChangeSetStatus::Failed, ExecutionStatus::Unavailable)
                        }
                        _ => (ChangeSetStatus::CreateComplete, ExecutionStatus::Available),
                    };
                    set.status = status;
                    set.execution = execution;
                }
            }
        }
    }

    fn perform(&mut self, index: usize, at: i64, act: Act) {
        match act {
            Act::Stack(status, reason) => {
                let stack = &mut self.stacks[index];
                stack.status = StackStatus::from(status);
                stack.reason.clone_from(&reason);
                let (name, id) = (stack.name.clone(), stack.id.clone());
                if status.ends_with("ROLLBACK_IN_PROGRESS") {
                    self.begin_operation(index, "ROLLBACK");
                }
                self.event(index, at, &name, &id, "AWS::CloudFormation::Stack", status, reason);
                if !status.ends_with("IN_PROGRESS") {
                    self.stacks[index].ended = Some(at);
                }
            }
            Act::Resource { id, resource_type, status, reason } => {
                let resource = self.stacks[index].resources.get_mut(&id);
                let physical = match resource {
                    Some(resource) => {
                        resource.status.clone_from(&status);
                        resource.physical_id.clone()
                    }
                    // A service is there before its tasks fail.
                    None if resource_type == "AWS::ECS::Service" => {
                        "arn:aws:ecs:ap-northeast-1:123456789012:service/cluster/service".to_owned()
                    }
                    None => String::new(),
                };
                self.event(index, at, &id, &physical, &resource_type, &status, reason);
            }
            Act::Put { id, resource } => {
                self.made.push(id.clone());
                self.stacks[index].resources.insert(id, resource);
            }
            Act::Drop { id } => {
                self.deleted.push(id.clone());
                self.stacks[index].resources.remove(&id);
            }
            Act::Restore => {
                if let Some(before) = self.stacks[index].before.take() {
                    let stack = &mut self.stacks[index];
                    (stack.template, stack.parameters, stack.resources) = *before;
                }
            }
        }
    }

    pub(crate) fn begin_operation(&mut self, index: usize, kind: &str) {
        let id = format!("operation-{}", self.id());
        self.stacks[index].operations.push(Operation { id, kind: kind.into() });
    }

    #[allow(clippy::too_many_arguments, reason = "an event has that many parts")]
    fn event(
        &mut self,
        index: usize,
        at: i64,
        logical_id: &str,
        physical_id: &str,
        resource_type: &str,
        status: &str,
        reason: Option<String>,
    ) {
        let id = format!("event-{}", self.id());
        let stack = &mut self.stacks[index];
        let event = StackEvent {
            id,
            stack_id: stack.id.clone(),
            timestamp: Timestamp(at),
            logical_id: logical_id.into(),
            physical_id: Some(physical_id.into()),
            resource_type: resource_type.into(),
            status: status.into(),
            status_reason: reason,
            operation_id: stack.operations.last().map(|operation| operation.id.clone()),
            ..StackEvent::default()
        };
        stack.events.push(event);
    }

    /// A new number.
    pub(crate) fn id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// The stack with that ARN, or the one with that name that isn't deleted.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.stacks.iter().position(|stack| {
            stack.id == name || stack.name == name && stack.status != StackStatus::DeleteComplete
        })
    }

    /// The stack with that name; the test made it.
    pub(crate) fn stack(&self, name: &str) -> &FakeStack {
        &self.stacks[self.find(name).expect("the stack is there")]
    }
}
