//! The schema layer: does every resource fit the schema of its type, in every combination of conditions?
//!
//! A walk goes through the evaluated properties and the schema together. Each keyword gives one of three answers: it
//! fits, it doesn't, or that depends on something unknown; only what doesn't fit whatever the unknown turns out to be is
//! a finding.

mod compact;
pub(super) mod constraints;
#[cfg(test)]
mod instances;
mod keywords;
mod known;
mod layer;
mod path;
mod registry;
mod sections;
mod sources;
mod tags;
#[cfg(test)]
mod testing;
mod types;
mod verdict;
mod walk;
mod whole;

pub use compact::Schema;
pub use known::KnownGood;
pub use registry::{Registry, TypeSchema};

pub(super) use sources::{attribute_kind, has_open_attributes};

use super::rule::{Check, Rule};

/// The checks of the layer.
pub(super) static CHECKS: &[Check] = &[
    Check { rules: &[&types::UNKNOWN, &types::ABSENT, &types::FOREIGN], run: types::check },
    Check { rules: &[&sections::ATTRIBUTE, &sections::POLICY, &sections::DEFAULT], run: sections::check },
    Check { rules: &RULES, run: layer::check },
];

/// The rules of the keywords and of the rows, which are checked in one walk.
static RULES: [&Rule; keywords::RULES.len() + constraints::RULES.len()] = {
    let mut all = [keywords::RULES[0]; keywords::RULES.len() + constraints::RULES.len()];
    let mut index = 1;
    while index < all.len() {
        let (known, own) = (keywords::RULES.len(), &constraints::RULES);
        all[index] = if index < known { keywords::RULES[index] } else { own[index - known] };
        index += 1;
    }
    all
};
