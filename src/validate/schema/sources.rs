//! What references give: the kind and the format of attributes, resources and parameters.

use crate::cfn::Template;
use crate::cfn::evaluate::{Evaluator, Kind, Origin};

use super::compact::keyword;
use super::keywords::{formats_of, types_of};
use super::registry::Registry;

/// Knows what references give.
#[derive(Debug)]
pub(super) struct Sources<'a, 't> {
    pub(super) template: &'t Template,
    pub(super) evaluator: &'a Evaluator<'t>,
    pub(super) registry: &'a Registry,
}

/// Whether the attributes of the type are whatever its provider says.
pub(in crate::validate) fn has_open_attributes(type_name: &str) -> bool {
    type_name.starts_with("Custom::") || OPEN_TYPES.contains(&type_name)
}

/// Types whose attributes are whatever their provider says, such as the outputs of a nested stack.
const OPEN_TYPES: [&str; 4] = [
    "AWS::CloudFormation::CustomResource",
    "AWS::CloudFormation::Stack",
    "AWS::Serverless::Application",
    "AWS::ServiceCatalog::CloudFormationProvisionedProduct",
];

/// The type whose resources are named by another property where they are in a VPC.
pub(super) const SECURITY_GROUP: &str = "AWS::EC2::SecurityGroup";

/// The kind of an attribute's value, by the schema of its type.
pub(in crate::validate) fn attribute_kind(type_name: &str, attribute: &str) -> Kind {
    let Some(schema) = Registry::builtin().get(type_name).filter(|_| !has_open_attributes(type_name)) else {
        return Kind::Any;
    };
    let property = schema.attribute(attribute).and_then(|path| schema.property(&path));
    let Some(types) = property.and_then(|property| property.argument(const { keyword("type") })) else {
        return Kind::Any;
    };
    let mut kinds = types_of(types).map(|name| match name {
        "array" => Kind::List,
        "object" => Kind::Object,
        _ => Kind::Scalar,
    });
    match kinds.next() {
        Some(first) if kinds.all(|kind| kind == first) => first,
        _ => Kind::Any,
    }
}

impl<'t> Sources<'_, 't> {
    /// The formats of what a reference gives: empty if it is known to have none, `None` if nothing is known.
    pub(super) fn formats(&self, origin: &Origin<'t>) -> Option<Vec<&str>> {
        match origin {
            Origin::Resource(id) => {
                let resource = self.template.resources.get(*id)?;
                let schema = self.registry.get(&resource.type_name)?;
                if OPEN_TYPES.contains(&schema.name) {
                    return None;
                }
                if schema.name == SECURITY_GROUP {
                    // In a VPC of its own it is named by id, in the default one by name.
                    let in_vpc = resource.properties.contains_key("VpcId");
                    return Some(vec![if in_vpc {
                        "AWS::EC2::SecurityGroup.Id"
                    } else {
                        "AWS::EC2::SecurityGroup.Name"
                    }]);
                }
                let mut identifiers = schema.root.get("primaryIdentifier")?.texts();
                let (Some(only), None) = (identifiers.next(), identifiers.next()) else {
                    return Some(Vec::new());
                };
                let path: Vec<String> =
                    only.strip_prefix("/properties/")?.split('/').map(str::to_owned).collect();
                Some(schema.property(&path).map(formats_of).unwrap_or_default())
            }
            Origin::Attribute(id, attribute) => {
                let resource = self.template.resources.get(*id)?;
                let schema = self.registry.get(&resource.type_name)?;
                // A parameter of Systems Manager holds anything.
                if OPEN_TYPES.contains(&schema.name)
                    || (schema.name, attribute.as_ref()) == ("AWS::SSM::Parameter", "Value")
                {
                    return None;
                }
                Some(formats_of(schema.property(&schema.attribute(attribute)?)?))
            }
            Origin::Parameter(name) => {
                let declaration = self.evaluator.parameter(name)?;
                parameter_format(declaration.aws_type()?, declaration.is_list()).map(|format| vec![format])
            }
            Origin::Item(of, _) => {
                let formats = self.formats(&of.origin)?;
                let singular: Option<Vec<&str>> =
                    formats.into_iter().map(|format| format.strip_suffix('s')).collect();
                singular.filter(|formats| !formats.is_empty())
            }
            _ => None,
        }
    }
}

/// The format that a parameter's type stands for.
///
/// Source: AWS CloudFormation User Guide, "Supported AWS-specific parameter types".
fn parameter_format(type_name: &str, list: bool) -> Option<&'static str> {
    Some(match (type_name, list) {
        ("AWS::EC2::SecurityGroup::Id", false) => "AWS::EC2::SecurityGroup.Id",
        ("AWS::EC2::SecurityGroup::Id", true) => "AWS::EC2::SecurityGroup.Ids",
        ("AWS::EC2::SecurityGroup::GroupName", false) => "AWS::EC2::SecurityGroup.Name",
        ("AWS::EC2::Subnet::Id", false) => "AWS::EC2::Subnet.Id",
        ("AWS::EC2::Subnet::Id", true) => "AWS::EC2::Subnet.Ids",
        ("AWS::EC2::VPC::Id", false) => "AWS::EC2::VPC.Id",
        ("AWS::EC2::Image::Id", false) => "AWS::EC2::Image.Id",
        ("AWS::Route53::HostedZone::Id", false) => "AWS::Route53::HostedZone.Id",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_have_the_kind_of_their_property() {
        assert_eq!(attribute_kind("AWS::RDS::DBCluster", "Endpoint.Address"), Kind::Scalar);
        assert_eq!(attribute_kind("AWS::RDS::DBCluster", "Endpoint"), Kind::Object);
        assert_eq!(attribute_kind("AWS::EC2::VPC", "CidrBlockAssociations"), Kind::List);
        assert_eq!(attribute_kind("AWS::No::Such", "Arn"), Kind::Any);
    }
}
