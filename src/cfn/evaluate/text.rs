//! Texts of known and unknown parts, and the dynamic references in them.

use std::borrow::Cow;

use super::value::{Data, Kind, Origin, Piece, Unknown};

/// Joins parts to a text: known if all of them are.
///
/// Neighbouring known parts become one, and `{{resolve:…}}` becomes an unknown of its own, also where parts of it are
/// unknown themselves.
pub(super) fn compose<'t>(parts: impl IntoIterator<Item = Piece<'t>>) -> Data<'t> {
    let mut pieces = resolve_dynamic(merge(parts));
    match pieces.as_mut_slice() {
        [] => Data::Text(Cow::Borrowed("")),
        [Piece::Text(_)] => match pieces.remove(0) {
            Piece::Text(text) => Data::Text(text),
            Piece::Unknown(unknown) => Data::Unknown(unknown),
        },
        [Piece::Unknown(unknown)] => Data::Unknown(Unknown { kind: Kind::Scalar, ..unknown.clone() }),
        _ => Data::unknown(Kind::Scalar, Origin::Text(pieces)),
    }
}

/// A literal text: unknown in part if it holds a dynamic reference.
pub(super) fn literal(text: &str) -> Data<'_> {
    if is_dynamic(text) {
        compose([Piece::Text(Cow::Borrowed(text))])
    } else {
        Data::Text(Cow::Borrowed(text))
    }
}

fn merge<'t>(parts: impl IntoIterator<Item = Piece<'t>>) -> Vec<Piece<'t>> {
    let parts = parts.into_iter();
    let mut pieces: Vec<Piece<'t>> = Vec::with_capacity(parts.size_hint().0);
    for part in parts {
        match (pieces.last_mut(), part) {
            (_, Piece::Text(text)) if text.is_empty() => {}
            (Some(Piece::Text(before)), Piece::Text(text)) => before.to_mut().push_str(&text),
            (_, part) => pieces.push(part),
        }
    }
    pieces
}

const OPEN: &str = "{{resolve:";
const CLOSE: &str = "}}";

/// Whether a dynamic reference begins in the text.
fn is_dynamic(text: &str) -> bool {
    // The first look finds most texts out, and is the cheaper one.
    text.as_bytes().contains(&b'{') && text.contains(OPEN)
}

fn resolve_dynamic(pieces: Vec<Piece<'_>>) -> Vec<Piece<'_>> {
    if !pieces.iter().any(|piece| matches!(piece, Piece::Text(text) if is_dynamic(text))) {
        return pieces;
    }
    let mut outside: Vec<Piece<'_>> = Vec::new();
    // The parts of the reference that is open, if one is.
    let mut inside: Option<Vec<Piece<'_>>> = None;
    for piece in pieces {
        let Piece::Text(text) = piece else {
            inside.as_mut().unwrap_or(&mut outside).push(piece);
            continue;
        };
        let mut rest = text.as_ref();
        loop {
            match &mut inside {
                None => match rest.split_once(OPEN) {
                    Some((before, after)) => {
                        push_text(&mut outside, before);
                        inside = Some(Vec::new());
                        rest = after;
                    }
                    None => break push_text(&mut outside, rest),
                },
                Some(body) => match rest.split_once(CLOSE) {
                    Some((before, after)) => {
                        push_text(body, before);
                        let body = std::mem::take(body);
                        inside = None;
                        outside.push(Piece::Unknown(Unknown {
                            kind: Kind::Scalar,
                            origin: Origin::Dynamic(body),
                        }));
                        rest = after;
                    }
                    None => break push_text(body, rest),
                },
            }
        }
    }
    // A reference that is never closed is text.
    if let Some(body) = inside {
        push_text(&mut outside, OPEN);
        outside.extend(body);
        return merge(outside);
    }
    outside
}

/// Cuts a text of known and unknown parts at a separator; `None` if it may be in an unknown part too.
///
/// Account, partition, region and stack name have letters, digits and hyphens only (AWS `CloudFormation` User Guide, "Pseudo
/// parameters reference" and "`CreateStack`"), so that no other separator is in them or reaches into them.
pub(super) fn split<'t>(pieces: &[Piece<'t>], separator: &str) -> Option<Vec<Vec<Piece<'t>>>> {
    if separator.contains(|c: char| c.is_ascii_alphanumeric() || c == '-') {
        return None;
    }
    let mut items = vec![Vec::new()];
    for piece in pieces {
        match piece {
            Piece::Text(text) => {
                let mut parts = text.split(separator);
                let first = parts.next().unwrap_or_default();
                items.last_mut()?.push(Piece::Text(Cow::Owned(first.to_owned())));
                items.extend(parts.map(|part| vec![Piece::Text(Cow::Owned(part.to_owned()))]));
            }
            Piece::Unknown(Unknown {
                origin: Origin::Pseudo("AWS::AccountId" | "AWS::Partition" | "AWS::Region" | "AWS::StackName"),
                ..
            }) => items.last_mut()?.push(piece.clone()),
            Piece::Unknown(_) => return None,
        }
    }
    Some(items)
}

fn push_text(pieces: &mut Vec<Piece<'_>>, text: &str) {
    if !text.is_empty() {
        pieces.push(Piece::Text(Cow::Owned(text.to_owned())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(name: &str) -> Piece<'_> {
        Piece::Unknown(Unknown { kind: Kind::Scalar, origin: Origin::Resource(name) })
    }

    fn shown(data: &Data<'_>) -> String {
        match data {
            Data::Text(text) => text.to_string(),
            Data::Unknown(unknown) => format!("<{unknown}>"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn known_parts_make_a_known_text() {
        assert_eq!(compose(["a", "", "b"].map(|text| Piece::Text(text.into()))), Data::Text("ab".into()));
        assert_eq!(compose([]), Data::Text("".into()));
    }

    #[test]
    fn a_single_unknown_stays_what_it_is() {
        assert_eq!(compose([reference("A")]), Data::unknown(Kind::Scalar, Origin::Resource("A")));
        assert_eq!(shown(&compose([reference("A"), Piece::Text("/*".into())])), "<${A}/*>");
    }

    #[test]
    fn dynamic_references_are_found_across_parts() {
        let data = compose([
            Piece::Text("x{{resolve:secretsmanager:".into()),
            reference("Secret"),
            Piece::Text(":SecretString:k}}y".into()),
        ]);
        let Data::Unknown(Unknown { origin: Origin::Text(pieces), .. }) = &data else { panic!("{data:?}") };
        assert_eq!(pieces.len(), 3);
        let Piece::Unknown(Unknown { origin: Origin::Dynamic(body), .. }) = &pieces[1] else {
            panic!("{data:?}")
        };
        assert_eq!(body.len(), 3);
        assert_eq!(shown(&data), "<x{{resolve:secretsmanager:${Secret}:SecretString:k}}y>");
    }

    #[test]
    fn a_literal_can_be_a_dynamic_reference() {
        assert!(matches!(
            literal("{{resolve:ssm:/a}}"),
            Data::Unknown(Unknown { origin: Origin::Dynamic(_), .. })
        ));
        assert_eq!(literal("{{resolve:ssm:/a"), Data::Text("{{resolve:ssm:/a".into()));
        assert_eq!(literal("{{x}}"), Data::Text("{{x}}".into()));
    }
}
