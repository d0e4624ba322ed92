//! `Fn::Sub`, built from parts so that its references are checked like all others.

use indexmap::IndexMap;
use memchr::memchr_iter;

use super::{Intrinsic, Json, Value};

/// The arguments of `Fn::Sub`: a text with `${…}` in it and the values of names that the template doesn't know.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sub {
    text: String,
    variables: IndexMap<String, Json>,
}

impl Sub {
    /// The text as CloudFormation reads it, written by hand: names in `${…}` are checked at synthesis only.
    pub fn raw(text: impl Into<String>) -> Self {
        Self { text: text.into(), variables: IndexMap::new() }
    }

    /// Adds text that stands for itself; a `${` in it is escaped.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        if text.contains('$') {
            self.text.push_str(&text.replace("${", "${!"));
        } else {
            self.text.push_str(text);
        }
        self
    }

    /// Adds a value: a reference becomes `${Name}` or `${Name.Attribute}`, another function a variable.
    #[must_use]
    pub fn value(mut self, value: &Value<String>) -> Self {
        match value {
            Value::Literal(text) => return self.text(text),
            Value::Intrinsic(intrinsic) => match &**intrinsic {
                Intrinsic::Ref(id) => self.placeholder(&[&id.tagged()]),
                Intrinsic::Pseudo(parameter) => self.placeholder(&[parameter.name()]),
                Intrinsic::GetAtt(id, attribute) => self.placeholder(&[&id.tagged(), ".", attribute]),
                Intrinsic::Sub(inner) => self.append(inner),
                Intrinsic::Dynamic(reference) => self.append(&reference.to_sub()),
                _ => {
                    let name = self.fresh_name();
                    self.placeholder(&[&name]);
                    self.variables.insert(name, value.to_json());
                }
            },
        }
        self
    }

    fn fresh_name(&self) -> String {
        // Neither a logical id nor a parameter of ours is called so; a hand-written one would win, as in AWS.
        format!("Value{}", self.variables.len() + 1)
    }

    fn placeholder(&mut self, name: &[&str]) {
        self.text.push_str("${");
        self.text.extend(name.iter().copied());
        self.text.push('}');
    }

    /// Puts another text behind this one, with its variables under new names.
    fn append(&mut self, other: &Self) {
        if other.variables.is_empty() {
            self.text.push_str(&other.text);
            return;
        }
        let mut text = other.text.clone();
        for (name, value) in &other.variables {
            let fresh = self.fresh_name();
            // A name that is still to be renamed must not be caught by an earlier renaming.
            text = text.replace(&format!("${{{name}}}"), &format!("${{\u{2}{fresh}}}"));
            self.variables.insert(fresh, value.clone());
        }
        self.text.push_str(&text.replace('\u{2}', ""));
    }

    /// The finished value: a literal if nothing in it has to be computed.
    pub fn build(self) -> Value<String> {
        let text = self.text.as_bytes();
        let dynamic = memchr_iter(b'$', text).any(|at| match &text[at + 1..] {
            [b'{', rest @ ..] => !rest.starts_with(b"!"),
            _ => false,
        });
        if dynamic { Intrinsic::Sub(self).into() } else { Value::Literal(self.text.replace("${!", "${")) }
    }

    /// The argument in the template: the text, or text and variables.
    pub(crate) fn to_json(&self) -> Json {
        if self.variables.is_empty() {
            self.text.clone().into()
        } else {
            serde_json::json!([self.text, self.variables])
        }
    }
}

/// Joins texts and values to one value: `concat![bucket.arn(), "/*"]`. Renders as `Fn::Sub`, or as a literal
/// if all parts are.
#[macro_export]
macro_rules! concat_values {
    ($($part:expr),* $(,)?) => {{
        let sub = $crate::cfn::Sub::default();
        $( let sub = sub.value(&$crate::cfn::Value::<String>::from($part)); )*
        sub.build()
    }};
}

#[cfg(test)]
mod tests {
    use crate::cfn::{Intrinsic, LogicalId, PseudoParameter, StackId, Value};

    #[test]
    fn literals_stay_literal() {
        assert_eq!(concat_values!["a", "b"], Value::from("ab"));
        assert_eq!(concat_values!["a${b}"], Value::from("a${b}"));
    }

    #[test]
    fn references_become_placeholders_and_text_is_escaped() {
        let value = concat_values!["${x}-", PseudoParameter::Region.reference(), "/*"];
        assert_eq!(value.to_json(), serde_json::json!({"Fn::Sub": "${!x}-${AWS::Region}/*"}));
    }

    #[test]
    fn other_functions_become_variables_and_nest() {
        let zone: Value<String> = Intrinsic::select(0, Intrinsic::availability_zones());
        let inner = concat_values!["<", zone.clone(), ">"];
        let value = concat_values![zone, inner];
        assert_eq!(
            value.to_json(),
            serde_json::json!({"Fn::Sub": ["${Value1}<${Value2}>", {
                "Value1": {"Fn::Select": [0, {"Fn::GetAZs": ""}]},
                "Value2": {"Fn::Select": [0, {"Fn::GetAZs": ""}]},
            }]})
        );
    }

    #[test]
    fn resources_are_placeholders_with_their_attribute() {
        let id = LogicalId::new(StackId::unique(), "Bucket");
        let value: Value<String> = Intrinsic::GetAtt(id.clone(), "Arn".into()).into();
        let mut text = concat_values![value, "/*"].to_json()["Fn::Sub"].as_str().unwrap().to_owned();
        assert!(crate::cfn::untag(&mut text, id.stack()).is_empty());
        assert_eq!(text, "${Bucket.Arn}/*");
    }
}
