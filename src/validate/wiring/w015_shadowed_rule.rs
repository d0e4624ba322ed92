//! W015: each rule of a listener can be reached.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::model::{Answer, Item, View, covers, same};
use super::w001_target_group_in_use::forwarded;
use super::w014_priorities::values;

pub(super) static RULE: Rule = Rule {
    code: Code("W015"),
    severity: Severity::Warning,
    title: "no earlier rule takes all requests of a later one",
    what: "No path pattern of a rule is covered by a pattern of a rule with a smaller priority on the same listener that goes elsewhere and has no other condition.",
    why: "The requests of the later rule go to the wrong target.",
    source: "Elastic Load Balancing User Guide, \"Condition types for listener rules\", \"Path conditions\"",
    same_as: &[],
};

/// The path patterns of a rule that has conditions on paths only; `None` if it has others, or if not all is known.
pub(super) fn paths(rule: &Item<'_>) -> Option<Vec<String>> {
    let [condition] = rule.items("Conditions") else { return None };
    if condition.get("Field")?.text()? != "path-pattern" {
        return None;
    }
    values(condition).map(|value| value.text().map(std::borrow::Cow::into_owned)).collect()
}

/// The path patterns among a rule's conditions, whatever else it has.
fn all_paths<'v, 't>(rule: &'v Item<'t>) -> impl Iterator<Item = &'v Evaluated<'t>> {
    let conditions = rule.items("Conditions").iter();
    conditions
        .filter(|condition| {
            condition.get("Field").and_then(Evaluated::text).as_deref() == Some("path-pattern")
        })
        .flat_map(values)
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    let mut rules: Vec<(i64, &Item<'_>)> = view
        .of("AWS::ElasticLoadBalancingV2::ListenerRule")
        .filter_map(|rule| Some((rule.integer("Priority")?, rule)))
        .collect();
    rules.sort_by_key(|(priority, rule)| (*priority, rule.index));
    for (number, (_, later)) in rules.iter().enumerate() {
        for value in all_paths(later) {
            let Some(narrow) = value.text() else { continue };
            let shadow = rules[..number].iter().find_map(|(_, earlier)| {
                let listens = (earlier.get("ListenerArn")?, later.get("ListenerArn")?);
                if same(listens.0, listens.1) != Answer::Yes || forwarded(earlier) == forwarded(later) {
                    return None;
                }
                let wide =
                    paths(earlier)?.into_iter().find(|wide| covers(wide.as_bytes(), narrow.as_bytes()))?;
                Some((earlier.id, wide))
            });
            if let Some((earlier, wide)) = shadow {
                let message = format!(
                    "`{earlier}` comes before and takes `{narrow}` with its `{wide}`: these requests go to the wrong target"
                );
                findings.push(
                    later
                        .finding_at(&RULE, value, message)
                        .help("give the narrower pattern the smaller priority"),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::covers;
    use crate::validate::wiring::testing::{none, only};

    #[test]
    fn a_shadowed_path_is_found() {
        let web = json!({"Type": "AWS::ElasticLoadBalancingV2::ListenerRule", "Properties": {"ListenerArn": {"Ref": "Listener"}, "Priority": 3, "Conditions": [{"Field": "path-pattern", "Values": ["/api/x"]}], "Actions": [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]}});
        let (message, pointer) = only("W015", &[("/Late", web.clone())]);
        assert!(message.starts_with("`ApiRule2` comes before and takes `/api/x`"), "{message}");
        assert_eq!(pointer, "/Resources/Late/Properties/Conditions/0/Values/0");
        none(&[("/Late", web), ("/ApiRule2/Properties/Priority", json!(4))]);
    }

    #[test]
    fn patterns_cover_what_they_match() {
        for (wide, narrow, expected) in [
            ("*", "/a/*", true),
            ("/a/*", "/a/b*", true),
            ("/a/*", "/a", false),
            ("/a*", "/a", true),
            ("/a?", "/ab", true),
            ("/a?", "/a*", false),
            ("/ab", "/a?", false),
            ("/*/c", "/a/b/c", true),
        ] {
            assert_eq!(covers(wide.as_bytes(), narrow.as_bytes()), expected, "{wide} {narrow}");
        }
    }
}
