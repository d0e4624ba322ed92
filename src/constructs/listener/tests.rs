//! Listeners and rules, with the certificate and the record that belong to them.

use serde_json::json;

use super::*;
use crate::cfn::{ConditionExpression, Json};
use crate::constructs::test_support::{cycle, ids_of_type, keep, properties, synth};
use crate::constructs::testing::{assert_contains, misuses};
use crate::constructs::{
    AccessLogs, AliasRecord, Certificate as Requested, LoadBalancerProps, Network, Parameter, ParameterType,
    Scheme, SecurityGroup, Stack, TargetGroupProps,
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
    let group =
        SecurityGroup::new(&mut scope.child("LoadBalancerSecurityGroup"), &network.vpc_id, "Load balancer");
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
fn without_a_default_target_group_the_rest_is_not_found() {
    let mut stack = Stack::new();
    let parts = parts(&mut stack);
    let mut scope = stack.scope();
    let tls = Tls::new("arn:aws:acm:us-east-1:123456789012:certificate/a");
    let mut listener = Listener::new(&mut scope.child("Listener"), &parts.load_balancer, None, Some(&tls));
    listener.route(&mut scope.child("ApiRoutes"), 100, &["/api/*", "/api"], &parts.api);
    assert_eq!(names(listener.routes_to(&parts.web)), Vec::<&str>::new());
    let template = synth(stack);
    let refused = json!([{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]);
    assert_eq!(properties(&template, "ListenerHttps")["DefaultActions"], refused);
    assert_eq!(ids_of_type(&template, RULE), ["ApiRoutesRule1"]);
}

#[test]
fn without_a_certificate_port_80_forwards() {
    let mut stack = Stack::new();
    let parts = parts(&mut stack);
    let mut scope = stack.scope();
    let mut listener = Listener::new(&mut scope.child("Listener"), &parts.load_balancer, &parts.web, None);
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
    assert_contains(
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
        ConditionExpression::And(vec![ConditionExpression::Not(Box::new((&given).into())), (&named).into()]),
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
    assert_contains(
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
    assert_contains(
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
    let mut listener = Listener::new(&mut scope.child("Listener"), &parts.load_balancer, &parts.web, None);
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
    let mut listener = Listener::new(&mut scope.child("Listener"), &parts.load_balancer, &parts.web, None);
    listener.route(&mut scope.child("One"), 1, &["/ok"], &parts.api);
    listener.route(&mut scope.child("Two"), 1, &["/taken"], &parts.api);
    listener.route(&mut scope.child("Three"), 0, &["/zero"], &parts.api);
    listener.route(&mut scope.child("Four"), 4, &["bare", "/a b", "/*/*/*/*/*/*"], &parts.api);
    assert_eq!(
        misuses(stack),
        [
            "the priority 1 of a listener rule is taken or out of range",
            "the priority 0 of a listener rule is taken or out of range",
            "`bare` isn't a path pattern of a load balancer",
            "`/a b` isn't a path pattern of a load balancer",
            "`/*/*/*/*/*/*` isn't a path pattern of a load balancer",
        ]
    );
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
            "SecurityGroups": [{"Ref": "SecurityGroup"}],
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
