//! P020 to P029: who gets in from outside.

use std::ops::RangeInclusive;

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::Code;
use crate::validate::Rule;
use crate::validate::model::network::{Network, Way};
use crate::validate::model::{Item, View};

use super::rule::{EXPOSURE, Found, HARDENING, Look, Must, PRACTICE, PROTECTION, Policy, Value};
use super::statement::{allows, is_for_anyone, statements};

pub(super) static OPEN_PORTS: Policy = Policy {
    rule: Rule {
        code: Code("P020"),
        severity: EXPOSURE.others,
        title: "only web ports are open to the world",
        what: "No rule of a security group lets `0.0.0.0/0` or `::/0` in at other ports than 80, 443 and those at which a load balancer with this group listens.",
        why: "Anyone can try passwords and exploits on what listens there.",
        source: "AWS Security Hub User Guide, \"Amazon EC2 controls\"",
        same_as: &[
            "FSBP EC2.18",
            "FSBP EC2.19",
            "Security Hub EC2.13",
            "Security Hub EC2.14",
            "checkov CKV_AWS_24",
            "checkov CKV_AWS_25",
            "cdk-nag AwsSolutions-EC23",
            "cdk-nag AwsSolutions-RDS8",
        ],
    },
    grade: EXPOSURE,
    look: Look::Code(check_ports),
};

fn check_ports(view: &View<'_, '_>, found: &mut Found<'_>) {
    for group in view.of("AWS::EC2::SecurityGroup") {
        for rule in group.items("SecurityGroupIngress") {
            if is_world(&|key| rule.get(key))
                && !are_web(&ports(&|key| rule.get(key)), &listening(view, group))
            {
                tell_ports(group, Some(rule), &ports(&|key| rule.get(key)), found);
            }
        }
    }
    for rule in view.of("AWS::EC2::SecurityGroupIngress") {
        if !is_world(&|key| rule.get(key)) {
            continue;
        }
        let group = view.target_of(rule.get("GroupId"), "AWS::EC2::SecurityGroup");
        let listening = group.map(|group| listening(view, group)).unwrap_or_default();
        if !are_web(&ports(&|key| rule.get(key)), &listening) {
            tell_ports(rule, None, &ports(&|key| rule.get(key)), found);
        }
    }
}

fn tell_ports<'t>(item: &Item<'t>, place: Option<&Evaluated<'t>>, ports: &Ports, found: &mut Found<'_>) {
    let which = match ports {
        Ports::All => "every port".to_owned(),
        Ports::Known(range) if range.start() == range.end() => format!("port {}", range.start()),
        Ports::Known(range) => format!("the ports {} to {}", range.start(), range.end()),
        Ports::Unknown => return,
    };
    let help = "name the addresses or the security group that may connect";
    found.tell(item, place, format!("{which} is open to the whole internet"), help);
}

type Get<'g, 'v, 't> = dyn Fn(&str) -> Option<&'v Evaluated<'t>> + 'g;

enum Ports {
    All,
    Known(RangeInclusive<i64>),
    Unknown,
}

fn ports<'v, 't: 'v>(get: &Get<'_, 'v, 't>) -> Ports {
    match get("IpProtocol").and_then(Evaluated::text).map(|text| text.to_lowercase()).as_deref() {
        Some("-1" | "all") => return Ports::All,
        Some("tcp" | "6" | "udp" | "17") => {}
        _ => return Ports::Unknown,
    }
    match (get("FromPort").map(Evaluated::integer), get("ToPort").map(Evaluated::integer)) {
        (None, None) | (Some(Some(-1)), _) => Ports::All,
        (Some(Some(from)), Some(Some(to))) => Ports::Known(from..=to),
        _ => Ports::Unknown,
    }
}

fn is_world<'v, 't: 'v>(get: &Get<'_, 'v, 't>) -> bool {
    ["CidrIp", "CidrIpv6"].into_iter().any(|key| {
        get(key).and_then(Evaluated::text).is_some_and(|block| block == "0.0.0.0/0" || block == "::/0")
    })
}

/// Whether only ports for the web are among these.
fn are_web(ports: &Ports, listening: &[i64]) -> bool {
    match ports {
        Ports::All => false,
        Ports::Known(range) => {
            // A range of more than a few ports holds others in any case.
            range.end() - range.start() < 8
                && range.clone().all(|port| [80, 443].contains(&port) || listening.contains(&port))
        }
        Ports::Unknown => true,
    }
}

/// The ports at which load balancers with this group listen.
fn listening(view: &View<'_, '_>, group: &Item<'_>) -> Vec<i64> {
    let balancers = view
        .of("AWS::ElasticLoadBalancingV2::LoadBalancer")
        .filter(|balancer| {
            balancer.items("SecurityGroups").iter().any(|value| value.resource() == Some(group.id))
        })
        .map(|balancer| balancer.id);
    let balancers: Vec<&str> = balancers.collect();
    let listeners = view.of("AWS::ElasticLoadBalancingV2::Listener").filter(|listener| {
        let balancer = listener.get("LoadBalancerArn").and_then(Evaluated::resource);
        balancer.is_some_and(|id| balancers.contains(&id))
    });
    listeners.filter_map(|listener| listener.integer("Port")).collect()
}

pub(super) static PUBLIC_DATABASE: Policy = Policy {
    rule: Rule {
        code: Code("P021"),
        severity: EXPOSURE.others,
        title: "databases have no public address",
        what: "`PubliclyAccessible` isn't true.",
        why: "The database's name leads to an address on the internet: only its security group still keeps people out.",
        source: "AWS Security Hub User Guide, \"Amazon RDS controls\"",
        same_as: &["FSBP RDS.2", "checkov CKV_AWS_17"],
    },
    grade: EXPOSURE,
    look: Look::Values(&[
        Value::at("AWS::RDS::DBInstance", "PubliclyAccessible", Must::NotBeTrue)
            .told("the database has a public address", "set `PubliclyAccessible: false`"),
        Value::at("AWS::RDS::DBCluster", "PubliclyAccessible", Must::NotBeTrue)
            .told("the database has a public address", "set `PubliclyAccessible: false`"),
    ]),
};

pub(super) static PUBLIC_BUCKET: Policy = Policy {
    rule: Rule {
        code: Code("P022"),
        severity: EXPOSURE.others,
        title: "buckets aren't public",
        what: "A bucket's `AccessControl` gives nothing to everyone or to every AWS user.",
        why: "Anyone can read or overwrite the files.",
        source: "AWS Security Hub User Guide, \"Amazon S3 controls\"",
        same_as: &[
            "FSBP S3.2",
            "FSBP S3.3",
            "checkov CKV_AWS_20",
            "checkov CKV_AWS_57",
            "cdk-nag AwsSolutions-S5",
        ],
    },
    grade: EXPOSURE,
    look: Look::Values(&[Value::at(
        "AWS::S3::Bucket",
        "AccessControl",
        Must::NotBeOneOf(&["PublicRead", "PublicReadWrite", "AuthenticatedRead"]),
    )
    .told("the bucket is open to everyone", "take `AccessControl` away")]),
};

pub(super) static BUCKET_BLOCK: Policy = Policy {
    rule: Rule {
        code: Code("P023"),
        severity: PROTECTION.others,
        title: "buckets block public access",
        what: "A `PublicAccessBlockConfiguration` has all four settings on. Without one, buckets made since April 2023 block everything.",
        why: "A policy or ACL that is written wrongly makes files public.",
        source: "Amazon S3 User Guide, \"Blocking public access to your Amazon S3 storage\"",
        same_as: &[
            "FSBP S3.8",
            "checkov CKV_AWS_53",
            "checkov CKV_AWS_54",
            "checkov CKV_AWS_55",
            "checkov CKV_AWS_56",
            "cdk-nag AwsSolutions-S2",
        ],
    },
    grade: PROTECTION,
    look: Look::Code(|view, found| {
        for bucket in view.of("AWS::S3::Bucket") {
            let Some(block) = bucket.get("PublicAccessBlockConfiguration") else { continue };
            if block.unknown().is_some() {
                continue;
            }
            let settings =
                ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];
            let is_off = |name: &&str| block.get(name).is_none_or(|value| value.boolean() == Some(false));
            let off: Vec<String> =
                settings.into_iter().filter(is_off).map(|name| format!("`{name}`")).collect();
            if !off.is_empty() {
                let message = format!("public access to the bucket isn't blocked: {} is off", off.join(", "));
                found.tell(bucket, Some(block), message, "set all four to true");
            }
        }
    }),
};

pub(super) static ANYONE: Policy = Policy {
    rule: Rule {
        code: Code("P024"),
        severity: EXPOSURE.others,
        title: "policies of resources name who may",
        what: "No policy of a bucket, topic, key, secret, repository, file system or log group allows something to the principal `*` without a condition.",
        why: "Every AWS account, and often everyone without one, may do it.",
        source: "AWS IAM User Guide, \"AWS JSON policy elements: Principal\"",
        same_as: &[
            "FSBP S3.2",
            "FSBP S3.3",
            "FSBP SNS.4",
            "FSBP KMS.5",
            "checkov CKV_AWS_32",
            "checkov CKV_AWS_33",
            "cdk-nag AwsSolutions-ECR1",
            "cdk-nag AwsSolutions-S5",
        ],
    },
    grade: EXPOSURE,
    look: Look::Code(|view, found| {
        for (type_name, property) in [
            ("AWS::S3::BucketPolicy", "PolicyDocument"),
            ("AWS::SNS::TopicPolicy", "PolicyDocument"),
            ("AWS::SQS::QueuePolicy", "PolicyDocument"),
            ("AWS::KMS::Key", "KeyPolicy"),
            ("AWS::SecretsManager::ResourcePolicy", "ResourcePolicy"),
            ("AWS::ECR::Repository", "RepositoryPolicyText"),
            ("AWS::EFS::FileSystem", "FileSystemPolicy"),
        ] {
            for item in view.of(type_name) {
                for statement in statements(item.get(property)).unwrap_or_default() {
                    if allows(statement) && is_for_anyone(statement) {
                        let message = "everyone in the world may do this";
                        let help =
                            "name the accounts, roles or services in `Principal`, or add a `Condition`";
                        found.tell(item, Some(statement), message, help);
                    }
                }
            }
        }
    }),
};

pub(super) static PUBLIC_TASKS: Policy = Policy {
    rule: Rule {
        code: Code("P025"),
        severity: PRACTICE.others,
        title: "tasks have no public address",
        what: "A service or task set has `AssignPublicIp: DISABLED`, the default.",
        why: "Each task can be reached from the internet at every port that its security group opens by mistake.",
        source: "AWS Security Hub User Guide, \"Amazon ECS controls\"",
        same_as: &["FSBP ECS.2", "FSBP ECS.16"],
    },
    grade: PRACTICE,
    look: Look::Values(&[
        Value::at(
            "AWS::ECS::Service",
            "NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp",
            Must::NotBeOneOf(&["ENABLED"]),
        )
        .told("every task has a public address", "use private subnets with a NAT gateway or endpoints"),
        Value::at(
            "AWS::ECS::TaskSet",
            "NetworkConfiguration.AwsVpcConfiguration.AssignPublicIp",
            Must::NotBeOneOf(&["ENABLED"]),
        )
        .told("every task has a public address", "use private subnets with a NAT gateway or endpoints"),
    ]),
};

pub(super) static PUBLIC_SUBNETS: Policy = Policy {
    rule: Rule {
        code: Code("P026"),
        severity: HARDENING.others,
        title: "subnets give no public addresses by themselves",
        what: "A subnet's `MapPublicIpOnLaunch` isn't true.",
        why: "Whatever is started there is on the internet without anyone saying so.",
        source: "AWS Security Hub User Guide, \"Amazon EC2 controls\"",
        same_as: &["FSBP EC2.15", "FSBP EFS.6"],
    },
    grade: HARDENING,
    look: Look::Values(&[Value::at("AWS::EC2::Subnet", "MapPublicIpOnLaunch", Must::NotBeTrue)
        .told("whatever starts in the subnet gets a public address", "take `MapPublicIpOnLaunch` away")]),
};

pub(super) static DATA_SUBNETS: Policy = Policy {
    rule: Rule {
        code: Code("P027"),
        severity: PROTECTION.others,
        title: "databases and caches are in private subnets",
        what: "The subnets of a database or cache have no route to an internet gateway.",
        why: "One setting, a public address or an open group, is then enough to expose the data.",
        source: "AWS Security Hub User Guide, \"Amazon RDS controls\"",
        same_as: &["FSBP RDS.46"],
    },
    grade: PROTECTION,
    look: Look::Code(|view, found| {
        for (type_name, property) in
            [("AWS::RDS::DBSubnetGroup", "SubnetIds"), ("AWS::ElastiCache::SubnetGroup", "SubnetIds")]
        {
            for group in view.of(type_name) {
                for subnet in group.items(property) {
                    if Network::of(view).way(subnet) == Way::Gateway {
                        let message = "the subnet has a route to an internet gateway";
                        found.tell(
                            group,
                            Some(subnet),
                            message,
                            "use subnets whose way out is a NAT gateway, or none",
                        );
                    }
                }
            }
        }
    }),
};

pub(super) static FIREWALL: Policy = Policy {
    rule: Rule {
        code: Code("P028"),
        severity: HARDENING.others,
        title: "load balancers on the internet have a web ACL",
        what: "An application load balancer that isn't internal is named in an `AWS::WAFv2::WebACLAssociation`.",
        why: "Known attacks and floods of requests reach the application.",
        source: "AWS Security Hub User Guide, \"Elastic Load Balancing controls\"",
        same_as: &["Security Hub ELB.16"],
    },
    grade: HARDENING,
    look: Look::Code(|view, found| {
        for balancer in view.of("AWS::ElasticLoadBalancingV2::LoadBalancer") {
            let is_application =
                balancer.get("Type").is_none_or(|kind| kind.text().as_deref() == Some("application"));
            let is_public = balancer
                .get("Scheme")
                .is_none_or(|scheme| scheme.text().as_deref() == Some("internet-facing"));
            let is_guarded = view.of("AWS::WAFv2::WebACLAssociation").any(|association| {
                let of = association.get("ResourceArn");
                of.is_some_and(|arn| arn.resource().is_none_or(|id| id == balancer.id))
            });
            if is_application && is_public && !is_guarded {
                let message = "no web ACL guards the load balancer";
                found.tell(balancer, None, message, "add an `AWS::WAFv2::WebACL` and its association");
            }
        }
    }),
};

pub(super) static DESCRIPTIONS: Policy = Policy {
    rule: Rule {
        code: Code("P029"),
        severity: HARDENING.others,
        title: "rules of security groups say what they are for",
        what: "Every rule of a security group has a `Description`.",
        why: "Nobody knows later whether a rule is still needed, so it stays.",
        source: "Amazon VPC User Guide, \"Security group rules\"",
        same_as: &["checkov CKV_AWS_23", "cdk-nag AwsSolutions-EC27"],
    },
    grade: HARDENING,
    look: Look::Values(&[
        Value::each("AWS::EC2::SecurityGroup", "SecurityGroupIngress", "Description", Must::BeThere)
            .told("the rule doesn't say what it is for", "add a `Description`"),
        Value::each("AWS::EC2::SecurityGroup", "SecurityGroupEgress", "Description", Must::BeThere)
            .told("the rule doesn't say what it is for", "add a `Description`"),
        Value::at("AWS::EC2::SecurityGroupIngress", "Description", Must::BeThere)
            .told("the rule doesn't say what it is for", "add a `Description`"),
        Value::at("AWS::EC2::SecurityGroupEgress", "Description", Must::BeThere)
            .told("the rule doesn't say what it is for", "add a `Description`"),
    ]),
};

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::diagnostic::Severity;
    use crate::validate::Purpose;
    use crate::validate::policy::testing::{severity, silent, silent_of, tells, tells_of};

    const GROUP: &str = "AWS::EC2::SecurityGroup";

    fn open(from: i64, to: i64, block: &str) -> Json {
        json!({"SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": from, "ToPort": to, "CidrIp": block}]})
    }

    #[test]
    fn ports() {
        let message = tells_of("P020", GROUP, open(5432, 5432, "0.0.0.0/0"));
        assert_eq!(message, "port 5432 is open to the whole internet");
        tells_of("P020", GROUP, json!({"SecurityGroupIngress": [{"IpProtocol": "-1", "CidrIpv6": "::/0"}]}));
        tells_of(
            "P020",
            "AWS::EC2::SecurityGroupIngress",
            json!({"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535, "CidrIp": "0.0.0.0/0"}),
        );
        silent_of("P020", GROUP, open(443, 443, "0.0.0.0/0"));
        silent_of("P020", GROUP, open(22, 22, "203.0.113.0/24"));
        let stack = json!({"Group": {"Type": GROUP, "Properties": open(22, 22, "0.0.0.0/0")}});
        assert_eq!(severity("P020", stack.clone(), Purpose::Production), Some(Severity::Error));
        assert_eq!(severity("P020", stack, Purpose::Development), Some(Severity::Warning));
    }

    #[test]
    fn a_listener_may_be_at_any_port() {
        silent(
            "P020",
            json!({
                "Group": {"Type": GROUP, "Properties": open(8443, 8443, "0.0.0.0/0")},
                "Balancer": {"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer", "Properties": {"SecurityGroups": [{"Ref": "Group"}]}},
                "Listener": {"Type": "AWS::ElasticLoadBalancingV2::Listener", "Properties": {"LoadBalancerArn": {"Ref": "Balancer"}, "Port": 8443}},
            }),
        );
    }

    #[test]
    fn databases_and_buckets() {
        tells_of("P021", "AWS::RDS::DBInstance", json!({"PubliclyAccessible": true}));
        silent_of("P021", "AWS::RDS::DBInstance", json!({"PubliclyAccessible": false}));
        tells_of("P022", "AWS::S3::Bucket", json!({"AccessControl": "PublicRead"}));
        silent_of("P022", "AWS::S3::Bucket", json!({"AccessControl": "Private"}));
        let block = json!({"PublicAccessBlockConfiguration": {"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true}});
        let message = tells_of("P023", "AWS::S3::Bucket", block);
        assert!(message.contains("`RestrictPublicBuckets`"), "{message}");
        silent_of("P023", "AWS::S3::Bucket", json!({}));
    }

    #[test]
    fn policies_for_anyone() {
        let of = |statement: Json| json!({"PolicyDocument": {"Statement": statement}});
        let open = json!({"Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": "s3:GetObject", "Resource": "*"});
        tells_of("P024", "AWS::S3::BucketPolicy", of(json!([open])));
        tells_of("P024", "AWS::KMS::Key", json!({"KeyPolicy": {"Statement": open}}));
        let limited = json!({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}});
        silent_of("P024", "AWS::S3::BucketPolicy", of(limited));
        silent_of(
            "P024",
            "AWS::S3::BucketPolicy",
            of(json!({"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"})),
        );
    }

    #[test]
    fn addresses() {
        let service = |assign: &str| json!({"NetworkConfiguration": {"AwsvpcConfiguration": {"AssignPublicIp": assign}}});
        tells_of("P025", "AWS::ECS::Service", service("ENABLED"));
        silent_of("P025", "AWS::ECS::Service", service("DISABLED"));
        tells_of("P026", "AWS::EC2::Subnet", json!({"MapPublicIpOnLaunch": true}));
        silent_of("P026", "AWS::EC2::Subnet", json!({}));
    }

    #[test]
    fn subnets_of_data() {
        let network = |gateway: Json| {
            json!({
                "Group": {"Type": "AWS::RDS::DBSubnetGroup", "Properties": {"SubnetIds": [{"Ref": "Subnet"}]}},
                "Subnet": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "Vpc"}}},
                "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {}},
                "Gateway": {"Type": "AWS::EC2::InternetGateway", "Properties": {}},
                "Table": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": {"Ref": "Vpc"}}},
                "Route": {"Type": "AWS::EC2::Route", "Properties": {"RouteTableId": {"Ref": "Table"}, "DestinationCidrBlock": gateway, "GatewayId": {"Ref": "Gateway"}}},
                "Join": {"Type": "AWS::EC2::SubnetRouteTableAssociation", "Properties": {"RouteTableId": {"Ref": "Table"}, "SubnetId": {"Ref": "Subnet"}}},
            })
        };
        let (_, pointer) = tells("P027", network(json!("0.0.0.0/0")));
        assert_eq!(pointer, "Group/Properties/SubnetIds/0");
        silent("P027", network(json!("10.1.0.0/16")));
    }

    #[test]
    fn web_acls_and_descriptions() {
        let balancer = json!({"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer", "Properties": {"Scheme": "internet-facing"}});
        tells("P028", json!({"Balancer": balancer}));
        let association = json!({"Type": "AWS::WAFv2::WebACLAssociation", "Properties": {"ResourceArn": {"Ref": "Balancer"}, "WebACLArn": "x"}});
        silent("P028", json!({"Balancer": balancer, "Association": association}));
        tells_of("P029", GROUP, open(443, 443, "10.0.0.0/8"));
        silent_of(
            "P029",
            GROUP,
            json!({"SecurityGroupIngress": [{"IpProtocol": "-1", "Description": "all", "CidrIp": "10.0.0.0/8"}]}),
        );
    }
}
