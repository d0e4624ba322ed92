//! W066: Dify may use the bucket that it keeps its files in.

use crate::catalog::{Component, Image};
use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::dify::{component, image};
use super::ecs::{containers, is_fargate, shown_name, tasks, variable};
use super::model::{Answer, Item, View, is_made_from, many, pieces, shown};
use super::permission::{Arn, role};

pub(super) static RULE: Rule = Rule {
    code: Code("W066"),
    severity: Severity::Error,
    title: "the task role may use the bucket of Dify's files",
    what: "Where the api, the worker or the plugin daemon keeps files in S3 with the rights of its task (`S3_USE_AWS_MANAGED_IAM`), a task on Fargate has a task role, and a role of the template may `s3:GetObject` and `s3:PutObject` in the bucket (`S3_BUCKET_NAME`, `PLUGIN_STORAGE_OSS_BUCKET`). Without `s3:DeleteObject` or `s3:ListBucket`, and where the bucket isn't in the template, whose policy may allow it, it is a warning. A bucket of the template whose policy names accounts or roles is left alone.",
    why: "Uploads, previews and plugins fail with \"AccessDenied\"; without the right to list, what isn't there looks forbidden.",
    source: "api/extensions/storage/aws_s3_storage.py of langgenius/dify; Amazon S3 User Guide, \"Policies and permissions in Amazon S3\"",
    same_as: &[],
};

/// The bucket that a container keeps files in with the rights of its task.
fn bucket<'v, 't>(
    task: &Item<'t>,
    container: &'v Evaluated<'t>,
) -> Option<(&'static str, &'v Evaluated<'t>)> {
    let is = |name: &str, value: &str| {
        variable(container, name)
            .and_then(Evaluated::text)
            .is_some_and(|text| text.eq_ignore_ascii_case(value))
    };
    let name = match image(task, container)?.0 {
        // Beat only says when.
        Image::Api if matches!(component(task, container), Some(Component::Api | Component::Worker)) => {
            is("STORAGE_TYPE", "s3").then_some("S3_BUCKET_NAME")?
        }
        Image::PluginDaemon => is("PLUGIN_STORAGE_TYPE", "aws_s3").then_some("PLUGIN_STORAGE_OSS_BUCKET")?,
        _ => return None,
    };
    let value = variable(container, name)?;
    is("S3_USE_AWS_MANAGED_IAM", "true").then_some((name, value))
}

/// Whether the bucket's own policy may let a role in; `None` if the bucket isn't in the template.
fn may_let_in<'t>(view: &View<'_, 't>, bucket: &Evaluated<'t>) -> Option<bool> {
    let bucket = view.target_of(Some(bucket), "AWS::S3::Bucket")?;
    let for_services = |statement: &Evaluated<'_>| {
        let is_allow = statement.get("Effect").and_then(Evaluated::text).is_none_or(|text| text == "Allow");
        let of_services = statement
            .get("Principal")
            .is_some_and(|one| one.get("Service").is_some() && one.get("AWS").is_none());
        !is_allow || of_services
    };
    let open = view.of("AWS::S3::BucketPolicy").any(|policy| {
        let is_its = policy
            .get("Bucket")
            .is_none_or(|value| value.resource().is_none() || is_made_from(value, bucket.id));
        let statements = policy.get("PolicyDocument").and_then(|document| document.get("Statement"));
        is_its && !statements.is_some_and(|all| many(Some(all)).iter().all(for_services))
    });
    Some(open)
}

/// The actions that the role surely may not do.
fn missing<'t>(view: &View<'_, 't>, task: &Item<'t>, bucket: &Evaluated<'t>) -> Option<Vec<&'static str>> {
    const ALL: [&str; 4] = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"];
    if task.get("TaskRoleArn").is_none() {
        return is_fargate(task).then(|| ALL.to_vec());
    }
    let role = role(view, task.get("TaskRoleArn"))?;
    let name = pieces(bucket);
    let (whole, objects) = (Arn::bucket(view, &name), Arn::bucket(view, &name).objects());
    let missing = ALL.into_iter().filter(|action| {
        let arn = if *action == "s3:ListBucket" { &whole } else { &objects };
        role.may(action, arn) == Answer::No
    });
    Some(missing.collect())
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for task in tasks(view) {
        for container in containers(task) {
            let Some((name, value)) = bucket(task, container) else { continue };
            let Some(missing) = missing(view, task, value).filter(|missing| !missing.is_empty()) else {
                continue;
            };
            let let_in = may_let_in(view, value);
            let no_role = task.get("TaskRoleArn").is_none();
            if let_in == Some(true) && !no_role {
                continue;
            }
            let needed = missing.iter().any(|action| matches!(*action, "s3:GetObject" | "s3:PutObject"));
            let shown_bucket = shown(value);
            let message = if no_role {
                format!(
                    "{} keeps files in `{shown_bucket}` (`{name}`) with the rights of its task, which has no task role: each upload fails",
                    shown_name(container)
                )
            } else {
                format!(
                    "the task role may not {} in `{shown_bucket}`, where {} keeps files (`{name}`)",
                    missing.join(" and "),
                    shown_name(container)
                )
            };
            let help = if no_role {
                "set `TaskRoleArn` to a role that may read and write the bucket"
            } else {
                "allow it in a policy of the role: objects as `<ARN of the bucket>/*`, the list on the bucket itself"
            };
            let mut finding = task.finding_at(&RULE, value, message).help(help);
            if !no_role && (!needed || let_in.is_none()) {
                finding.severity = Severity::Warning;
            }
            findings.push(finding);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::diagnostic::Severity;
    use crate::validate::wiring::testing::{found, none, only};

    const VARIABLES: &str = "/ApiTask/Properties/ContainerDefinitions/0/Environment/-";
    const POLICIES: &str = "/TaskRole/Properties/Policies";

    /// The api with files in a bucket, and a role that may do this.
    #[expect(clippy::needless_pass_by_value, reason = "the callers write them on the spot")]
    fn with_files(bucket: Json, statements: Json) -> Vec<(&'static str, Json)> {
        let variable = |name: &str, value: Json| (VARIABLES, json!({"Name": name, "Value": value}));
        let document = json!({"Version": "2012-10-17", "Statement": statements});
        vec![
            (
                "/Files",
                json!({"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}),
            ),
            variable("STORAGE_TYPE", json!("s3")),
            variable("S3_USE_AWS_MANAGED_IAM", json!("true")),
            variable("S3_BUCKET_NAME", bucket),
            (POLICIES, json!([{"PolicyName": "files", "PolicyDocument": document}])),
        ]
    }

    #[expect(clippy::needless_pass_by_value, reason = "the callers write them on the spot")]
    fn allow(action: Json, resource: Json) -> Json {
        json!({"Effect": "Allow", "Action": action, "Resource": resource})
    }

    fn own() -> Json {
        json!({"Ref": "Files"})
    }

    #[test]
    fn a_role_without_rights_is_found() {
        let objects = json!({"Fn::Sub": "${Files.Arn}/*"});
        let list = allow(json!("s3:ListBucket"), json!({"Fn::GetAtt": ["Files", "Arn"]}));
        let (message, pointer) = only("W066", &with_files(own(), json!([list])));
        assert!(
            message.starts_with(
                "the task role may not s3:GetObject and s3:PutObject and s3:DeleteObject in `${Files}`"
            ),
            "{message}"
        );
        assert!(pointer.ends_with("/Environment/8/Value"), "{pointer}");
        let read = allow(json!("s3:GetObject"), objects.clone());
        let (message, _) = only("W066", &with_files(own(), json!([list, read])));
        assert!(message.contains("may not s3:PutObject and s3:DeleteObject"), "{message}");
        // Objects aren't the bucket.
        let all = allow(json!("s3:*"), json!({"Fn::GetAtt": ["Files", "Arn"]}));
        only("W066", &with_files(own(), json!([all])));
        let other = allow(json!("s3:*"), json!(["arn:aws:s3:::other", "arn:aws:s3:::other/*"]));
        let told = found(&with_files(json!("dify-files"), json!([other])));
        assert!(told.len() == 1 && told[0].severity == Severity::Warning, "{told:#?}");
        let only_objects = allow(json!(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]), objects);
        let told = found(&with_files(own(), json!([only_objects])));
        assert!(told.len() == 1 && told[0].severity == Severity::Warning, "{told:#?}");
    }

    #[test]
    fn a_task_without_role_is_found() {
        let mut changes = with_files(own(), json!([allow(json!("s3:*"), json!("*"))]));
        changes.push(("/ApiTask/Properties/TaskRoleArn", Json::Null));
        let (message, _) = only("W066", &changes);
        assert!(message.contains("which has no task role"), "{message}");
    }

    #[test]
    fn a_role_that_may_is_good() {
        let list = allow(json!("s3:ListBucket"), json!({"Fn::GetAtt": ["Files", "Arn"]}));
        for objects in
            [json!({"Fn::Sub": "${Files.Arn}/*"}), json!({"Fn::Sub": "arn:aws:s3:::${Files}/*"}), json!("*")]
        {
            let write = allow(json!(["s3:*Object"]), objects);
            none(&with_files(own(), json!([list, write])));
        }
        let named = allow(json!("s3:*"), json!(["arn:aws:s3:::dify-files", "arn:aws:s3:::dify-*/*"]));
        none(&with_files(json!("dify-files"), json!([named])));
    }

    #[test]
    fn the_policy_of_the_bucket_may_allow_it() {
        let mut changes = with_files(own(), json!([allow(json!("s3:ListBucket"), json!("*"))]));
        let role = json!({"AWS": {"Fn::GetAtt": ["TaskRole", "Arn"]}});
        let statement = json!({"Effect": "Allow", "Principal": role, "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], "Resource": {"Fn::Sub": "${Files.Arn}/*"}});
        let document = json!({"Version": "2012-10-17", "Statement": [statement]});
        changes.push((
            "/FilesPolicy",
            json!({"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "Files"}, "PolicyDocument": document}}),
        ));
        none(&changes);
    }
}
