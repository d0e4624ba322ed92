//! `dify-cfn synth`: writes the templates of all or some stacks.

use serde_json::json;

use crate::assembly::{AssembledStack, AssembledTemplate, Formats, minified, write_assembly};
use crate::cfn::Template;
use crate::config::{self, Config, Located, Profile};
use crate::diagnostic::{Diagnostic, Severity};
use crate::dify::{self, Capacity};
use crate::validate::{Options, Purpose, Types, ValidatedTemplate};

use super::Exit;
use super::args::{Format, SynthArgs};
use super::documentation::{self, Documentation};
use super::project::{self, acceptances};
use super::view::{StackSummary, View};

/// The template's metadata where it was not validated.
const UNVALIDATED_KEY: &str = "dify-cfn:unvalidated";

/// A stack on its way to disk.
struct Synthesized {
    stack: AssembledStack,
    findings: Vec<Diagnostic>,
    capacity: Capacity,
}

/// Why a stack wasn't synthesized: how the program ends, and what was found.
type Rejected = (Exit, Vec<Diagnostic>);

pub(super) fn run(args: &SynthArgs, view: &mut View) -> Exit {
    let loaded = match project::load(&args.config, &args.stacks, view) {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    let unknown = unknown_codes(&loaded.environments);
    if !unknown.is_empty() {
        view.findings(&unknown);
        return Exit::Usage;
    }
    let mut synthesized = Vec::new();
    let mut rejected: Option<Exit> = None;
    let mut findings = loaded.diagnostics.clone();
    for located in &loaded.environments {
        match synthesize(located, !args.no_validate) {
            Ok(one) => {
                findings.extend(one.findings.iter().cloned());
                synthesized.push(one);
            }
            Err((exit, found)) => {
                findings.extend(found);
                rejected = Some(rejected.unwrap_or(exit));
            }
        }
    }
    if args.stacks.is_empty() && !args.no_validate && rejected != Some(Exit::Usage) {
        findings.extend(needless_acceptances(&loaded.environments, &findings));
    }
    dedup(&mut findings);
    if args.quiet {
        findings.retain(|finding| finding.severity > Severity::Note);
    }
    view.findings(&findings);
    if let Some(exit) = rejected {
        return exit;
    }
    let formats = Formats { json: args.format != Format::Yaml, yaml: args.format != Format::Json };
    let (stacks, told): (Vec<_>, Vec<_>) =
        synthesized.into_iter().map(|one| (one.stack, (one.findings, one.capacity))).unzip();
    let files = match write_assembly(&args.output, &stacks, formats) {
        Ok(files) => files,
        Err(error) => return view.failure(&error),
    };
    if args.quiet {
        return Exit::Success;
    }
    let files_of_each = usize::from(formats.json) + usize::from(formats.yaml);
    let summaries: Vec<StackSummary<'_>> = stacks
        .iter()
        .zip(&told)
        .zip(files.chunks(files_of_each))
        .map(|((stack, (findings, capacity)), files)| summary(stack, findings, *capacity, files))
        .collect();
    if args.json {
        view.json(&json!({ "stacks": summaries.iter().map(StackSummary::json).collect::<Vec<_>>() }));
    } else {
        let texts: Vec<String> = summaries.iter().map(StackSummary::text).collect();
        view.text(&texts.join("\n"));
    }
    Exit::Success
}

fn summary<'a>(
    stack: &'a AssembledStack,
    findings: &'a [Diagnostic],
    capacity: Capacity,
    files: &[std::path::PathBuf],
) -> StackSummary<'a> {
    let template = stack.template.template();
    StackSummary {
        name: &stack.name,
        account: stack.account.as_deref(),
        region: stack.region.as_deref(),
        template,
        files: files.to_vec(),
        minified_bytes: minified(template).len(),
        foundation_bytes: minified(&dify::foundation(template)).len(),
        capacity,
        findings,
    }
}

fn synthesize(located: &Located, validate: bool) -> Result<Synthesized, Rejected> {
    let config = &located.config;
    let placed = |found: Vec<Diagnostic>| -> Vec<Diagnostic> {
        found.into_iter().map(|finding| placed_in_file(located, finding)).collect()
    };
    let built = dify::build(config).map_err(|found| (Exit::Usage, placed(found)))?;
    let mut findings = placed(built.findings);
    let template = if validate {
        let (template, found) = ValidatedTemplate::check(built.template, &options(config))
            .map_err(|found| (Exit::Invalid, found))?;
        findings.extend(found);
        AssembledTemplate::Validated(template)
    } else {
        AssembledTemplate::Unvalidated(marked(built.template))
    };
    let stack = AssembledStack {
        name: config.stack_name(),
        account: config.account.clone(),
        region: config.region.clone(),
        tags: config.tags.clone(),
        template,
    };
    Ok(Synthesized { stack, findings, capacity: built.capacity })
}

/// What the template of a configuration is checked for: our own templates are exact, and what the stack is for is known.
/// Parameters may get other values than their defaults at the console, so all values that they allow count.
fn options(config: &Config) -> Options {
    Options {
        types: Types::Strict,
        purpose: match config.profile {
            Profile::Development => Purpose::Development,
            Profile::Production => Purpose::Production,
        },
        region: config.region.clone(),
        accepted: acceptances(config),
        ..Options::default()
    }
}

/// Acceptances of codes that no rule has.
fn unknown_codes(environments: &[Located]) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for located in environments {
        for (index, accepted) in located.config.accept.iter().enumerate() {
            let found = match documentation::find(&accepted.code) {
                Ok(Documentation::Rule(_)) => continue,
                Ok(Documentation::Code(..)) => None,
                Err(near) => near,
            };
            let message = format!("no rule about templates has the code `{}`", accepted.code);
            let help = match found {
                Some(near) => format!("did you mean `{near}`? `dify-cfn rules` lists them"),
                None => "`dify-cfn rules` lists them".to_owned(),
            };
            let finding = Diagnostic::error(config::code::ACCEPT, message).help(help);
            findings.push(located.diagnostic_at(&format!("/accept/{index}/code"), finding));
        }
    }
    dedup(&mut findings);
    findings
}

/// Acceptances that accept nothing in any of the environments that they are for.
fn needless_acceptances(environments: &[Located], findings: &[Diagnostic]) -> Vec<Diagnostic> {
    let mut needless = Vec::new();
    for located in environments {
        for (index, acceptance) in acceptances(&located.config).iter().enumerate() {
            if !findings.iter().any(|finding| acceptance.accepts(finding)) {
                let message = format!("there is no {} at `{}` to accept", acceptance.code, acceptance.place);
                let finding = Diagnostic::warning(config::code::ACCEPT, message).help("take it out");
                needless.push(located.diagnostic_at(&format!("/accept/{index}/place"), finding));
            }
        }
    }
    needless
}

/// A pointer into the configuration as a place in the file that decided it.
fn placed_in_file(located: &Located, finding: Diagnostic) -> Diagnostic {
    match finding.pointer.clone() {
        Some(pointer) if finding.location.is_none() && finding.logical_id.is_none() => {
            located.diagnostic_at(&pointer, finding)
        }
        _ => finding,
    }
}

/// Marks a template that was not validated, so that nobody takes it for one that was.
fn marked(mut template: Template) -> Template {
    template.metadata.insert(UNVALIDATED_KEY.to_owned(), true.into());
    template
}

/// Keeps the first of equal findings: what holds for several environments is told once.
fn dedup(findings: &mut Vec<Diagnostic>) {
    let mut seen: Vec<Diagnostic> = Vec::new();
    findings.retain(|finding| {
        let is_new = !seen.contains(finding);
        if is_new {
            seen.push(finding.clone());
        }
        is_new
    });
}
