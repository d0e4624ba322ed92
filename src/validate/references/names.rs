//! What a template declares, for messages about what it doesn't.

use crate::cfn::PseudoParameter;
use crate::diagnostic::nearest;
use crate::validate::Context;

/// `Ref` to it leaves the value out.
pub(super) const NO_VALUE: &str = "AWS::NoValue";

/// The pseudo parameters.
pub(super) const PSEUDO_PARAMETERS: [PseudoParameter; 7] = [
    PseudoParameter::AccountId,
    PseudoParameter::NotificationArns,
    PseudoParameter::Partition,
    PseudoParameter::Region,
    PseudoParameter::StackId,
    PseudoParameter::StackName,
    PseudoParameter::UrlSuffix,
];

/// Whether the name is one that every stack has.
pub(super) fn is_pseudo_parameter(name: &str) -> bool {
    name == NO_VALUE || PSEUDO_PARAMETERS.iter().any(|parameter| parameter.name() == name)
}

/// "did you mean …?" for a name that is none of the candidates.
pub(super) fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(name, candidates).map(|candidate| format!("did you mean `{candidate}`?"))
}

/// Everything that `Ref` can name.
pub(super) fn referable<'t>(context: &Context<'t>) -> impl Iterator<Item = &'t str> {
    let template = context.template;
    let pseudo = PSEUDO_PARAMETERS.iter().map(|parameter| parameter.name());
    template.parameters.keys().chain(template.resources.keys()).map(String::as_str).chain(pseudo)
}
