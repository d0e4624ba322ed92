//! S003: properties exist. Keywords `properties`, `patternProperties`, `additionalProperties`.

use crate::cfn::evaluate::{Data, Evaluated};
use crate::diagnostic::{Code, Severity, nearest};
use crate::validate::rule::Rule;
use crate::validate::schema::compact::{Schema, keyword};
use crate::validate::schema::verdict::Verdict;
use crate::validate::schema::walk::Walk;

pub(super) static RULE: Rule = Rule {
    code: Code("S003"),
    severity: Severity::Error,
    title: "properties exist",
    what: "Every key of an object is a property that its schema knows.",
    why: "CloudFormation refuses the resource: \"extraneous key is not permitted\".",
    source: "CloudFormation registry schemas, `properties` and `additionalProperties`",
    same_as: &["cfn-lint E3002"],
};

/// `properties`: each member that is named fits its schema, and the others that of `additionalProperties`, so that each is
/// looked up once.
pub(super) fn named<'t>(
    walk: &mut Walk<'_, 't>,
    properties: Schema,
    schema: Schema,
    value: &Evaluated<'t>,
) -> Verdict {
    let Data::Object(members) = &value.data else {
        return if value.unknown().is_some() { Verdict::Unknown } else { Verdict::Valid };
    };
    let additional = schema.argument(const { keyword("additionalProperties") });
    members.iter().fold(Verdict::Valid, |verdict, (name, member)| {
        verdict.and(match (properties.get(name), additional) {
            (Some(own), _) if own.as_bool() == Some(false) => {
                walk.tell(&RULE, member, || format!("`{name}` isn't possible here"));
                Verdict::Invalid
            }
            (Some(own), _) => walk.check(own, member),
            (None, Some(additional)) => other(walk, additional, schema, name, member),
            (None, None) => Verdict::Valid,
        })
    })
}

/// `patternProperties`: each member whose name has the pattern fits its schema.
pub(super) fn by_pattern<'t>(
    walk: &mut Walk<'_, 't>,
    patterns: Schema,
    _: Schema,
    value: &Evaluated<'t>,
) -> Verdict {
    let Data::Object(members) = &value.data else { return Verdict::Valid };
    let mut verdict = Verdict::Valid;
    for (pattern, schema) in patterns.members() {
        let pattern = walk.registry.pattern(pattern);
        for (name, member) in members.iter() {
            if pattern.is_match(name) == Some(true) {
                verdict = verdict.and(walk.check(schema, member));
            }
        }
    }
    verdict
}

/// `additionalProperties`: what the other two don't name. Beside `properties` it is looked at with that.
pub(super) fn check<'t>(
    walk: &mut Walk<'_, 't>,
    additional: Schema,
    schema: Schema,
    value: &Evaluated<'t>,
) -> Verdict {
    let Data::Object(members) = &value.data else { return Verdict::Valid };
    if schema.argument(const { keyword("properties") }).is_some() {
        return Verdict::Valid;
    }
    members.iter().fold(Verdict::Valid, |verdict, (name, member)| {
        verdict.and(other(walk, additional, schema, name, member))
    })
}

/// A member that `properties` doesn't name.
fn other<'t>(
    walk: &mut Walk<'_, 't>,
    additional: Schema,
    schema: Schema,
    name: &str,
    member: &Evaluated<'t>,
) -> Verdict {
    // A pattern that can't be decided is no ground to refuse a name.
    let is_named = schema
        .argument(const { keyword("patternProperties") })
        .into_iter()
        .flat_map(Schema::members)
        .any(|(pattern, _)| walk.registry.pattern(pattern).is_match(name) != Some(false));
    if is_named {
        Verdict::Valid
    } else if additional.as_bool() == Some(false) {
        walk.tell_with(&RULE, member, || unknown(name), || help(schema, name));
        Verdict::Invalid
    } else {
        walk.check(additional, member)
    }
}

fn unknown(name: &str) -> String {
    format!("there is no property `{name}` here")
}

fn help(schema: Schema, name: &str) -> Option<String> {
    let names: Vec<&str> = allowed_properties(schema).collect();
    if let Some(near) = nearest(name, names.iter().copied()) {
        return Some(format!("did you mean `{near}`?"));
    }
    let shown: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    (1..=12).contains(&names.len()).then(|| format!("possible are {}", shown.join(", ")))
}

/// The names of the properties that a schema knows.
pub(in crate::validate::schema) fn allowed_properties(schema: Schema) -> impl Iterator<Item = &'static str> {
    schema.object("properties").map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::testing::{found, resource};

    #[test]
    fn a_misspelt_property_is_found_with_the_nearest_name() {
        let found = found("S003", resource("AWS::S3::Bucket", json!({"BucketNam": "x"})));
        assert_eq!(found[0].message, "there is no property `BucketNam` here");
        assert_eq!(found[0].help.as_deref(), Some("did you mean `BucketName`?"));
        assert_eq!(found[0].pointer.as_deref(), Some("/Resources/It/Properties/BucketNam"));
        assert_eq!(found[0].logical_id.as_deref(), Some("It"));
    }

    #[test]
    fn nested_properties_and_lists_are_looked_into() {
        let template = resource(
            "AWS::S3::Bucket",
            json!({"Tags": [{"Key": "a", "Value": "b"}, {"Key": "a", "Vale": "b"}]}),
        );
        assert_eq!(
            found("S003", template)[0].pointer.as_deref(),
            Some("/Resources/It/Properties/Tags/1/Vale")
        );
    }

    #[test]
    fn known_properties_are_not() {
        assert_eq!(found("S003", resource("AWS::S3::Bucket", json!({"BucketName": "x"}))), []);
    }
}
