//! What lies outside the stack and is named in it: ARNs, secrets, parameters, keys.

use super::format::{Arn, is_parameter_name, is_secret_name};
use super::names::is_known_region;
use super::{Findings, at, code};
use crate::config::model::SecretSource;
use crate::document::excerpt;

/// What an ARN has to be the ARN of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    /// What it is, for messages: `a certificate`.
    pub(super) what: &'static str,
    pub(super) service: &'static str,
    /// What its resource may begin with.
    pub(super) resources: &'static [&'static str],
    /// Whether it has to be of the stack's region.
    pub(super) same_region: bool,
    /// Whether it has to be of the stack's account.
    pub(super) same_account: bool,
}

pub(super) const CERTIFICATE: Kind = Kind {
    what: "the ARN of a certificate",
    service: "acm",
    resources: &["certificate/"],
    same_region: true,
    same_account: true,
};
pub(super) const KEY: Kind = Kind {
    what: "the ARN of a KMS key",
    service: "kms",
    resources: &["key/", "alias/"],
    same_region: true,
    same_account: false,
};
pub(super) const SNAPSHOT: Kind = Kind {
    what: "the ARN of a snapshot",
    service: "rds",
    resources: &["cluster-snapshot:", "snapshot:"],
    same_region: true,
    same_account: false,
};
pub(super) const SECRET: Kind = Kind {
    what: "the ARN of a secret",
    service: "secretsmanager",
    resources: &["secret:"],
    same_region: true,
    same_account: false,
};
const PARAMETER: Kind = Kind {
    what: "the ARN of a parameter",
    service: "ssm",
    resources: &["parameter/"],
    same_region: true,
    same_account: true,
};
const TOPIC: Kind = Kind {
    what: "the ARN of an SNS topic",
    service: "sns",
    resources: &[""],
    same_region: true,
    same_account: false,
};

/// Secrets that exist already.
pub(super) fn check(findings: &mut Findings<'_>) {
    let secrets = &findings.config.secrets;
    for (pointer, source) in [
        ("/secrets/secret_key", &secrets.secret_key),
        ("/secrets/database_password", &secrets.database_password),
    ] {
        if let Some(source) = source {
            findings.source(pointer, source);
        }
    }
}

/// The topic of alarms.
pub(super) fn check_topic(findings: &mut Findings<'_>) {
    if let Some(topic) = &findings.config.alarms.topic_arn {
        findings.arn("/alarms/topic_arn", topic, TOPIC);
    }
}

impl Findings<'_> {
    /// Checks that a text is the ARN of something, in the stack's region and account where that matters.
    pub(super) fn arn(&mut self, pointer: &str, text: &str, kind: Kind) {
        let arn = Arn::parse(text).filter(|arn| {
            arn.service == kind.service
                && kind.resources.iter().any(|prefix| arn.resource.starts_with(prefix))
        });
        let Some(arn) = arn else {
            let Kind { what, service, resources, .. } = kind;
            let help =
                format!("write arn:aws:{service}:REGION:ACCOUNT:{}NAME", resources.first().unwrap_or(&""));
            return self.format(pointer, text, what, help);
        };
        let config = self.config;
        let what = kind.what.trim_start_matches("the ARN of ");
        if let Some(region) = &config.region
            && kind.same_region
            && arn.region != region
        {
            let message = format!(
                "the stack is for the region `{region}`, but this is {what} of `{}`",
                excerpt(arn.region)
            );
            let help = if is_known_region(region) {
                format!("name {what} of `{region}`")
            } else {
                format!("correct `region`, or name {what} of it")
            };
            self.error(code::ELSEWHERE, pointer, message, help);
        }
        if let Some(account) = &config.account
            && kind.same_account
            && arn.account != account
        {
            let message = format!(
                "the stack is for the account {account}, but this is {what} of {}",
                excerpt(arn.account)
            );
            self.error(code::ELSEWHERE, pointer, message, format!("name {what} of the account {account}"));
        }
    }

    /// Checks where a secret is kept.
    pub(super) fn source(&mut self, pointer: &str, source: &SecretSource) {
        let key = super::dotted(pointer);
        let chosen = usize::from(source.ssm.is_some()) + usize::from(source.secret.is_some());
        if chosen != 1 {
            let found = if chosen == 0 { "neither" } else { "both" };
            self.error(
                code::NOT_EXACTLY_ONE,
                pointer,
                format!("`{key}` takes one of `ssm` and `secret`, found {found}"),
                "name the parameter or the secret that holds the value",
            );
        }
        self.source_parts(pointer, source);
    }

    /// Checks the parts of a source of which at least one is chosen.
    pub(super) fn source_parts(&mut self, pointer: &str, source: &SecretSource) {
        let part = |name: &str| format!("{pointer}/{name}");
        if let Some(name) = &source.ssm {
            if name.starts_with("arn:") {
                self.arn(&part("ssm"), name, PARAMETER);
            } else if !is_parameter_name(name) {
                let help = "write its name from `/` on, such as /dify/prd/smtp-password";
                self.format(&part("ssm"), name, "the name or ARN of a parameter", help);
            }
        }
        if let Some(name) = &source.secret {
            if name.starts_with("arn:") {
                self.arn(&part("secret"), name, SECRET);
            } else if !is_secret_name(name) {
                let help = "write its ARN, or its name without the field: that goes under `field`";
                self.format(&part("secret"), name, "the ARN or name of a secret", help);
            }
        }
        if let Some(field) = &source.field {
            if source.secret.is_none() {
                let message = format!("`{}` is only for a `secret`", super::dotted(&part("field")));
                self.error(code::NOT_EXACTLY_ONE, &part("field"), message, "remove it, or name a secret");
            } else if field.is_empty() || field.contains([':', '}']) {
                self.format(
                    &part("field"),
                    field,
                    "a key of the secret's JSON",
                    "write the key alone, without `:`",
                );
            }
        }
        if let Some(kms_key) = &source.kms_key {
            self.arn(&part("kms_key"), kms_key, KEY);
        }
    }

    /// Checks each source of a map.
    pub(super) fn source_at(&mut self, path: &[&str], source: &SecretSource) {
        self.source(&at(path), source);
    }
}
