//! W046: what reads a secret of the template waits for it.

use crate::cfn::evaluate::{Evaluated, Origin, Piece};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::{Item, View, dynamic_references, pieces};

pub(super) static RULE: Rule = Rule {
    code: Code("W046"),
    severity: Severity::Error,
    title: "a dynamic reference to a secret of the template refers to it",
    what: "A `{{resolve:secretsmanager:…}}` or `{{resolve:ssm:…}}` that names a secret or parameter of the template by its `Name` stands in a resource that waits for it.",
    why: "CloudFormation may read it before it is made: \"Secrets Manager can't find the specified secret\", or it reads the value of an earlier stack.",
    source: "AWS CloudFormation User Guide, \"Get a secret or secret value from Secrets Manager\"",
    same_as: &[],
};

/// All dynamic references in a resource: their bodies, and where they are.
fn dynamic<'v, 't>(item: &'v Item<'t>) -> impl Iterator<Item = (&'v Evaluated<'t>, &'v [Piece<'t>])> {
    item.dynamic.iter().flat_map(|value| dynamic_references(value).map(move |body| (value, body)))
}

/// What stands for a `:` in the name of a function: those of the text divide it.
const COLON: char = '\u{a789}';

/// A text as one would write it in a `Fn::Sub`, with [`COLON`] inside of `${…}`; `None` if another value than a parameter
/// or what the stack is stands in it, of which two that look the same may differ.
fn written(pieces: &[Piece<'_>]) -> Option<String> {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(known) => text.push_str(known),
            Piece::Unknown(unknown) => match unknown.origin {
                Origin::Parameter(_) | Origin::Pseudo(_) => {
                    text.extend(unknown.to_string().chars().map(|c| if c == ':' { COLON } else { c }));
                }
                _ => return None,
            },
        }
    }
    Some(text)
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for item in view.items() {
        for (value, body) in dynamic(item) {
            let Some(text) = written(body) else { continue };
            let Some((service, rest)) = text.split_once(':') else { continue };
            let type_name = match service {
                "secretsmanager" => "AWS::SecretsManager::Secret",
                "ssm" => "AWS::SSM::Parameter",
                _ => continue,
            };
            let name = rest.split(':').next().unwrap_or_default();
            let is_named = |secret: &&Item<'_>| {
                secret.get("Name").and_then(|own| written(&pieces(own))).as_deref() == Some(name)
            };
            let Some(named) = view.of(type_name).find(is_named).filter(|named| !view.waits(item, named))
            else {
                continue;
            };
            let message = format!(
                "`{{{{resolve:{service}:{}…}}}}` is `{}` of this template, which may not be there yet: the create fails, or takes an old value",
                name.replace(COLON, ":"),
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
    fn a_name_with_the_stack_s_in_it_is_found() {
        let name = |name: &str| ("/DatabaseSecret/Properties/Name", json!({"Fn::Sub": name}));
        let by_name = "{{resolve:secretsmanager:${AWS::StackName}/db:SecretString:password}}";
        let count = |secret: &str| {
            let found = found(&[name(secret), (PASSWORD, json!({"Fn::Sub": by_name}))]);
            found.iter().filter(|finding| finding.code.0 == "W046").count()
        };
        assert_eq!((count("${AWS::StackName}/db"), count("${AWS::Region}/db")), (1, 0));
    }

    #[test]
    fn a_secret_of_elsewhere_is_left_alone() {
        none(&[(PASSWORD, json!("{{resolve:secretsmanager:elsewhere:SecretString:password}}"))]);
    }
}
