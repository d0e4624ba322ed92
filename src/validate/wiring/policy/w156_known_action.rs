//! W156: actions exist.

use crate::diagnostic::{Code, Diagnostic, Severity, nearest};
use crate::validate::Rule;
use crate::validate::wiring::model::{View, covers};

use super::actions::Service;
use super::document::{GAP, loose, shown, statements};

pub(in crate::validate::wiring) static RULE: Rule = Rule {
    code: Code("W156"),
    severity: Severity::Warning,
    title: "actions exist",
    what: "The prefix of an action is one of a service, and the service has the action; of one with wildcards, at least one action that it means.",
    why: "The policy is taken, and allows or forbids nothing: the call that it is for is denied.",
    source: "Service Authorization Reference, as cfn-lint 1.58.0 has it",
    same_as: &["cfn-lint W3037"],
};

pub(in crate::validate::wiring) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for statement in statements(view) {
        for value in statement.actions() {
            let action = loose(value);
            let Some((prefix, name)) = action.split_once(':') else { continue };
            if action.contains(GAP) || prefix.contains(['*', '?']) || name.contains(':') {
                continue;
            }
            let (message, near) = match Service::get(prefix) {
                None => (
                    format!("no service has the prefix `{}`: the action means nothing", shown(prefix)),
                    nearest(prefix, Service::prefixes()),
                ),
                Some(service) if !exists(service, name) => (
                    format!(
                        "`{prefix}` has no action `{}`: the statement means nothing with it",
                        shown(name)
                    ),
                    nearest(name, service.actions().map(|(name, _)| name)),
                ),
                Some(_) => continue,
            };
            let help = near.map_or_else(
                || "look it up in the Service Authorization Reference".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            findings.push(statement.item.finding_at(&RULE, value, message).help(help));
        }
    }
}

fn exists(service: Service, name: &str) -> bool {
    let name = name.to_lowercase();
    if name.contains(['*', '?']) {
        service.actions().any(|(action, _)| covers(name.as_bytes(), action.as_bytes()))
    } else {
        service.forms(&name).is_some()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::testing::found;

    fn helps(action: &str) -> Vec<String> {
        let statement = json!({"Effect": "Allow", "Action": action, "Resource": "*"});
        let properties = json!({"PolicyDocument": {"Statement": [statement]}});
        let policy = json!({"Type": "AWS::IAM::ManagedPolicy", "Properties": properties});
        found("W156", json!({"Resources": {"It": policy}}))
            .into_iter()
            .map(|finding| finding.help.unwrap())
            .collect()
    }

    #[test]
    fn actions_that_do_not_exist_are_found() {
        assert_eq!(helps("s3:GetObjekt"), ["did you mean `getobject`?"]);
        assert_eq!(helps("secretmanager:GetSecretValue"), ["did you mean `secretsmanager`?"]);
        assert_eq!(helps("s3:Fetch*").len(), 1);
    }

    #[test]
    fn those_that_do_are_good() {
        for action in ["s3:GetObject", "S3:getobject", "s3:Get*", "s3:*", "*", "logs:PutLogEvent?"] {
            assert_eq!(helps(action), [""; 0], "{action}");
        }
    }
}
