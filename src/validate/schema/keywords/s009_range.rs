//! S009: numbers lie in their range. Keywords `minimum`, `maximum`, their exclusive forms, `multipleOf`.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Severity};
use crate::validate::rule::Rule;
use crate::validate::schema::compact::Schema;
use crate::validate::schema::verdict::Verdict;
use crate::validate::schema::walk::Walk;

pub(super) static RULE: Rule = Rule {
    code: Code("S009"),
    severity: Severity::Error,
    title: "numbers lie in their range",
    what: "A number is between the schema's bounds, and a multiple of what the schema asks for.",
    why: "CloudFormation refuses the resource: \"… is not greater or equal to …\".",
    source: "CloudFormation registry schemas, `minimum`, `maximum` and `multipleOf`",
    same_as: &["cfn-lint E3034"],
};

/// Checks a number against another; texts that are numbers count as such.
fn compare<'t>(
    walk: &mut Walk<'_, 't>,
    bound: Schema,
    value: &Evaluated<'t>,
    fits: impl Fn(f64, f64) -> bool,
    expected: &str,
) -> Verdict {
    if value.unknown().is_some() {
        return Verdict::Unknown;
    }
    let (Some(number), Some(limit)) = (value.number(), bound.as_f64()) else { return Verdict::Valid };
    walk.expect(fits(number, limit), &RULE, value, || format!("{number} is not {expected} {bound}"))
}

pub(super) fn minimum<'t>(
    walk: &mut Walk<'_, 't>,
    bound: Schema,
    _: Schema,
    value: &Evaluated<'t>,
) -> Verdict {
    compare(walk, bound, value, |number, bound| number >= bound, "at least")
}

pub(super) fn maximum<'t>(
    walk: &mut Walk<'_, 't>,
    bound: Schema,
    _: Schema,
    value: &Evaluated<'t>,
) -> Verdict {
    compare(walk, bound, value, |number, bound| number <= bound, "at most")
}

pub(super) fn exclusive_minimum<'t>(
    walk: &mut Walk<'_, 't>,
    bound: Schema,
    _: Schema,
    value: &Evaluated<'t>,
) -> Verdict {
    compare(walk, bound, value, |number, bound| number > bound, "more than")
}

pub(super) fn exclusive_maximum<'t>(
    walk: &mut Walk<'_, 't>,
    bound: Schema,
    _: Schema,
    value: &Evaluated<'t>,
) -> Verdict {
    compare(walk, bound, value, |number, bound| number < bound, "less than")
}

pub(super) fn multiple<'t>(walk: &mut Walk<'_, 't>, of: Schema, _: Schema, value: &Evaluated<'t>) -> Verdict {
    // 0.3 is no multiple of 0.1 in binary: as close as makes no difference is enough.
    let is_multiple = |number: f64, of: f64| {
        let times = number / of;
        (times - times.round()).abs() < 1e-9
    };
    compare(walk, of, value, is_multiple, "a multiple of")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::testing::{found, resource};

    fn messages(alarm: Json) -> Vec<String> {
        found("S009", resource("AWS::ECS::Service", alarm))
            .into_iter()
            .map(|finding| finding.message)
            .collect()
    }

    #[test]
    fn numbers_outside_of_their_range_are_found() {
        let weight = |weight: Json| {
            messages(json!({"CapacityProviderStrategy": [{"CapacityProvider": "FARGATE", "Weight": weight}]}))
        };
        assert_eq!(weight(json!(1001)), ["1001 is not at most 1000"]);
        assert_eq!(weight(json!("-1")), ["-1 is not at least 0"]);
        assert_eq!(weight(json!(1000)), [""; 0]);
        assert_eq!(weight(json!({"Ref": "AWS::Region"})), [""; 0]);
    }

    #[test]
    fn multiples_are_taken_as_decimal() {
        let step = |percent: f64| {
            messages(json!({"DeploymentConfiguration": {"LinearConfiguration": {"StepPercent": percent}}}))
        };
        assert_eq!(step(33.3), [""; 0]);
        assert_eq!(step(33.33), ["33.33 is not a multiple of 0.1"]);
    }
}
