//! The policy layer: is it safe? Encryption, public access, permissions, secrets in plain text, what is kept, what is
//! logged.
//!
//! Most rules are data: a property of a type and what it has to be. All look at the evaluated resources in each
//! combination of conditions that matters, and only what is certain is told: a value that a parameter gives is right, but
//! for what its default is, which is told as that.
//! How bad a finding is depends on what the stack is for ([`Purpose`](super::Purpose)).

mod encryption;
mod exposure;
mod hygiene;
mod logging;
mod permissions;
mod retention;
mod rule;
mod secrets;
mod statement;
#[cfg(test)]
mod testing;
mod transit;

use crate::diagnostic::Diagnostic;

use super::context::Context;
use super::model;
use super::rule::{Check, Rule};
use rule::{Grade, Policy};

macro_rules! policies {
    ($($file:ident :: $name:ident),* $(,)?) => {
        /// The rules of the layer.
        static POLICIES: &[&Policy] = &[$(&$file::$name),*];
        /// Their documentation.
        static RULES: &[&Rule] = &[$(&$file::$name.rule),*];
    };
}

policies! {
    encryption::DATABASE,
    encryption::CACHE,
    encryption::FILE_SYSTEM,
    encryption::TOPIC,
    encryption::CUSTOMER_KEY,
    encryption::KEY_ROTATION,
    encryption::CERTIFICATE,
    encryption::WILDCARD_CERTIFICATE,
    transit::CACHE,
    transit::CACHE_PASSWORD,
    transit::DATABASE,
    transit::HTTP,
    transit::TLS_VERSION,
    transit::FILE_SYSTEM,
    transit::BUCKET,
    transit::TOPIC,
    transit::TARGETS,
    exposure::OPEN_PORTS,
    exposure::PUBLIC_DATABASE,
    exposure::PUBLIC_BUCKET,
    exposure::BUCKET_BLOCK,
    exposure::ANYONE,
    exposure::PUBLIC_TASKS,
    exposure::PUBLIC_SUBNETS,
    exposure::DATA_SUBNETS,
    exposure::FIREWALL,
    exposure::DESCRIPTIONS,
    permissions::EVERYTHING,
    permissions::SERVICE_WILDCARD,
    permissions::SENSITIVE_ACTIONS,
    permissions::TRUST,
    permissions::DEPUTY,
    permissions::ACCESS_KEY,
    permissions::USER_POLICY,
    permissions::FULL_ACCESS,
    permissions::MANAGED,
    permissions::SAME_ROLE,
    secrets::LITERAL,
    secrets::ENVIRONMENT,
    secrets::PARAMETER,
    secrets::LEAK,
    secrets::CREDENTIALS,
    retention::DELETION_PROTECTION,
    retention::BALANCER_PROTECTION,
    retention::DATABASE_BACKUPS,
    retention::CACHE_BACKUPS,
    retention::FILE_BACKUPS,
    retention::VERSIONING,
    retention::SNAPSHOT_TAGS,
    retention::ZONES,
    retention::LIFECYCLE,
    logging::LOG_RETENTION,
    logging::ACCESS_LOGS,
    logging::DATABASE_LOGS,
    logging::FLOW_LOGS,
    logging::SLOW_LOG,
    logging::INSIGHTS,
    logging::CONTAINER_LOGS,
    logging::EXEC_LOGS,
    logging::BUCKET_LOGS,
    logging::MONITORING,
    logging::WEB_ACL,
    logging::WEB_ACL_METRICS,
    logging::ALARM_ACTIONS,
    logging::QUERY_LOGS,
    hygiene::INVALID_HEADERS,
    hygiene::DESYNC,
    hygiene::PRIVILEGED,
    hygiene::HOST,
    hygiene::READ_ONLY,
    hygiene::ROOT_USER,
    hygiene::PLATFORM,
    hygiene::SCANNING,
    hygiene::FIXED_TAGS,
    hygiene::DEFAULT_NETWORK,
    hygiene::ADMIN_NAME,
    hygiene::IAM_LOGIN,
    hygiene::MINOR_VERSIONS,
    hygiene::ACL,
    hygiene::ACCESS_POINT,
}

/// The checks of the layer: one, since the rules share the model.
pub(super) static CHECKS: &[Check] = &[Check { rules: RULES, run: check }];

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    // What a macro adds may be what seems to be missing.
    if context.macros.hide_something() || !context.template.resource_macros.is_empty() {
        return;
    }
    let views = model::views(context);
    for policy in POLICIES {
        policy.check(context, &views, findings);
    }
}

/// How bad the findings of a rule of this layer are, by what the stack is for; `None` if the rule isn't of this layer.
pub(super) fn grade(rule: &Rule) -> Option<Grade> {
    POLICIES.iter().find(|policy| policy.rule.code == rule.code).map(|policy| policy.grade)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::Purpose;

    #[test]
    fn the_documented_severity_is_that_of_templates_of_others() {
        for policy in POLICIES {
            assert_eq!(
                policy.grade.severity(Purpose::Unknown),
                Some(policy.rule.severity),
                "{}",
                policy.rule.code
            );
        }
    }
}
