//! What a template is checked for: its kind, and what is known of the stack that it becomes.

use std::collections::BTreeMap;

/// What a template is checked for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Options {
    /// How exact the types of values have to be.
    pub types: Types,
    /// The region that the stack will be in, if it is known.
    pub region: Option<String>,
    /// Values of parameters that are known; the others may have any value that their declaration allows.
    pub parameters: BTreeMap<String, String>,
}

/// How exact the types of values have to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Types {
    /// A number is a number and a text a text: for templates of our own, where everything else is a mistake.
    Strict,
    /// What CloudFormation converts is right: `"8"` is a number, `8` a text, `"true"` a boolean.
    #[default]
    Lax,
}
