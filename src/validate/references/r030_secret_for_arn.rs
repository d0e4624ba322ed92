//! R030: a secret's ARN isn't its value.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::references::{Part, dynamic};
use crate::validate::{Context, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("R030"),
    severity: Severity::Warning,
    title: "a property for a secret's ARN has no secret",
    what: "In `SecretArn` and its like stands the ARN of a secret, and no `{{resolve:secretsmanager:…}}`, which gives its value.",
    why: "The service takes the password for an ARN, refuses it, and writes it into its message and its log.",
    source: "AWS CloudFormation User Guide, \"Get a secret or secret value from Secrets Manager\"",
    same_as: &["cfn-lint W1051"],
};

/// Properties that take the ARN of a secret, wherever they stand.
const ARNS: [&str; 6] = [
    "SecretArn",
    "SecretARN",
    "SecretsManagerSecretId",
    "SecretsManagerOracleAsmSecretId",
    "SecretsManagerSecurityDbEncryptionSecretId",
    "SecretsManagerConfiguration",
];

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    let texts = context.references.texts.iter().filter(|text| text.site.part == Part::Properties);
    for text in texts {
        let found = dynamic::references(text);
        if !found.iter().any(|found| found.service() == "secretsmanager") {
            continue;
        }
        let property = text.site.property();
        let Some(name) = property.split('/').find(|name| ARNS.contains(name)) else { continue };
        let message = format!("`{name}` takes the ARN of a secret, and this gives its value");
        findings.push(
            RULE.at(text.site.owner, text.site.pointer(), message)
                .help("write the ARN itself, such as `!Ref` to the secret"),
        );
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validate::testing::{none, only, resource};

    #[test]
    fn a_value_where_an_arn_belongs_is_found() {
        let proxy = |secret: serde_json::Value| {
            resource(
                "AWS::RDS::DBProxy",
                json!({"Auth": [{"SecretArn": secret}], "DBProxyName": "{{resolve:secretsmanager:s}}"}),
            )
        };
        let (message, pointer) =
            only("R030", proxy(json!({"Fn::Sub": "{{resolve:secretsmanager:${AWS::StackName}}}"})));
        assert_eq!(message, "`SecretArn` takes the ARN of a secret, and this gives its value");
        assert_eq!(pointer, "/Resources/It/Properties/Auth/0/SecretArn/Fn::Sub");
        none("R030", proxy(json!("arn:aws:secretsmanager:us-east-1:123456789012:secret:s-abcdef")));
    }
}
