//! From a configuration, or from what synth wrote, to the request of a deploy.

use std::path::Path;

use crate::assembly;
use crate::cfn::Template;
use crate::cli::args::ConfigArgs;
use crate::cli::view::View;
use crate::cli::{Exit, project, synth};
use crate::deploy::request::{FOUNDATION_KEY, Protection, Upload};
use crate::deploy::{DeployRequest, configured_values};
use crate::dify;
use crate::validate::{Options, ValidatedTemplate};

/// The template's parameter of deletion protection.
pub(super) const PROTECTION_PARAMETER: &str = "DeletionProtection";

/// The template's parameter of the certificate.
const CERTIFICATE_PARAMETER: &str = "CertificateArn";

/// A request for a stack of the configuration. Findings are told.
pub(super) fn of_config(args: &ConfigArgs, stack: &str, view: &mut View) -> Result<DeployRequest, Exit> {
    let loaded = project::load(args, std::slice::from_ref(&stack.to_owned()), view)?;
    let Some(located) = loaded.environments.first() else {
        return Err(view.failure_of(&format!("the configuration has no stack {stack}"), Exit::Usage));
    };
    let unknown = synth::unknown_codes(&loaded.environments);
    if !unknown.is_empty() {
        view.findings(&unknown);
        return Err(Exit::Usage);
    }
    let config = &located.config;
    let (template, found) = synth::validated(located).map_err(|(exit, found)| {
        view.findings(&found);
        exit
    })?;
    view.findings(&loaded.diagnostics);
    view.findings(&found);
    let wanted = config.database.deletion_protection || config.ingress.deletion_protection;
    let options = Options {
        purpose: synth::purpose(config),
        stack_name: Some(stack.to_owned()),
        region: config.region.clone(),
        accepted: project::acceptances(config),
        ..Options::default()
    };
    let mut request = of_template(stack, template, wanted, options, view)?;
    request.account.clone_from(&config.account);
    request.region.clone_from(&config.region);
    request.tags.clone_from(&config.tags);
    request.required_ssm_parameters =
        dify::secure_parameters(config).into_iter().map(|(name, _)| name).collect();
    Ok(request)
}

/// A request for a stack that synth wrote, if its template is still the one that was written.
pub(super) fn of_assembly(folder: &Path, stack: &str, view: &mut View) -> Result<DeployRequest, Exit> {
    let read = assembly::read_stack(folder, stack)
        .map_err(|error| view.failure_of(&error.to_string(), Exit::Usage))?;
    let options = Options {
        purpose: read.purpose,
        stack_name: Some(stack.to_owned()),
        region: read.region.clone(),
        accepted: read.accepted,
        ..Options::default()
    };
    let (template, found) = ValidatedTemplate::check(read.template, &options).map_err(|found| {
        view.findings(&found);
        Exit::Invalid
    })?;
    view.findings(&found);
    let mut request = of_template(stack, template, read.deletion_protection, options, view)?;
    request.account = read.account;
    request.region = read.region;
    request.tags = read.tags;
    request.required_ssm_parameters = read.secure_parameters;
    Ok(request)
}

/// The place for templates that an argument names: a bucket, or a bucket and a prefix.
pub(super) fn upload_to(place: &str) -> Upload {
    let (name, prefix) = place.split_once('/').unwrap_or((place, ""));
    let prefix = prefix.trim_end_matches('/');
    let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
    Upload::Bucket { name: name.to_owned(), prefix }
}

fn of_template(
    stack: &str,
    template: ValidatedTemplate,
    protected: bool,
    options: Options,
    view: &mut View,
) -> Result<DeployRequest, Exit> {
    let whole = template.template();
    let foundation = foundation(whole, &options, view)?;
    let configured = configured_values(whole);
    let has = |name: &str| whole.parameters.contains_key(name);
    let protection = has(PROTECTION_PARAMETER)
        .then(|| Protection { parameter: PROTECTION_PARAMETER.to_owned(), wanted: protected });
    let certificates = has(CERTIFICATE_PARAMETER).then(|| CERTIFICATE_PARAMETER.to_owned());
    let bucket = whole.resources.iter().find(|(_, resource)| resource.type_name == "AWS::S3::Bucket");
    let bucket = bucket.map(|(id, _)| id.clone());
    let mut request = DeployRequest::new(stack, template);
    request.options = options;
    request.foundation = foundation;
    request.configured = configured;
    request.protection = protection;
    request.certificate_parameters = certificates.into_iter().collect();
    if let Some(bucket) = bucket {
        request.upload = Upload::OwnBucket(bucket);
    }
    Ok(request)
}

/// The first step of a creation; none if it would be the whole or nothing.
fn foundation(
    whole: &Template,
    options: &Options,
    view: &mut View,
) -> Result<Option<ValidatedTemplate>, Exit> {
    let mut part = dify::foundation(whole);
    if part.resources.is_empty() || part.resources.len() == whole.resources.len() {
        return Ok(None);
    }
    part.metadata.insert(FOUNDATION_KEY.to_owned(), true.into());
    match ValidatedTemplate::check(part, options) {
        Ok((part, _)) => Ok(Some(part)),
        Err(found) => {
            view.findings(&found);
            Err(Exit::Invalid)
        }
    }
}
