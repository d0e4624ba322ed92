//! W154: resources of statements have the form of ARNs.

use crate::cfn::evaluate::Settings;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;
use crate::validate::wiring::model::View;

use super::document::{GAP, Need, loose, shown, statements};

pub(in crate::validate::wiring) static RULE: Rule = Rule {
    code: Code("W154"),
    severity: Severity::Error,
    title: "a resource of a statement is an ARN",
    what: "In the policy of an identity, a key, a bucket, a topic or a queue, a resource is `*`, an ARN of six parts or a pattern that may match one; its service has no wildcard; the ARN of a bucket has no region and no account, one of IAM and Route 53 no region; its partition is that of the region, where that is known.",
    why: "The service refuses the policy: \"Resource … must be in ARN format or '*'\", \"The policy failed legacy parsing\", \"Partition … is not valid for resource\".",
    source: "AWS Identity and Access Management User Guide, \"IAM JSON policy elements: Resource\" and \"Identify AWS resources with Amazon Resource Names (ARNs)\"",
    same_as: &[
        "cfn-lint E3510",
        "cfn-lint E3512",
        "cdk-preflight pf-iam-policy-resource-format",
        "cdk-preflight pf-iam-policy-resource-arn-segments",
        "cdk-preflight pf-iam-policy-resource-service-wildcard",
        "cdk-preflight pf-iam-policy-resource-global-service-arn",
        "cdk-preflight pf-iam-policy-resource-partition",
    ],
};

pub(in crate::validate::wiring) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    let region = view.context.options.region.clone();
    let partition = Settings { region, ..Settings::default() }.partition();
    for statement in statements(view) {
        if statement.kind.resource() != Need::Required {
            continue;
        }
        for value in statement.either("Resource", "NotResource") {
            let Some((message, help)) = fault(&loose(value), partition) else { continue };
            let message = format!("{message}: the policy is refused");
            findings.push(statement.item.finding_at(&RULE, value, message).help(help));
        }
    }
}

fn fault(text: &str, partition: Option<&str>) -> Option<(String, String)> {
    if text.is_empty() || text.starts_with(['*', GAP]) {
        return None;
    }
    let whole = shown(text);
    if !text.starts_with("arn:") {
        // `a*` and the like match an ARN.
        let may_begin = "arn:".starts_with(text.split(['*', '?', GAP]).next().unwrap_or_default());
        return (!may_begin).then(|| (format!("\"{whole}\" is no ARN"), "write an ARN or `*`".to_owned()));
    }
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [_, own, service, region, account, name] = parts[..] else {
        let open = text.contains(['*', '?', GAP]);
        return (!open).then(|| {
            (
                format!("\"{whole}\" has {} parts, an ARN has six", parts.len()),
                "write `arn:<partition>:<service>:<region>:<account>:<resource>`; what isn't needed stays empty".to_owned(),
            )
        });
    };
    if service.contains(['*', '?']) {
        return Some((
            format!("the service in \"{whole}\" has a wildcard"),
            "write the service in full".to_owned(),
        ));
    }
    let is_set = |part: &str| !part.is_empty() && part.chars().any(|c| c != '*' && c != '?');
    let is_bucket = service == "s3" && !name.contains(['/', '*', GAP, ':']);
    let superfluous = match service {
        "iam" | "route53" => is_set(region).then_some("a region"),
        _ if is_bucket && is_set(region) => Some("a region"),
        _ if is_bucket && is_set(account) => Some("an account"),
        _ => None,
    };
    if let Some(part) = superfluous {
        return Some((
            format!("\"{whole}\" has {part}, which such an ARN has not"),
            "leave that part empty".to_owned(),
        ));
    }
    let other = partition.filter(|partition| !own.contains(['*', '?', GAP]) && *partition != own)?;
    Some((
        format!("\"{whole}\" is of the partition `{own}`, the stack of `{other}`"),
        "write `${AWS::Partition}` in a `Fn::Sub`".to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::validate::testing::{found, only};

    fn template(resource: &Json) -> Json {
        let statement = json!({"Effect": "Allow", "Action": "*", "Resource": resource});
        let properties = json!({"PolicyDocument": {"Statement": [statement]}});
        json!({"Resources": {"It": {"Type": "AWS::IAM::ManagedPolicy", "Properties": properties}}})
    }

    #[test]
    fn arns_have_their_form() {
        let good = [
            "*",
            "arn:aws:s3:::bucket",
            "arn:aws:s3:::bucket/*",
            "arn:aws:s3:us-east-1:123456789012:accesspoint/a",
            "arn:aws:iam::123456789012:role/r",
            "arn:aws:logs:*:*:log-group:/a:*",
            "arn:*",
            "a*",
        ];
        for text in good {
            assert_eq!(fault(text, Some("aws")), None, "{text}");
        }
        let bad = [
            "bucket",
            "bucket/*",
            "arn:aws:s3:bucket",
            "arn:aws:*:::bucket",
            "arn:aws:s3:us-east-1::bucket",
            "arn:aws:s3::123456789012:bucket",
            "arn:aws:iam:us-east-1:123456789012:role/r",
            "arn:aws-cn:s3:::bucket",
        ];
        for text in bad {
            assert!(fault(text, Some("aws")).is_some(), "{text}");
        }
        assert_eq!(fault("arn:aws-cn:s3:::bucket", None), None);
    }

    #[test]
    fn they_are_found_in_a_template() {
        let (message, pointer) = only("W154", template(&json!(["*", "logs"])));
        assert_eq!(message, "\"logs\" is no ARN: the policy is refused");
        assert_eq!(pointer, "/Resources/It/Properties/PolicyDocument/Statement/0/Resource/1");
        let known =
            json!([{"Fn::Sub": "arn:${AWS::Partition}:s3:::${AWS::StackName}/*"}, {"Fn::ImportValue": "x"}]);
        assert!(found("W154", template(&known)).is_empty());
    }
}
