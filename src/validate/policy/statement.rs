//! Statements of policies: what they allow, to whom, on what.

use crate::cfn::evaluate::{Evaluated, Piece};
use crate::validate::model::{Item, View, pieces};

/// The statements of a policy document; `None` if they aren't known.
pub(super) fn statements<'v, 't>(document: Option<&'v Evaluated<'t>>) -> Option<Vec<&'v Evaluated<'t>>> {
    let Some(document) = document else { return Some(Vec::new()) };
    if document.unknown().is_some() {
        return None;
    }
    let Some(statements) = document.get("Statement") else { return Some(Vec::new()) };
    if statements.unknown().is_some() {
        return None;
    }
    Some(one_or_many(statements).iter().collect())
}

/// A list, or one value in place of a list of one.
pub(super) fn one_or_many<'v, 't>(value: &'v Evaluated<'t>) -> &'v [Evaluated<'t>] {
    if value.items().is_empty() { std::slice::from_ref(value) } else { value.items() }
}

/// Whether the statement allows something, whatever the circumstances.
pub(super) fn allows(statement: &Evaluated<'_>) -> bool {
    statement.get("Effect").and_then(Evaluated::text).as_deref() == Some("Allow")
        && statement.get("Condition").is_none()
}

/// The values of a member as texts, as far as they are known.
pub(super) fn texts<'v, 't>(
    statement: &'v Evaluated<'t>,
    member: &str,
) -> impl Iterator<Item = (&'v Evaluated<'t>, String)> + use<'v, 't> {
    let values = statement.get(member).map_or(&[][..], one_or_many);
    values.iter().filter_map(|value| Some((value, value.text()?.into_owned())))
}

/// Whether the statement is about every resource.
pub(super) fn is_about_everything(statement: &Evaluated<'_>) -> bool {
    texts(statement, "Resource").any(|(_, text)| text == "*")
}

/// Whether the statement is for anyone in the world.
pub(super) fn is_for_anyone(statement: &Evaluated<'_>) -> bool {
    let Some(principal) = statement.get("Principal") else { return false };
    let is_star = |value: &Evaluated<'_>| value.text().as_deref() == Some("*");
    is_star(principal) || principal.get("AWS").is_some_and(|names| one_or_many(names).iter().any(is_star))
}

/// The documents of identities, each with the resource that it stands in.
pub(super) fn identity_documents<'v, 't>(
    view: &'v View<'_, 't>,
) -> impl Iterator<Item = (&'v Item<'t>, &'v Evaluated<'t>)> {
    let inline = ["AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group"];
    let own = [
        "AWS::IAM::Policy",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::RolePolicy",
        "AWS::IAM::UserPolicy",
        "AWS::IAM::GroupPolicy",
    ];
    let inline = inline.into_iter().flat_map(|name| view.of(name)).flat_map(|item| {
        item.items("Policies").iter().filter_map(move |policy| Some((item, policy.get("PolicyDocument")?)))
    });
    let own = own
        .into_iter()
        .flat_map(|name| view.of(name))
        .filter_map(|item| Some((item, item.get("PolicyDocument")?)));
    inline.chain(own)
}

/// The end of a text whose beginning may not be known, such as an ARN with the partition in it.
pub(super) fn known_end(value: &Evaluated<'_>) -> Option<String> {
    match pieces(value).last()? {
        Piece::Text(text) => Some(text.to_string()),
        Piece::Unknown(_) => None,
    }
}
