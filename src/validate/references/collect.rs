//! Every function call and reference of a template, found in one walk.

use indexmap::IndexMap;

use crate::cfn::evaluate::{Function, SubPiece, as_call, as_logical_call, sub_pieces, unknown_function};
use crate::cfn::{Json, Map, Template};
use crate::validate::context::{Owner, escape};

/// Every function call and reference of a template, in its order.
#[derive(Debug, Default)]
pub struct References<'t> {
    /// The function calls, the outer before the inner.
    pub calls: Vec<Call<'t>>,
    /// The names that refer to something.
    pub links: Vec<Link<'t>>,
    /// The texts that hold `{{` or, outside of `Fn::Sub`, `${`.
    pub texts: Vec<Text<'t>>,
    /// The names of parameters and pseudo parameters that each resource's properties refer to, in alphabetical order.
    pub(in crate::validate) names_by_resource: IndexMap<&'t str, Vec<&'t str>, foldhash::fast::RandomState>,
}

/// A place in the template.
#[derive(Debug, Clone, PartialEq)]
pub struct Site<'t> {
    /// What it belongs to.
    pub owner: Owner<'t>,
    /// In which part of the owner it is.
    pub part: Part<'t>,
    section: &'static str,
    name: &'t str,
    // Nearly no site is ever told, so its texts are made when somebody asks.
    steps: Box<[Step<'t>]>,
}

impl Site<'_> {
    /// Its JSON pointer.
    pub fn pointer(&self) -> String {
        let mut pointer = format!("/{}/{}", self.section, escape(self.name));
        for step in &self.steps {
            pointer.push('/');
            match step {
                Step::Key(key) | Step::Call(key) => pointer.push_str(&escape(key)),
                Step::Item(index) | Step::Argument(index) => pointer.push_str(&index.to_string()),
            }
        }
        pointer
    }

    /// Names of properties from the outside to the inside with a `/` between, without functions; `*` for a list's items.
    pub fn property(&self) -> String {
        let names = self.steps.iter().enumerate().filter_map(|(depth, step)| match step {
            Step::Key(key) if depth > 0 => Some(*key),
            Step::Item(_) => Some("*"),
            _ => None,
        });
        names.collect::<Vec<_>>().join("/")
    }
}

/// A part of an owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'t> {
    /// A resource's properties.
    Properties,
    /// Another attribute of a resource or a key of an output or parameter, by name.
    Attribute(&'t str),
    /// The whole of a condition, mapping or rule.
    Whole,
}

/// A function call.
#[derive(Debug)]
pub struct Call<'t> {
    /// The function; `None` if there is none of that name.
    pub function: Option<Function>,
    /// The name as it is written.
    pub name: &'t str,
    /// Its arguments.
    pub arguments: &'t Json,
    /// Where the arguments are.
    pub site: Site<'t>,
    /// The function that it is an argument of, and the argument's position; a list's items have that of their list.
    pub inside: Option<(Function, usize)>,
    /// Whether it is an item of a list that is an argument.
    pub item: bool,
    /// The `Fn::If` around it: condition, and whether it stands in the branch for true.
    pub guards: Vec<(&'t str, bool)>,
}

/// A name that refers to something.
#[derive(Debug)]
pub struct Link<'t> {
    /// What it refers to.
    pub target: Target<'t>,
    /// Where.
    pub site: Site<'t>,
    /// The `Fn::If` around it: condition, and whether it stands in the branch for true.
    pub guards: Vec<(&'t str, bool)>,
    /// Whether it is a placeholder in a `Fn::Sub` text.
    pub in_sub: bool,
    /// Where among the template's resources the one is that it stands in.
    pub(in crate::validate) from: Option<usize>,
    /// Where among them the one is that it refers to; `None` if it refers to none.
    pub(in crate::validate) to: Option<usize>,
}

/// What a name refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'t> {
    /// A parameter, pseudo parameter or resource.
    Name(&'t str),
    /// An attribute of a resource; `None` if a function gives its name.
    Attribute(&'t str, Option<&'t str>),
    /// A condition.
    Condition(&'t str),
    /// A mapping.
    Mapping(&'t str),
    /// A resource that comes first.
    DependsOn(&'t str),
}

/// A text that may hold references of another kind.
#[derive(Debug)]
pub struct Text<'t> {
    /// The text.
    pub text: &'t str,
    /// Where it is.
    pub site: Site<'t>,
    /// Whether it is the text of a `Fn::Sub`.
    pub in_sub: bool,
    /// The function that it is an argument of.
    pub inside: Option<Function>,
    /// Whether it holds `{{`, with which dynamic references begin.
    pub(super) may_be_dynamic: bool,
}

impl<'t> References<'t> {
    /// Walks through the template.
    pub fn collect(template: &'t Template) -> Self {
        let mut walk = Walk::new(template);
        for (name, parameter) in &template.parameters {
            walk.start(Owner::Parameter(name), "Parameters", name);
            walk.body(parameter);
        }
        for (name, mapping) in &template.mappings {
            walk.start(Owner::Mapping(name), "Mappings", name);
            walk.value(mapping, Position::default());
        }
        for (name, condition) in &template.conditions {
            walk.start(Owner::Condition(name), "Conditions", name);
            walk.value(condition, Position::default());
        }
        for (name, rule) in &template.rules {
            walk.start(Owner::Rule(name), "Rules", name);
            walk.value(rule, Position::default());
        }
        for (index, (id, resource)) in template.resources.iter().enumerate() {
            walk.start(Owner::Resource { id, resource }, "Resources", id);
            walk.from = Some(index);
            walk.resource(resource);
        }
        for (name, output) in &template.outputs {
            walk.start(Owner::Output(name), "Outputs", name);
            walk.body(output);
        }
        let mut found = walk.found;
        // R022 tells of a parameter that is called like a resource.
        let may_be_both = template.parameters.keys().any(|name| template.resources.contains_key(name));
        // The links of one resource stand together.
        for links in found.links.chunk_by(|one, other| one.from == other.from) {
            let Some(Owner::Resource { id, .. }) = links.first().map(|link| link.site.owner) else {
                continue;
            };
            let of_parameters = links
                .iter()
                .filter(|link| link.site.part == Part::Properties && (link.to.is_none() || may_be_both));
            let mut names: Vec<&str> = of_parameters
                .filter_map(|link| if let Target::Name(name) = link.target { Some(name) } else { None })
                .collect();
            names.sort_unstable();
            names.dedup();
            if !names.is_empty() {
                found.names_by_resource.insert(id, names);
            }
        }
        found
    }
}

/// A step from a value to a part of it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Step<'t> {
    /// Into a member of an object.
    Key(&'t str),
    /// Into an item of a list.
    Item(usize),
    /// Into the arguments of a function.
    Call(&'t str),
    /// Into one of several arguments.
    Argument(usize),
}

/// Where a value stands with respect to the functions around it.
#[derive(Debug, Clone, Copy, Default)]
struct Position {
    inside: Option<(Function, usize)>,
    item: bool,
}

/// How many functions and references a resource has.
const FEW: usize = 4;

struct Walk<'t> {
    template: &'t Template,
    found: References<'t>,
    owner: Owner<'t>,
    /// Where the owner is among the resources, if it is one.
    from: Option<usize>,
    part: Part<'t>,
    section: &'static str,
    name: &'t str,
    steps: Vec<Step<'t>>,
    guards: Vec<(&'t str, bool)>,
}

impl<'t> Walk<'t> {
    fn new(template: &'t Template) -> Self {
        Self {
            template,
            // Most templates have about as many: what is found is large to move.
            found: References {
                calls: Vec::with_capacity(FEW * template.resources.len()),
                links: Vec::with_capacity(FEW * template.resources.len()),
                ..References::default()
            },
            owner: Owner::Template,
            from: None,
            part: Part::Whole,
            section: "",
            name: "",
            steps: Vec::new(),
            guards: Vec::new(),
        }
    }

    fn start(&mut self, owner: Owner<'t>, section: &'static str, name: &'t str) {
        self.owner = owner;
        self.from = None;
        self.part = Part::Whole;
        self.section = section;
        self.name = name;
    }

    fn site(&self) -> Site<'t> {
        let Self { owner, part, section, name, .. } = *self;
        Site { owner, part, section, name, steps: self.steps.as_slice().into() }
    }

    fn inside(&mut self, step: Step<'t>, visit: impl FnOnce(&mut Self)) {
        self.steps.push(step);
        visit(self);
        self.steps.pop();
    }

    fn resource(&mut self, resource: &'t crate::cfn::Resource) {
        if let Some(condition) = &resource.condition {
            self.part = Part::Attribute("Condition");
            self.inside(Step::Key("Condition"), |walk| walk.link(Target::Condition(condition), false));
        }
        for (index, name) in resource.depends_on.iter().enumerate() {
            self.part = Part::Attribute("DependsOn");
            self.inside(Step::Key("DependsOn"), |walk| {
                walk.inside(Step::Item(index), |walk| walk.link(Target::DependsOn(name), false));
            });
        }
        let policies = [
            ("DeletionPolicy", &resource.deletion_policy),
            ("UpdateReplacePolicy", &resource.update_replace_policy),
        ];
        for (key, policy) in policies {
            if let Some(policy) = policy {
                self.attribute(key, policy);
            }
        }
        self.part = Part::Attribute("Metadata");
        self.inside(Step::Key("Metadata"), |walk| walk.members(&resource.metadata, Position::default()));
        self.part = Part::Properties;
        self.inside(Step::Key("Properties"), |walk| walk.members(&resource.properties, Position::default()));
        for (key, value) in &resource.other {
            self.attribute(key, value);
        }
    }

    fn attribute(&mut self, key: &'t str, value: &'t Json) {
        self.part = Part::Attribute(key);
        self.inside(Step::Key(key), |walk| walk.value(value, Position::default()));
    }

    /// The keys of a parameter or output.
    fn body(&mut self, body: &'t Json) {
        let Some(map) = body.as_object() else { return };
        for (key, value) in map {
            match value.as_str() {
                Some(condition) if key == "Condition" && matches!(self.owner, Owner::Output(_)) => {
                    self.part = Part::Attribute(key);
                    self.inside(Step::Key(key), |walk| walk.link(Target::Condition(condition), false));
                }
                _ => self.attribute(key, value),
            }
        }
    }

    fn members(&mut self, map: &'t Map, position: Position) {
        for (key, value) in map {
            self.inside(Step::Key(key), |walk| walk.value(value, position));
        }
    }

    fn value(&mut self, json: &'t Json, position: Position) {
        match json {
            Json::String(text) => self.text(text, position, false),
            Json::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let position = Position { item: position.inside.is_some(), ..position };
                    self.inside(Step::Item(index), |walk| walk.value(item, position));
                }
            }
            Json::Object(map) => {
                let logical = matches!(self.owner, Owner::Condition(_) | Owner::Rule(_));
                let call = if logical { as_logical_call(json) } else { as_call(json) };
                if let Some((function, arguments)) = call {
                    let name = map.keys().next().map_or("", String::as_str);
                    self.inside(Step::Call(name), |walk| walk.call(function, arguments, name, position));
                } else if let Some(name) = unknown_function(json) {
                    let arguments = &map[name];
                    self.inside(Step::Call(name), |walk| {
                        walk.record(None, name, arguments, position);
                        walk.value(arguments, Position::default());
                    });
                } else {
                    self.members(map, Position::default());
                }
            }
            Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
    }

    fn record(&mut self, function: Option<Function>, name: &'t str, arguments: &'t Json, position: Position) {
        let Position { inside, item } = position;
        let guards = self.guards.clone();
        self.found.calls.push(Call { function, name, arguments, site: self.site(), inside, item, guards });
    }

    fn link(&mut self, target: Target<'t>, in_sub: bool) {
        let to = match target {
            Target::Name(name) | Target::Attribute(name, _) | Target::DependsOn(name) => {
                self.template.resources.get_index_of(name)
            }
            Target::Condition(_) | Target::Mapping(_) => None,
        };
        let (site, guards) = (self.site(), self.guards.clone());
        self.found.links.push(Link { target, site, guards, in_sub, from: self.from, to });
    }

    fn text(&mut self, text: &'t str, position: Position, in_sub: bool) {
        // Nearly no text has a brace.
        let bytes = text.as_bytes();
        if !bytes.contains(&b'{') {
            return;
        }
        let has = |wanted: &[u8]| bytes.windows(2).any(|pair| pair == wanted);
        let may_be_dynamic = has(b"{{");
        if may_be_dynamic || has(b"${") {
            let inside = position.inside.map(|(function, _)| function);
            self.found.texts.push(Text { text, site: self.site(), in_sub, inside, may_be_dynamic });
        }
    }

    fn call(&mut self, function: Function, arguments: &'t Json, name: &'t str, position: Position) {
        self.record(Some(function), name, arguments, position);
        match (function, arguments) {
            (Function::Ref, Json::String(name)) => self.link(Target::Name(name), false),
            (Function::Condition, Json::String(name)) => self.link(Target::Condition(name), false),
            (Function::GetAtt, Json::String(text)) => {
                let (resource, attribute) = text
                    .split_once('.')
                    .map_or((text.as_str(), None), |(resource, rest)| (resource, Some(rest)));
                self.link(Target::Attribute(resource, attribute), false);
            }
            (Function::GetAtt, Json::Array(list)) => self.get_att(list),
            (Function::Sub, Json::String(text)) => self.sub(text, None),
            (Function::Sub, Json::Array(list)) => self.sub_with_variables(list),
            (Function::If, Json::Array(list)) => self.branches(list),
            (_, Json::Array(list)) => {
                if let (Function::FindInMap, Some(Json::String(mapping))) = (function, list.first()) {
                    self.inside(Step::Argument(0), |walk| walk.link(Target::Mapping(mapping), false));
                }
                for (index, argument) in list.iter().enumerate() {
                    self.argument(function, index, argument);
                }
            }
            // A macro's parameters and a structure that is turned into text are values like any other.
            (Function::Transform | Function::ToJsonString | Function::GetStackOutput, Json::Object(map))
                if as_call(arguments).is_none() =>
            {
                self.members(map, Position { inside: Some((function, 0)), item: true });
            }
            (_, argument) => self.value(argument, Position { inside: Some((function, 0)), item: false }),
        }
    }

    fn argument(&mut self, function: Function, index: usize, argument: &'t Json) {
        let position = Position { inside: Some((function, index)), item: false };
        self.inside(Step::Argument(index), |walk| walk.value(argument, position));
    }

    fn get_att(&mut self, list: &'t [Json]) {
        match list {
            // CloudFormation takes an attribute in pieces too: ["Cluster", "Endpoint.Address"] is the documented form.
            [Json::String(resource), attribute] => {
                self.link(Target::Attribute(resource, attribute.as_str()), false);
                self.argument(Function::GetAtt, 1, attribute);
            }
            list => {
                for (index, argument) in list.iter().enumerate() {
                    self.argument(Function::GetAtt, index, argument);
                }
            }
        }
    }

    fn sub_with_variables(&mut self, list: &'t [Json]) {
        let variables = list.get(1).and_then(Json::as_object);
        if let Some(Json::String(text)) = list.first() {
            self.inside(Step::Argument(0), |walk| walk.sub(text, variables));
        }
        if let Some(variables) = variables {
            self.inside(Step::Argument(1), |walk| {
                walk.members(variables, Position { inside: Some((Function::Sub, 1)), item: true });
            });
        }
    }

    fn sub(&mut self, text: &'t str, variables: Option<&'t Map>) {
        self.text(text, Position { inside: Some((Function::Sub, 0)), item: false }, true);
        for piece in sub_pieces(text) {
            let SubPiece::Name(name) = piece else { continue };
            if variables.is_some_and(|variables| variables.contains_key(name)) {
                continue;
            }
            let target = match name.split_once('.') {
                Some((resource, attribute)) => Target::Attribute(resource, Some(attribute)),
                None => Target::Name(name),
            };
            self.link(target, true);
        }
    }

    fn branches(&mut self, list: &'t [Json]) {
        let condition = list.first().and_then(Json::as_str);
        if let Some(condition) = condition {
            self.inside(Step::Argument(0), |walk| walk.link(Target::Condition(condition), false));
        }
        for (index, branch) in list.iter().enumerate().skip(usize::from(condition.is_some())) {
            let guard = condition.filter(|_| index > 0).map(|condition| (condition, index == 1));
            self.guards.extend(guard);
            self.argument(Function::If, index, branch);
            if guard.is_some() {
                self.guards.pop();
            }
        }
    }
}
