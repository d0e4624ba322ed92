//! What would make a deploy fail, looked at before anything is made.

use std::collections::BTreeMap;
use std::time::Duration;

use super::api::{ErrorKind, RollbackConfiguration, Stack};
use super::event::{CheckResult, Event};
use super::outcome::{Ending, Outcome};
use super::request::{DeployRequest, MOST_ROLLBACK_ALARMS, RollbackAlarms};
use super::run::{Patience, Run};
use super::stopping::Stop;
use crate::cfn::Template;

/// Credentials that end sooner than this may end before a first deploy does.
const LONG_ENOUGH: Duration = Duration::from_secs(60 * 60);

/// Credentials that end sooner than this are not begun with.
const TOO_SHORT: Duration = Duration::from_secs(5 * 60);

/// Alarms that tell a bad update, best first: server errors before single unhealthy targets.
///
/// Source: Elastic Load Balancing, "CloudWatch metrics for your Application Load Balancer".
const ALARMING: [&str; 3] = ["HTTPCode_ELB_5XX_Count", "HTTPCode_Target_5XX_Count", "UnHealthyHostCount"];

impl Run<'_> {
    fn checked(&self, check: impl Into<String>, finding: CheckResult, detail: impl Into<String>) {
        self.tell(Event::Checked { check: check.into(), finding, detail: detail.into() });
    }

    /// Account, region and credentials.
    pub(super) async fn check_place(&mut self, request: &DeployRequest) -> Result<(), Stop> {
        let services = self.services();
        let region = services.region();
        let mut problems = Vec::new();
        match &request.region {
            Some(wanted) if wanted != region => {
                let problem = format!("the stack belongs in {wanted}, but calls go to {region}");
                self.checked("region", CheckResult::Failed, &problem);
                problems.push(problem);
            }
            _ => self.checked("region", CheckResult::Ok, region),
        }
        let identity = match self.call(Patience::Short, || services.caller_identity()).await {
            Ok(identity) => identity,
            Err(Stop::Api(error))
                if matches!(error.kind, ErrorKind::AccessDenied | ErrorKind::Unsupported) =>
            {
                self.checked("account", CheckResult::Warning, format!("it can't be checked: {error}"));
                return finish(problems);
            }
            Err(stop) => return Err(stop),
        };
        match &request.account {
            Some(wanted) if *wanted != identity.account => {
                let problem = format!(
                    "the stack belongs in account {wanted}, but the credentials are of {}",
                    identity.account
                );
                self.checked("account", CheckResult::Failed, &problem);
                problems.push(problem);
            }
            _ => self.checked("account", CheckResult::Ok, &identity.account),
        }
        if let Some(end) = identity.expires_at {
            let left = end.since(self.now());
            let detail = format!("they end at {end}");
            if left < TOO_SHORT {
                self.checked("credentials", CheckResult::Failed, &detail);
                problems.push(format!("the credentials end at {end}: log in again first"));
            } else if left < LONG_ENOUGH {
                self.checked(
                    "credentials",
                    CheckResult::Warning,
                    format!("{detail}, which may be before the deploy does; log in again meanwhile, and it goes on"),
                );
            } else {
                self.checked("credentials", CheckResult::Ok, detail);
            }
        }
        finish(problems)
    }

    /// What the template names and has to be there.
    pub(super) async fn check_named(
        &mut self,
        request: &DeployRequest,
        known: &BTreeMap<String, String>,
    ) -> Result<(), Stop> {
        let services = self.services();
        let mut problems = Vec::new();
        let mut missing = Vec::new();
        for name in &request.required_ssm_parameters {
            match self.call(Patience::Short, || services.parameter(name)).await {
                Ok(_) => {}
                Err(Stop::Api(error)) if error.kind == ErrorKind::NotFound => missing.push(name.as_str()),
                Err(Stop::Api(error)) => {
                    self.checked(
                        "parameters",
                        CheckResult::Warning,
                        format!("{name} can't be checked: {error}"),
                    );
                }
                Err(stop) => return Err(stop),
            }
        }
        if !missing.is_empty() {
            let problem = format!(
                "these parameters aren't in Systems Manager: {}; `secrets --stack {}` creates them",
                missing.join(", "),
                request.stack
            );
            self.checked("parameters", CheckResult::Failed, &problem);
            problems.push(problem);
        } else if !request.required_ssm_parameters.is_empty() {
            self.checked("parameters", CheckResult::Ok, "all of them are there");
        }
        for parameter in &request.certificate_parameters {
            let Some(arn) = known.get(parameter).filter(|arn| !arn.is_empty()) else { continue };
            match self.call(Patience::Short, || services.certificate(arn)).await {
                Ok(certificate) if certificate.status == "ISSUED" => {
                    self.checked("certificate", CheckResult::Ok, certificate.domain_names.join(", "));
                }
                Ok(certificate) => {
                    let problem = format!("the certificate {arn} is {}, not ISSUED", certificate.status);
                    self.checked("certificate", CheckResult::Failed, &problem);
                    problems.push(problem);
                }
                Err(Stop::Api(error)) if error.kind == ErrorKind::NotFound => {
                    let problem = format!("there is no certificate {arn} in {}", services.region());
                    self.checked("certificate", CheckResult::Failed, &problem);
                    problems.push(problem);
                }
                Err(Stop::Api(error)) => {
                    self.checked(
                        "certificate",
                        CheckResult::Warning,
                        format!("it can't be checked: {error}"),
                    );
                }
                Err(stop) => return Err(stop),
            }
        }
        finish(problems)
    }

    /// The alarms that roll an update back.
    pub(super) async fn alarms(
        &mut self,
        request: &DeployRequest,
        stack: &Stack,
        deployed: &Template,
    ) -> Result<RollbackConfiguration, Stop> {
        let monitoring_minutes = request.monitoring_minutes;
        let with = |alarm_arns: Vec<String>| {
            let monitoring_minutes = if alarm_arns.is_empty() { 0 } else { monitoring_minutes };
            RollbackConfiguration { alarm_arns, monitoring_minutes }
        };
        match &request.rollback_alarms {
            RollbackAlarms::None => return Ok(with(Vec::new())),
            RollbackAlarms::Given(arns) => return Ok(with(arns.clone())),
            RollbackAlarms::Own => {}
        }
        let candidates = alarming(deployed, request.template.template());
        if candidates.is_empty() {
            return Ok(with(Vec::new()));
        }
        let resources = self.resources(&stack.id).await?;
        let physical = |id: &String| {
            let resource = resources.iter().find(|resource| resource.logical_id == *id)?;
            resource.physical_id.clone()
        };
        let names: Vec<String> = candidates.iter().filter_map(physical).collect();
        let services = self.services();
        let states = match self.call(Patience::Short, || services.alarms(&names)).await {
            Ok(states) => states,
            Err(Stop::Api(error)) => {
                self.warn(format!(
                    "the update isn't watched by alarms, since their state can't be read: {error}"
                ));
                return Ok(with(Vec::new()));
            }
            Err(stop) => return Err(stop),
        };
        let mut arns = Vec::new();
        for name in &names {
            match states.iter().find(|alarm| alarm.name == *name) {
                Some(alarm) if alarm.state == "ALARM" => {
                    self.warn(format!("the alarm {name} is in ALARM already: it can't judge this update"));
                }
                Some(alarm) => arns.push(alarm.arn.clone()),
                None => {}
            }
        }
        arns.truncate(MOST_ROLLBACK_ALARMS);
        Ok(with(arns))
    }
}

/// Logical ids of alarms that are deployed and stay, best first.
fn alarming(deployed: &Template, ours: &Template) -> Vec<String> {
    let mut found: Vec<(usize, &String)> = deployed
        .resources
        .iter()
        .filter(|(id, resource)| {
            resource.type_name == "AWS::CloudWatch::Alarm" && ours.resources.contains_key(*id)
        })
        .filter_map(|(id, resource)| {
            let metric = resource.properties.get("MetricName")?.as_str()?;
            Some((ALARMING.iter().position(|name| *name == metric)?, id))
        })
        .collect();
    found.sort();
    found.into_iter().map(|(_, id)| id.clone()).collect()
}

fn finish(problems: Vec<String>) -> Result<(), Stop> {
    if problems.is_empty() {
        return Ok(());
    }
    let mut outcome = Outcome::new(Ending::Failed, "the deploy would fail; nothing was changed");
    outcome.next = problems;
    Err(outcome.into())
}
