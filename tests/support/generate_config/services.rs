//! Layouts, services, components and their variables, which have to fit each other.

use serde_json::{Value as Json, json};

use super::sections::source;
use super::{Choices, Place, Section};

/// The services of a layout if everything was on.
fn services_of(layout: &Json) -> Vec<(String, Vec<&'static str>)> {
    let named = |services: &[(&str, &[&'static str])]| {
        services.iter().map(|(name, components)| ((*name).to_owned(), components.to_vec())).collect()
    };
    match layout.as_str() {
        Some("single-task") => named(&[
            ("app", &["web", "api", "worker", "plugin_daemon", "sandbox"]),
            ("beat", &["beat"]),
            ("websocket", &["websocket"]),
            ("ssrf_proxy", &["ssrf_proxy"]),
        ]),
        Some("sidecar") => named(&[
            ("web", &["web"]),
            ("api", &["api", "sandbox"]),
            ("worker", &["worker"]),
            ("plugin_daemon", &["plugin_daemon"]),
            ("beat", &["beat"]),
            ("websocket", &["websocket"]),
            ("ssrf_proxy", &["ssrf_proxy"]),
        ]),
        _ => match layout.as_object() {
            Some(services) => services
                .iter()
                .map(|(name, components)| {
                    let is_in = |component: &&&str| {
                        components.as_array().is_some_and(|all| all.contains(&json!(component)))
                    };
                    (name.clone(), COMPONENTS.iter().filter(is_in).copied().collect())
                })
                .collect(),
            None => COMPONENTS.iter().map(|component| ((*component).to_owned(), vec![*component])).collect(),
        },
    }
}

pub(super) const COMPONENTS: [&str; 8] =
    ["web", "api", "worker", "beat", "plugin_daemon", "sandbox", "websocket", "ssrf_proxy"];

pub(super) fn layout_and_services(c: &mut Choices<'_>, place: &Place) -> Section {
    let mut keys = Section::default();
    let layout = match c.below(5) {
        0 => Json::Null,
        1 => json!("distributed"),
        2 => json!("sidecar"),
        3 => json!("single-task"),
        _ => custom_layout(c),
    };
    if !layout.is_null() {
        keys.set("layout", layout.clone());
    }
    let services = services_of(&layout);
    let mut settings = Section::default();
    let mut components = Section::default();
    for (name, placed) in &services {
        if c.chance() {
            settings.set(name, service(c, placed));
        }
        for (index, component) in placed.iter().enumerate() {
            let must_have_image = *component == "ssrf_proxy" && layout.is_object();
            if must_have_image || c.chance() {
                let is_on = |other: &&&str| {
                    let settings = components.0.get(**other);
                    settings.and_then(|settings| settings.get("enabled")) != Some(&json!(false))
                };
                let before: Vec<&str> = placed[..index].iter().filter(is_on).copied().collect();
                let settings =
                    component_settings(c, place, component, &before, layout.is_object(), &components);
                components.set(component, settings);
            }
        }
    }
    if !settings.0.is_empty() {
        keys.set("services", settings.done());
    }
    if !components.0.is_empty() {
        keys.set("components", components.done());
    }
    keys.maybe_with(c, "environment", |c| variables(c, place));
    keys
}

/// Components dealt to services of one's own.
fn custom_layout(c: &mut Choices<'_>) -> Json {
    let mut services = Section::default();
    let names = ["front", "back-end", "rest_1"];
    let mut dealt: Vec<Vec<&str>> = vec![Vec::new(); names.len()];
    for component in COMPONENTS {
        let to = c.below(names.len() + 1);
        if to < names.len() {
            dealt[to].push(component);
        }
    }
    if dealt.iter().all(Vec::is_empty) {
        dealt[0].push("web");
    }
    for (name, components) in names.iter().zip(dealt) {
        if !components.is_empty() {
            services.set(name, components);
        }
    }
    services.done()
}

fn service(c: &mut Choices<'_>, placed: &[&str]) -> Json {
    let has = |component: &str| placed.contains(&component);
    let mut service = Section::default();
    let (cpu, memory) =
        c.of(&[(1024, 2048), (256, 512), (512, 4096), (4096, 30720), (8192, 20480), (16384, 122_880)]);
    match c.below(4) {
        0 => {}
        1 => service.set("cpu", cpu),
        2 => service.set("memory", memory),
        _ => {
            service.set("cpu", cpu);
            service.set("memory", memory);
        }
    }
    if has("beat") || has("plugin_daemon") {
        service.maybe(c, "min_tasks", &[json!(1)]);
        service.maybe(c, "max_tasks", &[json!(1)]);
    } else {
        let least = c.below(4);
        service.maybe(c, "min_tasks", &[json!(least)]);
        service.maybe(c, "max_tasks", &[json!(least.max(1)), json!(least + 8)]);
        service.maybe(c, "spot_weight", &[json!(0), json!(3)]);
        service.maybe(c, "on_demand_base", &[json!(0), json!(1)]);
    }
    service.maybe(c, "cpu_target", &[json!(50), json!(100)]);
    service.maybe(c, "memory_target", &[json!(50), json!(100)]);
    service.maybe(c, "exec", &[json!(!has("web") && !has("sandbox")), json!(false)]);
    service.maybe(c, "ephemeral_storage_gib", &[json!(21), json!(200)]);
    service.maybe(c, "health_check_grace_seconds", &[json!(0), json!(600)]);
    if has("beat") {
        service.maybe(c, "minimum_healthy_percent", &[json!(0)]);
        service.maybe(c, "maximum_percent", &[json!(100)]);
    } else {
        service.maybe(c, "minimum_healthy_percent", &[json!(0), json!(50)]);
        service.maybe(c, "maximum_percent", &[json!(150), json!(200)]);
    }
    service.done()
}

fn component_settings(
    c: &mut Choices<'_>,
    place: &Place,
    component: &str,
    before: &[&str],
    is_custom: bool,
    others: &Section,
) -> Json {
    let mut settings = Section::default();
    let is_proxy = component == "ssrf_proxy";
    settings.maybe(c, "enabled", &[json!(true), json!(is_custom), Json::Null]);
    let mut image = Section::default();
    if is_proxy || c.chance() {
        image.set("repository", c.of(&["acme/image", "acme/nested/image-2"]));
    }
    image.maybe(c, "tag", &[json!("1.0"), Json::Null]);
    image.maybe(
        c,
        "registry",
        &[format!("123456789012.dkr.ecr.{}.amazonaws.com", place.region).into(), Json::Null],
    );
    image.maybe(c, "credentials", &[place.arn("secretsmanager", "secret:own-AbCdEf"), Json::Null]);
    if !image.0.is_empty() {
        settings.set("image", image.done());
    }
    settings.maybe_with(c, "environment", |c| {
        let mut own = Section::default();
        own.maybe(c, "LOG_LEVEL", &[json!("DEBUG"), json!(true), json!(5), json!(0.5), Json::Null]);
        own.maybe_with(c, "TOKEN", |c| source(c, place));
        own.done()
    });
    settings.maybe(c, "entry_point", &[json!(["/bin/sh", "-c"]), Json::Null]);
    settings.maybe(c, "command", &[json!(["start", "it's \"quoted\"", "tab\t"]), Json::Null]);
    settings.maybe_with(c, "health_check", |c| {
        if c.chance() {
            return Json::Null;
        }
        let mut check = Section::default();
        let command = json!("curl -f http://localhost/health || exit 1");
        if ["worker", "beat"].contains(&component) {
            // They have no check of their own.
            check.set("command", command);
        } else {
            check.maybe(c, "command", &[command]);
        }
        check.maybe(c, "interval_seconds", &[json!(5), json!(300)]);
        check.maybe(c, "timeout_seconds", &[json!(2), json!(60)]);
        check.maybe(c, "retries", &[json!(1), json!(10)]);
        check.maybe(c, "start_period_seconds", &[json!(0), json!(300)]);
        check.done()
    });
    settings.maybe_with(c, "target_group", |c| {
        let mut group = Section::default();
        group.maybe(c, "path", &[json!("/health/check")]);
        group.maybe(c, "matcher", &[json!("200"), json!("200-399"), json!("200,302")]);
        group.maybe(c, "interval_seconds", &[json!(30), json!(300)]);
        group.maybe(c, "timeout_seconds", &[json!(2), json!(29)]);
        group.maybe(c, "healthy_threshold", &[json!(2), json!(10)]);
        group.maybe(c, "unhealthy_threshold", &[json!(2), json!(10)]);
        group.maybe(c, "deregistration_delay_seconds", &[json!(0), json!(3600)]);
        group.done()
    });
    settings.maybe(c, "cpu", &[json!(0), json!(32)]);
    settings.maybe(c, "memory", &[json!(6), json!(64)]);
    // The first that runs stays essential.
    if !before.is_empty() {
        settings.maybe(c, "essential", &[json!(false), json!(true)]);
    }
    settings.maybe_with(c, "depends_on", |c| {
        let mut depends_on = Section::default();
        for other in c.some(before) {
            let other_settings = others.0.get(other);
            let get = |key: &str| other_settings.and_then(|settings| settings.get(key));
            let mut conditions = vec![json!("START")];
            if get("health_check") != Some(&Json::Null) {
                conditions.push(json!("HEALTHY"));
            }
            if get("essential") == Some(&json!(false)) {
                conditions.extend([json!("COMPLETE"), json!("SUCCESS")]);
            }
            depends_on.set(other, c.of(&conditions));
        }
        depends_on.done()
    });
    settings.maybe(c, "stop_timeout_seconds", &[json!(0), json!(120)]);
    settings.maybe(c, "init_process", &[json!(true), json!(false)]);
    settings.done()
}

fn variables(c: &mut Choices<'_>, place: &Place) -> Json {
    let mut variables = Section::default();
    variables.maybe(c, "TEXT", &[json!("a: b # c"), json!("no"), json!(""), json!("größe"), json!("1.10")]);
    variables.maybe(c, "OTHER", &[json!(false), json!(8080), json!(-0.25)]);
    variables.maybe_with(c, "SECRET", |c| source(c, place));
    variables.maybe_with(c, "CHOSEN", |c| {
        let mut chosen = match c.below(3) {
            0 => Section([("value".to_owned(), json!("x"))].into_iter().collect()),
            _ => match source(c, place) {
                Json::Object(source) => Section(source),
                _ => Section::default(),
            },
        };
        let components = c.some(&COMPONENTS);
        // An empty list is refused.
        if !components.is_empty() {
            chosen.maybe(c, "components", &[json!(components)]);
        }
        chosen.done()
    });
    variables.done()
}
