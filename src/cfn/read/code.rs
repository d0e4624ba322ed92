//! The codes of what can be wrong with the form of a template.

use crate::diagnostic::codes;

codes! {
    /// The document is no map of sections.
    pub const NOT_A_TEMPLATE: Code = Code("D101");
    /// A section that CloudFormation doesn't know.
    pub const UNKNOWN_SECTION: Code = Code("D102");
    /// A section, resource or attribute of a wrong type.
    pub const WRONG_TYPE: Code = Code("D103");
    /// No resources.
    pub const NO_RESOURCES: Code = Code("D104");
    /// A resource without `Type`.
    pub const NO_TYPE: Code = Code("D105");
    /// A tag that isn't a function.
    pub const UNKNOWN_TAG: Code = Code("D106");
    /// A null, which CloudFormation refuses anywhere.
    pub const NULL: Code = Code("D107");
    /// A YAML alias, which CloudFormation refuses.
    pub const ALIAS: Code = Code("D108");
    /// A scalar that CloudFormation's YAML 1.1 doesn't take for what it looks like.
    pub const OLD_YAML: Code = Code("D109");
    /// A loop (`Fn::ForEach`) that CloudFormation can't write out.
    pub const LOOP: Code = Code("D110");
}
