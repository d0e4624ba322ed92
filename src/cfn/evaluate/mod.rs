//! The evaluator of templates: what CloudFormation would compute, as far as it can be known before.
//!
//! An [`Evaluator`] knows a template and what is known of its stack ([`Settings`]). [`Evaluator::scenarios`] gives the
//! combinations of conditions that can be reached, and in each an expression comes to a value that is exact, or to an
//! unknown with what it depends on. Nothing is guessed: a parameter without a given value is unknown, unless a
//! combination can be reached with one value only, or the scenario was asked for [at its defaults](Scenario::at_defaults).

mod base64;
mod cidr;
mod comparison;
mod conditions;
mod evaluator;
mod function;
mod parameter;
mod pattern;
mod run;
mod scenario;
mod settings;
mod text;
mod value;

#[cfg(test)]
mod tests;

pub use conditions::Scenarios;
pub use evaluator::{AttributeKind, Evaluation, Evaluator, Fault, pointer_to};
pub use function::{Function, SubPiece, as_call, as_logical_call, sub_pieces, unknown_function};
pub use parameter::Declaration;
#[cfg(test)]
pub(crate) use pattern::by_hand_agrees;
pub use pattern::{Pattern, PatternError};
pub use scenario::{Scenario, Symbol};
pub use settings::Settings;
pub use value::{Data, Evaluated, Kind, Origin, Piece, Unknown};

pub(crate) use value::number_text;
