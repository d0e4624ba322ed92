//! Short forms to long forms, and scalars as CloudFormation reads them.

use std::collections::BTreeMap;

use super::code;
use crate::cfn::function;
use crate::diagnostic::{Diagnostic, Span, nearest};
use crate::document::{Ambiguous, Document, Entry, Node, NodeKind, Reading, excerpt, pointer_to};

/// The document's tree without tags and in CloudFormation's types, and what it doesn't take.
pub(super) fn rewrite(document: &Document) -> (Node, Vec<Diagnostic>) {
    let ambiguous = document.ambiguous.iter().map(|scalar| (scalar.span.start, scalar)).collect();
    let mut rewriter = Rewriter { document, ambiguous, path: Vec::new(), findings: Vec::new() };
    for alias in &document.aliases {
        let message =
            format!("CloudFormation takes no YAML aliases, found `{}`", excerpt(document.text(*alias)));
        rewriter.report(Diagnostic::error(code::ALIAS, message).help("write the value out"), *alias);
    }
    for scalar in document.ambiguous.iter().filter(|scalar| scalar.is_key) {
        if matches!(scalar.old, Reading::Bool(_))
            || matches!((&scalar.core, &scalar.old), (Reading::Number(_), Reading::Number(_)))
        {
            rewriter.warn(scalar);
        }
    }
    let mut root = rewriter.node(&document.root);
    list_dependencies(&mut root);
    (root, rewriter.findings)
}

/// A single `DependsOn` as a list of one.
fn list_dependencies(root: &mut Node) {
    let entries = |node: &mut Node, key: &str, then: &mut dyn FnMut(&mut Node)| {
        if let NodeKind::Mapping(entries) = &mut node.kind {
            entries
                .iter_mut()
                .filter(|entry| key.is_empty() || entry.key == key)
                .for_each(|e| then(&mut e.value));
        }
    };
    entries(root, "Resources", &mut |resources| {
        entries(resources, "", &mut |resource| {
            entries(resource, "DependsOn", &mut |single| {
                if single.as_str().is_some() {
                    *single = Node::new(NodeKind::Sequence(vec![single.clone()]), single.span);
                }
            });
        });
    });
}

struct Rewriter<'a> {
    document: &'a Document,
    /// Values by where they start.
    ambiguous: BTreeMap<usize, &'a Ambiguous>,
    /// Where in the long form we are.
    path: Vec<Step<'a>>,
    findings: Vec<Diagnostic>,
}

/// A step of a JSON pointer; pointers are made only for findings.
enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

impl<'a> Rewriter<'a> {
    fn report(&mut self, finding: Diagnostic, span: Span) {
        self.findings.push(finding.at(&self.document.source, span));
    }

    fn report_here(&mut self, finding: Diagnostic, span: Span) {
        let pointer = self.path.iter().fold(String::new(), |pointer, step| match step {
            Step::Key(key) => pointer_to(&pointer, key),
            Step::Index(index) => format!("{pointer}/{index}"),
        });
        self.report(finding.pointer(pointer), span);
    }

    fn node(&mut self, node: &'a Node) -> Node {
        let Some(tag) = &node.tag else { return self.untagged(node) };
        let known = function::of_tag(tag);
        let name = match known {
            Some(name) => name.to_owned(),
            None => self.unknown_tag(tag, node.span),
        };
        self.path.push(Step::Key(known.unwrap_or(tag)));
        let argument = self.untagged(node);
        self.path.pop();
        let argument = if name == "Fn::GetAtt" { split_attribute(argument) } else { argument };
        let entry = Entry { key: name, key_span: node.span, value: argument };
        Node::new(NodeKind::Mapping(vec![entry]), node.span)
    }

    fn below(&mut self, step: Step<'a>, node: &'a Node) -> Node {
        self.path.push(step);
        let node = self.node(node);
        self.path.pop();
        node
    }

    fn untagged(&mut self, node: &'a Node) -> Node {
        let kind = match &node.kind {
            NodeKind::Sequence(items) => {
                let item = |(index, item)| self.below(Step::Index(index), item);
                NodeKind::Sequence(items.iter().enumerate().map(item).collect())
            }
            NodeKind::Mapping(entries) => {
                let entry = |entry: &'a Entry| Entry {
                    key: entry.key.clone(),
                    key_span: entry.key_span,
                    value: self.below(Step::Key(&entry.key), &entry.value),
                };
                let mut entries: Vec<_> = entries.iter().map(entry).collect();
                if let [Entry { key, value, .. }] = entries.as_mut_slice()
                    && key == "Fn::GetAtt"
                {
                    *value = split_attribute(value.clone());
                }
                NodeKind::Mapping(entries)
            }
            NodeKind::Null => {
                let message = "null values aren't allowed in templates";
                let help = "give a value, remove the key, or write !Ref AWS::NoValue where it depends";
                self.report_here(Diagnostic::error(code::NULL, message).help(help), node.span);
                NodeKind::Null
            }
            scalar if node.tag.is_none() => self.scalar(scalar, node.span),
            scalar => scalar.clone(),
        };
        Node::new(kind, node.span)
    }

    /// A scalar as YAML 1.1 reads it.
    fn scalar(&mut self, kind: &NodeKind, span: Span) -> NodeKind {
        let Some(scalar) = self.ambiguous.get(&span.start).copied().filter(|s| !s.is_key && s.span == span)
        else {
            return kind.clone();
        };
        match (&scalar.core, &scalar.old) {
            // CloudFormation has no dates.
            (Reading::Text, Reading::Date | Reading::Special) => return kind.clone(),
            _ => self.warn(scalar),
        }
        match &scalar.old {
            Reading::Bool(_) | Reading::Number(_) => scalar.old.clone().kind(&scalar.text),
            _ => NodeKind::String(scalar.text.clone()),
        }
    }

    fn warn(&mut self, scalar: &Ambiguous) {
        let text = excerpt(&scalar.text);
        let message = match &scalar.old {
            Reading::Bool(value) => format!("CloudFormation takes `{text}` for the boolean {value}"),
            Reading::Number(number) => format!("CloudFormation takes `{text}` for the number {number}"),
            Reading::Text => format!("CloudFormation takes `{text}` for a text"),
            _ => format!("CloudFormation may take `{text}` for a number or for a text"),
        };
        let finding = Diagnostic::warning(code::OLD_YAML, message).help("write it in quotes if it is text");
        self.report(finding, scalar.span);
    }

    /// Tells the tag and returns the name that keeps it.
    fn unknown_tag(&mut self, tag: &str, span: Span) -> String {
        let bare = tag.trim_start_matches('!');
        let help = if bare.starts_with("Rain::") {
            "`rain pkg` replaces it".to_owned()
        } else {
            match nearest(bare, function::tags()) {
                Some(near) => format!("did you mean `!{near}`?"),
                None => "put the text in quotes if it isn't meant as a function".to_owned(),
            }
        };
        let message = format!("CloudFormation has no function `{}`", excerpt(tag));
        self.report_here(Diagnostic::error(code::UNKNOWN_TAG, message).help(help), span);
        format!("Fn::{bare}")
    }
}

/// `A.B.C` as the list of `A` and `B.C`; the rest as it is.
fn split_attribute(node: Node) -> Node {
    let parts = node.as_str().and_then(|text| text.split_once('.')).map(|(id, attribute)| [id, attribute]);
    match parts {
        Some(parts) => {
            let part = |text: &str| Node::new(NodeKind::String(text.to_owned()), node.span);
            Node::new(NodeKind::Sequence(parts.map(part).into()), node.span)
        }
        None => node,
    }
}
