//! S005: values have the right type. Keyword `type`.

use crate::cfn::evaluate::{Data, Evaluated, Kind};
use crate::diagnostic::{Code, Severity};
use crate::validate::references::SHAPE_RULE;
use crate::validate::rule::Rule;
use crate::validate::schema::compact::Schema;
use crate::validate::schema::verdict::Verdict;
use crate::validate::schema::walk::{Walk, shown};

pub(super) static RULE: Rule = Rule {
    code: Code("S005"),
    severity: Severity::Error,
    title: "values have the right type",
    what: "A text stands where a text is expected, a list where a list is, and so on. In templates of others what \
           CloudFormation converts is right: `\"8\"` is a number, `8` a text, `\"true\"` a boolean.",
    why: "CloudFormation refuses the resource: \"expected type: String, found: JSONArray\".",
    source: "CloudFormation registry schemas, `type`",
    same_as: &["cfn-lint E3012"],
};

/// The names in `type`, which is one or a list of them.
pub(in crate::validate::schema) fn types_of(types: Schema) -> impl Iterator<Item = &'static str> {
    types.as_str().into_iter().chain(types.texts())
}

/// Whether a finding of the rule says that a value is of another type.
pub(in crate::validate::schema) fn is_about_type(rule: &Rule) -> bool {
    rule.code == RULE.code
}

pub(super) fn check<'t>(walk: &mut Walk<'_, 't>, types: Schema, _: Schema, value: &Evaluated<'t>) -> Verdict {
    let strict = walk.is_strict(value);
    let verdict =
        types_of(types).fold(Verdict::Invalid, |verdict, name| verdict.or(fits(name, &value.data, strict)));
    if verdict == Verdict::Invalid && walk.tells() {
        let expected = types_of(types).map(in_words).collect::<Vec<_>>().join(" or ");
        if value.unknown().is_some() {
            walk.tell(&SHAPE_RULE, value, || {
                format!("{} is {}, expected {expected}", shown(value), found(&value.data))
            });
        } else {
            walk.tell(&RULE, value, || format!("expected {expected}, found {}", found_value(value)));
        }
    }
    verdict
}

fn fits(name: &str, data: &Data<'_>, strict: bool) -> Verdict {
    let known = match data {
        Data::Unknown(unknown) => return fits_unknown(name, unknown.kind),
        Data::Null => name == "null",
        Data::Bool(_) => name == "boolean" || name == "string" && !strict,
        Data::Number(number) => match name {
            "number" => true,
            "integer" => {
                number.is_i64()
                    || number.is_u64()
                    || number.as_f64().is_some_and(|number| number.fract() == 0.0)
            }
            "string" => !strict,
            _ => false,
        },
        Data::Text(text) => match name {
            "string" => true,
            "boolean" => !strict && matches!(text.as_ref(), "true" | "false" | "True" | "False"),
            "integer" => !strict && text.trim().parse::<f64>().is_ok_and(|number| number.fract() == 0.0),
            "number" => !strict && text.trim().parse::<f64>().is_ok_and(f64::is_finite),
            _ => false,
        },
        Data::List(_) => name == "array",
        Data::Object(_) => name == "object",
    };
    Verdict::of(known)
}

fn fits_unknown(name: &str, kind: Kind) -> Verdict {
    match (kind, name) {
        (Kind::List, "array") | (Kind::Object, "object") | (Kind::Scalar, "string") => Verdict::Valid,
        // Which scalar it is isn't known.
        (Kind::Any, _) | (Kind::Scalar, "boolean" | "integer" | "number") => Verdict::Unknown,
        _ => Verdict::Invalid,
    }
}

fn in_words(name: &str) -> &'static str {
    match name {
        "string" => "a text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "array" => "a list",
        "object" => "an object",
        _ => "null",
    }
}

fn found(data: &Data<'_>) -> &'static str {
    match data {
        Data::Unknown(unknown) => match unknown.kind {
            Kind::List => "a list",
            Kind::Object => "an object",
            Kind::Scalar | Kind::Any => "a single value",
        },
        Data::Null => "null",
        Data::Bool(_) => "a boolean",
        Data::Number(_) => "a number",
        Data::Text(_) => "a text",
        Data::List(_) => "a list",
        Data::Object(_) => "an object",
    }
}

fn found_value(value: &Evaluated<'_>) -> String {
    match value.data {
        Data::Text(_) => format!("the text {}", shown(value)),
        _ => shown(value),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::testing::{found, found_with, resource};
    use crate::validate::{Options, Types};

    fn message(type_name: &str, properties: Json) -> Option<String> {
        found("S005", resource(type_name, properties)).into_iter().next().map(|finding| finding.message)
    }

    #[test]
    fn wrong_types_are_found() {
        let bucket = |properties| message("AWS::S3::Bucket", properties);
        assert_eq!(bucket(json!({"BucketName": ["x"]})).unwrap(), "expected a text, found a list of 1");
        assert_eq!(bucket(json!({"Tags": {"a": "b"}})).unwrap(), "expected a list, found an object");
        assert_eq!(
            bucket(json!({"ObjectLockEnabled": "yes"})).unwrap(),
            "expected true or false, found the text `yes`"
        );
        let group = message("AWS::Logs::LogGroup", json!({"RetentionInDays": "a week"}));
        assert_eq!(group.unwrap(), "expected a whole number, found the text `a week`");
    }

    #[test]
    fn what_is_converted_is_right_for_others_and_wrong_for_us() {
        let template = resource("AWS::Logs::LogGroup", json!({"RetentionInDays": "30", "LogGroupName": 5}));
        assert_eq!(found("S005", template.clone()), []);
        let strict = Options { types: Types::Strict, ..Options::default() };
        assert_eq!(found_with("S005", template, &strict).len(), 2);
    }

    #[test]
    fn what_functions_give_is_converted_for_us_too() {
        let mut template = resource("AWS::Logs::LogGroup", json!({"RetentionInDays": {"Ref": "Days"}}));
        template["Parameters"] = json!({"Days": {"Type": "Number", "Default": 30}});
        let strict = Options { types: Types::Strict, ..Options::default() };
        assert_eq!(found_with("S005", template, &strict), []);
    }

    #[test]
    fn references_of_another_shape_are_found() {
        let mut template = resource(
            "AWS::RDS::DBSubnetGroup",
            json!({"SubnetIds": {"Ref": "Subnet"}, "DBSubnetGroupDescription": {"Ref": "Subnets"}}),
        );
        template["Parameters"] = json!({
            "Subnet": {"Type": "AWS::EC2::Subnet::Id"}, "Subnets": {"Type": "List<AWS::EC2::Subnet::Id>"},
        });
        let found = found("R023", template);
        assert_eq!(found[0].message, "`${Subnet}` is a single value, expected a list");
        assert_eq!(found[1].message, "`${Subnets}` is a list, expected a text");
    }
}
