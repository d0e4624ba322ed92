//! `dify-cfn synth`: writes the templates of all or some stacks.

use serde_json::json;

use crate::assembly::{AssembledStack, AssembledTemplate, Formats, minified, write_assembly};
use crate::cfn::Template;
use crate::config::Located;
use crate::diagnostic::{Diagnostic, Severity};
use crate::dify::{self, Capacity};
use crate::validate::{Options, ValidatedTemplate};

use super::args::{Format, SynthArgs};
use super::view::{StackSummary, View};
use super::{Exit, project};

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
    let options = Options { region: config.region.clone(), ..Options::default() };
    let template = if validate {
        let (template, found) =
            ValidatedTemplate::check(built.template, &options).map_err(|found| (Exit::Invalid, found))?;
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
