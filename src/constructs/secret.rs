//! Secrets of Secrets Manager that the stack makes.

use serde_json::json;

use crate::cfn::{Handle, Value};
use crate::resources::secrets_manager::{CfnSecret, secret::GenerateSecretString};

use super::{MAIN, Removal, Scope};

/// A value that Secrets Manager makes up: letters and digits, at least one capital, one small letter and one digit.
///
/// No punctuation, so that the value needs no quoting in a URL, a shell or a token of `ElastiCache`; 32 characters are
/// 190 bits all the same. A change of anything here makes a new value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedSecret {
    /// How many characters, 3 to 4,096.
    pub length: u32,
    /// Makes the secret a JSON object: the key of the made-up value, and the other keys with their values, such as
    /// `password` beside a fixed `username`.
    pub in_object: Option<(String, Vec<(String, String)>)>,
}

impl GeneratedSecret {
    /// A plain text of that many characters.
    pub fn text(length: u32) -> Self {
        Self { length, in_object: None }
    }

    /// A JSON object whose field `key` is made up, beside the given ones.
    pub fn field<'a>(key: &str, length: u32, others: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let others = others.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { length, in_object: Some((key.to_owned(), others)) }
    }

    fn to_property(&self) -> GenerateSecretString {
        let mut property = GenerateSecretString {
            exclude_punctuation: Some(true.into()),
            password_length: Some(self.length.into()),
            ..Default::default()
        };
        if let Some((key, others)) = &self.in_object {
            let others: serde_json::Map<_, _> =
                others.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
            property.generate_string_key = Some(key.as_str().into());
            property.secret_string_template = Some(json!(others).to_string().into());
        }
        property
    }
}

/// Where a secret's value comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum SecretContent {
    /// It is made up when the secret is created.
    Generated(GeneratedSecret),
    /// It is put together from dynamic references and attributes, and never stands in the template. It is put together
    /// again only when the template's text of it changes.
    Composed(Value<String>),
}

/// What a [`Secret`] is. A secret costs 0.40 dollars a month.
#[derive(Debug, Clone, PartialEq)]
pub struct SecretProps {
    /// Where its value comes from.
    pub content: SecretContent,
    /// What it is for, at most 2,048 characters.
    pub description: Option<String>,
    /// A physical name of at most 512 characters. One that ends in a hyphen and six characters confuses Secrets Manager.
    pub name: Option<Value<String>>,
    /// ARN of the KMS key that encrypts it. `None`: the key that Secrets Manager has in each account, at no cost.
    pub kms_key_arn: Option<Value<String>>,
    /// What becomes of it. Kept, since `CloudFormation` deletes a secret at once and for good.
    pub removal: Removal,
}

impl SecretProps {
    /// A made-up secret that stays.
    pub fn generated(content: GeneratedSecret) -> Self {
        Self::new(SecretContent::Generated(content))
    }

    /// A secret that is put together from other values; deleted, since it can be put together again.
    pub fn composed(value: impl Into<Value<String>>) -> Self {
        Self { removal: Removal::Deleted, ..Self::new(SecretContent::Composed(value.into())) }
    }

    fn new(content: SecretContent) -> Self {
        Self { content, description: None, name: None, kms_key_arn: None, removal: Removal::Kept }
    }
}

/// A secret that the stack makes. To use it, see [`super::SecretValue`].
#[derive(Debug, Clone, PartialEq)]
pub struct Secret {
    handle: Handle<CfnSecret>,
    kms_key_arn: Option<Value<String>>,
}

impl Secret {
    /// The secret at this place of the tree.
    pub fn new(scope: &mut Scope<'_>, props: SecretProps) -> Self {
        if let SecretContent::Generated(GeneratedSecret { length, .. }) = props.content
            && !(3..=4096).contains(&length)
        {
            scope.misuse(
                format!("a secret of {length} characters can't be generated"),
                "choose a length from 3 to 4096",
            );
        }
        let mut resource = CfnSecret {
            description: props.description.map(Into::into),
            name: props.name,
            kms_key_id: props.kms_key_arn.clone(),
            ..Default::default()
        };
        match props.content {
            SecretContent::Generated(generated) => {
                resource.generate_secret_string = Some(generated.to_property().into());
            }
            SecretContent::Composed(value) => resource.secret_string = Some(value),
        }
        let handle = scope.add(MAIN, resource);
        props.removal.apply(scope, &handle);
        Self { handle, kms_key_arn: props.kms_key_arn }
    }

    /// Its ARN, the six characters at its end included.
    pub fn arn(&self) -> Value<String> {
        self.handle.reference()
    }

    /// ARN of the customer key that encrypts it, if one does.
    pub fn kms_key_arn(&self) -> Option<&Value<String>> {
        self.kms_key_arn.as_ref()
    }

    /// The resource, for what this part doesn't offer.
    pub fn handle(&self) -> &Handle<CfnSecret> {
        &self.handle
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cfn::DynamicReference;
    use crate::concat_values;
    use crate::constructs::Stack;
    use crate::constructs::testing::{misuses, synth};

    #[test]
    fn a_generated_secret_has_letters_and_digits_and_stays() {
        let mut stack = Stack::new();
        Secret::new(&mut stack.scope().child("Token"), SecretProps::generated(GeneratedSecret::text(64)));
        assert_eq!(
            synth(stack)["Token"],
            json!({
                "Type": "AWS::SecretsManager::Secret",
                "DeletionPolicy": "RetainExceptOnCreate",
                "UpdateReplacePolicy": "Retain",
                "Properties": { "GenerateSecretString": { "ExcludePunctuation": true, "PasswordLength": 64 } },
            })
        );
    }

    #[test]
    fn a_generated_field_stands_beside_fixed_ones() {
        let mut stack = Stack::new();
        let content = GeneratedSecret::field("password", 32, [("username", "admin\"")]);
        let props = SecretProps {
            name: Some("/app/dev/database".into()),
            kms_key_arn: Some("arn:key".into()),
            ..SecretProps::generated(content)
        };
        Secret::new(&mut stack.scope().child("Database"), props);
        assert_eq!(
            synth(stack)["Database"]["Properties"],
            json!({ "Name": "/app/dev/database", "KmsKeyId": "arn:key", "GenerateSecretString": {
                "ExcludePunctuation": true, "PasswordLength": 32, "GenerateStringKey": "password",
                "SecretStringTemplate": r#"{"username":"admin\""}"#,
            } })
        );
    }

    #[test]
    fn a_composed_secret_holds_a_reference_to_the_other() {
        let mut stack = Stack::new();
        let mut scope = stack.scope();
        let token = Secret::new(&mut scope.child("Token"), SecretProps::generated(GeneratedSecret::text(64)));
        let url = concat_values!["rediss://:", DynamicReference::secret(token.arn()), "@host"];
        Secret::new(&mut scope.child("Url"), SecretProps::composed(url));
        let resources = synth(stack);
        assert_eq!(resources["Url"]["DeletionPolicy"], "Delete");
        assert_eq!(
            resources["Url"]["Properties"],
            json!({ "SecretString": {
                "Fn::Sub": "rediss://:{{resolve:secretsmanager:${Token}:SecretString}}@host"
            } })
        );
    }

    #[test]
    fn an_impossible_length_is_reported() {
        let mut stack = Stack::new();
        Secret::new(&mut stack.scope().child("Token"), SecretProps::generated(GeneratedSecret::text(2)));
        assert_eq!(misuses(stack), ["a secret of 2 characters can't be generated"]);
    }
}
