//! Names and tokens that the same command makes again, so that a run after a kill finds what the killed one began.

use std::fmt::Write;

use sha2::{Digest as _, Sha256};

/// What names of our change sets begin with.
pub const PREFIX: &str = "dify-cfn";

/// A SHA-256 in the making. Parts are told apart, so that `ab`, `c` is another one than `a`, `bc`.
#[derive(Debug, Clone, Default)]
pub struct Digest(Sha256);

impl Digest {
    /// Adds a part.
    #[must_use]
    pub fn with(mut self, part: &str) -> Self {
        self.0.update(part.len().to_le_bytes());
        self.0.update(part.as_bytes());
        self
    }

    /// Adds a part that may be missing.
    #[must_use]
    pub fn with_option(self, part: Option<&str>) -> Self {
        match part {
            Some(part) => self.with("some").with(part),
            None => self.with("none"),
        }
    }

    /// Adds parts.
    #[must_use]
    pub fn with_all<'p>(self, parts: impl IntoIterator<Item = &'p str>) -> Self {
        parts.into_iter().fold(self.with("["), Self::with).with("]")
    }

    /// The first hexadecimal digits, at most 64.
    pub fn hex(self, digits: usize) -> String {
        let mut text = String::with_capacity(64);
        for byte in self.0.finalize() {
            // Writing to a String can't fail.
            let _ = write!(text, "{byte:02x}");
        }
        text.truncate(digits);
        text
    }
}

/// The name of a change set: what it does, and the state of the stack that it was made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetName {
    /// Of what the set does.
    pub content: String,
    /// Of the stack's state.
    pub base: String,
}

impl SetName {
    /// Reads a name, or the ARN of a set with such a name; `None` if it isn't ours.
    pub fn parse(name_or_arn: &str) -> Option<Self> {
        let name = match name_or_arn.split_once(":changeSet/") {
            Some((_, rest)) => rest.split('/').next()?,
            None => name_or_arn,
        };
        let mut parts = name.strip_prefix(PREFIX)?.strip_prefix('-')?.split('-');
        let (content, base) = (parts.next()?, parts.next()?);
        let is_ours = parts.next().is_none() && content.len() == 20 && base.len() == 12;
        is_ours.then(|| Self { content: content.to_owned(), base: base.to_owned() })
    }
}

impl std::fmt::Display for SetName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{PREFIX}-{}-{}", self.content, self.base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_apart() {
        let of =
            |parts: &[&str]| parts.iter().fold(Digest::default(), |digest, part| digest.with(part)).hex(16);
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        assert_eq!(of(&["ab", "c"]), of(&["ab", "c"]));
        let none = Digest::default().with_option(None).hex(16);
        assert_ne!(none, Digest::default().with_option(Some("")).hex(16));
    }

    #[test]
    fn names_are_found_again_in_arns() {
        let name = SetName {
            content: Digest::default().with("content").hex(20),
            base: Digest::default().with("base").hex(12),
        };
        let text = name.to_string();
        assert_eq!(SetName::parse(&text), Some(name.clone()));
        let arn = format!("arn:aws:cloudformation:us-east-1:123456789012:changeSet/{text}/0f0f");
        assert_eq!(SetName::parse(&arn), Some(name));
        for other in ["dify-cfn", "dify-cfn-1", "console-2024", &format!("{text}-x"), "cdk-deploy-change-set"]
        {
            assert_eq!(SetName::parse(other), None, "{other}");
        }
    }
}
