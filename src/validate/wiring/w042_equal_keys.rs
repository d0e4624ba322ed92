//! W042: what two containers share is equal.

use crate::catalog::{Image, equal_keys};
use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::dify::image;
use super::ecs::{containers, environment, secrets, tasks};
use super::model::{Answer, Item, View, same};

pub(super) static RULE: Rule = Rule {
    code: Code("W042"),
    severity: Severity::Error,
    title: "keys that Dify's containers share are equal",
    what: "The values that two of Dify's containers must agree on (the plugin daemon's key, the inner API key, the sandbox's key and the like) come from one secret or are one text.",
    why: "Each call from one to the other is refused: plugins, models or code nodes fail.",
    source: "schemas/dify/equal-keys.json",
    same_as: &[],
};

/// Where a key stands: the task, the image, the variable, whether it is a secret, its value.
type Held<'v, 't> = (&'v Item<'t>, Image, String, bool, &'v Evaluated<'t>);

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for key in equal_keys() {
        let mut held: Vec<Held<'_, '_>> = Vec::new();
        for task in tasks(view) {
            for container in containers(task) {
                let Some((image, _)) = image(container) else { continue };
                let named = environment(container)
                    .map(|(name, value)| (name, false, value))
                    .chain(secrets(container).map(|(name, value)| (name, true, value)));
                for (name, secret, value) in named {
                    let holds =
                        key.holders.iter().any(|holder| holder.image == image && *holder.variable == *name);
                    if holds {
                        held.push((task, image, name.into_owned(), secret, value));
                    }
                }
            }
        }
        let Some((first, rest)) = held.split_first() else { continue };
        for other in rest {
            // A secret and a text can't be compared.
            if first.3 != other.3 || same(first.4, other.4) != Answer::No {
                continue;
            }
            let message = format!(
                "`{}` of {} is another value than `{}` of {} in `{}`: {} fail",
                other.2, other.1, first.2, first.1, first.0.id, key.what
            );
            findings.push(other.0.finding_at(&RULE, other.4, message).help("give both the same secret"));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::wiring::testing::{none, only};

    #[test]
    fn another_secret_is_found() {
        let secret = |name: &str| json!([{"Name": "SECRET_KEY", "ValueFrom": {"Ref": name}}]);
        let (message, pointer) =
            only("W042", &[("/BeatTask/Properties/ContainerDefinitions/0/Secrets", secret("CacheSecret"))]);
        assert!(message.starts_with("`SECRET_KEY` of dify-api is another value"), "{message}");
        assert_eq!(pointer, "/Resources/BeatTask/Properties/ContainerDefinitions/0/Secrets/0/ValueFrom");
        none(&[("/BeatTask/Properties/ContainerDefinitions/0/Secrets", secret("SecretKey"))]);
    }
}
