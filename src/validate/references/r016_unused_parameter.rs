//! R016: parameters are used.

use crate::cfn::evaluate::Function;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::context::escape;
use crate::validate::references::Target;
use crate::validate::{Context, Owner, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("R016"),
    severity: Severity::Warning,
    title: "parameters are used",
    what: "Every parameter is referred to by a resource, an output, a condition or a rule.",
    why: "Whoever creates the stack is asked for something that changes nothing.",
    source: "AWS CloudFormation User Guide, \"Parameters\"",
    same_as: &["cfn-lint W2001"],
};

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    // A macro sees all parameters, and a rule can ask for all of a type.
    let by_type = context.references.calls.iter().any(|call| {
        matches!(
            call.function,
            Some(Function::RefAll | Function::ValueOf | Function::ValueOfAll | Function::Transform)
        )
    });
    if by_type || context.macros.bring_names() {
        return;
    }
    let links = &context.references.links;
    let parameters_named = links.iter().filter(|link| link.to.is_none()).map(|link| link.target);
    let mut used: Vec<&str> = parameters_named
        .filter_map(|target| if let Target::Name(name) = target { Some(name) } else { None })
        .collect();
    used.sort_unstable();
    // A resource may have the same name, which R022 tells.
    let is_named = |name: &str| links.iter().any(|link| link.target == Target::Name(name));
    let is_used = |name: &str| used.binary_search(&name).is_ok() || is_named(name);
    let parameters = context.template.parameters.keys().filter(|name| !context.macros.mention(name));
    for name in parameters.filter(|name| !is_used(name)) {
        findings.push(RULE.at(
            Owner::Parameter(name),
            format!("/Parameters/{}", escape(name)),
            format!("nothing refers to the parameter `{name}`"),
        ));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::testing::{none, only};

    #[test]
    fn an_unused_parameter_is_found() {
        let (message, pointer) = only(
            "R016",
            json!({"Parameters": {"A": {"Type": "String"}, "B": {"Type": "String"}}, "Outputs": {"O": {"Value": {"Ref": "A"}}}}),
        );
        assert_eq!(message, "nothing refers to the parameter `B`");
        assert_eq!(pointer, "/Parameters/B");
    }

    #[test]
    fn used_ones_and_those_that_a_macro_sees_are_not() {
        none(
            "R016",
            json!({"Parameters": {"A": {"Type": "String"}}, "Outputs": {"O": {"Value": {"Fn::Sub": "x${A}"}}}}),
        );
        none("R016", json!({"Transform": "Some::Macro", "Parameters": {"A": {"Type": "String"}}}));
    }
}
