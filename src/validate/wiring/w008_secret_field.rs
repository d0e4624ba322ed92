//! W008: the part of a secret that a container asks for is there.

use crate::cfn::Json;
use crate::cfn::evaluate::{Evaluated, Origin, Piece, Unknown};
use crate::diagnostic::{Code, Diagnostic, Severity, nearest};
use crate::validate::Rule;

use super::dify::image;
use super::ecs::{containers, secrets, tasks};
use super::model::{Item, View, pieces};

pub(super) static RULE: Rule = Rule {
    code: Code("W008"),
    severity: Severity::Error,
    title: "containers ask for fields that their secrets have",
    what: "A `ValueFrom` that asks for a part of a secret of the template has the form `arn:key:stage:version` with all three colons, and the key is a field of the secret: in `SecretString` or `SecretStringTemplate`, the generated one, or one that an attachment adds. A container with an image of Dify isn't given a whole object in a variable for a password, key or token.",
    why: "Each task stops before its containers start: \"retrieved secret from Secrets Manager did not contain json key\". Dify takes the object as it is for the password, and is refused.",
    source: "Amazon ECS Developer Guide, \"Pass Secrets Manager secrets through Amazon ECS environment variables\"",
    same_as: &[],
};

/// What the attachment of a secret to a database adds.
const ATTACHED: [&str; 8] = [
    "engine",
    "host",
    "port",
    "username",
    "password",
    "dbname",
    "dbInstanceIdentifier",
    "dbClusterIdentifier",
];

/// The fields of a secret; `None` if they aren't known, or if it isn't JSON but one text.
pub(super) fn fields<'t>(view: &View<'_, 't>, secret: &Item<'t>) -> Option<Vec<String>> {
    let attached = view.of("AWS::SecretsManager::SecretTargetAttachment").any(|attachment| {
        attachment.get("SecretId").and_then(Evaluated::resource).is_none_or(|id| id == secret.id)
    });
    let mut fields: Vec<String> = Vec::new();
    if attached {
        fields.extend(ATTACHED.map(ToOwned::to_owned));
    }
    if let Some(generate) = secret.get("GenerateSecretString") {
        if generate.unknown().is_some() {
            return None;
        }
        let (Some(template), Some(key)) =
            (generate.get("SecretStringTemplate"), generate.get("GenerateStringKey"))
        else {
            return Some(fields);
        };
        fields.push(key.text()?.into_owned());
        fields.extend(keys(template)?);
        return Some(fields);
    }
    match secret.get("SecretString") {
        Some(text) => fields.extend(keys(text)?),
        // Its value is put there by someone else.
        None => return None,
    }
    Some(fields)
}

/// The keys of a JSON text, in which values may not be known. A text that is no object has none.
fn keys(text: &Evaluated<'_>) -> Option<Vec<String>> {
    let mut known = String::new();
    for piece in pieces(text) {
        match piece {
            Piece::Text(text) => known.push_str(&text),
            // Inside of quotes it is a value; elsewhere it can be anything, and then this is no JSON.
            Piece::Unknown(_) => known.push('0'),
        }
    }
    if !known.trim_start().starts_with('{') {
        return text.text().map(|_| Vec::new());
    }
    match serde_json::from_str::<Json>(&known) {
        Ok(Json::Object(map)) => Some(map.keys().cloned().collect()),
        _ => None,
    }
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for task in tasks(view) {
        for container in containers(task) {
            let is_dify = image(task, container).is_some();
            for (name, value) in secrets(container) {
                let whole = || whole(view, &name, value).filter(|_| is_dify);
                if let Some((message, help)) = wrong(view, &name, value).or_else(whole) {
                    findings.push(task.finding_at(&RULE, value, message).help(help));
                }
            }
        }
    }
}

/// A whole object in a variable of Dify that is for one word.
fn whole<'t>(view: &View<'_, 't>, name: &str, value: &Evaluated<'t>) -> Option<(String, String)> {
    if !["PASSWORD", "KEY", "TOKEN"].iter().any(|kind| name.ends_with(kind)) {
        return None;
    }
    let parts = pieces(value);
    let [Piece::Unknown(Unknown { origin: Origin::Resource(id), .. })] = parts.as_slice() else {
        return None;
    };
    let secret = view.get(id).filter(|item| item.is("AWS::SecretsManager::Secret"))?;
    let generated = ["GenerateSecretString.SecretStringTemplate", "GenerateSecretString.GenerateStringKey"];
    let is_generated = generated.iter().all(|path| secret.get(path).is_some());
    let fields = match secret.get("SecretString") {
        Some(text) => keys(text)?,
        None if is_generated => fields(view, secret)?,
        None => return None,
    };
    let field = nearest("password", fields.iter().map(String::as_str))
        .or_else(|| fields.first().map(String::as_str))?;
    let message =
        format!("`{name}` is given all of `{id}`, which is an object: Dify takes it as it is and is refused");
    Some((message, format!("name the field that is meant, such as `${{{id}}}:{field}::`")))
}

fn wrong<'t>(view: &View<'_, 't>, name: &str, value: &Evaluated<'t>) -> Option<(String, String)> {
    let parts = pieces(value);
    let [Piece::Unknown(Unknown { origin: Origin::Resource(id), .. }), rest @ ..] = parts.as_slice() else {
        return None;
    };
    let secret = view.get(id).filter(|item| item.is("AWS::SecretsManager::Secret"))?;
    let [Piece::Text(rest)] = rest else { return None };
    let form = "write `${secret}:key::`: the key, and empty stage and version".to_owned();
    let Some(rest) = rest.strip_prefix(':') else {
        return Some((
            format!("`{name}` has `{rest}` behind the ARN of `{id}`: the task can't read its secret"),
            form,
        ));
    };
    let split: Vec<&str> = rest.split(':').collect();
    let [key, _, _] = split.as_slice() else {
        let message = format!(
            "`{name}` has {} part{} behind the ARN of `{id}`, and key, stage and version are three: the task can't read its secret",
            split.len(),
            if split.len() == 1 { "" } else { "s" }
        );
        return Some((message, form));
    };
    if key.is_empty() {
        return None;
    }
    let fields = fields(view, secret)?;
    if fields.iter().any(|field| field == key) {
        return None;
    }
    let message = format!(
        "`{name}` asks for the field `{key}` of `{id}`, which has none of that name: the task stops before it starts"
    );
    let help = match (nearest(key, fields.iter().map(String::as_str)), fields.is_empty()) {
        (Some(field), _) => format!("did you mean `{field}`?"),
        (None, true) => "the secret is one text: take the key and its colons away".to_owned(),
        (None, false) => format!("its fields are {}", fields.join(", ")),
    };
    Some((message, help))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::wiring::testing::{none, only};

    const FIRST: &str = "/ApiTask/Properties/ContainerDefinitions/0/Secrets/0/ValueFrom";

    #[test]
    fn a_field_that_is_not_there_is_found() {
        let (message, _) = only("W008", &[(FIRST, json!({"Fn::Sub": "${DatabaseSecret}:passwort::"}))]);
        assert!(message.contains("field `passwort` of `DatabaseSecret`"), "{message}");
        only("W008", &[(FIRST, json!({"Fn::Sub": "${CacheSecret}:password::"}))]);
    }

    #[test]
    fn a_whole_object_is_no_password() {
        let (message, _) = only("W008", &[(FIRST, json!({"Ref": "DatabaseSecret"}))]);
        assert!(message.starts_with("`DB_PASSWORD` is given all of `DatabaseSecret`"), "{message}");
        // Another program may take it apart.
        let other = ("/ApiTask/Properties/ContainerDefinitions/0/Image", json!("example/other:1"));
        none(&[(FIRST, json!({"Ref": "DatabaseSecret"})), other]);
    }

    #[test]
    fn the_form_counts() {
        let (message, _) = only("W008", &[(FIRST, json!({"Fn::Sub": "${DatabaseSecret}:password"}))]);
        assert!(message.contains("has 1 part"), "{message}");
        only("W008", &[(FIRST, json!({"Fn::Join": ["", [{"Ref": "DatabaseSecret"}, "password"]]}))]);
    }

    #[test]
    fn attached_and_composed_fields_are_there() {
        none(&[(FIRST, json!({"Fn::Sub": "${DatabaseSecret}:username::"}))]);
        let attachment = json!({"Type": "AWS::SecretsManager::SecretTargetAttachment", "Properties": {"SecretId": {"Ref": "DatabaseSecret"}, "TargetId": {"Ref": "Database"}, "TargetType": "AWS::RDS::DBCluster"}});
        none(&[(FIRST, json!({"Fn::Sub": "${DatabaseSecret}:host::"})), ("/Attached", attachment)]);
    }
}
