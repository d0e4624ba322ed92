//! docs/json.md against the types that are written: every kind and every field is there, and no other.

use std::collections::BTreeMap;

use dify_cfn::deploy::FoundNetwork;
use dify_cfn::deploy::api::{
    Annotation, DriftStatus, Output, PolicyAction, PropertyDifference, ResourceDrift,
};
use dify_cfn::deploy::changes::{Change, PropertyDelta, Widening, WideningKind};
use dify_cfn::deploy::clock::Timestamp;
use dify_cfn::deploy::data::{Loss, LossKind};
use dify_cfn::deploy::event::{
    Active, Cause, CheckResult, Event, Progress, Record, Rejection, ResourceEvent, Step, WaitReason,
};
use dify_cfn::deploy::outcome::Ending;
use dify_cfn::deploy::services::{StoppedContainer, StoppedTask};
use serde_json::Value as Json;

/// The names in a cell, brackets taken off.
fn names(cell: &str) -> Vec<String> {
    let mut names: Vec<String> = cell.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    names.sort();
    names
}

/// The tables of the page: what stands first in a row, and the names of its second cell.
fn documented() -> BTreeMap<String, Vec<String>> {
    let page = std::fs::read_to_string("docs/json.md").unwrap();
    let (lines, _) = page.split_once("## One object").unwrap();
    let rows = lines.lines().filter(|line| line.starts_with("| "));
    rows.map(|row| {
        let mut cells = row.trim_matches('|').split('|').map(str::trim);
        (cells.next().unwrap().to_owned(), names(cells.next().unwrap()))
    })
    .collect()
}

#[allow(clippy::unnecessary_wraps, reason = "what it fills may be left out")]
fn text() -> Option<String> {
    Some("x".to_owned())
}

fn resource() -> ResourceEvent {
    ResourceEvent {
        nested_in: vec!["x".into()],
        construct: text(),
        physical_id: text(),
        reason: text(),
        detailed_status: text(),
        operation_id: text(),
        ..ResourceEvent::default()
    }
}

fn annotation() -> Annotation {
    Annotation {
        name: "x".into(),
        status: "x".into(),
        status_message: text(),
        remediation_message: text(),
        remediation_link: text(),
        severity: text(),
    }
}

fn change() -> Change {
    Change {
        construct: text(),
        physical_id: text(),
        policy_action: Some(PolicyAction::Delete),
        properties: vec![PropertyDelta {
            before: text(),
            after: text(),
            actual: text(),
            cause: text(),
            ..PropertyDelta::default()
        }],
        drift_status: text(),
        nested: vec![Change::default()],
        ..Change::default()
    }
}

/// One event of each kind, with everything in it. A new kind doesn't compile until it stands here.
fn samples() -> Vec<Event> {
    let one = |event: Event| match event {
        Event::Started { .. }
        | Event::Checked { .. }
        | Event::Step { .. }
        | Event::Uploaded { .. }
        | Event::ChangeSet { .. }
        | Event::Changes { .. }
        | Event::NoChanges { .. }
        | Event::Executing { .. }
        | Event::Resource(_)
        | Event::Progress(_)
        | Event::Waiting { .. }
        | Event::Reconnected { .. }
        | Event::StackPolicy { .. }
        | Event::ChangeSetDeleted { .. }
        | Event::StackDeleted { .. }
        | Event::Note { .. }
        | Event::Warning { .. }
        | Event::Rejected(_)
        | Event::Cause(_)
        | Event::Outputs { .. }
        | Event::Finished { .. } => event,
    };
    let x = || "x".to_owned();
    let active = Active { construct: text(), typical_seconds: Some(1), ..Active::default() };
    let task = StoppedTask { containers: vec![StoppedContainer::default()], ..StoppedTask::default() };
    let output = Output { key: x(), value: x(), description: text(), export_name: text() };
    [
        Event::Started { command: "deploy" },
        Event::Checked { check: x(), finding: CheckResult::Ok, detail: x() },
        Event::Step { step: Step::Whole, number: 1, of: 1 },
        Event::Uploaded { bucket: x(), key: x(), bytes: 1 },
        Event::ChangeSet { id: x(), name: x(), resumed: false },
        Event::Changes {
            step: None,
            changes: vec![change()],
            widenings: vec![Widening { logical_id: x(), words: x(), kind: WideningKind::Network }],
        },
        Event::NoChanges { step: Step::Whole },
        Event::Executing { change_set: x(), stack_id: x() },
        Event::Resource(resource()),
        Event::Progress(Progress { active: vec![active], ..Progress::default() }),
        Event::Waiting { reason: WaitReason::Throttled, message: x(), attempt: 1, retry_seconds: 1 },
        Event::Reconnected { after_seconds: 1 },
        Event::StackPolicy { allowed: vec![] },
        Event::ChangeSetDeleted { name: x() },
        Event::StackDeleted { stack_id: x(), was_empty: true },
        Event::Note { message: x() },
        Event::Warning { message: x() },
        Event::Rejected(Rejection {
            logical_id: text(),
            construct: text(),
            path: text(),
            annotations: vec![annotation()],
            ..Rejection::default()
        }),
        Event::Cause(Box::new(Cause {
            event: resource(),
            explanation: text(),
            advice: vec![x()],
            others: vec![resource()],
            annotations: vec![annotation()],
            stopped_tasks: vec![task],
            ..Cause::default()
        })),
        Event::Outputs { outputs: vec![output] },
        Event::Finished { ending: Ending::Done, exit_code: 0, message: x(), next: vec![] },
    ]
    .into_iter()
    .map(one)
    .collect()
}

fn keys(json: &Json) -> Vec<String> {
    let mut keys: Vec<String> = json.as_object().unwrap().keys().cloned().collect();
    keys.sort();
    keys
}

#[test]
fn every_kind_and_field_of_a_line_is_documented() {
    let mut documented = documented();
    let resource_event = documented["resource event"].clone();
    documented.insert("`resource`".into(), resource_event);
    let mut kinds = Vec::new();
    for event in samples() {
        let record = Record { time: Timestamp(0), stack: "dify-dev".into(), event };
        let line = serde_json::to_string(&record).unwrap();
        let json: Json = serde_json::from_str(&line).unwrap();
        assert_eq!(line.matches("\"event\":").count(), 1, "{line}");
        let kind = format!("`{}`", json["event"].as_str().unwrap());
        let fields: Vec<String> = keys(&json)
            .into_iter()
            .filter(|key| !["time", "stack", "event"].contains(&key.as_str()))
            .collect();
        assert_eq!(documented.get(&kind), Some(&fields), "{kind}");
        kinds.push(kind);
    }
    let page = std::fs::read_to_string("docs/json.md").unwrap();
    let table = page.split("## Objects").next().unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `")).count();
    assert_eq!(rows, kinds.len(), "a kind that isn't told is documented");
}

#[test]
fn every_field_of_the_objects_in_a_line_is_documented() {
    let documented = documented();
    let row = |start: &str| {
        let mut rows = documented.iter().filter(|(row, _)| row.starts_with(start));
        rows.next().unwrap_or_else(|| panic!("no row {start}")).1.clone()
    };
    let lines: BTreeMap<String, Json> = samples()
        .into_iter()
        .map(|event| {
            let record = Record { time: Timestamp(0), stack: "dify-dev".into(), event };
            let json = serde_json::to_value(&record).unwrap();
            (json["event"].as_str().unwrap().to_owned(), json)
        })
        .collect();
    for (start, kind, pointer) in [
        ("resource event", "cause", "/resource"),
        ("resource event", "cause", "/others/0"),
        ("member of `active`", "progress", "/active/0"),
        ("member of `changes`", "changes", "/changes/0"),
        ("member of `properties`", "changes", "/changes/0/properties/0"),
        ("member of `widenings`", "changes", "/widenings/0"),
        ("member of `annotations`", "rejected", "/annotations/0"),
        ("member of `stopped_tasks`", "cause", "/stopped_tasks/0"),
        ("member of `containers`", "cause", "/stopped_tasks/0/containers/0"),
        ("member of `outputs`", "outputs", "/outputs/0"),
    ] {
        let found = lines[kind].pointer(pointer).unwrap_or_else(|| panic!("{kind} has no {pointer}"));
        assert_eq!(row(start), keys(found), "{kind} {pointer}");
    }
}

#[test]
fn every_field_of_the_objects_in_a_report_is_documented() {
    let x = || "x".to_owned();
    let loss = Loss { logical_id: x(), resource_type: x(), kind: LossKind::Deleted, property: text() };
    let difference = PropertyDifference { path: x(), expected: x(), actual: x(), kind: x() };
    let drifted = ResourceDrift {
        logical_id: x(),
        physical_id: text(),
        resource_type: x(),
        status: DriftStatus::Modified,
        differences: vec![difference.clone()],
    };
    let network = FoundNetwork {
        vpc_id: x(),
        vpc_cidr: x(),
        public_subnet_ids: vec![x()],
        private_subnet_ids: vec![x()],
    };
    let documented = documented();
    for (row, json) in [
        ("member of `losses`", serde_json::to_value(loss)),
        ("member of `drifted`", serde_json::to_value(drifted)),
        ("member of `differences`", serde_json::to_value(difference)),
        ("`network` of `lookup`", serde_json::to_value(network)),
    ] {
        assert_eq!(documented.get(row), Some(&keys(&json.unwrap())), "{row}");
    }
}
