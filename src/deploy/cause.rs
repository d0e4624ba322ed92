//! Why an operation failed: the first real failure, what it means, and what to do.

use super::event::{Cause, ResourceEvent};
use super::event_log::STACK_TYPE;

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

/// The cause among the failures of an operation, in the order of their events. The rollback's own failures are told only
/// if there is nothing before them.
pub(super) fn cause(failures: &[ResourceEvent]) -> Option<Cause> {
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
    let first = real.first().copied().or_else(|| failures.first())?;
    let (mut explanation, advice) = explain(first);
    if real.is_empty() && first.reason.is_some() {
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
        advice: &["--import-existing adopts it", "or delete it, or give the resource another name"],
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
        let found = cause(&failures).unwrap();
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
        assert_eq!(cause(&[outer.clone(), inner]).unwrap().event.logical_id, "Bucket");
        assert_eq!(cause(&[outer]).unwrap().event.logical_id, "Inner");
    }

    #[test]
    fn nothing_failed_nothing_told() {
        assert_eq!(cause(&[]), None);
        let only = [failure("Web", 1, "Resource creation cancelled")];
        let found = cause(&only).unwrap();
        assert_eq!(found.event.logical_id, "Web", "better than nothing");
        assert_eq!(
            found.explanation.as_deref(),
            Some("nothing failed before it: the operation was cancelled")
        );
    }

    #[test]
    fn a_missing_service_linked_role_is_known() {
        let text = "Unable to assume the service linked role. Please verify that the ECS service linked role exists.";
        assert!(is_missing_service_linked_role(&cause(&[failure("Cluster", 1, text)]).unwrap()));
        assert!(!is_missing_service_linked_role(&cause(&[failure("Cluster", 1, "no")]).unwrap()));
    }
}
