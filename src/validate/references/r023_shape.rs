//! R023: references give the kind of value that is needed. Found by the schema layer, at the keyword `type`.

use crate::diagnostic::{Code, Severity};
use crate::validate::Rule;

pub(in crate::validate) static RULE: Rule = Rule {
    code: Code("R023"),
    severity: Severity::Error,
    title: "references give the kind of value that is needed",
    what: "A reference or function gives a list where a list is needed, and a single value where one is.",
    why: "The stack fails: \"Value of property … must be of type List of String\".",
    source: "AWS CloudFormation User Guide, \"Intrinsic function reference\"; types in the registry schemas",
    same_as: &["cfn-lint E1010", "cfn-lint E1020", "cfn-lint E3012"],
};
