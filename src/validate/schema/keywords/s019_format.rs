//! S019: texts have the form of what they name; and R024: references lead to it. Keyword `format`.

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::cfn::evaluate::{Data, Evaluated};
use crate::diagnostic::{Code, Severity};
use crate::validate::references::FORMAT_RULE;
use crate::validate::rule::Rule;
use crate::validate::schema::compact::Schema;
use crate::validate::schema::registry::Registry;
use crate::validate::schema::verdict::Verdict;
use crate::validate::schema::walk::{Walk, shown};

pub(super) static RULE: Rule = Rule {
    code: Code("S019"),
    severity: Severity::Error,
    title: "texts have the form of what they name",
    what: "An id, a name, an ARN, a block of addresses, a time or a document that is written out has the form of one.",
    why: "The service refuses the request: \"InvalidGroupId.Malformed\" and the like.",
    source: "cfn-lint's schemas, `format`; the API reference of the service that the format names",
    same_as: &[
        "cfn-lint E1103",
        "cfn-lint E1150",
        "cfn-lint E1151",
        "cfn-lint E1152",
        "cfn-lint E1153",
        "cfn-lint E1154",
        "cfn-lint E1155",
        "cfn-lint E1156",
        "cfn-lint E1157",
        "cfn-lint E1158",
        "cfn-lint E1159",
        "cfn-lint E1160",
        "cfn-lint E1161",
        "cfn-lint E1162",
        "cfn-lint E1164",
    ],
};

/// Formats that are a pattern, and what to call them.
const PATTERNS: [(&str, &str, &str); 15] = [
    (
        "AWS::ACM::Certificate.Arn",
        "the ARN of a certificate",
        r"^arn:aws[a-zA-Z-]*:acm:[a-z0-9-]+:\d{12}:certificate/.+$",
    ),
    ("AWS::EC2::Image.Id", "the id of an image", r"^ami-([0-9a-z]{8}|[0-9a-z]{17})$|^resolve:ssm:"),
    ("AWS::EC2::SecurityGroup.Id", "the id of a security group", r"^sg-([a-fA-F0-9]{8}|[a-fA-F0-9]{17})$"),
    (
        "AWS::EC2::SecurityGroup.Name",
        "the name of a security group",
        r"^[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]+$",
    ),
    ("AWS::EC2::Subnet.Id", "the id of a subnet", r"^subnet-([0-9A-Fa-f]{8}|[0-9A-Fa-f]{17})$"),
    ("AWS::EC2::VPC.Id", "the id of a VPC", r"^vpc-([0-9A-Fa-f]{8}|[0-9A-Fa-f]{17})$"),
    ("AWS::IAM::Role.Arn", "the ARN of a role", r"^arn:aws[a-zA-Z-]*:iam::\d{12}:role/.+$"),
    ("AWS::KMS::Alias.AliasName", "the alias of a key", r"^alias/[a-zA-Z0-9:/_-]+$"),
    ("AWS::KMS::Key.Arn", "the ARN of a key", r"^arn:aws[a-zA-Z-]*:kms:[a-z0-9-]+:\d{12}:(key|alias)/.+$"),
    (
        "AWS::KMS::Key.Id",
        "the id of a key",
        r"^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|mrk-[0-9a-f]{32}|alias/[a-zA-Z0-9/_-]+)$",
    ),
    (
        "AWS::Lambda::Function.Arn",
        "the ARN of a function",
        r"^arn:aws[a-zA-Z-]*:lambda:[a-z0-9-]+:\d{12}:function:.+$",
    ),
    ("AWS::Logs::LogGroup.Name", "the name of a log group", r"^[.\-_/#A-Za-z0-9]{1,512}$"),
    (
        "AWS::S3::Bucket.Name",
        "the name of a bucket",
        r"^(?![.\-])(?!.*(\.\.|-\.|\.-))[a-z0-9.\-]{3,63}(?<![.\-])$",
    ),
    ("AWS::SNS::Topic.Arn", "the ARN of a topic", r"^arn:aws[a-zA-Z-]*:sns:[a-z0-9-]+:\d{12}:.+$"),
    (
        "date-time",
        "a time such as 2026-01-31T12:00:00Z",
        r"^\d{4}-(0[1-9]|1[0-2])-\d{2}T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$",
    ),
];

/// Whether a text has the format; `None` if nothing is known of that format.
pub(in crate::validate::schema) fn matches(registry: &Registry, format: &str, text: &str) -> Option<bool> {
    fn network<A: FromStr>(text: &str, most: u8) -> bool {
        let Some((address, bits)) = text.split_once('/') else { return false };
        address.parse::<A>().is_ok() && bits.parse::<u8>().is_ok_and(|bits| bits <= most)
    }
    Some(match format {
        "ipv4-network" => network::<Ipv4Addr>(text, 32),
        "ipv6-network" => network::<Ipv6Addr>(text, 128),
        "ipv4" => text.parse::<Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<Ipv6Addr>().is_ok(),
        "json" => serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok(),
        _ => {
            let (.., pattern) = PATTERNS.iter().find(|(name, ..)| *name == format)?;
            return registry.pattern(pattern).is_match(text);
        }
    })
}

/// What to call a format in a message.
fn in_words(format: &str) -> Cow<'static, str> {
    Cow::Borrowed(match format {
        "ipv4-network" => "a block of addresses such as 10.0.0.0/16",
        "ipv6-network" => "a block of addresses such as 2001:db8::/56",
        "ipv4" | "ipv6" => "an address",
        "json" => "a JSON document",
        "AWS::EC2::SecurityGroup.Ids" => "ids of security groups",
        "AWS::EC2::Subnet.Ids" => "ids of subnets",
        _ => match PATTERNS.iter().find(|(name, ..)| *name == format) {
            Some((_, words, _)) => words,
            None => return Cow::Owned(format!("`{format}`")),
        },
    })
}

pub(super) fn check<'t>(
    walk: &mut Walk<'_, 't>,
    format: Schema,
    _: Schema,
    value: &Evaluated<'t>,
) -> Verdict {
    let Some(format) = format.as_str() else { return Verdict::Valid };
    match &value.data {
        Data::Unknown(_) => reference(walk, &[format], value),
        Data::Text(text) => match matches(walk.registry, format, text) {
            Some(fits) => {
                walk.expect(fits, &RULE, value, || format!("{} isn't {}", shown(value), in_words(format)))
            }
            None => Verdict::Unknown,
        },
        _ => Verdict::Valid,
    }
}

/// Whether a reference gives what one of the formats names.
pub(super) fn reference<'t>(walk: &mut Walk<'_, 't>, formats: &[&str], value: &Evaluated<'t>) -> Verdict {
    let Some(unknown) = value.unknown() else { return Verdict::Valid };
    let Some(given) = walk.sources.formats(&unknown.origin) else { return Verdict::Unknown };
    if given.iter().any(|given| formats.contains(given)) {
        return Verdict::Valid;
    }
    // A resource without a format gives something else than a format that belongs to a resource; of JSON or a block of
    // addresses that can't be said, nor where several formats are possible.
    if given.is_empty() && (formats.len() > 1 || formats.iter().any(|format| !format.starts_with("AWS::"))) {
        return Verdict::Unknown;
    }
    let named = |formats: &[&str]| {
        let mut words: Vec<Cow<'_, str>> = formats.iter().map(|format| in_words(format)).collect();
        words.dedup();
        words.join(" or ")
    };
    walk.tell(&FORMAT_RULE, value, || {
        if given.is_empty() {
            format!("{} isn't {}", shown(value), named(formats))
        } else {
            format!("{} is {}, expected {}", shown(value), named(&given), named(formats))
        }
    });
    Verdict::Invalid
}

/// The formats that a schema allows: its own, or those of its alternatives.
pub(in crate::validate::schema) fn formats_of(schema: Schema) -> Vec<&'static str> {
    let alternatives = schema.list("anyOf");
    std::iter::once(schema).chain(alternatives).filter_map(|schema| schema.get("format")?.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::validate::testing::{found, resource};

    fn fits(format: &str, text: &str) -> bool {
        matches(Registry::builtin(), format, text).unwrap()
    }

    #[test]
    fn formats_of_texts() {
        assert!(
            fits("ipv4-network", "10.0.0.0/16")
                && !fits("ipv4-network", "10.0.0.0/33")
                && !fits("ipv4-network", "10.0.0.0")
        );
        assert!(fits("ipv6-network", "2001:db8::/56") && !fits("ipv6-network", "10.0.0.0/16"));
        assert!(fits("json", "{\"a\": 1}") && !fits("json", "{a}"));
        assert!(fits("date-time", "2026-01-31T12:00:00Z") && !fits("date-time", "2026-01-31"));
        assert!(fits("AWS::S3::Bucket.Name", "my-bucket") && !fits("AWS::S3::Bucket.Name", "My_bucket"));
        assert!(!fits("AWS::S3::Bucket.Name", "a..b") && !fits("AWS::S3::Bucket.Name", "abc-"));
        assert!(fits("AWS::KMS::Key.Id", "alias/x") && !fits("AWS::KMS::Key.Id", "x"));
        assert_eq!(matches(Registry::builtin(), "AWS::Unheard.Of", "x"), None);
        for (name, _, pattern) in PATTERNS {
            assert!(crate::cfn::evaluate::Pattern::new(pattern).is_ok(), "{name}");
        }
    }

    #[test]
    fn an_id_of_something_else_is_found() {
        let group = json!({"GroupDescription": "d", "VpcId": "subnet-12345678"});
        let found = found("S019", resource("AWS::EC2::SecurityGroup", group));
        assert_eq!(found[0].message, "`subnet-12345678` isn't the id of a VPC");
    }

    #[test]
    fn a_reference_to_something_else_is_found() {
        let mut template = resource(
            "AWS::RDS::DBCluster",
            json!({"VpcSecurityGroupIds": [{"Ref": "Subnet"}, {"Fn::GetAtt": ["Group", "GroupId"]}, {"Ref": "Vpc"}]}),
        );
        template["Parameters"] = json!({"Vpc": {"Type": "AWS::EC2::VPC::Id"}});
        template["Resources"]["Subnet"] = json!({"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.0.0/24"}});
        template["Resources"]["Group"] = json!({"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "d", "VpcId": {"Ref": "Vpc"}}});
        let messages: Vec<_> = found("R024", template).into_iter().map(|finding| finding.message).collect();
        assert_eq!(
            messages,
            [
                "`${Subnet}` is the id of a subnet, expected the id of a security group",
                "`${Vpc}` is the id of a VPC, expected the id of a security group",
            ]
        );
    }

    #[test]
    fn lists_of_ids_are_told_apart_too() {
        let mut template =
            resource("AWS::RDS::DBCluster", json!({"VpcSecurityGroupIds": {"Ref": "Subnets"}}));
        template["Parameters"] = json!({"Subnets": {"Type": "List<AWS::EC2::Subnet::Id>"}});
        assert_eq!(found("R024", template.clone()).len(), 1);
        template["Parameters"] = json!({"Subnets": {"Type": "List<AWS::EC2::SecurityGroup::Id>"}});
        assert_eq!(found("R024", template), []);
    }

    #[test]
    fn a_group_without_a_vpc_gives_its_name() {
        let mut template =
            resource("AWS::RDS::DBCluster", json!({"VpcSecurityGroupIds": [{"Ref": "Group"}]}));
        template["Resources"]["Group"] =
            json!({"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "d"}});
        assert_eq!(found("R024", template).len(), 1);
    }
}
