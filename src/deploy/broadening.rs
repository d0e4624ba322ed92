//! What gets wider by a deploy, in words: who reaches what, and who may do what.
//!
//! A rule or statement of the new template that the deployed one doesn't have in the same words counts as wider, and so does a
//! removed denial. What only gets narrower is silent.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::changes::{Widening, WideningKind};
use super::picture::{Picture, Pictured};
use crate::cfn::Json;

/// What gets wider from one picture to another.
pub fn widenings(before: &Picture, after: &Picture) -> Vec<Widening> {
    let mut found = BTreeSet::new();
    let (old, new) = (Access::of(before), Access::of(after));
    let old_words: BTreeSet<&str> = old.allowed.iter().map(|widening| widening.words.as_str()).collect();
    let is_new = |words: &str| !old_words.contains(words) && !old_words.iter().any(|old| covers(old, words));
    found.extend(new.allowed.iter().filter(|widening| is_new(&widening.words)).cloned());
    let new_denials: BTreeSet<&str> = new.denied.iter().map(|widening| widening.words.as_str()).collect();
    for denial in old.denied.iter().filter(|denial| !new_denials.contains(denial.words.as_str())) {
        let Some(words) = denial.words.strip_suffix(NO_LONGER) else { continue };
        // What a denial was about may go with it; what stays, or isn't of this template, is open then.
        let is_left = |subject: &String| after.contains_key(subject) || !before.contains_key(subject);
        if old.subjects.get(&denial.logical_id).is_none_or(|subjects| subjects.iter().any(is_left)) {
            found.insert(Widening {
                logical_id: denial.logical_id.clone(),
                words: format!("{words} is no longer denied"),
                kind: WideningKind::Denial,
            });
        }
    }
    found.into_iter().collect()
}

/// Whether one sentence lets more addresses reach the same than another.
fn covers(wide: &str, narrow: &str) -> bool {
    let (Some((who, what)), Some((narrow, of_narrow))) = (wide.split_once(REACH), narrow.split_once(REACH))
    else {
        return false;
    };
    let Some(narrow) = narrow.strip_prefix(ADDRESSES).and_then(range) else { return false };
    let wide = match who.strip_prefix(ADDRESSES) {
        Some(text) => range(text),
        None => (who == INTERNET).then_some((0, 0)),
    };
    let Some((address, length)) = wide.filter(|_| what == of_narrow) else { return false };
    let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
    length <= narrow.1 && narrow.0 & mask == address & mask
}

/// First address and length of an IPv4 range.
fn range(text: &str) -> Option<(u32, u32)> {
    let (address, length) = text.split_once('/')?;
    let address: std::net::Ipv4Addr = address.parse().ok()?;
    Some((address.into(), length.parse().ok().filter(|length| *length <= 32)?))
}

const REACH: &str = " may reach ";

const ADDRESSES: &str = "addresses in ";

const PREFIX_LIST: &str = "the prefix list ";

const INTERNET: &str = "anyone on the internet";

/// How what everybody may do begins.
const ANYONE: &str = "anyone ";

const UNLIMITED: &str = " may do anything on everything";

const NO_LONGER: &str = " is denied";

/// What a picture allows and denies, in words.
#[derive(Default)]
struct Access {
    allowed: Vec<Widening>,
    denied: Vec<Widening>,
    /// What the policies of a resource are about, by its logical id: itself, or what it names.
    subjects: BTreeMap<String, Vec<String>>,
}

impl Access {
    fn of(picture: &Picture) -> Self {
        let mut access = Self::default();
        for (id, resource) in picture {
            access.network(id, resource);
            access.permissions(id, resource);
            access.subjects.insert(id.clone(), subjects(id, resource));
        }
        access
    }

    fn allow(&mut self, id: &str, kind: WideningKind, words: String) {
        let kind = match kind {
            _ if words.starts_with(ANYONE) => WideningKind::Public,
            WideningKind::Network if words.starts_with(ADDRESSES) || words.starts_with(PREFIX_LIST) => {
                WideningKind::Outside
            }
            WideningKind::Permission if words.contains(UNLIMITED) => WideningKind::Unlimited,
            other => other,
        };
        self.allowed.push(Widening { logical_id: id.to_owned(), words, kind });
    }

    fn deny(&mut self, id: &str, words: String) {
        self.denied.push(Widening { logical_id: id.to_owned(), words, kind: WideningKind::Denial });
    }

    fn network(&mut self, id: &str, resource: &Pictured) {
        let properties = &resource.properties;
        match resource.resource_type.as_str() {
            "AWS::EC2::SecurityGroup" => {
                for rule in list(&properties["SecurityGroupIngress"]) {
                    self.allow(id, WideningKind::Network, ingress(rule, id));
                }
                for rule in list(&properties["SecurityGroupEgress"]) {
                    self.allow(id, WideningKind::Network, egress(rule, id));
                }
                // EC2 gives a group without rules of its own the way out to everywhere.
                if properties.get("SecurityGroupEgress").is_none() {
                    self.allow(
                        id,
                        WideningKind::Network,
                        egress(&json!({"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}), id),
                    );
                }
            }
            "AWS::EC2::SecurityGroupIngress" => {
                self.allow(id, WideningKind::Network, ingress(properties, &name(&properties["GroupId"])));
            }
            "AWS::EC2::SecurityGroupEgress" => {
                self.allow(id, WideningKind::Network, egress(properties, &name(&properties["GroupId"])));
            }
            _ => {}
        }
    }

    fn permissions(&mut self, id: &str, resource: &Pictured) {
        let properties = &resource.properties;
        match resource.resource_type.as_str() {
            "AWS::IAM::Role" | "AWS::IAM::User" | "AWS::IAM::Group" => {
                for policy in list(&properties["Policies"]) {
                    self.document(id, id, &policy["PolicyDocument"]);
                }
                for arn in list(&properties["ManagedPolicyArns"]) {
                    self.allow(
                        id,
                        WideningKind::Permission,
                        format!("{id} may do what the policy {} allows", name(arn)),
                    );
                }
                for statement in list(&properties["AssumeRolePolicyDocument"]["Statement"]) {
                    if statement["Effect"] == "Allow" {
                        self.allow(
                            id,
                            WideningKind::Trust,
                            format!("{} may act as {id}{}", principal(statement), condition(statement)),
                        );
                    }
                }
                if let Some(boundary) = properties.get("PermissionsBoundary") {
                    let words = format!("{id}: anything beyond the boundary {}{NO_LONGER}", name(boundary));
                    self.deny(id, words);
                }
            }
            "AWS::IAM::Policy"
            | "AWS::IAM::ManagedPolicy"
            | "AWS::IAM::RolePolicy"
            | "AWS::IAM::UserPolicy"
            | "AWS::IAM::GroupPolicy" => {
                let names = subjects(id, resource);
                let who = if names.is_empty() { format!("whoever has {id}") } else { names.join(" and ") };
                self.document(id, &who, &properties["PolicyDocument"]);
            }
            "AWS::S3::BucketPolicy" | "AWS::SQS::QueuePolicy" | "AWS::SNS::TopicPolicy" => {
                self.resource_document(id, &properties["PolicyDocument"]);
            }
            "AWS::KMS::Key" => self.resource_document(id, &properties["KeyPolicy"]),
            "AWS::EFS::FileSystem" => self.resource_document(id, &properties["FileSystemPolicy"]),
            "AWS::ECR::Repository" => self.resource_document(id, &properties["RepositoryPolicyText"]),
            "AWS::SecretsManager::ResourcePolicy" => {
                self.resource_document(id, &properties["ResourcePolicy"]);
            }
            "AWS::Lambda::Permission" => {
                let who = name(&properties["Principal"]);
                self.allow(
                    id,
                    WideningKind::Permission,
                    format!("{who} may call {}", name(&properties["FunctionName"])),
                );
            }
            _ => {}
        }
    }

    fn document(&mut self, id: &str, who: &str, document: &Json) {
        for statement in list(&document["Statement"]) {
            self.statement(id, who, statement);
        }
    }

    fn resource_document(&mut self, id: &str, document: &Json) {
        for statement in list(&document["Statement"]) {
            self.statement(id, &format!("{} by {id}", principal(statement)), statement);
        }
    }

    fn statement(&mut self, id: &str, who: &str, statement: &Json) {
        let what = ["Action", "NotAction"].into_iter().find_map(|key| Some((key, statement.get(key)?)));
        let on = ["Resource", "NotResource"].into_iter().find_map(|key| Some((key, statement.get(key)?)));
        let is_allowed = statement["Effect"] == "Allow";
        let everything = Json::String("*".to_owned());
        let (what_key, what) = what.unwrap_or(("Action", &everything));
        let (on_key, on) = on.unwrap_or(("Resource", &everything));
        for action in list(what) {
            for resource in list(on) {
                let but = if what_key == "NotAction" { "anything but " } else { "" };
                let except = if on_key == "NotResource" { "anything but " } else { "" };
                let action = match action.as_str() {
                    Some("*") => "do anything".to_owned(),
                    _ => format!("{but}{}", name(action)),
                };
                let resource = match resource.as_str() {
                    Some("*") => "everything".to_owned(),
                    _ => format!("{except}{}", name(resource)),
                };
                let condition = condition(statement);
                if is_allowed {
                    self.allow(
                        id,
                        WideningKind::Permission,
                        format!("{who} may {action} on {resource}{condition}"),
                    );
                } else {
                    let words = format!("{who}: {action} on {resource}{condition}{NO_LONGER}");
                    self.deny(id, words);
                }
            }
        }
    }
}

/// Properties by which a policy that is a resource names what it is about.
const SUBJECTS: [&str; 10] = [
    "Bucket",
    "GroupName",
    "Groups",
    "Queues",
    "RoleName",
    "Roles",
    "SecretId",
    "Topics",
    "UserName",
    "Users",
];

/// What the policies of a resource are about.
fn subjects(id: &str, resource: &Pictured) -> Vec<String> {
    let is_policy = resource.resource_type.ends_with("Policy");
    let named = SUBJECTS.into_iter().flat_map(|key| list(&resource.properties[key])).map(name);
    if is_policy { named.collect() } else { vec![id.to_owned()] }
}

/// A list, or the single item that stands for one.
fn list(json: &Json) -> Vec<&Json> {
    match json {
        Json::Null => Vec::new(),
        Json::Array(items) => items.iter().collect(),
        other => vec![other],
    }
}

/// A text without the marks of a reference: `${Bucket.Arn}` is `Bucket.Arn`, of an attribute that is the thing itself `Bucket`.
fn name(json: &Json) -> String {
    let Some(text) = json.as_str() else { return json.to_string() };
    let alone =
        text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).filter(|name| !name.contains('$'));
    match alone {
        Some(reference) => {
            let of_itself =
                [".GroupId", ".Arn", ".Ref"].into_iter().find_map(|end| reference.strip_suffix(end));
            of_itself.unwrap_or(reference).to_owned()
        }
        None => text.to_owned(),
    }
}

fn principal(statement: &Json) -> String {
    let named = |json: &Json| match json.as_str() {
        Some("*") => "anyone".to_owned(),
        _ => name(json),
    };
    if statement.get("NotPrincipal").is_some() {
        return "anyone but a few".to_owned();
    }
    match &statement["Principal"] {
        Json::Object(kinds) => kinds.values().flat_map(list).map(named).collect::<Vec<_>>().join(" and "),
        other => named(other),
    }
}

fn condition(statement: &Json) -> String {
    match statement.get("Condition") {
        Some(Json::Object(conditions)) if !conditions.is_empty() => {
            format!(", where {}", Json::Object(conditions.clone()))
        }
        _ => String::new(),
    }
}

fn ingress(rule: &Json, group: &str) -> String {
    let source = peer(rule, "SourceSecurityGroupId", "SourcePrefixListId");
    format!("{source}{REACH}{} of {group}", ports(rule))
}

fn egress(rule: &Json, group: &str) -> String {
    let destination = peer(rule, "DestinationSecurityGroupId", "DestinationPrefixListId");
    format!("{group}{REACH}{} of {destination}", ports(rule))
}

fn peer(rule: &Json, group: &str, prefix_list: &str) -> String {
    for key in ["CidrIp", "CidrIpv6"] {
        match rule.get(key).and_then(Json::as_str) {
            Some("0.0.0.0/0" | "::/0") => return INTERNET.to_owned(),
            Some(cidr) => return format!("{ADDRESSES}{cidr}"),
            None => {}
        }
    }
    if let Some(group) = rule.get(group) {
        return name(group);
    }
    rule.get(prefix_list).map_or_else(|| "somebody".to_owned(), |list| format!("{PREFIX_LIST}{}", name(list)))
}

fn ports(rule: &Json) -> String {
    let text = |key: &str| rule.get(key).map(name);
    let protocol = text("IpProtocol").unwrap_or_default();
    let (from, to) = (text("FromPort"), text("ToPort"));
    let suffix = match protocol.as_str() {
        "tcp" | "6" => String::new(),
        other => format!(" ({other})"),
    };
    match (protocol.as_str(), from, to) {
        ("-1" | "all", ..) | (_, None, None) => "every port".to_owned(),
        (_, Some(from), Some(to)) if from == "0" && to == "65535" => format!("every port{suffix}"),
        (_, Some(from), Some(to)) if from != to => format!("ports {from} to {to}{suffix}"),
        (_, Some(port), _) | (_, None, Some(port)) => format!("port {port}{suffix}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(resource_type: &str, before: Json, after: Json) -> Vec<String> {
        let picture = |properties| {
            let resource =
                Pictured { resource_type: resource_type.into(), properties, ..Pictured::default() };
            [("Thing".to_owned(), resource)].into_iter().collect::<Picture>()
        };
        widenings(&picture(before), &picture(after)).into_iter().map(|widening| widening.words).collect()
    }

    #[test]
    fn who_reaches_what_is_told_in_words() {
        let rule = |source: Json| json!({"SecurityGroupIngress": [source]});
        let cases = [
            (
                json!({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}),
                "anyone on the internet may reach port 22 of Thing",
            ),
            (
                json!({"IpProtocol": "-1", "CidrIpv6": "::/0"}),
                "anyone on the internet may reach every port of Thing",
            ),
            (
                json!({"IpProtocol": "udp", "FromPort": 1, "ToPort": 9, "CidrIp": "10.0.0.0/8"}),
                "addresses in 10.0.0.0/8 may reach ports 1 to 9 (udp) of Thing",
            ),
            (
                json!({"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "SourceSecurityGroupId": "${Web.GroupId}"}),
                "Web may reach port 80 of Thing",
            ),
        ];
        for (source, expected) in cases {
            assert_eq!(words("AWS::EC2::SecurityGroup", json!({}), rule(source)), [expected]);
        }
        let standalone = json!({
            "GroupId": "${Api.GroupId}", "IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "CidrIp": "0.0.0.0/0",
        });
        assert_eq!(
            words("AWS::EC2::SecurityGroupIngress", json!({"GroupId": "x"}), standalone),
            ["anyone on the internet may reach port 1 of Api"],
        );
    }

    #[test]
    fn what_everybody_may_do_is_told_apart() {
        let kinds = |resource_type: &str, properties: Json| -> Vec<WideningKind> {
            let resource =
                Pictured { resource_type: resource_type.into(), properties, ..Pictured::default() };
            let after = Picture::from([("Thing".to_owned(), resource)]);
            widenings(&Picture::new(), &after).into_iter().map(|widening| widening.kind).collect()
        };
        let rule = |cidr: &str| json!({"SecurityGroupEgress": [], "SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": 22, "CidrIp": cidr}]});
        assert_eq!(kinds("AWS::EC2::SecurityGroup", rule("0.0.0.0/0")), [WideningKind::Public]);
        assert_eq!(kinds("AWS::EC2::SecurityGroup", rule("10.0.0.0/8")), [WideningKind::Outside]);
        let inside = json!({"SecurityGroupEgress": [
            {"IpProtocol": "tcp", "FromPort": 443, "CidrIp": "0.0.0.0/0"},
            {"IpProtocol": "tcp", "FromPort": 80, "DestinationSecurityGroupId": "${Other.GroupId}"},
        ]});
        assert_eq!(kinds("AWS::EC2::SecurityGroup", inside), [WideningKind::Network; 2]);
        let statement = |action: &str, principal: &str| {
            json!({
                "Policies": [{"PolicyDocument": {"Statement": {"Effect": "Allow", "Action": action, "Resource": "*"}}}],
                "AssumeRolePolicyDocument": {"Statement": [{"Effect": "Allow", "Principal": {"AWS": principal}}]},
            })
        };
        assert_eq!(
            kinds("AWS::IAM::Role", statement("*", "*")),
            [WideningKind::Unlimited, WideningKind::Public]
        );
        assert_eq!(
            kinds("AWS::IAM::Role", statement("s3:GetObject", "x")),
            [WideningKind::Permission, WideningKind::Trust]
        );
    }

    #[test]
    fn narrower_rules_are_silent() {
        let rules =
            json!({"SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": 22, "CidrIp": "0.0.0.0/0"}]});
        assert_eq!(words("AWS::EC2::SecurityGroup", rules.clone(), json!({})), Vec::<String>::new());
        assert_eq!(words("AWS::EC2::SecurityGroup", rules.clone(), rules), Vec::<String>::new());
        let from = |cidr: &str| json!({"SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": cidr}]});
        for (before, after, is_wider) in [
            ("0.0.0.0/0", "10.0.0.0/8", false),
            ("10.0.0.0/8", "10.1.0.0/16", false),
            ("10.1.0.0/16", "10.0.0.0/8", true),
            ("10.0.0.0/8", "11.0.0.0/16", true),
            ("10.0.0.0/8", "0.0.0.0/0", true),
            ("10.0.0.0/8", "fd00::/8", true),
        ] {
            let found = words("AWS::EC2::SecurityGroup", from(before), from(after));
            assert_eq!(!found.is_empty(), is_wider, "{before} {after}: {found:?}");
        }
    }

    #[test]
    fn who_may_do_what_is_told_in_words() {
        let role = |statement: Json| json!({"Policies": [{"PolicyDocument": {"Statement": [statement]}}]});
        let get = json!({"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "${Bucket.Arn}"});
        let more = json!({"Effect": "Allow", "Action": ["s3:GetObject", "s3:*"], "Resource": ["${Bucket.Arn}", "*"]});
        assert_eq!(
            words("AWS::IAM::Role", role(get), role(more)),
            [
                "Thing may s3:* on Bucket",
                "Thing may s3:* on everything",
                "Thing may s3:GetObject on everything",
            ],
        );
        let denial = json!({"Effect": "Deny", "Action": "s3:*", "Resource": "x"});
        assert_eq!(
            words("AWS::IAM::Role", role(denial), json!({})),
            ["Thing: s3:* on x is no longer denied"],
        );
        assert_eq!(
            words(
                "AWS::IAM::Role",
                json!({}),
                json!({"ManagedPolicyArns": ["arn:aws:iam::aws:policy/Admin"]})
            ),
            ["Thing may do what the policy arn:aws:iam::aws:policy/Admin allows"],
        );
        let trust = json!({"AssumeRolePolicyDocument": {"Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"},
        ]}});
        assert_eq!(words("AWS::IAM::Role", json!({}), trust), ["anyone may act as Thing"]);
    }

    #[test]
    fn a_denial_goes_only_with_what_it_is_about() {
        let resource = |resource_type: &str, properties: Json| Pictured {
            resource_type: resource_type.into(),
            properties,
            ..Pictured::default()
        };
        let bucket = ("Bucket".to_owned(), resource("AWS::S3::Bucket", json!({})));
        let denial = json!({"Bucket": "${Bucket}", "PolicyDocument": {"Statement": [
            {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "${Bucket.Arn}"},
        ]}});
        let policy = ("Policy".to_owned(), resource("AWS::S3::BucketPolicy", denial));
        let before = Picture::from([bucket.clone(), policy]);
        let words: Vec<String> =
            widenings(&before, &Picture::from([bucket])).into_iter().map(|widening| widening.words).collect();
        assert_eq!(words, ["anyone by Policy: s3:* on Bucket is no longer denied"]);
        assert_eq!(widenings(&before, &Picture::new()), []);
    }

    #[test]
    fn boundaries_and_ways_out_are_access_too() {
        let role = |boundary: Json| json!({"PermissionsBoundary": boundary});
        assert_eq!(
            words("AWS::IAM::Role", role(json!("arn:aws:iam::1:policy/edge")), json!({})),
            ["Thing: anything beyond the boundary arn:aws:iam::1:policy/edge is no longer denied"],
        );
        let shut = json!({"SecurityGroupEgress": [{"IpProtocol": "-1", "CidrIp": "127.0.0.1/32"}]});
        assert_eq!(
            words("AWS::EC2::SecurityGroup", shut, json!({})),
            ["Thing may reach every port of anyone on the internet"],
        );
        let user = json!({"UserName": "${Robot}", "PolicyDocument": {"Statement": [
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
        ]}});
        assert_eq!(words("AWS::IAM::UserPolicy", json!({}), user), ["Robot may s3:GetObject on everything"],);
    }

    #[test]
    fn conditions_are_part_of_what_is_allowed() {
        let policy = |condition: Json| {
            json!({"PolicyDocument": {"Statement": [{
                "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "b", "Condition": condition,
            }]}})
        };
        let bound = policy(json!({"StringEquals": {"aws:SourceVpc": "v"}}));
        assert_eq!(
            words("AWS::S3::BucketPolicy", bound, policy(json!({}))),
            ["anyone by Thing may s3:GetObject on b"],
        );
    }
}
