//! S011: nothing is in a list twice. Keywords `uniqueItems`, `uniqueKeys`, `maxUniqueItems`.

use crate::cfn::evaluate::{Data, Evaluated, Origin};
use crate::diagnostic::{Code, Severity};
use crate::validate::rule::Rule;
use crate::validate::schema::compact::Schema;
use crate::validate::schema::verdict::Verdict;
use crate::validate::schema::walk::{Walk, shown};

pub(super) static RULE: Rule = Rule {
    code: Code("S011"),
    severity: Severity::Error,
    title: "nothing is in a list twice",
    what: "Items that have to be different are, also those that refer to the same thing.",
    why: "CloudFormation refuses the resource: \"array items are not unique\".",
    source: "CloudFormation registry schemas, `uniqueItems`; cfn-lint's `uniqueKeys` and `maxUniqueItems`",
    same_as: &["cfn-lint E3037", "cfn-lint E3065"],
};

/// Longer lists aren't compared pair by pair.
const MOST_ITEMS: usize = 2_000;

/// Whether two values are the same, whatever is unknown about them turns out to be.
fn same(one: &Evaluated<'_>, other: &Evaluated<'_>) -> bool {
    match (&one.data, &other.data) {
        (Data::Unknown(one), Data::Unknown(other)) => !opaque(&one.origin) && one.origin == other.origin,
        (Data::List(one), Data::List(other)) => {
            one.len() == other.len() && one.iter().zip(other.iter()).all(|(one, other)| same(one, other))
        }
        (Data::Object(one), Data::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(key, value)| other.iter().any(|(other, found)| key == other && same(value, found)))
        }
        (one, other) => one == other,
    }
}

/// Whether the same call may give another value each time, as a macro does.
fn opaque(origin: &Origin<'_>) -> bool {
    matches!(origin, Origin::Call(_))
}

/// Whether each is a known text or has one in the same member, such as its name, and no two are equal: most lists are so,
/// and to find that out takes less than to compare all pairs.
fn have_different_texts(values: &[&Evaluated<'_>]) -> bool {
    let member = values.first().and_then(|first| match &first.data {
        Data::Object(members) => members.first().map(|(key, _)| *key),
        _ => None,
    });
    let mut texts = Vec::with_capacity(values.len());
    for value in values {
        match member.map_or(Some(*value), |member| value.get(member)) {
            Some(Evaluated { data: Data::Text(text), .. }) => texts.push(text.as_ref()),
            _ => return false,
        }
    }
    texts.sort_unstable();
    texts.windows(2).all(|pair| pair[0] != pair[1])
}

/// The first pair of values that are the same.
fn twice<'v, 't>(values: &[&'v Evaluated<'t>]) -> Option<&'v Evaluated<'t>> {
    if values.len() > MOST_ITEMS || have_different_texts(values) {
        return None;
    }
    values
        .iter()
        .enumerate()
        .find(|(index, value)| values[..*index].iter().any(|before| same(before, value)))
        .map(|(_, value)| *value)
}

pub(super) fn check<'t>(
    walk: &mut Walk<'_, 't>,
    unique: Schema,
    _: Schema,
    value: &Evaluated<'t>,
) -> Verdict {
    let (Data::List(items), true) = (&value.data, unique.as_bool() == Some(true)) else {
        return Verdict::Valid;
    };
    let Some(item) = twice(&items.iter().collect::<Vec<_>>()) else { return Verdict::Valid };
    walk.tell(&RULE, item, || format!("{} is in the list twice", shown(item)));
    Verdict::Invalid
}

pub(super) fn keys<'t>(walk: &mut Walk<'_, 't>, keys: Schema, _: Schema, value: &Evaluated<'t>) -> Verdict {
    let Data::List(items) = &value.data else { return Verdict::Valid };
    for key in keys.texts() {
        let values: Vec<_> = items.iter().filter_map(|item| item.get(key)).collect();
        if let Some(found) = twice(&values) {
            walk.tell(&RULE, found, || format!("two items have the {key} {}", shown(found)));
            return Verdict::Invalid;
        }
    }
    Verdict::Valid
}

pub(super) fn most<'t>(walk: &mut Walk<'_, 't>, most: Schema, _: Schema, value: &Evaluated<'t>) -> Verdict {
    let (Data::List(items), Some(most)) = (&value.data, most.as_u64()) else { return Verdict::Valid };
    if items.len() > MOST_ITEMS {
        return Verdict::Unknown;
    }
    let mut different: Vec<&Evaluated<'t>> = Vec::new();
    for item in items.iter().filter(|item| item.unknown().is_none()) {
        if !different.iter().any(|other| same(other, item)) {
            different.push(item);
        }
    }
    let count = different.len() as u64;
    walk.expect(count <= most, &RULE, value, || {
        format!("{count} different items, at most {most} are allowed")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::testing::{found, resource};

    fn environment(variables: &Json) -> Vec<String> {
        let properties =
            json!({"ContainerDefinitions": [{"Name": "a", "Image": "b", "Environment": variables}]});
        found("S011", resource("AWS::ECS::TaskDefinition", properties))
            .into_iter()
            .map(|finding| finding.message)
            .collect()
    }

    #[test]
    fn the_same_twice_is_found() {
        let twice =
            json!([{"Name": "A", "Value": "1"}, {"Name": "B", "Value": "1"}, {"Name": "A", "Value": "2"}]);
        assert_eq!(environment(&twice), ["two items have the Name `A`"]);
        let groups = json!({"GroupDescription": "d", "SecurityGroupIngress": [], "Tags": []});
        assert_eq!(found("S011", resource("AWS::EC2::SecurityGroup", groups)), []);
    }

    #[test]
    fn references_to_the_same_thing_are_the_same() {
        let mut template = resource(
            "AWS::EC2::VPCEndpoint",
            json!({"VpcId": "vpc-12345678", "ServiceName": "s", "RouteTableIds": [{"Ref": "T"}, {"Ref": "U"}, {"Ref": "T"}]}),
        );
        template["Resources"]["T"] =
            json!({"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": "vpc-12345678"}});
        template["Resources"]["U"] = template["Resources"]["T"].clone();
        assert_eq!(found("S011", template)[0].message, "`${T}` is in the list twice");
    }

    #[test]
    fn different_items_are_not() {
        assert_eq!(environment(&json!([{"Name": "A", "Value": "1"}, {"Name": "B", "Value": "1"}])), [""; 0]);
    }
}
