//! The functions of the template language by name, and what a call looks like in JSON.

use crate::cfn::Json;

/// A function of the template language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Function {
    /// `Ref`.
    Ref,
    /// `Fn::GetAtt`.
    GetAtt,
    /// `Fn::Sub`.
    Sub,
    /// `Fn::Join`.
    Join,
    /// `Fn::Select`.
    Select,
    /// `Fn::Split`.
    Split,
    /// `Fn::If`.
    If,
    /// `Fn::FindInMap`.
    FindInMap,
    /// `Fn::ImportValue`.
    ImportValue,
    /// `Fn::GetAZs`.
    GetAzs,
    /// `Fn::Cidr`.
    Cidr,
    /// `Fn::Base64`.
    Base64,
    /// `Fn::Length`, of `AWS::LanguageExtensions`.
    Length,
    /// `Fn::ToJsonString`, of `AWS::LanguageExtensions`.
    ToJsonString,
    /// `Fn::Transform`: a macro's result.
    Transform,
    /// `Fn::GetStackOutput`: the output of a stack in another account or region.
    GetStackOutput,
    /// `Fn::Equals`, in conditions and rules.
    Equals,
    /// `Fn::And`, in conditions and rules.
    And,
    /// `Fn::Or`, in conditions and rules.
    Or,
    /// `Fn::Not`, in conditions and rules.
    Not,
    /// `Condition`, in conditions: another condition by name.
    Condition,
    /// `Fn::Contains`, in rules.
    Contains,
    /// `Fn::EachMemberEquals`, in rules.
    EachMemberEquals,
    /// `Fn::EachMemberIn`, in rules.
    EachMemberIn,
    /// `Fn::RefAll`, in rules.
    RefAll,
    /// `Fn::ValueOf`, in rules.
    ValueOf,
    /// `Fn::ValueOfAll`, in rules.
    ValueOfAll,
}

macro_rules! names {
    ($($function:ident: $name:literal),* $(,)?) => {
        impl Function {
            /// The key of a call.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$function => $name,)*
                }
            }

            fn named(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$function),)*
                    _ => None,
                }
            }
        }
    };
}

// Both ways are written out: a template has so many calls that a search through a list of names counts.
names! {
    Ref: "Ref",
    GetAtt: "Fn::GetAtt",
    Sub: "Fn::Sub",
    Join: "Fn::Join",
    Select: "Fn::Select",
    Split: "Fn::Split",
    If: "Fn::If",
    FindInMap: "Fn::FindInMap",
    ImportValue: "Fn::ImportValue",
    GetAzs: "Fn::GetAZs",
    Cidr: "Fn::Cidr",
    Base64: "Fn::Base64",
    Length: "Fn::Length",
    ToJsonString: "Fn::ToJsonString",
    Transform: "Fn::Transform",
    GetStackOutput: "Fn::GetStackOutput",
    Equals: "Fn::Equals",
    And: "Fn::And",
    Or: "Fn::Or",
    Not: "Fn::Not",
    Condition: "Condition",
    Contains: "Fn::Contains",
    EachMemberEquals: "Fn::EachMemberEquals",
    EachMemberIn: "Fn::EachMemberIn",
    RefAll: "Fn::RefAll",
    ValueOf: "Fn::ValueOf",
    ValueOfAll: "Fn::ValueOfAll",
}

impl Function {
    /// All functions.
    pub const ALL: [Self; 27] = [
        Self::Ref,
        Self::GetAtt,
        Self::Sub,
        Self::Join,
        Self::Select,
        Self::Split,
        Self::If,
        Self::FindInMap,
        Self::ImportValue,
        Self::GetAzs,
        Self::Cidr,
        Self::Base64,
        Self::Length,
        Self::ToJsonString,
        Self::Transform,
        Self::GetStackOutput,
        Self::Equals,
        Self::And,
        Self::Or,
        Self::Not,
        Self::Condition,
        Self::Contains,
        Self::EachMemberEquals,
        Self::EachMemberIn,
        Self::RefAll,
        Self::ValueOf,
        Self::ValueOfAll,
    ];

    /// The function with that key.
    pub fn from_name(name: &str) -> Option<Self> {
        // Nearly every key of a template is no function: the prefix decides.
        if name.starts_with("Fn::") || name == "Ref" || name == "Condition" {
            Self::named(name)
        } else {
            None
        }
    }

    /// Whether it gives true or false and stands in conditions and rules.
    pub fn is_logical(self) -> bool {
        matches!(
            self,
            Self::Equals
                | Self::And
                | Self::Or
                | Self::Not
                | Self::Condition
                | Self::Contains
                | Self::EachMemberEquals
                | Self::EachMemberIn
        )
    }

    /// Whether it stands in the section `Rules` only.
    pub fn is_for_rules(self) -> bool {
        matches!(
            self,
            Self::Contains
                | Self::EachMemberEquals
                | Self::EachMemberIn
                | Self::RefAll
                | Self::ValueOf
                | Self::ValueOfAll
        )
    }

    /// Whether the template needs the transform `AWS::LanguageExtensions` for it.
    ///
    /// Source: AWS CloudFormation User Guide, "`AWS::LanguageExtensions` transform".
    pub fn needs_language_extensions(self) -> bool {
        matches!(self, Self::Length | Self::ToJsonString)
    }
}

/// A call in JSON: an object whose only key is a function's name. `Condition` is a call in conditions only, where
/// [`as_logical_call`] reads it: in a property it is a key like any other.
pub fn as_call(json: &Json) -> Option<(Function, &Json)> {
    as_logical_call(json).filter(|(function, _)| *function != Function::Condition)
}

/// A call inside a condition or rule.
pub fn as_logical_call(json: &Json) -> Option<(Function, &Json)> {
    let map = json.as_object()?;
    let (key, arguments) = map.iter().next()?;
    if map.len() == 1 { Some((Function::from_name(key)?, arguments)) } else { None }
}

/// The name in an object whose only key looks like a function's and is none.
pub fn unknown_function(json: &Json) -> Option<&str> {
    let map = json.as_object()?;
    let (key, _) = map.iter().next()?;
    let unknown = map.len() == 1
        && key.starts_with("Fn::")
        && !key.starts_with("Fn::ForEach::")
        && Function::from_name(key).is_none();
    unknown.then_some(key.as_str())
}

/// One piece of a `Fn::Sub` text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubPiece<'a> {
    /// Text that stands for itself, `${!x}` already read as `${x}` by leaving the `!` out: see [`sub_pieces`].
    Text(&'a str),
    /// `${Name}` or `${Name.Attribute}`: what stands between the braces, without surrounding blanks.
    Name(&'a str),
}

/// The pieces of a `Fn::Sub` text in order. `${!Literal}` gives the texts `${` and `Literal}`; a `${` that is never
/// closed is text.
///
/// Source: AWS CloudFormation User Guide, "`Fn::Sub`".
pub fn sub_pieces(text: &str) -> Vec<SubPiece<'_>> {
    let mut pieces = Vec::with_capacity(4);
    let mut rest = text;
    let mut searched = 0;
    let opened = |text: &str| text.as_bytes().windows(2).position(|pair| pair == b"${");
    while let Some(at) = opened(&rest[searched..]).map(|at| at + searched) {
        let after = &rest[at + 2..];
        if let Some(literal) = after.strip_prefix('!') {
            pieces.push(SubPiece::Text(&rest[..at + 2]));
            rest = literal;
            searched = 0;
            continue;
        }
        match after.bytes().position(|byte| byte == b'}') {
            Some(end) if !after[..end].trim().is_empty() => {
                if at > 0 {
                    pieces.push(SubPiece::Text(&rest[..at]));
                }
                pieces.push(SubPiece::Name(after[..end].trim()));
                rest = &after[end + 1..];
                searched = 0;
            }
            Some(_) => searched = at + 2,
            None => break,
        }
    }
    if !rest.is_empty() {
        pieces.push(SubPiece::Text(rest));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_function_is_found_by_its_name() {
        for function in Function::ALL {
            assert_eq!(Function::from_name(function.name()), Some(function));
        }
        assert_eq!(Function::from_name("Fn::Nothing"), None);
        assert_eq!(Function::from_name("Refs"), None);
    }

    #[test]
    fn a_call_is_an_object_with_one_key() {
        assert_eq!(as_call(&json!({"Ref": "A"})), Some((Function::Ref, &json!("A"))));
        assert_eq!(as_call(&json!({"Ref": "A", "B": 1})), None);
        assert_eq!(as_call(&json!({"Condition": "A"})), None);
        assert_eq!(as_logical_call(&json!({"Condition": "A"})), Some((Function::Condition, &json!("A"))));
        assert_eq!(unknown_function(&json!({"Fn::Jion": []})), Some("Fn::Jion"));
    }

    #[test]
    fn sub_texts_are_cut_at_their_names() {
        use SubPiece::{Name, Text};
        assert_eq!(sub_pieces("a${B}c${ D.E }"), [Text("a"), Name("B"), Text("c"), Name("D.E")]);
        assert_eq!(sub_pieces("${!A}${B}"), [Text("${"), Text("A}"), Name("B")]);
        assert_eq!(sub_pieces("x${y"), [Text("x${y")]);
        assert_eq!(sub_pieces("${}${A}"), [Text("${}"), Name("A")]);
        assert_eq!(sub_pieces(""), []);
    }
}
