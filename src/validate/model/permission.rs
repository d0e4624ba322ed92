//! Who may do what: the policies of roles, and resource patterns matched against ARNs.

use std::cell::OnceCell;

use crate::cfn::evaluate::{Evaluated, Origin, Piece, Unknown};

use super::condition::holds;
use super::ecs::known_list;
use super::{Answer, Item, View, covers_in_any_case, many, pieces};

/// What `AmazonECSTaskExecutionRolePolicy` allows on everything.
///
/// Source: AWS Managed Policy Reference Guide, "`AmazonECSTaskExecutionRolePolicy`".
const EXECUTION_POLICY: [&str; 6] = [
    "ecr:GetAuthorizationToken",
    "ecr:BatchCheckLayerAvailability",
    "ecr:GetDownloadUrlForLayer",
    "ecr:BatchGetImage",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
];

/// A role of the template with all that its policies say, as far as it is known.
pub(in crate::validate) struct Role<'v, 't> {
    pub(in crate::validate) item: &'v Item<'t>,
    pub(super) view: &'v View<'v, 't>,
    statements: Vec<&'v Evaluated<'t>>,
    /// Whether `AmazonECSTaskExecutionRolePolicy` is attached.
    execution_policy: bool,
    /// Whether there are policies that aren't in the template.
    open: bool,
}

/// The role that a value names, if it is in the template.
pub(in crate::validate) fn role<'v, 't>(
    view: &'v View<'v, 't>,
    value: Option<&Evaluated<'t>>,
) -> Option<Role<'v, 't>> {
    let item = view.target_of(value, "AWS::IAM::Role")?;
    let mut role = Role { item, view, statements: Vec::new(), execution_policy: false, open: false };
    role.add_policies(item.get("Policies"));
    match known_list(item.get("ManagedPolicyArns")) {
        None => role.open = true,
        Some(policies) => {
            for policy in policies {
                role.add_managed(view, policy);
            }
        }
    }
    for type_name in ["AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"] {
        for policy in view.of(type_name) {
            match known_list(policy.get("Roles")) {
                Some(roles) if roles.iter().any(|value| value.resource() == Some(item.id)) => {
                    role.add_document(policy.get("PolicyDocument"));
                }
                Some(roles) if roles.iter().all(|value| value.resource().is_some()) => {}
                // It may name this role by its name.
                _ => role.open |= item.get("RoleName").is_some(),
            }
        }
    }
    for policy in view.of("AWS::IAM::RolePolicy") {
        if policy.get("RoleName").and_then(Evaluated::resource) == Some(item.id) {
            role.add_document(policy.get("PolicyDocument"));
        }
    }
    Some(role)
}

impl<'v, 't> Role<'v, 't> {
    fn add_policies(&mut self, policies: Option<&'v Evaluated<'t>>) {
        match known_list(policies) {
            None => self.open = true,
            Some(policies) => {
                for policy in policies {
                    self.add_document(policy.get("PolicyDocument"));
                }
            }
        }
    }

    fn add_document(&mut self, document: Option<&'v Evaluated<'t>>) {
        match document.and_then(|document| document.get("Statement")) {
            Some(statements) if statements.unknown().is_some() => self.open = true,
            Some(statements) if statements.get("Effect").is_some() => self.statements.push(statements),
            Some(statements) => self.statements.extend(statements.items()),
            None => self.open |= document.is_some_and(|document| document.unknown().is_some()),
        }
    }

    fn add_managed(&mut self, view: &'v View<'_, 't>, policy: &Evaluated<'t>) {
        if let Some(managed) = view.target_of(Some(policy), "AWS::IAM::ManagedPolicy") {
            self.add_document(managed.get("PolicyDocument"));
            return;
        }
        let parts = pieces(policy);
        match parts.last() {
            Some(Piece::Text(text)) if text.ends_with("/AmazonECSTaskExecutionRolePolicy") => {
                self.execution_policy = true;
            }
            _ => self.open = true,
        }
    }

    /// Whether the role may do this to the resource, with a call of its own.
    pub(in crate::validate) fn may(&self, action: &str, arn: &Arn<'_, 't>) -> Answer {
        self.may_through(None, action, arn)
    }

    /// Whether the role may do this to the resource where that service does it for the role, such as
    /// `secretsmanager`; without one, with a call of its own.
    pub(in crate::validate) fn may_through(
        &self,
        service: Option<&str>,
        action: &str,
        arn: &Arn<'_, 't>,
    ) -> Answer {
        let mut allowed = Answer::of(self.execution_policy && EXECUTION_POLICY.contains(&action));
        if self.open {
            allowed = allowed.max(Answer::Unknown);
        }
        let mut denied = Answer::No;
        for statement in &self.statements {
            if statement.unknown().is_some() {
                allowed = allowed.max(Answer::Unknown);
                continue;
            }
            let mut applies = applies_to_action(statement, action);
            if applies == Answer::No {
                continue;
            }
            applies = applies.min(applies_to_resource(statement, arn));
            if let Some(condition) = statement.get("Condition") {
                applies = applies.min(holds(condition, |key| self.fact(key, service, action, arn)));
            }
            match statement.get("Effect").and_then(Evaluated::text).as_deref() {
                Some("Allow") => allowed = allowed.max(applies),
                Some("Deny") => denied = denied.max(applies),
                _ => allowed = allowed.max(Answer::Unknown),
            }
        }
        match denied {
            Answer::Yes => Answer::No,
            Answer::Unknown => allowed.min(Answer::Unknown),
            Answer::No => allowed,
        }
    }
}

fn applies_to_action(statement: &Evaluated<'_>, action: &str) -> Answer {
    let Some(actions) = statement.get("Action") else { return Answer::Unknown };
    let actions = many(Some(actions)).iter().map(|pattern| match pattern.text() {
        Some(pattern) => Answer::of(covers_in_any_case(&pattern, action)),
        None => Answer::Unknown,
    });
    actions.max().unwrap_or(Answer::Unknown)
}

fn applies_to_resource<'t>(statement: &Evaluated<'t>, arn: &Arn<'_, 't>) -> Answer {
    let Some(resources) = statement.get("Resource") else { return Answer::Unknown };
    many(Some(resources)).iter().map(|pattern| arn.matched_by(pattern)).max().unwrap_or(Answer::Unknown)
}

/// No ARN is longer: AWS allows 2,048 characters.
const LONGEST: usize = 2048;

/// The name of a resource for policies: what a reference to it gives, and what is known of its form.
pub(in crate::validate) struct Arn<'v, 't> {
    /// The resource in the template that it belongs to.
    pub(super) owner: Option<&'t str>,
    /// As it is written.
    written: Vec<Token<'t>>,
    /// Where references in it lead to resources; `None` if it is written as it is.
    view: Option<&'v View<'v, 't>>,
    /// Whether it may lack the end of a secret's name.
    may_be_longer: bool,
    /// Its forms, of which it has one: what isn't known can be anything. Most patterns are compared without them.
    forms: OnceCell<Vec<Vec<Token<'t>>>>,
}

/// A part of a pattern or a name.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'t> {
    Char(char),
    /// A value that isn't known, the same wherever it has this origin.
    Value(Origin<'t>),
    /// Any text: a wildcard in a pattern, in a name what isn't known.
    Any,
    /// Any character.
    One,
    /// In a name: what isn't known, without a colon.
    Segment,
}

impl<'v, 't> Arn<'v, 't> {
    /// Any resource, and for actions that have none.
    pub(in crate::validate) fn everything() -> Self {
        Self::as_written(vec![Token::Any])
    }

    fn as_written(written: Vec<Token<'t>>) -> Self {
        Self { owner: None, written, view: None, may_be_longer: false, forms: OnceCell::new() }
    }

    /// A secret: an ARN may lack the six characters that Secrets Manager adds to a name.
    ///
    /// Source: AWS Secrets Manager API Reference, "`GetSecretValue`".
    pub(in crate::validate) fn secret(view: &'v View<'v, 't>, value: &[Piece<'t>]) -> Self {
        let arn = Self::of(view, value);
        Self { may_be_longer: arn.owner.is_none(), ..arn }
    }

    /// A parameter of Systems Manager by its name.
    pub(in crate::validate) fn parameter(name: &[Piece<'t>]) -> Self {
        let mut form = arn_start("ssm");
        form.extend("parameter".chars().map(Token::Char));
        if !matches!(name.first(), Some(Piece::Text(text)) if text.starts_with('/')) {
            form.push(Token::Char('/'));
        }
        form.extend(tokens(name));
        Self::as_written(form)
    }

    /// The bucket of that name, or that a reference gives.
    pub(in crate::validate) fn bucket(view: &'v View<'v, 't>, name: &[Piece<'t>]) -> Self {
        if let [Piece::Unknown(Unknown { origin: Origin::Resource(id), kind })] = name
            && view.get(id).is_some_and(|item| item.is("AWS::S3::Bucket"))
        {
            let origin = Origin::Attribute(id, "Arn".into());
            return Self::of(view, &[Piece::Unknown(Unknown { kind: *kind, origin })]);
        }
        let mut form: Vec<_> = "arn:".chars().map(Token::Char).collect();
        form.push(Token::Segment);
        form.extend(":s3:::".chars().map(Token::Char));
        form.extend(tokens(name));
        Self::as_written(form)
    }

    /// Any object in it, where it is a bucket.
    #[must_use]
    pub(in crate::validate) fn objects(mut self) -> Self {
        self.written.extend([Token::Char('/'), Token::Any]);
        self.forms = OnceCell::new();
        self
    }

    /// The name that a value gives: a reference, or a text with references.
    pub(in crate::validate) fn of(view: &'v View<'v, 't>, value: &[Piece<'t>]) -> Self {
        Self { owner: first_owner(value), view: Some(view), ..Self::as_written(tokens(value)) }
    }

    fn forms(&self) -> &[Vec<Token<'t>>] {
        self.forms.get_or_init(|| {
            let form = self.view.map_or_else(|| self.written.clone(), |view| form(view, &self.written));
            let longer = self.may_be_longer.then(|| {
                let end = [Token::Char('-'), Token::Segment];
                self.written.iter().cloned().chain(end).collect()
            });
            std::iter::once(form).chain(longer).collect()
        })
    }

    /// Whether a pattern of a policy matches.
    fn matched_by(&self, pattern: &Evaluated<'t>) -> Answer {
        // Most patterns are a reference and nothing else.
        if let (Some(id), Some(owner), Some(unknown)) = (pattern.resource(), self.owner, pattern.unknown()) {
            if id != owner {
                return Answer::No;
            }
            if matches!(&self.written[..], [Token::Value(origin)] if *origin == unknown.origin) {
                return Answer::Yes;
            }
        }
        let Some(parts) = pattern.data.pieces() else { return Answer::Unknown };
        if length(&parts) > LONGEST || self.forms().iter().any(|form| form.len() > LONGEST) {
            return Answer::Unknown;
        }
        // Two resources never have the same ARN.
        let other = first_owner(&parts);
        if other.is_some() && self.owner.is_some() && other != self.owner {
            return Answer::No;
        }
        let tokens = wildcards(tokens(&parts));
        if matches(&tokens, &self.written, true)
            || self.forms().iter().any(|form| matches(&tokens, form, true))
        {
            return Answer::Yes;
        }
        // Behind the same beginning, what is left has to match.
        if let (Some(first @ Token::Value(_)), Some(own)) = (tokens.first(), self.written.first())
            && first == own
        {
            return Answer::of(matches(&tokens[1..], &self.written[1..], false)).min(Answer::Unknown);
        }
        Answer::of(self.forms().iter().any(|form| matches(&tokens, form, false))).min(Answer::Unknown)
    }
}

fn first_owner<'t>(parts: &[Piece<'t>]) -> Option<&'t str> {
    match parts.first()? {
        Piece::Unknown(unknown) => match &unknown.origin {
            Origin::Resource(id) | Origin::Attribute(id, _) => Some(id),
            _ => None,
        },
        Piece::Text(_) => None,
    }
}

/// How many [`tokens`] they are.
fn length(parts: &[Piece<'_>]) -> usize {
    let of = |part: &Piece<'_>| if let Piece::Text(text) = part { text.chars().count() } else { 1 };
    parts.iter().map(of).sum()
}

pub(super) fn tokens<'t>(parts: &[Piece<'t>]) -> Vec<Token<'t>> {
    let mut tokens = Vec::with_capacity(length(parts));
    for part in parts {
        match part {
            Piece::Text(text) => tokens.extend(text.chars().map(Token::Char)),
            Piece::Unknown(unknown) => tokens.push(Token::Value(unknown.origin.clone())),
        }
    }
    tokens
}

/// The characters `*` and `?` of a pattern as wildcards.
pub(super) fn wildcards(tokens: Vec<Token<'_>>) -> Vec<Token<'_>> {
    let wildcard = |token| match token {
        Token::Char('*') => Token::Any,
        Token::Char('?') => Token::One,
        other => other,
    };
    tokens.into_iter().map(wildcard).collect()
}

/// A name with references to resources of the template replaced by the form of their ARN.
fn form<'t>(view: &View<'_, 't>, written: &[Token<'t>]) -> Vec<Token<'t>> {
    let mut form = Vec::new();
    for token in written {
        let Token::Value(Origin::Resource(id) | Origin::Attribute(id, _)) = token else {
            form.push(token.clone());
            continue;
        };
        let shape = view.get(id).and_then(|item| arn_form(item));
        form.extend(shape.unwrap_or_else(|| vec![Token::Any]));
    }
    form
}

/// The beginning of an ARN of a service, up to the colon behind the account.
fn arn_start<'t>(service: &str) -> Vec<Token<'t>> {
    // The partition, the service, the region and the account.
    let parts = [text("arn:"), vec![Token::Segment, Token::Char(':')], text(service)];
    let rest = [Token::Char(':'), Token::Segment, Token::Char(':'), Token::Segment, Token::Char(':')];
    parts.into_iter().flatten().chain(rest).collect()
}

fn text<'t>(text: &str) -> Vec<Token<'t>> {
    text.chars().map(Token::Char).collect()
}

/// The form of a resource's ARN.
fn arn_form<'t>(item: &Item<'t>) -> Option<Vec<Token<'t>>> {
    let (service, kind, name) = match item.resource.type_name.as_str() {
        "AWS::SecretsManager::Secret" => ("secretsmanager", "secret:", "Name"),
        "AWS::SSM::Parameter" => ("ssm", "parameter", "Name"),
        "AWS::Logs::LogGroup" => ("logs", "log-group:", "LogGroupName"),
        "AWS::KMS::Key" => ("kms", "key/", ""),
        "AWS::S3::Bucket" => ("s3", "", "BucketName"),
        "AWS::ECR::Repository" => ("ecr", "repository/", "RepositoryName"),
        _ => return None,
    };
    let mut form = arn_start(service);
    form.extend(text(kind));
    if service == "ssm" && !item.text(name).is_some_and(|name| name.starts_with('/')) {
        // A name without a slash at its beginning gets one; of one that isn't known that isn't known either.
        match item.get(name).and_then(Evaluated::text) {
            Some(_) => form.push(Token::Char('/')),
            None => form.push(Token::Segment),
        }
    }
    match item.get(name) {
        Some(name) => form.extend(tokens(&pieces(name))),
        None => form.push(Token::Segment),
    }
    match service {
        // Six characters that AWS chooses.
        "secretsmanager" => {
            form.push(Token::Char('-'));
            form.push(Token::Segment);
        }
        "logs" => form.extend(text(":*")),
        _ => {}
    }
    Some(form)
}

/// Whether a pattern matches a name. If it has to be certain, what isn't known is matched by itself and by `*` only;
/// otherwise it may be any text.
pub(super) fn matches(pattern: &[Token<'_>], name: &[Token<'_>], certain: bool) -> bool {
    let loose = |token: &Token<'_>| {
        *token == Token::Any || (!certain && matches!(token, Token::Value(_) | Token::Segment))
    };
    // Most differ soon after the beginning, where parts are compared one by one.
    let is_fixed = |token: &Token<'_>| match token {
        Token::Char(_) => true,
        Token::Value(_) => certain,
        Token::Any | Token::One | Token::Segment => false,
    };
    let same = pattern.iter().zip(name).take_while(|(one, other)| is_fixed(one) && one == other).count();
    let (pattern, name) = (&pattern[same..], &name[same..]);
    if let ([one, ..], [other, ..]) = (pattern, name)
        && is_fixed(one)
        && is_fixed(other)
    {
        return false;
    }
    // reached[j]: the pattern so far matches the first j parts of the name.
    let mut reached = vec![false; name.len() + 1];
    let mut next = reached.clone();
    reached[0] = true;
    let spread = |reached: &mut Vec<bool>| {
        // Where it need not be certain, an unknown part of the name may be empty or go on.
        if !certain {
            for index in 0..name.len() {
                reached[index + 1] |= reached[index] && loose(&name[index]);
            }
        }
    };
    spread(&mut reached);
    for token in pattern {
        next.fill(false);
        if loose(token) {
            let mut any = false;
            for index in 0..=name.len() {
                any |= reached[index];
                next[index] = any;
            }
        } else {
            for index in 0..name.len() {
                if !reached[index] {
                    continue;
                }
                let part = &name[index];
                if !certain && *part == Token::Segment && *token == Token::Char(':') {
                    continue;
                }
                if !certain && loose(part) {
                    next[index] = true;
                    next[index + 1] = true;
                } else if part == token || (*token == Token::One && matches!(part, Token::Char(_))) {
                    next[index + 1] = true;
                }
            }
        }
        spread(&mut next);
        std::mem::swap(&mut reached, &mut next);
    }
    reached[name.len()]
}
