//! R024: references lead to what is needed. Found by the schema layer, at the keyword `format`.

use crate::diagnostic::{Code, Severity};
use crate::validate::Rule;

pub(in crate::validate) static RULE: Rule = Rule {
    code: Code("R024"),
    severity: Severity::Error,
    title: "references lead to what is needed",
    what: "Where a property takes the id, name or ARN of one kind of resource, a reference gives that and not the one of \
           another kind.",
    why: "The stack fails when the resource is created: \"The security group 'subnet-…' does not exist\".",
    source: "cfn-lint's schemas, `format` of properties and attributes; AWS CloudFormation User Guide, \"Supported \
             AWS-specific parameter types\"",
    same_as: &["cfn-lint E1040", "cfn-lint E1041"],
};
