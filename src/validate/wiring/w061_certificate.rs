//! W061: a certificate is validated without waiting for somebody.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::View;

pub(super) static RULE: Rule = Rule {
    code: Code("W061"),
    severity: Severity::Warning,
    title: "a certificate that is validated by DNS gets its record",
    what: "A certificate with `ValidationMethod: DNS` has the `HostedZoneId` of its domain in `DomainValidationOptions`.",
    why: "The stack waits until somebody makes the record by hand, and fails after three days.",
    source: "AWS CloudFormation Template Reference, \"AWS::CertificateManager::Certificate\"",
    same_as: &[],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for certificate in view.of("AWS::CertificateManager::Certificate") {
        let by_dns = certificate.text("ValidationMethod").as_deref() == Some("DNS");
        if !by_dns || certificate.is_unknown("DomainValidationOptions") {
            continue;
        }
        let options = certificate.items("DomainValidationOptions");
        let has_zone =
            |option: &Evaluated<'_>| option.unknown().is_some() || option.get("HostedZoneId").is_some();
        if !options.iter().any(has_zone) {
            let message = "nobody makes the record that validates the certificate: the stack waits for days";
            findings.push(
                certificate
                    .finding_of(&RULE, "ValidationMethod", message)
                    .help("add `DomainValidationOptions` with the domain and its `HostedZoneId`"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::wiring::testing::{none, only};

    fn certificate(options: &Json) -> Json {
        json!({"Type": "AWS::CertificateManager::Certificate", "Properties": {
            "DomainName": "d.example.com", "ValidationMethod": "DNS", "DomainValidationOptions": options}})
    }

    #[test]
    fn one_without_zone_is_found() {
        only("W061", &[("/Certificate", certificate(&json!([])))]);
    }

    #[test]
    fn one_with_a_zone_is_not() {
        let options = json!([{"DomainName": "d.example.com", "HostedZoneId": "Z0123456789ABC"}]);
        none(&[("/Certificate", certificate(&options))]);
    }
}
