//! Where in the tree the next construct goes.

use crate::cfn::{
    AnyResource, CfnResource, ConditionExpression, ConditionHandle, Handle, LogicalId, ParameterHandle,
    Taggable, Value,
};
use crate::diagnostic::Diagnostic;

use super::{Output, Parameter, ResourceOptions, Stack};

/// The id of a construct's main resource: it takes the construct's own name.
pub const MAIN: &str = "Resource";

/// Where in the tree the next construct goes: the CDK's scope and id in one, with the borrow checker proving
/// that one construct is built at a time.
///
/// The logical id of a resource is its path joined (`Api` / `Service` is `ApiService`); a component called
/// [`MAIN`] is left out of it (`Bucket` / `Resource` is `Bucket`). Logical ids are a public contract: a
/// renamed one replaces the resource.
#[derive(Debug)]
pub struct Scope<'stack> {
    stack: &'stack mut Stack,
    path: Vec<String>,
}

impl<'stack> Scope<'stack> {
    pub(super) fn root(stack: &'stack mut Stack) -> Self {
        Self { stack, path: Vec::new() }
    }

    /// The place `id` below this one.
    pub fn child(&mut self, id: &str) -> Scope<'_> {
        let mut path = self.path.clone();
        path.push(id.to_owned());
        Scope { stack: self.stack, path }
    }

    /// The path, for messages: `Api/Service`.
    pub fn path(&self) -> String {
        self.path.join("/")
    }

    /// The stack, for what has no place in the tree.
    pub fn stack(&mut self) -> &mut Stack {
        self.stack
    }

    /// Adds a resource as the child `id`.
    pub fn add<R: CfnResource>(&mut self, id: &str, resource: R) -> Handle<R> {
        Handle::new(self.insert(id, Box::new(resource)))
    }

    fn insert(&mut self, id: &str, resource: Box<dyn AnyResource>) -> LogicalId {
        let components = self.path.iter().map(String::as_str).chain([id]);
        let name: String = components.clone().filter(|component| *component != MAIN).collect();
        let path = components.collect::<Vec<_>>().join("/");
        self.stack.insert(&name, path, resource)
    }

    /// Changes a resource that is in the tree: the way to any property that a construct doesn't offer.
    pub fn edit<R: CfnResource>(&mut self, handle: &Handle<R>, change: impl FnOnce(&mut R)) {
        self.stack.edit(handle, change);
    }

    /// Changes what stands beside a resource's properties.
    pub fn options<R>(&mut self, handle: &Handle<R>, change: impl FnOnce(&mut ResourceOptions)) {
        self.stack.options(handle.logical_id(), change);
    }

    /// Lets a resource exist only where the condition holds.
    pub fn only_if<R>(&mut self, handle: &Handle<R>, condition: &ConditionHandle) {
        self.options(handle, |options| options.condition = Some(condition.clone()));
    }

    /// Lets a resource wait for others that no property of it refers to.
    pub fn depends_on<'a, R>(&mut self, handle: &Handle<R>, on: impl IntoIterator<Item = &'a LogicalId>) {
        self.stack.depends_on(handle.logical_id(), on);
    }

    /// Tags a resource.
    pub fn tag<R: CfnResource + Taggable>(
        &mut self,
        handle: &Handle<R>,
        key: &str,
        value: impl Into<Value<String>>,
    ) {
        self.stack.edit(handle, |resource| resource.set_tag(key, value.into()));
    }

    /// Declares a parameter of the stack.
    pub fn parameter(&mut self, name: &str, parameter: Parameter) -> ParameterHandle {
        self.stack.parameter(name, parameter)
    }

    /// Declares a condition of the stack.
    pub fn condition(&mut self, name: &str, expression: ConditionExpression) -> ConditionHandle {
        self.stack.condition(name, expression)
    }

    /// Declares an output of the stack.
    pub fn output(&mut self, name: &str, output: Output) {
        self.stack.output(name, output);
    }

    /// Tells a finding about this place.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        let path = self.path();
        self.stack.report(if diagnostic.construct.is_none() {
            diagnostic.construct(path)
        } else {
            diagnostic
        });
    }
}
