//! `Fn::ForEach`: what the loops of the language extensions make, written out.
//!
//! A loop whose collection is known (a list of texts, a parameter with a value, a mapping) is replaced by what it makes,
//! as CloudFormation does before it looks at the template; everything keeps its place in the file. One whose collection
//! only the stack knows stays as it is, and what depends on it is unknown.
//!
//! Source: AWS CloudFormation User Guide, "`Fn::ForEach`" and "`AWS::LanguageExtensions` transform".

use std::collections::{BTreeMap, BTreeSet};

use super::code;
use super::unknown_loop::UnknownLoop;
use crate::cfn::evaluate::{SubPiece, sub_pieces};
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::document::{Entry, Node, NodeKind, excerpt, pointer_to};

/// What the key of a loop begins with.
const PREFIX: &str = "Fn::ForEach::";

/// How much all loops together may make, in values and bytes of text: twice what a template may have.
const MOST_MADE: usize = 2 << 20;

/// What a member of a map counts beside its text, so that many small ones come to an end too.
const MEMBER: usize = 100;

/// How many mistakes are told: a loop may repeat one without end.
const MOST_REFUSED: usize = 100;

/// What became of a template's loops.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Loops {
    /// Every name that a collection mentions, so that what only a loop uses counts as used.
    pub mentioned: BTreeSet<String>,
    /// Where the loops stand that were written out.
    pub spans: Vec<Span>,
    /// Those that stay, since only the stack knows what they make, or nobody.
    pub unknown: Vec<UnknownLoop>,
}

/// The template with its loops written out, if it asks for the language extensions.
pub(super) fn expand(
    root: Node,
    given: &BTreeMap<String, String>,
    source: &Source,
    findings: &mut Vec<Diagnostic>,
) -> (Node, Loops) {
    if !has_extensions(&root) {
        return (root, Loops::default());
    }
    let mut writer = Writer {
        root: &root,
        given,
        source,
        findings,
        loops: Loops::default(),
        made: 0,
        kept: 0,
        path: String::new(),
    };
    let sections = root.entries().iter().map(|entry| {
        let value = match entry.key.as_str() {
            "Conditions" | "Resources" | "Outputs" => {
                writer.path = pointer_to("", &entry.key);
                writer.node(&entry.value, &Bindings::new())
            }
            _ => entry.value.clone(),
        };
        Entry { key: entry.key.clone(), key_span: entry.key_span, value }
    });
    let written = Node::new(NodeKind::Mapping(sections.collect()), root.span);
    let loops = writer.loops;
    (written, loops)
}

/// Whether the template asks for the language extensions.
fn has_extensions(root: &Node) -> bool {
    let Some(transform) = root.get("Transform") else { return false };
    let one = std::slice::from_ref(transform);
    let names = if transform.is_sequence() { transform.items() } else { one };
    names.iter().any(|name| name.as_str() == Some("AWS::LanguageExtensions"))
}

/// The values of the identifiers of the loops around.
type Bindings = BTreeMap<String, String>;

struct Writer<'a> {
    /// The template, for parameters and mappings.
    root: &'a Node,
    /// Values of parameters that are known.
    given: &'a BTreeMap<String, String>,
    source: &'a Source,
    findings: &'a mut Vec<Diagnostic>,
    loops: Loops,
    /// How much the loops have made.
    made: usize,
    /// How many loops around us stay as they are.
    kept: usize,
    /// The JSON pointer of where we are, in what is written.
    path: String,
}

/// A loop that is well-formed.
struct Loop<'n> {
    identifier: &'n str,
    collection: &'n Node,
    body: &'n Node,
}

impl Writer<'_> {
    /// A value with its loops written out and the identifiers of those around it replaced.
    fn node(&mut self, node: &Node, bindings: &Bindings) -> Node {
        if !bindings.is_empty() {
            self.made += 1;
        }
        let kind = match &node.kind {
            NodeKind::String(text) => NodeKind::String(self.replaced(text, bindings)),
            NodeKind::Sequence(items) => {
                NodeKind::Sequence(items.iter().map(|item| self.node(item, bindings)).collect())
            }
            NodeKind::Mapping(entries) => match entries.as_slice() {
                [entry] if !bindings.is_empty() => match self.call(entry, bindings) {
                    Some(kind) => kind,
                    None => self.members(entries, bindings),
                },
                _ => self.members(entries, bindings),
            },
            other => other.clone(),
        };
        Node::new(kind, node.span)
    }

    /// A call in which an identifier is more than a piece of a text.
    fn call(&mut self, entry: &Entry, bindings: &Bindings) -> Option<NodeKind> {
        let argument = &entry.value;
        match (entry.key.as_str(), &argument.kind) {
            ("Ref", NodeKind::String(name)) => Some(NodeKind::String(bindings.get(name)?.clone())),
            ("Fn::Sub", NodeKind::String(text)) => {
                let text = self.replaced(text, bindings);
                // Nothing is left to substitute: a text like any other.
                (!text.contains("${")).then_some(NodeKind::String(text))
            }
            // CloudFormation doesn't look for identifiers in the name of the condition.
            ("Fn::If", NodeKind::Sequence(branches)) => {
                let branches = branches.iter().enumerate();
                let branches =
                    branches.map(
                        |(index, branch)| {
                            if index == 0 { branch.clone() } else { self.node(branch, bindings) }
                        },
                    );
                let value = Node::new(NodeKind::Sequence(branches.collect()), argument.span);
                Some(NodeKind::Mapping(vec![Entry { value, ..entry.clone() }]))
            }
            _ => None,
        }
    }

    /// The members of a map, those that its loops make in their place.
    fn members(&mut self, entries: &[Entry], bindings: &Bindings) -> NodeKind {
        let mut written = Vec::new();
        let mut keys = BTreeSet::new();
        for entry in entries {
            let is_loop = entry.key.starts_with(PREFIX);
            let made = if is_loop && self.kept == 0 { self.written_out(entry, bindings) } else { None };
            if let Some(made) = made {
                for entry in made {
                    self.add(&mut written, &mut keys, entry);
                }
                continue;
            }
            let key = self.replaced(&entry.key, bindings);
            if is_loop && self.kept == 0 {
                let mut makes = Vec::new();
                keys_made(&entry.value, bindings, &mut makes);
                self.loops.unknown.push(UnknownLoop { pointer: pointer_to(&self.path, &key), makes });
                mention(&entry.value, &mut self.loops.mentioned);
            }
            // Inside of a loop that stays nothing is written out.
            self.kept += usize::from(is_loop);
            let value = self.below(&key, |writer| writer.node(&entry.value, bindings));
            self.kept -= usize::from(is_loop);
            if !bindings.is_empty() {
                self.made += MEMBER;
            }
            self.add(&mut written, &mut keys, Entry { key, key_span: entry.key_span, value });
        }
        NodeKind::Mapping(written)
    }

    fn add(&mut self, written: &mut Vec<Entry>, keys: &mut BTreeSet<String>, entry: Entry) {
        if keys.insert(entry.key.clone()) {
            written.push(entry);
        } else {
            let message = format!("a loop makes `{}` twice", excerpt(&entry.key));
            let help = "write the loop's identifier into the key, such as `Topic${Name}`, and no value twice into the collection";
            self.refuse(message, help, &entry.key, entry.key_span);
        }
    }

    fn below<T>(&mut self, key: &str, visit: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.path.len();
        self.path = pointer_to(&self.path, key);
        let visited = visit(self);
        self.path.truncate(before);
        visited
    }

    /// What a loop makes; `None` if that isn't known.
    fn written_out(&mut self, entry: &Entry, bindings: &Bindings) -> Option<Vec<Entry>> {
        let Loop { identifier, collection, body } = self.well_formed(entry)?;
        mention(collection, &mut self.loops.mentioned);
        let values = self.values(collection, bindings)?;
        let mut made = Vec::new();
        for value in values {
            if self.made > MOST_MADE {
                let message = "the loops make more than CloudFormation takes";
                let help = "a template has at most 1 MB and 500 resources";
                self.refuse(message.to_owned(), help, &entry.key, entry.key_span);
                return None;
            }
            let mut inner = bindings.clone();
            inner.insert(identifier.to_owned(), value);
            if let NodeKind::Mapping(entries) = self.members(body.entries(), &inner) {
                made.extend(entries);
            }
        }
        self.loops.spans.push(Span { start: entry.key_span.start, ..entry.value.span });
        Some(made)
    }

    /// The parts of a loop; what is malformed in it is told.
    fn well_formed<'n>(&mut self, entry: &'n Entry) -> Option<Loop<'n>> {
        let problem = match entry.value.items() {
            [identifier, collection, body] => match identifier.as_str() {
                None => format!("the identifier of a loop is a text, found {}", identifier.describe()),
                Some(_) if !(collection.is_sequence() || collection.is_mapping()) => {
                    format!("the collection of a loop is a list, found {}", collection.describe())
                }
                Some(_) if self.refers_to_nothing(collection).is_some() => {
                    let name = self.refers_to_nothing(collection).unwrap_or_default();
                    format!("the collection of a loop is `{}`, which is no parameter", excerpt(name))
                }
                Some(_) if !body.is_mapping() => {
                    format!("what a loop makes is a map, found {}", body.describe())
                }
                Some(identifier) => return Some(Loop { identifier, collection, body }),
            },
            _ => "a loop is a list of an identifier, a collection and what it makes".to_owned(),
        };
        let help = "write it as `Fn::ForEach::Loop: [Name, [a, b], {\"Topic${Name}\": {…}}]`";
        self.refuse(problem, help, &entry.key, entry.key_span);
        None
    }

    /// The name that a collection refers to and nobody has; what another macro brings isn't known.
    fn refers_to_nothing<'n>(&self, collection: &'n Node) -> Option<&'n str> {
        let [Entry { key, value, .. }] = collection.entries() else { return None };
        let name = value.as_str().filter(|name| key == "Ref" && !name.starts_with("AWS::"))?;
        let transform = self.root.get("Transform")?;
        let is_alone = transform.as_str().is_some() || transform.items().len() == 1;
        let is_parameter = self.root.get("Parameters").is_some_and(|all| all.get(name).is_some());
        (is_alone && !is_parameter).then_some(name)
    }

    fn refuse(&mut self, message: String, help: &str, key: &str, span: Span) {
        let pointer = pointer_to(&self.path, key);
        let finding =
            Diagnostic::error(code::LOOP, message).help(help).pointer(pointer).at(self.source, span);
        // What a loop repeats is told once.
        let told = self.findings.iter().filter(|other| other.code == code::LOOP).count();
        if told < MOST_REFUSED && !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    /// The values of a collection; `None` if only the stack knows them.
    fn values(&self, collection: &Node, bindings: &Bindings) -> Option<Vec<String>> {
        if collection.is_sequence() {
            return collection.items().iter().map(|item| self.scalar(item, bindings)).collect();
        }
        let [Entry { key, value, .. }] = collection.entries() else { return None };
        match key.as_str() {
            "Ref" => {
                let (kind, text) = self.parameter(value.as_str()?)?;
                let is_list = kind == "CommaDelimitedList" || kind.starts_with("List<");
                is_list.then(|| text.split(',').map(|item| item.trim().to_owned()).collect())
            }
            "Fn::FindInMap" => {
                let found = self.mapped(value, bindings)?;
                found.items().iter().map(|item| self.scalar(item, bindings)).collect()
            }
            "Fn::Split" => {
                let [separator, text] = value.items() else { return None };
                let (separator, text) = (separator.as_str()?, self.scalar(text, bindings)?);
                (!separator.is_empty()).then(|| text.split(separator).map(str::to_owned).collect())
            }
            _ => None,
        }
    }

    /// A text, number or boolean that is known.
    fn scalar(&self, node: &Node, bindings: &Bindings) -> Option<String> {
        match &node.kind {
            NodeKind::String(text) => Some(fill(text, bindings)),
            NodeKind::Number(number) => Some(number.to_string()),
            NodeKind::Bool(value) => Some(value.to_string()),
            NodeKind::Mapping(entries) => {
                let [Entry { key, value, .. }] = entries.as_slice() else { return None };
                match (key.as_str(), value.as_str()) {
                    ("Ref", Some(name)) => match bindings.get(name) {
                        Some(value) => Some(value.clone()),
                        None => self
                            .parameter(name)
                            .filter(|(kind, _)| !kind.contains("List"))
                            .map(|(_, text)| text),
                    },
                    ("Fn::Sub", Some(text)) => Some(fill(text, bindings)).filter(|text| !text.contains("${")),
                    ("Fn::FindInMap", None) => {
                        let found = self.mapped(value, bindings)?;
                        if found.is_mapping() { None } else { self.scalar(found, bindings) }
                    }
                    _ => None,
                }
            }
            NodeKind::Null | NodeKind::Sequence(_) => None,
        }
    }

    /// The type of a parameter and the value that it is given, or else has.
    fn parameter(&self, name: &str) -> Option<(&str, String)> {
        let declaration = self.root.get("Parameters")?.get(name)?;
        let kind = declaration.get("Type")?.as_str()?;
        // What is looked up is known in the account only.
        if kind.starts_with("AWS::SSM::Parameter::Value<") {
            return None;
        }
        if let Some(given) = self.given.get(name) {
            return Some((kind, given.clone()));
        }
        let default = declaration.get("Default")?;
        let text = match &default.kind {
            NodeKind::String(text) => text.clone(),
            NodeKind::Number(number) => number.to_string(),
            _ => return None,
        };
        Some((kind, text))
    }

    /// What stands in a mapping, by the arguments of `Fn::FindInMap`.
    fn mapped(&self, arguments: &Node, bindings: &Bindings) -> Option<&Node> {
        let [mapping, top, second] = arguments.items() else { return None };
        let name =
            |node: &Node| if is_call(node, "Fn::FindInMap") { None } else { self.scalar(node, bindings) };
        self.root.get("Mappings")?.get(&name(mapping)?)?.get(&name(top)?)?.get(&name(second)?)
    }

    fn replaced(&mut self, text: &str, bindings: &Bindings) -> String {
        let replaced = fill(text, bindings);
        if !bindings.is_empty() {
            self.made += replaced.len();
        }
        replaced
    }
}

/// A text with the identifiers of the loops around replaced: `${Name}` by the value, `&{Name}` by its letters and digits.
fn fill(text: &str, bindings: &Bindings) -> String {
    let mut text = text.to_owned();
    for (identifier, value) in bindings {
        if text.contains(identifier.as_str()) {
            let plain: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
            text = text.replace(&format!("${{{identifier}}}"), value);
            text = text.replace(&format!("&{{{identifier}}}"), &plain);
        }
    }
    text
}

/// The keys of what a loop makes, and the loops in it.
fn keys_made(value: &Node, bindings: &Bindings, keys: &mut Vec<String>) {
    for entry in value.items().get(2).map_or(&[][..], Node::entries) {
        if entry.key.starts_with(PREFIX) {
            keys_made(&entry.value, bindings, keys);
        } else {
            keys.push(fill(&entry.key, bindings));
        }
    }
}

fn is_call(node: &Node, name: &str) -> bool {
    matches!(node.entries(), [entry] if entry.key == name)
}

/// Every text in a value, and every name in one, such as that of a parameter or mapping.
fn mention(node: &Node, names: &mut BTreeSet<String>) {
    node.walk(&mut |node| {
        let Some(text) = node.as_str() else { return };
        names.insert(text.to_owned());
        let pieces = sub_pieces(text).into_iter();
        names.extend(pieces.filter_map(|piece| match piece {
            SubPiece::Name(name) => Some(name.split('.').next().unwrap_or(name).to_owned()),
            SubPiece::Text(_) => None,
        }));
    });
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::super::{ReadTemplate, read_expanded};
    use super::*;
    use crate::document::{Document, Format, Limits};

    fn read(text: &str) -> ReadTemplate {
        let source = Source::new("t.yaml", format!("Transform: AWS::LanguageExtensions\n{text}"));
        let document = Document::parse(source, Format::Yaml, &Limits::default()).unwrap();
        read_expanded(&document, &BTreeMap::from([("Given".to_owned(), "g, h".to_owned())])).unwrap()
    }

    fn resources(text: &str) -> Json {
        let read = read(text);
        assert_eq!(read.findings, [], "{text}");
        read.template.to_json()["Resources"].clone()
    }

    #[test]
    fn a_list_makes_a_resource_for_each_value() {
        let made = resources(
            "Resources:\n  Fn::ForEach::Topics:\n  - Name\n  - [a.b, c]\n  - Topic&{Name}:\n      Type: AWS::SNS::Topic\n      Properties:\n        TopicName: !Ref Name\n        DisplayName: !Sub 'is ${Name}'\n        KmsMasterKeyId: !Sub '${Name}-${AWS::Region}'\n",
        );
        let topic = |name: &str| json!({"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name, "DisplayName": format!("is {name}"), "KmsMasterKeyId": {"Fn::Sub": format!("{name}-${{AWS::Region}}")}}});
        assert_eq!(made, json!({"Topicab": topic("a.b"), "Topicc": topic("c")}));
    }

    #[test]
    fn collections_of_parameters_and_mappings_are_known() {
        for (collection, keys) in [
            ("!Ref Known", &["Ta", "Tb"][..]),
            ("!Ref Given", &["Tg", "Th"]),
            ("!FindInMap [M, one, two]", &["Tm", "Tn"]),
            ("!Split ['/', x/y]", &["Tx", "Ty"]),
            ("[!Ref Single, z]", &["Ts", "Tz"]),
        ] {
            let made = resources(&format!(
                "Parameters:\n  Known: {{Type: CommaDelimitedList, Default: 'a, b'}}\n  Given: {{Type: CommaDelimitedList}}\n  Single: {{Type: String, Default: s}}\nMappings: {{M: {{one: {{two: [m, n]}}}}}}\nResources: {{Fn::ForEach::L: [I, {collection}, {{'T${{I}}': {{Type: AWS::SNS::Topic}}}}]}}\n"
            ));
            assert_eq!(made.as_object().unwrap().keys().collect::<Vec<_>>(), keys, "{collection}");
        }
    }

    #[test]
    fn loops_stand_in_loops_conditions_outputs_and_properties() {
        let read = read(
            "Conditions: {Fn::ForEach::C: [I, [a], {'Is${I}': !Equals [!Ref I, a]}]}\nResources:\n  Fn::ForEach::O:\n  - I\n  - [a, b]\n  - Fn::ForEach::N:\n    - J\n    - [!Ref I, c]\n    - 'T${I}${J}': {Type: AWS::SNS::Topic, Condition: 'Is${I}', Properties: {Fn::ForEach::P: [K, [DisplayName], {'${K}': !If [\"Is${I}\", !Ref J, x]}]}}\nOutputs: {Fn::ForEach::U: [I, [aa, bc], {'O${I}': {Value: !GetAtt 'T${I}.TopicArn'}}]}\n",
        );
        assert_eq!(read.findings, []);
        let made = read.template.to_json();
        assert_eq!(made["Conditions"], json!({"Isa": {"Fn::Equals": ["a", "a"]}}));
        assert_eq!(
            made["Resources"].as_object().unwrap().keys().collect::<Vec<_>>(),
            ["Taa", "Tac", "Tbb", "Tbc"]
        );
        assert_eq!(
            made["Resources"]["Tac"],
            json!({"Type": "AWS::SNS::Topic", "Condition": "Isa", "Properties": {"DisplayName": {"Fn::If": ["Is${I}", "c", "x"]}}})
        );
        assert_eq!(made["Outputs"]["Obc"], json!({"Value": {"Fn::GetAtt": ["Tbc", "TopicArn"]}}));
        assert_eq!(read.loops.spans.len(), 9);
    }

    #[test]
    fn what_only_the_stack_knows_stays() {
        let read = read(
            "Parameters: {P: {Type: CommaDelimitedList}}\nResources: {Fn::ForEach::L: [I, !Ref P, {'T${I}': {Type: AWS::SNS::Topic}}]}\n",
        );
        assert_eq!(read.findings, []);
        assert!(read.template.resources.is_empty());
        assert_eq!(read.template.resource_macros.keys().collect::<Vec<_>>(), ["Fn::ForEach::L"]);
        assert!(read.loops.mentioned.contains("P"));
        let [unknown] = read.loops.unknown.as_slice() else { panic!("{:#?}", read.loops) };
        assert_eq!(unknown.pointer, "/Resources/Fn::ForEach::L");
        assert!(unknown.may_make("Tx") && unknown.may_make("T") && !unknown.may_make("U"));
    }

    #[test]
    fn malformed_loops_are_told_with_their_place() {
        for (value, expected) in [
            ("x", "a loop is a list of an identifier, a collection and what it makes"),
            ("[[a], [a], {T: {}}]", "the identifier of a loop is a text, found a list"),
            ("[I, a, {T: {}}]", "the collection of a loop is a list, found a text"),
            ("[I, [a], T]", "what a loop makes is a map, found a text"),
            ("[I, [a, b], {T: {Type: AWS::SNS::Topic}}]", "a loop makes `T` twice"),
        ] {
            let read = read(&format!("Resources:\n  Fn::ForEach::L: {value}\n"));
            let found: Vec<_> = read.findings.iter().filter(|finding| finding.code == code::LOOP).collect();
            assert_eq!(found.len(), 1, "{value}: {:#?}", read.findings);
            assert_eq!(found[0].message, expected);
            assert_eq!(found[0].location.as_ref().unwrap().span.line, 3);
        }
    }

    #[test]
    fn loops_in_loops_do_not_fill_the_memory() {
        let items = (0..200).map(|number| format!("a{number}")).collect::<Vec<_>>().join(", ");
        let mut body = "{'T${I0}': {Type: AWS::SNS::Topic}}".to_owned();
        for depth in 0..6 {
            body = format!("{{'Fn::ForEach::L{depth}': [I{depth}, [{items}], {body}]}}");
        }
        let read = read(&format!("Resources: {body}\n"));
        assert!(read.findings.iter().any(|finding| finding.message.starts_with("the loops make more")));
    }
}
