//! Why an operation failed: the first real failure, what it means, and what to do.

use std::time::Duration;

use super::api::{HookTarget, Stack};
use super::event::{Cause, Event, ResourceEvent};
use super::event_log::{STACK_TYPE, Tracker};
use super::run::{First, Run, first};
use super::services::StoppedTask;

/// How long a failure waits for the reasons of its tasks.
const LONGEST_LOOK: Duration = Duration::from_secs(10);

/// Reasons of resources that only stopped because another one failed.
const CANCELLED: [&str; 5] = [
    "Resource creation cancelled",
    "Resource update cancelled",
    "Resource deletion cancelled",
    "Resource import cancelled",
    "Operation cancelled",
];

/// Whether the failure only follows from another one.
fn is_cancelled(event: &ResourceEvent) -> bool {
    event.reason.as_deref().is_none_or(|reason| CANCELLED.iter().any(|text| reason.starts_with(text)))
}

/// Whether it is the reason of what somebody asked for.
pub(super) fn is_user_initiated(reason: &str) -> bool {
    reason == "User Initiated"
}

/// Whether the stack only says which of its resources failed.
fn names_resources(event: &ResourceEvent) -> bool {
    event.reason.as_deref().is_some_and(|reason| reason.starts_with("The following resource(s) failed"))
}

/// Whether the operation didn't fail, but somebody cancelled it.
pub(super) fn is_cancellation(cause: &Cause) -> bool {
    let is_asked_for = cause.event.reason.as_deref().is_some_and(is_user_initiated);
    // A resource that fails without a reason may have failed by itself.
    if cause.event.is_stack {
        is_asked_for
    } else {
        cause.event.reason.is_some() && is_cancelled(&cause.event)
    }
}

/// Whether the reason only says that `DescribeEvents` tells more.
fn is_told_elsewhere(event: &ResourceEvent) -> bool {
    let reason = event.reason.as_deref().unwrap_or_default();
    reason.contains("DescribeEvents") || reason.contains("VALIDATION_FAILED")
}

impl Run<'_> {
    /// The cause of an operation's failure, with what other calls and services know of it, and told.
    pub(super) async fn explain(&mut self, tracker: &Tracker, stack: &Stack) -> Option<Cause> {
        let mut cause = cause(tracker.failures(), tracker.stack_failures())?;
        if cause.event.resource_type == "AWS::ECS::Service" {
            cause.stopped_tasks = self.stopped_tasks(&cause.event).await;
        }
        // More about a failure isn't worth another one.
        if cause.event.reason.as_deref().is_some_and(|reason| reason.to_lowercase().contains("hook")) {
            let rejections =
                self.hook_rejections(HookTarget::Stack(stack.id.clone())).await.unwrap_or_default();
            cause.annotations = rejections.into_iter().flat_map(|rejection| rejection.annotations).collect();
        }
        if is_told_elsewhere(&cause.event) {
            let found = self.rejections_since(&stack.id, tracker.began_at()).await.unwrap_or_default();
            for rejection in found {
                self.tell(Event::Rejected(rejection));
            }
        }
        self.tell(Event::Cause(Box::new(cause.clone())));
        Some(cause)
    }

    /// Why the tasks of a service stopped, where the permission allows it to be read.
    async fn stopped_tasks(&self, event: &ResourceEvent) -> Vec<StoppedTask> {
        // arn:aws:ecs:region:account:service/cluster/name
        let place = event.physical_id.as_deref().and_then(|arn| arn.split_once(":service/"));
        let Some((cluster, service)) = place.and_then(|(_, rest)| rest.split_once('/')) else {
            return Vec::new();
        };
        let asked = self.services().stopped_tasks(cluster, service);
        let limit = self.session().clock.sleep_in_full(LONGEST_LOOK);
        let answer = async move {
            match first(asked, limit).await {
                First::One(tasks) => tasks.ok(),
                First::Other(()) => None,
            }
        };
        // More about a failure isn't worth a wait that somebody wants to end.
        self.unless_interrupted(Box::pin(answer)).await.ok().flatten().unwrap_or_default()
    }
}

/// The cause among the failures of an operation, in the order of their events. The rollback's own failures are told only
/// if there is nothing before them. Where no resource failed by itself, what the stack says is it: an alarm, a check, somebody
/// who cancelled.
fn cause(failures: &[ResourceEvent], of_stack: &[ResourceEvent]) -> Option<Cause> {
    let mut real: Vec<&ResourceEvent> = failures.iter().filter(|event| !is_cancelled(event)).collect();
    // A nested stack fails because of something in it, which is told by its own events.
    let inner: Vec<&ResourceEvent> = real
        .iter()
        .filter(|event| {
            let is_outer = |other: &&&ResourceEvent| {
                other.nested_in.len() > event.nested_in.len()
                    && other.nested_in[..event.nested_in.len()] == event.nested_in[..]
                    && other.nested_in[event.nested_in.len()] == event.logical_id
            };
            event.resource_type != STACK_TYPE || !real.iter().any(|other| is_outer(&other))
        })
        .copied()
        .collect();
    real = inner;
    real.sort_by_key(|event| event.timestamp);
    let stack = of_stack.iter().find(|event| failures.is_empty() || !names_resources(event));
    let first = real.first().copied().or(stack).or_else(|| failures.first())?;
    let (mut explanation, advice) = explain(first);
    let is_from_outside = first.is_stack && !first.reason.as_deref().is_some_and(is_user_initiated);
    if real.is_empty() && first.reason.is_some() && !is_from_outside {
        explanation = Some("nothing failed before it: the operation was cancelled");
    }
    let others = real.iter().skip(1).filter(|event| event.logical_id != first.logical_id);
    Some(Cause {
        event: first.clone(),
        explanation: explanation.map(str::to_owned),
        advice,
        others: others.map(|event| (*event).clone()).collect(),
        cancelled: failures.iter().filter(|event| is_cancelled(event)).count(),
        ..Cause::default()
    })
}

/// Whether the failure is the one that goes away by itself: the first use of a service in an account makes a role that
/// isn't there yet.
pub(super) fn is_missing_service_linked_role(cause: &Cause) -> bool {
    let reason = cause.event.reason.as_deref().unwrap_or_default().to_lowercase();
    reason.contains("service linked role") || reason.contains("service-linked role")
}

/// A text in a reason (lower case), a type that it must be of, what it means, and what to do.
struct Explanation {
    texts: &'static [&'static str],
    resource_type: Option<&'static str>,
    meaning: &'static str,
    advice: &'static [&'static str],
}

/// The first one that fits counts.
///
/// Source: texts as public issue threads and AWS's guides quote them; project facts `deploy.md` §3, `aws.md` §1.
const EXPLANATIONS: &[Explanation] = &[
    Explanation {
        texts: &["service linked role", "service-linked role"],
        resource_type: None,
        meaning: "the account uses this service for the first time, and the role that it makes for itself isn't there yet",
        advice: &["run the same command again"],
    },
    Explanation {
        texts: &["denied by stack policy"],
        resource_type: None,
        meaning: "the stack policy protects what holds data",
        advice: &["name the resource with --allow-replace or --allow-delete if that is what you want"],
    },
    Explanation {
        texts: &["cloudwatch alarm", ":alarm:"],
        resource_type: Some(STACK_TYPE),
        meaning: "an alarm that watches the update went off",
        advice: &["look at what the alarm measures, in the CloudWatch console"],
    },
    Explanation {
        texts: &["circuit breaker", "did not stabilize", "not stabilize", "ecs deployment"],
        resource_type: Some("AWS::ECS::Service"),
        meaning: "the service's tasks don't start, or don't stay healthy",
        advice: &[
            "read why its tasks stopped, below or in the ECS console",
            "read the component's log group, /ecs/<stack>/<component>",
        ],
    },
    Explanation {
        texts: &["is not authorized to perform", "accessdenied", "access denied", "not authorized"],
        resource_type: None,
        meaning: "the credentials, or the role that CloudFormation works with, may not do this",
        advice: &["add the permission that the reason names, then run the same command again"],
    },
    Explanation {
        texts: &["already exists", "alreadyexists", "bucketalreadyownedbyyou", "already owned by you"],
        resource_type: None,
        meaning: "something with this name is there already, often kept from an earlier stack",
        advice: &[
            "--import-existing adopts it, where the template names it and keeps it (DeletionPolicy: Retain)",
            "or delete it, or give the resource another name",
        ],
    },
    Explanation {
        texts: &["cannot delete protected", "deletion protection", "deletionprotection"],
        resource_type: None,
        meaning: "it is protected against deletion",
        advice: &["turn its deletion protection off, then run the command again"],
    },
    Explanation {
        texts: &["bucket you tried to delete is not empty", "bucketnotempty"],
        resource_type: None,
        meaning: "a bucket that holds objects can't be deleted",
        advice: &["`destroy` empties the stack's bucket after its question"],
    },
    Explanation {
        texts: &[
            "insufficientdbinstancecapacity",
            "insufficient capacity",
            "insufficientcachecluster",
            "capacity is unavailable",
        ],
        resource_type: None,
        meaning: "AWS has no machine of this class in this zone at the moment",
        advice: &["try another class, or later"],
    },
    Explanation {
        texts: &["limitexceeded", "quota", "limit exceeded", "maximum number of", "too many"],
        resource_type: None,
        meaning: "a quota of the account is used up",
        advice: &["ask for more in the Service Quotas console, or delete what isn't needed"],
    },
    Explanation {
        texts: &[
            "secrets manager can't find",
            "can't find the specified secret",
            "parameternotfound",
            "unable to fetch parameters",
        ],
        resource_type: None,
        meaning: "a secret or parameter that the template names isn't there",
        advice: &["`secrets` creates the missing SecureString parameters of the ssm backend"],
    },
    Explanation {
        texts: &["cannot find version", "invalid engine version", "cannot upgrade", "no such engine"],
        resource_type: None,
        meaning: "the engine doesn't have this version here, or not from the one that runs",
        advice: &["choose another engine_version in dify.yaml"],
    },
    Explanation {
        texts: &[
            "rate exceeded",
            "throttl",
            "internal failure",
            "internalfailure",
            "service unavailable",
            "internal error",
        ],
        resource_type: None,
        meaning: "the service had a problem of its own",
        advice: &["run the same command again"],
    },
    Explanation {
        texts: &["validation_failed", "describeevents"],
        resource_type: None,
        meaning: "CloudFormation's checks refused it before a resource was touched",
        advice: &["mend what is rejected"],
    },
    Explanation {
        texts: &["hook"],
        resource_type: None,
        meaning: "a hook of the organization refused it",
        advice: &["do what the hook says, or ask who runs it"],
    },
    Explanation {
        texts: &["timed out", "exceeded attempts to wait", "timeout"],
        resource_type: Some("AWS::CertificateManager::Certificate"),
        meaning: "nobody proved that the domain is ours: its validation record isn't found",
        advice: &["check that hosted_zone_id is the public zone of the domain, in this account"],
    },
];

fn explain(event: &ResourceEvent) -> (Option<&'static str>, Vec<String>) {
    let reason = event.reason.as_deref().unwrap_or_default().to_lowercase();
    let fits = |explanation: &&Explanation| {
        explanation.resource_type.is_none_or(|wanted| wanted == event.resource_type)
            && explanation.texts.iter().any(|text| reason.contains(text))
    };
    match EXPLANATIONS.iter().find(fits) {
        Some(found) => {
            (Some(found.meaning), found.advice.iter().map(|advice| (*advice).to_owned()).collect())
        }
        None => (None, Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::clock::Timestamp;

    fn failure(logical_id: &str, second: i64, reason: &str) -> ResourceEvent {
        ResourceEvent {
            timestamp: Timestamp(second * 1000),
            logical_id: logical_id.into(),
            resource_type: "AWS::ECS::Service".into(),
            status: "CREATE_FAILED".into(),
            reason: Some(reason.into()),
            ..ResourceEvent::default()
        }
    }

    #[test]
    fn the_first_real_failure_is_the_cause() {
        let failures = [
            failure("Web", 1, "Resource creation cancelled"),
            failure("Api", 1, "ECS Deployment Circuit Breaker was triggered"),
            failure("Worker", 2, "Resource creation cancelled"),
            failure("Role", 3, "Cannot delete entity"),
        ];
        let found = cause(&failures, &[]).unwrap();
        assert_eq!(found.event.logical_id, "Api");
        assert_eq!((found.cancelled, found.others.len()), (2, 1));
        assert!(found.explanation.unwrap().contains("tasks don't start"));
    }

    #[test]
    fn a_nested_stack_fails_because_of_what_is_in_it() {
        let outer = ResourceEvent {
            resource_type: STACK_TYPE.into(),
            ..failure("Inner", 9, "Embedded stack arn was not successfully created")
        };
        let inner =
            ResourceEvent { nested_in: vec!["Inner".into()], ..failure("Bucket", 8, "x already exists") };
        assert_eq!(cause(&[outer.clone(), inner], &[]).unwrap().event.logical_id, "Bucket");
        assert_eq!(cause(&[outer], &[]).unwrap().event.logical_id, "Inner");
    }

    #[test]
    fn nothing_failed_nothing_told() {
        assert_eq!(cause(&[], &[]), None);
        let only = [failure("Web", 1, "Resource creation cancelled")];
        let found = cause(&only, &[]).unwrap();
        assert_eq!(found.event.logical_id, "Web", "better than nothing");
        assert_eq!(
            found.explanation.as_deref(),
            Some("nothing failed before it: the operation was cancelled")
        );
    }

    fn of_stack(status: &str, reason: &str) -> ResourceEvent {
        ResourceEvent {
            resource_type: STACK_TYPE.into(),
            status: status.into(),
            is_stack: true,
            ..failure("dify-dev", 3, reason)
        }
    }

    #[test]
    fn the_stack_tells_the_cause_where_no_resource_does() {
        let alarm = of_stack("UPDATE_ROLLBACK_IN_PROGRESS", "CloudWatch alarm a rang");
        let cancelled = failure("Web", 3, "Resource update cancelled");
        for failures in [vec![], vec![cancelled.clone()]] {
            let found = cause(&failures, std::slice::from_ref(&alarm)).unwrap();
            assert_eq!((found.event.logical_id.as_str(), found.cancelled), ("dify-dev", failures.len()));
            assert_eq!(found.explanation.as_deref(), Some("an alarm that watches the update went off"));
            assert!(!is_cancellation(&found));
        }
        let real = failure("Api", 2, "it isn't right");
        assert_eq!(cause(&[cancelled.clone(), real], &[alarm]).unwrap().event.logical_id, "Api");
        let summary = of_stack("UPDATE_FAILED", "The following resource(s) failed to update: [Web].");
        let silent = ResourceEvent { reason: None, ..failure("Web", 2, "") };
        assert_eq!(cause(&[silent], &[summary]).unwrap().event.logical_id, "Web");
        let asked_for = of_stack("UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated");
        let found = cause(&[cancelled], &[asked_for]).unwrap();
        assert!(is_cancellation(&found) && found.event.is_stack, "{found:#?}");
    }

    #[test]
    fn a_resource_that_failed_without_a_reason_may_have_failed_by_itself() {
        let silent = ResourceEvent { reason: None, ..failure("Web", 2, "") };
        let found = cause(std::slice::from_ref(&silent), &[]).unwrap();
        assert!(!is_cancellation(&found), "{found:#?}");
        assert_eq!(found.explanation, None);
        let cancelled = failure("Web", 2, "Resource update cancelled");
        assert!(is_cancellation(&cause(&[cancelled], &[]).unwrap()));
    }

    #[test]
    fn a_rollback_that_was_asked_for_is_a_cause_only_of_what_it_cancels() {
        let asked_for = of_stack("UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated");
        let begun = of_stack("UPDATE_IN_PROGRESS", "User Initiated");
        let kept = ResourceEvent { reason: None, ..of_stack("UPDATE_FAILED", "") };
        for (events, expected) in [
            (vec![asked_for.clone()], 0),
            (vec![begun.clone(), asked_for.clone()], 1),
            (vec![begun, kept, asked_for], 0),
        ] {
            let mut tracker = Tracker::new(None);
            for event in &events {
                tracker.take(event);
            }
            assert_eq!(tracker.stack_failures().len(), expected, "{events:#?}");
            assert_eq!(tracker.has_failed(), expected > 0);
        }
    }

    #[test]
    fn a_missing_service_linked_role_is_known() {
        let text = "Unable to assume the service linked role. Please verify that the ECS service linked role exists.";
        assert!(is_missing_service_linked_role(&cause(&[failure("Cluster", 1, text)], &[]).unwrap()));
        assert!(!is_missing_service_linked_role(&cause(&[failure("Cluster", 1, "no")], &[]).unwrap()));
    }
}
