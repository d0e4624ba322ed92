//! Helpers of the keywords' tests.

use crate::cfn::evaluate::{Evaluator, Scenario, Settings};
use crate::cfn::{Json, Template};
use crate::validate::Types;

use super::compact;
use super::registry::{Registry, TypeSchema};
use super::sources::Sources;
use super::walk::Walk;

/// A value of a template without parameters, evaluated.
pub(crate) fn evaluated(value: &Json) -> crate::cfn::evaluate::Evaluated<'static> {
    let value: &'static Json = Box::leak(Box::new(value.clone()));
    let template: &'static Template = Box::leak(Box::new(Template::default()));
    let own: &'static Evaluator<'static> =
        Box::leak(Box::new(Evaluator::new(template, &Settings::default())));
    own.evaluate(value, &Scenario::default()).value.unwrap()
}

/// The findings of a value against a schema, each as its code and message.
pub(crate) fn check(schema: &Json, value: &Json) -> Vec<String> {
    let schema = TypeSchema { name: "AWS::Test::Type", root: compact::kept(schema) };
    let value: &'static Json = Box::leak(Box::new(value.clone()));
    let template: &'static Template = Box::leak(Box::new(Template::default()));
    let own: &'static Evaluator<'static> =
        Box::leak(Box::new(Evaluator::new(template, &Settings::default())));
    let sources = Sources { template, evaluator: own, registry: Registry::builtin() };
    let value = own.evaluate(value, &Scenario::default()).value.unwrap();
    let mut walk = Walk::new(Registry::builtin(), schema, Types::Lax, &sources);
    walk.check(schema.root, &value);
    walk.found.iter().map(|found| format!("{} {}", found.rule.code, found.message)).collect()
}
