//! Proofs that the data of `schemas/dify` parses and agrees with itself. The rest of the room relies on them.

use super::{
    Component, DifyVersion, Image, Kind, VariableStatus, component, equal_keys, image, is_secret, newest,
    oldest_described, private_paths, reads, routes, variable, variables, version,
};

fn newest_dify() -> DifyVersion {
    newest().dify
}

#[test]
fn every_component_and_image_is_described() {
    assert_eq!(component::described(), Component::ALL);
    assert_eq!(image::described(), Image::ALL);
    for image in Image::ALL {
        assert_eq!(serde_json::from_value::<Image>(image.as_str().into()).unwrap(), image);
        assert!(!image.repository().is_empty() && !image.repository().contains(':'), "{image}");
        assert!(!image.architectures().is_empty(), "{image}");
        assert!(variables(image).next().is_some(), "{image}");
    }
}

#[test]
fn what_is_baked_in_is_read_and_can_be_overridden() {
    for image in Image::ALL {
        for (name, _) in image.baked_in() {
            assert!(matches!(variable(image, name), VariableStatus::Known { .. }), "{image} {name}");
        }
    }
}

#[test]
fn components_have_sound_health_checks() {
    for component in Component::ALL {
        if let Some(health) = component.health_path() {
            assert!(component.port().is_some() && health.path.starts_with('/'), "{component}");
            assert!(health.matcher.parse::<u16>().is_ok(), "{component}");
        }
        if let Some(command) = component.health_command() {
            assert!(matches!(command.first().map(String::as_str), Some("CMD" | "CMD-SHELL")), "{component}");
            let port = component.port().unwrap().to_string();
            assert!(command.iter().any(|word| word.contains(&port)), "{component}");
        }
        assert!(component.since() >= oldest_described() && component.since() <= newest_dify(), "{component}");
    }
}

#[test]
fn routes_lead_to_components_that_listen() {
    let all: Vec<_> = routes(newest_dify()).collect();
    for (index, route) in all.iter().enumerate() {
        assert!(route.path.starts_with('/'), "{}", route.path);
        assert!(route.component.port().is_some(), "{}", route.path);
        assert!(route.component.exists_in(route.since), "{} before its component", route.path);
        assert!(!all[..index].iter().any(|other| other.path == route.path), "{} twice", route.path);
        assert_eq!(route.is_default(), index + 1 == all.len(), "the default is last");
        for private in private_paths() {
            assert!(!private.path.starts_with(&route.path) || route.is_default(), "{}", private.path);
        }
    }
}

#[test]
fn holders_of_equal_values_read_them() {
    let mut names = std::collections::BTreeSet::new();
    let mut holders = std::collections::BTreeSet::new();
    for key in equal_keys() {
        assert!(names.insert(&key.name), "{} twice", key.name);
        assert!(!key.holders.is_empty(), "{}", key.name);
        for holder in &key.holders {
            let status = variable(holder.image, &holder.variable);
            let VariableStatus::Known { secret, .. } = status else {
                panic!("{} holds {} as {}: {status:?}", holder.image, key.name, holder.variable)
            };
            assert_eq!(secret, key.kind == Kind::Secret, "{} {}", key.name, holder.variable);
            assert!(holders.insert((holder.image, &holder.variable)), "{} holds two values", holder.variable);
        }
    }
}

#[test]
fn what_is_to_be_used_instead_is_read() {
    for image in Image::ALL {
        for (name, instead) in super::variable::replacements(image) {
            let status = variable(image, instead);
            assert!(matches!(status, VariableStatus::Known { .. }), "{image} {name} → {instead}: {status:?}");
        }
    }
}

#[test]
fn a_name_has_one_status() {
    for image in Image::ALL {
        for name in variables(image) {
            let status = variable(image, name);
            let VariableStatus::Known { since, until, .. } = status else {
                panic!("{image} {name} is listed as read and as {status:?}")
            };
            assert!(since.zip(until).is_none_or(|(since, until)| since < until), "{image} {name}");
        }
    }
}

#[test]
fn versions_parse_and_the_newest_is_a_known_release() {
    for versions in version::all() {
        let dify = versions.dify;
        DifyVersion::parse(&versions.sandbox).unwrap();
        assert_eq!(versions.plugin_daemon.is_some(), Component::PluginDaemon.exists_in(dify), "{dify}");
        if let Some(daemon) = &versions.plugin_daemon {
            assert!(daemon.ends_with("-local") && DifyVersion::parse(daemon).is_ok(), "{daemon}");
        }
        assert!(dify >= oldest_described(), "{dify}");
    }
    assert_eq!(super::released_with(newest_dify()), Some(newest()));
}

/// Variables that the Dify layer sets and that not every version reads, with what the versions of seed 000 (0.7.3),
/// seed 001 (1.4.3, plugin daemon 0.1.2, sandbox 0.2.6) and the newest release do.
const OF_ITS_TIME: [(Image, &str, [bool; 3]); 22] = [
    (Image::Api, "SQLALCHEMY_POOL_PRE_PING", [true, true, true]),
    (Image::Api, "S3_USE_AWS_MANAGED_IAM", [true, true, true]),
    (Image::Api, "GUNICORN_TIMEOUT", [true, true, true]),
    (Image::Api, "MIGRATION_ENABLED", [true, true, true]),
    (Image::Api, "INIT_PASSWORD", [true, true, true]),
    (Image::Api, "PLUGIN_DAEMON_URL", [false, true, true]),
    (Image::Api, "INNER_API_KEY_FOR_PLUGIN", [false, true, true]),
    (Image::Api, "ENDPOINT_URL_TEMPLATE", [false, true, true]),
    (Image::Api, "RESPECT_XFORWARD_HEADERS_ENABLED", [false, true, true]),
    (Image::Api, "SERVER_WORKER_CONNECTIONS", [false, true, true]),
    (Image::Api, "INTERNAL_FILES_URL", [false, false, true]),
    (Image::Api, "TRIGGER_URL", [false, false, true]),
    (Image::Api, "DB_TYPE", [false, false, true]),
    (Image::Api, "REDIS_SSL_CERT_REQS", [false, false, true]),
    (Image::Api, "LOG_OUTPUT_FORMAT", [false, false, true]),
    (Image::Api, "ENABLE_COLLABORATION_MODE", [false, false, true]),
    (Image::Web, "HOSTNAME", [true, true, true]),
    (Image::Web, "CONSOLE_API_URL", [true, true, true]),
    (Image::Web, "SERVER_CONSOLE_API_URL", [false, false, true]),
    (Image::Web, "NEXT_PUBLIC_ENABLE_AGENT_V2", [false, false, true]),
    (Image::Web, "NEXT_PUBLIC_SOCKET_URL", [false, false, true]),
    (Image::Web, "MARKETPLACE_ENABLED", [false, false, true]),
];

#[test]
fn each_version_is_given_what_it_reads() {
    let versions = [DifyVersion::new(0, 7, 3), DifyVersion::new(1, 4, 3), newest_dify()];
    for (image, name, expected) in OF_ITS_TIME {
        assert_eq!(versions.map(|version| reads(image, name, version)), expected, "{image} {name}");
    }
}

#[test]
fn the_plugin_daemon_of_seed_001_reads_what_keeps_its_plugins() {
    let read = |name| reads(Image::PluginDaemon, name, DifyVersion::new(0, 1, 2));
    for name in ["PLUGIN_STORAGE_TYPE", "PLUGIN_STORAGE_OSS_BUCKET", "AWS_REGION", "S3_USE_AWS_MANAGED_IAM"] {
        assert!(read(name), "{name}");
    }
    for name in
        ["DB_DATABASE", "DB_SSL_MODE", "DB_MAX_OPEN_CONNS", "REDIS_USE_SSL", "FORCE_VERIFYING_SIGNATURE"]
    {
        assert!(read(name), "{name}");
    }
    for name in ["S3_USE_AWS", "LOG_OUTPUT_FORMAT", "REDIS_SSL_CERT_REQS", "PIP_MIRROR_AUTO_DETECT"] {
        assert!(!read(name), "{name}");
    }
}

#[test]
fn both_ends_of_a_secret_keep_it_secret() {
    for name in
        ["SECRET_KEY", "INNER_API_KEY_FOR_PLUGIN", "DIFY_INNER_API_KEY", "SERVER_KEY", "SHELLCTL_AUTH_TOKEN"]
    {
        assert!(is_secret(name), "{name}");
    }
    assert!(matches!(variable(Image::Web, "SENTRY_DSN"), VariableStatus::Known { secret: false, .. }));
}
