//! Drift: where resources are no longer what the stack says.

use serde::Serialize;

/// How far a detection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DriftDetectionStatus {
    /// `DETECTION_IN_PROGRESS`
    InProgress,
    /// `DETECTION_COMPLETE`
    Complete,
    /// `DETECTION_FAILED`: parts may be known nevertheless.
    Failed,
}

/// A detection of drift.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriftDetection {
    /// How far it is.
    pub status: DriftDetectionStatus,
    /// Why it failed.
    pub reason: Option<String>,
    /// How many resources drifted.
    pub drifted_resources: u32,
}

/// What became of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftStatus {
    /// It is as the stack says.
    InSync,
    /// Properties are others.
    Modified,
    /// It is gone.
    Deleted,
    /// It can't be checked.
    NotChecked,
}

/// The drift of one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResourceDrift {
    /// Its key in the template.
    pub logical_id: String,
    /// Its name or ARN.
    pub physical_id: Option<String>,
    /// Its type.
    pub resource_type: String,
    /// What became of it.
    pub status: DriftStatus,
    /// What differs.
    pub differences: Vec<PropertyDifference>,
}

/// One property that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PropertyDifference {
    /// JSON pointer into the properties.
    pub path: String,
    /// What the stack says.
    pub expected: String,
    /// What it is.
    pub actual: String,
    /// `ADD`, `REMOVE`, `NOT_EQUAL`.
    pub kind: String,
}
