//! R018: mappings are used.

use crate::cfn::evaluate::Function;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::context::escape;
use crate::validate::references::Target;
use crate::validate::{Context, Owner, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("R018"),
    severity: Severity::Warning,
    title: "mappings are used",
    what: "Every mapping is looked into by a `Fn::FindInMap`.",
    why: "The values in it change nothing.",
    source: "AWS CloudFormation User Guide, \"Mappings\"",
    same_as: &["cfn-lint W7001"],
};

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    // The mapping's name can be computed, and a macro can bring look-ups of its own.
    let computed = context.references.calls.iter().any(|call| {
        call.function == Some(Function::FindInMap)
            && !call.arguments.get(0).is_some_and(serde_json::Value::is_string)
            || call.function == Some(Function::Transform)
    });
    if computed || context.macros.bring_names() {
        return;
    }
    let links = &context.references.links;
    for name in context.template.mappings.keys().filter(|name| !context.macros.mention(name)) {
        if !links.iter().any(|link| link.target == Target::Mapping(name)) {
            findings.push(RULE.at(
                Owner::Mapping(name),
                format!("/Mappings/{}", escape(name)),
                format!("nothing looks into the mapping `{name}`"),
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::testing::{none, only};

    #[test]
    fn an_unused_mapping_is_found() {
        let (message, _) = only("R018", json!({"Mappings": {"M": {"a": {"b": "c"}}}}));
        assert_eq!(message, "nothing looks into the mapping `M`");
    }

    #[test]
    fn used_ones_are_not() {
        none(
            "R018",
            json!({"Mappings": {"M": {"a": {"b": "c"}}}, "Outputs": {"O": {"Value": {"Fn::FindInMap": ["M", "a", "b"]}}}}),
        );
    }
}
