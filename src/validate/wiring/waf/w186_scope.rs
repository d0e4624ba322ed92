//! W186: what belongs together has one scope.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;
use crate::validate::wiring::model::{Item, View};

use super::statement::{REFERENCES, containers, statements};

pub(in crate::validate::wiring) static RULE: Rule = Rule {
    code: Code("W186"),
    severity: Severity::Error,
    title: "a web ACL, its sets and what it protects have one scope",
    what: "A scope of `CLOUDFRONT` is deployed in us-east-1 and not associated by `WebACLAssociation`; sets and groups that a web ACL names are of WAF, of the right kind and of its scope; an association names a web ACL of the stack's region, by its ARN, and a resource that can have one; two web ACLs, groups or sets of one kind and scope have different names; `AssociationConfig` has the keys of the scope.",
    why: "WAF refuses it: \"The scope is not valid\", \"The ARN isn't valid\", \"WAFDuplicateItemException\".",
    source: "AWS WAF API Reference, \"CreateWebACL\" and \"AssociateWebACL\"",
    same_as: &[
        "cdk-preflight pf-wafv2-scope-region",
        "cdk-preflight pf-wafv2-name-unique",
        "cdk-preflight pf-wafv2-reference-arn",
        "cdk-preflight pf-wafv2-association-config-scope",
        "cdk-preflight pf-wafv2-association-resource-arn",
        "cdk-preflight pf-wafv2-association-webacl-arn",
    ],
};

const TYPES: [&str; 4] =
    ["AWS::WAFv2::WebACL", "AWS::WAFv2::RuleGroup", "AWS::WAFv2::IPSet", "AWS::WAFv2::RegexPatternSet"];

/// What a web ACL can protect: the service of the ARN and how its resource begins.
const PROTECTED: [(&str, &str); 8] = [
    ("elasticloadbalancing", "loadbalancer/app/"),
    ("apigateway", "/restapis/"),
    ("appsync", "apis/"),
    ("cognito-idp", "userpool/"),
    ("apprunner", "service/"),
    ("ec2", "verified-access-instance/"),
    ("bedrock-agentcore", "gateway/"),
    ("amplify", "apps/"),
];

/// Resources of a template that can't have a web ACL by an association.
const UNPROTECTED: [&str; 4] = [
    "AWS::CloudFront::Distribution",
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    "AWS::ElasticLoadBalancingV2::Listener",
    "AWS::ECS::Service",
];

pub(in crate::validate::wiring) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    let region = view.context.options.region.as_deref();
    let mut names: Vec<(&str, String, String, &str)> = Vec::new();
    for item in TYPES.iter().flat_map(|type_name| view.of(type_name)) {
        let Some(scope) = item.text("Scope") else { continue };
        if scope == "CLOUDFRONT" && region.is_some_and(|region| region != "us-east-1") {
            let message = format!(
                "the scope of CloudFront is in us-east-1, and the stack in {}: WAF refuses it",
                region.unwrap_or_default()
            );
            findings.push(
                item.finding_of(&RULE, "Scope", message).help("deploy it in us-east-1, or write `REGIONAL`"),
            );
        }
        let Some(name) = item.text("Name") else { continue };
        let type_name = item.resource.type_name.as_str();
        let twin = names
            .iter()
            .find(|(of, known, within, _)| *of == type_name && *known == name && *within == scope);
        if let Some((.., first)) = twin {
            let message = format!("`{first}` is called \"{name}\" too: WAF refuses the second");
            findings
                .push(item.finding_of(&RULE, "Name", message).help("name it otherwise, or leave `Name` out"));
        }
        names.push((type_name, name.into_owned(), scope.into_owned(), item.id));
    }
    for item in containers(view) {
        keys(item, findings);
        for statement in statements(item) {
            for (kind, type_name, part) in REFERENCES {
                if let Some(arn) = statement.body(kind).and_then(|body| body.get("Arn")) {
                    reference(view, item, (arn, type_name, part), findings);
                }
            }
        }
    }
    for association in view.of("AWS::WAFv2::WebACLAssociation") {
        associated(view, association, findings);
    }
}

/// The keys of `AssociationConfig.RequestBody`.
fn keys(item: &Item<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(scope) = item.text("Scope") else { return };
    for (key, value) in
        item.get("AssociationConfig.RequestBody").map(super::statement::members).unwrap_or_default()
    {
        if (*key == "CLOUDFRONT") != (scope == "CLOUDFRONT") {
            let message = format!("`{key}` is of another scope than {scope}: WAF refuses the web ACL");
            findings.push(item.finding_at(&RULE, value, message).help("take it away"));
        }
    }
}

/// Service, region and resource of an ARN.
fn parts(arn: &str) -> Option<(&str, &str, &str)> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, _, service, region, _, resource] = parts[..] else { return None };
    arn.starts_with("arn:").then_some((service, region, resource))
}

fn word(scope: &str) -> &'static str {
    if scope == "CLOUDFRONT" { "global" } else { "regional" }
}

fn reference<'t>(
    view: &View<'_, 't>,
    item: &Item<'t>,
    (arn, type_name, part): (&Evaluated<'t>, &str, &str),
    findings: &mut Vec<Diagnostic>,
) {
    let scope = item.text("Scope").unwrap_or_default().into_owned();
    let message = if let Some(target) = view.target(Some(arn)) {
        let other = target.text("Scope").unwrap_or_default();
        if !target.is(type_name) {
            format!("`{}` is no {type_name}", target.id)
        } else if !scope.is_empty() && !other.is_empty() && scope != other {
            format!("`{}` has the scope {other}, and the web ACL {scope}", target.id)
        } else {
            return;
        }
    } else {
        let Some(text) = arn.text() else { return };
        match parts(&text) {
            Some(("wafv2", _, resource)) if resource.starts_with(&format!("{}/{part}/", word(&scope))) => {
                return;
            }
            Some(("wafv2", _, resource)) if resource.contains(&format!("/{part}/")) && !scope.is_empty() => {
                format!("\"{text}\" is of another scope than {scope}")
            }
            Some(("wafv2", _, resource)) if resource.contains(&format!("/{part}/")) => return,
            _ => format!("\"{text}\" isn't the ARN of such a resource of WAF"),
        }
    };
    let message = format!("{message}: WAF refuses the web ACL");
    findings.push(item.finding_at(&RULE, arn, message).help(format!("name a {type_name} of the same scope")));
}

fn associated<'t>(view: &View<'_, 't>, association: &Item<'t>, findings: &mut Vec<Diagnostic>) {
    let mut refuse = |path: &str, message: String, help: &str| {
        findings.push(
            association.finding_of(&RULE, path, format!("{message}: WAF refuses the association")).help(help),
        );
    };
    let region = view.context.options.region.as_deref();
    if let Some(arn) = association.get("WebACLArn") {
        let by_name = arn.resource().is_some() && arn.attribute().is_none();
        match (view.target(Some(arn)), arn.text()) {
            (Some(acl), _) if !acl.is("AWS::WAFv2::WebACL") => {
                refuse("WebACLArn", format!("`{}` is no web ACL", acl.id), "name a web ACL");
            }
            (Some(acl), _) if by_name => {
                let help = format!("write `!GetAtt {}.Arn`", acl.id);
                refuse("WebACLArn", "a `Ref` of a web ACL isn't its ARN".to_owned(), &help);
            }
            (Some(acl), _) if acl.text("Scope").as_deref() == Some("CLOUDFRONT") => refuse(
                "WebACLArn",
                format!("`{}` has the scope of CloudFront", acl.id),
                "name it in the distribution, or write `REGIONAL` there",
            ),
            (None, Some(text)) => match parts(&text) {
                Some(("wafv2", place, resource)) if resource.contains("/webacl/") => {
                    if region.is_some_and(|region| !place.is_empty() && region != place) {
                        refuse(
                            "WebACLArn",
                            format!("the web ACL is in {place}"),
                            "name one of the stack's region",
                        );
                    }
                }
                _ => refuse("WebACLArn", format!("\"{text}\" isn't the ARN of a web ACL"), "name a web ACL"),
            },
            _ => {}
        }
    }
    let Some(arn) = association.get("ResourceArn") else { return };
    let help = "name an application load balancer, or another resource that can have a web ACL";
    match (view.target(Some(arn)), arn.text()) {
        (Some(target), _) if UNPROTECTED.iter().any(|name| target.is(name)) => {
            refuse("ResourceArn", format!("`{}` can't have a web ACL this way", target.id), help);
        }
        (Some(target), _)
            if target.is("AWS::ElasticLoadBalancingV2::LoadBalancer")
                && target.text("Type").is_some_and(|kind| kind != "application") =>
        {
            refuse("ResourceArn", format!("`{}` is no application load balancer", target.id), help);
        }
        (None, Some(text)) => {
            let known = parts(&text).is_some_and(|(service, _, resource)| {
                PROTECTED.iter().any(|(name, start)| *name == service && resource.starts_with(start))
            });
            if !known {
                refuse("ResourceArn", format!("\"{text}\" can't have a web ACL"), help);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::super::statement::testing::{acl, rule};
    use crate::validate::Options;
    use crate::validate::testing::{found, found_with};

    fn set(name: &str, scope: &str) -> Json {
        json!({"Type": "AWS::WAFv2::IPSet", "Properties": {"Name": name, "Scope": scope, "IPAddressVersion": "IPV4", "Addresses": []}})
    }

    fn count(resources: &Json) -> usize {
        found("W186", json!({"Resources": resources})).len()
    }

    fn naming(arn: &Json, kind: &str) -> Json {
        json!({"Type": "AWS::WAFv2::WebACL", "Properties": acl(&json!([rule(&json!({kind: {"Arn": arn}}), &json!({}))]), &json!({}))})
    }

    #[test]
    fn sets_have_the_scope_of_their_web_acl() {
        let arn = json!({"Fn::GetAtt": ["Set", "Arn"]});
        let kind = "IPSetReferenceStatement";
        assert_eq!(count(&json!({"Set": set("a", "REGIONAL"), "Acl": naming(&arn, kind)})), 0);
        assert_eq!(count(&json!({"Set": set("a", "CLOUDFRONT"), "Acl": naming(&arn, kind)})), 1);
        assert_eq!(
            count(&json!({"Set": set("a", "REGIONAL"), "Acl": naming(&arn, "RuleGroupReferenceStatement")})),
            1
        );
        let literal = |scope: &str| json!(format!("arn:aws:wafv2:us-east-1:123456789012:{scope}/ipset/a/b"));
        assert_eq!(count(&json!({"Acl": naming(&literal("regional"), kind)})), 0);
        assert_eq!(count(&json!({"Acl": naming(&literal("global"), kind)})), 1);
        assert_eq!(count(&json!({"Acl": naming(&json!("set"), kind)})), 1);
    }

    #[test]
    fn names_and_regions_are_right() {
        assert_eq!(count(&json!({"A": set("a", "REGIONAL"), "B": set("a", "REGIONAL")})), 1);
        assert_eq!(count(&json!({"A": set("a", "REGIONAL"), "B": set("b", "REGIONAL")})), 0);
        let in_region = |region: &str| {
            let options = Options { region: Some(region.to_owned()), ..Options::default() };
            found_with("W186", json!({"Resources": {"A": set("a", "CLOUDFRONT")}}), &options).len()
        };
        assert_eq!((in_region("us-east-1"), in_region("eu-west-1")), (0, 1));
        let body = |key: &str| json!({"Acl": {"Type": "AWS::WAFv2::WebACL", "Properties": acl(&json!([]), &json!({"AssociationConfig": {"RequestBody": {key: {"DefaultSizeInspectionLimit": "KB_16"}}}}))}});
        assert_eq!((count(&body("API_GATEWAY")), count(&body("CLOUDFRONT"))), (0, 1));
    }

    #[test]
    fn associations_join_what_can_be_joined() {
        let of = |acl_arn: Json, resource: Json| {
            let association = json!({"Type": "AWS::WAFv2::WebACLAssociation", "Properties": {"WebACLArn": acl_arn, "ResourceArn": resource}});
            let balancer = json!({"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer", "Properties": {"Type": "network"}});
            let own = json!({"Type": "AWS::WAFv2::WebACL", "Properties": acl(&json!([]), &json!({}))});
            count(&json!({"It": association, "Balancer": balancer, "Acl": own, "Set": set("a", "REGIONAL")}))
        };
        let own = json!({"Fn::GetAtt": ["Acl", "Arn"]});
        let balancer = json!("arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/a/b");
        assert_eq!(of(own.clone(), balancer.clone()), 0);
        assert_eq!(of(json!({"Ref": "Acl"}), balancer.clone()), 1);
        assert_eq!(of(json!({"Fn::GetAtt": ["Set", "Arn"]}), balancer.clone()), 1);
        assert_eq!(of(json!("acl"), balancer), 1);
        assert_eq!(of(own.clone(), json!({"Ref": "Balancer"})), 1);
        assert_eq!(of(own, json!("arn:aws:s3:::bucket")), 1);
    }
}
