//! What goes into a step: templates, values of parameters, and what they make.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::Deploy;
use crate::cfn::Template;
use crate::cfn::evaluate::Settings;
use crate::deploy::api::{Stack, TemplateSource};
use crate::deploy::data;
use crate::deploy::outcome::{Ending, Outcome};
use crate::deploy::parameters::{self, Values};
use crate::deploy::picture::{Picture, picture};
use crate::deploy::stacks::{is_on, known_values};
use crate::deploy::stopping::Stop;
use crate::diagnostic::{Code, Diagnostic};
use crate::validate::{Options, ValidatedTemplate};

impl Deploy<'_, '_> {
    /// The values of a template's parameters, deletion protection as it may be now.
    pub(super) fn values_of(
        &self,
        template: &Template,
        stack: Option<&Stack>,
        protected: bool,
    ) -> Result<Values, Stop> {
        let mut given = self.request.given.clone();
        if let Some(protection) = &self.request.protection {
            let value = protection.wanted && (protected || self.is_whole_done);
            given.insert(protection.parameter.clone(), value.to_string());
        }
        let whole = self.whole();
        parameters::values(template, &self.request.configured, &given, stack, whole).map_err(|problems| {
            let mut outcome = Outcome::new(Ending::Usage, "the parameters don't fit the template");
            outcome.next = problems;
            outcome.into()
        })
    }

    pub(super) fn is_protected(&self, stack: &Stack) -> bool {
        self.request.protection.as_ref().is_some_and(|protection| is_on(stack, &protection.parameter))
    }

    /// Checks the templates with the values that will be sent.
    pub(super) fn validate(&mut self, values: &Values) -> Result<(), Stop> {
        if self.validated_with.as_ref() == Some(&values.known) {
            return Ok(());
        }
        let options = Options { parameters: values.known.clone(), ..self.request.options.clone() };
        let Err(findings) = ValidatedTemplate::check(self.whole().clone(), &options) else {
            self.validated_with = Some(values.known.clone());
            return Ok(());
        };
        let mut outcome =
            Outcome::new(Ending::Invalid, "the template isn't valid with these values of parameters");
        outcome.next = told_once(findings.iter().filter(|finding| finding.is_error()));
        Err(outcome.into())
    }

    pub(super) async fn check_once(&mut self, values: &Values) -> Result<(), Stop> {
        if !std::mem::replace(&mut self.is_checked, true) {
            self.run.check_named(self.request, &values.known).await?;
        }
        Ok(())
    }

    /// The template of the stack as it is. What a stack in review or a broken one has is empty.
    pub(super) async fn deployed_template(&mut self, stack: &Stack) -> Result<Template, Stop> {
        self.run.deployed_template(&stack.id).await
    }

    /// Whether the stack had more than its foundation once.
    pub(super) fn has_been_complete(&self, deployed: &Template) -> bool {
        let Some(foundation) = &self.request.foundation else { return true };
        deployed.resources.keys().any(|id| !foundation.template().resources.contains_key(id))
    }

    pub(super) async fn set_policy(
        &mut self,
        stack_id: &str,
        template: &Template,
        allowed: &BTreeSet<String>,
    ) -> Result<(), Stop> {
        self.run.ensure_policy(stack_id, &held(template), allowed).await
    }

    pub(super) fn settings_of(&self, parameters: BTreeMap<String, String>) -> Settings {
        Settings {
            region: Some(self.run.services().region().to_owned()),
            account: self.request.account.clone(),
            stack_name: Some(self.request.stack.clone()),
            parameters,
        }
    }

    pub(super) fn picture_of(&self, template: &Template, values: &Values) -> Picture {
        picture(template, &self.settings_of(values.known.clone()))
    }

    pub(super) fn picture_before(&self, deployed: &Template, stack: &Stack) -> Picture {
        picture(deployed, &self.settings_of(known_values(stack)))
    }

    /// The template as it is sent: in the request, or from a bucket where it is too large for that.
    pub(super) async fn source_of(
        &mut self,
        template: &Template,
        stack: Option<&Stack>,
    ) -> Result<TemplateSource, Stop> {
        self.run.template_source(template, &self.request.upload, stack).await
    }
}

/// Logical ids of what holds data.
pub(super) fn held(template: &Template) -> BTreeSet<String> {
    let resources = template.resources.iter();
    let held = resources.filter(|(_, resource)| data::holds_data(&resource.type_name));
    held.map(|(id, _)| id.clone()).collect()
}

/// The errors, one line each: a value of a parameter that is wrong in many places is one mistake.
fn told_once<'a>(errors: impl Iterator<Item = &'a Diagnostic>) -> Vec<String> {
    let mut places: IndexMap<(Code, &'a str), Vec<&'a str>> = IndexMap::new();
    for error in errors {
        let place = error.construct.as_deref().or(error.logical_id.as_deref());
        places.entry((error.code, error.message.as_str())).or_default().extend(place);
    }
    let lines = places.into_iter().map(|((code, message), places)| match places.as_slice() {
        [] => format!("{code} {message}"),
        [place] => format!("{code} {place}: {message}"),
        [first, others @ ..] => format!("{code} {first} and {} more: {message}", others.len()),
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_in_many_places_is_one_line() {
        let error = |place: Option<&str>, message: &str| {
            let mut error = Diagnostic::error(Code("S019"), message);
            error.construct = place.map(str::to_owned);
            error
        };
        let errors = [
            error(Some("Api/Group"), "no VPC"),
            error(Some("Web/Group"), "no VPC"),
            error(Some("Api/Service"), "too large"),
            error(Some("Beat/Group"), "no VPC"),
            error(None, "too many"),
        ];
        let expected = ["S019 Api/Group and 2 more: no VPC", "S019 Api/Service: too large", "S019 too many"];
        assert_eq!(told_once(errors.iter()), expected);
    }
}
