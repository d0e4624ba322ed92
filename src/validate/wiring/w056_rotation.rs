//! W056: a secret that containers read once isn't rotated.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::ecs::{containers, secrets, tasks};
use super::model::{View, is_made_from};

pub(super) static RULE: Rule = Rule {
    code: Code("W056"),
    severity: Severity::Warning,
    title: "a secret that containers read at start isn't rotated",
    what: "A secret with a `RotationSchedule` isn't among the `Secrets` of containers.",
    why: "ECS reads a secret only when a task starts: after each rotation the running tasks have the old password.",
    source: "Amazon ECS Developer Guide, \"Pass Secrets Manager secrets through Amazon ECS environment variables\"",
    same_as: &[],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for schedule in view.of("AWS::SecretsManager::RotationSchedule") {
        let Some(secret) = schedule.get("SecretId").and_then(Evaluated::resource) else { continue };
        let reader = tasks(view).find(|task| {
            containers(task).iter().any(|one| secrets(one).any(|(_, value)| is_made_from(value, secret)))
        });
        if let Some(reader) = reader {
            let message = format!(
                "`{secret}` is rotated, but the containers of `{}` read it only when they start: after a rotation they have the old value",
                reader.id
            );
            findings.push(
                schedule
                    .finding_of(&RULE, "SecretId", message)
                    .help("take the rotation away, or let it end in a new deployment of the service"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::wiring::testing::{none, only};

    #[test]
    fn a_rotated_secret_of_containers_is_found() {
        let schedule = |secret: &str| json!({"Type": "AWS::SecretsManager::RotationSchedule", "Properties": {"SecretId": {"Ref": secret}, "RotationRules": {"AutomaticallyAfterDays": 30}}});
        only("W056", &[("/Rotation", schedule("DatabaseSecret"))]);
        let other = json!({"Type": "AWS::SecretsManager::Secret", "DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete", "Properties": {}});
        none(&[("/Rotation", schedule("Other")), ("/Other", other)]);
    }
}
