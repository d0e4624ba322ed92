//! R011: functions have the arguments that they take.

use crate::cfn::Json;
use crate::cfn::evaluate::{Function, as_logical_call, unknown_function};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::{Context, Rule};

pub(super) static RULE: Rule = Rule {
    code: Code("R011"),
    severity: Severity::Error,
    title: "functions have the arguments that they take",
    what: "Number and kinds of a function's arguments are right, and an index lies inside a list that is written out.",
    why: "CloudFormation refuses the template: \"Template error: every Fn::… object requires …\".",
    source: "AWS CloudFormation User Guide, \"Intrinsic function reference\"",
    same_as: &[
        "cfn-lint E1010",
        "cfn-lint E1011",
        "cfn-lint E1015",
        "cfn-lint E1016",
        "cfn-lint E1017",
        "cfn-lint E1018",
        "cfn-lint E1019",
        "cfn-lint E1020",
        "cfn-lint E1021",
        "cfn-lint E1022",
        "cfn-lint E1024",
        "cfn-lint E1028",
        "cfn-lint E1030",
        "cfn-lint E1031",
        "cfn-lint E8003",
        "cfn-lint E8004",
        "cfn-lint E8005",
        "cfn-lint E8006",
    ],
};

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for call in &context.references.calls {
        let Some(function) = call.function else { continue };
        if let Some(problem) = problem(function, call.arguments) {
            let message = format!("`{}` {problem}", function.name());
            findings.push(RULE.at(call.site.owner, call.site.pointer(), message).help(form(function)));
        }
    }
}

/// Whether the call has a mistake that this rule tells, so that nobody else has to.
pub(in crate::validate) fn tells(call: &Json) -> bool {
    as_logical_call(call).is_some_and(|(function, arguments)| problem(function, arguments).is_some())
}

/// The form of a call, for the help.
fn form(function: Function) -> &'static str {
    match function {
        Function::Ref => "write {\"Ref\": \"Name\"}",
        Function::GetAtt => "write {\"Fn::GetAtt\": [\"Resource\", \"Attribute\"]}",
        Function::Sub => {
            "write {\"Fn::Sub\": \"text with ${Name}\"} or {\"Fn::Sub\": [\"text\", {\"Name\": value}]}"
        }
        Function::Join => "write {\"Fn::Join\": [\"separator\", [value, value]]}",
        Function::Select => "write {\"Fn::Select\": [index, list]}, the first item has index 0",
        Function::Split => "write {\"Fn::Split\": [\"separator\", text]}",
        Function::If => "write {\"Fn::If\": [\"Condition\", value if true, value if false]}",
        Function::FindInMap => "write {\"Fn::FindInMap\": [\"Mapping\", first key, second key]}",
        Function::ImportValue => "write {\"Fn::ImportValue\": \"name of an export\"}",
        Function::GetAzs => "write {\"Fn::GetAZs\": \"\"} for the stack's region",
        Function::Cidr => "write {\"Fn::Cidr\": [block, count of 1 to 256, bits of each part's hosts]}",
        Function::Base64 => "write {\"Fn::Base64\": text}",
        Function::Length => "write {\"Fn::Length\": list}",
        Function::ToJsonString => "write {\"Fn::ToJsonString\": object or list}",
        Function::Transform => "write {\"Fn::Transform\": {\"Name\": \"Macro\", \"Parameters\": {}}}",
        Function::GetStackOutput => {
            "write {\"Fn::GetStackOutput\": {\"StackName\": name, \"OutputName\": name}}"
        }
        Function::Equals => "write {\"Fn::Equals\": [value, value]}",
        Function::And => "write {\"Fn::And\": [condition, condition]}",
        Function::Or => "write {\"Fn::Or\": [condition, condition]}",
        Function::Not => "write {\"Fn::Not\": [condition]}",
        Function::Condition => "write {\"Condition\": \"Name\"}",
        Function::Contains => "write {\"Fn::Contains\": [list, text]}",
        Function::EachMemberEquals => "write {\"Fn::EachMemberEquals\": [list, text]}",
        Function::EachMemberIn => "write {\"Fn::EachMemberIn\": [list, list]}",
        Function::RefAll => "write {\"Fn::RefAll\": \"parameter type\"}",
        Function::ValueOf => "write {\"Fn::ValueOf\": [\"Parameter\", \"attribute\"]}",
        Function::ValueOfAll => "write {\"Fn::ValueOfAll\": [\"parameter type\", \"attribute\"]}",
    }
}

/// Whether a function may give the value.
fn computed(json: &Json) -> bool {
    as_logical_call(json).is_some() || unknown_function(json).is_some()
}

fn text(json: &Json) -> bool {
    json.is_string() || computed(json)
}

fn scalar(json: &Json) -> bool {
    !json.is_array() && (!json.is_object() || computed(json))
}

fn list(json: &Json) -> bool {
    json.is_array() || computed(json)
}

/// The whole number that a literal stands for.
fn whole(json: &Json) -> Option<i64> {
    json.as_i64().or_else(|| json.as_str()?.trim().parse().ok())
}

fn problem(function: Function, arguments: &Json) -> Option<String> {
    use Function as F;
    let no = |text: &str| Some(text.to_owned());
    match function {
        F::Ref | F::Condition | F::ImportValue | F::GetAzs | F::Base64 if !text(arguments) => {
            no("takes a text")
        }
        F::GetAtt => match arguments {
            Json::String(text) => {
                let complete = text
                    .split_once('.')
                    .is_some_and(|(id, attribute)| !id.is_empty() && !attribute.is_empty());
                // R004 tells what attributes there are where the resource is known.
                (text.contains('.') && !complete).then(|| "needs a resource and an attribute".to_owned())
            }
            Json::Array(list) if list.len() == 2 && list.iter().all(text) => None,
            _ => no("takes a resource and an attribute"),
        },
        F::Sub => match arguments {
            Json::String(_) => None,
            Json::Array(list) => match list.as_slice() {
                [Json::String(_), Json::Object(variables)] => {
                    let bad = variables.iter().find(|(_, value)| !scalar(value));
                    bad.map(|(name, _)| format!("takes texts as variables, and `{name}` is none"))
                }
                _ => no("takes a text, or a text and a map of variables"),
            },
            _ => no("takes a text, or a text and a map of variables"),
        },
        F::Join => match pair(arguments) {
            Some((separator, parts)) if separator.is_string() && list(parts) => {
                let mut parts = parts.as_array().into_iter().flatten();
                parts.any(|part| !scalar(part)).then(|| "joins texts, not lists or objects".to_owned())
            }
            _ => no("takes a separator and a list"),
        },
        F::Split => match pair(arguments) {
            Some((separator, whole))
                if separator.as_str().is_some_and(|text| !text.is_empty()) && text(whole) =>
            {
                None
            }
            Some((Json::String(separator), _)) if separator.is_empty() => {
                no("needs a separator that isn't empty")
            }
            _ => no("takes a separator and a text"),
        },
        F::Select => select(arguments),
        F::If => match arguments.as_array().map(Vec::as_slice) {
            Some([condition, _, _]) if condition.is_string() => None,
            Some([_, _, _]) => no("takes the name of a condition first"),
            _ => no("takes a condition and two values"),
        },
        F::FindInMap => match arguments.as_array().map(Vec::as_slice) {
            Some([keys @ .., default]) if keys.len() == 3 && keys.iter().all(scalar) => {
                let default = default.as_object();
                let right = default.is_some_and(|map| map.len() == 1 && map.contains_key("DefaultValue"));
                (!right).then(|| "takes {\"DefaultValue\": value} as the fourth argument".to_owned())
            }
            Some(keys) if keys.len() == 3 && keys.iter().all(scalar) => None,
            _ => no("takes a mapping and two keys"),
        },
        F::Cidr => cidr(arguments),
        F::Length if !list(arguments) => no("takes a list"),
        F::ToJsonString if !(arguments.is_object() || arguments.is_array()) => {
            no("takes an object or a list")
        }
        F::Transform if !arguments["Name"].is_string() => no("needs the name of a macro"),
        F::GetStackOutput
            if !(arguments.get("StackName").is_some() && arguments.get("OutputName").is_some()) =>
        {
            no("needs a stack and an output")
        }
        F::Equals => (!pair(arguments).is_some_and(|(left, right)| scalar(left) && scalar(right)))
            .then(|| "takes two values".to_owned()),
        F::And | F::Or => counted(arguments, 2, 10).then(|| "takes 2 to 10 conditions".to_owned()),
        F::Not => counted(arguments, 1, 1).then(|| "takes a list of one condition".to_owned()),
        _ => None,
    }
}

fn pair(arguments: &Json) -> Option<(&Json, &Json)> {
    match arguments.as_array()?.as_slice() {
        [first, second] => Some((first, second)),
        _ => None,
    }
}

/// Whether it is not a list of so many.
fn counted(arguments: &Json, least: usize, most: usize) -> bool {
    !arguments.as_array().is_some_and(|list| (least..=most).contains(&list.len()))
}

fn select(arguments: &Json) -> Option<String> {
    let Some((index, values)) = pair(arguments).filter(|(_, values)| list(values)) else {
        return Some("takes an index and a list".to_owned());
    };
    if computed(index) {
        return None;
    }
    let Some(index) = whole(index).and_then(|index| usize::try_from(index).ok()) else {
        return Some(format!("takes a whole number from 0 as index, not {index}"));
    };
    let length = values.as_array()?.len();
    (index >= length).then(|| {
        format!("selects item {index} of a list of {length}, whose last is {}", length.saturating_sub(1))
    })
}

fn cidr(arguments: &Json) -> Option<String> {
    let (block, numbers) = match arguments.as_array().map(Vec::as_slice) {
        Some([block, numbers @ ..]) if (1..=2).contains(&numbers.len()) && text(block) => (block, numbers),
        _ => return Some("takes a block, a count and the bits of each part".to_owned()),
    };
    let is_block = |text: &str| {
        text.split_once('/')
            .is_some_and(|(ip, bits)| ip.parse::<std::net::IpAddr>().is_ok() && bits.parse::<u8>().is_ok())
    };
    if let Some(text) = block.as_str().filter(|text| !is_block(text)) {
        return Some(format!("cuts a block such as 10.0.0.0/16, not `{text}`"));
    }
    let limits = [("count", 1..=256), ("number of bits", 1..=128)];
    numbers.iter().zip(limits).find_map(|(number, (name, range))| {
        let right = computed(number) || whole(number).is_some_and(|number| range.contains(&number));
        (!right).then(|| format!("takes a {name} from {} to {}, not {number}", range.start(), range.end()))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::testing::{none, only};

    fn value(value: &Json) -> Json {
        json!({"Outputs": {"A": {"Value": value}}})
    }

    #[test]
    fn wrong_arguments_are_found() {
        let cases = [
            (json!({"Ref": ["A"]}), "`Ref` takes a text"),
            (json!({"Fn::GetAtt": ["A"]}), "`Fn::GetAtt` takes a resource and an attribute"),
            (json!({"Fn::GetAtt": ".Arn"}), "`Fn::GetAtt` needs a resource and an attribute"),
            (json!({"Fn::Sub": ["a"]}), "`Fn::Sub` takes a text, or a text and a map of variables"),
            (
                json!({"Fn::Sub": ["${a}", {"a": ["x"]}]}),
                "`Fn::Sub` takes texts as variables, and `a` is none",
            ),
            (json!({"Fn::Join": ["", "a"]}), "`Fn::Join` takes a separator and a list"),
            (json!({"Fn::Join": ["", [["a"]]]}), "`Fn::Join` joins texts, not lists or objects"),
            (json!({"Fn::Split": ["", "a"]}), "`Fn::Split` needs a separator that isn't empty"),
            (
                json!({"Fn::Select": [2, ["a", "b"]]}),
                "`Fn::Select` selects item 2 of a list of 2, whose last is 1",
            ),
            (json!({"Fn::Select": [-1, ["a"]]}), "`Fn::Select` takes a whole number from 0 as index, not -1"),
            (json!({"Fn::If": ["C", "a"]}), "`Fn::If` takes a condition and two values"),
            (json!({"Fn::FindInMap": ["M", "a"]}), "`Fn::FindInMap` takes a mapping and two keys"),
            (
                json!({"Fn::Cidr": ["10.0.0.0", 2, 8]}),
                "`Fn::Cidr` cuts a block such as 10.0.0.0/16, not `10.0.0.0`",
            ),
            (json!({"Fn::Cidr": ["10.0.0.0/16", 300, 8]}), "`Fn::Cidr` takes a count from 1 to 256, not 300"),
        ];
        for (call, message) in cases {
            assert_eq!(only("R011", value(&call)).0, message);
        }
    }

    #[test]
    fn wrong_conditions_are_found() {
        let condition = |condition: Json| json!({"Conditions": {"C": condition}});
        assert_eq!(only("R011", condition(json!({"Fn::Equals": ["a"]}))).0, "`Fn::Equals` takes two values");
        let one = json!({"Fn::Or": [{"Fn::Equals": ["a", "b"]}]});
        assert_eq!(only("R011", condition(one)).0, "`Fn::Or` takes 2 to 10 conditions");
        let bare = json!({"Fn::Not": {"Fn::Equals": ["a", "b"]}});
        assert_eq!(only("R011", condition(bare)).0, "`Fn::Not` takes a list of one condition");
    }

    #[test]
    fn right_arguments_are_not() {
        none("R011", value(&json!({"Fn::Select": ["1", {"Fn::GetAZs": ""}]})));
        none("R011", value(&json!({"Fn::Cidr": [{"Fn::GetAtt": ["Vpc", "CidrBlock"]}, 6, 8]})));
        none("R011", value(&json!({"Fn::Join": ["-", [1, true, {"Ref": "AWS::Region"}]]})));
    }
}
