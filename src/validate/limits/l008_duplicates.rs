//! L008: no two resources are the same thing; L009: no two rules have the same priority.

use std::collections::BTreeMap;

use crate::cfn::Resource;
use crate::cfn::evaluate::{Data, Evaluated, Evaluator, Scenario};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::schema::{Schema, TypeSchema};
use crate::validate::{Context, Owner, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("L008"),
    severity: Severity::Error,
    title: "no two resources are the same thing",
    what: "Two resources of a type that exist together differ in what identifies them, as far as the template sets it: two \
           buckets have two names. Where the service chooses the identifier, they differ in what it wants to be unique: \
           names of target groups, load balancers, secrets, managed policies, web ACLs, event rules and services, of security \
           groups in their VPC, ports of a load balancer's listeners, targets of a route table's routes, rules of a security \
           group, name, type and set of DNS records, rotations of a secret. What is equal with parameters at their defaults \
           only is a warning.",
    why: "The second one fails: \"already exists\".",
    source: "CloudFormation registry schemas, `primaryIdentifier`; the API reference of each service, errors of the create action",
    same_as: &[
        "cfn-lint E3019",
        "cdk-preflight pf-events-rule-name-duplicate",
        "cdk-preflight pf-secretsmanager-rotation-schedule-unique",
    ],
};

pub(super) static PRIORITY: Rule = Rule {
    code: Code("L009"),
    severity: Severity::Error,
    title: "no two rules of a listener have the same priority",
    what: "Listener rules that exist together on one listener have different priorities.",
    why: "The second one fails: \"Priority '…' is currently in use\".",
    source: "Elastic Load Balancing API Reference, `CreateRule`",
    same_as: &[],
};

/// What has to differ, beside primary identifiers.
const PRIORITIES: (&str, [&str; 2]) =
    ("AWS::ElasticLoadBalancingV2::ListenerRule", ["ListenerArn", "Priority"]);

/// Types whose primary identifier may be given twice: cfn-lint's exceptions, and what several resources share.
const EXCEPTIONS: [&str; 1] = ["AWS::CodeBuild::Project"];

/// What a service wants to be unique although its primary identifier is another: a type, the properties that are
/// there, and those that count as different where they are left out.
///
/// Source: the errors of the create actions in the API references, such as `DuplicateTargetGroupName`,
/// `DuplicateListener`, `InvalidGroup.Duplicate`, `InvalidPermission.Duplicate`, `RouteAlreadyExists`,
/// `ResourceExistsException` of Secrets Manager, `InvalidChangeBatch` of Route 53.
const UNIQUE: [(&str, &[&str], &[&str]); 21] = [
    ("AWS::ElasticLoadBalancingV2::TargetGroup", &["Name"], &[]),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", &["Name"], &[]),
    ("AWS::ElasticLoadBalancingV2::Listener", &["LoadBalancerArn", "Port"], &[]),
    ("AWS::Route53::RecordSet", &["HostedZoneId", "Name", "Type"], &["SetIdentifier"]),
    ("AWS::Route53::RecordSet", &["HostedZoneName", "Name", "Type"], &["SetIdentifier"]),
    ("AWS::EC2::SecurityGroup", &["GroupName"], &["VpcId"]),
    ("AWS::EC2::SecurityGroupIngress", &["GroupId", "IpProtocol"], &INGRESS),
    ("AWS::EC2::SecurityGroupEgress", &["GroupId", "IpProtocol"], &EGRESS),
    ("AWS::EC2::Route", &["RouteTableId", "DestinationCidrBlock"], &[]),
    ("AWS::EC2::Route", &["RouteTableId", "DestinationIpv6CidrBlock"], &[]),
    ("AWS::ECS::Service", &["ServiceName"], &["Cluster"]),
    ("AWS::SecretsManager::Secret", &["Name"], &[]),
    ("AWS::SecretsManager::RotationSchedule", &["SecretId"], &[]),
    ("AWS::IAM::ManagedPolicy", &["ManagedPolicyName"], &[]),
    ("AWS::Events::Rule", &["Name"], &["EventBusName"]),
    ("AWS::ServiceDiscovery::PrivateDnsNamespace", &["Name", "Vpc"], &[]),
    ("AWS::ServiceDiscovery::Service", &["NamespaceId", "Name"], &[]),
    ("AWS::WAFv2::WebACL", &["Name", "Scope"], &[]),
    ("AWS::WAFv2::IPSet", &["Name", "Scope"], &[]),
    ("AWS::WAFv2::RuleGroup", &["Name", "Scope"], &[]),
    ("AWS::WAFv2::RegexPatternSet", &["Name", "Scope"], &[]),
];

/// What makes one rule into a security group another, beside its group and protocol.
const INGRESS: [&str; 8] = [
    "FromPort",
    "ToPort",
    "CidrIp",
    "CidrIpv6",
    "SourceSecurityGroupId",
    "SourceSecurityGroupName",
    "SourceSecurityGroupOwnerId",
    "SourcePrefixListId",
];

/// The same of a rule out of one.
const EGRESS: [&str; 6] =
    ["FromPort", "ToPort", "CidrIp", "CidrIpv6", "DestinationSecurityGroupId", "DestinationPrefixListId"];

/// What has to differ between resources of a type.
#[derive(Debug, Clone)]
struct Identity {
    rule: &'static Rule,
    /// Properties that are there.
    properties: Vec<&'static str>,
    /// Properties that may be left out, which is a value like any other.
    optional: &'static [&'static str],
}

/// A resource with what identifies it.
struct Identified<'t> {
    id: &'t str,
    resource: &'t Resource,
    identity: Identity,
}

pub(super) fn check<'t>(context: &Context<'t>, findings: &mut Vec<Diagnostic>) {
    // By type and, in the first combination in which it exists, what identifies it.
    let mut known: BTreeMap<(&str, &str, Vec<&str>, String), Vec<Identified<'t>>> = BTreeMap::new();
    for (id, resource) in &context.template.resources {
        for identity in identities(context, resource) {
            if !identity.properties.iter().all(|property| resource.properties.contains_key(*property)) {
                continue;
            }
            let all = context.scenarios_of(resource);
            let mut keys: Vec<String> = Vec::new();
            context.each_at_defaults(id, resource, &all, |_, evaluated| {
                keys.extend(match &evaluated.properties.data {
                    // What a macro makes of the other properties isn't known.
                    Data::Unknown(_) => key_in(context, resource, &evaluated.scenario, &identity),
                    known => key(resource, &identity, |property| known.get(property).cloned()),
                });
                true
            });
            keys.sort();
            keys.dedup();
            for key in keys {
                let of =
                    (identity.rule.code.0, resource.type_name.as_str(), identity.properties.clone(), key);
                known.entry(of).or_default().push(Identified { id, resource, identity: identity.clone() });
            }
        }
    }
    for ((_, _, _, key), group) in &known {
        for (index, second) in group.iter().enumerate() {
            let twin = group[..index]
                .iter()
                .filter_map(|first| Some((first, together(context, first, second, key)?)))
                .max_by_key(|(_, severity)| *severity);
            if let Some((first, severity)) = twin {
                findings.push(finding(first, second, key, severity));
            }
        }
    }
}

fn finding(first: &Identified<'_>, second: &Identified<'_>, key: &str, severity: Severity) -> Diagnostic {
    let owner = Owner::Resource { id: second.id, resource: second.resource };
    let properties = &second.identity.properties;
    let at_defaults = if severity < Severity::Error { ", with parameters at their defaults" } else { "" };
    let message = format!(
        "`{}` has the same {} as `{}`: {}{at_defaults}",
        second.id,
        properties.join(" and "),
        first.id,
        key.trim_end_matches(", ")
    );
    let pointer =
        format!("{}/Properties/{}", owner.pointer(), properties.last().copied().unwrap_or_default());
    let help = if second.identity.rule.code == PRIORITY.code {
        "choose another priority"
    } else {
        "change one of the two, or remove it"
    };
    let mut finding = second.identity.rule.at(owner, pointer, message).help(help);
    finding.severity = severity;
    finding
}

/// What identifies a resource of that type: the properties that a template sets.
fn identities(context: &Context<'_>, resource: &Resource) -> Vec<Identity> {
    let mut identities = Vec::new();
    let type_name = resource.type_name.as_str();
    if type_name == PRIORITIES.0 {
        let properties = PRIORITIES.1.to_vec();
        identities.push(Identity { rule: &PRIORITY, properties, optional: &[] });
    }
    for (_, properties, optional) in UNIQUE.iter().filter(|(unique, ..)| *unique == type_name) {
        let properties = properties.to_vec();
        identities.push(Identity { rule: &RULE, properties, optional });
    }
    if let Some(schema) = context.registry.get(type_name).filter(|_| !EXCEPTIONS.contains(&type_name)) {
        let read_only: Vec<&str> = texts(schema, "readOnlyProperties").collect();
        let primary: Vec<&str> = texts(schema, "primaryIdentifier").collect();
        if !primary.is_empty() && !primary.iter().any(|pointer| read_only.contains(pointer)) {
            let names = primary.iter().filter_map(|pointer| pointer.strip_prefix("/properties/"));
            identities.push(Identity { rule: &RULE, properties: names.collect(), optional: &[] });
        }
    }
    identities
}

fn texts(schema: TypeSchema, list: &str) -> impl Iterator<Item = &'static str> {
    schema.root.list(list).filter_map(Schema::as_str)
}

/// The values of the properties as one text; `None` if one is left out that is needed, or can't be compared.
fn key<'t>(
    resource: &Resource,
    identity: &Identity,
    value_of: impl Fn(&str) -> Option<Evaluated<'t>>,
) -> Option<String> {
    let mut key = String::new();
    let optional = identity.optional.iter().map(|property| (*property, true));
    for (property, is_optional) in
        identity.properties.iter().map(|property| (*property, false)).chain(optional)
    {
        let Some(value) = value_of(property) else {
            if is_optional {
                key.push_str(", ");
                continue;
            }
            return None;
        };
        let text = match &value.data {
            Data::Unknown(unknown) if !unknown.to_string().contains('…') => unknown.to_string(),
            Data::Unknown(_) => return None,
            known => match known.text() {
                Some(text) => text.into_owned(),
                None => value.to_json()?.to_string(),
            },
        };
        // DNS doesn't tell capital letters from small ones, and a name is the same with a dot at its end.
        let is_dns = resource.type_name == "AWS::Route53::RecordSet" && property.ends_with("Name");
        if is_dns && !text.contains("${") {
            key.push_str(text.trim_end_matches('.').to_lowercase().as_str());
        } else {
            key.push_str(&text);
        }
        key.push_str(", ");
    }
    Some(key)
}

/// The same in a scenario.
fn key_in<'t>(
    context: &Context<'t>,
    resource: &'t Resource,
    scenario: &Scenario<'t>,
    identity: &Identity,
) -> Option<String> {
    key(resource, identity, |property| {
        context.evaluator.evaluate(resource.properties.get(property)?, scenario).value
    })
}

/// How bad it is that both exist with that key in one combination: an error if they are equal whatever parameters are;
/// `None` if they never are.
fn together<'t>(
    context: &Context<'t>,
    first: &Identified<'t>,
    second: &Identified<'t>,
    key: &str,
) -> Option<Severity> {
    let mut conditions = Evaluator::conditions_of(first.resource);
    conditions.extend(Evaluator::conditions_of(second.resource));
    let all = context.evaluator.shared_scenarios(&conditions);
    let of = |identified: &Identified<'t>, scenario: &Scenario<'t>| {
        key_in(context, identified.resource, scenario, &identified.identity)
    };
    let equal = all.list.iter().filter(|scenario| {
        let at_defaults = scenario.at_defaults();
        [first, second].iter().all(|identified| {
            Evaluator::exists(identified.resource, scenario) != Some(false)
                && of(identified, &at_defaults).as_deref() == Some(key)
        })
    });
    equal
        .map(|scenario| match (of(first, scenario), of(second, scenario)) {
            (Some(one), Some(other)) if one == other => Severity::Error,
            _ => Severity::Warning,
        })
        .max()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::diagnostic::Severity;
    use crate::validate::testing::{found, none, only};

    #[test]
    fn the_same_name_twice_is_found() {
        let bucket = |name: Json| json!({"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name}});
        let (message, pointer) =
            only("L008", json!({"Resources": {"A": bucket(json!("x")), "B": bucket(json!("x"))}}));
        assert_eq!(message, "`B` has the same BucketName as `A`: x");
        assert_eq!(pointer, "/Resources/B/Properties/BucketName");
        none("L008", json!({"Resources": {"A": bucket(json!("x")), "B": bucket(json!("y"))}}));
    }

    #[test]
    fn what_never_exists_together_may_be_the_same() {
        let bucket = |condition: &str| json!({"Type": "AWS::S3::Bucket", "Condition": condition, "Properties": {"BucketName": "x"}});
        let conditions =
            json!({"Yes": {"Fn::Equals": [{"Ref": "P"}, "y"]}, "No": {"Fn::Not": [{"Condition": "Yes"}]}});
        let parameters = json!({"P": {"Type": "String"}});
        none(
            "L008",
            json!({"Parameters": parameters, "Conditions": conditions, "Resources": {"A": bucket("Yes"), "B": bucket("No")}}),
        );
        only(
            "L008",
            json!({"Parameters": parameters, "Conditions": conditions, "Resources": {"A": bucket("Yes"), "B": bucket("Yes")}}),
        );
    }

    #[test]
    fn names_that_a_service_wants_to_be_unique_are() {
        let pair = |type_name: &str, one: Json, other: Json| {
            let resource = |properties: Json| json!({"Type": type_name, "Properties": properties});
            json!({"Resources": {
                "A": resource(one), "B": resource(other),
                "Group": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "g"}},
            }})
        };
        let same = |type_name: &str, properties: Json| {
            only("L008", pair(type_name, properties.clone(), properties)).0
        };
        let elb = "AWS::ElasticLoadBalancingV2::";
        let message = same(&format!("{elb}TargetGroup"), json!({"Name": "api"}));
        assert_eq!(message, "`B` has the same Name as `A`: api");
        same(&format!("{elb}LoadBalancer"), json!({"Name": "dify"}));
        let listener = |port: i64| json!({"LoadBalancerArn": {"Fn::ImportValue": "Balancer"}, "Port": port, "DefaultActions": []});
        same(&format!("{elb}Listener"), listener(443));
        none("L008", pair(&format!("{elb}Listener"), listener(80), listener(443)));
        same("AWS::SecretsManager::Secret", json!({"Name": "dify/key"}));
        same("AWS::SecretsManager::RotationSchedule", json!({"SecretId": "dify/key"}));
        same("AWS::Events::Rule", json!({"Name": "nightly"}));
        same("AWS::ECS::Service", json!({"ServiceName": "api", "Cluster": "dify"}));
        same("AWS::EC2::Route", json!({"RouteTableId": "rtb-1", "DestinationCidrBlock": "0.0.0.0/0"}));
        same("AWS::IAM::ManagedPolicy", json!({"ManagedPolicyName": "p", "PolicyDocument": {}}));
        same("AWS::WAFv2::WebACL", json!({"Name": "w", "Scope": "REGIONAL"}));
        let group = "AWS::EC2::SecurityGroup";
        let of = |vpc: &str| json!({"GroupName": "g", "GroupDescription": "g", "VpcId": vpc});
        same(group, of("vpc-1"));
        none("L008", pair(group, of("vpc-1"), of("vpc-2")));
        let rule = |port: i64, cidr: &str| json!({"GroupId": {"Ref": "Group"}, "IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": cidr});
        let ingress = "AWS::EC2::SecurityGroupIngress";
        same(ingress, rule(443, "10.0.0.0/8"));
        none("L008", pair(ingress, rule(443, "10.0.0.0/8"), rule(443, "10.0.0.0/16")));
        none("L008", pair(ingress, rule(443, "10.0.0.0/8"), rule(80, "10.0.0.0/8")));
    }

    #[test]
    fn records_differ_in_name_type_or_set() {
        let record = |name: &str, kind: &str, set: Option<&str>| {
            let mut properties = json!({"HostedZoneId": "Z1", "Name": name, "Type": kind, "TTL": "60", "ResourceRecords": ["192.0.2.1"]});
            if let Some(set) = set {
                properties["SetIdentifier"] = json!(set);
            }
            json!({"Type": "AWS::Route53::RecordSet", "Properties": properties})
        };
        let both = |one: Json, other: Json| json!({"Resources": {"A": one, "B": other}});
        let (message, _) =
            only("L008", both(record("a.example.com", "A", None), record("A.example.com.", "A", None)));
        assert_eq!(message, "`B` has the same HostedZoneId and Name and Type as `A`: Z1, a.example.com, A");
        none("L008", both(record("a.example.com", "A", None), record("a.example.com", "AAAA", None)));
        none("L008", both(record("a.example.com", "A", None), record("b.example.com", "A", None)));
        none("L008", both(record("a.example.com", "A", Some("x")), record("a.example.com", "A", Some("y"))));
    }

    #[test]
    fn what_defaults_make_equal_is_a_warning() {
        let bucket = |parameter: &str| json!({"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Ref": parameter}}});
        let parameter = json!({"Type": "String", "Default": "files"});
        let template = |of_b: &str| {
            json!({
                "Parameters": {"One": parameter, "Other": parameter},
                "Resources": {"A": bucket("One"), "B": bucket(of_b)},
            })
        };
        let told = found("L008", template("Other"));
        assert!(told.len() == 1 && told[0].severity == Severity::Warning, "{told:#?}");
        assert!(told[0].message.ends_with(": files, with parameters at their defaults"), "{told:#?}");
        let told = found("L008", template("One"));
        assert!(told.len() == 1 && told[0].severity == Severity::Error, "{told:#?}");
    }

    #[test]
    fn priorities_are_different_on_one_listener() {
        let rule = |listener: &str, priority: Json| {
            json!({"Type": "AWS::ElasticLoadBalancingV2::ListenerRule",
            "Properties": {"ListenerArn": {"Ref": listener}, "Priority": priority, "Actions": [], "Conditions": []}})
        };
        let listener = json!({"Type": "AWS::ElasticLoadBalancingV2::Listener", "Properties": {"LoadBalancerArn": "x", "DefaultActions": []}});
        let template = |listener_of_b: &str| json!({"Resources": {"L": listener, "M": listener, "A": rule("L", json!(1)), "B": rule(listener_of_b, json!("1"))}});
        assert_eq!(
            only("L009", template("L")).0,
            "`B` has the same ListenerArn and Priority as `A`: ${L}, 1"
        );
        none("L009", template("M"));
    }
}
