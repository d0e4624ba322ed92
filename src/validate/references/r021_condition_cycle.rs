//! R021: no condition depends on itself.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::context::escape;
use crate::validate::references::Target;
use crate::validate::{Context, Owner, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("R021"),
    severity: Severity::Error,
    title: "no condition depends on itself",
    what: "Conditions that name other conditions never lead back to where they started.",
    why: "CloudFormation refuses the template: \"Found circular condition dependency\".",
    source: "AWS CloudFormation User Guide, \"Condition functions\"",
    same_as: &[],
};

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    let conditions = &context.template.conditions;
    let mut needs: Vec<Vec<usize>> = vec![Vec::new(); conditions.len()];
    let index = |name: &str| conditions.keys().position(|condition| condition == name);
    for link in &context.references.links {
        let (Owner::Condition(name), Target::Condition(other)) = (link.site.owner, link.target) else {
            continue;
        };
        if let (Some(from), Some(to)) = (index(name), index(other)) {
            needs[from].push(to);
        }
    }
    // What depends on nothing, or only on what is settled, is settled; the rest is in or behind a circle.
    let mut settled = vec![false; needs.len()];
    loop {
        let next: Vec<usize> = (0..needs.len())
            .filter(|node| !settled[*node] && needs[*node].iter().all(|need| settled[*need]))
            .collect();
        if next.is_empty() {
            break;
        }
        for node in next {
            settled[node] = true;
        }
    }
    let Some(start) = settled.iter().position(|settled| !settled) else { return };
    // Following unsettled needs must come back to a condition that was passed before.
    let (mut path, mut node) = (Vec::new(), start);
    while !path.contains(&node) {
        path.push(node);
        let Some(&next) = needs[node].iter().find(|need| !settled[**need]) else { return };
        node = next;
    }
    let names: Vec<&str> = conditions.keys().map(String::as_str).collect();
    let around = path.iter().skip_while(|passed| **passed != node).chain([&node]);
    let around: Vec<_> = around.map(|node| format!("`{}`", names[*node])).collect();
    findings.push(RULE.at(
        Owner::Condition(names[node]),
        format!("/Conditions/{}", escape(names[node])),
        format!("conditions depend on each other in a circle: {}", around.join(" → ")),
    ));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::testing::{none, only};

    #[test]
    fn a_circle_is_found() {
        let not = |name: &str| json!({"Fn::Not": [{"Condition": name}]});
        let (message, _) = only("R021", json!({"Conditions": {"A": not("B"), "B": not("C"), "C": not("B")}}));
        assert_eq!(message, "conditions depend on each other in a circle: `B` → `C` → `B`");
    }

    #[test]
    fn a_chain_is_not() {
        none(
            "R021",
            json!({"Conditions": {"A": {"Fn::Not": [{"Condition": "B"}]}, "B": {"Fn::Equals": ["a", "b"]}}}),
        );
    }
}
