//! W010: secrets of containers are references to them, not their values.

use crate::cfn::evaluate::{Evaluated, Piece};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::ecs::{containers, environment, secrets, tasks};
use super::model::{View, dynamic_references};

pub(super) static RULE: Rule = Rule {
    code: Code("W010"),
    severity: Severity::Error,
    title: "containers are given secrets by reference",
    what: "A `ValueFrom` holds no dynamic reference, but the ARN of a secret or the ARN or name of a parameter; no environment variable holds a dynamic reference to a secret, which is a warning.",
    why: "A dynamic reference puts the value itself into the task definition: as a `ValueFrom` it is no name and the task stops at start, as a variable everyone who may describe the task definition reads it.",
    source: "Amazon ECS Developer Guide, \"Pass sensitive data to an Amazon ECS container\"; AWS CloudFormation User Guide, \"Dynamic references\"",
    same_as: &[],
};

/// The service of a dynamic reference in the value, if there is one.
fn dynamic<'v>(value: &'v Evaluated<'_>) -> Option<&'v str> {
    dynamic_references(value).find_map(|body| match body.first()? {
        Piece::Text(text) => text.split(':').next(),
        Piece::Unknown(_) => Some("secretsmanager"),
    })
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for task in tasks(view) {
        for container in containers(task) {
            for (name, value) in secrets(container) {
                if dynamic(value).is_some() {
                    let message = format!(
                        "`{name}` is given the value of a secret where its name belongs: the task stops before it starts"
                    );
                    findings.push(
                        task.finding_at(&RULE, value, message)
                            .help("use the ARN of the secret or parameter instead of `{{resolve:…}}`"),
                    );
                }
            }
            for (name, value) in environment(container) {
                // A plain parameter of Systems Manager is no secret.
                if dynamic(value).is_some_and(|service| service != "ssm") {
                    let message = format!(
                        "`{name}` puts the value of a secret into the task definition, where everyone who may describe it can read it"
                    );
                    let mut finding = task
                        .finding_at(&RULE, value, message)
                        .help("move it from `Environment` to `Secrets`, with the ARN as `ValueFrom`");
                    finding.severity = Severity::Warning;
                    findings.push(finding);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::wiring::testing::{none, only};

    #[test]
    fn values_are_found() {
        let resolve = json!({"Fn::Sub": "{{resolve:secretsmanager:${SecretKey}}}"});
        let (message, _) = only(
            "W010",
            &[("/ApiTask/Properties/ContainerDefinitions/0/Secrets/2/ValueFrom", resolve.clone())],
        );
        assert!(message.starts_with("`SECRET_KEY` is given the value"), "{message}");
        only(
            "W010",
            &[(
                "/ApiTask/Properties/ContainerDefinitions/0/Environment/-",
                json!({"Name": "KEY", "Value": resolve}),
            )],
        );
    }

    #[test]
    fn a_parameter_is_no_secret() {
        none(&[(
            "/ApiTask/Properties/ContainerDefinitions/0/Environment/-",
            json!({"Name": "LOG_LEVEL", "Value": "{{resolve:ssm:/level}}"}),
        )]);
    }
}
