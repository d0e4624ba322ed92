//! A stack under construction: the tree of constructs, and everything that becomes the template.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use crate::cfn::{
    AnyResource, CfnResource, ConditionExpression, ConditionHandle, Handle, Json, LogicalId, Map,
    MappingHandle, ParameterHandle, RemovalPolicy, Resource, StackId, Template, ToJson as _, untag,
};
use crate::diagnostic::{Diagnostic, codes};

use super::{MAIN, Output, Parameter, Scope, interface};

codes! {
    /// Two constructs share a path, or two paths give the same logical id.
    pub const DUPLICATE_CONSTRUCT: Code = Code("T001");
    /// A handle of another stack was used.
    pub const FOREIGN_HANDLE: Code = Code("T002");
    /// A name can't be a logical id.
    pub const BAD_LOGICAL_ID: Code = Code("T003");
}

/// Functions that need the `AWS::LanguageExtensions` transform.
///
/// Source: AWS CloudFormation User Guide, "`AWS::LanguageExtensions` transform".
const EXTENSION_FUNCTIONS: [&str; 2] = ["Fn::Length", "Fn::ToJsonString"];

/// What stands beside a resource's properties.
#[derive(Debug, Clone, Default)]
pub struct ResourceOptions {
    /// The condition that decides whether the resource exists.
    pub condition: Option<ConditionHandle>,
    /// What comes first although no property refers to it.
    pub depends_on: BTreeSet<LogicalId>,
    /// What happens when the resource leaves the stack.
    pub deletion_policy: Option<RemovalPolicy>,
    /// What happens to the old one when the resource is replaced.
    pub update_replace_policy: Option<RemovalPolicy>,
    /// About the resource.
    pub metadata: Map,
    /// Other attributes, such as `UpdatePolicy`.
    pub other: Map,
}

impl ResourceOptions {
    /// What is kept or lost with the data: stays when the stack goes, unless its own create failed.
    pub fn retain(&mut self) {
        self.deletion_policy = Some(RemovalPolicy::RetainExceptOnCreate);
        self.update_replace_policy = Some(RemovalPolicy::Retain);
    }

    /// Says in so many words that the resource is deleted with its stack.
    pub fn delete(&mut self) {
        self.deletion_policy = Some(RemovalPolicy::Delete);
        self.update_replace_policy = Some(RemovalPolicy::Delete);
    }
}

/// A resource in the tree.
#[derive(Debug)]
pub(super) struct Node {
    path: String,
    resource: Box<dyn AnyResource>,
    options: ResourceOptions,
}

/// A stack under construction.
///
/// Nothing here fails on the spot: what is wrong is collected and told by [`Stack::synth`], so that code that
/// builds constructs has no error handling in it.
#[derive(Debug)]
pub struct Stack {
    id: StackId,
    description: Option<String>,
    metadata: Map,
    parameters: IndexMap<String, Parameter>,
    mappings: IndexMap<String, Json>,
    conditions: IndexMap<String, ConditionExpression>,
    /// Constructs look for each other so often that the hash counts.
    resources: IndexMap<String, Node, foldhash::fast::RandomState>,
    outputs: IndexMap<String, Output>,
    diagnostics: Vec<Diagnostic>,
    /// Whether what was rendered has a function that needs the `AWS::LanguageExtensions` transform.
    uses_extensions: bool,
}

impl Default for Stack {
    fn default() -> Self {
        Self::new()
    }
}

impl Stack {
    /// An empty stack.
    pub fn new() -> Self {
        Self {
            id: StackId::unique(),
            description: None,
            metadata: Map::new(),
            parameters: IndexMap::new(),
            mappings: IndexMap::new(),
            conditions: IndexMap::new(),
            resources: IndexMap::default(),
            outputs: IndexMap::new(),
            diagnostics: Vec::new(),
            uses_extensions: false,
        }
    }

    /// Sets the template's description, at most 1,024 bytes.
    pub fn describe(&mut self, description: impl Into<String>) {
        self.description = Some(description.into());
    }

    /// The root of the tree.
    pub fn scope(&mut self) -> Scope<'_> {
        Scope::root(self)
    }

    /// Adds an entry to the template's metadata.
    pub fn metadata(&mut self, key: impl Into<String>, value: Json) {
        self.metadata.insert(key.into(), value);
    }

    /// Declares a parameter.
    pub fn parameter(&mut self, name: &str, parameter: Parameter) -> ParameterHandle {
        let id = self
            .claim(name, |stack| stack.parameters.contains_key(name) || stack.resources.contains_key(name));
        self.parameters.insert(name.to_owned(), parameter);
        ParameterHandle::new(id)
    }

    /// The parameter called `name`, if it was declared.
    pub fn find_parameter(&self, name: &str) -> Option<ParameterHandle> {
        self.parameters.contains_key(name).then(|| ParameterHandle::new(LogicalId::new(self.id, name)))
    }

    /// Declares a condition.
    pub fn condition(&mut self, name: &str, expression: ConditionExpression) -> ConditionHandle {
        let id = self.claim(name, |stack| stack.conditions.contains_key(name));
        self.conditions.insert(name.to_owned(), expression);
        ConditionHandle::new(id)
    }

    /// Declares a mapping of two levels of keys.
    pub fn mapping(&mut self, name: &str, entries: Json) -> MappingHandle {
        let id = self.claim(name, |stack| stack.mappings.contains_key(name));
        self.mappings.insert(name.to_owned(), entries);
        MappingHandle::new(id)
    }

    /// Declares an output.
    pub fn output(&mut self, name: &str, output: Output) {
        self.claim(name, |stack| stack.outputs.contains_key(name));
        self.outputs.insert(name.to_owned(), output);
    }

    /// A finding of a construct, told with the others.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn claim(&mut self, name: &str, taken: impl Fn(&Self) -> bool) -> LogicalId {
        if name.is_empty() || name.len() > 255 || !name.chars().all(|c| c.is_ascii_alphanumeric()) {
            self.report(
                Diagnostic::error(BAD_LOGICAL_ID, format!("`{name}` can't be a name in a template"))
                    .help("use 1 to 255 ASCII letters and digits"),
            );
        }
        if taken(self) {
            self.report(Diagnostic::error(DUPLICATE_CONSTRUCT, format!("`{name}` is declared twice")));
        }
        LogicalId::new(self.id, name)
    }

    pub(super) fn insert(&mut self, name: &str, path: String, resource: Box<dyn AnyResource>) -> LogicalId {
        if let Some(other) = self.resources.get(name) {
            let message = if other.path == path {
                format!("two constructs share the path `{path}`")
            } else {
                format!("the paths `{}` and `{path}` both give the logical id `{name}`", other.path)
            };
            self.report(
                Diagnostic::error(DUPLICATE_CONSTRUCT, message).logical_id(name).construct(path.clone()),
            );
        }
        let id = self.claim(name, |stack| stack.parameters.contains_key(name));
        // The first one stays, so that handles given out for it keep their type.
        self.resources.entry(name.to_owned()).or_insert(Node {
            path,
            resource,
            options: ResourceOptions::default(),
        });
        id
    }

    fn node(&mut self, id: &LogicalId) -> Option<&mut Node> {
        if id.stack() != self.id {
            self.report_foreign(id.as_str(), None);
            return None;
        }
        self.resources.get_mut(id.as_str())
    }

    fn report_foreign(&mut self, name: &str, construct: Option<&str>) {
        let mut diagnostic =
            Diagnostic::error(FOREIGN_HANDLE, format!("`{name}` is a construct of another stack"))
                .help("pass its value between stacks as an output and a parameter")
                .logical_id(name);
        diagnostic.construct = construct.map(str::to_owned);
        self.report(diagnostic);
    }

    /// Changes a resource that is in the tree: the way to any property that a construct doesn't offer.
    pub fn edit<R: CfnResource>(&mut self, handle: &Handle<R>, change: impl FnOnce(&mut R)) {
        let Some(node) = self.node(handle.logical_id()) else { return };
        if let Some(resource) = node.resource.as_any_mut().downcast_mut::<R>() {
            change(resource);
        }
    }

    /// The resource at a path of the tree, such as `Network/PublicSubnet1`: the way to those inside a part, which has no handle of
    /// them. Paths are those that findings and the template's metadata name; a last `Resource` may be left out.
    ///
    /// `None`: there is none, or it has another type.
    pub fn find<R: CfnResource>(&self, path: &str) -> Option<Handle<R>> {
        let (name, node) = self.resources.iter().find(|(_, node)| {
            node.path == path
                || node.path.strip_suffix(MAIN).and_then(|rest| rest.strip_suffix('/')) == Some(path)
        })?;
        let is_one = node.resource.as_any().is::<R>();
        is_one.then(|| Handle::new(LogicalId::new(self.id, name.as_str())))
    }

    /// Reads a resource that is in the tree.
    pub fn get<R: CfnResource>(&self, handle: &Handle<R>) -> Option<&R> {
        let id = handle.logical_id();
        if id.stack() != self.id {
            return None;
        }
        self.resources.get(id.as_str())?.resource.as_any().downcast_ref()
    }

    /// Changes what stands beside a resource's properties.
    pub fn options(&mut self, id: &LogicalId, change: impl FnOnce(&mut ResourceOptions)) {
        if let Some(node) = self.node(id) {
            change(&mut node.options);
        }
    }

    /// Lets a resource wait for others. Foreign ones are reported.
    pub fn depends_on<'a>(&mut self, id: &LogicalId, on: impl IntoIterator<Item = &'a LogicalId>) {
        for other in on {
            if other.stack() != self.id {
                self.report_foreign(other.as_str(), None);
            } else if other != id
                && let Some(node) = self.node(id)
            {
                node.options.depends_on.insert(other.clone());
            }
        }
    }

    /// Renders the template.
    ///
    /// # Errors
    /// Every problem found while the tree was built, and references to other stacks.
    pub fn synth(mut self) -> Result<Template, Vec<Diagnostic>> {
        let mut template = Template {
            format_version: Some("2010-09-09".into()),
            description: self.description.take().map(Into::into),
            ..Template::default()
        };
        let metadata = std::mem::take(&mut self.metadata);
        template.metadata = self.render_map(metadata, "Metadata");
        // Nobody computes functions there.
        self.uses_extensions = false;
        if let Some(form) = interface::form(&self.parameters) {
            template.metadata.insert("AWS::CloudFormation::Interface".into(), form);
        }
        for (name, parameter) in std::mem::take(&mut self.parameters) {
            template.parameters.insert(name, parameter.to_json());
        }
        template.mappings = std::mem::take(&mut self.mappings).into_iter().collect();
        for (name, expression) in std::mem::take(&mut self.conditions) {
            let json = self.render(expression.to_json(), &name);
            template.conditions.insert(name, json);
        }
        template.resources.reserve(self.resources.len());
        for (name, node) in std::mem::take(&mut self.resources) {
            let resource = self.render_resource(&name, node);
            template.resources.insert(name, resource);
        }
        for (name, output) in std::mem::take(&mut self.outputs) {
            let json = self.render(output.to_json(), &name);
            template.outputs.insert(name, json);
        }
        if self.uses_extensions {
            template.transform = Some("AWS::LanguageExtensions".into());
        }
        if self.diagnostics.iter().any(Diagnostic::is_error) { Err(self.diagnostics) } else { Ok(template) }
    }

    fn render_resource(&mut self, name: &str, node: Node) -> Resource {
        let Node { path, resource, options } = node;
        let properties = match resource.properties() {
            Ok(properties) => self.render(properties, &path),
            Err(error) => {
                self.report(Diagnostic::error(BAD_LOGICAL_ID, error.to_string()).logical_id(name));
                Json::Null
            }
        };
        let properties = match properties {
            Json::Object(map) => map,
            _ => Map::new(),
        };
        let condition = options.condition.as_ref().map(ConditionHandle::logical_id);
        for id in condition.into_iter().chain(&options.depends_on) {
            if id.stack() != self.id {
                self.report_foreign(id.as_str(), Some(&path));
            }
        }
        let policy =
            |policy: Option<RemovalPolicy>| policy.and_then(|policy| serde_json::to_value(policy).ok());
        Resource {
            type_name: resource.type_name().to_owned(),
            condition: condition.map(|id| id.as_str().to_owned()),
            depends_on: options.depends_on.iter().map(|id| id.as_str().to_owned()).collect(),
            deletion_policy: policy(options.deletion_policy),
            update_replace_policy: policy(options.update_replace_policy),
            metadata: self.render_map(options.metadata, &path),
            properties,
            other: self.render_map(options.other, &path),
            construct: Some(path),
        }
    }

    /// Takes the stack numbers out of rendered references, reports those of other stacks, and notes functions that need the
    /// transform.
    fn render(&mut self, mut json: Json, construct: &str) -> Json {
        self.untag_in(&mut json, construct);
        json
    }

    fn render_map(&mut self, mut map: Map, construct: &str) -> Map {
        map.values_mut().for_each(|value| self.untag_in(value, construct));
        map
    }

    fn untag_in(&mut self, json: &mut Json, construct: &str) {
        match json {
            Json::String(text) => {
                for name in untag(text, self.id) {
                    self.report_foreign(&name, Some(construct));
                }
            }
            Json::Array(items) => items.iter_mut().for_each(|item| self.untag_in(item, construct)),
            Json::Object(map) => {
                for (key, value) in map {
                    self.uses_extensions |= needs_extensions(key, value);
                    self.untag_in(value, construct);
                }
            }
            _ => {}
        }
    }
}

/// Whether a key with its value is a function that needs the transform.
fn needs_extensions(key: &str, value: &Json) -> bool {
    let has_default = || key == "Fn::FindInMap" && value.as_array().is_some_and(|list| list.len() == 4);
    key.starts_with("Fn::") && (EXTENSION_FUNCTIONS.contains(&key) || has_default())
}
