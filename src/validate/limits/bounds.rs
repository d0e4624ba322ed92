//! How long a text can become, whatever is unknown in it turns out to be.

use crate::cfn::Json;
use crate::cfn::evaluate::{Data, Evaluated, Origin, Piece, Unknown};
use crate::validate::Context;

/// The fewest and the most characters of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bounds {
    /// What is known to be there.
    pub(super) least: usize,
    /// `None` if there is no telling.
    pub(super) most: Option<usize>,
}

impl Bounds {
    const NONE: Self = Self { least: 0, most: None };

    fn exactly(length: usize) -> Self {
        Self { least: length, most: Some(length) }
    }

    fn up_to(most: usize) -> Self {
        Self { least: 0, most: Some(most) }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            least: self.least + other.least,
            most: self.most.zip(other.most).map(|(one, other)| one + other),
        }
    }
}

/// How long the text of a scalar can become; `None` of what is no scalar.
pub(super) fn of(context: &Context<'_>, value: &Evaluated<'_>) -> Option<Bounds> {
    match &value.data {
        Data::Unknown(unknown) => Some(of_unknown(context, unknown)),
        known => known.text().map(|text| Bounds::exactly(text.chars().count())),
    }
}

fn of_unknown(context: &Context<'_>, unknown: &Unknown<'_>) -> Bounds {
    match &unknown.origin {
        Origin::Text(pieces) => pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => Bounds::exactly(text.chars().count()),
                Piece::Unknown(unknown) => of_unknown(context, unknown),
            })
            .fold(Bounds::exactly(0), Bounds::plus),
        Origin::Pseudo(name) => of_pseudo_parameter(name),
        Origin::Parameter(name) => of_parameter(context, name),
        _ => Bounds::NONE,
    }
}

/// Source: AWS CloudFormation User Guide, "Pseudo parameters reference"; CloudFormation API Reference, `CreateStack`
/// (stack names have up to 128 characters); AWS General Reference, "Regions".
fn of_pseudo_parameter(name: &str) -> Bounds {
    match name {
        "AWS::StackName" => Bounds { least: 1, most: Some(128) },
        "AWS::AccountId" => Bounds::exactly(12),
        "AWS::Region" => Bounds { least: 9, most: Some(14) },
        "AWS::Partition" => Bounds { least: 3, most: Some(10) },
        "AWS::URLSuffix" => Bounds { least: 12, most: Some(16) },
        _ => Bounds::NONE,
    }
}

fn of_parameter(context: &Context<'_>, name: &str) -> Bounds {
    let Some(declaration) =
        context.evaluator.parameter(name).filter(|declaration| !declaration.is_looked_up())
    else {
        return Bounds::NONE;
    };
    if let Some(allowed) = &declaration.allowed {
        return Bounds::up_to(allowed.iter().map(|value| value.chars().count()).max().unwrap_or_default());
    }
    let limit = |key: &str| {
        let value = context.template.parameters.get(name)?.get(key)?;
        value.as_f64().or_else(|| value.as_str()?.parse().ok()).map(|number| (value, number))
    };
    if declaration.type_name == "Number" {
        return limit("MaxValue").map_or(Bounds::NONE, |(value, _)| Bounds::up_to(digits(value)));
    }
    match (limit("MaxLength"), declaration.aws_type()) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a length of at most 4096"
        )]
        (Some((_, most)), _) => Bounds::up_to(most.clamp(0.0, 4096.0) as usize),
        // The longest ids of AWS are a prefix and 17 digits.
        (None, Some(kind)) if kind.ends_with("::Id") => Bounds::up_to(32),
        _ => Bounds::NONE,
    }
}

fn digits(number: &Json) -> usize {
    number.as_str().map_or_else(|| number.to_string().len(), str::len)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cfn::evaluate::Scenario;
    use crate::validate::{Options, testing};

    fn bounds(expression: &Json) -> Option<Bounds> {
        let template = testing::template(json!({
            "Parameters": {
                "Short": {"Type": "String", "MaxLength": 8},
                "Stage": {"Type": "String", "AllowedValues": ["dev", "prod"]},
                "Free": {"Type": "String"},
                "Count": {"Type": "Number", "MaxValue": 100},
            },
            "Outputs": {"It": {"Value": expression}},
        }));
        let options = Options::default();
        let context = Context::new(&template, &options);
        let value =
            context.evaluator.evaluate(&template.outputs["It"]["Value"], &Scenario::default()).value?;
        of(&context, &value)
    }

    #[test]
    fn parts_add_up() {
        assert_eq!(bounds(&json!("abc")), Some(Bounds::exactly(3)));
        assert_eq!(
            bounds(&json!({"Fn::Sub": "${Stage}-${Count}"})),
            Some(Bounds { least: 1, most: Some(8) })
        );
        assert_eq!(
            bounds(&json!({"Fn::Sub": "${AWS::StackName}-${Short}"})),
            Some(Bounds { least: 2, most: Some(137) })
        );
        assert_eq!(bounds(&json!({"Fn::Sub": "ab${Free}"})), Some(Bounds { least: 2, most: None }));
        assert_eq!(bounds(&json!(["a"])), None);
    }
}
