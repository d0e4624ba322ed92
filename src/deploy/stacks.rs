//! What several commands do with a stack: its resources, its policy, its protection, its end.

use std::collections::{BTreeMap, BTreeSet};

use super::api::{DeleteStack, ErrorKind, Stack, StackResource, TemplateStage};
use super::digest::Digest;
use super::event::Event;
use super::outcome::Ending;
use super::request::FOUNDATION_KEY;
use super::run::{Patience, Run};
use super::stack_policy;
use super::stopping::{Stop, ended};
use crate::cfn::Template;
use crate::cfn::read::read_bytes;

impl Run<'_> {
    /// The stack's resources, without those that are deleted.
    pub(super) async fn resources(&mut self, stack: &str) -> Result<Vec<StackResource>, Stop> {
        let cloudformation = self.cloudformation();
        let mut found = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let asked = token.take();
            let page = self
                .call(Patience::Short, || cloudformation.list_stack_resources(stack, asked.as_deref()))
                .await?;
            found.extend(page.items.into_iter().filter(|resource| resource.status != "DELETE_COMPLETE"));
            token = page.next_token;
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    /// Asks for the stack's deletion. Asked again with the same request, nothing happens twice.
    pub(super) async fn delete_stack(&mut self, id: &str, role_arn: Option<&str>) -> Result<(), Stop> {
        let request = DeleteStack {
            stack: id.to_owned(),
            client_request_token: token("delete", id),
            role_arn: role_arn.map(str::to_owned),
            ..DeleteStack::default()
        };
        self.delete_stack_so(&request).await
    }

    /// Asks for a deletion in words of one's own.
    pub(super) async fn delete_stack_so(&mut self, request: &DeleteStack) -> Result<(), Stop> {
        let cloudformation = self.cloudformation();
        let change = || cloudformation.delete_stack(request);
        match self.change(Patience::Short, "DeleteStack", change).await {
            Err(Stop::Api(error)) if error.kind == ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    /// Sees to it that the stack policy protects `held` except `allowed`.
    pub(super) async fn ensure_policy(
        &mut self,
        stack: &str,
        held: &BTreeSet<String>,
        allowed: &BTreeSet<String>,
    ) -> Result<(), Stop> {
        let cloudformation = self.cloudformation();
        let wanted = stack_policy::policy(held, allowed);
        let present = match self.call(Patience::Between, || cloudformation.get_stack_policy(stack)).await {
            Ok(present) => present,
            // It is a second belt; without it the gate before the change set holds.
            Err(Stop::Api(error)) => {
                self.warn(format!("the stack policy can't be read: {error}"));
                return Ok(());
            }
            Err(stop) => return Err(stop),
        };
        if present.is_some_and(|present| stack_policy::is_same(&present, &wanted)) {
            return Ok(());
        }
        let change = || cloudformation.set_stack_policy(stack, &wanted);
        match self.change(Patience::Between, "SetStackPolicy", change).await {
            Ok(()) => {}
            Err(Stop::Api(error)) => {
                self.warn(format!("the stack policy can't be set: {error}"));
                return Ok(());
            }
            Err(stop) => return Err(stop),
        }
        let allowed = allowed.intersection(held).cloned().collect();
        self.tell(Event::StackPolicy { allowed });
        Ok(())
    }

    /// Sees to it that the stack can, or can't, be deleted.
    pub(super) async fn ensure_termination_protection(
        &mut self,
        stack: &Stack,
        wanted: Option<bool>,
    ) -> Result<(), Stop> {
        let Some(wanted) = wanted.filter(|wanted| *wanted != stack.termination_protection) else {
            return Ok(());
        };
        let cloudformation = self.cloudformation();
        let id = stack.id.as_str();
        let change = || cloudformation.update_termination_protection(id, wanted);
        self.change(Patience::Short, "UpdateTerminationProtection", change).await?;
        self.note(format!(
            "termination protection of the stack is {} now",
            if wanted { "on" } else { "off" }
        ));
        Ok(())
    }
}

/// Whether a parameter that is a switch is on.
pub(super) fn is_on(stack: &Stack, parameter: &str) -> bool {
    stack.parameters.iter().any(|other| other.key == parameter && other.value == "true")
}

/// The values of a stack's parameters, without those that it doesn't show.
pub(super) fn known_values(stack: &Stack) -> BTreeMap<String, String> {
    stack
        .parameters
        .iter()
        .filter(|parameter| !parameter.value.starts_with("****"))
        .map(|parameter| {
            let value = parameter.resolved_value.as_ref().unwrap_or(&parameter.value);
            (parameter.key.clone(), value.clone())
        })
        .collect()
}

impl Run<'_> {
    /// The template of a stack as it was sent; an empty one where there is none.
    pub(super) async fn deployed_template(&mut self, stack: &str) -> Result<Template, Stop> {
        let cloudformation = self.cloudformation();
        let answer =
            self.call(Patience::Short, || cloudformation.get_template(stack, TemplateStage::Original)).await;
        let text = match answer {
            Ok(text) => text,
            Err(Stop::Api(error)) if error.kind == ErrorKind::NotFound => String::new(),
            Err(stop) => return Err(stop),
        };
        if text.trim().is_empty() {
            return Ok(Template::default());
        }
        match read_bytes("the deployed template", text.as_bytes()) {
            Ok(read) => Ok(read.template),
            Err(_) => ended(
                Ending::Failed,
                "the deployed template can't be read, so it isn't known what would be lost",
            ),
        }
    }
}

/// What to do about a stack that a deploy left after its first step.
pub(super) const REST_IS_MISSING: &str =
    "only the foundation is there: run the same `deploy` again for the rest";

impl Run<'_> {
    /// Whether a deploy was left after the first step of a creation. Where the template can't be read, that isn't known, and `false`.
    pub(super) async fn has_only_foundation(&mut self, stack: &Stack) -> bool {
        // The whole has outputs: this spares a call for nearly every stack.
        stack.outputs.is_empty()
            && self
                .deployed_template(&stack.id)
                .await
                .is_ok_and(|template| template.metadata.contains_key(FOUNDATION_KEY))
    }
}

/// A token that the same request makes again.
pub(super) fn token(verb: &str, about: &str) -> String {
    format!("{}-{verb}-{}", super::digest::PREFIX, Digest::default().with(verb).with(about).hex(32))
}
