//! Parameters of Parameter Store that are no secrets.

use crate::cfn::{Handle, Value};
use crate::resources::ssm::{CfnParameter, parameter};

use super::{MAIN, Scope};

/// A parameter of type `String`: a value that other stacks and people look up, and that everybody may see.
///
/// Secrets don't belong here: `CloudFormation` can't make a `SecureString`.
#[derive(Debug, Clone, PartialEq)]
pub struct SsmParameter {
    handle: Handle<CfnParameter>,
}

impl SsmParameter {
    /// The parameter at this place of the tree. The name begins with `/` where it has levels; the value can't be
    /// empty and has at most 4,096 characters. Without a description its name says what it is.
    pub fn new(
        scope: &mut Scope<'_>,
        name: impl Into<Value<String>>,
        value: impl Into<Value<String>>,
        description: impl Into<String>,
    ) -> Self {
        let mut resource = CfnParameter::new(parameter::Type::String, value);
        resource.name = Some(name.into());
        resource.description = Some(description.into()).filter(|text| !text.is_empty()).map(Into::into);
        Self { handle: scope.add(MAIN, resource) }
    }

    /// Its name.
    pub fn name(&self) -> Value<String> {
        self.handle.reference()
    }

    /// Its value, for whoever uses it only once the parameter has it.
    pub fn value(&self) -> Value<String> {
        self.handle.value()
    }

    /// The resource, for what this part doesn't offer.
    pub fn handle(&self) -> &Handle<CfnParameter> {
        &self.handle
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::constructs::Stack;
    use crate::constructs::testing::synth;

    #[test]
    fn is_a_plain_string() {
        let mut stack = Stack::new();
        SsmParameter::new(&mut stack.scope().child("Url"), "/app/url", "https://example.com", "Where it is");
        assert_eq!(
            synth(stack)["Url"],
            json!({ "Type": "AWS::SSM::Parameter", "Properties": {
                "Name": "/app/url", "Type": "String", "Value": "https://example.com", "Description": "Where it is",
            } })
        );
    }
}
