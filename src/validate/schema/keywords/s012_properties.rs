//! S012: objects have the right number of members, and their names fit. Keywords `minProperties`, `maxProperties`,
//! `propertyNames`.

use crate::cfn::evaluate::{Data, Evaluated};
use crate::diagnostic::{Code, Severity};
use crate::validate::rule::Rule;
use crate::validate::schema::compact::Schema;
use crate::validate::schema::verdict::Verdict;
use crate::validate::schema::walk::Walk;

pub(super) static RULE: Rule = Rule {
    code: Code("S012"),
    severity: Severity::Error,
    title: "objects have the right number of members",
    what: "The number of an object's members is between the schema's bounds, and their names are of the right form.",
    why: "CloudFormation refuses the resource: \"minimum size: …, found: …\".",
    source: "CloudFormation registry schemas, `minProperties`, `maxProperties` and `propertyNames`",
    same_as: &["cfn-lint E3002"],
};

pub(super) fn least<'t>(walk: &mut Walk<'_, 't>, least: Schema, _: Schema, value: &Evaluated<'t>) -> Verdict {
    let (Data::Object(members), Some(least)) = (&value.data, least.as_u64()) else { return Verdict::Valid };
    let count = members.len() as u64;
    walk.expect(count >= least, &RULE, value, || format!("{count} members, at least {least} are needed"))
}

pub(super) fn most<'t>(walk: &mut Walk<'_, 't>, most: Schema, _: Schema, value: &Evaluated<'t>) -> Verdict {
    let (Data::Object(members), Some(most)) = (&value.data, most.as_u64()) else { return Verdict::Valid };
    let count = members.len() as u64;
    walk.expect(count <= most, &RULE, value, || format!("{count} members, at most {most} are allowed"))
}

pub(super) fn names<'t>(
    walk: &mut Walk<'_, 't>,
    schema: Schema,
    _: Schema,
    value: &Evaluated<'t>,
) -> Verdict {
    let Data::Object(members) = &value.data else { return Verdict::Valid };
    let mut verdict = Verdict::Valid;
    for (name, member) in members.iter() {
        let text = Evaluated { data: Data::Text((*name).into()), source: member.source };
        if walk.quietly(schema, &text) == Verdict::Invalid {
            walk.tell(&RULE, member, || format!("`{name}` can't be a name here"));
            verdict = Verdict::Invalid;
        }
    }
    verdict
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::schema::testing::check;

    #[test]
    fn too_few_and_too_many_are_found() {
        let schema =
            json!({"minProperties": 1, "maxProperties": 2, "propertyNames": {"pattern": "^[a-z]+$"}});
        assert_eq!(check(&schema, &json!({})), ["S012 0 members, at least 1 are needed"]);
        assert_eq!(
            check(&schema, &json!({"a": 1, "b": 2, "c": 3})),
            ["S012 3 members, at most 2 are allowed"]
        );
        assert_eq!(check(&schema, &json!({"A": 1})), ["S012 `A` can't be a name here"]);
        assert_eq!(check(&schema, &json!({"a": 1})), [""; 0]);
    }
}
