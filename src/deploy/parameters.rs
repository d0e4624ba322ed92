//! Which values of parameters are sent.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::api::{ParameterSetting, Stack};
use crate::cfn::Template;
use crate::cfn::evaluate::{Evaluator, Settings};

/// The values of a deploy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Values {
    /// What is sent, in the template's order.
    pub settings: Vec<ParameterSetting>,
    /// What the template will see, as far as it is known: never values without echo.
    pub known: BTreeMap<String, String>,
    /// Parameters that keep a value which neither the configuration nor the command names.
    pub kept: Vec<String>,
}

/// What a template of our own has as configured values: its defaults, but for empty ones, which say that the configuration is
/// silent.
pub fn configured_values(template: &Template) -> IndexMap<String, String> {
    let evaluator = Evaluator::new(template, &Settings::default());
    template
        .parameters
        .keys()
        .filter_map(|name| {
            let default = evaluator.parameter(name)?.default.clone()?;
            (!default.is_empty()).then(|| (name.clone(), default.into_owned()))
        })
        .collect()
}

/// Chooses the value of each parameter: `given` before `configured` before what the stack has before the default.
///
/// # Errors
/// Every problem, one sentence each: values that are missing, that the declaration doesn't allow, or that have no parameter.
/// A value without echo isn't told.
pub fn values(
    template: &Template,
    configured: &IndexMap<String, String>,
    given: &IndexMap<String, String>,
    stack: Option<&Stack>,
    whole: &Template,
) -> Result<Values, Vec<String>> {
    let evaluator = Evaluator::new(template, &Settings::default());
    let previous: BTreeMap<&str, &str> = stack
        .iter()
        .flat_map(|stack| &stack.parameters)
        .map(|parameter| (parameter.key.as_str(), parameter.value.as_str()))
        .collect();
    let mut values = Values::default();
    let mut problems = Vec::new();
    for name in template.parameters.keys() {
        let Some(declaration) = evaluator.parameter(name) else { continue };
        let no_echo = declaration.no_echo;
        let mut set = |value: Option<String>| {
            values.settings.push(ParameterSetting { key: name.clone(), value, no_echo });
        };
        if let Some(value) = given.get(name).or_else(|| configured.get(name)) {
            if let Some(problem) = declaration.refuses(value) {
                problems.push(if no_echo {
                    format!("the value of the parameter {name} doesn't fit its declaration")
                } else {
                    format!("the value of the parameter {name} can't be used: {problem}")
                });
            }
            set(Some(value.clone()));
            if !no_echo {
                values.known.insert(name.clone(), value.clone());
            }
        } else if let Some(value) = previous.get(name.as_str()) {
            set(None);
            if !no_echo {
                values.known.insert(name.clone(), (*value).to_owned());
            }
            if declaration.default.as_deref() != Some(*value) {
                values.kept.push(name.clone());
            }
        } else if let Some(default) = &declaration.default {
            // Not sent: CloudFormation takes it from the template.
            if !no_echo {
                values.known.insert(name.clone(), default.clone().into_owned());
            }
        } else {
            problems.push(format!("the parameter {name} has no value: give it by --parameter {name}=…"));
        }
    }
    for name in given.keys().filter(|name| !whole.parameters.contains_key(*name)) {
        problems.push(format!(
            "the template has no parameter {name}: it has {}",
            whole.parameters.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
        ));
    }
    if problems.is_empty() { Ok(values) } else { Err(problems) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cfn::read::read_bytes;
    use crate::deploy::api::StackParameter;

    fn template() -> Template {
        let text = json!({
            "Parameters": {
                "Size": {"Type": "String", "Default": "small", "AllowedValues": ["small", "large"]},
                "Certificate": {"Type": "String", "Default": ""},
                "Vpc": {"Type": "AWS::EC2::VPC::Id"},
                "Cidr": {"Type": "String"},
                "Token": {"Type": "String", "NoEcho": true, "MinLength": 8},
            },
            "Resources": {"A": {"Type": "AWS::SSM::Parameter"}},
        });
        read_bytes("t.json", text.to_string().as_bytes()).unwrap().template
    }

    fn map(pairs: &[(&str, &str)]) -> IndexMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn stack(pairs: &[(&str, &str)]) -> Stack {
        let parameters = pairs.iter().map(|(key, value)| StackParameter {
            key: (*key).into(),
            value: (*value).into(),
            resolved_value: None,
        });
        Stack { parameters: parameters.collect(), ..Stack::default() }
    }

    #[test]
    fn defaults_are_what_the_configuration_says_but_for_empty_ones() {
        assert_eq!(configured_values(&template()), map(&[("Size", "small")]));
    }

    #[test]
    fn all_that_is_missing_is_told_at_once() {
        let template = template();
        let given = map(&[("Size", "huge"), ("Token", "short"), ("Colour", "red")]);
        let problems = values(&template, &map(&[]), &given, None, &template).unwrap_err();
        assert_eq!(problems.len(), 5, "{problems:#?}");
        assert!(problems.iter().any(|problem| problem.contains("`huge`")), "{problems:#?}");
        assert!(problems.iter().all(|problem| !problem.contains("short")), "{problems:#?}");
    }

    #[test]
    fn the_command_wins_over_the_configuration_and_that_over_the_stack() {
        let template = template();
        let old = stack(&[
            ("Size", "small"),
            ("Certificate", "arn:1"),
            ("Vpc", "vpc-1"),
            ("Cidr", "10.0.0.0/8"),
            ("Token", "****"),
        ]);
        let configured = map(&[("Size", "large"), ("Cidr", "10.1.0.0/16")]);
        let found =
            values(&template, &configured, &map(&[("Cidr", "10.2.0.0/16")]), Some(&old), &template).unwrap();
        let sent = format!("{:?}", found.settings);
        assert_eq!(sent, "[Size=large, Certificate stays, Vpc stays, Cidr=10.2.0.0/16, Token stays]",);
        assert_eq!(found.known.get("Certificate").map(String::as_str), Some("arn:1"));
        assert_eq!(found.known.get("Token"), None, "the stars aren't its value");
        assert_eq!(found.kept, ["Certificate", "Vpc", "Token"]);
    }

    #[test]
    fn a_new_stack_takes_defaults_from_the_template() {
        let template = template();
        let given = map(&[("Vpc", "vpc-1"), ("Cidr", "10.0.0.0/8"), ("Token", "long-enough")]);
        let found = values(&template, &map(&[]), &given, None, &template).unwrap();
        assert_eq!(format!("{:?}", found.settings), "[Vpc=vpc-1, Cidr=10.0.0.0/8, Token=****]");
        assert_eq!(found.known.get("Size").map(String::as_str), Some("small"));
    }
}
