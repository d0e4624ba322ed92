//! W165: certificates are validated by a domain above theirs.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::View;

pub(super) static RULE: Rule = Rule {
    code: Code("W165"),
    severity: Severity::Error,
    title: "a certificate is validated by its domain or one above",
    what: "Of a certificate, each `ValidationDomain` is the `DomainName` beside it or a domain that it ends in, and each `DomainName` there is one of the certificate.",
    why: "Certificate Manager refuses it: \"The validation domain … is not a superdomain of …\", or the stack waits for a validation that never comes.",
    source: "AWS Certificate Manager API Reference, \"DomainValidationOption\"",
    same_as: &["cfn-lint E3503"],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for certificate in view.of("AWS::CertificateManager::Certificate") {
        let alternatives = certificate.items("SubjectAlternativeNames");
        let names: Option<Vec<String>> = std::iter::once(certificate.get("DomainName"))
            .chain(alternatives.iter().map(Some))
            .map(|name| Some(name?.text()?.into_owned()))
            .collect();
        for option in certificate.items("DomainValidationOptions") {
            let Some((value, domain)) =
                option.get("DomainName").and_then(|value| Some((value, value.text()?)))
            else {
                continue;
            };
            if names
                .as_ref()
                .is_some_and(|names| !names.iter().any(|name| name.eq_ignore_ascii_case(&domain)))
            {
                let message =
                    format!("the certificate has no name {domain}: the validation is for none of its names");
                findings.push(
                    certificate.finding_at(&RULE, value, message).help("write a name of the certificate"),
                );
            }
            let Some(validation) = option.get("ValidationDomain") else { continue };
            let Some(above) = validation.text() else { continue };
            let (lower, lower_above) = (domain.to_lowercase(), above.to_lowercase());
            if lower != lower_above
                && lower.strip_suffix(&lower_above).is_none_or(|rest| !rest.ends_with('.'))
            {
                let message = format!("{above} isn't above {domain}: the certificate is refused");
                findings.push(
                    certificate
                        .finding_at(&RULE, validation, message)
                        .help("write the domain or one that it ends in"),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::testing::{found, resource};

    fn count(domain: &str, validation: &str) -> usize {
        let option = json!({"DomainName": domain, "ValidationDomain": validation});
        let properties = json!({"DomainName": "a.example.com", "DomainValidationOptions": [option]});
        found("W165", resource("AWS::CertificateManager::Certificate", properties)).len()
    }

    #[test]
    fn a_domain_above_validates() {
        assert_eq!((count("a.example.com", "example.com"), count("a.example.com", "a.example.com")), (0, 0));
        assert_eq!(count("A.Example.com", "example.com"), 0);
        assert_eq!((count("a.example.com", "example.org"), count("a.example.com", "le.com")), (1, 1));
    }

    #[test]
    fn the_name_is_one_of_the_certificate() {
        assert_eq!(count("b.example.com", "example.com"), 1);
    }
}
