//! Parameters: what a declaration allows.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use crate::cfn::Json;

use super::pattern::Pattern;

/// The declaration of a parameter.
#[derive(Debug)]
pub struct Declaration<'t> {
    /// Its name.
    pub name: &'t str,
    /// The type as it is written; `String` if there is none.
    pub type_name: &'t str,
    /// The value that it has if none is given.
    pub default: Option<Cow<'t, str>>,
    /// The only values that it can have.
    pub allowed: Option<Vec<Cow<'t, str>>>,
    /// Whether its value is hidden.
    pub no_echo: bool,
    json: &'t Json,
    pattern: OnceLock<Option<Arc<Pattern>>>,
}

impl<'t> Declaration<'t> {
    /// Reads a declaration. What is malformed in it counts as not there.
    pub(super) fn new(name: &'t str, json: &'t Json) -> Self {
        Self {
            name,
            type_name: json["Type"].as_str().unwrap_or("String"),
            default: scalar_text(&json["Default"]),
            allowed: json["AllowedValues"]
                .as_array()
                .map(|values| values.iter().filter_map(scalar_text).collect()),
            no_echo: json["NoEcho"].as_bool().unwrap_or_else(|| json["NoEcho"] == "true"),
            json,
            pattern: OnceLock::new(),
        }
    }

    /// Whether the value that `Ref` gives is read from Systems Manager: what is declared and given is the name there.
    pub fn is_looked_up(&self) -> bool {
        self.type_name.starts_with("AWS::SSM::Parameter::Value<")
    }

    /// Whether `Ref` gives a list.
    pub fn is_list(&self) -> bool {
        let inner = self.type_name.strip_prefix("AWS::SSM::Parameter::Value<");
        let inner = inner.map_or(self.type_name, |inner| inner.trim_end_matches('>'));
        inner == "CommaDelimitedList" || inner.starts_with("List<")
    }

    /// The type of the AWS resource that the value must exist as, such as `AWS::EC2::VPC::Id`.
    pub fn aws_type(&self) -> Option<&'t str> {
        let inner =
            self.type_name.strip_prefix("List<").map_or(self.type_name, |inner| inner.trim_end_matches('>'));
        (inner.starts_with("AWS::") && !self.is_looked_up() && inner != "AWS::SSM::Parameter::Name")
            .then_some(inner)
    }

    /// Why the value can't be given, in words; `None` if it can, as far as can be known.
    ///
    /// Source: AWS CloudFormation User Guide, "Parameters".
    pub fn refuses(&self, value: &str) -> Option<String> {
        if let Some(allowed) = &self.allowed {
            let items: Vec<&str> = if self.is_list() { list_items(value).collect() } else { vec![value] };
            let other = items.into_iter().find(|item| !allowed.iter().any(|allowed| allowed == item));
            if let Some(other) = other {
                return Some(format!("`{other}` is none of the allowed values"));
            }
        }
        if value.is_empty() && self.aws_type().is_some() {
            return Some(format!("a value of the type {} can't be empty", self.type_name));
        }
        if let Some(problem) = self.refuses_number(value) {
            return Some(problem);
        }
        let length = value.chars().count();
        if let Some(least) = whole(&self.json["MinLength"]).filter(|least| length < *least) {
            return Some(format!("it has {length} characters, at least {least} are needed"));
        }
        if let Some(most) = whole(&self.json["MaxLength"]).filter(|most| length > *most) {
            return Some(format!("it has {length} characters, at most {most} are allowed"));
        }
        let items: Vec<&str> = if self.is_list() { list_items(value).collect() } else { vec![value] };
        let pattern = self.pattern()?;
        let other = items.into_iter().find(|item| pattern.is_match(item) == Some(false))?;
        let pattern = self.json["AllowedPattern"].as_str().unwrap_or_default();
        Some(format!("`{other}` doesn't match the allowed pattern `{pattern}`"))
    }

    fn refuses_number(&self, value: &str) -> Option<String> {
        if !matches!(self.type_name, "Number" | "List<Number>") {
            return None;
        }
        let items: Vec<&str> = if self.is_list() { list_items(value).collect() } else { vec![value] };
        items.into_iter().find_map(|item| {
            let Some(number) = item.trim().parse::<f64>().ok().filter(|number| number.is_finite()) else {
                return Some(format!("`{item}` is no number"));
            };
            let bound = |key: &str| scalar_text(&self.json[key]).and_then(|text| text.parse::<f64>().ok());
            if let Some(least) = bound("MinValue").filter(|least| number < *least) {
                return Some(format!("{number} is less than the least value {least}"));
            }
            let most = bound("MaxValue").filter(|most| number > *most)?;
            Some(format!("{number} is more than the largest value {most}"))
        })
    }

    fn pattern(&self) -> Option<&Pattern> {
        let compiled = self.pattern.get_or_init(|| {
            // CloudFormation matches the whole value.
            Pattern::shared(&format!("^(?:{})$", self.json["AllowedPattern"].as_str()?))
        });
        compiled.as_deref()
    }
}

/// The text of a scalar, as CloudFormation converts it.
pub(super) fn scalar_text(json: &Json) -> Option<Cow<'_, str>> {
    match json {
        Json::String(text) => Some(Cow::Borrowed(text)),
        Json::Number(number) => Some(Cow::Owned(number.to_string())),
        Json::Bool(value) => Some(Cow::Borrowed(if *value { "true" } else { "false" })),
        _ => None,
    }
}

fn whole(json: &Json) -> Option<usize> {
    scalar_text(json)?.parse().ok()
}

/// The items of a list parameter's value.
pub(super) fn list_items(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refuses(declaration: &Json, value: &str) -> Option<String> {
        Declaration::new("P", declaration).refuses(value)
    }

    #[test]
    fn constraints_refuse() {
        let text = json!({"Type": "String", "AllowedPattern": "[a-z]+", "MinLength": 2, "MaxLength": "3"});
        assert_eq!(refuses(&text, "ab"), None);
        assert_eq!(refuses(&text, "a").unwrap(), "it has 1 characters, at least 2 are needed");
        assert_eq!(refuses(&text, "abcd").unwrap(), "it has 4 characters, at most 3 are allowed");
        assert_eq!(refuses(&text, "aB").unwrap(), "`aB` doesn't match the allowed pattern `[a-z]+`");
        let number = json!({"Type": "Number", "MinValue": 1, "MaxValue": 5});
        assert_eq!(refuses(&number, "3"), None);
        assert_eq!(refuses(&number, "0").unwrap(), "0 is less than the least value 1");
        assert_eq!(refuses(&number, "x").unwrap(), "`x` is no number");
        let choice = json!({"Type": "String", "AllowedValues": ["a", true, 3]});
        assert_eq!(refuses(&choice, "true"), None);
        assert_eq!(refuses(&choice, "b").unwrap(), "`b` is none of the allowed values");
    }

    #[test]
    fn types_of_aws_are_never_empty() {
        assert!(refuses(&json!({"Type": "AWS::EC2::VPC::Id"}), "").is_some());
        assert!(refuses(&json!({"Type": "List<AWS::EC2::Subnet::Id>"}), "").is_some());
        assert_eq!(refuses(&json!({"Type": "String"}), ""), None);
    }

    #[test]
    fn types_tell_lists_and_look_ups() {
        let declaration = |type_name: &'static str| {
            let json: &'static Json = Box::leak(Box::new(json!({"Type": type_name})));
            Declaration::new("P", json)
        };
        assert!(declaration("CommaDelimitedList").is_list());
        assert!(declaration("AWS::SSM::Parameter::Value<List<String>>").is_list());
        assert!(declaration("AWS::SSM::Parameter::Value<String>").is_looked_up());
        assert!(!declaration("AWS::SSM::Parameter::Value<String>").is_list());
        assert_eq!(declaration("List<AWS::EC2::Subnet::Id>").aws_type(), Some("AWS::EC2::Subnet::Id"));
        assert_eq!(declaration("Number").aws_type(), None);
    }
}
