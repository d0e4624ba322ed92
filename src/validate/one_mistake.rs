//! One mistake, one finding: of several that tell the same of one place, the most exact one stays.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::cfn::Template;
use crate::cfn::evaluate::as_call;
use crate::diagnostic::{Diagnostic, Severity};
use crate::document::pointer_tokens;

/// A rule, and those that tell the same less exactly at the same place.
const SAME_PLACE: &[(&str, &[&str])] = &[
    ("S013", &["S015"]),
    ("S024", &["S010"]),
    ("S240", &["S004"]),
    ("S368", &["S015"]),
    ("S425", &["S015"]),
    ("S435", &["S015"]),
    ("S501", &["S011"]),
    ("S006", &["W004"]),
    ("R011", &["R004"]),
    ("R015", &["W010"]),
    ("S006", &["W004"]),
    ("R011", &["R004"]),
    ("R015", &["W010"]),
    ("W014", &["L009"]),
    ("W034", &["P060"]),
    ("W150", &["W065"]),
    ("W150", &["W065"]),
    // A condition that can't be evaluated isn't one that is always false.
    ("D106", &["R027"]),
];

/// A rule, and those that tell the same of what it calls wrong, or of a part of it.
const INSIDE: &[(&str, &[&str])] = &[
    ("D105", &["S001"]),
    ("D106", &["R001", "R010", "R011"]),
    ("D110", &["R029"]),
    ("W014", &["S010"]),
    ("W020", &["S263"]),
];

/// A rule, what the place of its finding ends in, and those that tell at a place around it what follows from that.
const BELOW: &[(&str, &str, &[&str])] = &[
    ("S004", "/DeploymentCircuitBreaker", &["W017"]),
    ("S005", "/DeploymentCircuitBreaker", &["W017"]),
    ("S005", "/Certificates", &["S220"]),
    ("S005", "/Options", &["S115"]),
    ("S006", "/Type", &["S224", "S243"]),
    ("S230", "/Type", &["S224"]),
    ("W003", "/ContainerPort", &["W005"]),
    ("W151", "", &["W054", "W065"]),
    ("W152", "", &["W054", "W065"]),
    ("W153", "", &["W054", "W065"]),
    ("W156", "", &["W054", "W065"]),
    ("W158", "", &["W054", "W065"]),
];

/// A rule about an argument, and those that tell the same of the call around it.
const AROUND: &[(&str, &[&str])] = &[("R004", &["W052", "W053"]), ("R007", &["R025"]), ("R010", &["S005"])];

/// How exactly the rule tells that a scalar can't stand where it does, the most exact first; `None` for rules that are about
/// something else.
fn rank(code: &str) -> Option<u8> {
    Some(match code {
        "S005" => 0,
        "L004" | "L006" => 1,
        "W012" | "W021" | "W057" | "W168" | "W180" | "W186" => 2,
        _ if is_row(code) => 3,
        "S019" => 4,
        "S006" | "S008" | "S009" => 5,
        "S007" => 6,
        "S015" => 7,
        _ => return None,
    })
}

/// Takes out what another finding tells more exactly.
pub(super) fn told_once(template: &Template, findings: &mut Vec<Diagnostic>) {
    let mut at: BTreeMap<&str, Vec<&Diagnostic>> = BTreeMap::new();
    for finding in findings.iter() {
        if let Some(pointer) = &finding.pointer {
            at.entry(pointer).or_default().push(finding);
        }
    }
    let keep: Vec<bool> = findings
        .iter()
        .map(|finding| {
            let Some(pointer) = finding.pointer.as_deref() else { return true };
            !(is_covered(finding, pointer, &at, template) || is_less_exact(finding, pointer, &at, template))
        })
        .collect();
    let mut keep = keep.into_iter();
    findings.retain(|_| keep.next().unwrap_or(true));
}

/// The findings by their pointers.
type Places<'f> = BTreeMap<&'f str, Vec<&'f Diagnostic>>;

/// Whether one of the tables names a finding that says the same.
fn is_covered(finding: &Diagnostic, pointer: &str, at: &Places<'_>, template: &Template) -> bool {
    let code = finding.code.0;
    let better = |table: &[(&'static str, &[&str])]| -> Vec<&'static str> {
        table.iter().filter(|(_, covered)| covered.contains(&code)).map(|(better, _)| *better).collect()
    };
    let is_at = |pointer: &str, codes: &[&str]| {
        at.get(pointer).is_some_and(|found| found.iter().any(|other| codes.contains(&other.code.0)))
    };
    let (same, inside, around) = (better(SAME_PLACE), better(INSIDE), better(AROUND));
    if !same.is_empty() && is_at(pointer, &same) {
        return true;
    }
    // What a value of another type would have to hold, and what would be better of one that is refused.
    let here = at.get(pointer).map_or(&[][..], Vec::as_slice);
    let is_of_value = || here.iter().any(|other| is_refusal(other)) && is_scalar(template, pointer);
    let is_moot =
        (is_row(code) || is_taste(code)) && is_at(pointer, &["S005"]) || is_taste(code) && is_of_value();
    if is_moot {
        return true;
    }
    let below: Vec<_> = BELOW.iter().filter(|(.., covered)| covered.contains(&code)).collect();
    let is_told = |place: &str, found: &[&Diagnostic]| {
        below
            .iter()
            .any(|(better, end, _)| place.ends_with(end) && found.iter().any(|other| other.code.0 == *better))
    };
    if !below.is_empty() && below_of(pointer, at).any(|(place, found)| is_told(place, found)) {
        return true;
    }
    if !inside.is_empty() {
        let mut above = pointer;
        loop {
            if is_at(above, &inside) {
                return true;
            }
            match above.rsplit_once('/') {
                Some((rest, _)) => above = rest,
                None => break,
            }
        }
    }
    // The arguments come right behind in the order of pointers.
    !around.is_empty()
        && below_of(pointer, at)
            .filter(|(other, _)| other[pointer.len()..].starts_with("/Fn::"))
            .any(|(_, found)| found.iter().any(|other| around.contains(&other.code.0)))
}

/// What is found at places below one.
fn below_of<'a, 'f>(
    pointer: &'a str,
    at: &'a Places<'f>,
) -> impl Iterator<Item = (&'f str, &'a [&'f Diagnostic])> {
    at.range::<str, _>((Bound::Included(pointer), Bound::Unbounded))
        .map(|(place, found)| (*place, found.as_slice()))
        .take_while(move |(place, _)| place.starts_with(pointer))
        .filter(move |(place, _)| place[pointer.len()..].starts_with('/'))
}

/// Whether a rule is a row of `schemas/constraints`.
fn is_row(code: &str) -> bool {
    code.len() == 4 && code.starts_with('S') && !code.starts_with("S0")
}

/// Whether a rule says what would be better of a value that may stand there; secrets, and a role that another thing has too,
/// are told wherever they stand.
fn is_taste(code: &str) -> bool {
    code.starts_with('P') && !code.starts_with("P04") && code != "P039"
}

/// Whether a finding says that CloudFormation or the service refuses a value.
fn is_refusal(finding: &Diagnostic) -> bool {
    finding.is_error() && !finding.code.0.starts_with('P')
}

/// Whether another finding tells more exactly why the scalar can't stand here.
fn is_less_exact(finding: &Diagnostic, pointer: &str, at: &Places<'_>, template: &Template) -> bool {
    let Some(own) = rank(finding.code.0).filter(|_| finding.severity > Severity::Note) else { return false };
    let others = at.get(pointer).map_or(&[][..], Vec::as_slice);
    let as_bad = others.iter().filter(|other| other.severity >= finding.severity);
    let best = as_bad.filter_map(|other| rank(other.code.0)).min();
    best.is_some_and(|best| best < own) && is_scalar(template, pointer)
}

/// Whether a text, a number or a function stands at a place of a resource or an output.
fn is_scalar(template: &Template, pointer: &str) -> bool {
    let mut steps = pointer_tokens(pointer);
    let (Some(section), Some(name)) = (steps.next(), steps.next()) else { return false };
    let mut value = match section.as_str() {
        "Resources" if steps.next().is_some_and(|part| part == "Properties") => {
            let property = template.resources.get(&name).zip(steps.next());
            property.and_then(|(resource, key)| resource.properties.get(&key))
        }
        "Outputs" => template.outputs.get(&name),
        _ => None,
    };
    for step in steps {
        value = value.and_then(|value| value.get(&step).or_else(|| value.get(step.parse::<usize>().ok()?)));
    }
    value.is_some_and(|value| !(value.is_array() || value.is_object()) || as_call(value).is_some())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::testing::template;
    use crate::validate::{Options, findings};

    /// The codes at each place of one resource, without warnings and notes.
    fn errors(type_name: &str, properties: &Json) -> Vec<(String, &'static str)> {
        let template = template(json!({
            "Mappings": {"M": {"a": {"b": "c"}}},
            "Resources": {"It": {"Type": type_name, "DeletionPolicy": "Retain", "Properties": properties}},
        }));
        let errors = findings(&template, &Options::default()).into_iter().filter(super::Diagnostic::is_error);
        errors.map(|finding| (finding.pointer.unwrap()[25..].to_owned(), finding.code.0)).collect()
    }

    fn one(type_name: &str, properties: &Json) -> &'static str {
        let errors = errors(type_name, properties);
        assert_eq!(errors.len(), 1, "{errors:?}");
        errors[0].1
    }

    #[test]
    fn names_ids_and_values_are_told_once() {
        let balancer = json!({"Name": "internal-x", "Subnets": ["subnet-12345678", "subnet-12345679"]});
        assert_eq!(one("AWS::ElasticLoadBalancingV2::LoadBalancer", &balancer), "L004");
        assert_eq!(one("AWS::S3::Bucket", &json!({"BucketName": "a b"})), "S019");
        assert_eq!(one("AWS::Logs::LogGroup", &json!({"KmsKeyId": "k"})), "S007");
        let group = json!({"GroupDescription": "g", "SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "CidrIp": "10.0.0.0/33"}]});
        assert_eq!(errors("AWS::EC2::SecurityGroup", &group).len(), 1);
    }

    #[test]
    fn names_of_exports_are_told_once() {
        let template = template(json!({"Outputs": {"O": {"Value": "x", "Export": {"Name": ""}}}}));
        let found = findings(&template, &Options::default()).into_iter().filter(super::Diagnostic::is_error);
        assert_eq!(found.map(|finding| finding.code.0).collect::<Vec<_>>(), ["S008"]);
    }

    #[test]
    fn a_missing_key_of_a_mapping_is_told_at_the_key() {
        let topic = json!({"DisplayName": {"Fn::FindInMap": ["M", "a", "x"]}});
        assert_eq!(errors("AWS::SNS::Topic", &topic), [("DisplayName/Fn::FindInMap/2".to_owned(), "R007")]);
    }

    #[test]
    fn what_follows_from_a_mistake_is_not_told() {
        let key = json!({"KeyPolicy": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": 7, "Principal": "*", "Resource": "*"}]}});
        let codes: Vec<_> = errors("AWS::KMS::Key", &key).into_iter().map(|(_, code)| code).collect();
        assert!(!codes.contains(&"W054") && !codes.is_empty(), "{codes:?}");
        let attributes = json!([{"Key": "deletion_protection.enabled", "Value": {}}]);
        let balancer =
            json!({"Subnets": ["subnet-12345678", "subnet-12345679"], "LoadBalancerAttributes": attributes});
        assert_eq!(one("AWS::ElasticLoadBalancingV2::LoadBalancer", &balancer), "S005");
    }

    #[test]
    fn what_is_refused_is_not_judged_by_taste() {
        let all = |status: &str| {
            let bucket = json!({"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain", "Properties": {"VersioningConfiguration": {"Status": status}}});
            let found = findings(&template(json!({"Resources": {"It": bucket}})), &Options::default());
            found.into_iter().map(|finding| finding.code.0).collect::<Vec<_>>()
        };
        assert!(all("Suspended").contains(&"P055"));
        let refused = all("x");
        assert!(refused.contains(&"S006") && !refused.contains(&"P055"), "{refused:?}");
    }

    #[test]
    fn two_mistakes_are_two_findings() {
        let errors = errors("AWS::SNS::Topic", &json!({"TopicName": "a b", "DisplayNam": "x"}));
        assert_eq!(errors.len(), 2, "{errors:?}");
    }
}
