//! What a deploy would change: by the templates alone, or by a change set that is made for it and deleted again.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Session;
use super::api::{ChangeSetKind, CreateChangeSet, Stack};
use super::broadening;
use super::capability;
use super::change_sets::Made;
use super::changes::{Change, PropertyDelta, Widening};
use super::data::{self, Loss};
use super::digest::Digest;
use super::event::Step;
use super::hidden::Hidden;
use super::outcome::{Ending, Outcome};
use super::parameters::{self, Values};
use super::picture::{Picture, picture};
use super::request::{DeployRequest, Upload};
use super::run::Run;
use super::stacks::{known_values, token};
use super::status::{Action, Ruling, ruling};
use super::stopping::Stop;
use super::template_diff::{self, TemplateDiff};
use super::upload::template_text;
use crate::assembly::INLINE_LIMIT_BYTES;
use crate::cfn::Template;
use crate::cfn::evaluate::Settings;
use crate::validate::ValidatedTemplate;

/// What a deploy would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DiffReport {
    /// The stack's name.
    pub stack: String,
    /// Whether it isn't there yet.
    pub is_new: bool,
    /// What differs.
    #[serde(flatten)]
    pub diff: TemplateDiff,
    /// What gets wider.
    pub widenings: Vec<Widening>,
    /// Data that would be lost, or may be.
    pub losses: Vec<Loss>,
}

impl DiffReport {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.diff.is_empty()
    }
}

/// Compares with the deployed template. With `by_change_set`, resources are what CloudFormation itself says.
///
/// # Errors
/// The stack can't be asked for, a parameter has no value, or CloudFormation refuses the set.
pub async fn diff(
    session: Session<'_>,
    request: &DeployRequest,
    by_change_set: bool,
) -> Result<DiffReport, Box<Outcome>> {
    let mut run = Run::begin(session, "diff", &request.stack, request.timeout);
    run.hide(Hidden::of(request));
    let result = run.diff(request, by_change_set).await;
    run.reported(result).await
}

impl Run<'_> {
    async fn diff(&mut self, request: &DeployRequest, by_change_set: bool) -> Result<DiffReport, Stop> {
        let stack = self.find_stack(&request.stack).await?;
        let template = request.template.template();
        let values = values_of(template, request, stack.as_ref())?;
        let settings = |parameters| Settings {
            region: Some(self.services().region().to_owned()),
            account: request.account.clone(),
            stack_name: Some(request.stack.clone()),
            parameters,
        };
        let after = picture(template, &settings(values.known.clone()));
        let old_settings = stack.as_ref().map(|stack| settings(known_values(stack)));
        let (mut before, mut outputs) = (Picture::new(), Vec::new());
        if let (Some(stack), Some(settings)) = (&stack, old_settings) {
            let deployed = self.deployed_template(&stack.id).await?;
            before = picture(&deployed, &settings);
            let (old, new) = (deployed.outputs.into(), template.outputs.clone().into());
            template_diff::compare("", Some(&old), Some(&new), &mut outputs);
        }
        let drawn = template_diff::resources(&before, &after);
        let resources = if by_change_set {
            self.changes_by_set(request, stack.as_ref(), &values, &drawn).await?
        } else {
            drawn
        };
        Ok(DiffReport {
            stack: request.stack.clone(),
            is_new: stack.is_none(),
            widenings: broadening::widenings(&before, &after),
            losses: data::losses(&resources, &before, &after),
            diff: TemplateDiff { resources, parameters: parameter_deltas(stack.as_ref(), &values), outputs },
        })
    }

    /// What CloudFormation says, by a set that is always deleted. `drawn`: what the templates alone say.
    async fn changes_by_set(
        &mut self,
        request: &DeployRequest,
        stack: Option<&Stack>,
        values: &Values,
        drawn: &[Change],
    ) -> Result<Vec<Change>, Stop> {
        let whole = request.template.template();
        let kind = match ruling(Action::Deploy, stack.map(|stack| &stack.status)) {
            Ruling::Create => ChangeSetKind::Create,
            Ruling::Update => ChangeSetKind::Update,
            _ => {
                let status = stack.map(|stack| stack.status.to_string()).unwrap_or_default();
                return Err(Outcome::new(
                    Ending::Failed,
                    format!("the stack is {status}: no change set can be made for it now"),
                )
                .into());
            }
        };
        let part = foundation_instead(request, kind);
        let template = part.unwrap_or(whole);
        let part_values = match part {
            Some(part) => {
                self.note(
                    "the template of the new stack is too large for a request, and there is no bucket for it yet: CloudFormation is \
                     asked about the foundation, the first step of a deploy, and the rest is read from the template; \
                     `--upload-to BUCKET` has it asked about the whole"
                );
                Some(values_of(part, request, None)?)
            }
            None => None,
        };
        let values = part_values.as_ref().unwrap_or(values);
        let now = self.now().to_string();
        let name = format!(
            "{}-diff-{}",
            super::digest::PREFIX,
            Digest::default().with(&template_text(template)).with(&now).hex(16)
        );
        let set = CreateChangeSet {
            stack: stack.map_or_else(|| request.stack.clone(), |stack| stack.id.clone()),
            client_token: token("set", &name),
            name,
            kind,
            template: self.template_source(template, &request.upload, stack).await?,
            parameters: values.settings.clone(),
            tags: Some(request.tags.clone()),
            capabilities: capability::needed(template),
            role_arn: request.role_arn.clone(),
            notification_arns: request.notification_arns.clone(),
            rollback_configuration: None,
            description: Some("made by dify-cfn diff, and deleted by it".to_owned()),
            include_nested_stacks: !request.revert_drift,
            on_stack_failure: None,
            import_existing_resources: request.import_existing,
            resources_to_import: Vec::new(),
            revert_drift: request.revert_drift && kind == ChangeSetKind::Update,
        };
        let made = match self.make_set(&set, Step::Whole, &BTreeSet::new()).await? {
            Made::Ready(made) | Made::Executing(made) => made,
            // Nothing may be adopted here.
            Made::NoChange | Made::Taken(_) => return Ok(Vec::new()),
        };
        let constructs: BTreeMap<String, String> = whole
            .resources
            .iter()
            .filter_map(|(id, resource)| Some((id.clone(), resource.construct.clone()?)))
            .collect();
        let changes = self.changes_of(&made, &constructs).await;
        self.discard(&made, kind).await?;
        let mut changes = changes?;
        if part.is_some() {
            changes.extend(
                drawn.iter().filter(|change| !template.resources.contains_key(&change.logical_id)).cloned(),
            );
        }
        Ok(changes)
    }
}

/// The values of a template's parameters, deletion protection as it is wanted in the end.
fn values_of(template: &Template, request: &DeployRequest, stack: Option<&Stack>) -> Result<Values, Stop> {
    let mut given = request.given.clone();
    if let Some(protection) = &request.protection {
        given.insert(protection.parameter.clone(), protection.wanted.to_string());
    }
    let whole = request.template.template();
    parameters::values(template, &request.configured, &given, stack, whole).map_err(|problems| {
        let mut outcome = Outcome::new(Ending::Usage, "the parameters don't fit the template");
        outcome.next = problems;
        Stop::from(outcome)
    })
}

/// The foundation, where the whole of a new stack is too large for a request and only the stack's own bucket could take it.
fn foundation_instead(request: &DeployRequest, kind: ChangeSetKind) -> Option<&Template> {
    let is_too_large = kind == ChangeSetKind::Create
        && matches!(request.upload, Upload::OwnBucket(_))
        && template_text(request.template.template()).len() > INLINE_LIMIT_BYTES;
    request.foundation.as_ref().filter(|_| is_too_large).map(ValidatedTemplate::template)
}

/// Parameters whose values change, without those that nothing shows.
fn parameter_deltas(stack: Option<&Stack>, values: &Values) -> Vec<PropertyDelta> {
    let Some(stack) = stack else { return Vec::new() };
    let old = known_values(stack);
    let mut found = Vec::new();
    for (key, value) in &values.known {
        if old.get(key) != Some(value) {
            found.push(PropertyDelta {
                path: key.clone(),
                before: old.get(key).cloned(),
                after: Some(value.clone()),
                ..PropertyDelta::default()
            });
        }
    }
    found
}
