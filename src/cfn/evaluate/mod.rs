//! The evaluator of templates: what CloudFormation would compute, as far as it can be known before.

mod function;

pub use function::{Function, SubPiece, as_call, as_logical_call, sub_pieces, unknown_function};
