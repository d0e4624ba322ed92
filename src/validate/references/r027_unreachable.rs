//! R027: conditions can come out either way where they are asked.

use std::collections::BTreeSet;

use crate::cfn::evaluate::{Evaluator, Function, Settings};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::references::{Link, Target};
use crate::validate::{Context, Owner, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("R027"),
    severity: Severity::Warning,
    title: "conditions can come out either way where they are asked",
    what: "For each condition, and for each `Fn::If` with the conditions around it, there are values of the parameters that make \
           it true and others that make it false.",
    why: "One of the two is never used: mostly a parameter's constraint forbids the value that the condition looks for.",
    source: "AWS CloudFormation User Guide, \"Condition functions\"",
    same_as: &["cfn-lint W1028", "cfn-lint W8003"],
};

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    if context.macros.bring_names() {
        return;
    }
    // What is given for one stack decides some conditions: here it is asked what the template itself allows.
    let of_template;
    let evaluator = if nothing_given_decides(context) {
        &context.evaluator
    } else {
        of_template = Evaluator::new(context.template, &Settings::default());
        &of_template
    };
    let mut constant: BTreeSet<&str> = BTreeSet::new();
    for name in context.template.conditions.keys() {
        let all = evaluator.shared_scenarios(&BTreeSet::from([name.as_str()]));
        let Some(always) =
            always(&all.list.iter().map(|scenario| scenario.condition(name)).collect::<Vec<_>>())
        else {
            continue;
        };
        if all.complete {
            constant.insert(name);
            let message = format!("the condition `{name}` is always {always}");
            findings.push(RULE.at(Owner::Condition(name), Owner::Condition(name).pointer(), message));
        }
    }
    for call in context.references.calls.iter().filter(|call| call.function == Some(Function::If)) {
        let Some(name) = call.arguments.get(0).and_then(|name| name.as_str()) else { continue };
        let own = match call.site.owner {
            Owner::Resource { resource, .. } => resource.condition.as_deref(),
            Owner::Output(name) => {
                context.template.outputs.get(name).and_then(|output| output.get("Condition")?.as_str())
            }
            _ => None,
        };
        if constant.contains(name) || call.guards.is_empty() && own.is_none() {
            continue;
        }
        let conditions = call.guards.iter().map(|(guard, _)| *guard).chain([name]).chain(own).collect();
        let all = evaluator.shared_scenarios(&conditions);
        let here = all.list.iter().filter(|scenario| {
            own.is_none_or(|own| scenario.condition(own) != Some(false))
                && call.guards.iter().all(|(guard, holds)| scenario.condition(guard) == Some(*holds))
        });
        if let (Some(always), true) =
            (always(&here.map(|scenario| scenario.condition(name)).collect::<Vec<_>>()), all.complete)
        {
            let message = format!("`{name}` is always {always} here");
            let which = if always { "first" } else { "second" };
            findings.push(
                RULE.at(call.site.owner, call.site.pointer(), message)
                    .help(format!("write the {which} value alone")),
            );
        }
    }
}

/// Whether what is given for the stack decides none of the conditions of one of our own templates, which are small: then what was
/// found out with it is true without it.
fn nothing_given_decides(context: &Context<'_>) -> bool {
    let is_given = |name: &str| name.starts_with("AWS::") || context.options.parameters.contains_key(name);
    let decides = |link: &Link<'_>| {
        matches!(link.site.owner, Owner::Condition(_) | Owner::Rule(_))
            && matches!(link.target, Target::Name(name) if is_given(name))
    };
    !context.is_foreign() && !context.references.links.iter().any(decides)
}

/// The only answer among several; `None` if there are two, none, or one isn't known.
fn always(answers: &[Option<bool>]) -> Option<bool> {
    let first = (*answers.first()?)?;
    answers.iter().all(|answer| *answer == Some(first)).then_some(first)
}

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "JSON is written on the spot")]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::testing::{none, only};

    fn template(parameter: Json, value: Json) -> Json {
        json!({
            "Parameters": {"Zone": parameter},
            "Conditions": {"HasZone": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Zone"}, ""]}]}},
            "Outputs": {"It": {"Value": value}},
        })
    }

    #[test]
    fn a_condition_that_cannot_be_false_is_found() {
        let value = json!({"Fn::If": ["HasZone", "a", "b"]});
        let (message, pointer) =
            only("R027", template(json!({"Type": "AWS::Route53::HostedZone::Id"}), value.clone()));
        assert_eq!(message, "the condition `HasZone` is always true");
        assert_eq!(pointer, "/Conditions/HasZone");
        none("R027", template(json!({"Type": "String"}), value));
    }

    #[test]
    fn a_condition_that_was_asked_before_is_found() {
        let value = json!({"Fn::If": ["HasZone", {"Fn::If": ["HasZone", "a", "b"]}, "c"]});
        let (message, pointer) = only("R027", template(json!({"Type": "String"}), value));
        assert_eq!(message, "`HasZone` is always true here");
        assert_eq!(pointer, "/Outputs/It/Value/Fn::If/1/Fn::If");
    }
}
