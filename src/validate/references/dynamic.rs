//! `{{resolve:…}}` texts, found and taken apart.

use crate::cfn::evaluate::{SubPiece, sub_pieces};

use super::Text;

/// A dynamic reference in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// What stands between `{{resolve:` and `}}`. A placeholder of `Fn::Sub` in it is one character, [`PLACEHOLDER`].
    pub(super) body: String,
}

/// Stands for what a placeholder gives.
pub(super) const PLACEHOLDER: char = '\u{1a}';

impl Found {
    /// `ssm`, `ssm-secure`, `secretsmanager`.
    pub(super) fn service(&self) -> &str {
        self.body.split(':').next().unwrap_or_default()
    }
}

/// The dynamic references in a text; of the text of a `Fn::Sub` with its placeholders.
pub(super) fn references(text: &Text<'_>) -> Vec<Found> {
    if text.may_be_dynamic { found_in(text.text, text.in_sub) } else { Vec::new() }
}

fn found_in(text: &str, in_sub: bool) -> Vec<Found> {
    let text = if in_sub {
        let pieces = sub_pieces(text).into_iter().map(|piece| match piece {
            SubPiece::Text(text) => text.to_owned(),
            SubPiece::Name(_) => PLACEHOLDER.to_string(),
        });
        pieces.collect::<String>()
    } else {
        text.to_owned()
    };
    let mut found = Vec::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find("{{resolve:") {
        let after = &rest[at + "{{resolve:".len()..];
        let Some(end) = after.find("}}") else { break };
        found.push(Found { body: after[..end].to_owned() });
        rest = &after[end + 2..];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_found_inside_texts() {
        let found = found_in("a{{resolve:ssm:/x:1}}b{{resolve:secretsmanager:s:SecretString:k}}", false);
        assert_eq!(found[0].body, "ssm:/x:1");
        assert_eq!(found[1].service(), "secretsmanager");
        assert_eq!(found_in("{{resolve:ssm:/x", false), []);
    }

    #[test]
    fn placeholders_are_one_character() {
        let found = found_in("{{resolve:secretsmanager:${Secret}:SecretString:k}}", true);
        assert_eq!(found[0].body, "secretsmanager:\u{1a}:SecretString:k");
    }
}
