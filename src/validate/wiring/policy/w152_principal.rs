//! W152: principals stand where they belong, and are ones.

use crate::cfn::evaluate::Evaluated;
use crate::diagnostic::{Code, Diagnostic, Severity, nearest};
use crate::validate::Rule;
use crate::validate::wiring::model::{View, many};

use super::document::{GAP, Kind, Need, Statement, loose, members, shown, statements};

pub(in crate::validate::wiring) static RULE: Rule = Rule {
    code: Code("W152"),
    severity: Severity::Error,
    title: "principals stand where they belong, and are ones",
    what: "Either `Principal` or `NotPrincipal` is in every statement of a trust, key, bucket, topic, queue or repository policy, and in no identity policy. Its keys are `AWS`, `Service`, `Federated` and `CanonicalUser`; of `AWS` each value is an account, an id or an ARN of an identity without a wildcard, or `*`; of `Service` a name without a wildcard that ends in `amazonaws.com` or the domain of another partition. A principal that is a text is `*`, and no statement has both. A trust policy takes no bare `*`, and for Cognito a condition.",
    why: "The service refuses the policy: \"Invalid principal in policy\", \"Policy document should not specify a principal\".",
    source: "AWS Identity and Access Management User Guide, \"AWS JSON policy elements: Principal\"",
    same_as: &[
        "cfn-lint E3510",
        "cfn-lint E3512",
        "cfn-lint E3511",
        "cfn-lint E3513",
        "cdk-preflight pf-iam-identity-policy-no-principal",
        "cdk-preflight pf-iam-trust-policy-aws-principal-format",
        "cdk-preflight pf-iam-trust-policy-cognito-condition",
        "cdk-preflight pf-iam-trust-policy-principal-star-string",
        "cdk-preflight pf-iam-trust-policy-service-principal",
        "cdk-preflight pf-iam-trust-policy-service-wildcard",
        "cdk-preflight pf-s3-bucket-policy-principal",
        "cdk-preflight pf-kms-key-policy-statement",
    ],
};

const KEYS: [&str; 4] = ["AWS", "Service", "Federated", "CanonicalUser"];

pub(in crate::validate::wiring) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for statement in statements(view) {
        presence(statement, findings);
        if statement.kind.principal() != Need::Forbidden {
            for principal in [statement.get("Principal"), statement.get("NotPrincipal")].into_iter().flatten()
            {
                forms(statement, principal, findings);
            }
        }
    }
}

fn presence(statement: Statement<'_, '_>, findings: &mut Vec<Diagnostic>) {
    let (one, other) = (statement.get("Principal"), statement.get("NotPrincipal"));
    let (value, message, help) = match (statement.kind.principal(), one, other) {
        (Need::Forbidden, Some(value), _) | (Need::Forbidden, None, Some(value)) => (
            value,
            "the policy of an identity names no principal: the policy is refused",
            "take it away: the policy is about the identity that has it",
        ),
        (Need::Required, None, None) => (
            statement.value,
            "the statement names no principal: the policy is refused",
            "say with `Principal` whom it is about",
        ),
        (_, Some(_), Some(value)) => (
            value,
            "the statement has both `Principal` and `NotPrincipal`: the policy is refused",
            "keep one of the two",
        ),
        _ => return,
    };
    findings.push(statement.item.finding_at(&RULE, value, message).help(help));
}

fn forms<'t>(statement: Statement<'_, 't>, principal: &Evaluated<'t>, findings: &mut Vec<Diagnostic>) {
    let mut refuse = |value: &Evaluated<'t>, message: String, help: &str| {
        let message = format!("{message}: the policy is refused");
        findings.push(statement.item.finding_at(&RULE, value, message).help(help));
    };
    if let Some(text) = principal.text() {
        if text != "*" {
            refuse(
                principal,
                format!("\"{text}\" is no principal"),
                "write an object, such as `AWS: <ARN>` or `Service: <name>`",
            );
        } else if statement.kind == Kind::Trust {
            refuse(
                principal,
                "a trust policy takes no bare `*`".to_owned(),
                "write `AWS: \"*\"`, with a condition",
            );
        }
        return;
    }
    for (key, values) in members(principal) {
        if !KEYS.contains(key) {
            let help = nearest(key, KEYS).map_or_else(
                || format!("write one of {}", KEYS.join(", ")),
                |name| format!("did you mean `{name}`?"),
            );
            refuse(values, format!("`{key}` is no kind of principal"), &help);
        }
        for value in many(Some(values)) {
            let text = loose(value);
            match *key {
                "AWS" if !is_identity(&text) => refuse(
                    value,
                    format!("\"{}\" is neither an account nor the ARN of an identity", shown(&text)),
                    "write an account's number, `arn:aws:iam::<account>:role/<name>`, or `*`",
                ),
                "Service" if !is_service(&text) => refuse(
                    value,
                    format!("\"{}\" is no service", shown(&text)),
                    "write its name in full, such as `ecs-tasks.amazonaws.com`",
                ),
                "Federated"
                    if statement.kind == Kind::Trust
                        && text == "cognito-identity.amazonaws.com"
                        && statement.get("Condition").is_none() =>
                {
                    refuse(
                        value,
                        "without a condition every identity pool of every account is trusted".to_owned(),
                        "add a condition on `cognito-identity.amazonaws.com:aud`",
                    );
                }
                _ => {}
            }
        }
    }
}

/// Whether a text, known as far as it goes, may be an account, an identity or everybody.
fn is_identity(text: &str) -> bool {
    if text.is_empty() || text == "*" || text.starts_with(GAP) {
        return true;
    }
    let Some(arn) = text.strip_prefix("arn:") else {
        let is_id =
            (text.starts_with('A') && text.len() > 15) && text.chars().all(|c| c.is_ascii_alphanumeric());
        return text.contains(GAP)
            || is_id
            || (text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()));
    };
    if text.contains(['*', '?']) {
        return false;
    }
    let parts: Vec<&str> = arn.splitn(5, ':').collect();
    let [_, service, region, _, name] = parts[..] else { return arn.contains(GAP) };
    let is_name = name == "root"
        || name.contains(GAP)
        || ["user/", "role/", "group/", "assumed-role/", "federated-user/"]
            .iter()
            .any(|kind| name.starts_with(kind));
    (matches!(service, "iam" | "sts") && region.is_empty() && is_name) || service.contains(GAP)
}

/// Whether a text, known as far as it goes, may be the name of a service.
fn is_service(text: &str) -> bool {
    let known = ["amazonaws.com", "amazonaws.com.cn", ".ic.gov", ".sgov.gov", ".adc-e.uk", "amazonaws.eu"];
    !text.contains(['*', '?'])
        && (text.is_empty() || text.ends_with(GAP) || known.iter().any(|end| text.ends_with(end)))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::validate::testing::found;

    fn trust(principal: &Json) -> Vec<(String, String)> {
        let statement = json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"});
        let document = json!({"Version": "2012-10-17", "Statement": [statement]});
        let role = json!({"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": document}});
        let found = found("W152", json!({"Resources": {"It": role}}));
        found.into_iter().map(|finding| (finding.message, finding.pointer.unwrap())).collect()
    }

    #[test]
    fn principals_are_ones() {
        let good = [
            json!({"Service": ["ecs-tasks.amazonaws.com", "ec2.amazonaws.com.cn"]}),
            json!({"Service": {"Fn::Sub": "logs.${AWS::Region}.amazonaws.com"}}),
            json!({"AWS": "123456789012"}),
            json!({"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}),
            json!({"AWS": [{"Ref": "AWS::AccountId"}, "*", "arn:aws:iam::123456789012:role/a/b"]}),
            json!({"Federated": "arn:aws:iam::123456789012:oidc-provider/x"}),
        ];
        for principal in good {
            assert_eq!(trust(&principal), [], "{principal}");
        }
        let bad = [
            json!("*"),
            json!("someone"),
            json!({"Aws": "*"}),
            json!({"AWS": "arn:aws:iam::123456789012:role/*"}),
            json!({"AWS": "arn:aws:s3:::bucket"}),
            json!({"AWS": "1234"}),
            json!({"Service": "ecs-tasks"}),
            json!({"Service": "*.amazonaws.com"}),
            json!({"Service": "ecs-task?.amazonaws.com"}),
            json!({"Federated": "cognito-identity.amazonaws.com"}),
        ];
        for principal in bad {
            assert_eq!(trust(&principal).len(), 1, "{principal}");
        }
        let (message, pointer) = trust(&json!({"Service": ["ecs"]})).remove(0);
        assert_eq!(message, "\"ecs\" is no service: the policy is refused");
        assert_eq!(
            pointer,
            "/Resources/It/Properties/AssumeRolePolicyDocument/Statement/0/Principal/Service/0"
        );
    }

    #[test]
    fn they_stand_where_they_belong() {
        let of = |type_name: &str, statement: Json| {
            let properties = json!({"PolicyDocument": {"Statement": statement}});
            found("W152", json!({"Resources": {"It": {"Type": type_name, "Properties": properties}}})).len()
        };
        let without = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"});
        let mut with = without.clone();
        with["Principal"] = json!("*");
        let mut both = with.clone();
        both["NotPrincipal"] = json!("*");
        assert_eq!((of("AWS::IAM::Policy", without.clone()), of("AWS::IAM::Policy", with.clone())), (0, 1));
        assert_eq!((of("AWS::S3::BucketPolicy", without), of("AWS::S3::BucketPolicy", with)), (1, 0));
        assert_eq!(of("AWS::S3::BucketPolicy", both), 1);
    }

    #[test]
    fn what_is_known_in_part_may_be_right() {
        assert!(is_identity(&format!("{GAP}")) && is_identity(&format!("arn:{GAP}:iam::{GAP}:role/{GAP}")));
        assert!(is_service(&format!("logs.{GAP}")));
    }
}
