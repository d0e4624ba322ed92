//! W183: groups of rules that AWS keeps exist, and have their settings.

use std::collections::BTreeSet;

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity, nearest};
use crate::validate::Rule;
use crate::validate::wiring::model::{Item, View};

use super::statement::{containers, members, statements};
use super::w184_capacity::MANAGED;

pub(in crate::validate::wiring) static RULE: Rule = Rule {
    code: Code("W183"),
    severity: Severity::Error,
    title: "a managed group of rules exists and has its own settings",
    what: "A `ManagedRuleGroupStatement` of the vendor `AWS` names a group that exists; the groups against account takeover and fraud have their settings; settings are those of the group, once; a rule is overridden once and not excluded as well; `ResponseInspection`, which only CloudFront has, isn't in a regional web ACL, has one member and no code for both success and failure; an enabled challenge has 1 to 5 exempt paths.",
    why: "WAF refuses the web ACL: \"WAFNonexistentItemException\", \"REQUIRED_FIELD_MISSING\", \"UNSUPPORTED_PARAMETER_VALUE\".",
    source: "AWS WAF Developer Guide, \"AWS Managed Rules rule groups list\"; AWS WAF API Reference, \"ManagedRuleGroupStatement\"",
    same_as: &[
        "cdk-preflight pf-wafv2-managed-rule-group",
        "cdk-preflight pf-wafv2-cloudfront-only-features",
    ],
};

const TAKEOVER: &str = "AWSManagedRulesATPRuleSet";
const FRAUD: &str = "AWSManagedRulesACFPRuleSet";
/// Groups with settings.
const WITH_SETTINGS: [&str; 4] =
    [TAKEOVER, FRAUD, "AWSManagedRulesBotControlRuleSet", "AWSManagedRulesAntiDDoSRuleSet"];

pub(in crate::validate::wiring) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for item in containers(view) {
        for statement in statements(item) {
            if let Some(group) = statement.body("ManagedRuleGroupStatement") {
                look(item, group, findings);
            }
        }
    }
}

fn look<'t>(item: &Item<'t>, group: &Evaluated<'t>, findings: &mut Vec<Diagnostic>) {
    let mut refuse = |value: &Evaluated<'t>, message: String, help: &str| {
        let message = format!("{message}: WAF refuses the web ACL");
        findings.push(item.finding_at(&RULE, value, message).help(help));
    };
    let is_aws = group.get("VendorName").and_then(Evaluated::text).as_deref() == Some("AWS");
    let Some((value, name)) = group.get("Name").and_then(|value| Some((value, value.text()?))) else {
        return;
    };
    if is_aws && !MANAGED.iter().any(|(known, _)| *known == name) {
        let names = MANAGED.iter().map(|(known, _)| *known);
        let help = nearest(&name, names).map_or_else(
            || "look it up in the list of AWS".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        refuse(value, format!("AWS has no group `{name}`"), &help);
    }
    let settings = group.get("ManagedRuleGroupConfigs").map(Evaluated::items).unwrap_or_default();
    let has = |wanted: &str| {
        settings.iter().any(|setting| setting.get(wanted).is_some() || setting.unknown().is_some())
    };
    let open = group.get("ManagedRuleGroupConfigs").is_some_and(|settings| settings.unknown().is_some());
    if is_aws && [TAKEOVER, FRAUD].contains(&name.as_ref()) && !has(&name) && !open {
        refuse(value, format!("`{name}` has no settings"), "write them in `ManagedRuleGroupConfigs`");
    }
    let mut seen = BTreeSet::new();
    for (key, setting) in settings.iter().flat_map(members).filter(|(key, _)| WITH_SETTINGS.contains(key)) {
        if *key != name {
            refuse(setting, format!("`{key}` are settings of another group than `{name}`"), "take them away");
        }
        if !seen.insert(*key) {
            refuse(setting, format!("`{key}` is there twice"), "keep one");
        }
        if let Some(inspection) = setting.get("ResponseInspection") {
            inspected(item, inspection, &mut refuse);
        }
        let challenge = setting.at(&["ClientSideActionConfig", "Challenge"]);
        if let Some(challenge) = challenge
            && challenge.get("UsageOfAction").and_then(Evaluated::text).as_deref() == Some("ENABLED")
        {
            let exempt = challenge.get("ExemptUriRegularExpressions");
            let count = exempt.map_or(0, |list| list.items().len());
            if !(1..=5).contains(&count) && exempt.is_none_or(|list| list.unknown().is_none()) {
                refuse(
                    challenge,
                    format!("the challenge has {count} exempt paths, 1 to 5 are needed"),
                    "write `ExemptUriRegularExpressions`",
                );
            }
        }
    }
    let names = |list: &str| {
        group.get(list).map(Evaluated::items).unwrap_or_default().iter().filter_map(|rule| rule.get("Name"))
    };
    let excluded: BTreeSet<_> = names("ExcludedRules").filter_map(Evaluated::text).collect();
    let mut overridden = BTreeSet::new();
    for value in names("RuleActionOverrides") {
        let Some(rule) = value.text() else { continue };
        if excluded.contains(&rule) {
            refuse(value, format!("`{rule}` is excluded as well"), "keep the override");
        }
        if !overridden.insert(rule.clone()) {
            refuse(value, format!("`{rule}` is overridden twice"), "keep one");
        }
    }
}

fn inspected<'t>(
    item: &Item<'t>,
    inspection: &Evaluated<'t>,
    refuse: &mut impl FnMut(&Evaluated<'t>, String, &str),
) {
    if item.text("Scope").as_deref() == Some("REGIONAL") {
        refuse(inspection, "only CloudFront has `ResponseInspection`".to_owned(), "take it away");
    }
    let count = members(inspection).len();
    if count != 1 && inspection.unknown().is_none() {
        refuse(
            inspection,
            format!("`ResponseInspection` has {count} members, and one is needed"),
            "keep one of them",
        );
    }
    let codes = |list: &str| inspection.at(&["StatusCode", list]).map(Evaluated::items).unwrap_or_default();
    for code in codes("SuccessCodes") {
        if code.text().is_some() && codes("FailureCodes").iter().any(|other| other.text() == code.text()) {
            refuse(code, "the code means success and failure".to_owned(), "keep it in one list");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::super::statement::testing::of;

    fn group(name: &str, more: &Json) -> Json {
        let mut body = json!({"VendorName": "AWS", "Name": name});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"ManagedRuleGroupStatement": body})
    }

    const COMMON: &str = "AWSManagedRulesCommonRuleSet";
    const ATP: &str = "AWSManagedRulesATPRuleSet";

    #[test]
    fn good_groups_are_good() {
        let settings = json!({"ManagedRuleGroupConfigs": [{ATP: {"LoginPath": "/login"}}]});
        for statement in [
            group(COMMON, &json!({"RuleActionOverrides": [{"Name": "a", "ActionToUse": {"Count": {}}}]})),
            group(ATP, &settings),
            json!({"ManagedRuleGroupStatement": {"VendorName": "Fortinet", "Name": "all_rules"}}),
        ] {
            assert_eq!(of("W183", &statement), [""; 0], "{statement}");
        }
    }

    #[test]
    fn bad_ones_are_found() {
        let over = json!({"Name": "a", "ActionToUse": {"Count": {}}});
        let inspection = |inspection: Json| json!({"ManagedRuleGroupConfigs": [{ATP: {"LoginPath": "/l", "ResponseInspection": inspection}}]});
        let challenge = json!({"ClientSideActionConfig": {"Challenge": {"UsageOfAction": "ENABLED"}}});
        for (statement, count) in [
            (group("AWSManagedRulesCommonRules", &json!({})), 1),
            (group(ATP, &json!({})), 1),
            (group(COMMON, &json!({"ManagedRuleGroupConfigs": [{ATP: {"LoginPath": "/l"}}]})), 1),
            (
                group(
                    ATP,
                    &json!({"ManagedRuleGroupConfigs": [{ATP: {"LoginPath": "/l"}}, {ATP: {"LoginPath": "/m"}}]}),
                ),
                1,
            ),
            (group(COMMON, &json!({"RuleActionOverrides": [over, over]})), 1),
            (group(COMMON, &json!({"RuleActionOverrides": [over], "ExcludedRules": [{"Name": "a"}]})), 1),
            (
                group(
                    ATP,
                    &inspection(json!({"StatusCode": {"SuccessCodes": [200], "FailureCodes": [200]}})),
                ),
                2,
            ),
            (group(ATP, &inspection(json!({"StatusCode": {}, "Header": {}}))), 2),
            (
                group(
                    "AWSManagedRulesAntiDDoSRuleSet",
                    &json!({"ManagedRuleGroupConfigs": [{"AWSManagedRulesAntiDDoSRuleSet": challenge}]}),
                ),
                1,
            ),
        ] {
            assert_eq!(of("W183", &statement).len(), count, "{statement}");
        }
    }
}
