//! W067: clients are told the port that a server listens at.

use crate::cfn::evaluate::{Evaluated, Origin, Piece, Unknown};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::ecs::{containers, environment, tasks, variable};
use super::model::{Item, View};
use super::w006_data_path::{addressed, port};

pub(super) static RULE: Rule = Rule {
    code: Code("W067"),
    severity: Severity::Error,
    title: "clients are told the port that the database or cache listens at",
    what: "Where a container's variable that ends in `HOST` is the address of a database or cache of the template, the one that ends in `PORT` and begins alike is its port; so is what stands behind the address and a colon in a variable, a secret or a parameter.",
    why: "Nobody listens at the other port: connections are refused or time out.",
    source: "AWS CloudFormation Template Reference, `Port` of databases and caches",
    same_as: &[],
};

/// Texts that clients read beside their environment.
const TEXTS: [(&str, &str); 2] =
    [("AWS::SecretsManager::Secret", "SecretString"), ("AWS::SSM::Parameter", "Value")];

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for task in tasks(view) {
        for container in containers(task) {
            for (name, value) in environment(container) {
                in_text(view, task, &name, value, findings);
                if let Some(finding) = in_pair(view, task, container, &name, value) {
                    findings.push(finding);
                }
            }
        }
    }
    for (type_name, property) in TEXTS {
        for item in view.of(type_name) {
            if let Some(value) = item.get(property) {
                in_text(view, item, property, value, findings);
            }
        }
    }
}

/// A host and the port beside it.
fn in_pair<'t>(
    view: &View<'_, 't>,
    task: &Item<'t>,
    container: &Evaluated<'t>,
    name: &str,
    host: &Evaluated<'t>,
) -> Option<Diagnostic> {
    let begin = name.strip_suffix("HOST")?;
    let server = view.get(addressed(host.unknown()?)?)?;
    let beside = format!("{begin}PORT");
    let told = variable(container, &beside)?;
    let right = port(server)?;
    let is_wrong = told.integer().is_some_and(|told| told != right);
    is_wrong.then(|| wrong(task, told, &beside, server, right))
}

/// Ports behind addresses in a text.
fn in_text<'t>(
    view: &View<'_, 't>,
    item: &Item<'t>,
    name: &str,
    value: &Evaluated<'t>,
    findings: &mut Vec<Diagnostic>,
) {
    let Some(Unknown { origin: Origin::Text(parts), .. }) = value.unknown() else { return };
    for pair in parts.windows(2) {
        let [Piece::Unknown(address), Piece::Text(behind)] = pair else { continue };
        let Some(server) = addressed(address).and_then(|id| view.get(id)) else { continue };
        let Some(digits) = behind.strip_prefix(':') else { continue };
        let length = digits.bytes().take_while(u8::is_ascii_digit).count();
        let (Some(right), Ok(told)) = (port(server), digits[..length].parse::<i64>()) else { continue };
        if told != right {
            findings.push(wrong(item, value, name, server, right));
        }
    }
}

fn wrong<'t>(
    item: &Item<'t>,
    value: &Evaluated<'t>,
    name: &str,
    server: &Item<'t>,
    right: i64,
) -> Diagnostic {
    let message =
        format!("`{name}` tells another port than {right}, at which `{}` listens: nobody answers", server.id);
    item.finding_at(&RULE, value, message).help(format!("write {right}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::wiring::testing::{none, only};

    const DATABASE_PORT: &str = "/ApiTask/Properties/ContainerDefinitions/0/Environment/2/Value";
    const VARIABLE: &str = "/ApiTask/Properties/ContainerDefinitions/0/Environment/-";

    #[test]
    fn another_port_beside_the_address_is_found() {
        let (message, pointer) = only("W067", &[(DATABASE_PORT, json!("5433"))]);
        assert_eq!(
            message,
            "`DB_PORT` tells another port than 5432, at which `Database` listens: nobody answers"
        );
        assert_eq!(pointer, format!("/Resources{DATABASE_PORT}"));
        none(&[(DATABASE_PORT, json!({"Fn::GetAtt": ["Database", "Endpoint.Port"]}))]);
        none(&[(DATABASE_PORT, json!({"Fn::ImportValue": "port"}))]);
    }

    #[test]
    fn another_port_behind_the_address_is_found() {
        let url = |port: &str| {
            let text =
                format!("rediss://${{Cache.PrimaryEndPoint.Address}}{port}/1?ssl_cert_reqs=CERT_REQUIRED");
            [(VARIABLE, json!({"Name": "QUEUE_URL", "Value": {"Fn::Sub": text}}))]
        };
        let (message, _) = only("W067", &url(":6380"));
        assert!(
            message.starts_with("`QUEUE_URL` tells another port than 6379, at which `Cache`"),
            "{message}"
        );
        none(&url(":6379"));
        none(&url(""));
        let secret = json!({"Type": "AWS::SecretsManager::Secret", "DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete", "Properties": {"SecretString": {"Fn::Sub": "postgresql://${Database.Endpoint.Address}:5433/dify"}}});
        let (_, pointer) = only("W067", &[("/Url", secret)]);
        assert_eq!(pointer, "/Resources/Url/Properties/SecretString");
    }

    #[test]
    fn a_port_that_is_not_known_is_not() {
        none(&[
            ("/Database/Properties/Port", json!({"Fn::ImportValue": "port"})),
            (DATABASE_PORT, json!("5433")),
        ]);
    }
}
