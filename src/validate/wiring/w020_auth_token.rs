//! W020: a cache's token is one that ElastiCache takes.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::View;
use super::secret::{generated, resolved};

pub(super) static RULE: Rule = Rule {
    code: Code("W020"),
    severity: Severity::Error,
    title: "the token of a cache has the length and characters that ElastiCache allows",
    what: "A generated `AuthToken` has 16 to 128 characters and of punctuation only `! & # $ ^ < > -`, and the replication group encrypts connections.",
    why: "ElastiCache refuses the cache, at random where only some generated tokens have a wrong character: \"Invalid AuthToken provided\".",
    source: "Amazon ElastiCache User Guide, \"Authenticating with the AUTH command\"",
    same_as: &[],
};

const ALLOWED: &str = "!&#$^<>-";

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for group in view.of("AWS::ElastiCache::ReplicationGroup") {
        let Some(token) = group.get("AuthToken") else { continue };
        let encrypted = match group.get("TransitEncryptionEnabled") {
            Some(value) => value.boolean(),
            None => Some(false),
        };
        if encrypted == Some(false) {
            findings.push(
                group
                    .finding_of(
                        &RULE,
                        "TransitEncryptionEnabled",
                        "there is a token but no `TransitEncryptionEnabled`: ElastiCache refuses the cache",
                    )
                    .help("set `TransitEncryptionEnabled: true`"),
            );
        }
        for (secret, field) in resolved(view, token) {
            let Some(value) = generated(secret, field.as_deref()) else { continue };
            let wrong: String =
                value.special.iter().filter(|character| !ALLOWED.contains(**character)).collect();
            if !wrong.is_empty() {
                let message = format!(
                    "the token that `{}` generates can hold {wrong}, which ElastiCache refuses",
                    secret.id
                );
                findings.push(
                    group
                        .finding_at(&RULE, token, message)
                        .help(format!("set `ExcludePunctuation: true` in `{}`", secret.id)),
                );
            }
            if !(16..=128).contains(&value.length) {
                let message = format!(
                    "the token that `{}` generates has {} characters, allowed are 16 to 128",
                    secret.id, value.length
                );
                findings.push(
                    group
                        .finding_at(&RULE, token, message)
                        .help(format!("change `PasswordLength` in `{}`", secret.id)),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::wiring::testing::{none, only};

    #[test]
    fn wrong_characters_and_lengths_are_found() {
        let (message, pointer) =
            only("W020", &[("/CacheSecret/Properties/GenerateSecretString/ExcludePunctuation", Json::Null)]);
        assert!(message.contains("`CacheSecret` generates can hold \"%"), "{message}");
        assert_eq!(pointer, "/Resources/Cache/Properties/AuthToken");
        only("W020", &[("/CacheSecret/Properties/GenerateSecretString/PasswordLength", json!(129))]);
    }

    #[test]
    fn the_allowed_ones_are_not() {
        let changes = json!({"PasswordLength": 16, "ExcludeCharacters": "\"%'()*+,./:;=?@[\\]_`{|}~"});
        none(&[("/CacheSecret/Properties/GenerateSecretString", changes)]);
    }
}
