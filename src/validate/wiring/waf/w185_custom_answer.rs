//! W185: what WAF answers, and what it adds to requests, can be sent.

use std::collections::BTreeSet;

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;
use crate::validate::wiring::model::{Item, View};

use super::statement::{containers, members};

pub(in crate::validate::wiring) static RULE: Rule = Rule {
    code: Code("W185"),
    severity: Severity::Error,
    title: "custom answers have known bodies and headers of their own",
    what: "The headers of a custom answer, and those added to a request, have different names and are at most 10, without `Content-Type`; the body of an answer is one of `CustomResponseBodies`, which are at most 50 of 4 KB each and 50 KB together.",
    why: "WAF refuses the web ACL: \"You have duplicated some of the information in the parameter\", \"UNSUPPORTED_PARAMETER_VALUE\".",
    source: "AWS WAF Developer Guide, \"Adding custom web requests and responses in AWS WAF\" and \"AWS WAF quotas\"",
    same_as: &["cdk-preflight pf-wafv2-custom-response", "cdk-preflight pf-wafv2-custom-request-handling"],
};

/// Headers of one action, of all together; bodies, bytes of one and of all.
const MOST_HEADERS: usize = 10;
const MOST_BODIES: usize = 50;
const MOST_BYTES: (usize, usize) = (4 * 1024, 50 * 1024);

pub(in crate::validate::wiring) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for item in containers(view) {
        let bodies = item.get("CustomResponseBodies").map(members).unwrap_or_default();
        let open = item.is_unknown("CustomResponseBodies");
        let sizes: Vec<usize> = bodies
            .iter()
            .map(|(_, body)| body.get("Content").and_then(Evaluated::text).map_or(0, |text| text.len()))
            .collect();
        let too_much = if bodies.len() > MOST_BODIES {
            Some(format!("{} bodies, {MOST_BODIES} are the most", bodies.len()))
        } else if let Some(size) = sizes.iter().find(|size| **size > MOST_BYTES.0) {
            Some(format!("a body of {size} bytes, {} are the most", MOST_BYTES.0))
        } else {
            let all: usize = sizes.iter().sum();
            (all > MOST_BYTES.1)
                .then(|| format!("bodies of {all} bytes together, {} are the most", MOST_BYTES.1))
        };
        if let Some(message) = too_much {
            let message = format!("{message}: WAF refuses the web ACL");
            findings.push(item.finding_of(&RULE, "CustomResponseBodies", message).help("shorten them"));
        }
        look(item, &item.properties, &|key| open || bodies.iter().any(|(name, _)| *name == key), findings);
    }
}

/// Looks for answers and headers anywhere in a web ACL.
fn look<'t>(
    item: &Item<'t>,
    value: &Evaluated<'t>,
    has_body: &dyn Fn(&str) -> bool,
    findings: &mut Vec<Diagnostic>,
) {
    for inner in value.items() {
        look(item, inner, has_body, findings);
    }
    for (key, inner) in members(value) {
        match *key {
            "CustomResponse" => {
                headers(item, inner.get("ResponseHeaders"), findings);
                let Some((body, name)) =
                    inner.get("CustomResponseBodyKey").and_then(|body| Some((body, body.text()?)))
                else {
                    continue;
                };
                if !has_body(&name) {
                    let message = format!("there is no body `{name}`: WAF refuses the web ACL");
                    findings.push(
                        item.finding_at(&RULE, body, message).help("write it in `CustomResponseBodies`"),
                    );
                }
            }
            "CustomRequestHandling" => headers(item, inner.get("InsertHeaders"), findings),
            _ => look(item, inner, has_body, findings),
        }
    }
}

fn headers<'t>(item: &Item<'t>, list: Option<&Evaluated<'t>>, findings: &mut Vec<Diagnostic>) {
    let Some(list) = list else { return };
    let mut refuse = |value: &Evaluated<'t>, message: &str, help: &str| {
        findings
            .push(item.finding_at(&RULE, value, format!("{message}: WAF refuses the web ACL")).help(help));
    };
    if list.items().len() > MOST_HEADERS {
        refuse(
            list,
            &format!("{} headers, {MOST_HEADERS} are the most", list.items().len()),
            "leave some out",
        );
    }
    let mut seen = BTreeSet::new();
    for value in list.items().iter().filter_map(|header| header.get("Name")) {
        let Some(name) = value.text().map(|name| name.to_lowercase()) else { continue };
        if name == "content-type" {
            refuse(value, "the type of a body is said in `CustomResponseBodies`", "take the header away");
        }
        if !seen.insert(name) {
            refuse(value, "the header is there twice", "keep one");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::super::statement::testing::{acl, messages, rule};

    fn answer(answer: &Json, bodies: &Json) -> usize {
        let geo = json!({"GeoMatchStatement": {"CountryCodes": ["JP"]}});
        let rules = json!([rule(&geo, &json!({"Action": {"Block": {"CustomResponse": answer}}}))]);
        messages("W185", &acl(&rules, &json!({"CustomResponseBodies": bodies}))).len()
    }

    fn headers(names: &[&str]) -> Json {
        names.iter().map(|name| json!({"Name": name, "Value": "v"})).collect()
    }

    #[test]
    fn answers_can_be_sent() {
        let bodies = json!({"busy": {"ContentType": "TEXT_PLAIN", "Content": "busy"}});
        assert_eq!(
            answer(
                &json!({"ResponseCode": 429, "CustomResponseBodyKey": "busy", "ResponseHeaders": headers(&["a", "b"])}),
                &bodies
            ),
            0
        );
        assert_eq!(answer(&json!({"ResponseCode": 429, "CustomResponseBodyKey": "idle"}), &bodies), 1);
        assert_eq!(
            answer(&json!({"ResponseCode": 429, "ResponseHeaders": headers(&["a", "A"])}), &bodies),
            1
        );
        assert_eq!(
            answer(&json!({"ResponseCode": 429, "ResponseHeaders": headers(&["Content-Type"])}), &bodies),
            1
        );
        let many: Vec<String> = (0..11).map(|number| format!("h{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(answer(&json!({"ResponseCode": 429, "ResponseHeaders": headers(&many)}), &bodies), 1);
        let long = json!({"busy": {"ContentType": "TEXT_PLAIN", "Content": "x".repeat(5000)}});
        assert_eq!(answer(&json!({"ResponseCode": 429}), &long), 1);
    }

    #[test]
    fn headers_are_added_once() {
        let more = json!({"DefaultAction": {"Allow": {"CustomRequestHandling": {"InsertHeaders": headers(&["x", "X"])}}}});
        assert_eq!(messages("W185", &acl(&json!([]), &more)).len(), 1);
    }
}
