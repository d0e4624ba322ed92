//! How a statement of a policy lists its resources.
//!
//! A service that reads many parameters names as many ARNs that differ at their end only. From three on, what they share stands
//! once: `Fn::Split` of a `Fn::Sub` gives the same list.

use serde_json::json;

use crate::cfn::{Json, PseudoParameter};

/// From how many on ARNs share their beginning; two are read more easily as they are.
const FEWEST: usize = 3;

/// What the shared beginning is called in the text.
const SHARED: &str = "Arn";

/// Between the ARNs. No name of a parameter or secret has a comma in it, nor has any pseudo parameter below.
const SEPARATOR: char = ',';

/// What may stand in such ARNs; of a parameter or resource it isn't known what it comes to.
const KNOWN: [PseudoParameter; 4] = [
    PseudoParameter::AccountId,
    PseudoParameter::Partition,
    PseudoParameter::Region,
    PseudoParameter::StackName,
];

/// Resources as `Resource` has them.
pub(super) fn written(mut resources: Vec<Json>) -> Json {
    if resources.len() == 1 {
        return resources.remove(0);
    }
    shared(&resources).unwrap_or(Json::Array(resources))
}

/// The resources that a `Resource` lists, one by one.
pub(super) fn listed(resource: Json) -> Vec<Json> {
    if let Some(resources) = unshared(&resource) {
        return resources;
    }
    match resource {
        Json::Array(resources) => resources,
        one => vec![one],
    }
}

/// The list with what its ARNs share in one place, if that can be told and they share account and region.
fn shared(resources: &[Json]) -> Option<Json> {
    let texts: Vec<&str> = resources.iter().map(text).collect::<Option<_>>()?;
    let mut computed = texts.iter().copied().filter(|text| text.contains("${"));
    let first = computed.next()?;
    let length = computed.clone().map(|text| common(first, text)).min()?;
    let mut beginning = &first[..length];
    // Not inside of a pseudo parameter, and up to a part of the ARN.
    if let Some(at) = beginning.rfind("${").filter(|at| !beginning[*at..].contains('}')) {
        beginning = &beginning[..at];
    }
    beginning = &beginning[..=beginning.rfind(['/', ':'])?];
    if computed.count() + 1 < FEWEST || !beginning.contains(&placeholder(PseudoParameter::AccountId)) {
        return None;
    }
    let name = format!("${{{SHARED}}}");
    let items: Vec<String> = texts
        .iter()
        .map(|text| text.strip_prefix(beginning).map_or_else(|| (*text).to_owned(), |end| name.clone() + end))
        .collect();
    let whole = items.join(&SEPARATOR.to_string());
    Some(json!({ "Fn::Split": [SEPARATOR, { "Fn::Sub": [whole, { SHARED: { "Fn::Sub": beginning } }] }] }))
}

/// The list that [`shared`] made of ARNs.
fn unshared(resource: &Json) -> Option<Vec<Json>> {
    let sub = &resource.get("Fn::Split")?[1]["Fn::Sub"];
    let (whole, beginning) = (sub[0].as_str()?, sub[1][SHARED]["Fn::Sub"].as_str()?);
    let texts = whole.split(SEPARATOR).map(|item| item.replace(&format!("${{{SHARED}}}"), beginning));
    Some(
        texts
            .map(|text| if text.contains("${") { json!({ "Fn::Sub": text }) } else { text.into() })
            .collect(),
    )
}

/// The text of an ARN that is known, or would be in a stack that is; escapes are left to others.
fn text(resource: &Json) -> Option<&str> {
    let text = match resource {
        Json::String(text) => text.as_str(),
        computed => computed.get("Fn::Sub")?.as_str()?,
    };
    let mut rest = text.to_owned();
    for parameter in KNOWN {
        rest = rest.replace(&placeholder(parameter), "");
    }
    (!rest.contains("${") && !rest.contains(SEPARATOR) && (resource.is_object() || rest == text))
        .then_some(text)
}

fn placeholder(parameter: PseudoParameter) -> String {
    format!("${{{}}}", parameter.name())
}

/// How many bytes two texts have alike at their beginning, in whole characters.
fn common(one: &str, other: &str) -> usize {
    one.chars().zip(other.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::constructs::arn::regional_arn;

    fn parameter(name: &str) -> Json {
        let text = regional_arn("ssm", "parameter/").to_json()["Fn::Sub"].as_str().unwrap().to_owned();
        json!({ "Fn::Sub": text + name })
    }

    const PARAMETERS: &str = "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter";

    #[test]
    fn three_arns_share_their_beginning() {
        let three: Vec<Json> = ["dify/prd/a", "dify/prd/db/b", "dify/prd/c"].map(parameter).into();
        let together = json!({ "Fn::Split": [",", { "Fn::Sub": [
            "${Arn}a,${Arn}db/b,${Arn}c", { "Arn": { "Fn::Sub": format!("{PARAMETERS}/dify/prd/") } },
        ] }] });
        assert_eq!(written(three.clone()), together);
        assert_eq!(listed(together), three);
        assert_eq!(written(three[..2].to_vec()), json!(three[..2]));
        assert_eq!(written(three[..1].to_vec()), three[0]);
    }

    #[test]
    fn a_beginning_ends_with_a_part_of_the_arn() {
        let beginning = |names: [&str; 3]| {
            written(names.map(parameter).into())["Fn::Split"][1]["Fn::Sub"][1]["Arn"]["Fn::Sub"].clone()
        };
        assert_eq!(beginning(["dify/ab", "dify/ac", "dify/ad"]), format!("{PARAMETERS}/dify/"));
        assert_eq!(beginning(["dify/a", "difz/b", "c"]), format!("{PARAMETERS}/"));
        let names = ["a/${AWS::StackName}", "a/${AWS::Region}", "a/${AWS::Partition}"];
        assert_eq!(beginning(names), format!("{PARAMETERS}/a/"));
    }

    #[test]
    fn an_arn_that_is_known_stands_beside_those_that_begin_alike() {
        let known = json!("arn:aws:ssm:eu-west-1:123456789012:parameter/mail");
        let mut list: Vec<Json> = ["x/a", "x/b", "x/c"].map(parameter).into();
        list.insert(1, known.clone());
        let together = written(list.clone());
        assert_eq!(
            together["Fn::Split"][1]["Fn::Sub"][0],
            "${Arn}a,arn:aws:ssm:eu-west-1:123456789012:parameter/mail,${Arn}b,${Arn}c"
        );
        assert_eq!(listed(together), list);
    }

    #[test]
    fn what_may_come_to_anything_stays_a_list() {
        let three: Vec<Json> = ["x/a", "x/b", "x/c"].map(parameter).into();
        let buckets =
            ["a", "b", "c"].map(|name| json!({ "Fn::Sub": format!("arn:${{AWS::Partition}}:s3:::{name}") }));
        assert_eq!(written(buckets.to_vec()), json!(buckets));
        for other in [
            json!({ "Ref": "Secret" }),
            json!({ "Fn::Sub": format!("{PARAMETERS}/${{Name}}") }),
            json!({ "Fn::Sub": format!("{PARAMETERS}/a,b") }),
            json!({ "Fn::Sub": format!("{PARAMETERS}/${{!a}}") }),
            json!("arn:aws:ssm:eu-west-1:123456789012:parameter/${AWS::Region}"),
            json!("arn:aws:ssm:eu-west-1:123456789012:parameter/${!x}"),
        ] {
            let list: Vec<Json> = three.iter().cloned().chain([other]).collect();
            assert_eq!(written(list.clone()), json!(list));
            assert_eq!(listed(json!(list)), list);
        }
    }
}
