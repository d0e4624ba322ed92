//! How the parts refer to a secret, wherever it is kept.

use crate::cfn::{DynamicReference, Value};
use crate::concat_values;

use super::arn::regional_arn;
use super::kms_key::grant_decrypt;
use super::policy::PolicyStatement;
use super::{Grantable, Scope, Secret};

/// A secret, wherever it is kept; never its value.
#[derive(Debug, Clone, PartialEq)]
pub enum SecretValue {
    /// A secret of this stack.
    Secret {
        /// The secret.
        secret: Secret,
        /// The field, if its text is a JSON object.
        field: Option<String>,
    },
    /// A secret that exists in Secrets Manager.
    ExistingSecret {
        /// Its ARN, or its name if it is in the stack's account and region. A computed value is taken for an ARN.
        secret_id: Value<String>,
        /// The field, if its text is a JSON object.
        field: Option<String>,
        /// ARN of the customer key that encrypts it, if one does.
        kms_key_arn: Option<Value<String>>,
    },
    /// A parameter that exists in Parameter Store, in the stack's account and region.
    SsmParameter {
        /// Its name or ARN. A computed value is taken for a name that begins with `/`.
        name: Value<String>,
        /// ARN of the customer key that encrypts it, if one does.
        kms_key_arn: Option<Value<String>>,
    },
}

impl SecretValue {
    /// The whole text of a secret of this stack.
    pub fn of(secret: &Secret) -> Self {
        Self::Secret { secret: secret.clone(), field: None }
    }

    /// A field of a secret of this stack.
    pub fn field(secret: &Secret, field: impl Into<String>) -> Self {
        Self::Secret { secret: secret.clone(), field: Some(field.into()) }
    }

    /// A parameter under AWS's own key.
    pub fn parameter(name: impl Into<Value<String>>) -> Self {
        Self::SsmParameter { name: name.into(), kms_key_arn: None }
    }

    /// The ARN of the secret or parameter that holds the value; for a secret known by name, without the six characters
    /// at its end, which Secrets Manager doesn't need.
    pub fn arn(&self) -> Value<String> {
        match self {
            Self::Secret { secret, .. } => secret.arn(),
            Self::ExistingSecret { secret_id, .. } => match secret_id.literal() {
                Some(name) if !is_arn(name) => {
                    regional_arn("secretsmanager", concat_values!["secret:", name.as_str()])
                }
                _ => secret_id.clone(),
            },
            Self::SsmParameter { name, .. } => match name.literal() {
                Some(arn) if is_arn(arn) => name.clone(),
                Some(name) => {
                    regional_arn("ssm", concat_values!["parameter/", name.strip_prefix('/').unwrap_or(name)])
                }
                None => regional_arn("ssm", concat_values!["parameter", name.clone()]),
            },
        }
    }

    /// What AWS's command line takes for it in its account and region: a parameter's name, or the ARN.
    pub fn id(&self) -> Value<String> {
        match self {
            Self::SsmParameter { name, .. } => name.clone(),
            _ => self.arn(),
        }
    }

    /// The `ValueFrom` of a container's secret.
    ///
    /// Source: Amazon ECS API Reference, "Secret"; Amazon ECS Developer Guide, "Pass Secrets Manager secrets through
    /// Amazon ECS environment variables".
    pub fn value_from(&self) -> Value<String> {
        match self.json_field() {
            Some(field) => concat_values![self.arn(), ":", field, "::"],
            None => self.arn(),
        }
    }

    /// What a resource's property holds in place of the value. Of a `SecureString`, only some properties may hold it,
    /// among them the passwords of RDS and the token of `ElastiCache` (AWS `CloudFormation` User Guide, "Get a secure
    /// string value from Systems Manager Parameter Store").
    pub fn dynamic_reference(&self) -> Value<String> {
        let secret_id = match self {
            Self::Secret { secret, .. } => secret.arn(),
            Self::ExistingSecret { secret_id, .. } => secret_id.clone(),
            Self::SsmParameter { name, .. } => {
                return DynamicReference::secure_parameter(match name.literal() {
                    Some(arn) if is_arn(arn) => parameter_name(arn).into(),
                    _ => name.clone(),
                });
            }
        };
        match self.json_field() {
            Some(field) => DynamicReference::secret_field(secret_id, field),
            None => DynamicReference::secret(secret_id),
        }
    }

    /// Lets someone read it: exactly it, and what the customer key encrypts if there is one.
    pub fn grant_read(&self, scope: &mut Scope<'_>, to: &impl Grantable) {
        let (action, resource) = match self {
            Self::Secret { secret, .. } => ("secretsmanager:GetSecretValue", secret.arn()),
            Self::ExistingSecret { secret_id, .. } => {
                let whole = match secret_id.literal() {
                    Some(id) => is_arn(id) && has_random_end(id),
                    None => true,
                };
                // An ARN without its random end matches no secret: the end is exactly six characters.
                let arn = if whole { self.arn() } else { concat_values![self.arn(), "-??????"] };
                ("secretsmanager:GetSecretValue", arn)
            }
            Self::SsmParameter { .. } => ("ssm:GetParameters", self.arn()),
        };
        to.grant(scope, &PolicyStatement::allow([action], [resource]));
        if let Some(key) = self.kms_key_arn() {
            grant_decrypt(scope, key, to);
        }
    }

    fn json_field(&self) -> Option<&str> {
        match self {
            Self::Secret { field, .. } | Self::ExistingSecret { field, .. } => field.as_deref(),
            Self::SsmParameter { .. } => None,
        }
    }

    fn kms_key_arn(&self) -> Option<&Value<String>> {
        match self {
            Self::Secret { secret, .. } => secret.kms_key_arn(),
            Self::ExistingSecret { kms_key_arn, .. } | Self::SsmParameter { kms_key_arn, .. } => {
                kms_key_arn.as_ref()
            }
        }
    }
}

fn is_arn(text: &str) -> bool {
    text.starts_with("arn:")
}

/// Whether a secret's ARN ends in the hyphen and six characters that Secrets Manager puts behind the name.
fn has_random_end(arn: &str) -> bool {
    arn.rsplit_once('-')
        .is_some_and(|(_, end)| end.len() == 6 && end.chars().all(|c| c.is_ascii_alphanumeric()))
}

/// The name of the parameter with that ARN. One with levels begins with `/`, which the ARN leaves out.
fn parameter_name(arn: &str) -> String {
    let name = arn.split_once(":parameter/").map_or(arn, |(_, name)| name);
    if name.contains('/') { format!("/{name}") } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::cfn::PseudoParameter;
    use crate::constructs::testing::synth;
    use crate::constructs::{GeneratedSecret, Role, RoleProps, SecretProps, Stack};

    const WHOLE: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:mail-a1B2c3";

    fn existing(secret_id: &str, field: Option<&str>) -> SecretValue {
        SecretValue::ExistingSecret {
            secret_id: secret_id.into(),
            field: field.map(str::to_owned),
            kms_key_arn: None,
        }
    }

    /// The statements that a role has after it was granted the value.
    fn granted(stack: Option<Stack>, value: &SecretValue) -> Json {
        let mut stack = stack.unwrap_or_default();
        let mut scope = stack.scope();
        let role = Role::new(&mut scope.child("Role"), RoleProps::for_tasks());
        value.grant_read(&mut scope, &role);
        let statements = &synth(stack)["Role"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"];
        let pairs = statements.as_array().unwrap().iter();
        pairs.map(|statement| json!([statement["Action"], statement["Resource"]])).collect()
    }

    #[test]
    fn a_secret_of_the_stack_is_referred_to_by_its_arn() {
        let mut stack = Stack::new();
        let props = SecretProps {
            kms_key_arn: Some("arn:key".into()),
            ..SecretProps::generated(GeneratedSecret::text(32))
        };
        let secret = Secret::new(&mut stack.scope().child("Token"), props);
        let field = SecretValue::field(&secret, "password");
        let parts = [SecretValue::of(&secret).value_from(), field.value_from(), field.dynamic_reference()];
        let mut scope = stack.scope();
        for (name, value) in ["A", "B", "C"].into_iter().zip(parts) {
            scope.output(name, crate::constructs::Output::new("", value));
        }
        let outputs = stack.synth().unwrap().outputs;
        assert_eq!(outputs["A"]["Value"], json!({ "Ref": "Token" }));
        assert_eq!(outputs["B"]["Value"], json!({ "Fn::Sub": "${Token}:password::" }));
        assert_eq!(
            outputs["C"]["Value"],
            json!({ "Fn::Sub": "{{resolve:secretsmanager:${Token}:SecretString:password}}" })
        );
    }

    #[test]
    fn reading_a_secret_of_the_stack_takes_its_key_too() {
        let mut stack = Stack::new();
        let props = SecretProps {
            kms_key_arn: Some("arn:key".into()),
            ..SecretProps::generated(GeneratedSecret::text(32))
        };
        let secret = Secret::new(&mut stack.scope().child("Token"), props);
        let value = SecretValue::of(&secret);
        assert_eq!(
            granted(Some(stack), &value),
            json!([["secretsmanager:GetSecretValue", { "Ref": "Token" }], ["kms:Decrypt", "arn:key"]])
        );
    }

    #[test]
    fn an_existing_secret_is_known_by_its_arn_or_name() {
        let by_arn = existing(WHOLE, Some("password"));
        assert_eq!(by_arn.value_from().to_json(), json!(format!("{WHOLE}:password::")));
        assert_eq!(
            by_arn.dynamic_reference().to_json(),
            json!(format!("{{{{resolve:secretsmanager:{WHOLE}:SecretString:password}}}}"))
        );
        assert_eq!(granted(None, &by_arn), json!([["secretsmanager:GetSecretValue", WHOLE]]));

        let by_name = existing("app/mail", None);
        let arn = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:app/mail";
        assert_eq!(by_name.value_from().to_json(), json!({ "Fn::Sub": arn }));
        assert_eq!(
            by_name.dynamic_reference().to_json(),
            json!("{{resolve:secretsmanager:app/mail:SecretString}}")
        );
        let statement = json!([["secretsmanager:GetSecretValue", { "Fn::Sub": format!("{arn}-??????") }]]);
        assert_eq!(granted(None, &by_name), statement);
    }

    #[test]
    fn an_arn_without_its_end_is_granted_with_any_end() {
        let arn = WHOLE.strip_suffix("-a1B2c3").unwrap();
        assert_eq!(
            granted(None, &existing(arn, None)),
            json!([["secretsmanager:GetSecretValue", format!("{arn}-??????")]])
        );
    }

    #[test]
    fn a_parameter_is_known_by_its_name_or_arn() {
        let arn = |rest: &str| {
            json!({ "Fn::Sub":
                format!("arn:${{AWS::Partition}}:ssm:${{AWS::Region}}:${{AWS::AccountId}}:parameter/{rest}") })
        };
        let leveled = SecretValue::parameter("/app/dev/key");
        assert_eq!(leveled.value_from().to_json(), arn("app/dev/key"));
        assert_eq!(leveled.dynamic_reference().to_json(), json!("{{resolve:ssm-secure:/app/dev/key}}"));
        assert_eq!(granted(None, &leveled), json!([["ssm:GetParameters", arn("app/dev/key")]]));
        assert_eq!(SecretValue::parameter("key").value_from().to_json(), arn("key"));

        let whole = "arn:aws:ssm:eu-west-1:123456789012:parameter/app/dev/key";
        let by_arn = SecretValue::SsmParameter { name: whole.into(), kms_key_arn: Some("arn:key".into()) };
        assert_eq!(by_arn.value_from().to_json(), json!(whole));
        assert_eq!(by_arn.dynamic_reference(), leveled.dynamic_reference());
        assert_eq!(granted(None, &by_arn), json!([["ssm:GetParameters", whole], ["kms:Decrypt", "arn:key"]]));
    }

    #[test]
    fn a_computed_parameter_name_begins_with_a_slash() {
        let name = concat_values!["/app/", PseudoParameter::StackName.reference(), "/key"];
        assert_eq!(
            SecretValue::parameter(name).value_from().to_json(),
            json!({ "Fn::Sub":
                "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/app/${AWS::StackName}/key" })
        );
    }
}
