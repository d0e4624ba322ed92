//! W173: event patterns are ones.

use crate::cfn::evaluate::{Data, Evaluated};
use crate::diagnostic::{Code, Diagnostic, Severity, nearest};
use crate::validate::Rule;

use super::model::{Item, View};

pub(super) static RULE: Rule = Rule {
    code: Code("W173"),
    severity: Severity::Error,
    title: "an event pattern has lists of values and known operators",
    what: "An `EventPattern` isn't empty, unless there is a `ScheduleExpression`; each key leads to an object that isn't empty or to a list with at least one value; an object in a list names one operator of EventBridge and a value that it takes: a text for `prefix`, `suffix`, `wildcard`, `cidr` and `equals-ignore-case` (for the first two also an object with `equals-ignore-case`), one or two comparisons with numbers for `numeric`; `$or` with a list of patterns stands alone and has at least two. What the text of a `cidr` or a `wildcard` says isn't looked at.",
    why: "EventBridge refuses the rule: \"Event pattern is not valid. Reason: … must be an object or an array\", \"Unrecognized match type …\", \"Empty arrays are not allowed\".",
    source: "Amazon EventBridge User Guide, \"Comparison operators for use in event patterns\"",
    same_as: &[
        "cdk-preflight pf-events-pattern-empty",
        "cdk-preflight pf-events-pattern-empty-array",
        "cdk-preflight pf-events-pattern-operator",
        "cdk-preflight pf-events-pattern-or-exclusive",
        "cdk-preflight pf-events-pattern-scalar-value",
    ],
};

const OPERATORS: [&str; 8] =
    ["prefix", "suffix", "anything-but", "numeric", "exists", "cidr", "wildcard", "equals-ignore-case"];
/// What may stand in the object of `anything-but`.
const BUT: [&str; 5] = ["prefix", "suffix", "wildcard", "equals-ignore-case", "cidr"];
const COMPARISONS: [&str; 5] = ["<", "<=", "=", ">=", ">"];

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for rule in view.of("AWS::Events::Rule") {
        let Some(pattern) = rule.get("EventPattern") else { continue };
        if matches!(&pattern.data, Data::Object(members) if members.is_empty()) {
            if rule.get("ScheduleExpression").is_none() {
                let message = "the pattern is empty, which counts as none: EventBridge refuses the rule";
                findings.push(
                    rule.finding_at(&RULE, pattern, message).help("name what to match, such as `source`"),
                );
            }
        } else {
            look(rule, pattern, findings);
        }
    }
}

fn refuse<'t>(
    rule: &Item<'t>,
    value: &Evaluated<'t>,
    message: &str,
    help: &str,
    findings: &mut Vec<Diagnostic>,
) {
    findings
        .push(rule.finding_at(&RULE, value, format!("{message}: EventBridge refuses the rule")).help(help));
}

fn look<'t>(rule: &Item<'t>, pattern: &Evaluated<'t>, findings: &mut Vec<Diagnostic>) {
    let Data::Object(members) = &pattern.data else { return };
    if members.is_empty() {
        refuse(rule, pattern, "the object is empty", "name what to match, or leave the key out", findings);
    }
    for (key, value) in members.iter() {
        match &value.data {
            Data::List(items) if *key == "$or" => {
                if items.len() < 2 && items.iter().all(|item| matches!(item.data, Data::Object(_))) {
                    let help = "write another pattern, or the only one without `$or`";
                    refuse(rule, value, "`$or` has fewer than two patterns", help, findings);
                }
                if members.len() > 1 {
                    let help = "write the other keys into each pattern of `$or`";
                    refuse(rule, value, "`$or` stands beside other keys", help, findings);
                }
                for item in items.iter() {
                    look(rule, item, findings);
                }
            }
            Data::List(items) => {
                if items.is_empty() {
                    let message = format!("the list of `{key}` is empty");
                    refuse(rule, value, &message, "name at least one value", findings);
                }
                for item in items.iter() {
                    matcher(rule, item, findings);
                }
            }
            Data::Object(_) => look(rule, value, findings),
            Data::Unknown(_) => {}
            _ => {
                let message = format!("the value of `{key}` is neither a list nor an object");
                refuse(rule, value, &message, "write it as a list", findings);
            }
        }
    }
}

/// An item of a list: a value, or an object with an operator.
fn matcher<'t>(rule: &Item<'t>, item: &Evaluated<'t>, findings: &mut Vec<Diagnostic>) {
    let members = match &item.data {
        Data::Object(members) => members,
        Data::List(_) => {
            refuse(rule, item, "there is a list in a list", "write its values into the outer list", findings);
            return;
        }
        _ => return,
    };
    if members.len() != 1 {
        let message = if members.is_empty() {
            "the object names no operator"
        } else {
            "an object names several operators"
        };
        refuse(rule, item, message, "write an object with one operator", findings);
    }
    for (operator, value) in members.iter() {
        if !OPERATORS.contains(operator) {
            let help = nearest(operator, OPERATORS).map_or_else(
                || format!("write one of {}", OPERATORS.join(", ")),
                |name| format!("did you mean `{name}`?"),
            );
            refuse(rule, value, &format!("there is no operator `{operator}`"), &help, findings);
            continue;
        }
        let fits = match (*operator, &value.data) {
            (_, Data::Unknown(_)) => true,
            ("numeric", Data::List(items)) => {
                let is_number = |item: &Evaluated<'_>| match &item.data {
                    Data::Unknown(_) | Data::Number(_) => true,
                    // A parameter gives a text.
                    Data::Text(text) => text.parse::<f64>().is_ok(),
                    _ => false,
                };
                matches!(items.len(), 2 | 4)
                    && items.iter().step_by(2).all(|item| {
                        item.unknown().is_some()
                            || item.text().is_some_and(|text| COMPARISONS.contains(&text.as_ref()))
                    })
                    && items.iter().skip(1).step_by(2).all(is_number)
            }
            ("exists", _) => value.boolean().is_some(),
            ("anything-but", Data::Object(inner)) => {
                inner.len() == 1 && inner.iter().all(|(key, _)| BUT.contains(key))
            }
            ("prefix" | "suffix", Data::Object(inner)) => {
                matches!(&inner[..], [("equals-ignore-case", inner)] if matches!(inner.data, Data::Text(_) | Data::Unknown(_)))
            }
            ("anything-but", Data::List(items)) => !items.is_empty(),
            ("prefix" | "suffix" | "cidr" | "wildcard" | "equals-ignore-case", data) => {
                matches!(data, Data::Text(_))
            }
            ("numeric", _) => false,
            _ => true,
        };
        if !fits {
            let message = format!("`{operator}` doesn't take this value");
            refuse(rule, value, &message, "write it as the reference of event patterns has it", findings);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::testing::{found, resource};

    fn messages(pattern: &Json) -> Vec<String> {
        let found = found("W173", resource("AWS::Events::Rule", json!({"EventPattern": pattern})));
        found.into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn good_patterns_are_good() {
        for pattern in [
            json!({"source": ["aws.ecs"], "detail": {"clusterArn": [{"Fn::ImportValue": "x"}], "group": [{"prefix": "a"}]}}),
            json!({"detail": {"n": [{"numeric": [">", 0, "<=", 5]}], "e": [{"exists": false}], "b": [{"anything-but": ["x"]}]}}),
            json!({"$or": [{"source": ["a"]}, {"detail": {"x": [1]}}]}),
            json!({"detail": {"x": [{"anything-but": {"prefix": "a"}}]}}),
            json!({"detail": {"x": [{"prefix": {"equals-ignore-case": "a"}}, {"cidr": "10.0.0.0/8"}, null, true]}}),
            json!({"detail": {"n": [{"numeric": ["=", {"Fn::ImportValue": "x"}]}]}}),
        ] {
            assert_eq!(messages(&pattern), [""; 0], "{pattern}");
        }
    }

    #[test]
    fn bad_ones_are_found() {
        for pattern in [
            json!({}),
            json!({"source": "aws.ecs"}),
            json!({"source": []}),
            json!({"source": [{"prefx": "a"}]}),
            json!({"detail": {"n": [{"numeric": ["!=", 0]}]}}),
            json!({"detail": {"n": [{"exists": "maybe"}]}}),
            json!({"detail": {"n": [{"anything-but": {"exists": true}}]}}),
            json!({"$or": [{"source": ["a"]}, {"source": ["c"]}], "source": ["b"]}),
            json!({"$or": []}),
            json!({"$or": [{"source": ["a"]}]}),
            json!({"$or": [{"source": ["a"]}, {}]}),
            json!({"source": ["a"], "detail": {}}),
            json!({"source": [{}]}),
            json!({"source": [["a"]]}),
            json!({"source": [{"prefix": "a", "suffix": "b"}]}),
            json!({"source": [{"prefix": 1}]}),
            json!({"source": [{"prefix": {"suffix": "a"}}]}),
            json!({"source": [{"cidr": {"prefix": "a"}}]}),
            json!({"source": [{"wildcard": true}]}),
            json!({"source": [{"anything-but": {}}]}),
            json!({"detail": {"n": [{"numeric": []}]}}),
            json!({"detail": {"n": [{"numeric": ["<", 1, ">", 2, "=", 3]}]}}),
            json!({"detail": {"n": [{"numeric": ["<", "one"]}]}}),
        ] {
            assert_eq!(messages(&pattern).len(), 1, "{pattern}");
        }
        assert_eq!(
            messages(&json!({"source": "a"})),
            ["the value of `source` is neither a list nor an object: EventBridge refuses the rule"]
        );
    }
}
