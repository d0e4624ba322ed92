//! S024: the tags of a resource can all be set.

use std::collections::BTreeSet;

use crate::cfn::evaluate::{Data, Evaluated};
use crate::diagnostic::{Code, Severity};
use crate::validate::rule::Rule;

use super::compact::{Schema, keyword};
use super::walk::Walk;

pub(super) static RULE: Rule = Rule {
    code: Code("S024"),
    severity: Severity::Error,
    title: "tags can be set",
    what: "No key of a resource's tags is there twice, is empty, or begins with `aws:`, and there are at most 50.",
    why: "The service refuses the resource: \"Duplicate tag keys found\", \"aws: prefixed tag key names are not allowed\".",
    source: "AWS Tagging User Guide, \"Tag naming limits and requirements\"",
    same_as: &["cfn-lint E3024"],
};

/// The most tags of one resource.
const MOST: usize = 50;

/// Looks at the property that the type calls its tags: a list of keys and values, or a map.
pub(super) fn check<'t>(walk: &mut Walk<'_, 't>, properties: &Evaluated<'t>) {
    let tagging = walk.schema.root.argument(const { keyword("tagging") });
    let pointer = tagging.and_then(|tagging| tagging.get("tagProperty")).and_then(Schema::as_str);
    let name = pointer.and_then(|pointer| pointer.strip_prefix("/properties/")).unwrap_or("Tags");
    let Some(tags) = properties.get(name) else { return };
    let count = match &tags.data {
        Data::List(items) => {
            keys(walk, items);
            items.len()
        }
        Data::Object(members) => {
            for (key, value) in members.iter() {
                key_alone(walk, key, value);
            }
            members.len()
        }
        _ => 0,
    };
    walk.expect(count <= MOST, &RULE, tags, || format!("{count} tags, where {MOST} are allowed"));
}

/// The keys of a list of tags, with one finding each.
fn keys<'t>(walk: &mut Walk<'_, 't>, items: &[Evaluated<'t>]) {
    let mut known = BTreeSet::new();
    for key in items.iter().filter_map(|item| item.get("Key")) {
        let Some(text) = key.text() else { continue };
        if key_alone(walk, &text, key) && !known.insert(text.clone().into_owned()) {
            walk.tell(&RULE, key, || format!("two tags have the key `{text}`"));
        }
    }
}

/// Whether a key can be set, whatever the others are.
fn key_alone<'t>(walk: &mut Walk<'_, 't>, key: &str, place: &Evaluated<'t>) -> bool {
    let problem = if key.is_empty() {
        "a tag's key is empty".to_owned()
    } else if key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:")) {
        format!("the tag `{key}` begins with `aws:`, which only AWS sets")
    } else {
        return true;
    };
    walk.tell(&RULE, place, || problem);
    false
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::testing::{found, resource};

    fn messages(tags: &Json) -> Vec<String> {
        let properties = json!({"CidrBlock": "10.0.0.0/16", "Tags": tags});
        found("S024", resource("AWS::EC2::VPC", properties)).into_iter().map(|one| one.message).collect()
    }

    #[test]
    fn keys_that_cant_be_set_are_found() {
        let tag = |key: &str| json!({"Key": key, "Value": "x"});
        assert_eq!(messages(&json!([tag("Name"), tag("a"), tag("Name")])), ["two tags have the key `Name`"]);
        assert_eq!(messages(&json!([tag("")])), ["a tag's key is empty"]);
        let reserved = ["the tag `aws:x` begins with `aws:`, which only AWS sets"];
        assert_eq!(messages(&json!([tag("aws:x"), tag("awsome")])), reserved);
        let many: Vec<_> = (0..51).map(|number| tag(&number.to_string())).collect();
        assert_eq!(messages(&json!(many)), ["51 tags, where 50 are allowed"]);
        assert_eq!(messages(&json!(many[..50])), [""; 0]);
        let unknown = json!({"Key": {"Ref": "AWS::StackName"}, "Value": "x"});
        assert_eq!(messages(&json!([unknown, unknown])), [""; 0]);
    }
}
