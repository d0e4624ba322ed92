//! The load balancer, its names, and who may reach it.

use super::format::{BUCKET_NAMES, is_bucket, is_domain, is_zone_id};
use super::references::CERTIFICATE;
use super::{Findings, at, code};
use crate::config::model::Profile;
use crate::document::excerpt;

pub(super) fn check(findings: &mut Findings<'_>) {
    let ingress = &findings.config.ingress;
    check_names(findings);
    let mut known = Vec::new();
    for (index, text) in ingress.allowed_cidrs.iter().enumerate() {
        let pointer = at(&["ingress", "allowed_cidrs", &index.to_string()]);
        if text.contains(':') {
            let text = excerpt(text);
            let message =
                format!("the IPv6 range `{text}` lets nobody in: the load balancer has IPv4 addresses only");
            let help = "remove it, and list the IPv4 range from which the same people come";
            findings.error(code::CIDR, &pointer, message, help);
        } else if let Some(cidr) = findings.cidr(&pointer, text) {
            if known.contains(&cidr) {
                findings.error(code::CIDR, &pointer, format!("the range {cidr} stands twice"), "remove one");
            }
            known.push(cidr);
        }
    }
    if !ingress.ssl_policy.starts_with("ELBSecurityPolicy-") {
        let help = "write its name as in ELBSecurityPolicy-TLS13-1-2-2021-06";
        findings.format(
            "/ingress/ssl_policy",
            &ingress.ssl_policy,
            "a security policy of load balancers",
            help,
        );
    }
    if let Some(logs) = &ingress.access_logs {
        let bucket = "/ingress/access_logs/bucket";
        if findings.needs(bucket, &logs.bucket, "name a bucket of the stack's region")
            && !is_bucket(&logs.bucket)
        {
            findings.format(bucket, &logs.bucket, "the name of a bucket", BUCKET_NAMES);
        }
        if let Some(prefix) = &logs.prefix
            && (prefix.is_empty()
                || prefix.starts_with('/')
                || prefix.ends_with('/')
                || prefix.contains("AWSLogs"))
        {
            // Source: Elastic Load Balancing User Guide, "Enable access logs for your Application Load Balancer".
            let help = "write it without `/` at either end and without `AWSLogs`, or remove it";
            findings.format("/ingress/access_logs/prefix", prefix, "a prefix of object names", help);
        }
    }
}

/// Domain, zone and certificate, and what production asks of them.
fn check_names(findings: &mut Findings<'_>) {
    let config = findings.config;
    let ingress = &config.ingress;
    if let Some(domain) = &ingress.domain_name
        && !is_domain(domain)
    {
        let help = "write the bare name in lowercase, as in dify.example.com";
        findings.format("/ingress/domain_name", domain, "a domain name", help);
    }
    if let Some(zone) = &ingress.hosted_zone_id {
        if !is_zone_id(zone) {
            let help = "write the id of a public hosted zone, as in Z0123456789ABC";
            findings.format("/ingress/hosted_zone_id", zone, "the id of a hosted zone", help);
        }
        if ingress.domain_name.is_none() {
            findings.error(
                code::ZONE_WITHOUT_DOMAIN,
                "/ingress/hosted_zone_id",
                format!("there is a hosted zone, `{}`, but no name to record in it", excerpt(zone)),
                "set `ingress.domain_name`, or remove `ingress.hosted_zone_id`",
            );
        }
    }
    if let Some(certificate) = &ingress.certificate_arn {
        findings.arn("/ingress/certificate_arn", certificate, CERTIFICATE);
        if ingress.domain_name.is_none() {
            findings.warning(
                code::CERTIFICATE_WITHOUT_DOMAIN,
                "/ingress/certificate_arn",
                "without a name Dify's URLs are the load balancer's own name, which no certificate is for: browsers refuse them",
                "set `ingress.domain_name` to a name of the certificate, or fill in `DomainName` when the stack is created",
            );
        }
    }
    let has_https = ingress.certificate_arn.is_some()
        || (ingress.domain_name.is_some() && ingress.hosted_zone_id.is_some());
    if config.profile == Profile::Production && !has_https {
        let pointer = findings.written_of(&["/profile", "/ingress/domain_name"]);
        findings.error(
            code::NO_HTTPS,
            pointer,
            "production needs HTTPS, but has no certificate",
            "set `ingress.certificate_arn`, or `ingress.domain_name` with `ingress.hosted_zone_id`, and one is requested",
        );
    }
}
