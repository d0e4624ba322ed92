//! The arguments of the commands that talk to AWS. They are read in every build, so that one without the feature `deploy` says so.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::args::{ConfigArgs, assignment, region};
use crate::config::{Arn, is_bucket, tag_problems};

/// Whose credentials, and where.
#[derive(Debug, Clone, Args)]
pub(super) struct AwsArgs {
    /// Use this profile of ~/.aws/config
    #[arg(long, value_name = "NAME", help_heading = "AWS")]
    pub(super) profile: Option<String>,
    /// Call this region [default: that of dify.yaml, then of the environment and the profile]
    #[arg(long, value_name = "REGION", value_parser = region, help_heading = "AWS")]
    pub(super) region: Option<String>,
}

/// A stack, and how a command about it is told.
#[derive(Debug, Args)]
pub(super) struct OneStackArgs {
    /// The stack, such as dify-prd
    #[arg(long, value_name = "NAME", value_parser = stack_name)]
    pub(super) stack: String,
    #[command(flatten)]
    pub(super) config: ConfigArgs,
    #[command(flatten)]
    pub(super) aws: AwsArgs,
    /// Print JSON in place of text: one object, or one a line for what goes on for a while
    #[arg(long)]
    pub(super) json: bool,
}

/// A stack whose operation is followed.
#[derive(Debug, Args)]
pub(super) struct FollowArgs {
    #[command(flatten)]
    pub(super) one: OneStackArgs,
    /// Leave the stack after this time if it isn't through, such as 90m, 2h or 3600s; it goes on
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(super) timeout: Option<std::time::Duration>,
}

#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(super) struct DeployArgs {
    /// The stack, such as dify-prd. Repeatable: one after the other, or all at once with --parallel
    #[arg(long = "stack", value_name = "NAME", required = true, value_parser = stack_name)]
    pub(super) stacks: Vec<String>,
    #[command(flatten)]
    pub(super) config: ConfigArgs,
    /// Deploy what synth wrote into this folder, unchanged since, in place of the configuration
    #[arg(long, value_name = "DIR", conflicts_with_all = ["config", "overrides"])]
    pub(super) assembly: Option<PathBuf>,
    /// Deploy the stacks at the same time; needs --yes
    #[arg(long, requires = "yes")]
    pub(super) parallel: bool,
    /// Answer yes to every question but those about data
    #[arg(long, short = 'y')]
    pub(super) yes: bool,
    /// Make the change set, show it, and leave it for somebody else to execute
    #[arg(long)]
    pub(super) no_execute: bool,
    /// Ask before these changes
    #[arg(long, value_enum, default_value_t = Approve::Any, value_name = "CHANGES")]
    pub(super) approve: Approve,
    /// Allow that the resource with this logical id, which holds data, is replaced. Repeatable
    #[arg(long, value_name = "ID", value_parser = logical_id, help_heading = "Data")]
    pub(super) allow_replace: Vec<String>,
    /// Allow that the resource with this logical id, which holds data, is deleted. Repeatable
    #[arg(long, value_name = "ID", value_parser = logical_id, help_heading = "Data")]
    pub(super) allow_delete: Vec<String>,
    /// Give a parameter this value; wins over the configuration. Repeatable
    #[arg(long = "parameter", short = 'p', value_name = "NAME=VALUE", value_parser = assignment)]
    pub(super) parameters: Vec<(String, String)>,
    /// Tag the stack and all its resources, beside the configuration's tags. Repeatable
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = tag)]
    pub(super) tags: Vec<(String, String)>,
    /// Let CloudFormation work with this role
    #[arg(long, value_name = "ARN", value_parser = role_arn)]
    pub(super) role_arn: Option<String>,
    /// Tell this SNS topic of the stack's events. Repeatable; left out, the stack's topics stay
    #[arg(long = "notification-arn", value_name = "ARN", value_parser = topic_arn)]
    pub(super) notification_arns: Vec<String>,
    /// What happens when the deploy fails; an update is never answered by a deletion
    #[arg(long, value_enum, default_value_t = OnFailure::Rollback, value_name = "WHAT")]
    pub(super) on_failure: OnFailure,
    /// Roll back when this alarm goes off [default: the stack's own alarms, once it is complete]. Repeatable, at most five
    #[arg(long = "rollback-alarm", value_name = "ARN", value_parser = alarm_arn, conflicts_with = "no_rollback_alarms")]
    pub(super) rollback_alarms: Vec<String>,
    /// Roll back on no alarm
    #[arg(long)]
    pub(super) no_rollback_alarms: bool,
    /// Watch the alarms for this many minutes after the stack's change
    #[arg(long, value_name = "MINUTES", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=180))]
    pub(super) monitoring_time: u32,
    /// Switch the stack's termination protection on or off; left out, it stays
    #[arg(long, value_enum, value_name = "SWITCH", num_args = 0..=1, default_missing_value = "on", require_equals = true)]
    pub(super) termination_protection: Option<Switch>,
    /// Leave the stack after this time if it isn't through, such as 90m, 2h or 3600s; it goes on
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(super) timeout: Option<std::time::Duration>,
    /// Write the outputs of the stacks into this file, as JSON, once all are done
    #[arg(long, value_name = "FILE", conflicts_with = "no_execute")]
    pub(super) outputs_file: Option<PathBuf>,
    /// Put back what was changed by hand since the last deploy
    #[arg(long)]
    pub(super) revert_drift: bool,
    /// Adopt existing resources that have the names of the template
    #[arg(long)]
    pub(super) import_existing: bool,
    /// Upload a template that is too large for a request to BUCKET or BUCKET/PREFIX [default: .cfn/ in the stack's own bucket]
    #[arg(long, value_name = "BUCKET", value_parser = upload_place)]
    pub(super) upload_to: Option<String>,
    /// List all access that a new stack gives, which is summed up otherwise
    #[arg(long, short = 'v')]
    pub(super) verbose: bool,
    #[command(flatten)]
    pub(super) aws: AwsArgs,
    /// Print one JSON object a line in place of text
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    #[command(flatten)]
    pub(super) one: OneStackArgs,
    /// Ask CloudFormation by a change set, which is deleted again: it knows what is replaced
    #[arg(long)]
    pub(super) change_set: bool,
    /// Exit with 1 if there are differences
    #[arg(long)]
    pub(super) fail: bool,
    /// For `--change-set`: upload a template that is too large for a request to BUCKET or BUCKET/PREFIX [default: .cfn/ in the stack's own bucket]
    #[arg(long, value_name = "BUCKET", requires = "change_set", value_parser = upload_place)]
    pub(super) upload_to: Option<String>,
    /// Give a parameter this value; wins over the configuration. Repeatable
    #[arg(long = "parameter", short = 'p', value_name = "NAME=VALUE", value_parser = assignment)]
    pub(super) parameters: Vec<(String, String)>,
}

#[derive(Debug, Args)]
pub(super) struct EventsArgs {
    #[command(flatten)]
    pub(super) follow: FollowArgs,
    /// Go on until what runs is through
    #[arg(long = "follow", short = 'f', conflicts_with = "all")]
    pub(super) follow_on: bool,
    /// All events that CloudFormation keeps, not only those of the last operation
    #[arg(long)]
    pub(super) all: bool,
}

#[derive(Debug, Args)]
pub(super) struct DriftArgs {
    #[command(flatten)]
    pub(super) one: OneStackArgs,
    /// Exit with 1 if anything drifted
    #[arg(long)]
    pub(super) fail: bool,
}

#[derive(Debug, Args)]
pub(super) struct RollbackArgs {
    #[command(flatten)]
    pub(super) follow: FollowArgs,
    /// Skip what can't be rolled back; the stack then knows those resources wrongly
    #[arg(long)]
    pub(super) force: bool,
    /// Answer in advance, with the stack's name, the question whether the rollback of a creation may delete data
    #[arg(long, value_name = "NAME")]
    pub(super) confirm: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct DestroyArgs {
    #[command(flatten)]
    pub(super) follow: FollowArgs,
    /// Answer the question with the stack's name in advance
    #[arg(long, value_name = "NAME")]
    pub(super) confirm: Option<String>,
    /// Taken, and answers nothing: only the stack's name does
    #[arg(long, short = 'y', hide = true)]
    pub(super) yes: bool,
    /// After a deletion that failed: leave behind what can't be deleted
    #[arg(long)]
    pub(super) force: bool,
    /// After a deletion that failed: leave the resource with this logical id behind. Repeatable
    #[arg(long, value_name = "ID", value_parser = logical_id)]
    pub(super) retain: Vec<String>,
    /// Let CloudFormation work with this role
    #[arg(long, value_name = "ARN", value_parser = role_arn)]
    pub(super) role_arn: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct SecretsArgs {
    #[command(flatten)]
    pub(super) one: OneStackArgs,
    /// Encrypt new parameters with this key [default: the account's own for Systems Manager]
    #[arg(long, value_name = "KEY")]
    pub(super) key_id: Option<String>,
}

/// Changes that are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Approve {
    /// None
    Never,
    /// Those that widen permissions or access
    Broadening,
    /// All
    Any,
}

/// What happens when a deploy fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum OnFailure {
    /// What was made is deleted, what was changed is changed back, the stack stays to be looked at
    Rollback,
    /// The first step of a creation: the stack is deleted as well
    Delete,
    /// Everything stays as it is, and the next deploy goes on from there
    Keep,
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Switch {
    /// On
    On,
    /// Off
    Off,
}

/// The name of a stack by CloudFormation's rule: a letter, then letters, digits and hyphens, at most 128.
fn stack_name(text: &str) -> Result<String, String> {
    let mut characters = text.chars();
    let starts = characters.next().is_some_and(|first| first.is_ascii_alphabetic());
    if starts && text.len() <= 128 && characters.all(|other| other.is_ascii_alphanumeric() || other == '-') {
        Ok(text.to_owned())
    } else {
        Err("a stack's name is a letter, then letters, digits and hyphens, at most 128".to_owned())
    }
}

/// A tag, by AWS's rules for tags.
fn tag(text: &str) -> Result<(String, String), String> {
    let (key, value) = assignment(text).map_err(|_| "expected KEY=VALUE".to_owned())?;
    let problems: Vec<String> = tag_problems(&key, &value).into_iter().map(|one| one.message).collect();
    if problems.is_empty() { Ok((key, value)) } else { Err(problems.join("; ")) }
}

/// A logical id, by CloudFormation's rule for names in templates.
fn logical_id(text: &str) -> Result<String, String> {
    let is_one = (1..=255).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric());
    if is_one {
        Ok(text.to_owned())
    } else {
        Err("a logical id is 1 to 255 ASCII letters and digits".to_owned())
    }
}

/// A bucket, or a bucket and a prefix.
fn upload_place(text: &str) -> Result<String, String> {
    let bucket = text.split_once('/').map_or(text, |(bucket, _)| bucket);
    if is_bucket(bucket) {
        Ok(text.to_owned())
    } else {
        Err("a bucket's name is 3 to 63 lowercase letters, digits, dots and hyphens; a prefix may follow after `/`".to_owned())
    }
}

fn role_arn(text: &str) -> Result<String, String> {
    arn(text, "iam", "role/", "a role looks like arn:aws:iam::ACCOUNT:role/NAME")
}

fn topic_arn(text: &str) -> Result<String, String> {
    arn(text, "sns", "", "a topic looks like arn:aws:sns:REGION:ACCOUNT:NAME")
}

/// An alarm's name may have spaces in it, which no other ARN here has.
///
/// Source: Amazon CloudWatch API Reference, "`PutMetricAlarm`".
fn alarm_arn(text: &str) -> Result<String, String> {
    let expected = "an alarm looks like arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME";
    arn(&text.replace(' ', "_"), "cloudwatch", "alarm:", expected).map(|_| text.to_owned())
}

fn arn(text: &str, service: &str, prefix: &str, expected: &str) -> Result<String, String> {
    let is_named = |resource: &str| resource.strip_prefix(prefix).is_some_and(|name| !name.is_empty());
    let is_one = Arn::parse(text).is_some_and(|arn| {
        arn.service == service
            && arn.account.len() == 12
            && (service == "iam") == arn.region.is_empty()
            && is_named(arn.resource)
    });
    if is_one { Ok(text.to_owned()) } else { Err(expected.to_owned()) }
}

/// The first name that stands twice among assignments.
pub(super) fn given_twice(pairs: &[(String, String)]) -> Option<&str> {
    pairs
        .iter()
        .enumerate()
        .find_map(|(n, (name, _))| pairs[..n].iter().any(|(other, _)| other == name).then_some(name.as_str()))
}

/// A length of time with its unit.
fn duration(text: &str) -> Result<std::time::Duration, String> {
    let wrong = || "expected a number above 0 with s, m or h, such as 90m".to_owned();
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err(wrong()),
    };
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let seconds = number.checked_mul(seconds).filter(|seconds| *seconds > 0).ok_or_else(wrong)?;
    Ok(std::time::Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn names_and_times_are_checked() {
        assert!(stack_name("dify-prd").is_ok());
        for bad in ["", "1dify", "dify_prd", "dify/prd", &"a".repeat(129)] {
            assert!(stack_name(bad).is_err(), "{bad}");
        }
        assert_eq!(duration("90m"), Ok(Duration::from_secs(5400)));
        assert_eq!(duration("2h"), Ok(Duration::from_secs(7200)));
        for bad in ["", "m", "90", "0s", "1d", "-1s", "1.5h", "ü", "99999999999999999999h"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_aws_would_refuse_is_refused_here() {
        assert_eq!(tag("team=ai=1"), Ok(("team".to_owned(), "ai=1".to_owned())));
        for bad in
            ["team", "=ai", "aws:team=ai", "AWS:team=ai", "team=a\u{7}", &format!("{}=ai", "k".repeat(129))]
        {
            assert!(tag(bad).is_err(), "{bad}");
        }
        assert!(role_arn("arn:aws:iam::123456789012:role/path/deployer").is_ok());
        assert!(topic_arn("arn:aws-cn:sns:cn-north-1:123456789012:a").is_ok());
        let alarm = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:too many errors";
        assert_eq!(alarm_arn(alarm), Ok(alarm.to_owned()));
        assert!(alarm_arn("too many errors").is_err());
        for bad in [
            "deployer",
            "arn:aws:iam::123456789012:user/u",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:iam:us-east-1:123456789012:role/r",
        ] {
            assert!(role_arn(bad).is_err(), "{bad}");
        }
        for bad in [
            "a",
            "arn:aws:sns::123456789012:a",
            "arn:aws:sns:us-east-1::a",
            "arn:aws:sqs:us-east-1:123456789012:a",
        ] {
            assert!(topic_arn(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn ids_and_buckets_are_checked() {
        assert!(logical_id("DatabaseCluster").is_ok());
        for bad in ["", "Database Cluster", "Database/Cluster", &"a".repeat(256)] {
            assert!(logical_id(bad).is_err(), "{bad}");
        }
        assert!(upload_place("ours/cfn/templates").is_ok());
        for bad in ["", "/cfn", "Ours", "s3://ours"] {
            assert!(upload_place(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn names_given_twice_are_found() {
        let pair = |name: &str| (name.to_owned(), String::new());
        assert_eq!(given_twice(&[pair("a"), pair("b")]), None);
        assert_eq!(given_twice(&[pair("a"), pair("b"), pair("b")]), Some("b"));
    }
}
