//! W062: a web ACL lets Dify's uploads through.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::dify::running;
use super::model::View;

pub(super) static RULE: Rule = Rule {
    code: Code("W062"),
    severity: Severity::Warning,
    title: "a web ACL before Dify lets large requests through",
    what: "Where a template runs Dify, a web ACL with `AWSManagedRulesCommonRuleSet` overrides the action of `SizeRestrictions_BODY`, only counts what the group finds, or limits the group by a scope-down statement.",
    why: "The rule blocks every body above 8 KB: uploads of files and saving of workflows fail with 403.",
    source: "AWS WAF Developer Guide, \"Baseline rule groups\": core rule set",
    same_as: &[],
};

const SIZE: &str = "SizeRestrictions_BODY";

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    if running(view).next().is_none() {
        return;
    }
    for acl in view.of("AWS::WAFv2::WebACL") {
        for rule in acl.items("Rules") {
            let Some(group) = rule.at(&["Statement", "ManagedRuleGroupStatement"]) else { continue };
            let is_core = group.get("Name").and_then(Evaluated::text).as_deref()
                == Some("AWSManagedRulesCommonRuleSet");
            let only_counts = rule.at(&["OverrideAction", "Count"]).is_some();
            let lets_through = ["RuleActionOverrides", "ExcludedRules"].into_iter().any(|list| {
                group.get(list).is_some_and(|list| {
                    list.unknown().is_some()
                        || list.items().iter().any(|one| {
                            one.get("Name").is_some_and(|name| name.text().is_none_or(|name| name == SIZE))
                        })
                })
            });
            if is_core && !only_counts && !lets_through && group.get("ScopeDownStatement").is_none() {
                let message = "the core rule set blocks bodies above 8 KB: uploads to Dify and saving of workflows fail";
                findings.push(
                    acl.finding_at(&RULE, group, message)
                        .help(format!("add a `RuleActionOverrides` entry that lets `{SIZE}` count")),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::wiring::testing::{none, only};

    fn acl(overrides: &Json) -> Json {
        let group = json!({"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet", "RuleActionOverrides": overrides});
        let seen =
            json!({"CloudWatchMetricsEnabled": true, "MetricName": "a", "SampledRequestsEnabled": true});
        json!({"Type": "AWS::WAFv2::WebACL", "Properties": {"Scope": "REGIONAL", "DefaultAction": {"Allow": {}}, "VisibilityConfig": seen, "Rules": [
            {"Name": "core", "Priority": 1, "OverrideAction": {"None": {}}, "VisibilityConfig": seen, "Statement": {"ManagedRuleGroupStatement": group}}]}})
    }

    #[test]
    fn the_core_rule_set_as_it_is_is_found() {
        only("W062", &[("/Acl", acl(&json!([])))]);
    }

    #[test]
    fn one_that_counts_large_bodies_is_not() {
        none(&[("/Acl", acl(&json!([{"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}])))]);
    }
}
