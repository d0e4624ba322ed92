//! L008: no two resources are the same thing; L009: no two rules have the same priority.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use indexmap::IndexMap;

use crate::cfn::evaluate::{Data, Evaluated, Evaluator, Origin, Scenario, pointer_to};
use crate::cfn::{Json, Resource};
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
           group, name, type and set of DNS records, rotations of a secret. The rules in a security group and the records of \
           a record set group count with those that are resources of their own. What is equal with parameters at their \
           defaults only is a warning.",
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

/// Lists of things inside of a resource that can be resources of their own too: the resource, its list, the type of the
/// thing alone, and the property by which that names the resource.
const INSIDE: [(&str, &str, &str, Option<&str>); 3] = [
    (GROUP, "SecurityGroupIngress", "AWS::EC2::SecurityGroupIngress", Some("GroupId")),
    (GROUP, "SecurityGroupEgress", "AWS::EC2::SecurityGroupEgress", Some("GroupId")),
    ("AWS::Route53::RecordSetGroup", "RecordSets", RECORD, None),
];

const GROUP: &str = "AWS::EC2::SecurityGroup";
const RECORD: &str = "AWS::Route53::RecordSet";

/// What has to differ between resources of a type.
#[derive(Debug)]
struct Identity<'t> {
    /// Its place among the identities of the template by rule, type and properties. Those of things in a resource and of the
    /// same things alone have one.
    number: usize,
    rule: &'static Rule,
    /// The type that it is the identity of.
    of: &'t str,
    /// The list that the things are in, if they aren't resources.
    inside: Option<&'static str>,
    /// The property of such things, where they are resources of their own, that names the one that they are in.
    named_by: Option<&'static str>,
    /// Properties that are there.
    properties: Vec<&'static str>,
    /// Properties that may be left out, which is a value like any other.
    optional: &'static [&'static str],
}

/// What has to differ, by type.
type Identities<'t> = IndexMap<&'t str, Vec<Identity<'t>>, foldhash::fast::RandomState>;

/// A resource, or a thing in one, with what identifies it.
struct Identified<'i, 't> {
    id: &'t str,
    resource: &'t Resource,
    identity: &'i Identity<'t>,
    /// What gives the thing; `None` for the resource itself.
    source: Option<&'t Json>,
}

impl Identified<'_, '_> {
    /// Where the thing stands in the properties; `None` if it stands elsewhere.
    fn place(&self) -> Option<String> {
        self.source.map_or(Some(String::new()), |source| pointer_to(&self.resource.properties, source))
    }
}

/// How many bytes most keys have.
const USUAL_BYTES: usize = 64;

/// What gives a thing, and the values of what identifies it as one text.
type Key<'t> = (Option<&'t Json>, String);

pub(super) fn check<'t>(context: &Context<'t>, findings: &mut Vec<Diagnostic>) {
    let mut of_types: Identities<'_> = IndexMap::default();
    for resource in context.template.resources.values() {
        let type_name = resource.type_name.as_str();
        of_types.entry(type_name).or_insert_with(|| identities(context, type_name));
    }
    number(&mut of_types);
    // By identity and its key, in all combinations in which it exists.
    let mut known: BTreeMap<(usize, String), Vec<Identified<'_, 't>>> = BTreeMap::new();
    for (id, resource) in &context.template.resources {
        let of_type = of_types.get(resource.type_name.as_str()).into_iter().flatten();
        for identity in of_type.filter(|identity| identity.is_of(resource)) {
            let all = context.scenarios_of(resource);
            let mut things: Vec<Key<'t>> = Vec::new();
            context.each_at_defaults(resource, &all, |_, evaluated| {
                let here = match &evaluated.properties.data {
                    // What a macro makes of the other properties isn't known.
                    Data::Unknown(_) => keys_in(context, id, resource, &evaluated.scenario, identity),
                    known => keys(context, id, identity, &|property| known.get(property).map(Cow::Borrowed)),
                };
                for thing in here {
                    if !things.iter().any(|known| is_same(known, &thing)) {
                        things.push(thing);
                    }
                }
                true
            });
            for (source, key) in things {
                known.entry((identity.number, key)).or_default().push(Identified {
                    id,
                    resource,
                    identity,
                    source,
                });
            }
        }
    }
    for ((_, key), mut group) in known.into_iter().filter(|(_, group)| group.len() > 1) {
        group.retain(|identified| identified.place().is_some());
        for (index, second) in group.iter().enumerate() {
            let twin = group[..index]
                .iter()
                .filter(|first| first.id != second.id)
                .filter_map(|first| Some((first, together(context, first, second, &key)?)))
                .max_by_key(|(_, severity)| *severity);
            if let Some((first, severity)) = twin {
                findings.push(finding(first, second, &key, severity));
            }
        }
    }
}

/// Numbers the identities, in the order of rule, type and properties.
fn number(of_types: &mut Identities<'_>) {
    fn what<'i>(identity: &'i Identity<'_>) -> (&'static str, &'i str, &'i [&'static str]) {
        (identity.rule.code.0, identity.of, &identity.properties)
    }
    let mut all: Vec<&mut Identity<'_>> = of_types.values_mut().flatten().collect();
    all.sort_by(|one, other| what(one).cmp(&what(other)));
    let mut number = 0;
    for index in 1..all.len() {
        number += usize::from(what(all[index - 1]) != what(all[index]));
        all[index].number = number;
    }
}

fn is_same(one: &Key<'_>, other: &Key<'_>) -> bool {
    is_same_source(one.0, other.0) && one.1 == other.1
}

fn is_same_source(one: Option<&Json>, other: Option<&Json>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => std::ptr::eq(one, other),
        (one, other) => one.is_none() && other.is_none(),
    }
}

fn finding(
    first: &Identified<'_, '_>,
    second: &Identified<'_, '_>,
    key: &str,
    severity: Severity,
) -> Diagnostic {
    let owner = Owner::Resource { id: second.id, resource: second.resource };
    let properties = &second.identity.properties;
    let at_defaults = if severity < Severity::Error { ", with parameters at their defaults" } else { "" };
    let shown = |one: &Identified<'_, '_>| match one.identity.inside {
        Some(list) => format!("an item of `{list}` of `{}`", one.id),
        None => format!("`{}`", one.id),
    };
    let message = format!(
        "{} has the same {} as {}: {}{at_defaults}",
        shown(second),
        properties.join(" and "),
        shown(first),
        key.trim_end_matches(", ")
    );
    let place = match second.identity.inside {
        Some(_) => second.place().unwrap_or_default(),
        None => format!("/{}", properties.last().copied().unwrap_or_default()),
    };
    let pointer = format!("{}/Properties{place}", owner.pointer());
    let help = if second.identity.rule.code == PRIORITY.code {
        "choose another priority"
    } else {
        "change one of the two, or remove it"
    };
    let mut finding = second.identity.rule.at(owner, pointer, message).help(help);
    finding.severity = severity;
    finding
}

impl Identity<'_> {
    /// Whether a resource of its type sets what identifies it or has the things.
    fn is_of(&self, resource: &Resource) -> bool {
        let has = |property: &str| resource.properties.contains_key(property);
        self.inside.map_or_else(|| self.properties.iter().all(|property| has(property)), has)
    }
}

/// What identifies resources of that type and the things in them.
fn identities<'t>(context: &Context<'t>, type_name: &'t str) -> Vec<Identity<'t>> {
    let mut identities = Vec::new();
    let mut add = |rule: &'static Rule, properties: Vec<&'static str>, optional: &'static [&'static str]| {
        identities.push(Identity {
            number: 0,
            rule,
            of: type_name,
            inside: None,
            named_by: None,
            properties,
            optional,
        });
    };
    if type_name == PRIORITIES.0 {
        add(&PRIORITY, PRIORITIES.1.to_vec(), &[]);
    }
    for (properties, optional) in unique(type_name) {
        add(&RULE, properties, optional);
    }
    if let Some(schema) = context.schema_of(type_name).filter(|_| !EXCEPTIONS.contains(&type_name)) {
        let read_only: Vec<&str> = texts(schema, "readOnlyProperties").collect();
        let primary: Vec<&str> = texts(schema, "primaryIdentifier").collect();
        if !primary.is_empty() && !primary.iter().any(|pointer| read_only.contains(pointer)) {
            let names = primary.iter().filter_map(|pointer| pointer.strip_prefix("/properties/"));
            add(&RULE, names.collect(), &[]);
        }
    }
    for (_, list, of, named_by) in INSIDE.into_iter().filter(|(owner, ..)| *owner == type_name) {
        // Of rules in groups alone EC2 has others: no two groups share one.
        let is_alone =
            named_by.is_some() && !context.template.resources.values().any(|other| other.type_name == of);
        if is_alone {
            continue;
        }
        for (properties, optional) in unique(of) {
            let inside = Some(list);
            identities.push(Identity { number: 0, rule: &RULE, of, inside, named_by, properties, optional });
        }
    }
    identities
}

/// What a service wants to be unique of a type.
fn unique(type_name: &str) -> impl Iterator<Item = (Vec<&'static str>, &'static [&'static str])> {
    UNIQUE
        .iter()
        .filter(move |(unique, ..)| *unique == type_name)
        .map(|(_, properties, optional)| (properties.to_vec(), *optional))
}

fn texts(schema: TypeSchema, list: &str) -> impl Iterator<Item = &'static str> {
    schema.root.list(list).filter_map(Schema::as_str)
}

/// The value of a property, if there is one.
type Get<'g, 't> = dyn Fn(&str) -> Option<Cow<'g, Evaluated<'t>>> + 'g;

/// What identifies each thing; none of what leaves one out that is needed, or can't be compared.
fn keys<'t>(
    context: &Context<'t>,
    id: &str,
    identity: &Identity<'t>,
    evaluated: &Get<'_, 't>,
) -> Vec<Key<'t>> {
    let Some(list) = identity.inside else {
        let begin = String::with_capacity(USUAL_BYTES);
        return key(context, identity, begin, evaluated).map(|key| (None, key)).into_iter().collect();
    };
    let of_item = |item: &Evaluated<'t>| {
        let get = |property: &str| match item.get(property) {
            Some(value) => Some(Cow::Borrowed(value)),
            // What an item doesn't say the resource says for all.
            None => evaluated(property).filter(|_| identity.named_by.is_none()),
        };
        let begin = identity.named_by.map_or_else(String::new, |_| ["${", id, "}, "].concat());
        Some((Some(item.source), key(context, identity, begin, &get)?))
    };
    evaluated(list).iter().flat_map(|list| list.items()).filter_map(of_item).collect()
}

/// The same in a scenario.
fn keys_in<'t>(
    context: &Context<'t>,
    id: &str,
    resource: &'t Resource,
    scenario: &Scenario<'t>,
    identity: &Identity<'t>,
) -> Vec<Key<'t>> {
    keys(context, id, identity, &|property| {
        context.evaluator.evaluate(resource.properties.get(property)?, scenario).value.map(Cow::Owned)
    })
}

/// The values of the properties as one text behind its beginning; `None` if one is left out that is needed, or can't be
/// compared.
fn key<'t>(
    context: &Context<'t>,
    identity: &Identity<'t>,
    mut key: String,
    get: &Get<'_, 't>,
) -> Option<String> {
    // What things inside of a resource are named by stands at the beginning.
    let needed = identity.properties.iter().filter(|property| identity.named_by != Some(**property));
    let optional = identity.optional.iter().map(|property| (*property, true));
    for (property, is_optional) in needed.map(|property| (*property, false)).chain(optional) {
        let Some(value) = get(property) else {
            if is_optional {
                key.push_str(", ");
                continue;
            }
            return None;
        };
        let begin = key.len();
        match &value.data {
            // A security group in a VPC is the same by its reference and by its attribute.
            Data::Unknown(unknown) => match &unknown.origin {
                Origin::Attribute(id, attribute)
                    if attribute == "GroupId"
                        && context.template.resources.get(*id).is_some_and(|it| it.type_name == GROUP) =>
                {
                    write!(key, "${{{id}}}").ok()?;
                }
                origin => {
                    write!(key, "{origin}").ok()?;
                    if key[begin..].contains('…') {
                        return None;
                    }
                }
            },
            known => match known.text() {
                Some(text) => key.push_str(&text),
                None => write!(key, "{}", value.to_json()?).ok()?,
            },
        }
        // DNS doesn't tell capital letters from small ones, and a name is the same with a dot at its end.
        let is_dns = identity.of == RECORD && property.ends_with("Name");
        if is_dns && !key[begin..].contains("${") {
            let name = key[begin..].trim_end_matches('.').to_lowercase();
            key.replace_range(begin.., &name);
        }
        key.push_str(", ");
    }
    Some(key)
}

/// How bad it is that both exist with that key in one combination: an error if they are equal whatever parameters are;
/// `None` if they never are.
fn together<'t>(
    context: &Context<'t>,
    first: &Identified<'_, 't>,
    second: &Identified<'_, 't>,
    key: &str,
) -> Option<Severity> {
    let mut conditions = Evaluator::conditions_of(first.resource);
    conditions.extend(Evaluator::conditions_of(second.resource));
    let all = context.evaluator.shared_scenarios(&conditions);
    let of = |one: &Identified<'_, 't>, scenario: &Scenario<'t>| {
        let keys = keys_in(context, one.id, one.resource, scenario, one.identity);
        keys.into_iter().find_map(|(source, key)| is_same_source(source, one.source).then_some(key))
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
    fn rules_in_a_group_count_with_those_beside_it() {
        let group = |port: i64| {
            json!({"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "g", "VpcId": "vpc-1", "SecurityGroupIngress": [
                {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "CidrIp": "10.0.0.0/8"},
                {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "SourceSecurityGroupId": {"Ref": "Other"}},
            ]}})
        };
        let beside = |of: &str, attribute: &str| json!({"Type": "AWS::EC2::SecurityGroupIngress", "Properties": {"GroupId": {"Fn::GetAtt": [of, "GroupId"]}, "IpProtocol": "tcp", "FromPort": "443", "ToPort": 443, "SourceSecurityGroupId": {"Fn::GetAtt": ["Other", attribute]}}});
        let template = |port: i64, rule: Json| {
            let other = json!({"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "o", "VpcId": "vpc-1"}});
            json!({"Resources": {"Other": other, "Group": group(port), "Rule": rule}})
        };
        let (message, pointer) = only("L008", template(443, beside("Group", "GroupId")));
        assert_eq!(
            message,
            "`Rule` has the same GroupId and IpProtocol as an item of `SecurityGroupIngress` of `Group`: ${Group}, tcp, 443, 443, , , ${Other}"
        );
        assert_eq!(pointer, "/Resources/Rule/Properties/IpProtocol");
        none("L008", template(80, beside("Group", "GroupId")));
        none("L008", template(443, beside("Other", "GroupId")));
    }

    #[test]
    fn records_of_a_group_count_with_others() {
        let record =
            |name: &str| json!({"Name": name, "Type": "A", "TTL": "60", "ResourceRecords": ["192.0.2.1"]});
        let group = |zone: &str, names: [&str; 2]| json!({"Type": "AWS::Route53::RecordSetGroup", "Properties": {"HostedZoneId": zone, "RecordSets": names.map(record)}});
        let alone = |zone: &str, name: &str| {
            let mut properties = record(name);
            properties["HostedZoneId"] = json!(zone);
            json!({"Type": "AWS::Route53::RecordSet", "Properties": properties})
        };
        let both = |one: Json, other: Json| json!({"Resources": {"A": one, "B": other}});
        let names = ["a.example.com", "b.example.com"];
        let (message, pointer) = only("L008", both(alone("Z1", "B.example.com."), group("Z1", names)));
        assert_eq!(
            message,
            "an item of `RecordSets` of `B` has the same HostedZoneId and Name and Type as `A`: Z1, b.example.com, A"
        );
        assert_eq!(pointer, "/Resources/B/Properties/RecordSets/1");
        only("L008", both(group("Z1", names), group("Z1", ["b.example.com", "c.example.com"])));
        none("L008", both(group("Z1", names), group("Z2", names)));
        none("L008", both(alone("Z1", "c.example.com"), group("Z1", names)));
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
