//! `dify-cfn validate`: checks anyone's templates.

mod inputs;

use std::collections::BTreeMap;

use crate::cfn::evaluate::{Evaluator, Settings};
use crate::cfn::{Template, read};
use crate::diagnostic::{Severity, nearest};
use crate::validate::{self, Acceptance, Options, Purpose, Statistics, Types};

use super::Exit;
use super::args::{ConfigArgs, ValidateArgs};
use super::project::{self, acceptances};
use super::synth;
use super::view::{CheckedFile, Report, Skipped, Tell, View};
use inputs::{Inputs, Place};

/// A value on the command line that no template takes.
#[derive(Debug, thiserror::Error)]
#[error("`--parameter {name}=…`: {problem}")]
struct BadParameter {
    name: String,
    problem: String,
}

pub(super) fn run(args: &ValidateArgs, view: &mut View) -> Exit {
    let (purpose, accepted) = match from_configuration(args, view) {
        Ok(settings) => settings,
        Err(exit) => return exit,
    };
    let options = Options {
        types: if args.strict { Types::Strict } else { Types::Lax },
        purpose,
        stack_name: None,
        region: args.region.clone(),
        parameters: args.parameters.iter().cloned().collect(),
        accepted,
    };
    let mut parameters = Parameters::new(&options);
    let inputs = Inputs::find(&args.files);
    let mut report = Report {
        unreadable: inputs.unreadable,
        explain: args.explain,
        deny_warnings: args.deny.is_some(),
        stats: args.stats.then(super::stats::stats),
        ..Report::default()
    };
    for place in &inputs.places {
        match place.read() {
            Ok(bytes) => check(place, &bytes, &options, &mut parameters, &mut report),
            Err(error) => report.unreadable.push((place.name(), error.to_string())),
        }
    }
    if let Some(bad) = parameters.problem() {
        view.failure(&bad);
        return Exit::Usage;
    }
    if args.quiet {
        for file in &mut report.files {
            file.findings.retain(|finding| finding.severity > Severity::Note);
        }
    }
    let exit = exit(&report, !args.files.is_empty());
    let tell = Tell { skipped: args.verbose, summary: !args.quiet && !args.files.is_empty() };
    view.report(&report, args.report_format(), tell, exit);
    exit
}

/// What the stacks are for, and what is accepted, by the configuration that was named: in whichever environment is accepted,
/// and if one of them is for production, the stacks are. Whether a finding is still there to accept is for `synth` to say:
/// the templates here may be some of the stacks, or someone else's.
fn from_configuration(args: &ValidateArgs, view: &mut View) -> Result<(Purpose, Vec<Acceptance>), Exit> {
    let Some(path) = &args.config else { return Ok((Purpose::Unknown, Vec::new())) };
    let configuration = ConfigArgs { config: Some(path.clone()), overrides: Vec::new() };
    let loaded = project::load(&configuration, &[], view)?;
    let purposes = loaded.environments.iter().map(|located| synth::purpose(&located.config));
    let accepted = loaded.environments.iter().flat_map(|located| acceptances(&located.config)).collect();
    Ok((purposes.max().unwrap_or_default(), accepted))
}

/// How the command ends: what couldn't be read weighs more than what was found.
fn exit(report: &Report, has_arguments: bool) -> Exit {
    let nothing_checked = has_arguments && report.files.is_empty();
    if !report.unreadable.is_empty() || nothing_checked {
        Exit::Failure
    } else if report.count(Severity::Error) > 0 || report.deny_warnings && report.has_warnings() {
        Exit::Invalid
    } else {
        Exit::Success
    }
}

/// Checks the bytes of one file, unless it was found in a folder and is no template.
fn check(
    place: &Place,
    bytes: &[u8],
    options: &Options,
    parameters: &mut Parameters<'_>,
    report: &mut Report,
) {
    let name = place.name();
    let may_be_another = matches!(place, Place::Found(_));
    let skipped = |reason: String, is_broken: bool| Skipped { name: name.clone(), reason, is_broken };
    let document = match inputs::parse(&name, bytes) {
        Ok(document) => document,
        Err(findings) if may_be_another && !inputs::mentions_template(bytes) => {
            let problem = findings.first().map(|finding| finding.message.clone()).unwrap_or_default();
            report.skipped.push(skipped(
                format!("it can't be read, and doesn't look like a template: {problem}"),
                true,
            ));
            return;
        }
        Err(findings) => {
            report.files.push(CheckedFile { name, findings, statistics: Statistics::default() });
            return;
        }
    };
    if may_be_another && !inputs::is_template(&document) {
        let reason = "it has no AWSTemplateFormatVersion, no Transform, and no resources with a type";
        report.skipped.push(skipped(reason.to_owned(), false));
        return;
    }
    let (findings, statistics) = match read::read_expanded(&document, &options.parameters) {
        Ok(read) => {
            parameters.meet(&read.template);
            let checked = validate::check_read(&read, options);
            (checked.findings, checked.statistics)
        }
        Err(findings) => (findings, Statistics::default()),
    };
    report.files.push(CheckedFile { name, findings, statistics });
}

/// The values on the command line, and what the templates say to them.
struct Parameters<'o> {
    options: &'o Options,
    settings: Settings,
    /// For each name: whether a template declares it, and why one refuses the value.
    met: BTreeMap<&'o str, (bool, Option<String>)>,
    /// Every name that a template declares, for "did you mean".
    declared: Vec<String>,
    has_template: bool,
}

impl<'o> Parameters<'o> {
    fn new(options: &'o Options) -> Self {
        let met = options.parameters.keys().map(|name| (name.as_str(), (false, None))).collect();
        Self { options, settings: Settings::default(), met, declared: Vec::new(), has_template: false }
    }

    fn meet(&mut self, template: &Template) {
        self.has_template = true;
        if self.options.parameters.is_empty() {
            return;
        }
        let evaluator = Evaluator::new(template, &self.settings);
        for (name, (is_declared, refused)) in &mut self.met {
            let Some(declaration) = evaluator.parameter(name) else { continue };
            *is_declared = true;
            let problem = self.options.parameters.get(*name).and_then(|value| declaration.refuses(value));
            if let Some(problem) = problem {
                // The reason may hold the value, which mustn't be shown.
                let problem =
                    if declaration.no_echo { "the value isn't allowed".to_owned() } else { problem };
                refused.get_or_insert(problem);
            }
        }
        self.declared.extend(template.parameters.keys().cloned());
    }

    /// The first value that no template can be given.
    fn problem(self) -> Option<BadParameter> {
        if !self.has_template {
            return None;
        }
        let declared = &self.declared;
        self.met.into_iter().find_map(|(name, (is_declared, refused))| {
            let unknown = || {
                let near = nearest(name, declared.iter().map(String::as_str));
                let help = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                format!("no template has this parameter{help}")
            };
            let problem = if is_declared { refused } else { Some(unknown()) };
            problem.map(|problem| BadParameter { name: name.to_owned(), problem })
        })
    }
}
