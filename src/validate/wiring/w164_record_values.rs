//! W164: the values of records have the form of their type.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::View;
use super::records::records;

pub(super) static RULE: Rule = Rule {
    code: Code("W164"),
    severity: Severity::Error,
    title: "the values of a record are those of its type",
    what: "A value of `ResourceRecords`, in a `RecordSet` or a `RecordSetGroup`, has the form that its `Type` asks for: an address, a domain name, texts in quotation marks of at most 255 characters, or fields of numbers, names and texts in their ranges; a `CNAME` and an `SOA` have one value.",
    why: "Route 53 refuses the record: \"Invalid Resource Record\", \"InvalidCharacterString (Value should be enclosed in quotation marks)\".",
    source: "Amazon Route 53 Developer Guide, \"Supported DNS record types\"; RFC 2782, RFC 3403, RFC 4255, RFC 6698, RFC 8659, RFC 9460",
    same_as: &[
        "cfn-lint E3020",
        "cfn-lint E3023",
        "cdk-preflight pf-route53-caa-tag-enum",
        "cdk-preflight pf-route53-ds-field-count",
        "cdk-preflight pf-route53-https-field-format",
        "cdk-preflight pf-route53-https-svcpriority-range",
        "cdk-preflight pf-route53-naptr-field-count",
        "cdk-preflight pf-route53-naptr-flags-quotes",
        "cdk-preflight pf-route53-naptr-order-range",
        "cdk-preflight pf-route53-naptr-preference-range",
        "cdk-preflight pf-route53-naptr-regexp-charset",
        "cdk-preflight pf-route53-naptr-regexp-quotes",
        "cdk-preflight pf-route53-naptr-regexp-replacement-exclusive",
        "cdk-preflight pf-route53-naptr-service-quotes",
        "cdk-preflight pf-route53-soa-field-count",
        "cdk-preflight pf-route53-spf-value-quotes",
        "cdk-preflight pf-route53-srv-field-count",
        "cdk-preflight pf-route53-sshfp-field-count",
        "cdk-preflight pf-route53-sshfp-fingerprint-hex",
        "cdk-preflight pf-route53-sshfp-hash-type-enum",
        "cdk-preflight pf-route53-svcb-svcpriority-range",
        "cdk-preflight pf-route53-svcparams-key-enum",
        "cdk-preflight pf-route53-svcparams-key-value-format",
        "cdk-preflight pf-route53-svcparams-no-default-alpn-requires-alpn",
        "cdk-preflight pf-route53-tlsa-certificate-usage-enum",
        "cdk-preflight pf-route53-tlsa-field-count",
        "cdk-preflight pf-route53-tlsa-matching-type-enum",
        "cdk-preflight pf-route53-tlsa-selector-enum",
        "cdk-preflight pf-route53-txt-octal-escape",
    ],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for record in records(view) {
        let Some(kind) = record.text("Type") else { continue };
        let values = record.items("ResourceRecords");
        if values.len() > 1 && matches!(kind.as_ref(), "CNAME" | "SOA") {
            let message = format!(
                "a record of type `{kind}` has one value, and here are {}: Route 53 refuses it",
                values.len()
            );
            findings.push(record.finding_of(&RULE, "ResourceRecords", message).help("keep one value"));
        }
        for value in values {
            let Some(text) = value.text() else { continue };
            if let Some(wanted) = fault(&kind, &text) {
                let message =
                    format!("\"{text}\" is no value of a record of type `{kind}`: Route 53 refuses it");
                findings.push(record.finding_at(&RULE, value, message).help(format!("write {wanted}")));
            }
        }
    }
}

/// What the value should be, if it isn't one of that type.
fn fault(kind: &str, text: &str) -> Option<&'static str> {
    let parts = fields(text);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let wanted = |holds: bool, wanted: &'static str| (!holds).then_some(wanted);
    match kind {
        "A" => wanted(text.parse::<Ipv4Addr>().is_ok(), "an IPv4 address"),
        "AAAA" => wanted(text.parse::<Ipv6Addr>().is_ok(), "an IPv6 address"),
        "CNAME" | "NS" | "PTR" => wanted(is_name(text), "a domain name"),
        "MX" => wanted(
            matches!(parts[..], [priority, name] if is_in(priority, 0, 65535) && is_name(name)),
            "a priority from 0 to 65535 and a domain name",
        ),
        "TXT" => wanted(
            are_texts(&parts) && is_printable(text),
            "texts of at most 255 characters, each in quotation marks; other characters than those of ASCII as `\\` and three octal digits",
        ),
        "SPF" => wanted(are_texts(&parts), "a text in quotation marks"),
        "SRV" => wanted(
            matches!(parts[..], [priority, weight, port, name] if [priority, weight, port].iter().all(|part| is_in(part, 0, 65535)) && is_name(name)),
            "priority, weight and port, from 0 to 65535 each, and a domain name",
        ),
        "SOA" => wanted(
            parts.len() == 7,
            "seven fields: name server, mailbox, serial, refresh, retry, expire, minimum",
        ),
        "CAA" => wanted(
            matches!(parts[..], [flags, tag, value] if is_in(flags, 0, 255) && ["issue", "issuewild", "iodef"].contains(&tag) && is_quoted(value)),
            "a number, `issue`, `issuewild` or `iodef`, and a text in quotation marks",
        ),
        "DS" => wanted(parts.len() == 4, "four fields: key tag, algorithm, digest type, digest"),
        "SSHFP" => wanted(
            matches!(parts[..], [_, hash, print] if is_in(hash, 1, 2) && is_hex(print)),
            "three fields: algorithm, 1 or 2 for the hash, and the fingerprint in hexadecimal digits",
        ),
        "TLSA" => wanted(
            matches!(parts[..], [usage, selector, matching, _] if is_in(usage, 0, 3) && is_in(selector, 0, 1) && is_in(matching, 0, 2)),
            "four fields: usage from 0 to 3, selector 0 or 1, matching type from 0 to 2, and the data",
        ),
        "NAPTR" => wanted(
            is_naptr(&parts) && is_printable(text),
            "six fields: order and preference from 0 to 65535, flags, service and expression in quotation marks, and a name, which is `.` where there is an expression",
        ),
        "HTTPS" | "SVCB" => wanted(
            is_service(&parts),
            "a priority from 0 to 32767, a domain name, and parameters such as `alpn=h2`",
        ),
        _ => None,
    }
}

/// The fields of a value: texts in quotation marks are one field.
fn fields(text: &str) -> Vec<String> {
    let (mut fields, mut field, mut quoted, mut escaped) = (Vec::new(), String::new(), false, false);
    for c in text.chars() {
        if c == ' ' && !quoted {
            if !field.is_empty() {
                fields.push(std::mem::take(&mut field));
            }
            continue;
        }
        field.push(c);
        quoted ^= c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
    }
    fields.extend((!field.is_empty()).then_some(field));
    fields
}

fn is_in(text: &str, least: u32, most: u32) -> bool {
    text.parse::<u32>().is_ok_and(|number| (least..=most).contains(&number))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic())
}

fn is_quoted(text: &str) -> bool {
    text.len() >= 2 && text.starts_with('"') && text.ends_with('"')
}

fn are_texts(parts: &[&str]) -> bool {
    !parts.is_empty() && parts.iter().all(|part| is_quoted(part) && part.len() <= 257)
}

fn is_printable(text: &str) -> bool {
    text.chars().all(|c| (' '..='~').contains(&c))
}

fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_naptr(parts: &[&str]) -> bool {
    let [order, preference, flags, service, expression, replacement] = parts else { return false };
    is_in(order, 0, 65535)
        && is_in(preference, 0, 65535)
        && [flags, service, expression].iter().all(|part| is_quoted(part))
        && (expression.len() == 2 || *replacement == ".")
}

/// The parameters of a service binding, and whether they have a value.
const PARAMETERS: [(&str, bool); 8] = [
    ("alpn", true),
    ("no-default-alpn", false),
    ("port", true),
    ("ipv4hint", true),
    ("ech", true),
    ("ipv6hint", true),
    ("dohpath", true),
    ("ohttp", false),
];

fn is_service(parts: &[&str]) -> bool {
    let [priority, name, parameters @ ..] = parts else { return false };
    let keys: Vec<&str> = parameters.iter().map(|part| part.split('=').next().unwrap_or_default()).collect();
    let are_known = parameters.iter().zip(&keys).all(|(part, key)| {
        PARAMETERS.iter().any(|(known, has_value)| known == key && (!has_value || part.contains('=')))
    });
    is_in(priority, 0, 32767)
        && is_name(name)
        && are_known
        && (!keys.contains(&"no-default-alpn") || keys.contains(&"alpn"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::validate::testing::{found, resource};

    #[test]
    fn good_values_are_good() {
        for (kind, text) in [
            ("A", "192.0.2.1"),
            ("AAAA", "2001:db8::1"),
            ("CNAME", "a.b-c.example.com."),
            ("MX", "10 mail.example.com"),
            ("TXT", "\"v=spf1 -all\" \"a \\\" b\""),
            ("SRV", "1 2 5060 sip.example.com"),
            ("SOA", "ns.example.com. host.example.com. 1 7200 900 1209600 86400"),
            ("CAA", "0 issue \"amazon.com\""),
            ("DS", "12345 3 1 123456789abcdef"),
            ("SSHFP", "1 1 09F6A0"),
            ("TLSA", "3 1 1 aabb"),
            ("NAPTR", "10 100 \"U\" \"SIP+D2U\" \"!^.*$!sip:a b!\" ."),
            ("HTTPS", "1 . alpn=h2,h3 port=443"),
            ("SVCB", "0 other.example.com"),
        ] {
            assert_eq!(fault(kind, text), None, "{kind} {text}");
        }
    }

    #[test]
    fn bad_ones_are_found() {
        for (kind, text) in [
            ("A", "2001:db8::1"),
            ("AAAA", "192.0.2.1"),
            ("CNAME", "two names"),
            ("MX", "mail.example.com"),
            ("MX", "65536 mail.example.com"),
            ("TXT", "v=spf1 -all"),
            ("TXT", "\"ä\""),
            ("SPF", "v=spf1"),
            ("SRV", "1 2 sip.example.com"),
            ("SOA", "ns.example.com."),
            ("CAA", "0 issues \"a\""),
            ("DS", "1 2 3"),
            ("SSHFP", "1 3 09F6"),
            ("SSHFP", "1 1 xyz"),
            ("SSHFP", "1 1"),
            ("TLSA", "4 1 1 aa"),
            ("TLSA", "3 2 1 aa"),
            ("TLSA", "3 1 3 aa"),
            ("TLSA", "3 1 aa"),
            ("NAPTR", "10 100 U \"S\" \"\" ."),
            ("NAPTR", "10 100 \"U\" S \"\" ."),
            ("NAPTR", "10 100 \"U\" \"S\" x ."),
            ("NAPTR", "65536 100 \"U\" \"S\" \"\" ."),
            ("NAPTR", "1 65536 \"U\" \"S\" \"\" ."),
            ("NAPTR", "10 100 \"U\" \"S\" \"!a!b!\" c."),
            ("NAPTR", "10 100"),
            ("HTTPS", "1"),
            ("HTTPS", "40000 ."),
            ("HTTPS", "1 . key=1"),
            ("SVCB", "1 . alpn"),
            ("SVCB", "1 . no-default-alpn"),
        ] {
            assert!(fault(kind, text).is_some(), "{kind} {text}");
        }
    }

    #[test]
    fn they_are_found_in_a_template() {
        let record = |values: serde_json::Value| {
            let properties = json!({"Name": "a.b", "Type": "CNAME", "TTL": "1", "ResourceRecords": values});
            found("W164", resource("AWS::Route53::RecordSet", properties)).len()
        };
        assert_eq!(record(json!(["a.example.com"])), 0);
        assert_eq!(record(json!(["a.example.com", "b.example.com"])), 1);
        assert_eq!(record(json!(["a b", {"Fn::ImportValue": "x"}])), 2);
        let group = |value: &str| {
            let record = json!({"Name": "a.b", "Type": "A", "TTL": "1", "ResourceRecords": [value]});
            found("W164", resource("AWS::Route53::RecordSetGroup", json!({"RecordSets": [record]})))
        };
        assert_eq!(group("192.0.2.1"), []);
        let pointer = group("2001:db8::1").remove(0).pointer.unwrap();
        assert_eq!(pointer, "/Resources/It/Properties/RecordSets/0/ResourceRecords/0");
    }
}
