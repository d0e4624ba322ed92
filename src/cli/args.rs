//! The arguments of each command.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::stack_args::{
    DeployArgs, DestroyArgs, DiffArgs, DriftArgs, EventsArgs, FollowArgs, OneStackArgs, RollbackArgs,
    SecretsArgs,
};

/// Compiles the architecture of Dify on AWS into CloudFormation templates
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, arg_required_else_help = true, max_term_width = 110)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write the templates of all or some stacks
    Synth(SynthArgs),
    /// List the stacks of the configuration
    Ls(LsArgs),
    /// Print the JSON Schema of dify.yaml, for editors
    Schema,
    /// Check templates, JSON or YAML, before AWS sees them
    Validate(ValidateArgs),
    /// Say what the code of a finding means
    Explain(ExplainArgs),
    /// List the rules that templates are checked by
    Rules(RulesArgs),
    /// Take a stack to what the configuration says, by change set
    Deploy(Box<DeployArgs>),
    /// Show what a deploy would change
    Diff(DiffArgs),
    /// Show a stack's status, and what can be done
    Status(OneStackArgs),
    /// Show the events of a stack's last operation
    Events(EventsArgs),
    /// Show a stack's outputs
    Outputs(OneStackArgs),
    /// Show what was changed by hand
    Drift(DriftArgs),
    /// Show the first real failure of a stack's last operation
    Why(OneStackArgs),
    /// Follow what a stack is doing
    Attach(FollowArgs),
    /// Stop an update that runs, and follow it back
    Cancel(FollowArgs),
    /// Take a failed operation back
    Rollback(RollbackArgs),
    /// Delete a stack, after saying what is lost and what stays
    Destroy(DestroyArgs),
    /// Create the missing `SecureString` parameters of the ssm backend
    Secrets(SecretsArgs),
    /// Find the network that network.lookup names, and write it to dify.context.json
    Lookup(OneStackArgs),
}

impl Command {
    /// Whether programs read what it prints.
    pub(super) fn is_for_programs(&self) -> bool {
        match self {
            Self::Synth(args) => args.json,
            Self::Ls(args) => args.json,
            Self::Schema => false,
            Self::Validate(args) => args.report_format() == ReportFormat::Json,
            Self::Explain(args) => args.json,
            Self::Rules(args) => args.json,
            Self::Deploy(args) => args.json,
            Self::Diff(args) => args.one.json,
            Self::Status(args) | Self::Outputs(args) | Self::Why(args) | Self::Lookup(args) => args.json,
            Self::Events(args) => args.follow.one.json,
            Self::Drift(args) => args.one.json,
            Self::Attach(args) | Self::Cancel(args) => args.one.json,
            Self::Rollback(args) => args.follow.one.json,
            Self::Destroy(args) => args.follow.one.json,
            Self::Secrets(args) => args.one.json,
        }
    }

    /// The one stack that it is for.
    pub(super) fn stack(&self) -> Option<&str> {
        let one = match self {
            Self::Status(one) | Self::Outputs(one) | Self::Why(one) | Self::Lookup(one) => one,
            Self::Diff(args) => &args.one,
            Self::Events(args) => &args.follow.one,
            Self::Drift(args) => &args.one,
            Self::Attach(args) | Self::Cancel(args) => &args.one,
            Self::Rollback(args) => &args.follow.one,
            Self::Destroy(args) => &args.follow.one,
            Self::Secrets(args) => &args.one,
            Self::Deploy(args) => {
                return args.stacks.first().filter(|_| args.stacks.len() == 1).map(String::as_str);
            }
            _ => return None,
        };
        Some(&one.stack)
    }
}

/// Where the configuration comes from.
#[derive(Debug, Args)]
pub(super) struct ConfigArgs {
    /// Read this configuration [default: dify.yaml, if there is one]
    #[arg(long, short = 'c', value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Set a key for this run, such as services.api.cpu=2048; wins over the file. Repeatable
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(super) overrides: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct SynthArgs {
    /// Stacks to write, such as dify-prd [default: all]
    #[arg(value_name = "STACK")]
    pub(super) stacks: Vec<String>,
    #[command(flatten)]
    pub(super) config: ConfigArgs,
    /// Write into this folder
    #[arg(long, short = 'o', value_name = "DIR", default_value = "out")]
    pub(super) output: PathBuf,
    /// Write these formats
    #[arg(long, value_enum, default_value_t = Format::Both)]
    pub(super) format: Format,
    /// Write without validating, and mark the template as unvalidated
    #[arg(long)]
    pub(super) no_validate: bool,
    /// Print nothing but warnings and errors
    #[arg(long, short = 'q', conflicts_with = "json")]
    pub(super) quiet: bool,
    /// Print one JSON object in place of text
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct LsArgs {
    #[command(flatten)]
    pub(super) config: ConfigArgs,
    /// Print one JSON object in place of text
    #[arg(long)]
    pub(super) json: bool,
}

/// Which files are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// JSON only
    Json,
    /// YAML only
    Yaml,
    /// Both
    Both,
}

#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(super) struct ValidateArgs {
    /// Templates, folders (every template below them), or `-` for standard input
    #[arg(value_name = "FILE", required_unless_present = "stats")]
    pub(super) files: Vec<PathBuf>,
    /// The region that the stacks will be in [default: any]
    #[arg(long, value_name = "REGION", value_parser = region)]
    pub(super) region: Option<String>,
    /// The value of a parameter, in every template that has it; lists with commas. Repeatable
    #[arg(long = "parameter", short = 'p', value_name = "NAME=VALUE", value_parser = assignment)]
    pub(super) parameters: Vec<(String, String)>,
    /// Judge by the profile of this configuration, the strictest of its environments, and accept what it accepts
    #[arg(long, short = 'c', value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Print the report in this format
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub(super) format: ReportFormat,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub(super) json: bool,
    /// Exit with 3 on these too
    #[arg(long, value_enum, value_name = "FINDINGS")]
    pub(super) deny: Option<Deny>,
    /// Take a number for a number and a text for a text, and nothing that CloudFormation would convert
    #[arg(long)]
    pub(super) strict: bool,
    /// Add what each rule means that was broken
    #[arg(long)]
    pub(super) explain: bool,
    /// Add how many rules, types and patterns are known, and how much of each file was looked at
    #[arg(long)]
    pub(super) stats: bool,
    /// Tell which files of a folder are skipped, and why
    #[arg(long, short = 'v', conflicts_with = "quiet")]
    pub(super) verbose: bool,
    /// Leave out notes, and the summary of the text
    #[arg(long, short = 'q')]
    pub(super) quiet: bool,
}

impl ValidateArgs {
    /// The format that is asked for, in whichever way.
    pub(super) fn report_format(&self) -> ReportFormat {
        if self.json { ReportFormat::Json } else { self.format }
    }
}

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// A code such as R009
    #[arg(value_name = "CODE", required = true)]
    pub(super) codes: Vec<String>,
    /// Print one JSON object in place of text
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct RulesArgs {
    /// Print one JSON object in place of text
    #[arg(long)]
    pub(super) json: bool,
    /// Print Markdown, as in docs/rules.md
    #[arg(long, conflicts_with = "json")]
    pub(super) markdown: bool,
}

/// How a report is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    /// For people, with excerpts of the source
    Text,
    /// One JSON object
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

/// Findings that count as errors for the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Deny {
    /// Warnings
    Warnings,
}

/// A region by its form, such as `us-gov-west-1`: which ones there are changes too often to be asked here.
pub(super) fn region(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.split('-').collect();
    let is_region = match parts.as_slice() {
        [first, middle @ .., number] => {
            let is_word = |part: &&str| part.len() >= 2 && part.bytes().all(|byte| byte.is_ascii_lowercase());
            !middle.is_empty()
                && std::iter::once(first).chain(middle).all(is_word)
                && !number.is_empty()
                && number.bytes().all(|byte| byte.is_ascii_digit())
        }
        _ => false,
    };
    if is_region { Ok(text.to_owned()) } else { Err("a region looks like us-east-1".to_owned()) }
}

pub(super) fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_known_by_their_form() {
        for good in ["us-east-1", "us-gov-west-1", "ap-southeast-7", "us-isob-east-1"] {
            assert!(region(good).is_ok(), "{good}");
        }
        for bad in ["", "-", "us", "us-1", "us-east", "US-EAST-1", "us-east-1a", "us--1", "us-east-"] {
            assert!(region(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn values_of_parameters_may_hold_anything() {
        assert_eq!(assignment("A=b=c"), Ok(("A".to_owned(), "b=c".to_owned())));
        assert_eq!(assignment("A="), Ok(("A".to_owned(), String::new())));
        assert!(assignment("A").is_err() && assignment("=a").is_err());
    }
}
