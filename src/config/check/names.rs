//! What the stack is called, and where it is.

use super::format::{is_account, is_kebab, is_region};
use super::{Findings, code};
use crate::diagnostic::nearest;

/// The longest name of a stack. `CloudFormation` takes 128 characters, but the stack's private DNS zone is
/// `<stack>.internal`, and a label of a domain name has at most 63.
const LONGEST_STACK: usize = 63;

/// The regions that AWS lists. One that isn't here may be newer than this program.
///
/// Source: AWS General Reference, "AWS service endpoints".
const REGIONS: [&str; 40] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eusc-de-east-1",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-iso-east-1",
    "us-west-1",
    "us-west-2",
];

/// Whether there is such a region, as far as is known here.
pub(super) fn is_known_region(name: &str) -> bool {
    REGIONS.contains(&name)
}

/// Whether an environment may have this name: it is part of names of the stack.
pub(in crate::config) fn is_environment_name(name: &str) -> bool {
    is_kebab(name)
}

pub(super) fn check(findings: &mut Findings<'_>) {
    let config = findings.config;
    if !is_kebab(&config.name) || !config.name.starts_with(|c: char| c.is_ascii_lowercase()) {
        findings.error(
            code::NAME,
            "/name",
            format!("`name` can't be `{}`", crate::document::excerpt(&config.name)),
            "use lowercase letters, digits and single hyphens, a letter first",
        );
    }
    let stack = config.stack_name();
    if stack.len() > LONGEST_STACK {
        let length = stack.len();
        findings.error(
            code::NAME,
            "/name",
            format!("the stack's name `{stack}` has {length} characters; its private DNS zone takes {LONGEST_STACK}"),
            "shorten `name` or the environment's name",
        );
    }
    if let Some(region) = &config.region {
        if !is_region(region) {
            findings.format("/region", region, "a region", "write one such as ap-northeast-1 or us-east-1");
        } else if !is_known_region(region) {
            let help = match nearest(region, REGIONS) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "check its name".to_owned(),
            };
            findings.warning(code::FORMAT, "/region", format!("the region `{region}` isn't known"), help);
        }
    }
    if let Some(account) = &config.account
        && !is_account(account)
    {
        findings.format("/account", account, "an account number", "write its 12 digits in quotes");
    }
}

/// Names under which parameters of the stack can't be stored.
pub(super) fn check_prefix(findings: &mut Findings<'_>) {
    let config = findings.config;
    let has_parameters =
        config.parameters.enabled || config.secrets.backend == crate::config::model::SecretsBackend::Ssm;
    let Some(reserved) = ["aws", "ssm"].iter().find(|reserved| config.name.starts_with(**reserved)) else {
        return;
    };
    if has_parameters {
        // Source: AWS Systems Manager API Reference, PutParameter, "Name".
        findings.error(
            code::NAME,
            "/name",
            format!("`name` can't begin with `{reserved}`, found `{}`", config.name),
            format!(
                "Systems Manager refuses parameters under `{}`; choose another name",
                config.parameter_prefix()
            ),
        );
    }
}
