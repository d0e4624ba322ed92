//! Is a template known to work? Layers of rules, each from a code's letter: `S` schema, `R` references, `L` limits,
//! `P` policy, `W` wiring.
//!
//! A rule is a file: its documentation ([`Rule`]), a pure function over a [`Context`], its tests. The layers are
//! tables of [`Check`]s. All findings are reported, not the first.
//!
//! Only [`ValidatedTemplate::check`] makes a [`ValidatedTemplate`], and only that can be written or deployed:
//!
//! ```compile_fail
//! use dify_cfn::{cfn::Template, validate::ValidatedTemplate};
//! let unchecked = ValidatedTemplate { template: Template::default() };
//! ```

mod context;
mod limits;
mod options;
pub mod references;
mod report;
mod rule;
pub mod schema;
#[cfg(test)]
mod testing;
#[allow(clippy::match_same_arms, reason = "an arm for each case reads as the table that it is")]
mod wiring;

pub use context::{Context, Owner};
pub use options::{Options, Types};
pub use report::{Report, Statistics, check_document};
pub use rule::{Check, Rule};

use crate::cfn::Template;
use crate::diagnostic::Diagnostic;

/// The layers in the order in which their findings are told.
static LAYERS: [&[Check]; 4] = [schema::CHECKS, references::CHECKS, limits::CHECKS, wiring::CHECKS];

/// Every rule, in the order of the layers.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    LAYERS.into_iter().flatten().flat_map(|check| check.rules.iter().copied())
}

/// A template without errors.
#[derive(Debug, Clone, PartialEq)]
pub struct ValidatedTemplate {
    template: Template,
}

impl ValidatedTemplate {
    /// Checks a template. The findings beside it are warnings and notes.
    ///
    /// # Errors
    /// All findings, if one of them is an error.
    pub fn check(template: Template, options: &Options) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        let findings = findings(&template, options);
        if findings.iter().any(Diagnostic::is_error) {
            Err(findings)
        } else {
            Ok((Self { template }, findings))
        }
    }

    /// The template.
    pub fn template(&self) -> &Template {
        &self.template
    }
}

/// Everything that the rules find in a template.
pub fn findings(template: &Template, options: &Options) -> Vec<Diagnostic> {
    check_all(&Context::new(template, options))
}

fn check_all(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for check in LAYERS.into_iter().flatten() {
        (check.run)(context, &mut findings);
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_every_rule_is_documented() {
        let mut codes: Vec<_> = rules().map(|rule| rule.code).collect();
        codes.sort_unstable();
        assert!(codes.windows(2).all(|pair| pair[0] != pair[1]), "{codes:?}");
        for rule in rules() {
            for text in [rule.title, rule.what, rule.why, rule.source] {
                assert!(!text.is_empty() && !text.contains("  "), "{}: {text:?}", rule.code);
            }
        }
    }

    #[test]
    fn only_errors_keep_a_template_from_being_validated() {
        let unused = testing::template(serde_json::json!({"Parameters": {"P": {"Type": "String"}}}));
        let (validated, findings) = ValidatedTemplate::check(unused.clone(), &Options::default()).unwrap();
        assert_eq!((validated.template(), findings.len()), (&unused, 1));
        let wrong = testing::template(serde_json::json!({"Outputs": {"A": {"Value": {"Ref": "B"}}}}));
        assert!(ValidatedTemplate::check(wrong, &Options::default()).is_err());
    }
}
