//! W053: an alias names one load balancer.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::balancer_zones::is_of_another;
use super::model::{Answer, View, mentions, same};
use super::records::records;

pub(super) static RULE: Rule = Rule {
    code: Code("W053"),
    severity: Severity::Error,
    title: "the zone and the name of an alias are those of one load balancer",
    what: "In an alias record, also one of a `RecordSetGroup`, `DNSName` and `HostedZoneId` come from the same load balancer of the template, by its attributes `DNSName` and `CanonicalHostedZoneID`. A zone in so many words may be the load balancer's, but not the one that the record is in, nor one that AWS's table of 30 regions has for load balancers of the other kind or, where the region is known, of another region.",
    why: "Route 53 refuses the record: \"Tried to create an alias that targets …, but that target was not found\".",
    source: "Amazon Route 53 API Reference, \"AliasTarget\"; AWS General Reference, \"Elastic Load Balancing endpoints and quotas\"",
    same_as: &[],
};

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for record in records(view) {
        let (Some(name), Some(zone)) =
            (record.get("AliasTarget.DNSName"), record.get("AliasTarget.HostedZoneId"))
        else {
            continue;
        };
        let named = mentions(name)
            .into_iter()
            .find(|id| view.get(id).is_some_and(|item| item.is("AWS::ElasticLoadBalancingV2::LoadBalancer")));
        let Some(balancer) = named else { continue };
        let right = if let Some((id, attribute)) = zone.attribute() {
            id == balancer && attribute == "CanonicalHostedZoneID"
        } else {
            // A zone in so many words may be right, but never the record's own.
            let own = record.get("HostedZoneId");
            let is_network = view.get(balancer).map(|item| match item.get("Type") {
                Some(kind) => kind.text().map(|kind| kind == "network"),
                None => Some(false),
            });
            let region = view.context.options.region.as_deref();
            let is_foreign = zone
                .text()
                .zip(is_network.flatten())
                .is_some_and(|(zone, is_network)| is_of_another(&zone, is_network, region));
            zone.resource().is_none() && !is_foreign && own.is_none_or(|own| same(own, zone) != Answer::Yes)
        };
        if right {
            continue;
        }
        let message =
            format!("the zone isn't that of `{balancer}`, which the name is of: Route 53 refuses the record");
        findings.push(
            record
                .finding_at(&RULE, zone, message)
                .help(format!("write `!GetAtt {balancer}.CanonicalHostedZoneID`")),
        );
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::wiring::testing::{none, only};

    fn record(zone: &Json) -> (&'static str, Json) {
        (
            "/Record",
            json!({"Type": "AWS::Route53::RecordSet", "Properties": {"HostedZoneId": "Z0", "Name": "x.example.com", "Type": "A", "AliasTarget": {"DNSName": {"Fn::GetAtt": ["Balancer", "DNSName"]}, "HostedZoneId": zone}}}),
        )
    }

    #[test]
    fn another_zone_is_found() {
        let zone = json!({"Type": "AWS::Route53::HostedZone", "Properties": {"Name": "example.com"}});
        only("W053", &[record(&json!({"Ref": "Zone"})), ("/Zone", zone)]);
        // That of the record itself.
        only("W053", &[record(&json!("Z0"))]);
        // That of a network load balancer, where this is none.
        only("W053", &[record(&json!("Z26RNL4JYFTOTI"))]);
    }

    #[test]
    fn its_own_is_good() {
        none(&[record(&json!({"Fn::GetAtt": ["Balancer", "CanonicalHostedZoneID"]}))]);
        none(&[record(&json!("Z35SXDOTRQ7X7K"))]);
    }
}
