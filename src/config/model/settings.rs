//! Versions, images, secrets, mail, logs, alarms, and settings of single resources.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SecretSource;
use super::data::ExistingSecret;

/// Versions of Dify's images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DifyVersions {
    /// Dify: the tag of the api image, and of web where `web` isn't set.
    pub version: String,
    /// The web image, where it isn't the same as `version`.
    pub web: Option<String>,
    /// The plugin daemon.
    pub plugin_daemon: String,
    /// The sandbox.
    pub sandbox: String,
}

impl Default for DifyVersions {
    fn default() -> Self {
        Self {
            version: "1.17.1".to_owned(),
            web: None,
            plugin_daemon: "0.6.10-local".to_owned(),
            sandbox: "0.2.15".to_owned(),
        }
    }
}

/// Where images come from and what they run on.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Images {
    /// The registry, such as `123456789012.dkr.ecr.us-east-1.amazonaws.com`; Docker Hub without it.
    pub registry: Option<String>,
    /// A secret with `username` and `password` for the registry: its ARN.
    pub credentials: Option<String>,
    /// The processor that tasks run on.
    pub architecture: Architecture,
}

/// A processor architecture of Fargate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Architecture {
    /// Graviton, cheaper.
    #[default]
    Arm64,
    /// Intel and AMD.
    X86_64,
}

/// Where secrets are kept.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Secrets {
    /// `secretsmanager` (made by the stack) or `ssm` (`SecureString` parameters made by `dify-cfn secrets`).
    pub backend: SecretsBackend,
    /// An existing `SECRET_KEY`, such as that of a lost stack.
    pub secret_key: ExistingSecret,
    /// The existing password of the database that `database.restore_from` brings back.
    pub database_password: ExistingSecret,
}

/// Where secrets are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SecretsBackend {
    /// Secrets Manager; values are generated inside the stack.
    #[default]
    Secretsmanager,
    /// Parameter Store; cheaper, but values have to exist before the stack.
    Ssm,
}

/// How Dify sends mail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Mail {
    /// How it is sent.
    #[serde(rename = "type")]
    pub kind: MailType,
    /// The sender.
    pub from: String,
    /// The server.
    pub smtp: Smtp,
}

impl Default for Mail {
    fn default() -> Self {
        Self { kind: MailType::Smtp, from: String::new(), smtp: Smtp::default() }
    }
}

/// How mail is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MailType {
    /// To a server, such as that of SES.
    Smtp,
}

/// A mail server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Smtp {
    /// Its name.
    pub server: String,
    /// 465 (TLS from the start) or 587 (STARTTLS).
    #[schemars(range(min = 1, max = 65535))]
    pub port: u16,
    /// The user.
    pub username: Option<String>,
    /// Where the password is kept.
    pub password: Option<SecretSource>,
}

impl Default for Smtp {
    fn default() -> Self {
        Self { server: String::new(), port: 465, username: None, password: None }
    }
}

/// Container logs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Logs {
    /// Days for which logs are kept; as `CloudWatch` offers them (1, 3, 5, 7, 14, 30, 60, 90, …).
    #[schemars(extend("enum" = [
        1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
    ]))]
    pub retention_days: u32,
    /// Whether log groups stay when the stack is deleted.
    pub keep_on_delete: bool,
    /// One log group for all components in place of one for each.
    pub single_group: bool,
}

impl Default for Logs {
    fn default() -> Self {
        Self { retention_days: 7, keep_on_delete: false, single_group: false }
    }
}

/// `CloudWatch` alarms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Alarms {
    /// Whether there are any.
    pub enabled: bool,
    /// The SNS topic that is told.
    pub topic_arn: Option<String>,
}

impl Default for Alarms {
    fn default() -> Self {
        Self { enabled: true, topic_arn: None }
    }
}

/// Values published as SSM String parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Parameters {
    /// Whether they are published.
    pub enabled: bool,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { enabled: true }
    }
}

/// A resource of the template. `{name}`, `{environment}`, `{stack}`, `{region}` and `{account}` are filled in.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ResourceSettings {
    /// The type of a resource that is added to the stack's own, such as `AWS::IAM::ManagedPolicy`.
    #[serde(rename = "type")]
    #[schemars(extend("examples" = ["AWS::IAM::ManagedPolicy", "AWS::EC2::VPCEndpoint"]))]
    pub type_name: Option<String>,
    /// Its physical name.
    pub name: Option<String>,
    /// Its own tags, beside those of the stack.
    pub tags: IndexMap<String, String>,
    /// Any other property, in CloudFormation's own words; objects are merged, lists and texts replaced, `null` takes one out.
    pub properties: serde_json::Map<String, serde_json::Value>,
}

/// A finding that is accepted: it stays in the report, with the reason, and nothing fails because of it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AcceptedFinding {
    /// Its code, such as `P012`.
    pub code: String,
    /// The logical id of the resource that it is about, or a JSON pointer into the template, at its place or above.
    pub place: String,
    /// Why it is accepted.
    pub reason: String,
}
