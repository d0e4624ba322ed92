//! Parameters of a template, with their place on the console's form.

use serde::Serialize;

use crate::cfn::Json;

/// What a parameter takes.
///
/// Source: AWS CloudFormation User Guide, "Specify existing resources at runtime with CloudFormation-supplied
/// parameter types".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum ParameterType {
    /// A text, which may be empty.
    String,
    /// An integer or a float.
    Number,
    /// Texts separated by commas.
    CommaDelimitedList,
    /// A VPC of the account, from a list.
    #[serde(rename = "AWS::EC2::VPC::Id")]
    VpcId,
    /// Subnets of the account, from a list.
    #[serde(rename = "List<AWS::EC2::Subnet::Id>")]
    SubnetIds,
    /// A hosted zone of the account, from a list. Can't be left empty.
    #[serde(rename = "AWS::Route53::HostedZone::Id")]
    HostedZoneId,
}

/// A parameter of a template.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Parameter {
    /// What it takes.
    #[serde(rename = "Type")]
    pub kind: ParameterType,
    /// What it is for, at most 4,000 characters.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The value if none is given; without it one has to be given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Json>,
    /// The only values that it takes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_values: Vec<Json>,
    /// The pattern that a text has to match as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_pattern: Option<String>,
    /// What the console says where the value isn't allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constraint_description: Option<String>,
    /// Shortest text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_length: Option<u32>,
    /// Longest text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u32>,
    /// Smallest number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_value: Option<i64>,
    /// Largest number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_value: Option<i64>,
    /// Never shown again once given.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub no_echo: bool,
    /// The heading of the form under which it stands.
    #[serde(skip)]
    pub group: &'static str,
    /// What the form calls it.
    #[serde(skip)]
    pub label: String,
}

impl Parameter {
    /// A parameter without constraints.
    pub fn new(kind: ParameterType, description: impl Into<String>) -> Self {
        Self {
            kind,
            description: description.into(),
            default: None,
            allowed_values: Vec::new(),
            allowed_pattern: None,
            constraint_description: None,
            min_length: None,
            max_length: None,
            min_value: None,
            max_value: None,
            no_echo: false,
            group: "",
            label: String::new(),
        }
    }

    /// Puts it under a heading of the console's form and gives it a label there.
    #[must_use]
    pub fn on_form(mut self, group: &'static str, label: impl Into<String>) -> Self {
        self.group = group;
        self.label = label.into();
        self
    }

    /// The value if none is given.
    #[must_use]
    pub fn default(mut self, value: impl Into<Json>) -> Self {
        self.default = Some(value.into());
        self
    }

    /// The only values that it takes.
    #[must_use]
    pub fn one_of<T: Into<Json>>(mut self, values: impl IntoIterator<Item = T>) -> Self {
        self.allowed_values = values.into_iter().map(Into::into).collect();
        self
    }

    /// The pattern that a value has to match, and the sentence that says so.
    #[must_use]
    pub fn pattern(mut self, pattern: impl Into<String>, constraint: impl Into<String>) -> Self {
        self.allowed_pattern = Some(pattern.into());
        self.constraint_description = Some(constraint.into());
        self
    }

    /// The smallest and largest number.
    #[must_use]
    pub fn range(mut self, min: i64, max: i64) -> Self {
        self.min_value = Some(min);
        self.max_value = Some(max);
        self
    }

    pub(super) fn to_json(&self) -> Json {
        // Strings, numbers and JSON only: this serialization has no failing case.
        serde_json::to_value(self).unwrap_or(Json::Null)
    }
}
