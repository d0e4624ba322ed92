//! Events of stacks: each once, oldest first, of one operation only.

use std::collections::{BTreeMap, BTreeSet};

use super::api::StackEvent;
use super::cause::is_user_initiated;
use super::clock::Timestamp;
use super::event::{Active, Progress, ResourceEvent};
use super::status::is_rolling_back;

/// The type of a stack, also of the one that is followed.
pub(super) const STACK_TYPE: &str = "AWS::CloudFormation::Stack";

/// Where an operation's events begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Start {
    /// After the event with this id: the newest one before the operation was asked for.
    After(String),
    /// At the latest event that begins an operation.
    LatestOperation,
    /// At the first event of the stack.
    Beginning,
}

/// Picks what is new from pages of events, newest first.
#[derive(Debug, Clone)]
pub(super) struct Reader {
    stack_id: String,
    nested_in: Vec<String>,
    start: Start,
    /// The event that the operation began with, once it was seen.
    first: Option<String>,
    seen: BTreeSet<String>,
    fresh: Vec<StackEvent>,
    /// Whether the last reading came to its end, and whether this one has to go behind what is known.
    is_read: bool,
    is_reread: bool,
}

impl Reader {
    /// A reader of the events of the stack with that ARN, which is nested in others or not.
    pub(super) fn new(stack_id: impl Into<String>, nested_in: Vec<String>, start: Start) -> Self {
        let (seen, fresh) = (BTreeSet::new(), Vec::new());
        let stack_id = stack_id.into();
        Self { stack_id, nested_in, start, first: None, seen, fresh, is_read: true, is_reread: false }
    }

    /// A reading begins, of all pages if the last one broke off: older pages may hold what it didn't come to.
    pub(super) fn begin(&mut self) {
        self.is_reread = !self.is_read;
        self.is_read = false;
    }

    /// It came to its end.
    pub(super) fn end(&mut self) {
        self.is_read = true;
    }

    /// The stack's ARN.
    pub(super) fn stack_id(&self) -> &str {
        &self.stack_id
    }

    /// Whether it hasn't seen any event.
    pub(super) fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// Takes a page. Whether the next one, with older events, may hold something new.
    pub(super) fn take(&mut self, page: Vec<StackEvent>) -> bool {
        let mut is_known = false;
        for event in page {
            if matches!(&self.start, Start::After(id) if *id == event.id) {
                return false;
            }
            let is_first = self.first.as_ref() == Some(&event.id)
                || self.first.is_none()
                    && self.start == Start::LatestOperation
                    && self.begins_operation(&event);
            if is_first {
                self.first = Some(event.id.clone());
            }
            if self.seen.insert(event.id.clone()) {
                self.fresh.push(event);
            } else {
                // What comes late may stand behind what is known, so the page is read to its end.
                is_known = true;
            }
            if is_first {
                return false;
            }
        }
        !is_known || self.is_reread
    }

    fn begins_operation(&self, event: &StackEvent) -> bool {
        event.physical_id.as_deref() == Some(&self.stack_id)
            && matches!(
                event.status.as_str(),
                "CREATE_IN_PROGRESS" | "UPDATE_IN_PROGRESS" | "DELETE_IN_PROGRESS" | "IMPORT_IN_PROGRESS"
            )
    }

    /// What is new, oldest first.
    pub(super) fn drain(&mut self, constructs: &BTreeMap<String, String>) -> Vec<ResourceEvent> {
        let nested_in = &self.nested_in;
        let stack_id = &self.stack_id;
        let fresh = self.fresh.drain(..).rev().map(|event| ResourceEvent {
            is_stack: nested_in.is_empty() && event.physical_id.as_ref() == Some(stack_id),
            construct: constructs.get(&event.logical_id).filter(|_| nested_in.is_empty()).cloned(),
            timestamp: event.timestamp,
            nested_in: nested_in.clone(),
            logical_id: event.logical_id,
            physical_id: event.physical_id.filter(|id| !id.is_empty()),
            resource_type: event.resource_type,
            status: event.status,
            reason: event.hook_status_reason.or(event.status_reason),
            detailed_status: event.detailed_status,
            operation_id: event.operation_id,
        });
        fresh.collect()
    }
}

/// How far an operation is, from its events.
#[derive(Debug, Clone, Default)]
pub(super) struct Tracker {
    resources: BTreeMap<(Vec<String>, String), Seen>,
    rolling_back: bool,
    failures: Vec<ResourceEvent>,
    /// What the stack's own events say of a failure, where they say why.
    stack_failures: Vec<ResourceEvent>,
    /// Whether the stack is created, updated or imported into: a rollback that somebody asks for then cancels that.
    is_changing: bool,
    began_at: Option<Timestamp>,
    total: Option<usize>,
}

#[derive(Debug, Clone)]
struct Seen {
    status: String,
    since: Timestamp,
    resource_type: String,
    construct: Option<String>,
}

impl Tracker {
    /// Of an operation that changes that many resources.
    pub(super) fn new(total: Option<usize>) -> Self {
        Self { total, ..Self::default() }
    }

    /// Takes an event.
    pub(super) fn take(&mut self, event: &ResourceEvent) {
        self.began_at = Some(self.began_at.map_or(event.timestamp, |began| began.min(event.timestamp)));
        if event.is_stack {
            self.take_of_stack(event);
            return;
        }
        if event.status.ends_with("_FAILED") {
            self.failures.push(event.clone());
        }
        let key = (event.nested_in.clone(), event.logical_id.clone());
        let entry = self.resources.entry(key).or_insert_with(|| Seen {
            status: String::new(),
            since: event.timestamp,
            resource_type: event.resource_type.clone(),
            construct: event.construct.clone(),
        });
        if entry.status != event.status {
            entry.since = event.timestamp;
            entry.status.clone_from(&event.status);
        }
    }

    fn take_of_stack(&mut self, event: &ResourceEvent) {
        let status = event.status.as_str();
        self.rolling_back |= is_rolling_back(status);
        let is_failure = status.ends_with("_FAILED") || status.ends_with("ROLLBACK_IN_PROGRESS");
        // A rollback of what had ended before is what was wanted.
        let is_wanted = event.reason.as_deref().is_some_and(is_user_initiated) && !self.is_changing;
        if is_failure && event.reason.is_some() && !is_wanted {
            self.stack_failures.push(event.clone());
        }
        self.is_changing =
            matches!(status, "CREATE_IN_PROGRESS" | "UPDATE_IN_PROGRESS" | "IMPORT_IN_PROGRESS");
    }

    /// When the operation began.
    pub(super) fn began_at(&self) -> Option<Timestamp> {
        self.began_at
    }

    /// What the stack's own events say of a failure, in their order.
    pub(super) fn stack_failures(&self) -> &[ResourceEvent] {
        &self.stack_failures
    }

    /// Whether anything failed.
    pub(super) fn has_failed(&self) -> bool {
        !self.failures.is_empty() || !self.stack_failures.is_empty()
    }

    /// Resources that failed, in the order of their events.
    pub(super) fn failures(&self) -> &[ResourceEvent] {
        &self.failures
    }

    /// Nothing but the operation's failures counts any longer: a second operation undoes or repeats it.
    pub(super) fn is_rolling_back(&self) -> bool {
        self.rolling_back
    }

    /// How far it is.
    pub(super) fn progress(&self, now: Timestamp) -> Progress {
        let done = self.resources.values().filter(|seen| seen.status.ends_with("_COMPLETE")).count();
        let mut active: Vec<Active> = self
            .resources
            .iter()
            .filter(|(_, seen)| seen.status.ends_with("_IN_PROGRESS"))
            .map(|((nested_in, logical_id), seen)| Active {
                logical_id: nested_in.iter().chain([logical_id]).cloned().collect::<Vec<_>>().join("/"),
                construct: seen.construct.clone(),
                resource_type: seen.resource_type.clone(),
                status: seen.status.clone(),
                seconds: now.since(seen.since).as_secs(),
                typical_seconds: typical_seconds(&seen.resource_type, &seen.status),
            })
            .collect();
        active.sort_by_key(|active| std::cmp::Reverse(active.seconds));
        Progress {
            done,
            total: self.total.map(|total| total.max(self.resources.len())),
            rolling_back: self.rolling_back,
            elapsed_seconds: self.began_at.map_or(0, |began| now.since(began).as_secs()),
            active,
        }
    }
}

/// How long what is slow usually takes, in seconds. General experience, not a promise of AWS.
fn typical_seconds(resource_type: &str, status: &str) -> Option<u64> {
    let deleting = status.starts_with("DELETE");
    Some(match resource_type {
        "AWS::RDS::DBCluster" | "AWS::ElasticLoadBalancingV2::LoadBalancer" => 180,
        "AWS::RDS::DBInstance" => 600,
        "AWS::ElastiCache::ReplicationGroup" => 780,
        "AWS::ECS::Service" if !deleting => 240,
        "AWS::ECS::Service" | "AWS::CertificateManager::Certificate" => 300,
        "AWS::EC2::NatGateway" | "AWS::EC2::VPCEndpoint" => 120,
        "AWS::ServiceDiscovery::PrivateDnsNamespace" => 60,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STACK: &str = "arn:stack";

    fn event(id: &str, logical_id: &str, status: &str, second: i64) -> StackEvent {
        let is_stack = logical_id == "dify-dev";
        StackEvent {
            id: id.into(),
            stack_id: STACK.into(),
            timestamp: Timestamp(second * 1000),
            logical_id: logical_id.into(),
            physical_id: Some(if is_stack { STACK.into() } else { format!("p-{logical_id}") }),
            resource_type: if is_stack { STACK_TYPE.into() } else { "AWS::S3::Bucket".into() },
            status: status.into(),
            ..StackEvent::default()
        }
    }

    fn ids(events: &[ResourceEvent]) -> Vec<String> {
        events.iter().map(|event| format!("{} {}", event.logical_id, event.status)).collect()
    }

    fn drain(reader: &mut Reader) -> Vec<String> {
        ids(&reader.drain(&BTreeMap::new()))
    }

    #[test]
    fn each_event_comes_once_and_oldest_first() {
        let mut reader = Reader::new(STACK, vec![], Start::After("0".into()));
        let old = event("0", "dify-dev", "UPDATE_COMPLETE", 0);
        let first = event("1", "dify-dev", "UPDATE_IN_PROGRESS", 5);
        let second = event("2", "A", "UPDATE_IN_PROGRESS", 5);
        let third = event("3", "B", "UPDATE_IN_PROGRESS", 5);
        assert!(!reader.take(vec![second.clone(), first.clone(), old.clone()]));
        assert_eq!(drain(&mut reader), ["dify-dev UPDATE_IN_PROGRESS", "A UPDATE_IN_PROGRESS"]);
        assert!(!reader.take(vec![third, second, first, old]));
        assert_eq!(drain(&mut reader), ["B UPDATE_IN_PROGRESS"], "an equal time is no reason to lose it");
    }

    #[test]
    fn an_event_that_shows_up_late_behind_known_ones_is_not_lost() {
        let mut reader = Reader::new(STACK, vec![], Start::Beginning);
        let (first, late, third) =
            (event("1", "A", "X", 1), event("2", "B", "X", 2), event("3", "C", "X", 3));
        reader.take(vec![third.clone(), first.clone()]);
        reader.drain(&BTreeMap::new());
        assert!(!reader.take(vec![third, late, first]));
        assert_eq!(drain(&mut reader), ["B X"]);
    }

    #[test]
    fn pages_are_read_until_something_is_known() {
        let mut reader = Reader::new(STACK, vec![], Start::After("0".into()));
        assert!(reader.take((3..5).rev().map(|id| event(&id.to_string(), "A", "X", id)).collect()));
        assert!(!reader.take((0..3).rev().map(|id| event(&id.to_string(), "A", "X", id)).collect()));
        assert_eq!(drain(&mut reader).len(), 4);
    }

    #[test]
    fn what_a_reading_that_broke_off_did_not_come_to_is_read_by_the_next_one() {
        let page = |ids: std::ops::Range<i64>| -> Vec<StackEvent> {
            ids.rev().map(|id| event(&id.to_string(), "A", "X", id)).collect()
        };
        let mut reader = Reader::new(STACK, vec![], Start::After("0".into()));
        reader.begin();
        assert!(reader.take(page(3..5)), "and then somebody left");
        reader.begin();
        assert!(reader.take(page(3..5)), "all is known, but older pages were not read");
        assert!(!reader.take(page(0..3)));
        reader.end();
        assert_eq!(drain(&mut reader).len(), 4);
        reader.begin();
        assert!(!reader.take(page(3..5)), "once is enough");
    }

    #[test]
    fn without_a_mark_events_begin_with_the_latest_operation() {
        let mut reader = Reader::new(STACK, vec![], Start::LatestOperation);
        let page = vec![
            event("4", "A", "UPDATE_IN_PROGRESS", 4),
            event("3", "dify-dev", "UPDATE_IN_PROGRESS", 3),
            event("2", "dify-dev", "CREATE_COMPLETE", 2),
            event("1", "dify-dev", "CREATE_IN_PROGRESS", 1),
        ];
        assert!(!reader.take(page.clone()));
        assert_eq!(drain(&mut reader), ["dify-dev UPDATE_IN_PROGRESS", "A UPDATE_IN_PROGRESS"]);
        assert!(!reader.take(page));
        assert_eq!(drain(&mut reader), Vec::<String>::new());
    }

    #[test]
    fn progress_counts_resources_and_tells_what_takes_long() {
        let mut reader = Reader::new(STACK, vec![], Start::Beginning);
        let mut database = event("2", "Database", "CREATE_IN_PROGRESS", 10);
        database.resource_type = "AWS::RDS::DBCluster".into();
        let page = vec![
            event("4", "A", "CREATE_COMPLETE", 12),
            event("3", "A", "CREATE_IN_PROGRESS", 11),
            database,
            event("1", "dify-dev", "CREATE_IN_PROGRESS", 10),
        ];
        reader.take(page);
        let mut tracker = Tracker::new(Some(5));
        for event in reader.drain(&BTreeMap::new()) {
            tracker.take(&event);
        }
        let progress = tracker.progress(Timestamp(70_000));
        assert_eq!((progress.done, progress.total, progress.elapsed_seconds), (1, Some(5), 60));
        let [active] = progress.active.as_slice() else { panic!("{progress:?}") };
        assert_eq!(
            (active.logical_id.as_str(), active.seconds, active.typical_seconds),
            ("Database", 60, Some(180))
        );
        assert!(!progress.rolling_back);
    }
}
