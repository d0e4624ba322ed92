//! `dify-cfn deploy`: takes stacks to what the configuration says.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::task::Poll;

use indexmap::IndexMap;
use serde_json::{Value as Json, json};

use crate::assembly;
use crate::cli::stack_args::{Approve, DeployArgs, OnFailure, Switch, given_twice};
use crate::cli::view::View;
use crate::cli::view::stack::Teller;
use crate::cli::{Exit, project};
use crate::deploy::api::OnStackFailure;
use crate::deploy::outcome::{Ending, Outcome};
use crate::deploy::request::{Approval, MOST_ROLLBACK_ALARMS, RollbackAlarms};
use crate::deploy::{self, DeployRequest};

use super::connection::Connection;
use super::plan;
use super::prompter::Prompts;

pub(super) fn run(args: &DeployArgs, view: &mut View) -> Exit {
    if let Some(twice) = args.stacks.iter().enumerate().find(|(n, name)| args.stacks[..*n].contains(name)) {
        return view.failure_of(&format!("--stack {} is given twice", twice.1), Exit::Usage);
    }
    for (flag, given) in [("--parameter", &args.parameters), ("--tag", &args.tags)] {
        if let Some(name) = given_twice(given) {
            return view.failure_of(&format!("{flag} {name} is given twice"), Exit::Usage);
        }
    }
    if args.rollback_alarms.len() > MOST_ROLLBACK_ALARMS {
        let message = format!(
            "--rollback-alarm is given {} times; CloudFormation watches {MOST_ROLLBACK_ALARMS} alarms at most",
            args.rollback_alarms.len()
        );
        return view.failure_of(&message, Exit::Usage);
    }
    if let Some(Err(error)) = args.outputs_file.as_deref().map(assembly::check_file) {
        view.failure(&error);
        return Exit::Usage;
    }
    if args.yes
        && args.assembly.is_none()
        && project::absent(&args.config).is_some_and(|absent| {
            view.findings(&[absent]);
            true
        })
    {
        let message = "with --yes nobody can be asked whether the defaults are meant: name the configuration with --config, \
                       or write a dify.yaml, which may be empty";
        return view.failure_of(message, Exit::Usage);
    }
    let mut requests = Vec::new();
    for stack in &args.stacks {
        let planned = match &args.assembly {
            Some(folder) => plan::of_assembly(folder, stack, view),
            None => plan::of_config(&args.config, stack, view),
        };
        match planned {
            Ok(request) => requests.push(with_arguments(request, args)),
            Err(exit) => return exit,
        }
    }
    let outcomes = super::block_on(view, async |_| {
        if args.parallel {
            return all(requests.iter().map(|request| one(request, args, true)).collect()).await;
        }
        let mut outcomes = Vec::new();
        for request in &requests {
            if requests.len() > 1 && !args.json {
                Teller::error(&format!("stack {}:", request.stack));
            }
            let outcome = one(request, args, false).await;
            let failed = !matches!(&outcome, Ok(outcome) if outcome.ending == Ending::Done);
            outcomes.push(outcome);
            if failed {
                break;
            }
        }
        outcomes
    });
    match outcomes {
        Ok(outcomes) => finish(&requests, &outcomes, args, view),
        Err(exit) => exit,
    }
}

/// The first stack that didn't end well decides how the program ends.
fn finish(
    requests: &[DeployRequest],
    outcomes: &[Result<Outcome, String>],
    args: &DeployArgs,
    view: &mut View,
) -> Exit {
    view.was_told();
    let exits: Vec<Exit> = outcomes
        .iter()
        .map(|outcome| match outcome {
            Ok(outcome) => outcome.ending.into(),
            Err(sentence) => view.failure_of(sentence, Exit::Usage),
        })
        .collect();
    if let Some(exit) = exits.into_iter().find(|exit| *exit != Exit::Success) {
        return exit;
    }
    // Only now: a file with a part of the outputs would be taken for all of them.
    if let Some(path) = &args.outputs_file {
        let mut written: IndexMap<&str, Json> = IndexMap::new();
        for (request, outcome) in requests.iter().zip(outcomes) {
            if let Ok(outcome) = outcome {
                let outputs = outcome.outputs.iter();
                let outputs: IndexMap<&str, &str> =
                    outputs.map(|output| (output.key.as_str(), output.value.as_str())).collect();
                written.insert(&request.stack, json!(outputs));
            }
        }
        let text = serde_json::to_string_pretty(&written).unwrap_or_default() + "\n";
        if let Err(error) = assembly::write_file(path, &text) {
            return view.failure(&error);
        }
    }
    Exit::Success
}

async fn one(request: &DeployRequest, args: &DeployArgs, among_others: bool) -> Result<Outcome, String> {
    let connection = Connection::open(&args.aws, request.region.as_deref()).await?;
    let teller = Teller::deploying(args.json, among_others.then_some(request.stack.as_str()), args.verbose);
    let prompts = Prompts::new(&request.stack, teller.clone());
    let outcome = deploy::deploy(connection.session(&teller, &prompts, &BTreeMap::new()), request).await;
    teller.close();
    Ok(outcome)
}

/// Waits for all, each going on while others wait.
async fn all<T>(futures: Vec<impl Future<Output = T>>) -> Vec<T> {
    let mut running: Vec<(Pin<Box<_>>, Option<T>)> =
        futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        for (future, result) in running.iter_mut().filter(|(_, result)| result.is_none()) {
            if let Poll::Ready(value) = future.as_mut().poll(context) {
                *result = Some(value);
            }
        }
        if running.iter().any(|(_, result)| result.is_none()) {
            return Poll::Pending;
        }
        Poll::Ready(running.iter_mut().filter_map(|(_, result)| result.take()).collect())
    })
    .await
}

fn with_arguments(mut request: DeployRequest, args: &DeployArgs) -> DeployRequest {
    request.given = args.parameters.iter().cloned().collect();
    request.tags.extend(args.tags.iter().cloned());
    request.role_arn.clone_from(&args.role_arn);
    request.notification_arns = (!args.notification_arns.is_empty()).then(|| args.notification_arns.clone());
    request.on_failure = match args.on_failure {
        OnFailure::Rollback => OnStackFailure::Rollback,
        OnFailure::Delete => OnStackFailure::Delete,
        OnFailure::Keep => OnStackFailure::Keep,
    };
    request.rollback_alarms = if args.no_rollback_alarms {
        RollbackAlarms::None
    } else if args.rollback_alarms.is_empty() {
        RollbackAlarms::Own
    } else {
        RollbackAlarms::Given(args.rollback_alarms.clone())
    };
    request.monitoring_minutes = args.monitoring_time;
    request.termination_protection = args.termination_protection.map(|switch| switch == Switch::On);
    request.timeout = args.timeout;
    request.approval = match args.approve {
        Approve::Never => Approval::Never,
        Approve::Broadening => Approval::Broadening,
        Approve::Any => Approval::Any,
    };
    request.yes = args.yes;
    request.allow_replace = args.allow_replace.iter().cloned().collect();
    request.allow_delete = args.allow_delete.iter().cloned().collect();
    request.no_execute = args.no_execute;
    request.revert_drift = args.revert_drift;
    request.import_existing = args.import_existing;
    if let Some(place) = &args.upload_to {
        request.upload = plan::upload_to(place);
    }
    request
}
