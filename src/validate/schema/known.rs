//! What was looked at before and found good: the templates of one run have most of their resources in common, and so have
//! the combinations of conditions of one template, and resources the small objects in their lists, such as variables.

use std::cell::RefCell;
use std::rc::Rc;

use indexmap::{IndexMap, IndexSet};

use crate::cfn::evaluate::{Data, Evaluated, Kind, Origin, Piece, Unknown};
use crate::cfn::{Json, Template};
use crate::validate::options::Types;

use super::compact::Schema;
use super::registry::TypeSchema;
use super::sources::SECURITY_GROUP;
use super::verdict::Verdict;

/// How many bytes are kept: several times what the templates of a run have.
const MOST_BYTES: usize = 8 << 20;

/// Evaluated resources in which the schema layer found nothing, and items of their lists. It is for the templates of one run,
/// and made anew for the next; clones are the same.
///
/// They are kept word for word, not as digests: what is taken for known is known.
#[derive(Debug, Clone, Default)]
pub struct KnownGood {
    seen: Rc<RefCell<Seen>>,
}

#[derive(Debug, Default)]
struct Seen {
    all: IndexSet<Box<[u8]>, foldhash::fast::RandomState>,
    /// With whether they fit.
    items: IndexMap<Box<[u8]>, Verdict, foldhash::fast::RandomState>,
    bytes: usize,
}

impl KnownGood {
    /// Whether nothing was found in it before.
    pub(super) fn has(&self, resource: &Likeness) -> bool {
        self.seen.borrow().all.contains(resource.0.as_slice())
    }

    /// Nothing was found in it.
    pub(super) fn add(&self, resource: Likeness) {
        let mut seen = self.seen.borrow_mut();
        if seen.bytes + resource.0.len() <= MOST_BYTES {
            seen.bytes += resource.0.len();
            seen.all.insert(resource.0.into_boxed_slice());
        }
    }

    /// Whether an item fits, if nothing was found in it before.
    pub(super) fn verdict(&self, item: &Likeness) -> Option<Verdict> {
        self.seen.borrow().items.get(item.0.as_slice()).copied()
    }

    /// Nothing was found in an item.
    pub(super) fn add_item(&self, item: Likeness, verdict: Verdict) {
        let mut seen = self.seen.borrow_mut();
        if seen.bytes + item.0.len() <= MOST_BYTES {
            seen.bytes += item.0.len();
            seen.items.insert(item.0.into_boxed_slice(), verdict);
        }
    }
}

/// All that the schema layer looks at in a resource or an item of a list: two that are alike here have the same findings.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Likeness(Vec<u8>);

impl Likeness {
    /// Of a resource of that type, evaluated.
    pub(super) fn of(template: &Template, type_name: &str, types: Types, properties: &Evaluated<'_>) -> Self {
        let mut writer = Writer { out: Vec::with_capacity(1024), template, types };
        writer.out.push(u8::from(types == Types::Strict));
        writer.text(type_name);
        writer.value(properties);
        Self(writer.out)
    }

    /// Of an item of a list that is looked at with that part of a type's schema.
    pub(super) fn of_item(
        template: &Template,
        (of_type, schema): (TypeSchema, Schema),
        types: Types,
        item: &Evaluated<'_>,
    ) -> Self {
        let mut writer = Writer { out: Vec::with_capacity(128), template, types };
        writer.out.push(u8::from(types == Types::Strict));
        writer.text(of_type.name);
        writer.length(schema.place());
        writer.value(item);
        Self(writer.out)
    }
}

/// Writes each part with its kind and length, so that different values never look alike.
struct Writer<'a> {
    out: Vec<u8>,
    template: &'a Template,
    types: Types,
}

impl Writer<'_> {
    /// Nearly every length takes one byte.
    fn length(&mut self, length: usize) {
        match u8::try_from(length) {
            Ok(short) if short < u8::MAX => self.out.push(short),
            _ => {
                self.out.push(u8::MAX);
                self.out.extend_from_slice(&length.to_le_bytes());
            }
        }
    }

    fn text(&mut self, text: &str) {
        self.length(text.len());
        self.out.extend_from_slice(text.as_bytes());
    }

    fn value(&mut self, value: &Evaluated<'_>) {
        // What a function gives is converted, what stands there is not.
        if self.types == Types::Strict {
            self.out.push(u8::from(value.is_literal()));
        }
        self.data(&value.data);
    }

    fn data(&mut self, data: &Data<'_>) {
        match data {
            Data::Null => self.out.push(b'0'),
            Data::Bool(value) => self.out.extend_from_slice(&[b'b', u8::from(*value)]),
            Data::Number(number) => {
                if let Some(whole) = number.as_i64() {
                    self.out.push(b'i');
                    self.out.extend_from_slice(&whole.to_le_bytes());
                } else {
                    self.out.push(b'n');
                    self.text(&number.to_string());
                }
            }
            Data::Text(text) => {
                self.out.push(b't');
                self.text(text);
            }
            Data::List(items) => {
                self.out.push(b'l');
                self.length(items.len());
                items.iter().for_each(|item| self.value(item));
            }
            Data::Object(members) => {
                self.out.push(b'o');
                self.length(members.len());
                for (key, member) in members.iter() {
                    self.text(key);
                    self.value(member);
                }
            }
            Data::Unknown(unknown) => self.unknown(unknown),
        }
    }

    fn unknown(&mut self, unknown: &Unknown<'_>) {
        let kind = match unknown.kind {
            Kind::Scalar => b's',
            Kind::List => b'l',
            Kind::Object => b'o',
            Kind::Any => b'a',
        };
        self.out.extend_from_slice(&[b'?', kind]);
        self.origin(&unknown.origin);
    }

    fn origin(&mut self, origin: &Origin<'_>) {
        let kind = match origin {
            Origin::Resource(_) => b'r',
            Origin::Attribute(..) => b'a',
            Origin::Parameter(_) => b'p',
            Origin::Pseudo(_) => b'u',
            Origin::Zones(_) => b'z',
            Origin::Import(_) => b'i',
            Origin::Item(..) => b'm',
            Origin::Text(_) => b't',
            Origin::Dynamic(_) => b'd',
            Origin::Call(_) => b'c',
        };
        self.out.push(kind);
        match origin {
            Origin::Resource(id) => self.resource(id),
            Origin::Attribute(id, attribute) => {
                self.resource(id);
                self.text(attribute);
            }
            Origin::Parameter(name) => {
                self.text(name);
                let declared = self.template.parameters.get(*name).and_then(|json| json.get("Type"));
                self.text(declared.and_then(Json::as_str).unwrap_or_default());
            }
            Origin::Pseudo(name) => self.text(name),
            Origin::Zones(of) | Origin::Import(of) => self.data(of),
            Origin::Item(of, index) => {
                self.unknown(of);
                self.length(*index);
            }
            Origin::Text(pieces) | Origin::Dynamic(pieces) => self.pieces(pieces),
            Origin::Call(json) => self.text(&json.to_string()),
        }
    }

    fn pieces(&mut self, pieces: &[Piece<'_>]) {
        self.length(pieces.len());
        for piece in pieces {
            match piece {
                Piece::Text(text) => {
                    self.out.push(b't');
                    self.text(text);
                }
                Piece::Unknown(unknown) => self.unknown(unknown),
            }
        }
    }

    /// A resource that is referred to, with what decides what the reference gives.
    fn resource(&mut self, id: &str) {
        self.text(id);
        if let Some(resource) = self.template.resources.get(id) {
            self.text(&resource.type_name);
            // A security group in a VPC is known by its id, another by its name.
            let is_named_by_id =
                resource.type_name == SECURITY_GROUP && resource.properties.contains_key("VpcId");
            self.out.push(u8::from(is_named_by_id));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::cfn::evaluate::{Evaluator, Scenario, Settings};
    use crate::validate::schema::registry::Registry;
    use crate::validate::schema::testing::evaluated;
    use crate::validate::testing::template;

    /// The likeness of `It` in a template with these resources and a parameter of that type.
    fn likeness(properties: Json, other: &Json, parameter: &str, types: Types) -> Likeness {
        let mut json = json!({
            "Parameters": {"P": {"Type": parameter}},
            "Resources": {"Other": other, "It": {"Type": "AWS::S3::Bucket", "Properties": null}},
        });
        json["Resources"]["It"]["Properties"] = properties;
        let template = template(json);
        let evaluator = Evaluator::new(&template, &Settings::default());
        let (properties, _) = evaluator.properties(&template.resources["It"], &Scenario::default());
        Likeness::of(&template, "AWS::S3::Bucket", types, &properties)
    }

    fn plain(properties: Json) -> Likeness {
        likeness(properties, &json!({"Type": "AWS::EC2::Subnet"}), "String", Types::Strict)
    }

    #[test]
    fn only_what_is_alike_in_all_that_counts_is_known() {
        let different = [
            plain(json!({"A": "1"})),
            plain(json!({"A": 1})),
            plain(json!({"A": 1.0})),
            plain(json!({"A": -1})),
            plain(json!({"A": u64::MAX})),
            plain(json!({"A": "1".repeat(255)})),
            plain(json!({"A": "1".repeat(256)})),
            plain(json!({"A": ["1"]})),
            plain(json!({"B": "1"})),
            plain(json!({"A": {"Fn::Sub": "1"}})),
            plain(json!({"A": {"Ref": "P"}})),
            plain(json!({"A": {"Ref": "Other"}})),
            plain(json!({"A": {"Fn::GetAtt": ["Other", "X"]}})),
            plain(json!({"A": {"Fn::GetAtt": ["Other", "Y"]}})),
            plain(json!({"A": {"Fn::Select": [0, {"Fn::GetAZs": ""}]}})),
            plain(json!({"A": {"Fn::Select": [1, {"Fn::GetAZs": ""}]}})),
            plain(json!({"A": {"Fn::Sub": "a${AWS::StackName}"}})),
            plain(json!({"A": {"Fn::Sub": "${AWS::StackName}a"}})),
            plain(json!({"A": "{{resolve:ssm:/a}}"})),
            plain(json!({"A": {"Fn::ImportValue": "a"}})),
            plain(json!({"A": {"Fn::Transform": {"Name": "M"}}})),
            likeness(
                json!({"A": {"Ref": "P"}}),
                &json!({"Type": "AWS::EC2::Subnet"}),
                "AWS::EC2::VPC::Id",
                Types::Strict,
            ),
            likeness(
                json!({"A": {"Ref": "Other"}}),
                &json!({"Type": "AWS::EC2::VPC"}),
                "String",
                Types::Strict,
            ),
            likeness(
                json!({"A": {"Ref": "Other"}}),
                &json!({"Type": SECURITY_GROUP}),
                "String",
                Types::Strict,
            ),
            likeness(
                json!({"A": {"Ref": "Other"}}),
                &json!({"Type": SECURITY_GROUP, "Properties": {"VpcId": "v"}}),
                "String",
                Types::Strict,
            ),
            likeness(json!({"A": "1"}), &json!({"Type": "AWS::EC2::Subnet"}), "String", Types::Lax),
        ];
        let known = KnownGood::default();
        for (index, one) in different.iter().enumerate() {
            assert!(!known.has(one), "{index}");
            known.add(Likeness(one.0.clone()));
            assert!(known.has(one), "{index}");
        }
        assert!(known.has(&plain(json!({"A": {"Fn::GetAtt": "Other.X"}}))));
    }

    #[test]
    fn an_item_is_known_for_the_same_schema_only() {
        let template = Template::default();
        let schema = |name| Registry::builtin().get(name).unwrap();
        let (value, bucket, subnet) =
            (evaluated(&json!({"Key": "a"})), schema("AWS::S3::Bucket"), schema("AWS::EC2::Subnet"));
        let of =
            |of_type: TypeSchema, part, types| Likeness::of_item(&template, (of_type, part), types, &value);
        let one = || of(bucket, bucket.root, Types::Strict);
        let known = KnownGood::default();
        known.add_item(one(), Verdict::Unknown);
        assert_eq!(known.verdict(&one()), Some(Verdict::Unknown));
        for other in [
            of(subnet, bucket.root, Types::Strict),
            of(bucket, subnet.root, Types::Strict),
            of(bucket, bucket.root, Types::Lax),
        ] {
            assert_eq!(known.verdict(&other), None);
        }
        assert!(!known.has(&one()));
    }

    #[test]
    fn what_is_kept_has_a_bound() {
        let known = KnownGood::default();
        let large = || Likeness(vec![0; MOST_BYTES]);
        known.add(Likeness(vec![1]));
        known.add(large());
        assert!(known.has(&Likeness(vec![1])) && !known.has(&large()));
    }
}
