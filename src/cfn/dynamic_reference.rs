//! `{{resolve:…}}` texts, which CloudFormation replaces with a value of another service.
//!
//! Source: AWS CloudFormation User Guide, "Get values stored in other services using dynamic references".

use super::to_json::serialize_as_json;
use super::{Intrinsic, Json, Sub, ToJson, Value};

/// A dynamic reference.
#[derive(Debug, Clone, PartialEq)]
pub enum DynamicReference {
    /// A parameter of type String or `StringList`.
    Ssm {
        /// The parameter's name.
        name: Value<String>,
        /// Its version; the newest if absent.
        version: Option<i64>,
    },
    /// A parameter of type `SecureString`; allowed in 11 properties only.
    SsmSecure {
        /// The parameter's name.
        name: Value<String>,
        /// Its version; the newest if absent.
        version: Option<i64>,
    },
    /// A secret of Secrets Manager; allowed in resource properties only.
    SecretsManager {
        /// Name or ARN.
        secret_id: Value<String>,
        /// The key in a secret whose text is a JSON object; the whole text if absent.
        json_key: Option<String>,
    },
}

impl DynamicReference {
    /// The whole text of a secret.
    pub fn secret(secret_id: impl Into<Value<String>>) -> Value<String> {
        Intrinsic::Dynamic(Self::SecretsManager { secret_id: secret_id.into(), json_key: None }).into()
    }

    /// One field of a secret whose text is a JSON object.
    pub fn secret_field(secret_id: impl Into<Value<String>>, json_key: impl Into<String>) -> Value<String> {
        Intrinsic::Dynamic(Self::SecretsManager {
            secret_id: secret_id.into(),
            json_key: Some(json_key.into()),
        })
        .into()
    }

    /// A `SecureString` parameter.
    pub fn secure_parameter(name: impl Into<Value<String>>) -> Value<String> {
        Intrinsic::Dynamic(Self::SsmSecure { name: name.into(), version: None }).into()
    }

    /// The reference as the text of a `Fn::Sub`.
    pub(crate) fn to_sub(&self) -> Sub {
        let versioned = |sub: Sub, version: &Option<i64>| match version {
            Some(version) => sub.text(&format!(":{version}")),
            None => sub,
        };
        let sub = Sub::default();
        let sub = match self {
            Self::Ssm { name, version } => versioned(sub.text("{{resolve:ssm:").value(name), version),
            Self::SsmSecure { name, version } => {
                versioned(sub.text("{{resolve:ssm-secure:").value(name), version)
            }
            Self::SecretsManager { secret_id, json_key } => {
                let sub = sub.text("{{resolve:secretsmanager:").value(secret_id).text(":SecretString");
                match json_key {
                    Some(key) => sub.text(":").text(key),
                    None => sub,
                }
            }
        };
        sub.text("}}")
    }
}

impl ToJson for DynamicReference {
    fn to_json(&self) -> Json {
        self.to_sub().build().to_json()
    }
}

serialize_as_json!(DynamicReference);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cfn::PseudoParameter;

    #[test]
    fn literal_names_give_a_text() {
        let reference = DynamicReference::secure_parameter("/dify/dev/db/password");
        assert_eq!(reference.to_json(), serde_json::json!("{{resolve:ssm-secure:/dify/dev/db/password}}"));
    }

    #[test]
    fn computed_names_give_a_sub() {
        let reference = DynamicReference::secret_field(PseudoParameter::StackName.reference(), "password");
        assert_eq!(
            reference.to_json(),
            serde_json::json!({"Fn::Sub": "{{resolve:secretsmanager:${AWS::StackName}:SecretString:password}}"})
        );
    }
}
