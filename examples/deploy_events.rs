//! Deploys a template by a client of one's own, and prints the typed events: the engine needs no program and no AWS.
//!
//! `cargo run --example deploy_events` creates a stack in an account that exists in this file only.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dify_cfn::cfn::read::read_bytes;
use dify_cfn::deploy::api::{
    Answer, ApiError, ChangeAction, ChangeSet, ChangeSetStatus, ChangeSetSummary, CloudFormation,
    CreateChangeSet, CreatedChangeSet, DeleteStack, DescribeChangeSet, ErrorKind, ExecuteChangeSet,
    ExecutionStatus, Output, Page, ResourceChange, Stack, StackEvent, StackResource, StackStatus,
    TemplateStage,
};
use dify_cfn::deploy::clock::Timestamp;
use dify_cfn::deploy::event::{Event, Record};
use dify_cfn::deploy::outcome::Outcome;
use dify_cfn::deploy::services::NoServices;
use dify_cfn::deploy::system_clock::SystemClock;
use dify_cfn::deploy::{DeployRequest, Session, deploy};
use dify_cfn::validate::{Options, ValidatedTemplate};

const TEMPLATE: &str =
    r#"{"Resources": {"Jobs": {"Type": "AWS::SQS::Queue", "Properties": {"SqsManagedSseEnabled": true}}}}"#;

const ARN: &str = "arn:aws:cloudformation:eu-central-1:123456789012:stack/jobs/1";

/// An account that has one stack at most. Each look lets a step of its creation pass.
#[derive(Default)]
struct Account(Mutex<Inside>);

#[derive(Default)]
struct Inside {
    stack: Option<Stack>,
    set: Option<ChangeSet>,
    events: Vec<StackEvent>,
    /// What is still to happen: logical id, type, status.
    ahead: Vec<(&'static str, &'static str, &'static str)>,
}

impl Inside {
    fn pass(&mut self) {
        let Some((logical_id, resource_type, status)) = self.ahead.pop() else { return };
        let is_stack = resource_type == "AWS::CloudFormation::Stack";
        if let Some(stack) = self.stack.as_mut().filter(|_| is_stack) {
            stack.status = StackStatus::from(status);
        }
        let number = self.events.len();
        self.events.push(StackEvent {
            id: number.to_string(),
            stack_id: ARN.into(),
            timestamp: Timestamp(1_790_000_000_000 + i64::try_from(number).unwrap_or(0) * 1000),
            logical_id: logical_id.into(),
            physical_id: Some(if is_stack { ARN.into() } else { format!("jobs-{logical_id}") }),
            resource_type: resource_type.into(),
            status: status.into(),
            ..StackEvent::default()
        });
    }
}

impl Account {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn answer<'a, T: Send + 'a>(answer: Result<T, ApiError>) -> Answer<'a, T> {
    Box::pin(std::future::ready(answer))
}

fn missing(operation: &'static str) -> ApiError {
    ApiError { kind: ErrorKind::NotFound, code: None, message: "it isn't there".into(), operation }
}

impl CloudFormation for Account {
    fn describe_stack<'a>(&'a self, _: &'a str) -> Answer<'a, Stack> {
        let mut inside = self.inside();
        inside.pass();
        answer(inside.stack.clone().ok_or_else(|| missing("DescribeStacks")))
    }

    fn create_change_set<'a>(&'a self, request: &'a CreateChangeSet) -> Answer<'a, CreatedChangeSet> {
        let mut inside = self.inside();
        inside.stack = Some(Stack {
            id: ARN.into(),
            name: request.stack.clone(),
            status: StackStatus::ReviewInProgress,
            ..Stack::default()
        });
        inside.set = Some(ChangeSet {
            id: "set".into(),
            name: request.name.clone(),
            stack_id: ARN.into(),
            status: ChangeSetStatus::CreateComplete,
            execution_status: ExecutionStatus::Available,
            changes: vec![ResourceChange {
                action: ChangeAction::Add,
                logical_id: "Jobs".into(),
                resource_type: "AWS::SQS::Queue".into(),
                ..ResourceChange::default()
            }],
            ..ChangeSet::default()
        });
        answer(Ok(CreatedChangeSet { id: "set".into(), stack_id: ARN.into() }))
    }

    fn describe_change_set<'a>(&'a self, _: &'a DescribeChangeSet) -> Answer<'a, ChangeSet> {
        answer(self.inside().set.clone().ok_or_else(|| missing("DescribeChangeSet")))
    }

    fn list_change_sets<'a>(&'a self, _: &'a str, _: Option<&'a str>) -> Answer<'a, Page<ChangeSetSummary>> {
        answer(Ok(Page::default()))
    }

    fn execute_change_set<'a>(&'a self, _: &'a ExecuteChangeSet) -> Answer<'a, ()> {
        let mut inside = self.inside();
        // The last one comes first.
        inside.ahead = vec![
            ("jobs", "AWS::CloudFormation::Stack", "CREATE_COMPLETE"),
            ("Jobs", "AWS::SQS::Queue", "CREATE_COMPLETE"),
            ("Jobs", "AWS::SQS::Queue", "CREATE_IN_PROGRESS"),
            ("jobs", "AWS::CloudFormation::Stack", "CREATE_IN_PROGRESS"),
        ];
        if let Some(stack) = &mut inside.stack {
            let value = "https://sqs.eu-central-1.amazonaws.com/123456789012/jobs".into();
            stack.outputs = vec![Output { key: "Queue".into(), value, ..Output::default() }];
        }
        answer(Ok(()))
    }

    fn delete_change_set<'a>(&'a self, _: &'a str) -> Answer<'a, ()> {
        self.inside().set = None;
        answer(Ok(()))
    }

    fn describe_stack_events<'a>(&'a self, _: &'a str, _: Option<&'a str>) -> Answer<'a, Page<StackEvent>> {
        let newest_first = self.inside().events.iter().rev().cloned().collect();
        answer(Ok(Page { items: newest_first, next_token: None }))
    }

    fn list_stack_resources<'a>(&'a self, _: &'a str, _: Option<&'a str>) -> Answer<'a, Page<StackResource>> {
        answer(Ok(Page::default()))
    }

    fn get_template<'a>(&'a self, _: &'a str, _: TemplateStage) -> Answer<'a, String> {
        answer(Ok(TEMPLATE.into()))
    }

    fn delete_stack<'a>(&'a self, _: &'a DeleteStack) -> Answer<'a, ()> {
        self.inside().stack = None;
        answer(Ok(()))
    }
}

/// A line for what a program of one's own might care about.
fn line(record: &Record) -> Option<String> {
    Some(match &record.event {
        Event::Changes { changes, .. } => {
            let ids: Vec<&str> = changes.iter().map(|change| change.logical_id.as_str()).collect();
            format!("changes {}", ids.join(", "))
        }
        Event::Resource(event) => format!("{} is {}", event.logical_id, event.status),
        Event::Outputs { outputs } => format!("{} outputs", outputs.len()),
        Event::Finished { ending, message, .. } => format!("{ending:?}: {message}"),
        _ => return None,
    })
}

/// Creates the stack, and gives the lines to `tell`.
///
/// # Errors
/// The template isn't valid, or there is no runtime.
pub fn run(tell: &(dyn Fn(String) + Sync)) -> Result<Outcome, Box<dyn std::error::Error>> {
    let read = read_bytes("template.json", TEMPLATE.as_bytes()).map_err(|found| format!("{found:?}"))?;
    let template = read.into_template().map_err(|found| format!("{found:?}"))?;
    let (template, _) =
        ValidatedTemplate::check(template, &Options::default()).map_err(|found| format!("{found:?}"))?;
    let request = DeployRequest { yes: true, ..DeployRequest::new("jobs", template) };
    let account = Account::default();
    let elsewhere = NoServices::in_region("eu-central-1");
    let sink = |record: &Record| {
        if let Some(line) = line(record) {
            tell(line);
        }
    };
    // Nothing here is worth a wait of seconds.
    let clock = SystemClock { longest_wait: Some(Duration::from_millis(5)) };
    let session = Session::new(&account, &elsewhere).with_sink(&sink).with_clock(&clock);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(deploy(session, &request)))
}

#[allow(clippy::print_stdout, reason = "an example tells what it does")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    run(&|line| println!("{line}"))?;
    Ok(())
}
