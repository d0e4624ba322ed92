//! What a rule of this layer is: how bad its findings are for whom, and the properties or the function that it checks.

use crate::cfn::evaluate::{Data, Evaluated};
use crate::diagnostic::{Diagnostic, Severity};
use crate::validate::model::{Item, View, in_each};
use crate::validate::{Context, Purpose, Rule};

/// A rule of the layer.
#[derive(Debug)]
pub(super) struct Policy {
    pub(super) rule: Rule,
    pub(super) grade: Grade,
    pub(super) look: Look,
}

/// How bad a finding is, by what the stack is for; `None` where it isn't told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::validate) struct Grade {
    pub(super) others: Severity,
    pub(super) development: Option<Severity>,
    pub(super) production: Option<Severity>,
}

/// Anyone gets at data, or may do anything.
pub(super) const EXPOSURE: Grade = Grade {
    others: Severity::Warning,
    development: Some(Severity::Warning),
    production: Some(Severity::Error),
};

/// A protection is missing that production needs.
pub(super) const PROTECTION: Grade = Grade {
    others: Severity::Warning,
    development: Some(Severity::Note),
    production: Some(Severity::Warning),
};

/// Good practice that costs money or work.
pub(super) const PRACTICE: Grade =
    Grade { others: Severity::Note, development: None, production: Some(Severity::Note) };

/// What standards ask for beyond that; for stacks that the program makes its design has decided.
pub(super) const HARDENING: Grade = Grade { others: Severity::Note, development: None, production: None };

impl Grade {
    pub(in crate::validate) fn severity(self, purpose: Purpose) -> Option<Severity> {
        match purpose {
            Purpose::Unknown => Some(self.others),
            Purpose::Development => self.development,
            Purpose::Production => self.production,
        }
    }
}

/// What a rule looks at.
#[derive(Debug)]
pub(super) enum Look {
    /// Properties that have to have certain values.
    Values(&'static [Value]),
    /// Anything else about the resources.
    Code(fn(&View<'_, '_>, &mut Found<'_>)),
    /// The template as it stands, whatever its conditions are.
    Template(fn(&Context<'_>, &mut Found<'_>)),
}

/// Whether a property isn't asked for.
type Unless = for<'v, 'c, 'i, 't> fn(&'v View<'c, 't>, &'i Item<'t>) -> bool;

/// A property of a type and what it has to be.
#[derive(Debug)]
pub(super) struct Value {
    of: &'static str,
    at: At,
    must: Must,
    /// Whether it is right to leave the property out.
    absent_is_right: bool,
    unless: Unless,
    message: &'static str,
    help: &'static str,
}

/// Where a value stands.
#[derive(Debug)]
enum At {
    /// At a path of members with dots between.
    Path(&'static str),
    /// In a list of keys and values.
    Attribute(&'static str, &'static str),
    /// At a path in each item of a list.
    Each(&'static str, &'static str),
}

/// What a value has to be. What isn't known is right.
#[derive(Debug)]
pub(super) enum Must {
    BeTrue,
    NotBeTrue,
    BeThere,
    BeAtLeast(i64),
    BeOneOf(&'static [&'static str]),
    NotBeOneOf(&'static [&'static str]),
}

impl Value {
    /// The property at a path.
    pub(super) const fn at(of: &'static str, path: &'static str, must: Must) -> Self {
        Self::new(of, At::Path(path), must)
    }

    /// The value of a key in a list of `Key` and `Value`.
    pub(super) const fn attribute(
        of: &'static str,
        list: &'static str,
        key: &'static str,
        must: Must,
    ) -> Self {
        Self::new(of, At::Attribute(list, key), must)
    }

    /// The property at a path in each item of a list.
    pub(super) const fn each(of: &'static str, list: &'static str, path: &'static str, must: Must) -> Self {
        Self::new(of, At::Each(list, path), must)
    }

    const fn new(of: &'static str, at: At, must: Must) -> Self {
        let absent_is_right = matches!(must, Must::NotBeTrue | Must::NotBeOneOf(_));
        Self { of, at, must, absent_is_right, unless: |_, _| false, message: "", help: "" }
    }

    /// Leaving it out is right, since the default is.
    pub(super) const fn or_absent(mut self) -> Self {
        self.absent_is_right = true;
        self
    }

    /// Where it isn't asked for.
    pub(super) const fn unless(mut self, unless: Unless) -> Self {
        self.unless = unless;
        self
    }

    /// What is told.
    pub(super) const fn told(mut self, message: &'static str, help: &'static str) -> Self {
        self.message = message;
        self.help = help;
        self
    }

    fn check(&self, view: &View<'_, '_>, found: &mut Found<'_>) {
        for item in view.of(self.of).filter(|item| !(self.unless)(view, item)) {
            match self.at {
                At::Path(path) => self.check_value(item, item.get(path), None, found),
                At::Attribute(list, key) => match item.get(list) {
                    Some(list) if list.unknown().is_some() => {}
                    list => {
                        let items = list.map_or(&[][..], Evaluated::items);
                        if items.iter().all(|item| item.get("Key").is_some_and(|key| key.text().is_some())) {
                            self.check_value(item, attribute(item, key), None, found);
                        }
                    }
                },
                At::Each(list, path) => {
                    for one in item.items(list).iter().filter(|one| one.unknown().is_none()) {
                        let value = path.split('.').try_fold(one, |value, key| value.get(key));
                        self.check_value(item, value, Some(one), found);
                    }
                }
            }
        }
    }

    fn check_value<'t>(
        &self,
        item: &Item<'t>,
        value: Option<&Evaluated<'t>>,
        around: Option<&Evaluated<'t>>,
        found: &mut Found<'_>,
    ) {
        let is_right = value.map_or(self.absent_is_right, |value| self.must.allows(value));
        if !is_right {
            found.tell(item, value.or(around), self.message, self.help);
        }
    }
}

impl Must {
    fn allows(&self, value: &Evaluated<'_>) -> bool {
        if value.unknown().is_some() {
            return true;
        }
        match self {
            Self::BeTrue => value.boolean() != Some(false),
            Self::NotBeTrue => value.boolean() != Some(true),
            Self::BeThere => {
                !(value.text().is_some_and(|text| text.is_empty())
                    || matches!(&value.data, Data::List(items) if items.is_empty()))
            }
            Self::BeAtLeast(least) => value.integer().is_none_or(|number| number >= *least),
            Self::BeOneOf(right) => value.text().is_none_or(|text| right.contains(&text.as_ref())),
            Self::NotBeOneOf(wrong) => value.text().is_none_or(|text| !wrong.contains(&text.as_ref())),
        }
    }
}

/// The value of a key in a list of keys and values, such as the attributes of a load balancer.
pub(super) fn attribute<'v, 't>(item: &'v Item<'t>, key: &str) -> Option<&'v Evaluated<'t>> {
    let lists = ["LoadBalancerAttributes", "TargetGroupAttributes"].into_iter();
    let of_key = |one: &&Evaluated<'t>| {
        one.get("Key").and_then(Evaluated::text).is_some_and(|text| text.as_ref() == key)
    };
    lists.flat_map(|list| item.items(list)).find(of_key)?.get("Value")
}

/// Collects the findings of one rule.
#[derive(Debug)]
pub(super) struct Found<'f> {
    rule: &'static Rule,
    severity: Severity,
    findings: &'f mut Vec<Diagnostic>,
}

impl Found<'_> {
    /// A finding about a value in the properties of a resource, or about the resource.
    pub(super) fn tell<'t>(
        &mut self,
        item: &Item<'t>,
        place: Option<&Evaluated<'t>>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let finding = match place {
            Some(value) => item.finding_at(self.rule, value, message),
            None => item.finding(self.rule, message),
        };
        self.add(finding.help(help));
    }

    /// As [`Self::tell`], of a secret that stands there: it isn't shown.
    pub(super) fn tell_secret<'t>(
        &mut self,
        item: &Item<'t>,
        place: &Evaluated<'t>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.add(item.finding_at(self.rule, place, message).help(help).secret());
    }

    /// The rule, for findings of other things than resources.
    pub(super) fn rule(&self) -> &'static Rule {
        self.rule
    }

    /// Adds a finding, as bad as the rule's are.
    pub(super) fn add(&mut self, mut finding: Diagnostic) {
        finding.severity = self.severity;
        self.findings.push(finding);
    }
}

impl Policy {
    /// Checks a template: its views, or what is the same in all of them.
    pub(super) fn check(
        &'static self,
        context: &Context<'_>,
        views: &[View<'_, '_>],
        findings: &mut Vec<Diagnostic>,
    ) {
        let Some(severity) = self.grade.severity(context.options.purpose) else { return };
        let rule = &self.rule;
        match self.look {
            Look::Values(values) => in_each(
                views,
                |view, findings| {
                    let mut found = Found { rule, severity, findings };
                    for value in values {
                        value.check(view, &mut found);
                    }
                },
                findings,
            ),
            Look::Code(code) => {
                in_each(
                    views,
                    |view, findings| code(view, &mut Found { rule, severity, findings }),
                    findings,
                );
            }
            Look::Template(code) => code(context, &mut Found { rule, severity, findings }),
        }
    }
}
