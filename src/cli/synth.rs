//! `dify-cfn synth`: writes the templates of all or some stacks.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::assembly::{AssembledStack, AssembledTemplate, Formats, StackFiles, stale, write_assembly};
use crate::cfn::Template;
use crate::config::model::SecretsBackend;
use crate::config::{self, Config, Located, Profile, told_once};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::dify::{self, Capacity, PhysicalNames};
use crate::validate::{KnownGood, Options, Purpose, Types, ValidatedTemplate};

use super::Exit;
use super::args::{Format, SynthArgs};
use super::documentation::{self, Documentation};
use super::project::{self, acceptances};
use super::view::{Contents, StackSummary, View};

/// The template's metadata where it was not validated.
const UNVALIDATED_KEY: &str = "dify-cfn:unvalidated";

/// The rule on the size of a template.
const TEMPLATE_SIZE: Code = Code("L002");

/// A stack with its template.
struct Synthesized {
    stack: AssembledStack,
    findings: Vec<Diagnostic>,
    capacity: Capacity,
    /// Parameters that have to be there before the stack, and how long each is.
    secure_parameters: Vec<(String, u32)>,
}

/// What is kept of a stack until all are written: without its template, so that the next one gets its memory.
struct Kept {
    files: StackFiles,
    /// What the summary tells of the template, if it is told.
    contents: Option<Contents>,
    names: PhysicalNames,
    findings: Vec<Diagnostic>,
    capacity: Capacity,
    secure_parameters: Vec<(String, u32)>,
}

impl Kept {
    fn of(one: Synthesized, args: &SynthArgs) -> Self {
        let template = one.stack.template.template();
        Self {
            files: one.stack.files(formats(args)),
            contents: (!args.quiet).then(|| Contents::of(template)),
            names: PhysicalNames::of(template),
            findings: one.findings,
            capacity: one.capacity,
            secure_parameters: one.secure_parameters,
        }
    }
}

fn formats(args: &SynthArgs) -> Formats {
    Formats { json: args.format != Format::Yaml, yaml: args.format != Format::Json }
}

/// Why a stack wasn't synthesized: how the program ends, and what was found.
pub(super) type Rejected = (Exit, Vec<Diagnostic>);

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
    let known_good = KnownGood::default();
    let mut kept = Vec::new();
    let mut rejected: Option<Exit> = None;
    let mut by_environment = Vec::new();
    for located in &loaded.environments {
        let found = match synthesize(located, !args.no_validate, &known_good) {
            Ok(one) => {
                let found = one.findings.clone();
                if rejected.is_none() {
                    kept.push(Kept::of(one, args));
                }
                found
            }
            Err((exit, found)) => {
                rejected = Some(rejected.unwrap_or(exit));
                found
            }
        };
        by_environment.push((located.config.environment_name.clone(), found));
    }
    let several = by_environment.len() > 1;
    let mut findings = loaded.diagnostics.clone();
    let mut needless = Vec::new();
    if args.stacks.is_empty() && !args.no_validate && rejected != Some(Exit::Usage) {
        let all: Vec<&Diagnostic> = by_environment.iter().flat_map(|(_, found)| found).collect();
        needless = needless_acceptances(&loaded.environments, &all);
    }
    for finding in needless.iter().flatten() {
        // What stands at the top level holds for every environment.
        if !findings.contains(finding) {
            findings.push(finding.clone());
        }
    }
    findings.extend(told_once(by_environment, several));
    for (index, finding) in same_names(&loaded.environments, &kept) {
        if finding.is_error() {
            rejected = Some(rejected.unwrap_or(Exit::Usage));
        }
        findings.push(finding.clone());
        kept[index].findings.push(finding);
    }
    if args.quiet {
        findings.retain(|finding| finding.severity > Severity::Note);
    }
    view.findings(&findings);
    if let Some(exit) = rejected {
        return exit;
    }
    // Every stack was synthesized: its summary tells what loading found about it too.
    needless.resize(kept.len(), Vec::new());
    for ((one, located), needless) in kept.iter_mut().zip(&loaded.environments).zip(needless) {
        one.findings.splice(..0, located.findings.iter().cloned().chain(needless));
    }
    let mut written = Vec::new();
    let mut told = Vec::new();
    for one in kept {
        written.push(one.files);
        told.extend(
            one.contents.map(|contents| (contents, one.findings, one.capacity, one.secure_parameters)),
        );
    }
    let files = match write_assembly(&args.output, &written) {
        Ok(files) => files,
        Err(error) => return view.failure_with(&error, output_help(&args.output).as_deref()),
    };
    if args.quiet {
        return Exit::Success;
    }
    summarize(args, &loaded.environments, &told, &files, view);
    Exit::Success
}

/// What a summary tells of a stack beside its configuration and files.
type Told = (Contents, Vec<Diagnostic>, Capacity, Vec<(String, u32)>);

/// Tells what was written, a summary for each stack.
fn summarize(args: &SynthArgs, environments: &[Located], told: &[Told], files: &[PathBuf], view: &mut View) {
    let formats @ Formats { json, yaml } = formats(args);
    let summaries: Vec<StackSummary<'_>> = environments
        .iter()
        .zip(told)
        .zip(files.chunks(usize::from(json) + usize::from(yaml)))
        .map(|((located, (contents, findings, capacity, secure_parameters)), files)| StackSummary {
            name: located.config.stack_name(),
            account: located.config.account.as_deref(),
            region: located.config.region.as_deref(),
            contents,
            files: files.to_vec(),
            validated: !args.no_validate,
            stale: stale(&args.output, &located.config.stack_name(), formats),
            capacity: *capacity,
            secure_parameters,
            tags: &located.config.tags,
            findings,
        })
        .collect();
    if args.json {
        view.json(&json!({ "stacks": summaries.iter().map(StackSummary::json).collect::<Vec<_>>() }));
    } else {
        let texts: Vec<String> = summaries.iter().map(StackSummary::text).collect();
        view.text(&texts.join("\n"));
    }
}

/// Names that two of the stacks can't both have, if all were synthesized: with the index of the later one.
fn same_names(environments: &[Located], kept: &[Kept]) -> Vec<(usize, Diagnostic)> {
    if environments.len() != kept.len() {
        return Vec::new();
    }
    let stacks: Vec<_> =
        environments.iter().zip(kept).map(|(located, one)| (&located.config, &one.names)).collect();
    let found = dify::same_names(&stacks).into_iter();
    found.map(|(index, finding)| (index, placed_in_file(&environments[index], finding))).collect()
}

/// What to do where a file stands in the way of the folder.
fn output_help(folder: &Path) -> Option<String> {
    let nearest = folder.ancestors().find(|path| path.exists())?;
    let is_in_the_way = !nearest.as_os_str().is_empty() && !nearest.is_dir();
    is_in_the_way.then(|| format!("`{}` is no folder: name another with `--output`", nearest.display()))
}

/// The template of a stack, validated, with warnings and notes.
#[cfg(feature = "deploy")]
pub(super) fn validated(located: &Located) -> Result<(ValidatedTemplate, Vec<Diagnostic>), Rejected> {
    let one = synthesize(located, true, &KnownGood::default())?;
    match one.stack.template {
        AssembledTemplate::Validated(template) => Ok((template, one.findings)),
        AssembledTemplate::Unvalidated(_) => Err((Exit::Invalid, one.findings)),
    }
}

fn synthesize(located: &Located, validate: bool, known_good: &KnownGood) -> Result<Synthesized, Rejected> {
    let config = &located.config;
    let placed = |found: Vec<Diagnostic>| -> Vec<Diagnostic> {
        found.into_iter().map(|finding| placed_in_file(located, finding)).collect()
    };
    let built = dify::build(config).map_err(|found| (Exit::Usage, placed(found)))?;
    let mut findings = placed(built.findings);
    let template = if validate {
        let types = types_of_settings(config, &built.template);
        let of_settings = |found: Vec<Diagnostic>| -> Vec<Diagnostic> {
            let placed = |finding| placed_in_settings(located, &types, finding);
            found.into_iter().map(|finding| placed(dify::answered(finding))).collect()
        };
        let (template, found) = ValidatedTemplate::check_among(built.template, &options(config), known_good)
            .map_err(|found| (Exit::Invalid, of_settings(found)))?;
        let found = of_settings(found);
        // The summary tells each stack's size.
        findings
            .extend(found.into_iter().filter(|finding| finding.code != TEMPLATE_SIZE || finding.is_error()));
        AssembledTemplate::Validated(template)
    } else {
        AssembledTemplate::Unvalidated(marked(built.template))
    };
    let secure_parameters = match config.secrets.backend {
        SecretsBackend::Ssm => dify::secure_parameters(config),
        SecretsBackend::Secretsmanager => Vec::new(),
    };
    let stack = AssembledStack {
        name: config.stack_name(),
        account: config.account.clone(),
        region: config.region.clone(),
        tags: config.tags.clone(),
        deletion_protection: config.database.deletion_protection || config.ingress.deletion_protection,
        purpose: purpose(config),
        accepted: acceptances(config),
        secure_parameters: secure_parameters.iter().map(|(name, _)| name.clone()).collect(),
        template,
    };
    Ok(Synthesized { stack, findings, capacity: built.capacity, secure_parameters })
}

/// What the template of a configuration is checked for: our own templates are exact, and what the stack is for is known.
/// Parameters may get other values than their defaults at the console, so all values that they allow count.
fn options(config: &Config) -> Options {
    Options {
        types: Types::Strict,
        purpose: purpose(config),
        stack_name: Some(config.stack_name()),
        region: config.region.clone(),
        accepted: acceptances(config),
        ..Options::default()
    }
}

/// What the stack of a configuration is for.
pub(super) fn purpose(config: &Config) -> Purpose {
    match config.profile {
        Profile::Development => Purpose::Development,
        Profile::Production => Purpose::Production,
    }
}

/// Acceptances of codes that no rule has.
pub(super) fn unknown_codes(environments: &[Located]) -> Vec<Diagnostic> {
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
            let finding = located.diagnostic_at(&format!("/accept/{index}/code"), finding);
            // What stands at the top level holds for every environment.
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
    }
    findings
}

/// Of each environment the acceptances that accept nothing in any of those that they are for.
fn needless_acceptances(environments: &[Located], findings: &[&Diagnostic]) -> Vec<Vec<Diagnostic>> {
    let of_environment = |located: &Located| {
        let mut needless = Vec::new();
        for (index, acceptance) in acceptances(&located.config).iter().enumerate() {
            if !findings.iter().any(|finding| acceptance.accepts(finding)) {
                let message = format!("there is no {} at `{}` to accept", acceptance.code, acceptance.place);
                let finding = Diagnostic::warning(config::code::ACCEPT, message).help("take it out");
                needless.push(located.diagnostic_at(&format!("/accept/{index}/place"), finding));
            }
        }
        needless
    };
    environments.iter().map(of_environment).collect()
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

/// The types of the resources that the section `resources` is about, by logical id.
fn types_of_settings(config: &Config, template: &Template) -> BTreeMap<String, String> {
    let ids = config.resources.keys();
    ids.filter_map(|id| Some((id.clone(), template.resources.get(id)?.type_name.clone()))).collect()
}

/// A finding about what the section `resources` says with its place in the file. Of a resource that the section changes, a
/// note may be about anything; an error or a warning isn't there without the change. The pointer stays the template's, by
/// which findings are accepted.
fn placed_in_settings(
    located: &Located,
    types: &BTreeMap<String, String>,
    finding: Diagnostic,
) -> Diagnostic {
    let type_name = finding.logical_id.as_ref().and_then(|id| types.get(id));
    let Some((type_name, pointer)) = type_name.zip(finding.pointer.clone()) else { return finding };
    match dify::setting_of(&located.config, type_name, &pointer) {
        Some(setting) if setting.decides || finding.severity > Severity::Note => {
            let placed = if finding.of_key {
                located.diagnostic_at_key(&setting.pointer, finding)
            } else {
                located.diagnostic_at(&setting.pointer, finding)
            };
            placed.pointer(pointer)
        }
        _ => finding,
    }
}

/// Marks a template that was not validated, so that nobody takes it for one that was.
fn marked(mut template: Template) -> Template {
    template.metadata.insert(UNVALIDATED_KEY.to_owned(), true.into());
    template
}
