//! S013: one of several properties is there. Keywords `requiredXor`, `requiredOr`.

use crate::cfn::evaluate::{Data, Evaluated};
use crate::diagnostic::{Code, Severity};
use crate::validate::rule::Rule;
use crate::validate::schema::compact::Schema;
use crate::validate::schema::verdict::Verdict;
use crate::validate::schema::walk::Walk;

use super::choices;

pub(super) static RULE: Rule = Rule {
    code: Code("S013"),
    severity: Severity::Error,
    title: "one of several properties is there",
    what: "Of properties that stand for each other exactly one is given, or at least one.",
    why: "The service refuses the request: it can't know which is meant.",
    source: "cfn-lint's schemas, `requiredXor` and `requiredOr`",
    same_as: &["cfn-lint E3014", "cfn-lint E3058"],
};

fn given(names: Schema, value: &Evaluated<'_>) -> Option<(Vec<&'static str>, Vec<&'static str>)> {
    let Data::Object(members) = &value.data else { return None };
    let names: Vec<&str> = names.texts().collect();
    let given =
        names.iter().copied().filter(|name| members.iter().any(|(member, _)| member == name)).collect();
    Some((names, given))
}

pub(super) fn exactly_one<'t>(
    walk: &mut Walk<'_, 't>,
    names: Schema,
    _: Schema,
    value: &Evaluated<'t>,
) -> Verdict {
    let Some((names, given)) = given(names, value) else { return Verdict::Valid };
    walk.expect(given.len() == 1, &RULE, value, || {
        if given.is_empty() {
            format!("exactly one of {} is needed", choices(names))
        } else {
            format!("only one of {} is possible", choices(given))
        }
    })
}

pub(super) fn at_least_one<'t>(
    walk: &mut Walk<'_, 't>,
    names: Schema,
    _: Schema,
    value: &Evaluated<'t>,
) -> Verdict {
    let Some((names, given)) = given(names, value) else { return Verdict::Valid };
    walk.expect(!given.is_empty(), &RULE, value, || format!("at least one of {} is needed", choices(names)))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::testing::{found, resource};

    fn messages(type_name: &str, properties: Json) -> Vec<String> {
        found("S013", resource(type_name, properties)).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn none_and_two_are_found() {
        let balancer = |properties| messages("AWS::ElasticLoadBalancingV2::LoadBalancer", properties);
        assert_eq!(balancer(json!({})), ["exactly one of `Subnets` or `SubnetMappings` is needed"]);
        assert_eq!(
            balancer(json!({"Subnets": ["a"], "SubnetMappings": []})),
            ["only one of `Subnets` or `SubnetMappings` is possible"]
        );
        assert_eq!(balancer(json!({"Subnets": ["a"]})), [""; 0]);
        assert_eq!(
            messages("AWS::Events::Rule", json!({})),
            ["at least one of `EventPattern` or `ScheduleExpression` is needed"]
        );
    }
}
