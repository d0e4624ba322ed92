//! Variables: only those that an image reads, and all that it must have.

use std::collections::BTreeSet;

use dify_cfn::catalog::Component::{self, Api, Beat, PluginDaemon, Sandbox, Web, Websocket, Worker};
use dify_cfn::catalog::{DifyVersion, Image, VariableStatus, reads, variable};
use dify_cfn::config::model::Variable;

use crate::shipped::{Shipped, each};
use crate::view::{Container, View};

/// Every name, plain and secret.
fn names(container: &Container<'_>) -> BTreeSet<String> {
    container.environment().into_keys().chain(container.secrets().into_keys()).collect()
}

/// What the configuration itself says of a component's variables: set, and taken away.
fn of_the_user(shipped: &Shipped, component: Component) -> (BTreeSet<String>, BTreeSet<String>) {
    let config = shipped.config();
    let mut set = BTreeSet::new();
    for (name, own) in &config.environment {
        let components: &[Component] = match own {
            Variable::Plain(_) => &[],
            Variable::For(one) => &one.components,
        };
        let is_backend = matches!(component, Api | Worker | Beat | Websocket);
        if if components.is_empty() { is_backend } else { components.contains(&component) } {
            set.insert(name.clone());
        }
    }
    let mut taken = BTreeSet::new();
    for (name, source) in &config.component(component).environment {
        if source.is_some() {
            set.insert(name.clone())
        } else {
            taken.insert(name.clone())
        };
    }
    (set, taken)
}

#[test]
fn every_variable_is_one_that_the_image_reads_at_its_version() {
    each(|shipped| {
        let view = View::new(shipped, &[]);
        let mut complaints = Vec::new();
        for container in view.containers() {
            let component = container.component.unwrap_or(Beat);
            let image = component.image();
            if image == Image::SsrfProxy {
                continue; // no version of it is known
            }
            let (own, _) = of_the_user(shipped, component);
            for name in names(&container).difference(&own) {
                let is_known =
                    matches!(variable(image, name), VariableStatus::Known { .. } | VariableStatus::Wildcard);
                if !is_known || !reads(image, name, shipped.version(image)) {
                    complaints.push(format!("{} doesn't read {name}", container.name()));
                }
            }
        }
        complaints
    });
}

/// What a backend doesn't start without, or starts wrong.
const BACKEND: [&str; 16] = [
    "CELERY_BROKER_URL",
    "DB_DATABASE",
    "DB_HOST",
    "DB_PASSWORD",
    "DB_PORT",
    "DB_USERNAME",
    "MODE",
    "REDIS_DB",
    "REDIS_HOST",
    "REDIS_PASSWORD",
    "REDIS_PORT",
    "REDIS_USE_SSL",
    "S3_BUCKET_NAME",
    "S3_REGION",
    "SECRET_KEY",
    "STORAGE_TYPE",
];

/// What all but the migration share with the others: the database's connections.
const POOLS: [&str; 2] = ["SQLALCHEMY_MAX_OVERFLOW", "SQLALCHEMY_POOL_SIZE"];

/// What whoever searches knowledge bases needs besides.
const SEARCHING: [&str; 6] = [
    "PGVECTOR_DATABASE",
    "PGVECTOR_HOST",
    "PGVECTOR_PASSWORD",
    "PGVECTOR_PORT",
    "PGVECTOR_USER",
    "VECTOR_STORE",
];

/// What whoever answers, or works for those who ask, needs besides.
const SERVING: [&str; 4] = ["APP_WEB_URL", "CONSOLE_API_URL", "CONSOLE_WEB_URL", "FILES_URL"];

/// What calls to the plugin daemon need.
const PLUGINS: [&str; 5] = [
    "ENDPOINT_URL_TEMPLATE",
    "INNER_API_KEY_FOR_PLUGIN",
    "PLUGIN_DAEMON_KEY",
    "PLUGIN_DAEMON_URL",
    "PLUGIN_MAX_PACKAGE_SIZE",
];

/// What the plugin daemon exits without, and where its storage is.
const PLUGIN_DAEMON: [&str; 17] = [
    "AWS_REGION",
    "DB_DATABASE",
    "DB_HOST",
    "DB_PASSWORD",
    "DB_PORT",
    "DB_SSL_MODE",
    "DB_USERNAME",
    "DIFY_INNER_API_KEY",
    "DIFY_INNER_API_URL",
    "PLUGIN_STORAGE_OSS_BUCKET",
    "PLUGIN_STORAGE_TYPE",
    "PLUGIN_WORKING_PATH",
    "REDIS_HOST",
    "REDIS_PASSWORD",
    "REDIS_PORT",
    "REDIS_USE_SSL",
    "SERVER_KEY",
];

fn required(shipped: &Shipped, component: Component) -> BTreeSet<&'static str> {
    let mut all = BTreeSet::new();
    match component {
        Api | Worker | Beat | Websocket => {
            all.extend(BACKEND);
            all.extend(POOLS);
            if component != Beat {
                all.extend(SERVING);
            }
            if matches!(component, Api | Worker) {
                all.extend(SEARCHING);
                all.insert("INTERNAL_FILES_URL");
                if shipped.has(PluginDaemon) {
                    all.extend(PLUGINS);
                }
                if shipped.has(Sandbox) {
                    all.extend(["CODE_EXECUTION_ENDPOINT", "CODE_EXECUTION_API_KEY"]);
                }
                if shipped.config().mail.is_some() {
                    all.extend([
                        "MAIL_TYPE",
                        "MAIL_DEFAULT_SEND_FROM",
                        "SMTP_SERVER",
                        "SMTP_PORT",
                        "SMTP_PASSWORD",
                    ]);
                }
            }
            match component {
                Api => all.extend([
                    "INIT_PASSWORD",
                    "SERVICE_API_URL",
                    "TRIGGER_URL",
                    "SERVER_WORKER_CONNECTIONS",
                ]),
                Worker => all.extend(["CELERY_WORKER_AMOUNT"]),
                Websocket => all.extend(["SERVER_WORKER_CLASS", "SERVER_WORKER_CONNECTIONS"]),
                _ => {}
            }
            if shipped.is_closed() {
                // Beat's schedule follows from it, as the tasks do that the worker knows.
                all.insert("MARKETPLACE_ENABLED");
            }
        }
        PluginDaemon => all.extend(PLUGIN_DAEMON),
        Sandbox => all.extend(["API_KEY", "ENABLE_NETWORK", "GIN_MODE"]),
        Web => all.extend(["APP_API_URL", "CONSOLE_API_URL", "HOSTNAME"]),
        Component::SsrfProxy => {}
    }
    all
}

#[test]
fn every_container_has_what_it_must_have() {
    each(|shipped| {
        let view = View::new(shipped, &[]);
        let is_ssm = shipped.config().secrets.backend == dify_cfn::config::model::SecretsBackend::Ssm;
        let mut complaints = Vec::new();
        for container in view.containers() {
            let component = container.component.unwrap_or(Beat);
            let (_, taken) = of_the_user(shipped, component);
            let names = names(&container);
            for name in required(shipped, component) {
                let is_elsewhere = match name {
                    // Put together in the command; the migration queues nothing.
                    "CELERY_BROKER_URL" => is_ssm || container.component.is_none(),
                    // The migration has neither a schedule nor connections to share.
                    "MODE" | "MARKETPLACE_ENABLED" => container.component.is_none(),
                    pool if POOLS.contains(&pool) => container.component.is_none(),
                    _ => !reads(component.image(), name, shipped.version(component.image())),
                };
                if !is_elsewhere && !names.contains(name) && !taken.contains(name) {
                    complaints.push(format!("{} has no {name}", container.name()));
                }
            }
        }
        complaints
    });
}

#[test]
fn only_who_opens_a_path_gets_what_is_told_along_it() {
    // By holder, as the facts list them; beat only fills the queue, and collaboration needs database and cache alone.
    const CALLERS: [Component; 2] = [Api, Worker];
    const OF_CALLERS: [&str; 6] = [
        "CODE_EXECUTION_API_KEY",
        "CODE_EXECUTION_ENDPOINT",
        "INNER_API_KEY_FOR_PLUGIN",
        "PLUGIN_DAEMON_KEY",
        "SMTP_PASSWORD",
        "SSRF_PROXY_HTTP_URL",
    ];
    each(|shipped| {
        let view = View::new(shipped, &[]);
        let mut complaints = Vec::new();
        for container in view.containers() {
            if container.component.is_some_and(|component| CALLERS.contains(&component)) {
                continue;
            }
            for name in names(&container).iter().filter(|name| OF_CALLERS.contains(&name.as_str())) {
                complaints.push(format!("{} has {name}", container.name()));
            }
        }
        complaints
    });
}

#[test]
fn file_links_lead_to_the_api_from_wherever_they_are_opened() {
    let link = |stack: &str, component: Component| {
        let view = View::new(crate::shipped::one(stack), &[]);
        view.container(component).and_then(|container| container.environment().remove("INTERNAL_FILES_URL"))
    };
    let named = |name: &str| Some(format!("http://{name}.${{AWS::StackName}}.internal:5001"));
    let local = Some("http://localhost:5001".to_owned());
    assert_eq!(link("default/dev", Api), named("api"));
    assert_eq!(link("default/dev", Worker), named("api"));
    assert_eq!((link("layouts/single", Api), link("layouts/single", Worker)), (local.clone(), local.clone()));
    // The api's links are opened beside it, by itself and by the plugin daemon; the worker opens its own elsewhere.
    assert_eq!(link("layouts/pair", Api), local);
    assert_eq!(link("layouts/pair", Worker), named("back"));
}

#[test]
fn collaboration_speaks_web_sockets_whatever_the_images_default() {
    let view = View::new(crate::shipped::one("production/full"), &[]);
    let environment = view.container(Websocket).unwrap().environment();
    assert_eq!(environment["SERVER_WORKER_CLASS"], "geventwebsocket.gunicorn.workers.GeventWebSocketWorker");
    assert_eq!(environment["SERVER_WORKER_CONNECTIONS"], "1000");
    assert_eq!(environment["ENABLE_COLLABORATION_MODE"], "true");
}

#[test]
fn a_worker_works_on_as_much_at_once_as_its_size_allows() {
    let amount = |stack: &str| {
        let view = View::new(crate::shipped::one(stack), &[]);
        view.container(Worker).unwrap().environment().remove("CELERY_WORKER_AMOUNT")
    };
    assert_eq!(amount("default/dev").as_deref(), Some("4"));
    assert_eq!(amount("layouts/single").as_deref(), Some("4"));
}

#[test]
fn settings_that_must_agree_do() {
    each(|shipped| {
        let view = View::new(shipped, &[]);
        let mut complaints = Vec::new();
        let value = |component: Component, name: &str| {
            view.container(component).and_then(|container| container.environment().remove(name))
        };
        // api, worker, beat and websocket share database, cache and storage.
        for name in BACKEND.iter().filter(|name| **name != "MODE") {
            let values: BTreeSet<String> = [Api, Worker, Beat, Websocket]
                .into_iter()
                .filter_map(|component| value(component, name))
                .collect();
            if values.len() > 1 {
                complaints.push(format!("{name}: {values:?}"));
            }
        }
        let sizes: BTreeSet<String> =
            [value(Api, "PLUGIN_MAX_PACKAGE_SIZE"), value(PluginDaemon, "MAX_PLUGIN_PACKAGE_SIZE")]
                .into_iter()
                .flatten()
                .collect();
        if sizes.len() > 1 {
            complaints.push(format!("largest plugin package: {sizes:?}"));
        }
        // The plugin daemon has a database of its own.
        if value(Api, "DB_DATABASE").is_some()
            && value(Api, "DB_DATABASE") == value(PluginDaemon, "DB_DATABASE")
        {
            complaints.push("api and plugin daemon share a database".to_owned());
        }
        let fixed = [
            (Api, "DB_PORT", "5432"),
            (Api, "PGVECTOR_PORT", "5432"),
            (Api, "REDIS_USE_SSL", "true"),
            (Api, "STORAGE_TYPE", "s3"),
            (Api, "VECTOR_STORE", "pgvector"),
            (Web, "HOSTNAME", "0.0.0.0"),
            (PluginDaemon, "DB_SSL_MODE", "require"),
            (PluginDaemon, "PLUGIN_STORAGE_TYPE", "aws_s3"),
            (PluginDaemon, "FORCE_VERIFYING_SIGNATURE", "true"),
        ];
        for (component, name, expected) in fixed {
            let (own, _) = of_the_user(shipped, component);
            if let Some(found) =
                value(component, name).filter(|found| found != expected && !own.contains(name))
            {
                complaints.push(format!("{component}: {name} is {found}, not {expected}"));
            }
        }
        // The plugin daemon exits on CERT_REQUIRED without a file.
        if value(PluginDaemon, "REDIS_SSL_CERT_REQS").is_some() {
            complaints.push("the plugin daemon must not have REDIS_SSL_CERT_REQS".to_owned());
        }
        complaints
    });
}

#[test]
fn public_addresses_are_https_exactly_where_there_is_a_certificate() {
    const ADDRESSES: [&str; 8] = [
        "APP_API_URL",
        "APP_WEB_URL",
        "CONSOLE_API_URL",
        "CONSOLE_WEB_URL",
        "ENDPOINT_URL_TEMPLATE",
        "FILES_URL",
        "SERVICE_API_URL",
        "TRIGGER_URL",
    ];
    each(|shipped| {
        let mut complaints = Vec::new();
        for parameters in crate::view::fillings() {
            let view = View::new(shipped, &parameters);
            let given =
                |name: &str| parameters.iter().find(|(given, _)| *given == name).map(|(_, value)| *value);
            let configured = shipped.config().ingress.domain_name.as_deref();
            let has_domain_parameter = shipped.json["Parameters"].get("DomainName").is_some();
            let name = given("DomainName").filter(|_| has_domain_parameter).or(configured);
            let host = name.unwrap_or("${LoadBalancer.DNSName}");
            let scheme = if view.has("ListenerHttps") { "https" } else { "http" };
            let address = format!("{scheme}://{host}");
            let mut expect = |what: String, found: &str, expected: &str| {
                if found != expected {
                    complaints.push(format!("{what} is {found}, not {expected}"));
                }
            };
            for container in view.containers() {
                let (own, _) = of_the_user(shipped, container.component.unwrap_or(Beat));
                for (variable, value) in container.environment() {
                    if own.contains(&variable) {
                        continue;
                    }
                    if ADDRESSES.contains(&variable.as_str()) {
                        let expected = if variable == "ENDPOINT_URL_TEMPLATE" {
                            format!("{address}/e/{{hook_id}}")
                        } else {
                            address.clone()
                        };
                        expect(format!("{variable} of {}", container.name()), &value, &expected);
                    }
                    if variable == "NEXT_PUBLIC_SOCKET_URL" {
                        expect(variable, &value, &address.replacen("http", "ws", 1));
                    }
                }
            }
            let url = view.resolved.outputs["Url"]["Value"].as_str().unwrap_or_default();
            expect("the output".to_owned(), url, &address);
        }
        complaints
    });
}

#[test]
fn an_old_version_is_not_given_what_came_later() {
    let old = crate::shipped::one("seed-000/dev");
    assert!(old.version(Image::Api) < DifyVersion::parse("1.0.0").unwrap());
    let view = View::new(old, &[]);
    let api = view.container(Api).unwrap();
    for name in ["TRIGGER_URL", "ENDPOINT_URL_TEMPLATE", "PLUGIN_DAEMON_URL", "ENABLE_COLLABORATION_MODE"] {
        assert!(!api.environment().contains_key(name), "{name}");
    }
}
