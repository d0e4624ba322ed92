//! S010: lists have the right length, and their items fit. Keywords `items`, `prefixItems`, `contains`, `minItems`,
//! `maxItems`.

use crate::cfn::evaluate::{Data, Evaluated};
use crate::diagnostic::{Code, Severity};
use crate::validate::rule::Rule;
use crate::validate::schema::compact::{Schema, keyword};
use crate::validate::schema::verdict::Verdict;
use crate::validate::schema::walk::Walk;

pub(super) static RULE: Rule = Rule {
    code: Code("S010"),
    severity: Severity::Error,
    title: "lists have the right length",
    what: "The number of items is between the schema's bounds, in every combination of conditions.",
    why: "CloudFormation refuses the resource: \"expected minimum item count: …, found: …\".",
    source: "CloudFormation registry schemas, `minItems`, `maxItems` and `contains`",
    same_as: &["cfn-lint E3032", "cfn-lint E3008"],
};

fn list<'v, 't>(value: &'v Evaluated<'t>) -> Result<&'v [Evaluated<'t>], Verdict> {
    match &value.data {
        Data::List(items) => Ok(items),
        Data::Unknown(_) => Err(Verdict::Unknown),
        _ => Err(Verdict::Valid),
    }
}

pub(super) fn items<'t>(
    walk: &mut Walk<'_, 't>,
    items: Schema,
    schema: Schema,
    value: &Evaluated<'t>,
) -> Verdict {
    let found = match list(value) {
        Ok(found) => found,
        Err(verdict) => return verdict,
    };
    // In older drafts a list of schemas is for one item each.
    if items.is_list() {
        return prefix(walk, items, schema, value);
    }
    let named = schema.argument(const { keyword("prefixItems") }).map_or(0, |first| first.items().len());
    found.iter().skip(named).fold(Verdict::Valid, |verdict, item| verdict.and(walk.check_item(items, item)))
}

pub(super) fn prefix<'t>(
    walk: &mut Walk<'_, 't>,
    schemas: Schema,
    _: Schema,
    value: &Evaluated<'t>,
) -> Verdict {
    let found = match list(value) {
        Ok(found) => found,
        Err(verdict) => return verdict,
    };
    let schemas = schemas.items();
    found
        .iter()
        .zip(schemas)
        .fold(Verdict::Valid, |verdict, (item, schema)| verdict.and(walk.check(schema, item)))
}

pub(super) fn contains<'t>(
    walk: &mut Walk<'_, 't>,
    schema: Schema,
    _: Schema,
    value: &Evaluated<'t>,
) -> Verdict {
    let found = match list(value) {
        Ok(found) => found,
        Err(verdict) => return verdict,
    };
    let verdict = found.iter().fold(Verdict::Invalid, |verdict, item| verdict.or(walk.quietly(schema, item)));
    if verdict == Verdict::Invalid {
        walk.tell(&RULE, value, || "no item of the list is of the kind that has to be in it".to_owned());
    }
    verdict
}

pub(super) fn least<'t>(walk: &mut Walk<'_, 't>, least: Schema, _: Schema, value: &Evaluated<'t>) -> Verdict {
    let (Some(least), Ok(found)) = (least.as_u64(), list(value)) else {
        return list(value).err().unwrap_or(Verdict::Valid);
    };
    let length = found.len() as u64;
    // What isn't known may be left out or, from a macro, be several: only what is known counts.
    walk.expect(length >= least, &RULE, value, || format!("{length} items, at least {least} are needed"))
}

pub(super) fn most<'t>(walk: &mut Walk<'_, 't>, most: Schema, _: Schema, value: &Evaluated<'t>) -> Verdict {
    let (Some(most), Ok(found)) = (most.as_u64(), list(value)) else {
        return list(value).err().unwrap_or(Verdict::Valid);
    };
    let length = found.len() as u64;
    walk.expect(length <= most, &RULE, value, || format!("{length} items, at most {most} are allowed"))
}

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "JSON is written on the spot")]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::testing::{found, resource};

    fn messages(subnets: Json) -> Vec<String> {
        let configuration =
            json!({"NetworkConfiguration": {"AwsvpcConfiguration": {"SecurityGroups": subnets}}});
        found("S010", resource("AWS::ECS::Service", configuration))
            .into_iter()
            .map(|finding| finding.message)
            .collect()
    }

    #[test]
    fn lists_that_are_too_long_are_found() {
        let tags: Vec<Json> =
            (0..51).map(|index| json!({"Key": format!("k{index}"), "Value": "v"})).collect();
        let found = found("S010", resource("AWS::ECS::Cluster", json!({"Tags": tags})));
        assert_eq!(found[0].message, "51 items, at most 50 are allowed");
    }

    #[test]
    fn lists_that_are_not_known_are_not() {
        assert_eq!(messages(json!({"Fn::Split": [",", {"Ref": "AWS::StackName"}]})), [""; 0]);
    }
}
