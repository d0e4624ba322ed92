//! The intrinsic functions of CloudFormation, pseudo parameters and dynamic references.
//!
//! Source: AWS CloudFormation User Guide, "Intrinsic function reference", "Pseudo parameters reference" and
//! "Get values stored in other services using dynamic references".

use std::borrow::Cow;

use indexmap::IndexMap;

use super::to_json::serialize_as_json;
use super::{ConditionHandle, DynamicReference, Json, LogicalId, Map, Sub, ToJson, Value};

/// A value that every stack has without declaring it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PseudoParameter {
    /// The account that the stack is in.
    AccountId,
    /// The stack's notification topics.
    NotificationArns,
    /// `aws`, `aws-cn`, `aws-us-gov`, …
    Partition,
    /// The region that the stack is in.
    Region,
    /// The stack's ARN.
    StackId,
    /// The stack's name.
    StackName,
    /// `amazonaws.com`, or that of the partition.
    UrlSuffix,
}

impl PseudoParameter {
    /// The name as `Ref` and `Sub` take it.
    pub fn name(self) -> &'static str {
        match self {
            Self::AccountId => "AWS::AccountId",
            Self::NotificationArns => "AWS::NotificationARNs",
            Self::Partition => "AWS::Partition",
            Self::Region => "AWS::Region",
            Self::StackId => "AWS::StackId",
            Self::StackName => "AWS::StackName",
            Self::UrlSuffix => "AWS::URLSuffix",
        }
    }

    /// `Ref` to it.
    pub fn reference(self) -> Value<String> {
        Intrinsic::Pseudo(self).into()
    }
}

/// An intrinsic function with its arguments.
#[derive(Debug, Clone, PartialEq)]
pub enum Intrinsic {
    /// `Ref` to a resource or parameter.
    Ref(LogicalId),
    /// `Ref` to a pseudo parameter.
    Pseudo(PseudoParameter),
    /// `Ref` to `AWS::NoValue`: whatever it stands for is left out.
    NoValue,
    /// `Fn::GetAtt`: resource and attribute.
    GetAtt(LogicalId, Cow<'static, str>),
    /// `Fn::Sub`.
    Sub(Sub),
    /// A `{{resolve:…}}` text.
    Dynamic(DynamicReference),
    /// `Fn::Join`.
    Join {
        /// Between the parts.
        separator: String,
        /// A list, or a function that gives one.
        parts: Box<Value<Vec<Value<String>>>>,
    },
    /// `Fn::Select`.
    Select {
        /// Counts from 0.
        index: Value<i64>,
        /// A list, or a function that gives one.
        list: Box<Value<Vec<Value<String>>>>,
    },
    /// `Fn::Split`: gives a list.
    Split {
        /// Where to cut.
        separator: String,
        /// What to cut.
        text: Value<String>,
    },
    /// `Fn::If`.
    If {
        /// Which condition decides.
        condition: ConditionHandle,
        /// The JSON form of the value where it holds.
        then: Json,
        /// The JSON form of the value where it doesn't.
        otherwise: Json,
    },
    /// `Fn::FindInMap`.
    FindInMap {
        /// The mapping.
        map: LogicalId,
        /// First key.
        top: Value<String>,
        /// Second key.
        second: Value<String>,
        /// Value where a key is missing. Needs the `LanguageExtensions` transform.
        default: Option<Json>,
    },
    /// `Fn::ImportValue`.
    ImportValue(Value<String>),
    /// `Fn::GetAZs`: gives the names of the region's availability zones; an empty text means the stack's region.
    GetAzs(Value<String>),
    /// `Fn::Cidr`: gives a list of blocks.
    Cidr {
        /// The block to cut.
        block: Value<String>,
        /// How many blocks, 1 to 256.
        count: Value<i64>,
        /// How many bits the host part of each has.
        bits: Value<i64>,
    },
    /// `Fn::Base64`.
    Base64(Value<String>),
    /// `Fn::Length` of a list. Needs the `LanguageExtensions` transform.
    Length(Box<Value<Vec<Value<String>>>>),
    /// `Fn::ToJsonString` of an object or list. Needs the `LanguageExtensions` transform.
    ToJsonString(Json),
}

impl Intrinsic {
    /// `Fn::Join` of parts.
    pub fn join<T>(separator: impl Into<String>, parts: impl Into<Value<Vec<Value<String>>>>) -> Value<T> {
        Self::Join { separator: separator.into(), parts: Box::new(parts.into()) }.into()
    }

    /// `Fn::Select` of one element of a list.
    pub fn select<T>(index: impl Into<Value<i64>>, list: impl Into<Value<Vec<Value<String>>>>) -> Value<T> {
        Self::Select { index: index.into(), list: Box::new(list.into()) }.into()
    }

    /// `Fn::Split` of a text.
    pub fn split(separator: impl Into<String>, text: impl Into<Value<String>>) -> Value<Vec<Value<String>>> {
        Self::Split { separator: separator.into(), text: text.into() }.into()
    }

    /// `Fn::If` between two values of one type.
    pub fn if_else<T: ToJson>(
        condition: &ConditionHandle,
        then: impl Into<Value<T>>,
        otherwise: impl Into<Value<T>>,
    ) -> Value<T> {
        let (then, otherwise) = (then.into().to_json(), otherwise.into().to_json());
        Self::If { condition: condition.clone(), then, otherwise }.into()
    }

    /// `Fn::GetAZs` of the stack's region.
    pub fn availability_zones() -> Value<Vec<Value<String>>> {
        Self::GetAzs("".into()).into()
    }
}

impl ToJson for Intrinsic {
    fn to_json(&self) -> Json {
        let (function, arguments) = match self {
            Self::Dynamic(reference) => return reference.to_json(),
            Self::Ref(id) => ("Ref", id.to_json()),
            Self::Pseudo(parameter) => ("Ref", parameter.name().into()),
            Self::NoValue => ("Ref", "AWS::NoValue".into()),
            Self::GetAtt(id, attribute) => ("Fn::GetAtt", list([id.to_json(), attribute.as_ref().into()])),
            Self::Sub(sub) => ("Fn::Sub", sub.to_json()),
            Self::Join { separator, parts } => ("Fn::Join", list([separator.to_json(), parts.to_json()])),
            Self::Select { index, list: of } => ("Fn::Select", list([index.to_json(), of.to_json()])),
            Self::Split { separator, text } => ("Fn::Split", list([separator.to_json(), text.to_json()])),
            Self::If { condition, then, otherwise } => {
                ("Fn::If", list([condition.logical_id().to_json(), then.clone(), otherwise.clone()]))
            }
            Self::FindInMap { map, top, second, default } => {
                let mut arguments = vec![map.to_json(), top.to_json(), second.to_json()];
                if let Some(default) = default {
                    arguments.push(call("DefaultValue", default.clone()));
                }
                ("Fn::FindInMap", Json::Array(arguments))
            }
            Self::ImportValue(name) => ("Fn::ImportValue", name.to_json()),
            Self::GetAzs(region) => ("Fn::GetAZs", region.to_json()),
            Self::Cidr { block, count, bits } => {
                ("Fn::Cidr", list([block.to_json(), count.to_json(), bits.to_json()]))
            }
            Self::Base64(text) => ("Fn::Base64", text.to_json()),
            Self::Length(list) => ("Fn::Length", list.to_json()),
            Self::ToJsonString(value) => ("Fn::ToJsonString", value.clone()),
        };
        call(function, arguments)
    }
}

/// A condition's expression.
#[derive(Debug, Clone, PartialEq)]
pub enum ConditionExpression {
    /// `Fn::Equals`.
    Equals(Value<String>, Value<String>),
    /// `Fn::And` of 2 to 10 expressions.
    And(Vec<ConditionExpression>),
    /// `Fn::Or` of 2 to 10 expressions.
    Or(Vec<ConditionExpression>),
    /// `Fn::Not`.
    Not(Box<ConditionExpression>),
    /// Another condition.
    Condition(ConditionHandle),
}

impl ConditionExpression {
    /// Whether two values are the same.
    pub fn equals(left: impl Into<Value<String>>, right: impl Into<Value<String>>) -> Self {
        Self::Equals(left.into(), right.into())
    }

    /// Whether two values differ.
    pub fn differs(left: impl Into<Value<String>>, right: impl Into<Value<String>>) -> Self {
        Self::Not(Box::new(Self::equals(left, right)))
    }
}

impl From<&ConditionHandle> for ConditionExpression {
    fn from(condition: &ConditionHandle) -> Self {
        Self::Condition(condition.clone())
    }
}

impl ToJson for ConditionExpression {
    fn to_json(&self) -> Json {
        let (function, arguments) = match self {
            Self::Equals(left, right) => ("Fn::Equals", list([left.to_json(), right.to_json()])),
            Self::And(operands) => ("Fn::And", operands.to_json()),
            Self::Or(operands) => ("Fn::Or", operands.to_json()),
            Self::Not(operand) => ("Fn::Not", list([operand.to_json()])),
            Self::Condition(condition) => ("Condition", condition.logical_id().to_json()),
        };
        call(function, arguments)
    }
}

/// A function with its arguments.
fn call(function: &str, arguments: Json) -> Json {
    Json::Object(Map::from_iter([(function.to_owned(), arguments)]))
}

fn list<const N: usize>(arguments: [Json; N]) -> Json {
    Json::Array(arguments.into())
}

serialize_as_json!(Intrinsic);
serialize_as_json!(ConditionExpression);

/// A map of strings, as several types have for tags or options.
pub type StringMap = Value<IndexMap<String, Value<String>>>;
