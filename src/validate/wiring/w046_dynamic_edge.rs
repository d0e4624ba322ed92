//! W046: what reads a secret of the template waits for it.

use crate::cfn::evaluate::{Data, Evaluated, Origin, Piece, Unknown};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::{View, pieces};

pub(super) static RULE: Rule = Rule {
    code: Code("W046"),
    severity: Severity::Error,
    title: "a dynamic reference to a secret of the template refers to it",
    what: "A `{{resolve:secretsmanager:…}}` or `{{resolve:ssm:…}}` that names a secret or parameter of the template in so many words stands in a resource that waits for it.",
    why: "CloudFormation may read it before it is made: \"Secrets Manager can't find the specified secret\", or it reads the value of an earlier stack.",
    source: "AWS CloudFormation User Guide, \"Get a secret or secret value from Secrets Manager\"",
    same_as: &[],
};

/// All dynamic references in a value that have no function inside: their text, and where they are.
fn dynamic<'v, 't>(value: &'v Evaluated<'t>, found: &mut Vec<(&'v Evaluated<'t>, String)>) {
    match &value.data {
        Data::List(items) => items.iter().for_each(|item| dynamic(item, found)),
        Data::Object(members) => members.iter().for_each(|(_, value)| dynamic(value, found)),
        Data::Unknown(_) => {
            for piece in pieces(value) {
                if let Piece::Unknown(Unknown { origin: Origin::Dynamic(body), .. }) = piece
                    && let [Piece::Text(text)] = body.as_slice()
                {
                    found.push((value, text.to_string()));
                }
            }
        }
        _ => {}
    }
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for item in view.items() {
        let mut found = Vec::new();
        dynamic(&item.properties, &mut found);
        for (value, text) in found {
            let Some((service, rest)) = text.split_once(':') else { continue };
            let type_name = match service {
                "secretsmanager" => "AWS::SecretsManager::Secret",
                "ssm" => "AWS::SSM::Parameter",
                _ => continue,
            };
            let name = rest.split(':').next().unwrap_or_default();
            let named = view.of(type_name).find(|secret| secret.text("Name").as_deref() == Some(name));
            let Some(named) = named.filter(|named| !view.waits(item, named)) else { continue };
            let message = format!(
                "`{{{{resolve:{service}:{name}…}}}}` is `{}` of this template, which may not be there yet: the create fails, or takes an old value",
                named.id
            );
            findings.push(
                item.finding_at(&RULE, value, message)
                    .help(format!("write `!Sub \"{{{{resolve:{service}:${{{}}}…}}}}\"`", named.id)),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::wiring::testing::{found, none};

    const PASSWORD: &str = "/Database/Properties/MasterUserPassword";

    #[test]
    fn a_name_in_so_many_words_is_found() {
        let found = found(&[
            ("/DatabaseSecret/Properties/Name", json!("dify/db")),
            (PASSWORD, json!("{{resolve:secretsmanager:dify/db:SecretString:password}}")),
        ]);
        assert!(
            found.iter().any(|finding| finding.code.0 == "W046"
                && finding.pointer.as_deref() == Some("/Resources/Database/Properties/MasterUserPassword")),
            "{found:#?}"
        );
    }

    #[test]
    fn a_secret_of_elsewhere_is_left_alone() {
        none(&[(PASSWORD, json!("{{resolve:secretsmanager:elsewhere:SecretString:password}}"))]);
    }
}
