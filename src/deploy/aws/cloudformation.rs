//! The calls to CloudFormation by the SDK.

use aws_sdk_cloudformation::types::{
    EventFilter, ListHookResultsTargetType, StackResourceDriftStatus, TemplateStage as SdkTemplateStage,
};

use super::connection::Aws;
use super::{change_set, events, stack};
use crate::deploy::api::{
    Answer, ApiError, ChangeSet, ChangeSetSummary, CloudFormation, CreateChangeSet, CreatedChangeSet,
    DeleteStack, DescribeChangeSet, DriftDetection, EventScope, ExecuteChangeSet, HookResult, HookTarget,
    OperationEvent, Page, ResourceDrift, Stack, StackEvent, StackResource, StackSummary, TemplateSource,
    TemplateStage, TemplateSummary,
};

type Client = aws_sdk_cloudformation::Client;

/// A call that answers with a page of items.
macro_rules! page {
    ($aws:ident, $operation:literal, $token:ident, $client:ident => $request:expr, $items:ident, $read:path) => {
        Box::pin(async move {
            let token = $token.map(str::to_owned);
            let send = |$client: Client| $request.set_next_token(token.clone()).send();
            let page = $aws.call($operation, send).await?;
            Ok(Page { items: page.$items().iter().map($read).collect(), next_token: page.next_token })
        })
    };
}

/// A call whose answer says no more than that it was heard.
macro_rules! done {
    ($aws:ident, $operation:literal, $client:ident => $request:expr) => {
        Box::pin(async move { $aws.call($operation, |$client: Client| $request.send()).await.map(|_| ()) })
    };
}

impl CloudFormation for Aws {
    fn describe_stack<'a>(&'a self, name: &'a str) -> Answer<'a, Stack> {
        Box::pin(async move {
            let send = |client: Client| client.describe_stacks().stack_name(name).send();
            let found = self.call("DescribeStacks", send).await?.stacks.unwrap_or_default();
            found.first().map(stack::stack).ok_or_else(|| {
                let message = format!("Stack with id {name} does not exist");
                ApiError::answered("DescribeStacks", 400, "ValidationError", message)
            })
        })
    }

    fn list_stacks<'a>(&'a self, next_token: Option<&'a str>) -> Answer<'a, Page<StackSummary>> {
        page!(self, "ListStacks", next_token, client => client.list_stacks(), stack_summaries, stack::summary)
    }

    fn create_change_set<'a>(&'a self, request: &'a CreateChangeSet) -> Answer<'a, CreatedChangeSet> {
        Box::pin(async move {
            let input = change_set::create(request);
            let send = |client: Client| {
                let input = input.clone();
                async move { input.send_with(&client).await }
            };
            let created = self.call("CreateChangeSet", send).await?;
            Ok(CreatedChangeSet {
                id: created.id.unwrap_or_default(),
                stack_id: created.stack_id.unwrap_or_default(),
            })
        })
    }

    fn describe_change_set<'a>(&'a self, request: &'a DescribeChangeSet) -> Answer<'a, ChangeSet> {
        Box::pin(async move {
            let send = |client: Client| {
                client
                    .describe_change_set()
                    .change_set_name(&request.change_set)
                    .set_stack_name(request.stack.clone())
                    .set_next_token(request.next_token.clone())
                    // Left out rather than false, for servers that don't know it.
                    .set_include_property_values(request.include_property_values.then_some(true))
                    .send()
            };
            Ok(change_set::change_set(self.call("DescribeChangeSet", send).await?))
        })
    }

    fn list_change_sets<'a>(
        &'a self,
        stack: &'a str,
        next_token: Option<&'a str>,
    ) -> Answer<'a, Page<ChangeSetSummary>> {
        page!(
            self,
            "ListChangeSets",
            next_token,
            client => client.list_change_sets().stack_name(stack),
            summaries,
            change_set::summary
        )
    }

    fn execute_change_set<'a>(&'a self, request: &'a ExecuteChangeSet) -> Answer<'a, ()> {
        done!(
            self,
            "ExecuteChangeSet",
            client => client
                .execute_change_set()
                .change_set_name(&request.change_set)
                .client_request_token(&request.client_request_token)
                .set_disable_rollback(request.disable_rollback.then_some(true))
                .set_retain_except_on_create(request.retain_except_on_create.then_some(true))
        )
    }

    fn delete_change_set<'a>(&'a self, change_set: &'a str) -> Answer<'a, ()> {
        done!(self, "DeleteChangeSet", client => client.delete_change_set().change_set_name(change_set))
    }

    fn describe_stack_events<'a>(
        &'a self,
        stack: &'a str,
        next_token: Option<&'a str>,
    ) -> Answer<'a, Page<StackEvent>> {
        page!(
            self,
            "DescribeStackEvents",
            next_token,
            client => client.describe_stack_events().stack_name(stack),
            stack_events,
            events::stack_event
        )
    }

    fn describe_events<'a>(
        &'a self,
        scope: &'a EventScope,
        only_failed: bool,
        next_token: Option<&'a str>,
    ) -> Answer<'a, Page<OperationEvent>> {
        Box::pin(async move {
            let token = next_token.map(str::to_owned);
            let filter = only_failed.then(|| EventFilter::builder().failed_events(true).build());
            let send = |client: Client| {
                let call = client.describe_events().set_filters(filter.clone()).set_next_token(token.clone());
                match scope {
                    EventScope::Stack(stack) => call.stack_name(stack),
                    EventScope::ChangeSet(change_set) => call.change_set_name(change_set),
                    EventScope::Operation(operation) => call.operation_id(operation),
                }
                .send()
            };
            let page = self.call("DescribeEvents", send).await?;
            let items = page.operation_events().iter().map(events::operation_event).collect();
            Ok(Page { items, next_token: page.next_token })
        })
    }

    fn list_stack_resources<'a>(
        &'a self,
        stack: &'a str,
        next_token: Option<&'a str>,
    ) -> Answer<'a, Page<StackResource>> {
        page!(
            self,
            "ListStackResources",
            next_token,
            client => client.list_stack_resources().stack_name(stack),
            stack_resource_summaries,
            stack::resource
        )
    }

    fn get_template<'a>(&'a self, stack: &'a str, stage: TemplateStage) -> Answer<'a, String> {
        Box::pin(async move {
            let stage = match stage {
                TemplateStage::Original => SdkTemplateStage::Original,
                TemplateStage::Processed => SdkTemplateStage::Processed,
            };
            let send =
                |client: Client| client.get_template().stack_name(stack).template_stage(stage.clone()).send();
            Ok(self.call("GetTemplate", send).await?.template_body.unwrap_or_default())
        })
    }

    fn get_template_summary<'a>(
        &'a self,
        template: &'a TemplateSource,
        stack: Option<&'a str>,
    ) -> Answer<'a, TemplateSummary> {
        Box::pin(async move {
            let send = |client: Client| {
                let call = client.get_template_summary();
                match template {
                    TemplateSource::Body(body) => call.template_body(body),
                    TemplateSource::Url(url) => call.template_url(url),
                    TemplateSource::Previous => call.set_stack_name(stack.map(str::to_owned)),
                }
                .send()
            };
            Ok(stack::template_summary(&self.call("GetTemplateSummary", send).await?))
        })
    }

    fn get_stack_policy<'a>(&'a self, stack: &'a str) -> Answer<'a, Option<String>> {
        Box::pin(async move {
            let send = |client: Client| client.get_stack_policy().stack_name(stack).send();
            let body = self.call("GetStackPolicy", send).await?.stack_policy_body;
            Ok(body.filter(|body| !body.is_empty()))
        })
    }

    fn set_stack_policy<'a>(&'a self, stack: &'a str, policy: &'a str) -> Answer<'a, ()> {
        Box::pin(async move {
            let send =
                |client: Client| client.set_stack_policy().stack_name(stack).stack_policy_body(policy).send();
            self.call("SetStackPolicy", send).await.map(|_| ())
        })
    }

    fn update_termination_protection<'a>(&'a self, stack: &'a str, enabled: bool) -> Answer<'a, ()> {
        Box::pin(async move {
            let send = |client: Client| {
                let call = client.update_termination_protection().stack_name(stack);
                call.enable_termination_protection(enabled).send()
            };
            self.call("UpdateTerminationProtection", send).await.map(|_| ())
        })
    }

    fn delete_stack<'a>(&'a self, request: &'a DeleteStack) -> Answer<'a, ()> {
        done!(self, "DeleteStack", client => stack::delete(&client, request))
    }

    fn cancel_update_stack<'a>(&'a self, stack: &'a str, token: &'a str) -> Answer<'a, ()> {
        done!(
            self,
            "CancelUpdateStack",
            client => client.cancel_update_stack().stack_name(stack).client_request_token(token)
        )
    }

    fn continue_update_rollback<'a>(
        &'a self,
        stack: &'a str,
        resources_to_skip: &'a [String],
        force: bool,
        token: &'a str,
    ) -> Answer<'a, ()> {
        Box::pin(async move {
            let skipped = (!resources_to_skip.is_empty()).then(|| resources_to_skip.to_vec());
            let send = |client: Client| {
                let call = client
                    .continue_update_rollback()
                    .stack_name(stack)
                    .set_resources_to_skip(skipped.clone())
                    .client_request_token(token)
                    .customize();
                let call = if force { call.mutate_request(stack::force_rollback) } else { call };
                call.send()
            };
            self.call("ContinueUpdateRollback", send).await.map(|_| ())
        })
    }

    fn rollback_stack<'a>(&'a self, stack: &'a str, token: &'a str) -> Answer<'a, ()> {
        Box::pin(async move {
            let send = |client: Client| {
                let call = client.rollback_stack().stack_name(stack);
                call.client_request_token(token).retain_except_on_create(true).send()
            };
            self.call("RollbackStack", send).await.map(|_| ())
        })
    }

    fn detect_stack_drift<'a>(&'a self, stack: &'a str) -> Answer<'a, String> {
        Box::pin(async move {
            let send = |client: Client| client.detect_stack_drift().stack_name(stack).send();
            Ok(self.call("DetectStackDrift", send).await?.stack_drift_detection_id.unwrap_or_default())
        })
    }

    fn describe_drift_detection<'a>(&'a self, detection: &'a str) -> Answer<'a, DriftDetection> {
        Box::pin(async move {
            let send = |client: Client| {
                client.describe_stack_drift_detection_status().stack_drift_detection_id(detection).send()
            };
            Ok(stack::drift_detection(&self.call("DescribeStackDriftDetectionStatus", send).await?))
        })
    }

    fn describe_resource_drifts<'a>(
        &'a self,
        stack: &'a str,
        next_token: Option<&'a str>,
    ) -> Answer<'a, Page<ResourceDrift>> {
        page!(
            self,
            "DescribeStackResourceDrifts",
            next_token,
            client => client.describe_stack_resource_drifts()
                .stack_name(stack)
                .stack_resource_drift_status_filters(StackResourceDriftStatus::Modified)
                .stack_resource_drift_status_filters(StackResourceDriftStatus::Deleted),
            stack_resource_drifts,
            stack::resource_drift
        )
    }

    fn list_hook_results<'a>(
        &'a self,
        target: &'a HookTarget,
        next_token: Option<&'a str>,
    ) -> Answer<'a, Page<HookResult>> {
        Box::pin(async move {
            let token = next_token.map(str::to_owned);
            let (kind, id) = match target {
                HookTarget::ChangeSet(id) => (ListHookResultsTargetType::ChangeSet, id),
                HookTarget::Stack(id) => (ListHookResultsTargetType::Stack, id),
            };
            let send = |client: Client| {
                let call = client.list_hook_results().target_type(kind.clone()).target_id(id);
                call.set_next_token(token.clone()).send()
            };
            let page = self.call("ListHookResults", send).await?;
            let items = page.hook_results().iter().map(events::hook_summary).collect();
            Ok(Page { items, next_token: page.next_token })
        })
    }

    fn get_hook_result<'a>(&'a self, id: &'a str) -> Answer<'a, HookResult> {
        Box::pin(async move {
            let send = |client: Client| client.get_hook_result().hook_result_id(id).send();
            Ok(events::hook_result(&self.call("GetHookResult", send).await?))
        })
    }
}
