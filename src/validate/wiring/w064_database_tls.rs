//! W064: clients of a database that wants TLS use it.

use crate::catalog::Image;
use crate::cfn::evaluate::{Evaluated, Origin};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::validate::Rule;

use super::dify::{has_other_variables, image};
use super::ecs::{containers, secret_variable, tasks, variable};
use super::model::database::forces_tls;
use super::model::{Item, View, unknown_parts};

pub(super) static RULE: Rule = Rule {
    code: Code("W064"),
    severity: Severity::Error,
    title: "Dify uses TLS where its database wants it",
    what: "Where a container of Dify's api or plugin daemon is given the address of a PostgreSQL database of the template that forces TLS (`rds.force_ssl`, also by the default of the version), the plugin daemon's `DB_SSL_MODE` is `require`, and the api's `DB_EXTRAS` and `PGSSLMODE` don't say `disable`. `DB_SSL_MODE` is `disable` or `require`; with `REDIS_SSL_CERT_REQS` `CERT_REQUIRED` the plugin daemon has `REDIS_SSL_CA_CERTS`.",
    why: "The database refuses the connection: \"no pg_hba.conf entry for host …, no encryption\"; the plugin daemon exits at start.",
    source: "internal/types/app/config.go of langgenius/dify-plugin-daemon; Amazon Aurora User Guide, \"Securing Aurora PostgreSQL data with SSL/TLS\"",
    same_as: &[],
};

/// The database whose address is in a value, if it forces TLS.
fn forcing<'v, 't>(view: &'v View<'_, 't>, host: Option<&Evaluated<'t>>) -> Option<&'v Item<'t>> {
    let database = unknown_parts(host?).find_map(|part| match part.origin {
        Origin::Attribute(id, _) => view.get(id),
        _ => None,
    })?;
    (forces_tls(view, database) == Some(true)).then_some(database)
}

/// What the plugin daemon refuses by itself.
fn refused<'v, 't>(container: &'v Evaluated<'t>) -> Option<(&'v Evaluated<'t>, String, &'static str)> {
    if let Some(mode) = variable(container, "DB_SSL_MODE")
        && let Some(text) = mode.text().filter(|text| !matches!(text.as_ref(), "disable" | "require"))
    {
        let message = format!("the plugin daemon doesn't know `DB_SSL_MODE` `{text}`: it exits at start");
        return Some((mode, message, "set it to `require` or `disable`"));
    }
    let checks = variable(container, "REDIS_SSL_CERT_REQS")?;
    let has_file = variable(container, "REDIS_SSL_CA_CERTS")
        .is_some_and(|file| file.text().is_none_or(|text| !text.is_empty()));
    (checks.text().as_deref() == Some("CERT_REQUIRED") && !has_file).then(|| {
        let message = "the plugin daemon wants `REDIS_SSL_CA_CERTS` with `CERT_REQUIRED`: it exits at start";
        (
            checks,
            message.to_owned(),
            "leave `REDIS_SSL_CERT_REQS` out: the system's certificates are checked then",
        )
    })
}

/// The variable of the api that turns TLS off.
fn disabled<'v, 't>(
    view: &'v View<'_, 't>,
    container: &'v Evaluated<'t>,
) -> Option<(&'v Evaluated<'t>, &'static str, &'v Item<'t>)> {
    let hosts = ["DB_HOST", "PGVECTOR_HOST"];
    let of = |host: &str| forcing(view, variable(container, host));
    // What is said in the URL of the main database wins over the environment.
    let extras = variable(container, "DB_EXTRAS");
    let says = |extras: &Evaluated<'_>| extras.text().is_none_or(|text| text.contains("sslmode="));
    if let Some(extras) = extras
        && extras.text().is_some_and(|text| text.contains("sslmode=disable"))
        && let Some(database) = of("DB_HOST")
    {
        return Some((extras, "DB_EXTRAS", database));
    }
    let mode = variable(container, "PGSSLMODE")?;
    let database =
        hosts.into_iter().filter(|host| *host != "DB_HOST" || !extras.is_some_and(says)).find_map(of)?;
    (mode.text().as_deref() == Some("disable")).then_some((mode, "PGSSLMODE", database))
}

pub(super) fn check(view: &View<'_, '_>, findings: &mut Vec<Diagnostic>) {
    for task in tasks(view) {
        for container in containers(task) {
            let Some((image, _)) = image(task, container) else { continue };
            match image {
                Image::PluginDaemon => {
                    if let Some((value, message, help)) = refused(container) {
                        findings.push(task.finding_at(&RULE, value, message).help(help));
                    }
                    let Some(database) = forcing(view, variable(container, "DB_HOST")) else { continue };
                    let mode = variable(container, "DB_SSL_MODE");
                    let is_open = has_other_variables(container, image)
                        || secret_variable(container, "DB_SSL_MODE").is_some();
                    let plain = match mode {
                        Some(mode) => mode.text().as_deref() == Some("disable"),
                        // Its own default.
                        None => !is_open && variable(container, "DB_EXTRAS").is_none(),
                    };
                    if plain {
                        let message = format!(
                            "the plugin daemon connects without TLS, and `{}` refuses that: it exits at start",
                            database.id
                        );
                        let place = mode.or_else(|| variable(container, "DB_HOST")).unwrap_or(container);
                        findings.push(
                            task.finding_at(&RULE, place, message).help("set `DB_SSL_MODE` to `require`"),
                        );
                    }
                }
                Image::Api => {
                    if let Some((value, name, database)) = disabled(view, container) {
                        let message = format!(
                            "`{name}` turns TLS off, and `{}` refuses connections without it",
                            database.id
                        );
                        findings.push(
                            task.finding_at(&RULE, value, message).help("write `require` for `disable`"),
                        );
                    }
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::validate::wiring::testing::{none, only};

    const VARIABLE: &str = "/ApiTask/Properties/ContainerDefinitions/0/Environment/-";

    fn api(name: &str, value: &str) -> (&'static str, Json) {
        (VARIABLE, json!({"Name": name, "Value": value}))
    }

    /// A plugin daemon in the task of the api, with these variables besides.
    fn daemon(more: &[(&str, &str)]) -> (&'static str, Json) {
        let mut variables = json!([
            {"Name": "DB_HOST", "Value": {"Fn::GetAtt": ["Database", "Endpoint.Address"]}},
            {"Name": "REDIS_HOST", "Value": {"Fn::GetAtt": ["Cache", "PrimaryEndPoint.Address"]}},
            {"Name": "REDIS_USE_SSL", "Value": "true"},
            {"Name": "PLUGIN_REMOTE_INSTALLING_ENABLED", "Value": "false"},
        ]);
        let list = variables.as_array_mut().unwrap();
        list.extend(more.iter().map(|(name, value)| json!({"Name": name, "Value": value})));
        let secret = |name: &str| json!({"Name": name, "ValueFrom": {"Ref": "SecretKey"}});
        let container = json!({
            "Name": "daemon", "Image": "langgenius/dify-plugin-daemon:0.6.10-local", "Environment": variables,
            "Secrets": [secret("SERVER_KEY"), secret("DIFY_INNER_API_KEY")],
        });
        ("/ApiTask/Properties/ContainerDefinitions/-", container)
    }

    fn keys() -> Vec<(&'static str, Json)> {
        let secret = |name: &str| json!({"Name": name, "ValueFrom": {"Ref": "SecretKey"}});
        let list = "/ApiTask/Properties/ContainerDefinitions/0/Secrets/-";
        vec![(list, secret("PLUGIN_DAEMON_KEY")), (list, secret("INNER_API_KEY_FOR_PLUGIN"))]
    }

    fn with(mut changes: Vec<(&'static str, Json)>) -> Vec<(&'static str, Json)> {
        changes.extend(keys());
        changes
    }

    #[test]
    fn a_daemon_without_tls_is_found() {
        let (message, pointer) = only("W064", &with(vec![daemon(&[])]));
        assert!(message.starts_with("the plugin daemon connects without TLS, and `Database`"), "{message}");
        assert_eq!(pointer, "/Resources/ApiTask/Properties/ContainerDefinitions/1/Environment/0/Value");
        only("W064", &with(vec![daemon(&[("DB_SSL_MODE", "disable")])]));
        only("W064", &with(vec![daemon(&[("DB_SSL_MODE", "verify-full")])]));
        let checked = daemon(&[("DB_SSL_MODE", "require"), ("REDIS_SSL_CERT_REQS", "CERT_REQUIRED")]);
        let (message, _) = only("W064", &with(vec![checked]));
        assert!(message.contains("wants `REDIS_SSL_CA_CERTS`"), "{message}");
        none(&with(vec![daemon(&[("DB_SSL_MODE", "require")])]));
    }

    #[test]
    fn what_the_version_does_by_default_counts() {
        let version = |version: &str, family: &str| {
            vec![
                ("/Database/Properties/EngineVersion", json!(version)),
                ("/DatabaseParameters/Properties/Family", json!(family)),
                ("/DatabaseParameters/Properties/Parameters", json!({"log_statement": "none"})),
                daemon(&[]),
            ]
        };
        none(&with(version("16.8", "aurora-postgresql16")));
        only("W064", &with(version("17.4", "aurora-postgresql17")));
    }

    #[test]
    fn an_api_that_turns_it_off_is_found() {
        let (message, _) = only("W064", &[api("DB_EXTRAS", "sslmode=disable")]);
        assert!(message.starts_with("`DB_EXTRAS` turns TLS off"), "{message}");
        only("W064", &[api("PGSSLMODE", "disable")]);
        none(&[api("DB_EXTRAS", "sslmode=require"), api("PGSSLMODE", "disable")]);
        none(&[api("PGSSLMODE", "prefer")]);
    }
}
