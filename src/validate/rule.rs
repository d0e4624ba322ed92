//! What a rule is: its documentation as data, and the function that checks.

use crate::diagnostic::{Code, Diagnostic, Severity};

use super::context::{Context, Owner};

/// One rule: what `dify-cfn explain` prints and `docs/rules.md` lists.
#[derive(Debug)]
pub struct Rule {
    /// The code of its findings.
    pub code: Code,
    /// How bad its findings are, unless the rule says otherwise for one.
    pub severity: Severity,
    /// The rule as a short phrase: what holds in a good template.
    pub title: &'static str,
    /// What it checks.
    pub what: &'static str,
    /// What happens if it is ignored.
    pub why: &'static str,
    /// Where it comes from: a document by its title.
    pub source: &'static str,
    /// The ids of the same rule in other tools, such as `cfn-lint E1020`.
    pub same_as: &'static [&'static str],
}

impl Rule {
    /// A finding of this rule.
    pub fn finding(&self, message: impl Into<String>) -> Diagnostic {
        match self.severity {
            Severity::Error => Diagnostic::error(self.code, message),
            Severity::Warning => Diagnostic::warning(self.code, message),
            Severity::Note => Diagnostic::note(self.code, message),
        }
    }

    /// A finding of this rule at a place in the template.
    pub fn at(&self, owner: Owner<'_>, pointer: impl Into<String>, message: impl Into<String>) -> Diagnostic {
        let mut finding = self.finding(message).pointer(pointer);
        if let Owner::Resource { id, resource } = owner {
            finding.logical_id = Some(id.to_owned());
            finding.construct.clone_from(&resource.construct);
        }
        finding
    }
}

/// One check of a layer: a pure function that adds its findings, and the rules that they are of.
#[derive(Debug)]
pub struct Check {
    /// The rules whose findings it makes.
    pub rules: &'static [&'static Rule],
    /// The check.
    pub run: fn(&Context<'_>, &mut Vec<Diagnostic>),
}
