//! What characters a generated secret can hold, and where its value is used.

use std::collections::BTreeSet;

use crate::cfn::evaluate::{Evaluated, Origin, Piece, Unknown};

use super::{Item, View, pieces};

/// The punctuation that Secrets Manager generates.
///
/// Source: AWS Secrets Manager API Reference, "`GetRandomPassword`".
const PUNCTUATION: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

/// What is known of a generated value.
pub(in crate::validate) struct Generated {
    /// The punctuation and space that it can hold.
    pub(in crate::validate) special: BTreeSet<char>,
    /// How long it is.
    pub(in crate::validate) length: i64,
}

/// How the secret's value, or the field of it that is asked for, is generated; `None` if it isn't, or isn't known.
pub(in crate::validate) fn generated(secret: &Item<'_>, field: Option<&str>) -> Option<Generated> {
    let generate = secret.get("GenerateSecretString")?;
    if let Some(key) = generate.get("GenerateStringKey") {
        // Other fields are given.
        if field != Some(key.text()?.as_ref()) {
            return None;
        }
    }
    let flag = |name: &str| match generate.get(name) {
        Some(value) => value.boolean(),
        None => Some(false),
    };
    let mut special = BTreeSet::new();
    if !flag("ExcludePunctuation")? {
        special.extend(PUNCTUATION.chars());
    }
    if flag("IncludeSpace")? {
        special.insert(' ');
    }
    if let Some(excluded) = generate.get("ExcludeCharacters") {
        for character in excluded.text()?.chars() {
            special.remove(&character);
        }
    }
    let length = match generate.get("PasswordLength") {
        Some(length) => length.integer()?,
        None => 32,
    };
    Some(Generated { special, length })
}

/// The secrets of the template whose value is in a text, each with the field that is asked for.
pub(in crate::validate) fn resolved<'v, 't>(
    view: &'v View<'_, 't>,
    value: &Evaluated<'t>,
) -> Vec<(&'v Item<'t>, Option<String>)> {
    resolved_in(view, &pieces(value))
}

/// The same of a text's parts.
pub(in crate::validate) fn resolved_in<'v, 't>(
    view: &'v View<'_, 't>,
    parts: &[Piece<'t>],
) -> Vec<(&'v Item<'t>, Option<String>)> {
    parts.iter().filter_map(|piece| one(view, piece)).collect()
}

/// The secret in a dynamic reference.
pub(in crate::validate) fn one<'v, 't>(
    view: &'v View<'_, 't>,
    piece: &Piece<'t>,
) -> Option<(&'v Item<'t>, Option<String>)> {
    let Piece::Unknown(Unknown { origin: Origin::Dynamic(body), .. }) = piece else { return None };
    let mut text = String::new();
    let mut secret = None;
    for part in body {
        match part {
            Piece::Text(known) => text.push_str(known),
            Piece::Unknown(Unknown { origin: Origin::Resource(id), .. }) => secret = view.get(id),
            Piece::Unknown(_) => return None,
        }
    }
    let secret = secret.filter(|item| item.is("AWS::SecretsManager::Secret"))?;
    // What is left is `secretsmanager::SecretString:field:stage:version`.
    let field = text.split(':').nth(3).filter(|field| !field.is_empty()).map(ToOwned::to_owned);
    Some((secret, field))
}
