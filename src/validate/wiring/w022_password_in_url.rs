//! W022: a password in a URL has no characters that end it.

use crate::cfn::evaluate::{Origin, Piece, Unknown};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::{Item, View};
use super::secret::{generated, one};

pub(super) static RULE: Rule = Rule {
    code: Code("W022"),
    severity: Severity::Error,
    title: "a generated password in a URL holds no reserved characters",
    what: "Where a text takes in a generated secret between `://` and the next `/`, `?` or space, the secret is generated without punctuation that has a meaning in URLs.",
    why: "The URL is cut at the character: the client connects to a wrong host or with a wrong password, at random.",
    source: "RFC 3986, \"Uniform Resource Identifier (URI): Generic Syntax\", section 2.2",
    same_as: &[],
};

/// What has a meaning in the part of a URL before the path.
const RESERVED: &str = ":/?#[]@%\"<>\\^`{|} ";

fn check_item<'t>(view: &View<'_, 't>, item: &Item<'t>, findings: &mut Vec<Diagnostic>) {
    for value in &item.dynamic {
        let Some(Unknown { origin: Origin::Text(parts), .. }) = value.unknown() else { continue };
        let mut in_url = false;
        for part in parts {
            if let Piece::Text(text) = part {
                // Behind the first slash of the path nothing can go wrong any more.
                in_url = match text.rsplit_once("://") {
                    Some((_, rest)) => !rest.contains(['/', '?', ' ']),
                    None => in_url && !text.contains(['/', '?', ' ']),
                };
                continue;
            }
            let Some((secret, field)) = one(view, part).filter(|_| in_url) else { continue };
            let Some(value_of) = generated(secret, field.as_deref()) else { continue };
            let wrong: String =
                value_of.special.iter().filter(|character| RESERVED.contains(**character)).collect();
            if wrong.is_empty() {
                continue;
            }
            let message = format!(
                "a URL takes in what `{}` generates, which can hold {wrong}: the URL then means something else",
                secret.id
            );
            findings.push(
                item.finding_at(&RULE, value, message)
                    .help(format!("set `ExcludePunctuation: true` in `{}`", secret.id)),
            );
        }
    }
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for item in view.items() {
        check_item(view, item, findings);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::wiring::testing::{found, none, only};

    fn broker(text: &str) -> (&'static str, Json) {
        (
            "/Broker",
            json!({"Type": "AWS::SecretsManager::Secret", "DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete", "Properties": {"SecretString": {"Fn::Sub": text}}}),
        )
    }

    #[test]
    fn a_generated_password_with_punctuation_is_found() {
        let punctuation = ("/SecretKey/Properties/GenerateSecretString/ExcludePunctuation", Json::Null);
        let (message, pointer) = only(
            "W022",
            &[
                punctuation.clone(),
                broker(
                    "rediss://:{{resolve:secretsmanager:${SecretKey}}}@${Cache.PrimaryEndPoint.Address}:6379/1",
                ),
            ],
        );
        assert!(message.contains("what `SecretKey` generates"), "{message}");
        assert_eq!(pointer, "/Resources/Broker/Properties/SecretString");
        assert!(
            found(&[punctuation, broker("https://x/?key={{resolve:secretsmanager:${SecretKey}}}")])
                .is_empty()
        );
    }

    #[test]
    fn one_of_letters_and_digits_is_not() {
        none(&[broker("rediss://:{{resolve:secretsmanager:${CacheSecret}}}@host:6379/1")]);
    }
}
