//! Templates as CloudFormation has and sees them.

/// Which form of a stack's template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemplateStage {
    /// As it was sent.
    Original,
    /// After macros.
    Processed,
}

/// What `GetTemplateSummary` answers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TemplateSummary {
    /// What the template asks for.
    pub parameters: Vec<ParameterDeclaration>,
    /// Capabilities that it needs.
    pub capabilities: Vec<String>,
    /// Why it needs them.
    pub capabilities_reason: Option<String>,
    /// Macros.
    pub declared_transforms: Vec<String>,
    /// Types of its resources.
    pub resource_types: Vec<String>,
}

/// A parameter as `GetTemplateSummary` tells it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ParameterDeclaration {
    /// Its name.
    pub key: String,
    /// Its type.
    pub type_name: String,
    /// Its default.
    pub default: Option<String>,
    /// Whether its value is hidden.
    pub no_echo: bool,
}
