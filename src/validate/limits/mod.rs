//! The limits layer: sizes, counts, lengths of names, and what may be there once only.

mod bounds;
mod l001_names;
mod l002_size;
mod l003_counts;
mod l004_physical_names;
mod l005_policies;
mod l006_documents;
mod l007_exports;
mod l008_duplicates;
mod l010_left_out;
mod l011_capability;

pub use l011_capability::{IamCapability, iam_capability};

use super::rule::Check;

/// The checks of the layer.
pub(super) static CHECKS: &[Check] = &[
    Check { rules: &[&l001_names::RULE], run: l001_names::check },
    Check { rules: &[&l002_size::RULE], run: l002_size::check },
    Check { rules: &[&l003_counts::RULE], run: l003_counts::check },
    Check { rules: &[&l004_physical_names::RULE], run: l004_physical_names::check },
    Check { rules: &[&l005_policies::RULE], run: l005_policies::check },
    Check { rules: &[&l006_documents::RULE], run: l006_documents::check },
    Check { rules: &[&l007_exports::RULE], run: l007_exports::check },
    Check { rules: &[&l008_duplicates::RULE, &l008_duplicates::PRIORITY], run: l008_duplicates::check },
    Check { rules: &[&l011_capability::RULE], run: l011_capability::check },
];

/// What is checked when all other layers are through.
pub(super) static LAST: &[Check] = &[Check { rules: &[&l010_left_out::RULE], run: l010_left_out::check }];
