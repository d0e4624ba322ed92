//! W184: a web ACL keeps to the capacity that WAF has for one.

use std::collections::BTreeSet;

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;
use crate::validate::wiring::model::{Item, View};

use super::statement::{MATCHES, members, statements};

pub(in crate::validate::wiring) static RULE: Rule = Rule {
    code: Code("W184"),
    severity: Severity::Error,
    title: "a web ACL needs at most 5,000 units of capacity",
    what: "The units that the statements, transformations and labels of a web ACL need, counted as the guide says, are at most 5,000. More than 1,500 are a note: they cost more for each request.",
    why: "WAF refuses the web ACL: \"You exceeded the capacity limit for a rule group or web ACL\".",
    source: "AWS WAF Developer Guide, \"Web ACL capacity units (WCUs) in AWS WAF\" and \"AWS Managed Rules rule groups list\"",
    same_as: &["cdk-preflight pf-wafv2-capacity"],
};

/// The most units, and those that the price of a request includes.
const MOST: (i64, i64) = (5_000, 1_500);

/// The groups of rules that AWS keeps, and their units.
pub(super) const MANAGED: [(&str, i64); 15] = [
    ("AWSManagedRulesACFPRuleSet", 50),
    ("AWSManagedRulesATPRuleSet", 50),
    ("AWSManagedRulesAdminProtectionRuleSet", 100),
    ("AWSManagedRulesAmazonIpReputationList", 25),
    ("AWSManagedRulesAnonymousIpList", 50),
    ("AWSManagedRulesAntiDDoSRuleSet", 50),
    ("AWSManagedRulesBotControlRuleSet", 50),
    ("AWSManagedRulesCommonRuleSet", 700),
    ("AWSManagedRulesKnownBadInputsRuleSet", 200),
    ("AWSManagedRulesLinuxRuleSet", 200),
    ("AWSManagedRulesPHPRuleSet", 100),
    ("AWSManagedRulesSQLiRuleSet", 200),
    ("AWSManagedRulesUnixRuleSet", 100),
    ("AWSManagedRulesWindowsRuleSet", 200),
    ("AWSManagedRulesWordPressRuleSet", 100),
];

pub(in crate::validate::wiring) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for acl in view.of("AWS::WAFv2::WebACL") {
        let units = units(view, acl);
        let mut finding = if units > MOST.0 {
            let message = format!(
                "the rules need {units} units of capacity, {} are the most: WAF refuses the web ACL",
                MOST.0
            );
            acl.finding_of(&RULE, "Rules", message)
        } else if units > MOST.1 {
            let message = format!(
                "the rules need {units} units of capacity: those above {} cost more for each request",
                MOST.1
            );
            acl.finding_of(&RULE, "Rules", message)
        } else {
            continue;
        };
        if units <= MOST.0 {
            finding.severity = Severity::Note;
        }
        findings.push(finding.help("leave rules out, or take some into one"));
    }
}

/// The units that a web ACL needs at least.
fn units<'t>(view: &View<'_, 't>, acl: &Item<'t>) -> i64 {
    let mut total = 0;
    // A transformation of a part of the request costs once.
    let mut transformed = BTreeSet::new();
    for statement in statements(acl) {
        for (kind, body) in statement.kinds() {
            let mut units = base(view, kind, body);
            let field = body.get("FieldToMatch").filter(|_| MATCHES.contains(kind));
            if let Some(field) = field {
                if field.get("JsonBody").is_some() {
                    units *= 2;
                }
                if field.get("AllQueryArguments").is_some() {
                    units += 10;
                }
                for list in ["TextTransformations", "PreParseTextTransformations"] {
                    for change in body.get(list).map(Evaluated::items).unwrap_or_default() {
                        let Some(name) = change.get("Type").and_then(Evaluated::text) else { continue };
                        if name != "NONE" {
                            transformed.insert((format!("{:?}", field.to_json()), name.into_owned()));
                        }
                    }
                }
            }
            total += units;
        }
    }
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let labels: usize =
        acl.items("Rules").iter().filter_map(|rule| Some(rule.get("RuleLabels")?.items().len())).sum();
    total + 10 * count(transformed.len()) + count(labels.div_ceil(5))
}

fn base<'t>(view: &View<'_, 't>, kind: &str, body: &Evaluated<'t>) -> i64 {
    let text = |path: &[&str]| body.at(path).and_then(Evaluated::text).unwrap_or_default();
    match kind {
        "GeoMatchStatement" | "AsnMatchStatement" | "LabelMatchStatement" | "SizeConstraintStatement" => 1,
        "IPSetReferenceStatement" if text(&["IPSetForwardedIPConfig", "Position"]) == "ANY" => 5,
        "IPSetReferenceStatement" => 1,
        "RegexMatchStatement" => 3,
        "RegexPatternSetReferenceStatement" => 25,
        "XssMatchStatement" => 40,
        "SqliMatchStatement" if text(&["SensitivityLevel"]) == "HIGH" => 30,
        "SqliMatchStatement" => 20,
        "ByteMatchStatement" => {
            let place = text(&["PositionalConstraint"]);
            if place.starts_with("CONTAINS") { 10 } else { 2 }
        }
        "RateBasedStatement" => {
            let keys = body.get("CustomKeys").map_or(0, |keys| keys.items().iter().flat_map(members).count());
            2 + 30 * i64::try_from(keys).unwrap_or(i64::MAX / 60)
        }
        "ManagedRuleGroupStatement" if text(&["VendorName"]) == "AWS" => {
            let name = text(&["Name"]);
            MANAGED.iter().find(|(known, _)| *known == name).map_or(0, |(_, units)| *units)
        }
        "RuleGroupReferenceStatement" => {
            let group = view.target_of(body.get("Arn"), "AWS::WAFv2::RuleGroup");
            group.and_then(|group| group.integer("Capacity")).unwrap_or(0)
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::super::statement::testing::{acl, messages, rule};

    fn with(count: usize, statement: &Json) -> Vec<String> {
        let rules: Vec<_> = (0..count)
            .map(|number| rule(statement, &json!({"Name": format!("r{number}"), "Priority": number})))
            .collect();
        messages("W184", &acl(&json!(rules), &json!({})))
    }

    #[test]
    fn units_are_counted() {
        let sql = json!({"SqliMatchStatement": {"FieldToMatch": {"JsonBody": {"MatchPattern": {"All": {}}, "MatchScope": "ALL"}}, "SensitivityLevel": "HIGH", "TextTransformations": [{"Priority": 0, "Type": "LOWERCASE"}]}});
        assert_eq!(with(20, &sql), [""; 0]);
        assert_eq!(
            with(25, &sql),
            ["the rules need 1510 units of capacity: those above 1500 cost more for each request"]
        );
        assert_eq!(
            with(84, &sql),
            ["the rules need 5050 units of capacity, 5000 are the most: WAF refuses the web ACL"]
        );
    }
}
