//! Is a template known to work? Layers of rules, each from a code's letter: `S` schema, `R` references, `L` limits,
//! `P` policy, `W` wiring.
//!
//! A rule is a file: its documentation ([`Rule`]), a pure function over a [`Context`], its tests. The layers are
//! tables of [`Check`]s. All findings are reported, not the first.
//!
//! Only [`ValidatedTemplate::check`] makes a [`ValidatedTemplate`], and only that can be written or deployed. By hand
//! there is no way:
//!
//! ```compile_fail,E0451
//! use dify_cfn::{cfn::Template, validate::ValidatedTemplate};
//! let unchecked = ValidatedTemplate { template: Template::default() };
//! ```
//!
//! By validation there is:
//!
//! ```
//! use dify_cfn::{cfn::Template, validate::{Options, ValidatedTemplate}};
//! let (checked, findings) = ValidatedTemplate::check(Template::default(), &Options::default()).unwrap();
//! assert_eq!(checked.template(), &Template::default());
//! ```
//!
//! Nor can one be changed once it is validated:
//!
//! ```compile_fail,E0616
//! use dify_cfn::{cfn::Template, validate::{Options, ValidatedTemplate}};
//! let (mut checked, _) = ValidatedTemplate::check(Template::default(), &Options::default()).unwrap();
//! checked.template.description = None;
//! ```
//!
//! What it holds can be read:
//!
//! ```
//! use dify_cfn::{cfn::Template, validate::{Options, ValidatedTemplate}};
//! let (checked, _) = ValidatedTemplate::check(Template::default(), &Options::default()).unwrap();
//! assert_eq!(checked.template().description, None);
//! ```

mod context;
pub mod coverage;
mod limits;
mod macros;
mod model;
mod one_mistake;
mod options;
mod policy;
pub mod references;
mod report;
mod rule;
pub mod schema;
#[cfg(test)]
mod testing;
mod unwritten;
#[allow(clippy::match_same_arms, reason = "an arm for each case reads as the table that it is")]
mod wiring;

pub use context::{Context, Owner};
pub use limits::{IamCapability, iam_capability};
pub use macros::{Macros, Part as MacroPart};
pub use options::{Acceptance, Options, Purpose, Types};
pub use report::{Report, Statistics, check_document, check_read};
pub use rule::{Check, Rule};
pub use schema::KnownGood;

use crate::cfn::Template;
use crate::diagnostic::{Diagnostic, Severity};

/// The layers in the order in which their findings are told.
static LAYERS: [&[Check]; 6] =
    [schema::CHECKS, references::CHECKS, limits::CHECKS, policy::CHECKS, wiring::CHECKS, limits::LAST];

/// Every rule, in the order of the layers.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    LAYERS.into_iter().flatten().flat_map(|check| check.rules.iter().copied())
}

/// How bad the findings of a rule usually are for a stack with that purpose; `None` if they aren't told.
pub fn severity_for(rule: &Rule, purpose: Purpose) -> Option<Severity> {
    policy::grade(rule).map_or(Some(rule.severity), |grade| grade.severity(purpose))
}

/// A template without errors, but for those that were accepted.
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
        Self::check_among(template, options, &KnownGood::default())
    }

    /// The same for one of several templates: what was found good in another isn't looked at again. The findings are those of
    /// [`ValidatedTemplate::check`].
    ///
    /// # Errors
    /// As there.
    pub fn check_among(
        template: Template,
        options: &Options,
        known_good: &KnownGood,
    ) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        let findings = check_all(&Context::new(&template, options).among(known_good));
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

/// What every rule finds, also where several tell the same.
fn check_rules(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for check in LAYERS.into_iter().flatten() {
        (check.run)(context, &mut findings);
    }
    unwritten::check(context, &mut findings);
    for finding in findings.iter_mut().filter(|finding| finding.is_error()) {
        if context.macros.may_change(finding.pointer.as_deref()) {
            finding.severity = Severity::Warning;
            finding.message.push_str(", unless a macro changes it");
        }
    }
    findings
}

fn check_all(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut findings = check_rules(context);
    one_mistake::told_once(context.template, &mut findings);
    for finding in &mut findings {
        let acceptance = context.options.accepted.iter().find(|acceptance| acceptance.accepts(finding));
        finding.accepted = acceptance.map(|acceptance| acceptance.reason.clone());
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

    #[test]
    fn among_others_a_template_has_the_same_findings() {
        let with = |bucket: &str| {
            let resources = serde_json::json!({
                "Good": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "good"}},
                "Other": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": bucket}},
            });
            testing::template(serde_json::json!({ "Resources": resources }))
        };
        let (known_good, options) = (KnownGood::default(), Options::default());
        for bucket in ["fine", "Not_Fine", "fine", "Not_Fine"] {
            let among = ValidatedTemplate::check_among(with(bucket), &options, &known_good);
            assert_eq!(among, ValidatedTemplate::check(with(bucket), &options), "{bucket}");
            assert_eq!(among.is_ok(), bucket == "fine");
        }
    }
}
