//! From texts to configurations: reading, checking, merging.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::broken::{Broken, is_refusal};
use super::certain::{certain, is_same};
use super::context;
use super::located::Located;
use super::model::Network;
use super::overrides::{self, Override};
use super::resolve::{Edit, Part, resolve};
use super::schema;
use super::tree::Layer;
use super::{check, code};
use crate::diagnostic::{Diagnostic, Source, nearest};
use crate::document::code::AMBIGUOUS_SCALAR;
use crate::document::{Document, Format, Limits, Node, excerpt, pointer_to};

/// What a configuration is called if nobody says otherwise.
pub const FILE_NAME: &str = "dify.yaml";

/// The environment of a configuration that names none.
pub const DEFAULT_ENVIRONMENT: &str = "dev";

/// What to load. The default is a configuration without a file: one environment with every default.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// `dify.yaml`; JSON if its name ends in `.json`.
    pub file: Option<Source>,
    /// `KEY=VALUE`, which win over all else in every environment, the later over the earlier. With
    /// `environments.NAME.` before the key they are for one environment.
    pub set: Vec<String>,
    /// `dify.context.json`, for networks given by names.
    pub context: Option<Source>,
    /// The stacks that are wanted, by name; all if there are none. The others are read but neither checked nor given.
    pub stacks: Vec<String>,
    /// Leaves networks given by names as they are, for the command that looks them up.
    pub keep_lookup: bool,
}

/// What was loaded.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The wanted environments, in the order of the file.
    pub environments: Vec<Located>,
    /// The names of all stacks, in the order of the file.
    pub stacks: Vec<String>,
    /// Warnings and notes about all of them, each told once.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a configuration: defaults < profile < top level < environment < `--set`.
///
/// # Errors
/// Every mistake that can be told, in the order of the texts, with the warnings among them. What may depend on
/// a value with a mistake of form isn't judged until that is gone.
pub fn load(options: &LoadOptions) -> Result<Loaded, Vec<Diagnostic>> {
    let mut read = Read::default();
    if let Some(file) = &options.file {
        read.file(file);
    }
    for text in &options.set {
        read.set(text);
    }
    let mut found = std::mem::take(&mut read.found);
    if read.is_shapeless {
        return Err(in_order(found, &read.sources));
    }
    let of_form = found.clone();
    let environments = read.environments(&mut found);
    let layers: Arc<[Layer]> = read.layers.clone().into();
    let mut judged = Vec::new();
    for environment in &environments {
        let parts = read.parts(environment, &environments);
        let mut broken = Broken::all(&of_form, &parts, &layers);
        loop {
            let left_out: Vec<&Edit> = broken.iter().flat_map(|place| &place.meant[0]).collect();
            match resolve(environment, &parts, &layers, &left_out) {
                Ok(located) => judged.push(Judged { located, parts, broken }),
                // Something beside them is wrong, too, that wasn't told: then what is around them isn't known.
                Err(_) if !broken.is_empty() => {
                    broken = broken.iter().filter_map(|place| place.around(&parts, &layers)).collect();
                    continue;
                }
                Err(diagnostic) => found.push(*diagnostic),
            }
            break;
        }
    }
    let stacks: Vec<String> = judged.iter().map(|one| one.located.config.stack_name()).collect();
    // Where the name isn't known, neither is which stacks are wanted.
    if !judged.iter().flat_map(|one| &one.broken).any(|place| place.may_change("name")) {
        select(&mut judged, &options.stacks, &stacks, &mut found);
    }
    let several = judged.len() > 1;
    let of_texts = found.clone();
    let mut by_environment = Vec::new();
    let mut located = Vec::new();
    for Judged { located: mut one, parts, broken } in judged {
        let name = one.config.environment_name.clone();
        let certain_beside = |broken: &[Broken]| {
            certain(broken, |edits| {
                let resolved = resolve(&name, &parts, &layers, edits);
                resolved.ok().map(|mut one| judge(&mut one, options))
            })
        };
        let mut findings = if broken.is_empty() {
            judge(&mut one, options)
        } else {
            let of_broken = |finding: &Diagnostic| broken.iter().any(|one| one.holds(finding, &layers));
            certain_beside(&broken).into_iter().filter(|finding| !of_broken(finding)).collect()
        };
        // What a check has refused isn't known either, and nothing is compared with it.
        let refused = Broken::refused(&findings, &parts, &layers);
        if !refused.is_empty() {
            let certain = certain_beside(&broken.into_iter().chain(refused).collect::<Vec<_>>());
            findings.retain(|finding| is_refusal(finding) || certain.iter().any(|one| is_same(one, finding)));
        }
        let of_text = of_texts.iter().filter(|finding| read.concerns(finding, &name)).cloned();
        one.findings = in_order(of_text.chain(findings.iter().cloned()).collect(), &read.sources);
        by_environment.push((name, findings));
        located.push(one);
    }
    found.extend(told_once(by_environment, several));
    let found = in_order(found, &read.sources);
    if found.iter().any(Diagnostic::is_error) {
        return Err(found);
    }
    Ok(Loaded { environments: located, stacks, diagnostics: found })
}

/// An environment that is judged.
struct Judged<'a> {
    /// As it is without what doesn't fit the schema.
    located: Located,
    parts: Vec<Part<'a>>,
    broken: Vec<Broken>,
}

/// Every finding about an environment, which gets the ids of its network.
fn judge(one: &mut Located, options: &LoadOptions) -> Vec<Diagnostic> {
    let failure = if options.keep_lookup { None } else { look_up(one, options.context.as_ref()) };
    let mut findings = check::all(one);
    findings.extend(failure);
    findings
}

/// The texts as trees.
#[derive(Default)]
struct Read {
    layers: Vec<Layer>,
    /// Every text, in the order in which it is told about.
    sources: Vec<Source>,
    file: Option<Text>,
    sets: Vec<Text>,
    found: Vec<Diagnostic>,
    /// Whether what was found leaves nothing to judge further.
    is_shapeless: bool,
}

/// A text as a tree, and its layer.
struct Text {
    root: Node,
    layer: usize,
}

impl Read {
    fn layer(&mut self, source: &Source, prefix: String) -> usize {
        self.layers.push(Layer { source: source.clone(), prefix });
        self.layers.len() - 1
    }

    fn file(&mut self, file: &Source) {
        self.sources.push(file.clone());
        let format = if file.name.ends_with(".json") { Format::Json } else { Format::Yaml };
        let document = match Document::parse_keeping_first(file.clone(), format, &Limits::default()) {
            Ok((document, duplicates)) => {
                self.is_shapeless |= duplicates.iter().any(|one| is_shape(one.pointer.as_deref()));
                self.found.extend(duplicates);
                document
            }
            Err(errors) => {
                self.found.extend(errors);
                self.is_shapeless = true;
                return;
            }
        };
        let mistakes = schema::check(file, &document.root);
        self.found.extend(document.strict_findings());
        self.is_shapeless |= mistakes.iter().any(|mistake| is_shape(mistake.pointer.as_deref()));
        self.found.extend(mistakes);
        let layer = self.layer(file, String::new());
        // The layers of the environments follow that of the file, in order.
        for entry in environments_of(&document.root) {
            self.layer(file, pointer_to("/environments", &entry.key));
        }
        self.file = Some(Text { root: document.root, layer });
    }

    fn set(&mut self, text: &str) {
        self.sources.push(overrides::source(text));
        match overrides::parse(text) {
            Ok(set) => {
                let mistakes = schema::check(&set.source, &set.root);
                self.is_shapeless |= mistakes.iter().any(|mistake| is_shape(mistake.pointer.as_deref()));
                self.found.extend(mistakes);
                self.put(set);
            }
            // What it would set isn't known; it may be anything.
            Err(errors) => {
                if let Some((set, pointer)) = overrides::parse_keys_only(text) {
                    self.found.extend(errors.into_iter().map(|error| error.pointer(&*pointer)));
                    self.put(set);
                } else {
                    self.found.extend(errors);
                    self.is_shapeless = true;
                }
            }
        }
    }

    fn put(&mut self, set: Override) {
        let environment = environments_of(&set.root).first();
        let prefix = environment.map_or_else(String::new, |entry| pointer_to("/environments", &entry.key));
        let layer = self.layer(&set.source, prefix);
        self.sets.push(Text { root: set.root, layer });
    }

    /// The names of the environments in the file, or the one that there is without any. Tells names that can't be, and overrides of
    /// environments that aren't there.
    fn environments(&self, found: &mut Vec<Diagnostic>) -> Vec<String> {
        let mut environments = Vec::new();
        if let Some(file) = &self.file {
            for entry in environments_of(&file.root) {
                let name = &entry.key;
                if !check::is_environment_name(name) {
                    let message = format!("an environment can't be called `{}`", excerpt(name));
                    let help =
                        "use lowercase letters, digits and single hyphens, a letter or digit first and last";
                    found.push(
                        Diagnostic::error(code::NAME, message)
                            .help(help)
                            .at(&self.layers[file.layer].source, entry.key_span)
                            .pointer(pointer_to("/environments", name)),
                    );
                }
                environments.push(name.clone());
            }
        }
        if environments.is_empty() {
            environments.push(DEFAULT_ENVIRONMENT.to_owned());
        }
        let names: Vec<&str> = environments.iter().map(String::as_str).collect();
        for set in &self.sets {
            for entry in environments_of(&set.root) {
                if !names.contains(&entry.key.as_str()) {
                    let message = format!("there is no environment `{}`", excerpt(&entry.key));
                    found.push(
                        Diagnostic::error(code::UNKNOWN_STACK, message)
                            .help(known(&entry.key, &names, "environments"))
                            .at(&self.layers[set.layer].source, entry.key_span)
                            .pointer(pointer_to("/environments", &entry.key)),
                    );
                }
            }
        }
        environments
    }

    /// What the texts say of an environment, the weakest first.
    fn parts(&self, environment: &str, environments: &[String]) -> Vec<Part<'_>> {
        let part = |node, layer| Part { node, layer, key: None, is_doubtful: false };
        let mut parts = Vec::new();
        if let Some(file) = &self.file {
            parts.push(part(&file.root, file.layer));
            let sections = environments_of(&file.root).iter().enumerate();
            let own = sections.filter(|(_, entry)| entry.key == environment);
            parts.extend(own.map(|(index, entry)| Part {
                key: Some(entry.key_span),
                ..part(&entry.value, file.layer + 1 + index)
            }));
        }
        let is_known = |name: &String| environments.contains(name);
        for set in &self.sets {
            let of_environment = environments_of(&set.root);
            if of_environment.is_empty() {
                parts.push(part(&set.root, set.layer));
            }
            for entry in of_environment {
                if entry.key == environment {
                    parts.push(part(&entry.value, set.layer));
                } else if !is_known(&entry.key) {
                    parts.push(Part { is_doubtful: true, ..part(&entry.value, set.layer) });
                }
            }
        }
        parts
    }

    /// Whether what was found in a text is about an environment: it stands in it, or in none.
    fn concerns(&self, finding: &Diagnostic, environment: &str) -> bool {
        let Some(location) = &finding.location else { return true };
        let start = location.span.start;
        let mut texts = self.file.iter().chain(&self.sets);
        let text = texts.find(|text| self.layers[text.layer].source == location.source);
        let mut sections = text.map_or(&[][..], |text| environments_of(&text.root)).iter();
        let section = sections.find(|entry| {
            (entry.key_span.start..=entry.value.span.end.max(entry.key_span.end)).contains(&start)
        });
        section.is_none_or(|entry| entry.key == environment)
    }
}

/// The entries of `environments`.
fn environments_of(root: &Node) -> &[crate::document::Entry] {
    root.get("environments").map_or(&[], Node::entries)
}

/// Whether a mistake at a pointer leaves nothing to judge: the file is no map, or it isn't known which environments it has.
fn is_shape(pointer: Option<&str>) -> bool {
    pointer.is_some_and(|pointer| pointer.is_empty() || pointer == "/environments")
}

/// Keeps the wanted stacks; tells those that aren't there.
fn select(judged: &mut Vec<Judged<'_>>, wanted: &[String], stacks: &[String], found: &mut Vec<Diagnostic>) {
    if wanted.is_empty() {
        return;
    }
    let known_stacks: Vec<&str> = stacks.iter().map(String::as_str).collect();
    for stack in wanted.iter().filter(|stack| !stacks.contains(stack)) {
        let message = format!("the configuration has no stack `{}`", excerpt(stack));
        found.push(Diagnostic::error(code::UNKNOWN_STACK, message).help(known(
            stack,
            &known_stacks,
            "stacks",
        )));
    }
    judged.retain(|one| wanted.contains(&one.located.config.stack_name()));
}

/// ``did you mean `x`? there are x and y``.
fn known(word: &str, names: &[&str], what: &str) -> String {
    let list = names.join(", ");
    match nearest(word, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? the {what} are: {list}"),
        None => format!("the {what} are: {list}"),
    }
}

/// Gives a network that is given by names its ids, or tells why it can't.
fn look_up(one: &mut Located, context: Option<&Source>) -> Option<Diagnostic> {
    let Network::Lookup(network) = &one.config.network else { return None };
    if network.vpc_name.is_empty() {
        return None; // the check of the network tells
    }
    match context::resolve(one, network, context) {
        Ok(existing) => {
            one.config.network = Network::Existing(existing);
            // What is said about the ids is told where the names stand.
            if let Some(lookup) = one.tree.get("network").and_then(|network| network.get("lookup")).cloned() {
                one.tree.insert(&["network", "existing"], lookup);
            }
            None
        }
        Err(diagnostic) => Some(*diagnostic),
    }
}

/// The findings of all environments, each told once. One that holds for some of several says for which, unless its
/// place does.
pub fn told_once(by_environment: Vec<(String, Vec<Diagnostic>)>, several: bool) -> Vec<Diagnostic> {
    let total = by_environment.len();
    let mut joined: Vec<(Diagnostic, Vec<String>)> = Vec::new();
    for (environment, findings) in by_environment {
        for finding in findings {
            match joined.iter_mut().find(|(known, _)| *known == finding) {
                Some((_, environments)) => environments.push(environment.clone()),
                None => joined.push((finding, vec![environment.clone()])),
            }
        }
    }
    joined
        .into_iter()
        .map(|(mut finding, environments)| {
            let is_inside = finding.pointer.as_deref().is_some_and(|at| at.starts_with("/environments/"));
            if several && environments.len() < total && !is_inside {
                let names: Vec<String> = environments.iter().map(|name| format!("`{name}`")).collect();
                let word = if names.len() == 1 { "environment" } else { "environments" };
                finding.message = format!("{} ({word} {})", finding.message, names.join(", "));
            }
            finding
        })
        .collect()
}

/// In the order of the texts: the file first, then the arguments as they were given; what has no place comes last.
/// That YAML 1.1 reads something otherwise is left out where more is wrong with it.
fn in_order(mut found: Vec<Diagnostic>, sources: &[Source]) -> Vec<Diagnostic> {
    let rank = |diagnostic: &Diagnostic| {
        let place = diagnostic.location.as_ref().map(|location| {
            (sources.iter().position(|source| *source == location.source), location.span.start)
        });
        (place.is_none(), place)
    };
    found.sort_by(|a, b| rank(a).cmp(&rank(b)).then(a.code.cmp(&b.code)));
    let mistaken: BTreeSet<_> = found.iter().filter(|finding| finding.is_error()).map(rank).collect();
    found.retain(|finding| {
        finding.is_error() || finding.code != AMBIGUOUS_SCALAR || !mistaken.contains(&rank(finding))
    });
    found
}
