//! The arguments of each command.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

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
