//! W182: rate limits count by what they name.

use std::collections::BTreeSet;

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;
use crate::validate::wiring::model::View;

use super::statement::{containers, members, statements};

pub(in crate::validate::wiring) static RULE: Rule = Rule {
    code: Code("W182"),
    severity: Severity::Error,
    title: "a rate limit has what its way of counting needs",
    what: "A `RateBasedStatement` has `CustomKeys` with `CUSTOM_KEYS` and only then, not just addresses among them, the kinds without a name once each, and namespaces of labels that end with a colon; it has `ForwardedIPConfig` where it counts forwarded addresses and a `ScopeDownStatement` where it counts all requests as one; a web ACL has at most 10 of them, a rule group 4.",
    why: "WAF refuses the web ACL: \"A required field is missing from the parameter\", \"You have duplicated some of the information in the parameter\".",
    source: "AWS WAF API Reference, \"RateBasedStatement\"; AWS WAF Developer Guide, \"AWS WAF quotas\"",
    same_as: &["cdk-preflight pf-wafv2-rate-based-statement"],
};

/// Keys that are there once only.
const ONCE: [&str; 8] =
    ["HTTPMethod", "UriPath", "QueryString", "JA3Fingerprint", "JA4Fingerprint", "IP", "ForwardedIP", "ASN"];

pub(in crate::validate::wiring) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for item in containers(view) {
        let limits: Vec<_> =
            statements(item).iter().filter_map(|statement| statement.body("RateBasedStatement")).collect();
        let most = if item.is("AWS::WAFv2::WebACL") { 10 } else { 4 };
        if limits.len() > most {
            let message = format!("{} rate limits, {most} are the most: WAF refuses it", limits.len());
            findings.push(item.finding_of(&RULE, "Rules", message).help("take several into one"));
        }
        for limit in limits {
            for (message, help) in faults(limit) {
                let message = format!("{message}: WAF refuses the web ACL");
                findings.push(item.finding_at(&RULE, limit, message).help(help));
            }
        }
    }
}

fn faults(limit: &Evaluated<'_>) -> Vec<(String, &'static str)> {
    let mut found: Vec<(String, &'static str)> = Vec::new();
    let Some(kind) = limit.get("AggregateKeyType").and_then(Evaluated::text) else { return found };
    let open = limit.get("CustomKeys").is_some_and(|keys| keys.unknown().is_some());
    let keys = limit.get("CustomKeys").map(Evaluated::items).unwrap_or_default();
    let names: Vec<&str> = keys.iter().flat_map(members).map(|(name, _)| *name).collect();
    let is_address = |name: &&str| matches!(*name, "IP" | "ForwardedIP");
    match kind.as_ref() {
        "CUSTOM_KEYS" if keys.is_empty() && !open => {
            found.push(("there are no `CustomKeys` to count by".to_owned(), "write at least one key"));
        }
        "CUSTOM_KEYS" if !names.is_empty() && names.iter().all(is_address) => found.push((
            "addresses alone are no custom keys".to_owned(),
            "count by `IP` or `FORWARDED_IP`, or add another key",
        )),
        "CONSTANT" if limit.get("ScopeDownStatement").is_none() => found.push((
            "`CONSTANT` counts what a `ScopeDownStatement` matches, and there is none".to_owned(),
            "write one",
        )),
        _ => {}
    }
    if kind != "CUSTOM_KEYS" && !keys.is_empty() {
        found.push((
            format!("`CustomKeys` stand beside `{kind}`"),
            "count by `CUSTOM_KEYS`, or take them away",
        ));
    }
    let forwarded = kind == "FORWARDED_IP" || names.contains(&"ForwardedIP");
    if forwarded && limit.get("ForwardedIPConfig").is_none() {
        found.push((
            "forwarded addresses are counted without `ForwardedIPConfig`".to_owned(),
            "name the header, such as `X-Forwarded-For`",
        ));
    }
    let mut seen = BTreeSet::new();
    for name in names.iter().filter(|name| ONCE.contains(name)) {
        if !seen.insert(*name) {
            found.push((format!("the key `{name}` is there twice"), "keep one"));
        }
    }
    for space in keys.iter().filter_map(|key| key.at(&["LabelNamespace", "Namespace"])?.text()) {
        if !space.ends_with(':') {
            found.push((format!("the namespace \"{space}\" doesn't end with a colon"), "add it"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::super::statement::testing::{acl, messages, of, rule};

    fn limit(kind: &str, more: &Json) -> Json {
        let mut body = json!({"Limit": 100, "AggregateKeyType": kind});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"RateBasedStatement": body})
    }

    #[test]
    fn good_limits_are_good() {
        let header =
            json!({"Header": {"Name": "x", "TextTransformations": [{"Priority": 0, "Type": "NONE"}]}});
        for statement in [
            limit("IP", &json!({})),
            limit(
                "FORWARDED_IP",
                &json!({"ForwardedIPConfig": {"HeaderName": "X", "FallbackBehavior": "MATCH"}}),
            ),
            limit(
                "CONSTANT",
                &json!({"ScopeDownStatement": {"GeoMatchStatement": {"CountryCodes": ["JP"]}}}),
            ),
            limit("CUSTOM_KEYS", &json!({"CustomKeys": [header, {"IP": {}}]})),
        ] {
            assert_eq!(of("W182", &statement), [""; 0], "{statement}");
        }
    }

    #[test]
    fn bad_ones_are_found() {
        for statement in [
            limit("CUSTOM_KEYS", &json!({})),
            limit("CUSTOM_KEYS", &json!({"CustomKeys": [{"IP": {}}]})),
            limit("CUSTOM_KEYS", &json!({"CustomKeys": [{"HTTPMethod": {}}, {"HTTPMethod": {}}]})),
            limit("CUSTOM_KEYS", &json!({"CustomKeys": [{"LabelNamespace": {"Namespace": "a"}}]})),
            limit("CUSTOM_KEYS", &json!({"CustomKeys": [{"HTTPMethod": {}}, {"ForwardedIP": {}}]})),
            limit("FORWARDED_IP", &json!({})),
            limit("CONSTANT", &json!({})),
            limit("IP", &json!({"CustomKeys": [{"HTTPMethod": {}}]})),
        ] {
            assert_eq!(of("W182", &statement).len(), 1, "{statement}");
        }
        let rules: Vec<_> = (0..11)
            .map(|number| {
                rule(&limit("IP", &json!({})), &json!({"Name": format!("r{number}"), "Priority": number}))
            })
            .collect();
        assert_eq!(messages("W182", &acl(&json!(rules), &json!({}))).len(), 1);
    }
}
