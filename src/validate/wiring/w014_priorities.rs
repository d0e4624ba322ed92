//! W014: priorities of a listener's rules are unique.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::forward::balancer;
use super::model::{Answer, Item, View, same};

pub(super) static RULE: Rule = Rule {
    code: Code("W014"),
    severity: Severity::Error,
    title: "rules of a listener have different priorities and at most five values",
    what: "No two rules of a listener have the same `Priority`, and a rule compares at most five values in all its conditions. A load balancer of the template has at most 100 rules, which is a warning: the quota can be raised.",
    why: "Elastic Load Balancing refuses the second rule: \"Priority … is currently in use\", the rule: \"A rule can only have '5' condition values\", or the hundred and first: \"TooManyRules\".",
    source: "Elastic Load Balancing User Guide, \"Listener rules\" and \"Quotas for your Application Load Balancers\"",
    same_as: &[],
};

/// How many values one rule compares at most.
const MOST_VALUES: usize = 5;

/// How many rules a load balancer has at most in a fresh account, without the default actions.
const MOST_RULES: usize = 100;

/// The values that a condition compares.
pub(super) fn values<'v, 't>(condition: &'v Evaluated<'t>) -> impl Iterator<Item = &'v Evaluated<'t>> {
    const CONFIGS: [&str; 5] = [
        "PathPatternConfig",
        "HostHeaderConfig",
        "HttpHeaderConfig",
        "HttpRequestMethodConfig",
        "SourceIpConfig",
    ];
    let own = condition.get("Values").map_or(&[][..], Evaluated::items);
    let query = condition.at(&["QueryStringConfig", "Values"]).map_or(&[][..], Evaluated::items);
    let configs =
        CONFIGS.iter().flat_map(|config| condition.at(&[config, "Values"]).map_or(&[][..], Evaluated::items));
    own.iter().chain(query).chain(configs)
}

fn too_many<'t>(view: &View<'_, 't>, rules: &[&Item<'t>], findings: &mut Vec<Diagnostic>) {
    for one in view.of("AWS::ElasticLoadBalancingV2::LoadBalancer") {
        let count =
            rules.iter().filter(|rule| balancer(view, rule).is_some_and(|other| other.id == one.id)).count();
        if count > MOST_RULES {
            let message = format!(
                "its listeners have {count} rules, and a load balancer of a fresh account has at most {MOST_RULES}"
            );
            let mut finding = one
                .finding(&RULE, message)
                .help("take several paths into one rule, or ask for more rules per load balancer first");
            finding.severity = Severity::Warning;
            findings.push(finding);
        }
    }
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    let rules: Vec<&Item<'_>> = view.of("AWS::ElasticLoadBalancingV2::ListenerRule").collect();
    if rules.len() > MOST_RULES {
        too_many(view, &rules, findings);
    }
    for (number, rule) in rules.iter().enumerate() {
        let count: usize = rule.items("Conditions").iter().map(|condition| values(condition).count()).sum();
        if count > MOST_VALUES {
            let message =
                format!("the rule compares {count} values, allowed are {MOST_VALUES}: it is refused");
            findings
                .push(rule.finding_of(&RULE, "Conditions", message).help("spread them over several rules"));
        }
        let (Some(listener), Some(priority)) = (rule.get("ListenerArn"), rule.get("Priority")) else {
            continue;
        };
        let equal = rules[..number].iter().find(|other| {
            let listens = other.get("ListenerArn").map(|value| same(value, listener));
            let ranks = other.get("Priority").map(|value| same(value, priority));
            (listens, ranks) == (Some(Answer::Yes), Some(Answer::Yes))
        });
        if let Some(other) = equal {
            let message = format!(
                "`{}` has the priority {} on the same listener: the second is refused",
                other.id,
                super::model::shown(priority)
            );
            findings.push(
                rule.finding_at(&RULE, priority, message)
                    .help("give each rule of a listener its own priority"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::wiring::testing::{borrowed, none, only};

    #[test]
    fn equal_priorities_and_too_many_values_are_found() {
        let (message, pointer) = only("W014", &[("/ApiRule2/Properties/Priority", json!("1"))]);
        assert!(message.starts_with("`ApiRule1` has the priority 1"), "{message}");
        assert_eq!(pointer, "/Resources/ApiRule2/Properties/Priority");
        let many = json!([{"Field": "path-pattern", "Values": ["/a", "/b", "/c"]}, {"Field": "host-header", "HostHeaderConfig": {"Values": ["a", "b", "c"]}}]);
        only("W014", &[("/ApiRule2/Properties/Conditions", many)]);
    }

    #[test]
    fn more_rules_than_a_fresh_account_has_are_found() {
        let rule = |number: i64| json!({"Type": "AWS::ElasticLoadBalancingV2::ListenerRule", "Properties": {"ListenerArn": {"Ref": "Listener"}, "Priority": number, "Conditions": [{"Field": "host-header", "HostHeaderConfig": {"Values": [format!("h{number}.example.com")]}}], "Actions": [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]}});
        // With the two that are there.
        let all: Vec<_> = (10..109).map(|number| (format!("/Rule{number}"), rule(number))).collect();
        let (message, pointer) = only("W014", &borrowed(&all));
        assert!(message.starts_with("its listeners have 101 rules"), "{message}");
        assert_eq!(pointer, "/Resources/Balancer");
        none(&borrowed(&all[1..]));
    }

    #[test]
    fn another_listener_has_its_own() {
        none(&[
            ("/ApiRule2/Properties/Priority", json!(1)),
            ("/ApiRule2/Properties/ListenerArn", json!({"Fn::ImportValue": "Listener"})),
        ]);
    }
}
