//! W175: a bucket's notifications don't overlap.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::View;

pub(super) static RULE: Rule = Rule {
    code: Code("W175"),
    severity: Severity::Error,
    title: "two notifications of a bucket aren't for one object and event",
    what: "Two notifications of a bucket, to queues, topics or functions, have events of which neither is or holds the other, or prefixes or suffixes of which neither begins, or ends, with the other.",
    why: "S3 refuses the bucket: \"Configurations overlap. Configurations on the same bucket cannot share a common event type\".",
    source: "Amazon Simple Storage Service User Guide, \"Configuring event notifications using object key name filtering\"",
    same_as: &["cdk-preflight pf-s3-notification-overlapping-filters"],
};

const KINDS: [&str; 3] = ["QueueConfigurations", "TopicConfigurations", "LambdaConfigurations"];

/// What a notification is for, if it is known.
struct For<'v, 't> {
    value: &'v Evaluated<'t>,
    event: String,
    prefix: String,
    suffix: String,
}

fn read<'v, 't>(value: &'v Evaluated<'t>) -> Option<For<'v, 't>> {
    let mut found = For {
        value,
        event: value.get("Event")?.text()?.into_owned(),
        prefix: String::new(),
        suffix: String::new(),
    };
    let Some(filter) = value.get("Filter") else { return Some(found) };
    for rule in filter.at(&["S3Key", "Rules"])?.items() {
        let text = rule.get("Value")?.text()?.into_owned();
        match rule.get("Name")?.text()?.to_lowercase().as_str() {
            "prefix" => found.prefix = text,
            _ => found.suffix = text,
        }
    }
    Some(found)
}

/// Whether one event is the other or holds it.
fn covers(one: &str, other: &str) -> bool {
    one == other || one.strip_suffix('*').is_some_and(|start| other.starts_with(start))
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for bucket in view.of("AWS::S3::Bucket") {
        let all: Vec<For<'_, '_>> = KINDS
            .iter()
            .flat_map(|kind| bucket.items(&format!("NotificationConfiguration.{kind}")))
            .filter_map(read)
            .collect();
        for (index, second) in all.iter().enumerate() {
            let overlaps = |first: &&For<'_, '_>| {
                (covers(&first.event, &second.event) || covers(&second.event, &first.event))
                    && (first.prefix.starts_with(&second.prefix) || second.prefix.starts_with(&first.prefix))
                    && (first.suffix.ends_with(&second.suffix) || second.suffix.ends_with(&first.suffix))
            };
            if let Some(first) = all[..index].iter().find(overlaps) {
                let message = format!(
                    "another notification is for {} of the same objects: S3 refuses the bucket",
                    first.event
                );
                findings.push(bucket.finding_at(&RULE, second.value, message).help(
                    "give the two prefixes or suffixes that have no object in common, or notify a topic",
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::testing::{found, resource};

    fn count(first: &Json, second: &Json) -> usize {
        let configuration = json!({"QueueConfigurations": [first], "TopicConfigurations": [second]});
        found("W175", resource("AWS::S3::Bucket", json!({"NotificationConfiguration": configuration}))).len()
    }

    fn of(event: &str, prefix: &str) -> Json {
        json!({"Event": event, "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": prefix}]}}})
    }

    #[test]
    fn notifications_do_not_overlap() {
        assert_eq!(count(&of("s3:ObjectCreated:*", "a/"), &of("s3:ObjectCreated:Put", "b/")), 0);
        assert_eq!(count(&of("s3:ObjectCreated:*", "a/"), &of("s3:ObjectRemoved:*", "a/")), 0);
        assert_eq!(count(&of("s3:ObjectCreated:*", "a/"), &of("s3:ObjectCreated:Put", "a/b")), 1);
        assert_eq!(count(&json!({"Event": "s3:ObjectCreated:*"}), &of("s3:ObjectCreated:*", "a")), 1);
        assert_eq!(count(&json!({"Event": {"Ref": "AWS::StackName"}}), &of("s3:ObjectCreated:*", "a")), 0);
    }
}
