//! The names of the intrinsic functions, and their short forms in YAML.
//!
//! Source: AWS CloudFormation User Guide, "Intrinsic function reference" and "Rule-specific intrinsic functions".

/// What the names of most functions begin with.
const PREFIX: &str = "Fn::";

/// Functions whose name is the short form's tag without `!`.
const UNPREFIXED: [&str; 2] = ["Ref", "Condition"];

/// Functions whose name has `Fn::` before the short form's tag without `!`.
const PREFIXED: [&str; 25] = [
    "Fn::And",
    "Fn::Base64",
    "Fn::Cidr",
    "Fn::Contains",
    "Fn::EachMemberEquals",
    "Fn::EachMemberIn",
    "Fn::Equals",
    "Fn::FindInMap",
    "Fn::GetAtt",
    "Fn::GetAZs",
    "Fn::GetStackOutput",
    "Fn::If",
    "Fn::ImportValue",
    "Fn::Join",
    "Fn::Length",
    "Fn::Not",
    "Fn::Or",
    "Fn::RefAll",
    "Fn::Select",
    "Fn::Split",
    "Fn::Sub",
    "Fn::ToJsonString",
    "Fn::Transform",
    "Fn::ValueOf",
    "Fn::ValueOfAll",
];

/// The name of the function that a tag such as `!GetAtt` stands for.
pub(super) fn of_tag(tag: &str) -> Option<&'static str> {
    let short = tag.strip_prefix('!')?;
    names().find(|name| bare(name) == short)
}

/// The name of a function without its prefix, if it is one: `GetAtt` for `Fn::GetAtt`.
pub(super) fn short(name: &str) -> Option<&'static str> {
    let functions = if name.starts_with(PREFIX) { &PREFIXED[..] } else { &UNPREFIXED };
    functions.iter().find(|function| **function == name).map(|function| bare(function))
}

/// The tags of all functions.
pub(super) fn tags() -> impl Iterator<Item = &'static str> {
    names().map(bare)
}

fn names() -> impl Iterator<Item = &'static str> {
    UNPREFIXED.into_iter().chain(PREFIXED)
}

fn bare(name: &'static str) -> &'static str {
    name.strip_prefix(PREFIX).unwrap_or(name)
}

/// Whether a key stands for what a macro puts in its place: `Fn::ForEach::…` or `Fn::Transform`.
pub fn is_macro_key(key: &str) -> bool {
    // Nearly every key of a template is no function: the prefix decides.
    key.strip_prefix("Fn::").is_some_and(|name| name == "Transform" || name.starts_with("ForEach::"))
}
