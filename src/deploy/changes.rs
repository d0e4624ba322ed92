//! What will happen to a stack, ready to be shown.

use serde::Serialize;

use super::api::{ChangeAction, PolicyAction, Replacement};

/// What happens to one resource.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Change {
    /// What happens.
    pub action: ChangeAction,
    /// Its key in the template.
    pub logical_id: String,
    /// The path of our construct.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub construct: Option<String>,
    /// Its type.
    pub resource_type: String,
    /// Its name or ARN, if it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub physical_id: Option<String>,
    /// Whether it is replaced.
    pub replacement: Replacement,
    /// What becomes of the old one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_action: Option<PolicyAction>,
    /// Whether it holds data.
    pub holds_data: bool,
    /// What changes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<PropertyDelta>,
    /// Its drift, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift_status: Option<String>,
    /// What happens in the nested stack that it is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nested: Vec<Change>,
}

/// A change of one property or attribute.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct PropertyDelta {
    /// JSON pointer into the resource, such as `/Properties/Engine`.
    pub path: String,
    /// The value before; none: there was none, or it isn't known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The value after; none: there will be none, or it isn't known yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// What the resource really has, where it drifted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual: Option<String>,
    /// Whether this change replaces the resource.
    pub replacement: Replacement,
    /// What causes it: a parameter, another resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

/// Something that gets wider: a permission, or who reaches what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Widening {
    /// The resource's key in the template.
    pub logical_id: String,
    /// In words: "anyone on the internet may reach port 22 of …".
    pub words: String,
    /// What kind of access it is.
    pub kind: WideningKind,
}

/// A kind of access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WideningKind {
    /// Anyone may reach it, act as it or do something with it.
    Public,
    /// Addresses outside of the stack may reach it.
    Outside,
    /// Somebody may do anything on everything.
    Unlimited,
    /// What was denied no longer is.
    Denial,
    /// Somebody may reach something by the network.
    Network,
    /// Somebody may do something.
    Permission,
    /// Somebody may act as a role.
    Trust,
}

impl WideningKind {
    /// Whether a person has to read each of it, however many there are.
    pub fn is_told_one_by_one(self) -> bool {
        matches!(self, Self::Public | Self::Outside | Self::Unlimited | Self::Denial)
    }
}
