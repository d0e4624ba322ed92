//! W181: rules of a web ACL have an action, and priorities, names and labels of their own.

use std::collections::BTreeSet;

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;
use crate::validate::wiring::model::{Item, View};

use super::statement::{containers, members};

pub(in crate::validate::wiring) static RULE: Rule = Rule {
    code: Code("W181"),
    severity: Severity::Error,
    title: "a rule of a web ACL has one action, and a priority and name of its own",
    what: "A rule has `Action`, or `OverrideAction` where its statement is a group of rules, with exactly one member; priorities and names are unique in a web ACL or a rule group; labels are unique in a rule, of 1 to 8 parts of 1 to 128 characters each, without a reserved word, and a rule with a group has none.",
    why: "WAF refuses the web ACL: \"You have used none or multiple values for a field that requires exactly one value\", \"Priorities must be unique\".",
    source: "AWS WAF API Reference, \"Rule\"; AWS WAF Developer Guide, \"Label syntax and naming requirements\"",
    same_as: &[
        "cdk-preflight pf-wafv2-rule-action",
        "cdk-preflight pf-wafv2-rule-unique",
        "cdk-preflight pf-wafv2-label-syntax",
    ],
};

const GROUPS: [&str; 2] = ["ManagedRuleGroupStatement", "RuleGroupReferenceStatement"];
/// Words that no part of a label may be.
const RESERVED: [&str; 8] =
    ["aws", "awswaf", "waf", "managed", "rulegroup", "webacl", "regexpatternset", "ipset"];

pub(in crate::validate::wiring) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for item in containers(view) {
        let (mut priorities, mut names) = (BTreeSet::new(), BTreeSet::new());
        for rule in item.items("Rules") {
            if let Some(value) = rule.get("Priority")
                && let Some(priority) = value.integer()
                && !priorities.insert(priority)
            {
                let message = format!("another rule has the priority {priority}");
                findings.push(refusal(item, value, &message, "number the rules"));
            }
            if let Some(value) = rule.get("Name")
                && let Some(name) = value.text()
                && !names.insert(name.clone())
            {
                let message = format!("another rule is called \"{name}\"");
                findings.push(refusal(item, value, &message, "name each rule otherwise"));
            }
            let statement = rule.get("Statement").map(members).unwrap_or_default();
            let is_group = statement.iter().any(|(kind, _)| GROUPS.contains(kind));
            if !statement.is_empty() {
                findings.extend(action(item, rule, is_group));
            }
            labels(item, rule, is_group, findings);
        }
    }
}

fn refusal<'t>(item: &Item<'t>, value: &Evaluated<'t>, message: &str, help: &str) -> Diagnostic {
    item.finding_at(&RULE, value, format!("{message}: WAF refuses the web ACL")).help(help)
}

fn action<'t>(item: &Item<'t>, rule: &Evaluated<'t>, is_group: bool) -> Option<Diagnostic> {
    let (value, message, help) = match (rule.get("Action"), rule.get("OverrideAction")) {
        (Some(_), Some(both)) => {
            (both, "the rule has both `Action` and `OverrideAction`".to_owned(), "keep one of the two")
        }
        (None, None) => {
            let name = if is_group { "OverrideAction" } else { "Action" };
            (rule, format!("the rule has no `{name}`"), "say what is done with a request that matches")
        }
        (Some(action), None) if is_group => {
            (action, "a group of rules takes no `Action`".to_owned(), "write `OverrideAction: {None: {}}`")
        }
        (None, Some(action)) if !is_group => {
            (action, "only a group of rules takes `OverrideAction`".to_owned(), "write `Action`")
        }
        (Some(action), None) | (None, Some(action)) => {
            let count = members(action).len();
            if count == 1 || action.unknown().is_some() {
                return None;
            }
            (action, format!("{count} actions, and one is needed"), "keep one of them")
        }
    };
    Some(refusal(item, value, &message, help))
}

fn labels<'t>(item: &Item<'t>, rule: &Evaluated<'t>, is_group: bool, findings: &mut Vec<Diagnostic>) {
    let mut seen = BTreeSet::new();
    for value in rule.get("RuleLabels").map(Evaluated::items).unwrap_or_default() {
        let Some(label) = value.get("Name").and_then(Evaluated::text) else { continue };
        if let Some(fault) = fault(&label) {
            let message = format!("the label \"{label}\" {fault}");
            findings.push(refusal(item, value, &message, "write names with a colon between them"));
        }
        if !seen.insert(label.clone()) {
            findings.push(refusal(item, value, &format!("the label \"{label}\" is there twice"), "keep one"));
        }
        if is_group {
            findings.push(refusal(
                item,
                value,
                "a group of rules gives its own labels only",
                "take the label away",
            ));
        }
    }
}

fn fault(label: &str) -> Option<String> {
    let parts: Vec<&str> = label.split(':').collect();
    if parts.iter().any(|part| part.is_empty()) {
        return Some("has an empty part".to_owned());
    }
    if parts.len() > 8 {
        return Some(format!("has {} parts, 8 are the most", parts.len()));
    }
    if parts.iter().any(|part| part.len() > 128) {
        return Some("has a part of more than 128 characters".to_owned());
    }
    parts.iter().find(|part| RESERVED.contains(part)).map(|part| format!("has the reserved word `{part}`"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::super::statement::testing::{acl, messages, rule};

    fn of(rules: &Json) -> Vec<String> {
        messages("W181", &acl(rules, &json!({})))
    }

    fn geo() -> Json {
        json!({"GeoMatchStatement": {"CountryCodes": ["JP"]}})
    }

    fn group() -> Json {
        json!({"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"}})
    }

    #[test]
    fn rules_have_one_action() {
        let none = json!({"Action": null, "OverrideAction": {"None": {}}});
        assert_eq!(of(&json!([rule(&geo(), &json!({}))])), [""; 0]);
        assert_eq!(of(&json!([rule(&group(), &none)])), [""; 0]);
        for bad in [
            rule(&geo(), &none),
            rule(&group(), &json!({})),
            rule(&geo(), &json!({"OverrideAction": {"None": {}}})),
            rule(&geo(), &json!({"Action": null})),
            rule(&geo(), &json!({"Action": {"Block": {}, "Allow": {}}})),
        ] {
            assert_eq!(of(&json!([bad])).len(), 1, "{bad}");
        }
    }

    #[test]
    fn priorities_and_names_are_unique() {
        let second = |more: Json| json!([rule(&geo(), &json!({})), rule(&geo(), &more)]);
        assert_eq!(of(&second(json!({"Name": "s", "Priority": 1}))), [""; 0]);
        assert_eq!(of(&second(json!({"Name": "s"}))).len(), 1);
        assert_eq!(of(&second(json!({"Priority": 1}))).len(), 1);
    }

    #[test]
    fn labels_have_parts() {
        let label = |name: &str| of(&json!([rule(&geo(), &json!({"RuleLabels": [{"Name": name}]}))])).len();
        assert_eq!((label("own:a"), label("own::a"), label("aws:a")), (0, 1, 1));
        assert_eq!((label(&"a:".repeat(8)), label(&"a".repeat(129))), (1, 1));
        let twice = json!({"RuleLabels": [{"Name": "a"}, {"Name": "a"}]});
        assert_eq!(of(&json!([rule(&geo(), &twice)])).len(), 1);
    }
}
