//! The policy documents of a template's resources, and the statements in them.

use crate::cfn::evaluate::{Data, Evaluated};
pub(super) use crate::validate::wiring::model::{GAP, loose};
use crate::validate::wiring::model::{Item, View, many};

/// What a document is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// What a user, group or role may do.
    Identity,
    /// Who may take a role.
    Trust,
    /// Who may do what with a resource: the prefix of its service, if only its own actions are allowed.
    Resource(Option<&'static str>),
    /// Who may do what with a repository of ECR.
    Repository,
    /// Who may do what through an endpoint of a VPC, or with a resource of a service that is less strict.
    Other,
}

/// Whether an element of a statement has to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    Required,
    Forbidden,
    Optional,
}

impl Kind {
    /// Whether statements have a `Principal`.
    pub(super) fn principal(self) -> Need {
        match self {
            Self::Identity => Need::Forbidden,
            Self::Trust | Self::Resource(_) | Self::Repository => Need::Required,
            Self::Other => Need::Optional,
        }
    }

    /// Whether statements have a `Resource`.
    pub(super) fn resource(self) -> Need {
        match self {
            Self::Identity | Self::Resource(_) => Need::Required,
            Self::Trust => Need::Forbidden,
            Self::Repository | Self::Other => Need::Optional,
        }
    }
}

/// Where resources have policies.
///
/// Source: the resource types of the "AWS `CloudFormation` Template Reference".
const PLACES: &[(&str, &str, Kind)] = &[
    ("AWS::IAM::Policy", "PolicyDocument", Kind::Identity),
    ("AWS::IAM::ManagedPolicy", "PolicyDocument", Kind::Identity),
    ("AWS::IAM::RolePolicy", "PolicyDocument", Kind::Identity),
    ("AWS::IAM::UserPolicy", "PolicyDocument", Kind::Identity),
    ("AWS::IAM::GroupPolicy", "PolicyDocument", Kind::Identity),
    ("AWS::IAM::Role", "AssumeRolePolicyDocument", Kind::Trust),
    ("AWS::KMS::Key", "KeyPolicy", Kind::Resource(None)),
    ("AWS::KMS::ReplicaKey", "KeyPolicy", Kind::Resource(None)),
    ("AWS::S3::BucketPolicy", "PolicyDocument", Kind::Resource(Some("s3"))),
    ("AWS::SNS::TopicPolicy", "PolicyDocument", Kind::Resource(Some("sns"))),
    ("AWS::SQS::QueuePolicy", "PolicyDocument", Kind::Resource(Some("sqs"))),
    ("AWS::ECR::Repository", "RepositoryPolicyText", Kind::Repository),
    ("AWS::EC2::VPCEndpoint", "PolicyDocument", Kind::Other),
    ("AWS::SecretsManager::ResourcePolicy", "ResourcePolicy", Kind::Other),
    ("AWS::EFS::FileSystem", "FileSystemPolicy", Kind::Other),
];

/// Types with a list `Policies` of identity policies.
const WITH_POLICIES: [&str; 3] = ["AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group"];

/// A policy document of a resource.
#[derive(Debug, Clone, Copy)]
pub(super) struct Document<'v, 't> {
    pub(super) item: &'v Item<'t>,
    pub(super) kind: Kind,
    pub(super) value: &'v Evaluated<'t>,
}

/// Every policy document of the template, of whatever kind of value.
pub(super) fn places<'v, 't>(view: &'v View<'_, 't>) -> impl Iterator<Item = Document<'v, 't>> {
    let alone = PLACES.iter().flat_map(move |(type_name, path, kind)| {
        view.of(type_name)
            .filter_map(move |item| Some(Document { item, kind: *kind, value: item.get(path)? }))
    });
    let listed = WITH_POLICIES.into_iter().flat_map(move |type_name| view.of(type_name)).flat_map(|item| {
        let inline = item.items("Policies").iter().filter_map(|policy| policy.get("PolicyDocument"));
        inline.map(move |value| Document { item, kind: Kind::Identity, value })
    });
    alone.chain(listed)
}

/// Every policy document of the template that is an object.
pub(super) fn documents<'v, 't>(view: &'v View<'_, 't>) -> impl Iterator<Item = Document<'v, 't>> {
    places(view).filter(|document| matches!(document.value.data, Data::Object(_)))
}

/// A statement of a policy document.
#[derive(Debug, Clone, Copy)]
pub(super) struct Statement<'v, 't> {
    pub(super) item: &'v Item<'t>,
    pub(super) kind: Kind,
    pub(super) value: &'v Evaluated<'t>,
}

/// Every statement of the template that is an object.
pub(super) fn statements<'v, 't>(view: &'v View<'_, 't>) -> impl Iterator<Item = Statement<'v, 't>> {
    documents(view).flat_map(Document::statements)
}

impl<'v, 't> Document<'v, 't> {
    /// The statements that are objects.
    pub(super) fn statements(self) -> impl Iterator<Item = Statement<'v, 't>> {
        let all = many(self.value.get("Statement")).iter();
        let objects = all.filter(|value| matches!(value.data, Data::Object(_)));
        objects.map(move |value| Statement { item: self.item, kind: self.kind, value })
    }
}

impl<'v, 't> Statement<'v, 't> {
    /// An element of it.
    pub(super) fn get(&self, element: &str) -> Option<&'v Evaluated<'t>> {
        self.value.get(element)
    }

    /// The values of two elements that stand for each other.
    pub(super) fn either(
        &self,
        element: &str,
        other: &str,
    ) -> impl Iterator<Item = &'v Evaluated<'t>> + use<'v, 't> {
        many(self.get(element)).iter().chain(many(self.get(other)))
    }

    /// Its actions.
    pub(super) fn actions(&self) -> impl Iterator<Item = &'v Evaluated<'t>> + use<'v, 't> {
        self.either("Action", "NotAction")
    }

    /// Its members.
    pub(super) fn members(&self) -> &'v [(&'t str, Evaluated<'t>)] {
        members(self.value)
    }
}

/// The members of an object, none of anything else.
pub(super) fn members<'v, 't>(value: &'v Evaluated<'t>) -> &'v [(&'t str, Evaluated<'t>)] {
    if let Data::Object(members) = &value.data { members } else { &[] }
}

/// The most characters of a text that are shown.
const MOST_SHOWN: usize = 100;

/// The text as it is shown: `…` for what isn't known, and for what is too long.
pub(super) fn shown(text: &str) -> String {
    let end = text.char_indices().nth(MOST_SHOWN).map(|(end, _)| end);
    let cut = end.map_or_else(|| text.to_owned(), |end| format!("{}…", &text[..end]));
    cut.replace(GAP, "…")
}
