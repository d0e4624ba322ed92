//! W042: what two containers share is equal.

use crate::catalog::{Component, DifyVersion, EqualKey, Image, Kind, equal_keys, reads};
use crate::cfn::evaluate::{Evaluated, Origin, Piece, Unknown};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::dify::{component, has_other_variables, image, running};
use super::ecs::{containers, environment, secret_variable, secrets, shown_name, tasks, variable};
use super::model::{Answer, Item, View, is_made_from, pieces, same};

pub(super) static RULE: Rule = Rule {
    code: Code("W042"),
    severity: Severity::Error,
    title: "keys that Dify's containers share are equal",
    what: "The values that two of Dify's containers must agree on (the plugin daemon's key, the inner API key, the sandbox's key and the like) come from one secret or are one text; a generated secret is no text. Two secrets that aren't in the template may hold the same, and one that isn't may have been filled with what one that is generated here holds: that is a warning. The plugin daemon has both of its keys; where it or the sandbox has one from a secret, the api has it too, and in templates of others (C405 tells the rest) the worker, which is a warning; where the api has the sandbox's key from a secret, the sandbox has it. Of several containers of one component one is enough. A container with a file of variables, or with a command that isn't Dify's own, may have it from there, and an api or a sandbox whose version isn't known, or doesn't read the key, needs none.",
    why: "Each call from one to the other is refused: plugins, models or code nodes fail. Without a key the plugin daemon exits at start; Dify takes a default that everyone knows.",
    source: "schemas/dify/equal-keys.json; internal/types/app/config.go of langgenius/dify-plugin-daemon",
    same_as: &[],
};

/// Where a key stands.
struct Held<'v, 't> {
    task: &'v Item<'t>,
    image: Image,
    variable: &'static str,
    /// Whether it is a secret.
    is_secret: bool,
    value: &'v Evaluated<'t>,
}

/// For each of [`equal_keys`], where it stands in the containers of a template that must have it.
fn held<'v, 't>(view: &'v View<'_, 't>) -> Vec<Vec<Held<'v, 't>>> {
    let mut held: Vec<Vec<_>> = equal_keys().iter().map(|_| Vec::new()).collect();
    for task in tasks(view) {
        for container in containers(task) {
            let Some((image, _)) = image(task, container) else { continue };
            let wanted: Vec<_> = equal_keys().iter().map(|key| variable_of(key, image)).collect();
            let plain = environment(container).map(|(name, value)| (false, name, value));
            let secret = secrets(container).map(|(name, value)| (true, name, value));
            for (is_secret, name, value) in plain.chain(secret) {
                for (held, wanted) in held.iter_mut().zip(&wanted) {
                    if let Some(variable) = wanted.filter(|variable| *variable == name) {
                        held.push(Held { task, image, variable, is_secret, value });
                    }
                }
            }
        }
    }
    held
}

/// The variable in which an image has a key.
fn variable_of(key: &'static EqualKey, image: Image) -> Option<&'static str> {
    let mut holders = key.holders.iter();
    holders.find(|holder| holder.image == image).map(|holder| holder.variable.as_str())
}

/// How bad it is that two containers have other values; `None` if they may be equal.
fn unequal<'t>(view: &View<'_, 't>, one: &Held<'_, 't>, other: &Held<'_, 't>) -> Option<Severity> {
    if equal(view, one, other) == Answer::No {
        return Some(Severity::Error);
    }
    if !one.is_secret || !other.is_secret {
        return None;
    }
    let own = |held: &Held<'_, 't>| secret(view, held.value).map(|(secret, _)| secret);
    let differ = match (own(one), own(other)) {
        (None, None) => same(one.value, other.value) == Answer::No,
        // What is generated here can't be known to anybody who filled the other before.
        (Some(secret), None) => is_generated(secret) && is_named(other),
        (None, Some(secret)) => is_generated(secret) && is_named(one),
        (Some(_), Some(_)) => false,
    };
    differ.then_some(Severity::Warning)
}

/// Whether it is given the name or the ARN of something; W010 tells of what is neither.
fn is_named(held: &Held<'_, '_>) -> bool {
    let begins = |text: &str| text.starts_with("arn:") || text.starts_with('/');
    matches!(pieces(held.value).first(), Some(Piece::Text(text)) if begins(text))
}

/// Whether two containers have the same value.
fn equal<'t>(view: &View<'_, 't>, one: &Held<'_, 't>, other: &Held<'_, 't>) -> Answer {
    match (one.is_secret, other.is_secret) {
        (true, true) => equal_secrets(view, one.value, other.value),
        (false, false) => same(one.value, other.value),
        (true, false) => is_text(view, one.value, other.value),
        (false, true) => is_text(view, other.value, one.value),
    }
}

/// The secret of the template in a `ValueFrom`, and what stands behind its ARN.
fn secret<'v, 't>(view: &'v View<'_, 't>, value: &Evaluated<'t>) -> Option<(&'v Item<'t>, Vec<Piece<'t>>)> {
    let mut parts = pieces(value).into_iter();
    let Piece::Unknown(Unknown { origin: Origin::Resource(id), .. }) = parts.next()? else { return None };
    let secret = view.get(id).filter(|item| item.is("AWS::SecretsManager::Secret"))?;
    Some((secret, parts.collect()))
}

fn is_generated(secret: &Item<'_>) -> bool {
    secret.get("GenerateSecretString").is_some()
}

/// Whether two `ValueFrom` give the same value.
fn equal_secrets<'t>(view: &View<'_, 't>, one: &Evaluated<'t>, other: &Evaluated<'t>) -> Answer {
    let (Some((first, field)), Some((second, other_field))) = (secret(view, one), secret(view, other)) else {
        return match same(one, other) {
            Answer::No => Answer::Unknown,
            answer => answer,
        };
    };
    if first.id == second.id {
        return if field == other_field { Answer::Yes } else { Answer::Unknown };
    }
    // One can be put together from the other.
    let is_made_from =
        |one: &Item<'t>, of: &Item<'t>| one.get("SecretString").is_some_and(|it| is_made_from(it, of.id));
    match (first.get("SecretString"), second.get("SecretString")) {
        (Some(one), Some(other)) => same(one, other),
        _ if is_made_from(first, second) || is_made_from(second, first) => Answer::Unknown,
        _ if is_generated(first) || is_generated(second) => Answer::No,
        _ => Answer::Unknown,
    }
}

/// Whether a secret holds a text that stands in the environment.
fn is_text<'t>(view: &View<'_, 't>, of: &Evaluated<'t>, text: &Evaluated<'t>) -> Answer {
    let Some((secret, field)) = secret(view, of) else { return Answer::Unknown };
    match secret.get("SecretString") {
        Some(content) if field.is_empty() => same(content, text),
        // Nobody knows beforehand what is generated.
        None if is_generated(secret) && (text.text().is_some() || is_parameter(text)) => Answer::No,
        _ => Answer::Unknown,
    }
}

fn is_parameter(value: &Evaluated<'_>) -> bool {
    value.unknown().is_some_and(|unknown| matches!(unknown.origin, Origin::Parameter(_)))
}

/// The images whose keys are needed; the others are for parts that nobody need use.
const IMAGES: [Image; 3] = [Image::Api, Image::PluginDaemon, Image::Sandbox];

/// A container of a service that runs one of [`IMAGES`].
struct Runs<'v, 't> {
    task: &'v Item<'t>,
    container: &'v Evaluated<'t>,
    image: Image,
    version: Option<DifyVersion>,
    component: Option<Component>,
}

fn all_running<'v, 't>(view: &'v View<'_, 't>) -> Vec<Runs<'v, 't>> {
    let runs = running(view).filter_map(|(_, task, container)| {
        let (image, version) = image(task, container).filter(|(image, _)| IMAGES.contains(image))?;
        Some(Runs { task, container, image, version, component: component(task, container) })
    });
    runs.collect()
}

/// What has a key of two images, and lacks the one that the other image has.
fn missing(
    view: &View<'_, '_>,
    all: &[Runs<'_, '_>],
    key: &'static EqualKey,
    held: &[Held<'_, '_>],
    findings: &mut Vec<Diagnostic>,
) {
    let has = |run: &Runs<'_, '_>, name: &str| {
        variable(run.container, name).is_some()
            || secret_variable(run.container, name).is_some()
            || has_other_variables(run.container, run.image)
    };
    for one in all {
        let Some(variable) = variable_of(key, one.image) else { continue };
        // Where one of several has it the others needn't: they can be for something else.
        let mut alike =
            all.iter().filter(|other| one.component.is_some() && other.component == one.component);
        if has(one, variable) || alike.any(|other| has(other, variable)) {
            continue;
        }
        let (task, container, image) = (one.task, one.container, one.image);
        // Dify before 1.0 knows no plugin daemon. A version that isn't known may be such a one.
        let is_read = one.version.is_some_and(|version| reads(image, variable, version));
        if !is_read && image != Image::PluginDaemon {
            continue;
        }
        let partner =
            held.iter().find(|held| held.image != image && held.is_secret && IMAGES.contains(&held.image));
        let severity = match (one.component, partner) {
            (Some(Component::PluginDaemon), _) | (Some(Component::Api | Component::Sandbox), Some(_)) => {
                Severity::Error
            }
            (Some(Component::Worker), Some(_)) if view.context.is_foreign() => Severity::Warning,
            _ => continue,
        };
        let message = match partner {
            _ if image == Image::PluginDaemon => {
                format!("{} has no `{variable}`: the plugin daemon exits at start", shown_name(container))
            }
            Some(partner) => format!(
                "{} has no `{variable}`, which is `{}` of {}: {} fail",
                shown_name(container),
                partner.variable,
                partner.image,
                key.what
            ),
            None => continue,
        };
        let mut finding = task.finding_at(&RULE, container, message);
        finding.severity = severity;
        let of = partner.map_or_else(String::new, |one| format!(" as `{}` of {}", one.variable, one.image));
        finding = finding.help(format!("give it the same secret{of}"));
        if !findings.contains(&finding) {
            findings.push(finding);
        }
    }
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    let all = all_running(view);
    for (key, held) in equal_keys().iter().zip(held(view)) {
        if key.kind == Kind::Secret && key.holders.len() > 1 {
            missing(view, &all, key, &held, findings);
        }
        let Some((first, rest)) = held.split_first() else { continue };
        for other in rest {
            let Some(severity) = unequal(view, first, other) else { continue };
            let (is, unless) = match severity {
                Severity::Error => ("is another value than", ""),
                _ => ("comes from another secret than", "unless both hold the same, "),
            };
            let message = format!(
                "`{}` of {} {is} `{}` of {} in `{}`: {unless}{} fail",
                other.variable, other.image, first.variable, first.image, first.task.id, key.what
            );
            let mut finding = other.task.finding_at(&RULE, other.value, message);
            finding.severity = severity;
            findings.push(finding.help("give both the same secret"));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use serde_json::Value as Json;

    use crate::diagnostic::Severity;
    use crate::validate::wiring::testing::{borrowed, found, none, only};

    const CONTAINERS: &str = "/ApiTask/Properties/ContainerDefinitions/-";

    fn secret(name: &str, of: &str) -> Json {
        json!({"Name": name, "ValueFrom": {"Ref": of}})
    }

    /// A sandbox in the task of the api.
    #[expect(clippy::needless_pass_by_value, reason = "the callers write them on the spot")]
    fn sandbox(environment: Json, secrets: Json) -> (&'static str, Json) {
        let container = json!({
            "Name": "sandbox", "Image": "langgenius/dify-sandbox:0.2.15", "Environment": environment, "Secrets": secrets,
        });
        (CONTAINERS, container)
    }

    const API_SECRETS: &str = "/ApiTask/Properties/ContainerDefinitions/0/Secrets/-";
    const API_VARIABLES: &str = "/ApiTask/Properties/ContainerDefinitions/0/Environment/-";

    #[test]
    fn a_generated_secret_is_no_text() {
        let text = json!([{"Name": "API_KEY", "Value": "dify-sandbox"}]);
        let (message, _) = only(
            "W042",
            &[(API_SECRETS, secret("CODE_EXECUTION_API_KEY", "SecretKey")), sandbox(text.clone(), json!([]))],
        );
        assert!(message.starts_with("`API_KEY` of dify-sandbox is another value"), "{message}");
        // Both have the same.
        let same = json!({"Name": "CODE_EXECUTION_API_KEY", "Value": "dify-sandbox"});
        none(&[(API_VARIABLES, same), sandbox(text.clone(), json!([]))]);
        let written = json!({"Type": "AWS::SecretsManager::Secret", "DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete", "Properties": {"SecretString": "dify-sandbox"}});
        let may = json!({"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": {"Ref": "Written"}});
        let mut changes = vec![
            ("/Written", written),
            ("/ExecutionRole/Properties/Policies/0/PolicyDocument/Statement/-", may),
            (API_SECRETS, secret("CODE_EXECUTION_API_KEY", "Written")),
            sandbox(text, json!([])),
        ];
        none(&changes);
        changes[0].1["Properties"]["SecretString"] = json!("other");
        only("W042", &changes);
    }

    #[test]
    fn one_foreign_secret_beside_a_generated_one_is_a_warning() {
        let from = |value: &str| json!([{"Name": "SECRET_KEY", "ValueFrom": value}]);
        let told = found(&[("/BeatTask/Properties/ContainerDefinitions/0/Secrets", from("/dify/own"))]);
        let told: Vec<_> = told.iter().filter(|finding| finding.code.0 == "W042").collect();
        assert!(told.len() == 1 && told[0].severity == Severity::Warning, "{told:#?}");
        assert!(
            told[0].message.ends_with("sessions, file links and encrypted credentials fail"),
            "{told:#?}"
        );
    }

    #[test]
    fn two_foreign_secrets_are_a_warning() {
        let from = |name: &str| json!([{"Name": "SECRET_KEY", "ValueFrom": name}]);
        let told = found(&[
            ("/ApiTask/Properties/ContainerDefinitions/0/Secrets", from("/dify/one")),
            ("/BeatTask/Properties/ContainerDefinitions/0/Secrets", from("/dify/two")),
        ]);
        let told: Vec<_> = told.iter().filter(|finding| finding.code.0 == "W042").collect();
        assert!(told.len() == 1 && told[0].severity == Severity::Warning, "{told:#?}");
        assert!(told[0].message.contains("comes from another secret than"), "{told:#?}");
    }

    #[test]
    fn a_secret_that_is_made_from_another_may_be_the_same() {
        let copy = json!({"Type": "AWS::SecretsManager::Secret", "DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete", "Properties": {"SecretString": {"Fn::Sub": "{{resolve:secretsmanager:${SecretKey}}}"}}});
        let may = json!({"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": {"Ref": "Copy"}});
        none(&[
            ("/Copy", copy),
            ("/ExecutionRole/Properties/Policies/0/PolicyDocument/Statement/-", may),
            ("/BeatTask/Properties/ContainerDefinitions/0/Secrets", json!([secret("SECRET_KEY", "Copy")])),
        ]);
    }

    #[test]
    fn a_key_that_one_end_lacks_is_found() {
        let with_key = sandbox(json!([]), json!([secret("API_KEY", "SecretKey")]));
        let (message, pointer) = only("W042", std::slice::from_ref(&with_key));
        assert!(
            message.starts_with(
                "the container `api` has no `CODE_EXECUTION_API_KEY`, which is `API_KEY` of dify-sandbox"
            ),
            "{message}"
        );
        assert_eq!(pointer, "/Resources/ApiTask/Properties/ContainerDefinitions/0");
        let file = json!([{"Type": "s3", "Value": "arn:aws:s3:::files/api.env"}]);
        none(&[with_key, ("/ApiTask/Properties/ContainerDefinitions/0/EnvironmentFiles", file)]);
        // The other way round.
        only(
            "W042",
            &[(API_SECRETS, secret("CODE_EXECUTION_API_KEY", "SecretKey")), sandbox(json!([]), json!([]))],
        );
        // The defaults are the same.
        none(&[sandbox(json!([]), json!([]))]);
    }

    #[test]
    fn a_start_that_is_difys_own_brings_no_key() {
        let with_key = sandbox(json!([]), json!([secret("API_KEY", "SecretKey")]));
        let started = |entry_point: Json, command: Json| {
            let container = "/ApiTask/Properties/ContainerDefinitions/0";
            let changes = [
                (format!("{container}/EntryPoint"), entry_point),
                (format!("{container}/Command"), command),
                (with_key.0.to_owned(), with_key.1.clone()),
            ];
            let found = found(&borrowed(&changes));
            found.into_iter().filter(|finding| finding.code.0 == "W042").count()
        };
        assert_eq!(started(json!(["/bin/bash", "/entrypoint.sh"]), json!([])), 1);
        assert_eq!(started(json!(["/bin/bash", "-c"]), json!(["/entrypoint.sh"])), 1);
        // What these set nobody knows.
        assert_eq!(started(json!(["/bin/bash", "-c"]), json!(["export A=b && exec /entrypoint.sh"])), 0);
        assert_eq!(started(json!(["/start.sh"]), json!([])), 0);
        assert_eq!(started(json!(["/bin/bash", "/entrypoint.sh"]), json!([{"Fn::ImportValue": "word"}])), 0);
    }

    #[test]
    fn a_plugin_daemon_without_keys_is_found() {
        let daemon = json!({"Name": "daemon", "Image": "langgenius/dify-plugin-daemon:0.6.10-local", "Secrets": [secret("SERVER_KEY", "SecretKey")]});
        let told = found(&[
            (CONTAINERS, daemon),
            (API_SECRETS, secret("PLUGIN_DAEMON_KEY", "SecretKey")),
            (API_SECRETS, secret("INNER_API_KEY_FOR_PLUGIN", "SecretKey")),
        ]);
        assert_eq!(told.len(), 1, "{told:#?}");
        assert_eq!(told[0].severity, Severity::Error);
        assert!(
            told[0].message.starts_with("the container `daemon` has no `DIFY_INNER_API_KEY`"),
            "{told:#?}"
        );
    }

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
