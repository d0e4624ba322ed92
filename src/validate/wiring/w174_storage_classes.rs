//! W174: objects move from one storage class to the next in order and in time.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::{Item, View};

pub(super) static RULE: Rule = Rule {
    code: Code("W174"),
    severity: Severity::Error,
    title: "a lifecycle rule moves objects down the storage classes, in time",
    what: "Of the transitions of a lifecycle rule that are given in days, a later one leads to a colder class, after the least time in the class before it; current objects stay 30 days before they go to an infrequent-access class; objects expire after the last transition.",
    why: "S3 refuses the bucket's configuration: \"'Days' in the Expiration action … must be greater than 'Days' in the Transition action\", \"Days in the Transition action must be greater than or equal to 30 for storageClass 'STANDARD_IA'\".",
    source: "Amazon Simple Storage Service User Guide, \"Transitioning objects using Amazon S3 Lifecycle\"",
    same_as: &[
        "cfn-lint E3061",
        "cdk-preflight pf-s3-lifecycle-days-order",
        "cdk-preflight pf-s3-lifecycle-min-storage-duration-chain",
        "cdk-preflight pf-s3-lifecycle-transition-waterfall-order",
    ],
};

/// The storage classes from warm to cold, with the days that objects stay there at least.
const CLASSES: [(&str, i64); 6] = [
    ("STANDARD_IA", 30),
    ("INTELLIGENT_TIERING", 0),
    ("ONEZONE_IA", 30),
    ("GLACIER_IR", 90),
    ("GLACIER", 90),
    ("DEEP_ARCHIVE", 180),
];

fn rank(class: &str) -> Option<usize> {
    CLASSES.iter().position(|(name, _)| *name == class)
}

/// Transitions and expiry of a rule, for objects that are current or no longer are.
struct Names {
    transitions: &'static str,
    transition: &'static str,
    days: &'static str,
    expiry: &'static [&'static str],
}

const KINDS: [Names; 2] = [
    Names {
        transitions: "Transitions",
        transition: "Transition",
        days: "TransitionInDays",
        expiry: &["ExpirationInDays"],
    },
    Names {
        transitions: "NoncurrentVersionTransitions",
        transition: "NoncurrentVersionTransition",
        days: "TransitionInDays",
        expiry: &["NoncurrentVersionExpirationInDays", "NoncurrentVersionExpiration/NoncurrentDays"],
    },
];

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for bucket in view.of("AWS::S3::Bucket") {
        for rule in bucket.items("LifecycleConfiguration.Rules") {
            for names in &KINDS {
                order(bucket, rule, names, findings);
            }
        }
    }
}

fn order<'t>(bucket: &Item<'t>, rule: &Evaluated<'t>, names: &Names, findings: &mut Vec<Diagnostic>) {
    let mut refuse = |value: &Evaluated<'t>, message: String, help: &str| {
        findings.push(bucket.finding_at(&RULE, value, format!("{message}: S3 refuses the rule")).help(help));
    };
    let listed = rule.get(names.transitions).map(Evaluated::items).unwrap_or_default();
    let mut steps: Vec<(&Evaluated<'t>, String, i64)> = listed
        .iter()
        .chain(rule.get(names.transition))
        .filter_map(|step| {
            Some((step, step.get("StorageClass")?.text()?.into_owned(), step.get(names.days)?.integer()?))
        })
        .collect();
    steps.sort_by_key(|(_, _, days)| *days);
    for (step, class, days) in &steps {
        if matches!(class.as_str(), "STANDARD_IA" | "ONEZONE_IA")
            && *days < 30
            && names.transition == "Transition"
        {
            refuse(
                step,
                format!("objects go to {class} after {days} days, 30 are the least"),
                "move them after 30 days or later",
            );
        }
    }
    for pair in steps.windows(2) {
        let [(_, from, start), (step, to, end)] = pair else { continue };
        let (Some(one), Some(other)) = (rank(from), rank(to)) else { continue };
        if other <= one && from != to {
            refuse(
                step,
                format!("objects go from {from} to {to}, which is warmer"),
                "move them to colder classes only",
            );
        } else if end - start < CLASSES[one].1 && from != to {
            let message =
                format!("objects leave {from} after {} days, {} are the least", end - start, CLASSES[one].1);
            refuse(step, message, "move them on later, or to the last class at once");
        }
    }
    for path in names.expiry {
        let value = path.split('/').try_fold(rule, |value, key| value.get(key));
        let (Some(value), Some((_, class, last))) = (value, steps.last()) else { continue };
        if value.integer().is_some_and(|days| days <= *last) {
            let message = format!("objects expire before they go to {class} after {last} days");
            refuse(value, message, "let them expire later, or leave the transition out");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::testing::{found, resource};

    fn messages(rule: &Json) -> Vec<String> {
        let properties = json!({"LifecycleConfiguration": {"Rules": [rule]}});
        found("W174", resource("AWS::S3::Bucket", properties))
            .into_iter()
            .map(|finding| finding.message)
            .collect()
    }

    fn steps(steps: &[(&str, i64)]) -> Json {
        steps.iter().map(|(class, days)| json!({"StorageClass": class, "TransitionInDays": days})).collect()
    }

    #[test]
    fn objects_go_down_in_time() {
        let good = json!({"Transitions": steps(&[("STANDARD_IA", 30), ("GLACIER", 60), ("DEEP_ARCHIVE", 150)]), "ExpirationInDays": 365});
        assert_eq!(messages(&good), [""; 0]);
        assert_eq!(messages(&json!({"Transitions": steps(&[("STANDARD_IA", 10)])})).len(), 1);
        assert_eq!(
            messages(&json!({"Transition": {"StorageClass": "ONEZONE_IA", "TransitionInDays": 1}})).len(),
            1
        );
        assert_eq!(
            messages(&json!({"Transitions": steps(&[("GLACIER", 1), ("STANDARD_IA", 91)])})),
            ["objects go from GLACIER to STANDARD_IA, which is warmer: S3 refuses the rule"]
        );
        assert_eq!(
            messages(&json!({"Transitions": steps(&[("STANDARD_IA", 30), ("GLACIER", 40)])})),
            ["objects leave STANDARD_IA after 10 days, 30 are the least: S3 refuses the rule"]
        );
    }

    #[test]
    fn they_expire_last() {
        let rule = |days: i64| json!({"Transitions": steps(&[("GLACIER", 60)]), "ExpirationInDays": days});
        assert_eq!((messages(&rule(61)).len(), messages(&rule(60)).len()), (0, 1));
        let old = json!({"NoncurrentVersionTransitions": steps(&[("GLACIER", 60)]), "NoncurrentVersionExpiration": {"NoncurrentDays": 30}});
        assert_eq!(messages(&old).len(), 1);
    }
}
