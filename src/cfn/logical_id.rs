//! Names inside a template, and typed references to what they name.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use memchr::memchr;

use super::to_json::serialize_as_json;
use super::{Intrinsic, Json, ToJson, Value};

/// Which stack a reference belongs to, so that one of another stack is noticed. Never part of any output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct StackId(u32);

impl StackId {
    /// A number that no other stack of this process has.
    pub fn unique() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// The character around the stack's number in a rendered reference, see [`LogicalId::tagged`].
const TAG: char = '\u{1}';

/// The key of a resource, parameter, condition or mapping in the template of one stack.
///
/// Only a stack hands one out, and only for something that is in it, so that no reference can dangle.
/// Cloning is cheap.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogicalId {
    stack: StackId,
    name: Arc<str>,
}

impl LogicalId {
    /// The id `name` in the stack `stack`. For stacks; everybody else gets theirs from one.
    pub fn new(stack: StackId, name: impl Into<Arc<str>>) -> Self {
        Self { stack, name: name.into() }
    }

    /// The key as it stands in the template.
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// The stack that it belongs to.
    pub fn stack(&self) -> StackId {
        self.stack
    }

    /// The name with the stack's number before it, as it is rendered inside values until the stack takes
    /// the number out again and notices those of other stacks ([`untag`]).
    pub(crate) fn tagged(&self) -> String {
        let number = self.stack.0.to_string();
        let mut text = String::with_capacity(2 + number.len() + self.name.len());
        text.push(TAG);
        text.push_str(&number);
        text.push(TAG);
        text.push_str(&self.name);
        text
    }
}

impl fmt::Display for LogicalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl ToJson for LogicalId {
    fn to_json(&self) -> Json {
        Json::String(self.tagged())
    }
}

serialize_as_json!(LogicalId);

/// Takes the stack numbers out of a rendered text. Returns the names in it that belong to a stack other than `own`.
pub fn untag(text: &mut String, own: StackId) -> Vec<String> {
    let mut foreign = Vec::new();
    let mut from = 0;
    // It is one byte, and nearly every text has none.
    let find = |text: &str, from: usize| Some(from + memchr(TAG as u8, &text.as_bytes()[from..])?);
    while let Some(start) = find(text, from) {
        let Some(end) = find(text, start + 1) else { break };
        let (number, rest) = (&text[start + 1..end], &text[end + 1..]);
        if number.parse() != Ok(own.0) {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
            foreign.push(rest[..end].to_owned());
        }
        text.drain(start..=end);
        from = start;
    }
    foreign
}

/// A typed reference to a resource of type `R` in a stack.
///
/// The attributes that `Fn::GetAtt` offers are methods that are generated for each type, so that a wrong
/// name doesn't compile.
pub struct Handle<R> {
    id: LogicalId,
    resource: PhantomData<fn() -> R>,
}

impl<R> Handle<R> {
    /// A handle on the resource with this id. For stacks.
    pub fn new(id: LogicalId) -> Self {
        Self { id, resource: PhantomData }
    }

    /// The resource's key in the template.
    pub fn logical_id(&self) -> &LogicalId {
        &self.id
    }

    /// `Ref`: for most types the physical name or id, for some the ARN.
    pub fn reference(&self) -> Value<String> {
        Intrinsic::Ref(self.id.clone()).into()
    }

    /// `Fn::GetAtt` of an attribute by name. Prefer the generated method of the type.
    pub fn attribute(&self, name: impl Into<std::borrow::Cow<'static, str>>) -> Value<String> {
        Intrinsic::GetAtt(self.id.clone(), name.into()).into()
    }
}

impl<R> Clone for Handle<R> {
    fn clone(&self) -> Self {
        Self::new(self.id.clone())
    }
}

impl<R> fmt::Debug for Handle<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Handle").field(&self.id.as_str()).finish()
    }
}

impl<R> PartialEq for Handle<R> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

/// A parameter of a stack.
#[derive(Debug, Clone, PartialEq)]
pub struct ParameterHandle(LogicalId);

impl ParameterHandle {
    /// A handle on the parameter with this id. For stacks.
    pub fn new(id: LogicalId) -> Self {
        Self(id)
    }

    /// The parameter's key in the template.
    pub fn logical_id(&self) -> &LogicalId {
        &self.0
    }

    /// `Ref`: the parameter's value, of whatever type the property has.
    pub fn reference<T>(&self) -> Value<T> {
        Intrinsic::Ref(self.0.clone()).into()
    }
}

/// A condition of a stack.
#[derive(Debug, Clone, PartialEq)]
pub struct ConditionHandle(LogicalId);

impl ConditionHandle {
    /// A handle on the condition with this id. For stacks.
    pub fn new(id: LogicalId) -> Self {
        Self(id)
    }

    /// The condition's key in the template.
    pub fn logical_id(&self) -> &LogicalId {
        &self.0
    }
}

/// A mapping of a stack.
#[derive(Debug, Clone, PartialEq)]
pub struct MappingHandle(LogicalId);

impl MappingHandle {
    /// A handle on the mapping with this id. For stacks.
    pub fn new(id: LogicalId) -> Self {
        Self(id)
    }

    /// The mapping's key in the template.
    pub fn logical_id(&self) -> &LogicalId {
        &self.0
    }

    /// `Fn::FindInMap`.
    pub fn find<T>(&self, top: impl Into<Value<String>>, second: impl Into<Value<String>>) -> Value<T> {
        Intrinsic::FindInMap { map: self.0.clone(), top: top.into(), second: second.into(), default: None }
            .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn untag_restores_the_names_and_finds_foreign_ones() {
        let (own, other) = (StackId::unique(), StackId::unique());
        let mut text = format!(
            "${{{}}}-${{{}.Arn}}",
            LogicalId::new(own, "Mine").tagged(),
            LogicalId::new(other, "Yours").tagged()
        );
        assert_eq!(untag(&mut text, own), ["Yours"]);
        assert_eq!(text, "${Mine}-${Yours.Arn}");
        let mut plain = "plain".to_owned();
        assert!(untag(&mut plain, own).is_empty());
        assert_eq!(plain, "plain");
    }
}
