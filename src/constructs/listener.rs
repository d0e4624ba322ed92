//! Where a load balancer's requests arrive and which target group gets them.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::cfn::{ConditionHandle, Handle, Intrinsic, LogicalId, Value};
use crate::resources::elastic_load_balancing_v2::listener::{
    Action, Certificate, FixedResponseConfig, Protocol, RedirectConfig, StatusCode, Type,
};
use crate::resources::elastic_load_balancing_v2::listener_rule::{
    self, ActionType, PathPatternConfig, RuleCondition,
};
use crate::resources::elastic_load_balancing_v2::{CfnListener, CfnListenerRule};

use super::{ApplicationLoadBalancer, Scope, TargetGroup};

/// Most values, wildcards and match evaluations in one rule. Source: "Quotas for your Application Load Balancers".
const VALUES_IN_A_RULE: usize = 5;
/// The last priority that a rule can have. Source: "Listener rules for your Application Load Balancer".
const LAST_PRIORITY: u32 = 50_000;
/// Longest path pattern. Source: "Condition types for listener rules", "Path conditions".
const PATTERN_LENGTH: usize = 128;
/// The characters of a path pattern beside ASCII letters and digits; same source.
const PATTERN_MARKS: &str = "_-.$/~\"'@:+&*?";

/// Encryption of what clients send.
#[derive(Debug, Clone, PartialEq)]
pub struct Tls {
    /// The certificate.
    pub certificate_arn: Value<String>,
    /// TLS versions and ciphers, by the name of a policy. Source: "Security policies for your Application Load Balancer".
    pub ssl_policy: String,
    /// Whether there is a certificate, where that is known only when the stack is created; always, if absent.
    pub only_if: Option<ConditionHandle>,
}

impl Tls {
    /// TLS 1.2 and 1.3 with this certificate.
    pub fn new(certificate_arn: impl Into<Value<String>>) -> Self {
        Self {
            certificate_arn: certificate_arn.into(),
            ssl_policy: "ELBSecurityPolicy-TLS13-1-2-2021-06".to_owned(),
            only_if: None,
        }
    }
}

/// The ports 80 and 443 of a load balancer, and the rules that say which target group gets a request.
///
/// | | port 80 | port 443 |
/// |---|---|---|
/// | no [`Tls`] | forwards | isn't there |
/// | [`Tls`] | redirects to 443 (301) | forwards |
/// | [`Tls`] under a condition | forwards, or redirects where the condition holds | forwards, exists where the condition holds |
///
/// Under a condition, rules belong to the listener that forwards. They are replaced when the condition changes, and no
/// listener ever changes its port: one that did would collide with the other's port on the way back, and a rollback would
/// get stuck.
#[derive(Debug, Clone, PartialEq)]
pub struct Listener {
    http: Handle<CfnListener>,
    https: Option<Handle<CfnListener>>,
    arn: Value<String>,
    routes: BTreeMap<LogicalId, Vec<LogicalId>>,
    priorities: BTreeSet<u32>,
}

impl Listener {
    /// The listeners of a load balancer; requests that no rule takes go to `default`, or without one are answered with
    /// 404.
    pub fn new<'d>(
        scope: &mut Scope<'_>,
        load_balancer: &ApplicationLoadBalancer,
        default: impl Into<Option<&'d TargetGroup>>,
        tls: Option<&Tls>,
    ) -> Self {
        let default = default.into();
        let listener = |port: u16, protocol: Protocol, action: Value<Action>| {
            CfnListener::new(Value::Literal(vec![action]), load_balancer.arn(), port, protocol)
        };
        let answer = || default.map_or_else(not_found, forward);
        let http_action = match tls {
            None => answer().into(),
            Some(Tls { only_if: None, .. }) => redirect().into(),
            Some(Tls { only_if: Some(condition), .. }) => Intrinsic::if_else(condition, redirect(), answer()),
        };
        let http = scope.add("Http", listener(80, Protocol::Http, http_action));
        let https = tls.map(|tls| {
            let mut listener = listener(443, Protocol::Https, answer().into());
            listener.certificates =
                Some([Certificate { certificate_arn: Some(tls.certificate_arn.clone()) }].into());
            listener.ssl_policy = Some(tls.ssl_policy.as_str().into());
            let handle = scope.add("Https", listener);
            if let Some(condition) = &tls.only_if {
                scope.only_if(&handle, condition);
            }
            handle
        });
        let condition = tls.and_then(|tls| tls.only_if.as_ref());
        let arn = match (&https, condition) {
            (None, _) => http.reference(),
            (Some(https), None) => https.reference(),
            (Some(https), Some(condition)) => {
                Intrinsic::if_else(condition, https.reference(), http.reference())
            }
        };
        let mut this = Self { http, https, arn, routes: BTreeMap::new(), priorities: BTreeSet::new() };
        let Some(default) = default else { return this };
        if condition.is_some() {
            // Says the same as the default action. But whoever has to wait until the default target group has a load
            // balancer can't wait for a listener that may not exist; this rule always does.
            this.route(&mut scope.child("Default"), LAST_PRIORITY, &["/*"], default);
        } else {
            let forwards = this.https.as_ref().unwrap_or(&this.http).logical_id().clone();
            this.routes.insert(default.handle().logical_id().clone(), vec![forwards]);
        }
        this
    }

    /// Sends requests whose path matches one of the patterns to a target group.
    ///
    /// Patterns may hold `*` and `?`. They are divided into rules as the load balancer's limits demand, with consecutive
    /// priorities from the first on; a lower number wins. The rules are called `Rule1`, `Rule2` … at this place of the
    /// tree. Leave room between the priorities of two calls: two rules can't swap theirs in one update.
    pub fn route<P: AsRef<str>>(
        &mut self,
        scope: &mut Scope<'_>,
        first_priority: u32,
        patterns: &[P],
        to: &TargetGroup,
    ) {
        let patterns: Vec<&str> = patterns.iter().map(AsRef::as_ref).collect();
        for pattern in &patterns {
            check_pattern(scope, pattern);
        }
        for (number, (priority, patterns)) in (1..).zip((first_priority..).zip(divide(&patterns))) {
            if !self.priorities.insert(priority) || !(1..=LAST_PRIORITY).contains(&priority) {
                scope.misuse(
                    format!("the priority {priority} of a listener rule is taken or out of range"),
                    format!("give each rule a priority of its own, from 1 to {LAST_PRIORITY}"),
                );
            }
            let mut action = listener_rule::Action::new(ActionType::Forward);
            action.target_group_arn = Some(to.arn());
            let condition = RuleCondition {
                field: Some("path-pattern".into()),
                path_pattern_config: Some(
                    PathPatternConfig { values: Some(patterns.into()), regex_values: None }.into(),
                ),
                ..Default::default()
            };
            let rule = CfnListenerRule::new([action], [condition], self.arn.clone(), priority);
            let rule = scope.add(&format!("Rule{number}"), rule);
            let target = to.handle().logical_id().clone();
            self.routes.entry(target).or_default().push(rule.logical_id().clone());
        }
    }

    /// What sends requests to a target group: a service behind it waits for one of these, since ECS refuses a target
    /// group without a load balancer.
    pub fn routes_to(&self, target_group: &TargetGroup) -> &[LogicalId] {
        self.routes.get(target_group.handle().logical_id()).map_or(&[], Vec::as_slice)
    }

    /// The ARN of the listener that forwards, for rules of one's own.
    pub fn arn(&self) -> Value<String> {
        self.arn.clone()
    }

    /// The listener on port 80.
    pub fn http(&self) -> &Handle<CfnListener> {
        &self.http
    }

    /// The listener on port 443.
    pub fn https(&self) -> Option<&Handle<CfnListener>> {
        self.https.as_ref()
    }
}

fn forward(to: &TargetGroup) -> Action {
    let mut action = Action::new(Type::Forward);
    action.target_group_arn = Some(to.arn());
    action
}

fn not_found() -> Action {
    let mut action = Action::new(Type::FixedResponse);
    action.fixed_response_config = Some(FixedResponseConfig::new("404").into());
    action
}

fn redirect() -> Action {
    let mut config = RedirectConfig::new(StatusCode::Http301);
    config.protocol = Some("HTTPS".into());
    config.port = Some("443".into());
    let mut action = Action::new(Type::Redirect);
    action.redirect_config = Some(config.into());
    action
}

/// Divides patterns, in their order, so that no part has more values or wildcards than a rule may have.
fn divide<'a>(patterns: &[&'a str]) -> Vec<Vec<&'a str>> {
    let wildcards = |pattern: &str| pattern.matches(['*', '?']).count();
    let mut rules: Vec<Vec<&str>> = Vec::new();
    for pattern in patterns {
        match rules.last_mut() {
            Some(rule)
                if rule.len() < VALUES_IN_A_RULE
                    && rule.iter().chain([pattern]).map(|p| wildcards(p)).sum::<usize>()
                        <= VALUES_IN_A_RULE =>
            {
                rule.push(pattern);
            }
            _ => rules.push(vec![pattern]),
        }
    }
    rules
}

fn check_pattern(scope: &mut Scope<'_>, pattern: &str) {
    let allowed = |c: char| c.is_ascii_alphanumeric() || PATTERN_MARKS.contains(c);
    let wildcards = pattern.matches(['*', '?']).count();
    if !pattern.starts_with('/')
        || !pattern.chars().all(allowed)
        || pattern.len() > PATTERN_LENGTH
        || wildcards > VALUES_IN_A_RULE
    {
        scope.misuse(
            format!("`{pattern}` isn't a path pattern of a load balancer"),
            format!(
                "begin with `/`; at most {PATTERN_LENGTH} ASCII letters, digits and {PATTERN_MARKS}, and at most \
                 {VALUES_IN_A_RULE} wildcards"
            ),
        );
    }
}
