//! W155: conditions of statements are of the policy language.

use std::net::IpAddr;

use crate::cfn::evaluate::{Data, Evaluated};
use crate::diagnostic::{Code, Diagnostic, Severity, nearest};
use crate::validate::Rule;
use crate::validate::wiring::model::{View, many};

use super::document::{GAP, Statement, loose, members, shown, statements};

pub(in crate::validate::wiring) static RULE: Rule = Rule {
    code: Code("W155"),
    severity: Severity::Error,
    title: "conditions have known operators and fitting values",
    what: "An operator of a condition is one of the policy language, with or without `ForAllValues:` or `ForAnyValue:` before and `IfExists` behind it (not behind `Null`); a key has the prefix of a service; its value is a text or a list of them, and a number, a date, an address, an ARN, a truth or base64 where the operator compares such.",
    why: "The service refuses the policy: \"Syntax errors in policy\", \"The policy failed legacy parsing\".",
    source: "AWS Identity and Access Management User Guide, \"IAM JSON policy elements: Condition operators\"",
    same_as: &[
        "cfn-lint E3510",
        "cfn-lint E3512",
        "cfn-lint E3511",
        "cdk-preflight pf-iam-policy-condition-operator",
        "cdk-preflight pf-iam-policy-condition-value-type",
        "cdk-preflight pf-iam-policy-condition-null-ifexists",
        "cdk-preflight pf-iam-policy-condition-numeric-value",
        "cdk-preflight pf-iam-policy-condition-date-value",
        "cdk-preflight pf-iam-policy-condition-ip-value",
        "cdk-preflight pf-iam-policy-condition-binary-value",
        "cdk-preflight pf-iam-policy-condition-arn-value",
    ],
};

/// What an operator compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Date,
    Truth,
    Binary,
    Address,
    Arn,
}

/// The operators without what may stand before and behind them.
const OPERATORS: &[(&str, Kind)] = &[
    ("StringEquals", Kind::Text),
    ("StringNotEquals", Kind::Text),
    ("StringEqualsIgnoreCase", Kind::Text),
    ("StringNotEqualsIgnoreCase", Kind::Text),
    ("StringLike", Kind::Text),
    ("StringNotLike", Kind::Text),
    ("NumericEquals", Kind::Number),
    ("NumericNotEquals", Kind::Number),
    ("NumericLessThan", Kind::Number),
    ("NumericLessThanEquals", Kind::Number),
    ("NumericGreaterThan", Kind::Number),
    ("NumericGreaterThanEquals", Kind::Number),
    ("DateEquals", Kind::Date),
    ("DateNotEquals", Kind::Date),
    ("DateLessThan", Kind::Date),
    ("DateLessThanEquals", Kind::Date),
    ("DateGreaterThan", Kind::Date),
    ("DateGreaterThanEquals", Kind::Date),
    ("Bool", Kind::Truth),
    ("BinaryEquals", Kind::Binary),
    ("IpAddress", Kind::Address),
    ("NotIpAddress", Kind::Address),
    ("ArnEquals", Kind::Arn),
    ("ArnLike", Kind::Arn),
    ("ArnNotEquals", Kind::Arn),
    ("ArnNotLike", Kind::Arn),
    ("Null", Kind::Truth),
];

/// What an operator compares, in any case: the policy language has no case in operators.
fn operator(text: &str) -> Option<Kind> {
    let bare =
        text.strip_prefix("ForAllValues:").or_else(|| text.strip_prefix("ForAnyValue:")).unwrap_or(text);
    let (bare, if_exists) = bare.strip_suffix("IfExists").map_or((bare, false), |bare| (bare, true));
    let (name, kind) = OPERATORS.iter().find(|(name, _)| name.eq_ignore_ascii_case(bare))?;
    (*name != "Null" || !if_exists).then_some(*kind)
}

pub(in crate::validate::wiring) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for statement in statements(view) {
        for (name, keys) in statement.get("Condition").map(members).unwrap_or_default() {
            let Some(kind) = operator(name) else {
                let finding = statement.item.finding_at(
                    &RULE,
                    keys,
                    format!("a condition has no operator `{name}`: the policy is refused"),
                );
                let names = OPERATORS.iter().map(|(name, _)| *name);
                findings.push(match nearest(name, names) {
                    Some(name) => finding.help(format!("did you mean `{name}`?")),
                    None => finding.help("take one of the policy language, such as `StringEquals`"),
                });
                continue;
            };
            for (key, values) in members(keys) {
                values_of(statement, (name, kind), key, values, findings);
            }
        }
    }
}

fn values_of<'t>(
    statement: Statement<'_, 't>,
    (name, kind): (&str, Kind),
    key: &str,
    values: &Evaluated<'t>,
    findings: &mut Vec<Diagnostic>,
) {
    let mut refuse = |value: &Evaluated<'t>, message: String, help: &str| {
        let message = format!("{message}: the policy is refused");
        findings.push(statement.item.finding_at(&RULE, value, message).help(help));
    };
    if !key.contains(':') {
        refuse(
            values,
            format!("the key `{key}` names no service"),
            "write its prefix, such as `aws:` or `s3:`",
        );
    }
    for value in many(Some(values)) {
        if matches!(value.data, Data::Object(_) | Data::List(_)) {
            refuse(value, format!("the value of `{key}` is no text"), "write a text, or a list of texts");
            continue;
        }
        let text = loose(value);
        // A variable of the policy language is filled in later.
        if text.is_empty() || text.contains(GAP) || text.contains("${") || fits(kind, &text) {
            continue;
        }
        let what = match kind {
            Kind::Text => continue,
            Kind::Number => "a number",
            Kind::Date => "a date, such as `2026-01-01T00:00:00Z`",
            Kind::Truth => "`true` or `false`",
            Kind::Binary => "a text in base64",
            Kind::Address => "an IP address or a block of them",
            Kind::Arn => "an ARN",
        };
        refuse(value, format!("`{name}` can't compare with \"{}\"", shown(&text)), &format!("write {what}"));
    }
}

fn fits(kind: Kind, text: &str) -> bool {
    match kind {
        Kind::Text => true,
        Kind::Number => text.trim().parse::<f64>().is_ok(),
        Kind::Truth => text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false"),
        Kind::Binary => {
            let bare = text.trim_end_matches('=');
            text.len().is_multiple_of(4)
                && text.len() - bare.len() <= 2
                && bare.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
        }
        Kind::Address => {
            let (address, bits) =
                text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
            let Ok(address) = address.parse::<IpAddr>() else { return false };
            let most = if address.is_ipv4() { 32 } else { 128 };
            bits.is_none_or(|bits| bits.parse::<u8>().is_ok_and(|bits| bits <= most))
        }
        Kind::Arn => {
            text == "*"
                || (text.starts_with("arn:") && (text.matches(':').count() >= 5 || text.contains('*')))
        }
        Kind::Date => is_date(text),
    }
}

/// Seconds since 1970, or a date of ISO 8601: a year at least.
fn is_date(text: &str) -> bool {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return true;
    }
    let (date, time) = text.split_once(['T', ' ']).map_or((text, ""), |(date, time)| (date, time));
    let parts: Vec<Option<u32>> = date.split('-').map(|part| part.parse().ok()).collect();
    let is_day = match parts[..] {
        [Some(_), Some(month)] => (1..=12).contains(&month),
        [Some(_), Some(month), Some(day)] => (1..=12).contains(&month) && (1..=31).contains(&day),
        _ => false,
    };
    is_day
        && date.find('-') == Some(4)
        && time.bytes().all(|byte| byte.is_ascii_digit() || b":.+-Z".contains(&byte))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::testing::found;

    fn messages(condition: &Json) -> Vec<String> {
        let statement = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": condition});
        let properties = json!({"PolicyDocument": {"Statement": [statement]}});
        let policy = json!({"Type": "AWS::IAM::ManagedPolicy", "Properties": properties});
        found("W155", json!({"Resources": {"It": policy}}))
            .into_iter()
            .map(|finding| finding.message)
            .collect()
    }

    #[test]
    fn good_conditions_are_good() {
        for condition in [
            json!({"StringEquals": {"aws:PrincipalOrgID": ["o-1", {"Ref": "AWS::StackName"}]}}),
            json!({"ForAllValues:StringLikeIfExists": {"aws:TagKeys": "a*"}}),
            json!({"Bool": {"aws:SecureTransport": false}, "Null": {"aws:TokenIssueTime": "true"}}),
            json!({"NumericLessThan": {"s3:TlsVersion": 1.2}}),
            json!({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "2001:db8::/32", "203.0.113.7"]}}),
            json!({"DateLessThan": {"aws:CurrentTime": ["2026-01-01T00:00:00Z", "1767225600", "2026-01"]}}),
            json!({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}, "BinaryEquals": {"a:b": "QUJD"}}),
            json!({"StringEquals": {"aws:username": "${aws:username}"}}),
            json!({"Fn::ImportValue": "condition"}),
        ] {
            assert_eq!(messages(&condition), [""; 0], "{condition}");
        }
    }

    #[test]
    fn bad_ones_are_found() {
        for condition in [
            json!({"StringEqual": {"aws:username": "a"}}),
            json!({"NullIfExists": {"aws:username": "true"}}),
            json!({"StringEquals": {"username": "a"}}),
            json!({"StringEquals": {"aws:username": {"a": "b"}}}),
            json!({"NumericEquals": {"s3:max-keys": "ten"}}),
            json!({"DateEquals": {"aws:CurrentTime": "tomorrow"}}),
            json!({"Bool": {"aws:SecureTransport": "yes"}}),
            json!({"BinaryEquals": {"a:b": "QUJ"}}),
            json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/33"}}),
            json!({"ArnEquals": {"aws:SourceArn": "bucket"}}),
        ] {
            assert_eq!(messages(&condition).len(), 1, "{condition}");
        }
    }
}
