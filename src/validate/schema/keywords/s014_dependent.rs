//! S014: properties that need or exclude others. Keywords `dependentRequired`, `dependentExcluded`, `dependentSchemas`,
//! `dependencies`.

use crate::cfn::evaluate::{Data, Evaluated};
use crate::diagnostic::{Code, Severity};
use crate::validate::rule::Rule;
use crate::validate::schema::compact::Schema;
use crate::validate::schema::verdict::Verdict;
use crate::validate::schema::walk::Walk;

pub(super) static RULE: Rule = Rule {
    code: Code("S014"),
    severity: Severity::Error,
    title: "properties that need or exclude others",
    what: "A property that needs another has it, and one that excludes another doesn't.",
    why: "The service refuses the request.",
    source: "CloudFormation registry schemas, `dependentRequired`; cfn-lint's `dependentExcluded`",
    same_as: &["cfn-lint E3020", "cfn-lint E3021"],
};

/// The keyword's entries whose property is given, with the member.
fn given<'v, 't>(
    entries: Schema,
    value: &'v Evaluated<'t>,
) -> impl Iterator<Item = (&'static str, Schema, &'v Evaluated<'t>)> {
    entries.members().filter_map(move |(name, argument)| Some((name, argument, value.get(name)?)))
}

pub(super) fn required<'t>(
    walk: &mut Walk<'_, 't>,
    entries: Schema,
    _: Schema,
    value: &Evaluated<'t>,
) -> Verdict {
    let mut verdict = Verdict::Valid;
    for (name, needed, member) in given(entries, value) {
        for other in needed.texts().filter(|other| value.get(other).is_none()) {
            walk.tell(&RULE, member, || format!("`{name}` needs `{other}`"));
            verdict = Verdict::Invalid;
        }
    }
    verdict
}

pub(super) fn excluded<'t>(
    walk: &mut Walk<'_, 't>,
    entries: Schema,
    _: Schema,
    value: &Evaluated<'t>,
) -> Verdict {
    let mut verdict = Verdict::Valid;
    for (name, unwanted, _) in given(entries, value) {
        for other in unwanted.texts() {
            let Some(member) = value.get(other) else { continue };
            verdict = Verdict::Invalid;
            // Where each excludes the other, once is enough.
            let mutual = entries.get(other).is_some_and(|back| back.texts().any(|back| back == name));
            if !mutual || name < other {
                walk.tell(&RULE, member, || format!("`{other}` isn't possible together with `{name}`"));
            }
        }
    }
    verdict
}

pub(super) fn schemas<'t>(
    walk: &mut Walk<'_, 't>,
    entries: Schema,
    _: Schema,
    value: &Evaluated<'t>,
) -> Verdict {
    let mut verdict = Verdict::Valid;
    for (_, schema, _) in given(entries, value) {
        verdict = verdict.and(walk.check(schema, value));
    }
    verdict
}

/// The older form: a list of names or a schema.
pub(super) fn dependencies<'t>(
    walk: &mut Walk<'_, 't>,
    entries: Schema,
    map: Schema,
    value: &Evaluated<'t>,
) -> Verdict {
    if matches!(value.data, Data::Unknown(_)) {
        return Verdict::Unknown;
    }
    let lists = required(walk, entries, map, value);
    let mut verdict = lists;
    for (_, schema, _) in given(entries, value).filter(|(_, schema, _)| schema.is_object()) {
        verdict = verdict.and(walk.check(schema, value));
    }
    verdict
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::schema::testing::check;
    use crate::validate::testing::{found, resource};

    #[test]
    fn what_is_needed_and_what_is_excluded_is_found() {
        let service =
            json!({"HealthCheckConfig": {"Type": "TCP"}, "HealthCheckCustomConfig": {"FailureThreshold": 1}});
        let found = found("S014", resource("AWS::ServiceDiscovery::Service", service));
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "`HealthCheckCustomConfig` isn't possible together with `HealthCheckConfig`"
        );
        let schema = json!({"dependentRequired": {"a": ["b"]}});
        assert_eq!(check(&schema, &json!({"a": 1})), ["S014 `a` needs `b`"]);
        assert_eq!(check(&schema, &json!({"a": 1, "b": 2})), [""; 0]);
        assert_eq!(check(&schema, &json!({"b": 2})), [""; 0]);
    }

    #[test]
    fn the_older_form_is_read_too() {
        let schema = json!({"dependencies": {"a": ["b"], "c": {"required": ["d"]}}});
        assert_eq!(check(&schema, &json!({"a": 1})), ["S014 `a` needs `b`"]);
        assert_eq!(check(&schema, &json!({"c": 1})), ["S004 `d` is required"]);
    }
}
