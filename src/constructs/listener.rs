//! Where a load balancer's requests arrive and which target group gets them.

use std::collections::{BTreeMap, BTreeSet};

use crate::cfn::{ConditionHandle, Handle, Intrinsic, LogicalId, Value};
use crate::diagnostic::{Code, Diagnostic};
use crate::resources::elastic_load_balancing_v2::listener::{
    Action, Certificate, Protocol, RedirectConfig, StatusCode, Type,
};
use crate::resources::elastic_load_balancing_v2::listener_rule::{
    self, ActionType, PathPatternConfig, RuleCondition,
};
use crate::resources::elastic_load_balancing_v2::{CfnListener, CfnListenerRule};

use super::{ApplicationLoadBalancer, Scope, TargetGroup};

/// A listener rule that the load balancer refuses.
pub const BAD_LISTENER_RULE: Code = Code("T106");

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
    /// The listeners of a load balancer; requests that no rule takes go to `default`.
    pub fn new(
        scope: &mut Scope<'_>,
        load_balancer: &ApplicationLoadBalancer,
        default: &TargetGroup,
        tls: Option<&Tls>,
    ) -> Self {
        let listener = |port: u16, protocol: Protocol, action: Value<Action>| {
            CfnListener::new(Value::Literal(vec![action]), load_balancer.arn(), port, protocol)
        };
        let forward = || {
            let mut action = Action::new(Type::Forward);
            action.target_group_arn = Some(default.arn());
            action
        };
        let http_action = match tls {
            None => forward().into(),
            Some(Tls { only_if: None, .. }) => redirect().into(),
            Some(Tls { only_if: Some(condition), .. }) => {
                Intrinsic::if_else(condition, redirect(), forward())
            }
        };
        let http = scope.add("Http", listener(80, Protocol::Http, http_action));
        let https = tls.map(|tls| {
            let mut listener = listener(443, Protocol::Https, forward().into());
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
                scope.report(
                    Diagnostic::error(
                        BAD_LISTENER_RULE,
                        format!("the priority {priority} of a listener rule is taken or out of range"),
                    )
                    .help(format!("each rule has a priority of its own, from 1 to {LAST_PRIORITY}")),
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
        scope.report(
            Diagnostic::error(
                BAD_LISTENER_RULE,
                format!("`{pattern}` isn't a path pattern of a load balancer"),
            )
            .help(format!(
                "begin with `/`; at most {PATTERN_LENGTH} ASCII letters, digits and {PATTERN_MARKS}, \
                 and at most {VALUES_IN_A_RULE} wildcards"
            )),
        );
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cfn::{ConditionExpression, Json};
    use crate::constructs::test_support::{assert_matches, cycle, ids_of_type, keep, properties, synth};
    use crate::constructs::{
        AccessLogs, AliasRecord, Certificate as Requested, LoadBalancerProps, Network, Parameter,
        ParameterType, Scheme, SecurityGroup, Stack, TargetGroupProps,
    };

    const LISTENER: &str = "AWS::ElasticLoadBalancingV2::Listener";
    const RULE: &str = "AWS::ElasticLoadBalancingV2::ListenerRule";

    struct Parts {
        load_balancer: ApplicationLoadBalancer,
        web: TargetGroup,
        api: TargetGroup,
    }

    fn parts(stack: &mut Stack) -> Parts {
        let vpc = stack.parameter("VpcId", Parameter::new(ParameterType::VpcId, "The VPC"));
        let subnets = stack.parameter("Subnets", Parameter::new(ParameterType::SubnetIds, "Subnets"));
        let network = Network::existing(vpc.reference(), subnets.reference(), subnets.reference(), true);
        let mut scope = stack.scope();
        let group = SecurityGroup::new(
            &mut scope.child("LoadBalancerSecurityGroup"),
            &network.vpc_id,
            "Load balancer",
        );
        let props = LoadBalancerProps::new(Scheme::InternetFacing, network.public_subnets.clone());
        let load_balancer = ApplicationLoadBalancer::new(&mut scope.child("LoadBalancer"), &group, props);
        let mut target = |id: &str, port: u16| {
            TargetGroup::new(&mut scope.child(id), &network.vpc_id, &TargetGroupProps::new(port, "/"))
        };
        let (web, api) = (target("WebTargetGroup", 3000), target("ApiTargetGroup", 5001));
        Parts { load_balancer, web, api }
    }

    fn names(ids: &[LogicalId]) -> Vec<&str> {
        ids.iter().map(LogicalId::as_str).collect()
    }

    fn forward() -> Json {
        json!({"Type": "forward", "TargetGroupArn": {"Ref": "WebTargetGroup"}})
    }

    fn redirect() -> Json {
        json!({"Type": "redirect", "RedirectConfig":
            {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}})
    }

    #[test]
    fn without_a_certificate_port_80_forwards() {
        let mut stack = Stack::new();
        let parts = parts(&mut stack);
        let mut scope = stack.scope();
        let mut listener =
            Listener::new(&mut scope.child("Listener"), &parts.load_balancer, &parts.web, None);
        listener.route(&mut scope.child("ApiRoutes"), 100, &["/api/*", "/api"], &parts.api);
        assert_eq!(names(listener.routes_to(&parts.web)), ["ListenerHttp"]);
        assert_eq!(names(listener.routes_to(&parts.api)), ["ApiRoutesRule1"]);
        let template = synth(stack);
        keep("listener-http", &template);
        assert_eq!(ids_of_type(&template, LISTENER), ["ListenerHttp"]);
        assert_eq!(
            properties(&template, "ListenerHttp"),
            &json!({"LoadBalancerArn": {"Ref": "LoadBalancer"}, "Port": 80, "Protocol": "HTTP",
                "DefaultActions": [forward()]})
        );
        assert_eq!(
            properties(&template, "ApiRoutesRule1"),
            &json!({
                "ListenerArn": {"Ref": "ListenerHttp"}, "Priority": 100,
                "Conditions": [{"Field": "path-pattern",
                    "PathPatternConfig": {"Values": ["/api/*", "/api"]}}],
                "Actions": [{"Type": "forward", "TargetGroupArn": {"Ref": "ApiTargetGroup"}}],
            })
        );
    }

    #[test]
    fn with_a_certificate_port_80_redirects() {
        let mut stack = Stack::new();
        let parts = parts(&mut stack);
        let tls = Tls::new("arn:aws:acm:eu-west-1:111122223333:certificate/1");
        let listener =
            Listener::new(&mut stack.scope().child("Listener"), &parts.load_balancer, &parts.web, Some(&tls));
        assert_eq!(names(listener.routes_to(&parts.web)), ["ListenerHttps"]);
        let template = synth(stack);
        keep("listener-https", &template);
        assert_matches(
            properties(&template, "ListenerHttp"),
            &json!({"Port": 80, "DefaultActions": [redirect()]}),
        );
        assert_eq!(
            properties(&template, "ListenerHttps"),
            &json!({
                "LoadBalancerArn": {"Ref": "LoadBalancer"}, "Port": 443, "Protocol": "HTTPS",
                "Certificates": [{"CertificateArn": "arn:aws:acm:eu-west-1:111122223333:certificate/1"}],
                "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
                "DefaultActions": [forward()],
            })
        );
    }

    /// The form of the whole: an ARN may be given, else a certificate is requested where there are domain and zone.
    #[test]
    fn a_certificate_may_be_decided_by_a_condition() {
        let mut stack = Stack::new();
        let parts = parts(&mut stack);
        let text = |label: &str| Parameter::new(ParameterType::String, label).default("");
        let arn = stack.parameter("CertificateArn", text("Certificate")).reference::<String>();
        let domain = stack.parameter("DomainName", text("Domain")).reference::<String>();
        let zone = stack.parameter("HostedZoneId", text("Zone")).reference::<String>();
        let given = stack.condition("CertificateGiven", ConditionExpression::differs(arn.clone(), ""));
        let named = stack.condition(
            "HasName",
            ConditionExpression::And(vec![
                ConditionExpression::differs(domain.clone(), ""),
                ConditionExpression::differs(zone.clone(), ""),
            ]),
        );
        let requested = stack.condition(
            "RequestCertificate",
            ConditionExpression::And(vec![
                ConditionExpression::Not(Box::new((&given).into())),
                (&named).into(),
            ]),
        );
        let has = stack
            .condition("HasCertificate", ConditionExpression::Or(vec![(&given).into(), (&requested).into()]));
        let mut scope = stack.scope();
        let certificate =
            Requested::dns_validated(&mut scope.child("Certificate"), &domain, &zone, Some(&requested));
        AliasRecord::new(&mut scope.child("Record"), &domain, &zone, &parts.load_balancer, Some(&named));
        let tls = Tls { only_if: Some(has), ..Tls::new(Intrinsic::if_else(&given, arn, certificate.arn())) };
        let mut listener =
            Listener::new(&mut scope.child("Listener"), &parts.load_balancer, &parts.web, Some(&tls));
        listener.route(&mut scope.child("ApiRoutes"), 100, &["/api/*"], &parts.api);
        assert_eq!(names(listener.routes_to(&parts.web)), ["ListenerDefaultRule1"]);
        let template = synth(stack);
        keep("listener-condition", &template);
        assert_eq!(cycle(&template), None);
        let resources = &template["Resources"];
        assert_eq!(resources["ListenerHttp"]["Condition"], Json::Null);
        assert_eq!(resources["ListenerHttps"]["Condition"], "HasCertificate");
        assert_eq!(resources["Certificate"]["Condition"], "RequestCertificate");
        assert_eq!(resources["Record"]["Condition"], "HasName");
        assert_matches(
            properties(&template, "ListenerHttp"),
            &json!({"Port": 80, "DefaultActions": [{"Fn::If": ["HasCertificate", redirect(), forward()]}]}),
        );
        for rule in ids_of_type(&template, RULE) {
            assert_eq!(resources[&rule]["Condition"], Json::Null);
            assert_eq!(
                properties(&template, &rule)["ListenerArn"],
                json!({"Fn::If": ["HasCertificate", {"Ref": "ListenerHttps"}, {"Ref": "ListenerHttp"}]})
            );
        }
        assert_matches(
            properties(&template, "ListenerDefaultRule1"),
            &json!({"Priority": 50_000, "Actions": [forward()],
                "Conditions": [{"PathPatternConfig": {"Values": ["/*"]}}]}),
        );
        assert_eq!(
            properties(&template, "Certificate"),
            &json!({
                "DomainName": {"Ref": "DomainName"}, "ValidationMethod": "DNS",
                "DomainValidationOptions":
                    [{"DomainName": {"Ref": "DomainName"}, "HostedZoneId": {"Ref": "HostedZoneId"}}],
            })
        );
        assert_eq!(
            properties(&template, "Record"),
            &json!({
                "Name": {"Ref": "DomainName"}, "Type": "A", "HostedZoneId": {"Ref": "HostedZoneId"},
                "AliasTarget": {
                    "DNSName": {"Fn::GetAtt": ["LoadBalancer", "DNSName"]},
                    "HostedZoneId": {"Fn::GetAtt": ["LoadBalancer", "CanonicalHostedZoneID"]},
                },
            })
        );
    }

    #[test]
    fn many_patterns_become_rules_within_the_limits() {
        let mut stack = Stack::new();
        let parts = parts(&mut stack);
        let mut scope = stack.scope();
        let mut listener =
            Listener::new(&mut scope.child("Listener"), &parts.load_balancer, &parts.web, None);
        let patterns: Vec<String> = (0..7).flat_map(|i| [format!("/p{i}"), format!("/p{i}/*")]).collect();
        listener.route(&mut scope.child("ApiRoutes"), 10, &patterns, &parts.api);
        let template = synth(stack);
        let rules = ids_of_type(&template, RULE);
        assert_eq!(rules, ["ApiRoutesRule1", "ApiRoutesRule2", "ApiRoutesRule3"]);
        let values = |rule: &String| {
            properties(&template, rule)["Conditions"][0]["PathPatternConfig"]["Values"]
                .as_array()
                .unwrap()
                .clone()
        };
        assert_eq!(rules.iter().flat_map(values).collect::<Vec<_>>(), patterns);
        assert!(rules.iter().all(|rule| values(rule).len() <= 5));
        let priorities: Vec<_> =
            rules.iter().map(|rule| properties(&template, rule)["Priority"].clone()).collect();
        assert_eq!(priorities, [10, 11, 12]);
    }

    #[test]
    fn wildcards_are_counted_too() {
        assert_eq!(
            divide(&["/a/*/*/*", "/b/*/*", "/c/?", "/d"]),
            [vec!["/a/*/*/*", "/b/*/*"], vec!["/c/?", "/d"]]
        );
        assert_eq!(divide(&[]), Vec::<Vec<&str>>::new());
    }

    #[test]
    fn rules_that_the_load_balancer_refuses_are_reported() {
        let mut stack = Stack::new();
        let parts = parts(&mut stack);
        let mut scope = stack.scope();
        let mut listener =
            Listener::new(&mut scope.child("Listener"), &parts.load_balancer, &parts.web, None);
        listener.route(&mut scope.child("One"), 1, &["/ok"], &parts.api);
        listener.route(&mut scope.child("Two"), 1, &["/taken"], &parts.api);
        listener.route(&mut scope.child("Three"), 0, &["/zero"], &parts.api);
        listener.route(&mut scope.child("Four"), 4, &["bare", "/a b", "/*/*/*/*/*/*"], &parts.api);
        let found = stack.synth().unwrap_err();
        assert_eq!(found.len(), 5, "{found:?}");
        assert!(found.iter().all(|d| d.code == BAD_LISTENER_RULE));
    }

    #[test]
    fn a_load_balancer_writes_its_attributes_and_waits_for_its_routes() {
        let mut stack = Stack::new();
        let protect = stack.parameter(
            "DeletionProtection",
            Parameter::new(ParameterType::String, "Protect").default("false").one_of(["true", "false"]),
        );
        let route = stack.scope().add("Route", crate::cfn::RawResource::new("AWS::EC2::Route"));
        let group =
            SecurityGroup::new(&mut stack.scope().child("SecurityGroup"), &"vpc-1".into(), "Load balancer");
        let props = LoadBalancerProps {
            idle_timeout_seconds: 3600.into(),
            deletion_protection: protect.reference(),
            access_logs: Some(AccessLogs { bucket: "logs".into(), prefix: Some("alb".into()) }),
            after: vec![route.logical_id().clone()],
            ..LoadBalancerProps::new(Scheme::Internal, ["subnet-1", "subnet-2"].into())
        };
        ApplicationLoadBalancer::new(&mut stack.scope().child("LoadBalancer"), &group, props);
        let template = synth(stack);
        assert_eq!(template["Resources"]["LoadBalancer"]["DependsOn"], json!(["Route"]));
        assert_eq!(
            properties(&template, "LoadBalancer"),
            &json!({
                "Type": "application", "Scheme": "internal", "Subnets": ["subnet-1", "subnet-2"],
                "SecurityGroups": [{"Fn::GetAtt": ["SecurityGroup", "GroupId"]}],
                "LoadBalancerAttributes": [
                    {"Key": "idle_timeout.timeout_seconds", "Value": "3600"},
                    {"Key": "routing.http.drop_invalid_header_fields.enabled", "Value": "true"},
                    {"Key": "deletion_protection.enabled", "Value": {"Ref": "DeletionProtection"}},
                    {"Key": "access_logs.s3.enabled", "Value": "true"},
                    {"Key": "access_logs.s3.bucket", "Value": "logs"},
                    {"Key": "access_logs.s3.prefix", "Value": "alb"},
                ],
            })
        );
    }
}
