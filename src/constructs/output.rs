//! Outputs of a template.

use crate::cfn::{ConditionHandle, Json, Value};

/// An output of a template.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// What is told.
    pub value: Value<String>,
    /// What it is, at most 1,024 bytes.
    pub description: String,
    /// The name under which other stacks import it. Can't be taken back while one does.
    pub export: Option<Value<String>>,
    /// The condition that decides whether it exists.
    pub condition: Option<ConditionHandle>,
}

impl Output {
    /// An output that isn't exported.
    pub fn new(description: impl Into<String>, value: impl Into<Value<String>>) -> Self {
        Self { value: value.into(), description: description.into(), export: None, condition: None }
    }

    pub(super) fn to_json(&self) -> Json {
        let mut json = serde_json::json!({ "Description": self.description, "Value": self.value });
        if let Some(name) = &self.export {
            json["Export"] = serde_json::json!({ "Name": name });
        }
        if let Some(condition) = &self.condition {
            json["Condition"] = serde_json::json!(condition.logical_id());
        }
        json
    }
}
