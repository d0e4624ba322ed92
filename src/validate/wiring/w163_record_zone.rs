//! W163: records lie in their zone.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::{View, key_of};
use super::records::{has_unknown, records};

pub(super) static RULE: Rule = Rule {
    code: Code("W163"),
    severity: Severity::Error,
    title: "a record lies in its zone, and an alias in a zone of the template has a target",
    what: "The name of a record is that of its zone or ends in it; at the top of a zone there is no `CNAME`; an alias into a zone of the template isn't of type `NS` or `SOA`, and its target lies in that zone and is its top or, where the names of all records in the template are known, one of these; an alias at the top doesn't lead to a `CNAME`; a record of a private zone has no `CidrRoutingConfig` and isn't given the zone's `NameServers`; two private zones of one name aren't in one VPC. Records are those of `AWS::Route53::RecordSet` and of `AWS::Route53::RecordSetGroup`.",
    why: "Route 53 refuses the record, or the second zone: \"RRSet with DNS name … is not permitted in zone …\", \"RRSet of type CNAME … is not permitted at apex\", \"Tried to create an alias that targets …, but that target was not found\".",
    source: "Amazon Route 53 Developer Guide, \"Choosing between alias and non-alias records\" and \"Supported DNS record types\"",
    same_as: &[
        "cfn-lint E3041",
        "cdk-preflight pf-route53-apex-cname",
        "cdk-preflight pf-route53-alias-apex-to-cname",
        "cdk-preflight pf-route53-alias-samezone-record-type",
        "cdk-preflight pf-route53-alias-samezone-target-missing",
        "cdk-preflight pf-route53-alias-target-outside-zone",
        "cdk-preflight pf-route53-cidr-private-zone",
        "cdk-preflight pf-route53-hostedzone-duplicate-private-zone-vpc",
        "cdk-preflight pf-route53-hostedzone-nameservers-private",
    ],
};

const ZONE: &str = "AWS::Route53::HostedZone";

/// A name in lower case, without the dot at its end.
fn name_of(text: Option<Cow<'_, str>>) -> Option<String> {
    Some(text?.trim_end_matches('.').to_lowercase())
}

fn is_in(name: &str, zone: &str) -> bool {
    name == zone || name.strip_suffix(zone).is_some_and(|rest| rest.ends_with('.'))
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    twins(view, findings);
    let records = records(view);
    let known: BTreeSet<(String, String)> = records
        .iter()
        .filter_map(|record| Some((name_of(record.text("Name"))?, record.text("Type")?.into_owned())))
        .collect();
    let open = has_unknown(view) || records.iter().any(|record| record.text("Name").is_none());
    for record in records {
        let zone = view.target_of(record.get("HostedZoneId"), ZONE);
        let zone_name =
            name_of(zone.and_then(|zone| zone.text("Name")).or_else(|| record.text("HostedZoneName")));
        let name = name_of(record.text("Name"));
        let mut refuse = |path: &str, message: String, help: &str| {
            let message = format!("{message}: Route 53 refuses it");
            findings.push(record.finding_of(&RULE, path, message).help(help));
        };
        if let (Some(zone), Some(name)) = (&zone_name, &name) {
            if !is_in(name, zone) {
                refuse(
                    "Name",
                    format!("the record isn't in the zone {zone}"),
                    "let its name end in that of the zone",
                );
            } else if name == zone && record.text("Type").as_deref() == Some("CNAME") {
                refuse(
                    "Type",
                    "at the top of a zone there is no `CNAME`".to_owned(),
                    "write an alias record of type `A`",
                );
            }
        }
        if let Some(zone) = zone.filter(|zone| !zone.items("VPCs").is_empty()) {
            if record.get("CidrRoutingConfig").is_some() {
                let message = format!("`{}` is private, which has no routing by address", zone.id);
                refuse("CidrRoutingConfig", message, "route in another way");
            }
            let servers = record.get("ResourceRecords").and_then(Evaluated::attribute);
            if servers.is_some_and(|(id, attribute)| id == zone.id && attribute == "NameServers") {
                let message = format!("`{}` is private and has no name servers", zone.id);
                refuse("ResourceRecords", message, "leave the record out");
            }
        }
        let Some(target) = view.target_of(record.get("AliasTarget.HostedZoneId"), ZONE) else { continue };
        let (Some(zone), Some(alias)) =
            (name_of(target.text("Name")), name_of(record.text("AliasTarget.DNSName")))
        else {
            continue;
        };
        if matches!(record.text("Type").as_deref(), Some("NS" | "SOA")) {
            refuse("Type", "there is no alias of this type".to_owned(), "write the records out");
        } else if !is_in(&alias, &zone) {
            refuse(
                "AliasTarget.DNSName",
                format!("the target isn't in the zone {zone} that the alias names"),
                "name the zone that the target is in",
            );
        } else if alias != zone && !open && !known.iter().any(|(name, _)| *name == alias) {
            let message = format!("the zone {zone} is new and has no record {alias}");
            refuse("AliasTarget.DNSName", message, "add the record, or name one that exists");
        } else if name.as_ref() == Some(&zone) && known.contains(&(alias, "CNAME".to_owned())) {
            refuse(
                "AliasTarget.DNSName",
                "the target is a `CNAME`, which an alias at the top of a zone can't follow".to_owned(),
                "name what the `CNAME` stands for",
            );
        }
    }
}

/// Private zones of one name in one VPC.
fn twins(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    let mut seen: Vec<(&str, String, String)> = Vec::new();
    for zone in view.of(ZONE) {
        let Some(name) = name_of(zone.text("Name")) else { continue };
        for vpc in zone.items("VPCs").iter().filter_map(|vpc| vpc.get("VPCId")) {
            let Some(vpc) = key_of(vpc) else { continue };
            if let Some((other, ..)) = seen.iter().find(|(_, known, of)| *known == name && *of == vpc) {
                let message =
                    format!("`{other}` is the zone {name} of this VPC already: Route 53 refuses the second");
                findings.push(zone.finding_of(&RULE, "VPCs", message).help("keep one of the two"));
            }
            seen.push((zone.id, name.clone(), vpc));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::testing::found;

    fn messages(records: &Json) -> Vec<String> {
        let mut resources = json!({
            "Zone": {"Type": "AWS::Route53::HostedZone", "Properties": {"Name": "example.com"}},
            "Private": {"Type": "AWS::Route53::HostedZone", "Properties": {"Name": "inner.local", "VPCs": [{"VPCId": "vpc-1", "VPCRegion": "us-east-1"}]}},
        });
        for (id, record) in records.as_object().unwrap() {
            resources[id] = json!({"Type": "AWS::Route53::RecordSet", "Properties": record});
        }
        found("W163", json!({"Resources": resources})).into_iter().map(|finding| finding.message).collect()
    }

    fn record(name: &str, kind: &str) -> Json {
        json!({"HostedZoneId": {"Ref": "Zone"}, "Name": name, "Type": kind, "TTL": "60", "ResourceRecords": ["a"]})
    }

    fn alias(name: &str, target: &str) -> Json {
        json!({"HostedZoneId": {"Ref": "Zone"}, "Name": name, "Type": "A", "AliasTarget": {"HostedZoneId": {"Ref": "Zone"}, "DNSName": target}})
    }

    #[test]
    fn records_lie_in_their_zone() {
        assert_eq!(
            messages(&json!({"A": record("www.Example.com.", "CNAME"), "B": record("example.com", "A")})),
            [""; 0]
        );
        assert_eq!(
            messages(&json!({"A": record("www.example.org", "A")})),
            ["the record isn't in the zone example.com: Route 53 refuses it"]
        );
        assert_eq!(messages(&json!({"A": record("badexample.com", "A")})).len(), 1);
        assert_eq!(messages(&json!({"A": record("example.com", "CNAME")})).len(), 1);
        let by_name = json!({"HostedZoneName": "example.net.", "Name": "a.example.com", "Type": "A", "TTL": "1", "ResourceRecords": ["192.0.2.1"]});
        assert_eq!(messages(&json!({"A": by_name})).len(), 1);
    }

    #[test]
    fn aliases_have_a_target() {
        let target = record("b.example.com", "A");
        assert_eq!(messages(&json!({"A": alias("a.example.com", "b.example.com"), "B": target})), [""; 0]);
        assert_eq!(messages(&json!({"A": alias("a.example.com", "c.example.com")})).len(), 1);
        assert_eq!(messages(&json!({"A": alias("a.example.com", "b.example.org")})).len(), 1);
        let cname = record("b.example.com", "CNAME");
        assert_eq!(messages(&json!({"A": alias("example.com", "b.example.com"), "B": cname})).len(), 1);
        let mut servers = alias("a.example.com", "b.example.com");
        servers["Type"] = json!("NS");
        assert_eq!(messages(&json!({"A": servers, "B": record("b.example.com", "A")})).len(), 1);
    }

    /// The findings about a group of records.
    fn grouped(properties: &Json) -> Vec<(String, String)> {
        let group = json!({"Type": "AWS::Route53::RecordSetGroup", "Properties": properties});
        let zone = json!({"Type": "AWS::Route53::HostedZone", "Properties": {"Name": "example.com"}});
        found("W163", json!({"Resources": {"Zone": zone, "It": group}}))
            .into_iter()
            .map(|finding| (finding.message, finding.pointer.unwrap()))
            .collect()
    }

    #[test]
    fn records_of_a_group_are_records() {
        let inner =
            |name: &str| json!({"Name": name, "Type": "A", "TTL": "1", "ResourceRecords": ["192.0.2.1"]});
        let group = |records: Json| json!({"HostedZoneId": {"Ref": "Zone"}, "RecordSets": records});
        assert_eq!(grouped(&group(json!([inner("www.example.com"), inner("example.com")]))), []);
        let found = grouped(&group(json!([inner("www.example.com"), inner("www.example.org")])));
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].1, "/Resources/It/Properties/RecordSets/1/Name");
        // A record has its own zone before that of the group.
        assert_eq!(grouped(&json!({"RecordSets": [record("www.example.org", "A")]})).len(), 1);
        let elsewhere = json!({"HostedZoneName": "example.org.", "Name": "www.example.org", "Type": "A", "TTL": "1", "ResourceRecords": ["192.0.2.1"]});
        assert_eq!(grouped(&group(json!([elsewhere]))), []);
        // What an alias leads to may be in the group.
        let both = json!([alias("a.example.com", "b.example.com"), record("b.example.com", "A")]);
        assert_eq!(grouped(&json!({"RecordSets": both})), []);
        let one = json!([alias("a.example.com", "b.example.com")]);
        assert_eq!(grouped(&json!({"RecordSets": one})).len(), 1);
        let unclear = json!([alias("a.example.com", "b.example.com"), {"Fn::ImportValue": "x"}]);
        assert_eq!(grouped(&json!({"RecordSets": unclear})), []);
    }

    #[test]
    fn private_zones_have_less() {
        let inner = |more: &Json| {
            let mut record =
                json!({"HostedZoneId": {"Ref": "Private"}, "Name": "a.inner.local", "Type": "NS"});
            record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            messages(&json!({"A": record})).len()
        };
        assert_eq!(inner(&json!({"ResourceRecords": ["192.0.2.1"]})), 0);
        assert_eq!(inner(&json!({"ResourceRecords": {"Fn::GetAtt": ["Private", "NameServers"]}})), 1);
        assert_eq!(inner(&json!({"CidrRoutingConfig": {}})), 1);
        let zone = json!({"Type": "AWS::Route53::HostedZone", "Properties": {"Name": "a.b", "VPCs": [{"VPCId": "vpc-1", "VPCRegion": "us-east-1"}]}});
        assert_eq!(found("W163", json!({"Resources": {"A": zone, "B": zone}})).len(), 1);
    }
}
