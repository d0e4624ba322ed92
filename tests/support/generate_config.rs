//! Generates configurations that are accepted, and that together set every key of the schema.
//!
//! Everything is decided by a list of numbers, so that proptest can shrink it: zeros and a shorter list make a simpler
//! configuration, and no number at all makes an empty one. Include it with `#[path]` in any test.

#![allow(dead_code, reason = "not every test that includes it uses all of it")]

use proptest::collection::vec;
use proptest::prelude::{Strategy, any};
use serde_json::{Map, Value as Json, json};

/// Configurations as values, from the simplest on.
pub(crate) fn configurations() -> impl Strategy<Value = Json> {
    vec(any::<u32>(), 0..600).prop_map(|numbers| configuration(&mut Choices::new(&numbers)))
}

/// A context file with the ids of every network that a generated configuration looks up.
pub(crate) fn context() -> String {
    let found = json!({
        "lookup": {
            "vpc_name": "main",
            "public_subnet_names": ["public-*"],
            "private_subnet_names": ["private-a", "private-c"],
        },
        "vpc_id": "vpc-0a1b2c3d4e5f60001",
        "vpc_cidr": "10.0.0.0/16",
        "public_subnet_ids": ["subnet-0a1b2c3d4e5f60011", "subnet-0a1b2c3d4e5f60012"],
        "private_subnet_ids": ["subnet-0a1b2c3d4e5f60021", "subnet-0a1b2c3d4e5f60022"],
    });
    let mut stacks = Map::new();
    for name in NAMES {
        for environment in ENVIRONMENTS {
            stacks.insert(format!("{name}-{environment}"), found.clone());
        }
    }
    json!({ "version": 1, "stacks": stacks }).to_string()
}

const NAMES: [&str; 2] = ["dify", "chat-2"];
const ENVIRONMENTS: [&str; 3] = ["dev", "tst-1", "prd"];

/// Numbers that decide.
pub(crate) struct Choices<'a> {
    rest: std::slice::Iter<'a, u32>,
}

impl<'a> Choices<'a> {
    pub(crate) fn new(numbers: &'a [u32]) -> Self {
        Self { rest: numbers.iter() }
    }

    /// One of `0..n`; 0 when the numbers are used up.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.rest.next().map_or(0, |number| *number as usize % n.max(1))
    }

    /// Whether something is there at all.
    fn chance(&mut self) -> bool {
        self.below(5) >= 3
    }

    pub(crate) fn of<T: Clone>(&mut self, values: &[T]) -> T {
        values[self.below(values.len())].clone()
    }

    /// A few of the values, in their order.
    fn some<T: Clone>(&mut self, values: &[T]) -> Vec<T> {
        values.iter().filter(|_| self.chance()).cloned().collect()
    }
}

/// A map in the making.
#[derive(Default)]
struct Section(Map<String, Json>);

impl Section {
    /// Sets a key to one of some values, or leaves it out.
    fn maybe(&mut self, c: &mut Choices<'_>, key: &str, values: &[Json]) {
        if c.chance() {
            let value = c.of(values);
            self.set(key, value);
        }
    }

    fn set(&mut self, key: &str, value: impl Into<Json>) {
        self.0.insert(key.to_owned(), value.into());
    }

    /// Sets a key to what `value` makes, or leaves it out.
    fn maybe_with(&mut self, c: &mut Choices<'_>, key: &str, value: impl FnOnce(&mut Choices<'_>) -> Json) {
        if c.chance() {
            let value = value(c);
            self.set(key, value);
        }
    }

    fn done(self) -> Json {
        Json::Object(self.0)
    }
}

/// Where the stack is, which every ARN has to agree with.
struct Place {
    region: &'static str,
    account: &'static str,
}

impl Place {
    fn arn(&self, service: &str, resource: &str) -> Json {
        format!("arn:aws:{service}:{}:{}:{resource}", self.region, self.account).into()
    }
}

/// A configuration that is accepted.
pub(crate) fn configuration(c: &mut Choices<'_>) -> Json {
    let place = Place {
        region: c.of(&["us-east-1", "ap-northeast-1"]),
        account: c.of(&["123456789012", "012345678901"]),
    };
    let mut top = Section::default();
    top.maybe(c, "name", &NAMES.map(Json::from));
    top.maybe(c, "region", &[json!(place.region)]);
    top.maybe(c, "account", &[json!(place.account)]);
    let count = c.below(4);
    let mut environments: Vec<(String, Section)> =
        ENVIRONMENTS[..count].iter().map(|name| ((*name).to_owned(), Section::default())).collect();
    for (_, environment) in &mut environments {
        environment.maybe(c, "region", &[json!(place.region), Json::Null]);
        environment.maybe(c, "account", &[json!(place.account), Json::Null]);
    }
    // What depends on each other stands together, at the top or in each environment.
    for group in [profile_and_ingress, layout_and_services, network_and_images, database_and_secrets] {
        if environments.is_empty() || c.chance() {
            put(&mut top, group(c, &place));
        } else {
            for (_, environment) in &mut environments {
                put(environment, group(c, &place));
            }
        }
    }
    // The rest may stand anywhere.
    let mut everywhere: Vec<&mut Section> = vec![&mut top];
    everywhere.extend(environments.iter_mut().map(|(_, environment)| environment));
    for section in everywhere {
        if c.chance() {
            let rest = rest(c, &place);
            put(section, rest);
        }
    }
    if !environments.is_empty() {
        let mut sections = Section::default();
        for (name, section) in environments {
            let is_nothing = section.0.is_empty() && c.chance();
            sections.set(&name, if is_nothing { Json::Null } else { section.done() });
        }
        top.set("environments", sections.done());
    }
    top.done()
}

fn put(section: &mut Section, keys: Section) {
    section.0.extend(keys.0);
}

fn profile_and_ingress(c: &mut Choices<'_>, place: &Place) -> Section {
    let mut keys = Section::default();
    let is_production = c.chance();
    if is_production || c.chance() {
        keys.set("profile", if is_production { "production" } else { "development" });
    }
    let mut ingress = Section::default();
    ingress.maybe(c, "scheme", &[json!("internet-facing")]);
    ingress.maybe(
        c,
        "allowed_cidrs",
        &[json!([]), json!(["203.0.113.0/24", "2001:db8::/32"]), json!(["0.0.0.0/0"])],
    );
    let names = if is_production { 1 + c.below(3) } else { c.below(4) };
    if names & 1 == 1 {
        ingress.set("domain_name", "dify.example.com");
        ingress.set("hosted_zone_id", "Z0123456789ABC");
    }
    if names & 2 == 2 {
        ingress.set("certificate_arn", place.arn("acm", "certificate/0a1b2c3d-0000-4000-8000-000000000001"));
    }
    ingress.maybe(c, "ssl_policy", &[json!("ELBSecurityPolicy-TLS13-1-2-2021-06")]);
    ingress.maybe(c, "idle_timeout_seconds", &[json!(1), json!(4000)]);
    ingress.maybe_with(c, "access_logs", |c| {
        let mut logs = Section::default();
        logs.set("bucket", "acme-logs");
        logs.maybe(c, "prefix", &[json!("dify"), Json::Null]);
        logs.done()
    });
    ingress.maybe(c, "deletion_protection", &[json!(true), json!(false)]);
    ingress.maybe(c, "drop_invalid_headers", &[json!(true), json!(false)]);
    if !ingress.0.is_empty() {
        keys.set("ingress", ingress.done());
    }
    keys.maybe_with(c, "cache", |c| cache(c, is_production));
    keys
}

fn cache(c: &mut Choices<'_>, is_production: bool) -> Json {
    let mut cache = Section::default();
    if c.chance() {
        let (engine, versions) = c.of(&[("valkey", ["7.2", "8.1", "9.1"]), ("redis", ["7.1", "7.1", "7.1"])]);
        cache.set("engine", engine);
        cache.maybe(c, "engine_version", &versions.map(Json::from));
    }
    cache.maybe(c, "node_type", &[json!("cache.t4g.small"), json!("cache.r7g.large")]);
    match c.below(4) {
        0 => {}
        1 => {
            cache.set("nodes", 1);
            cache.set("automatic_failover", false);
        }
        2 => {
            cache.set("nodes", 2 + c.below(5));
            cache.set("automatic_failover", true);
        }
        _ if is_production => cache.set("nodes", 2 + c.below(5)),
        _ => cache.set("nodes", 1 + c.below(6)),
    }
    cache.maybe(c, "snapshot_retention_days", &[json!(0), json!(35)]);
    cache.maybe(c, "snapshot_window", &[json!("01:00-02:00")]);
    cache.maybe(c, "maintenance_window", &[json!("sun:04:00-sun:05:00"), json!("Sun:23:30-Mon:00:30")]);
    cache.maybe(c, "parameters", &[json!({}), json!({"maxmemory-policy": "allkeys-lru"})]);
    cache.maybe(c, "broker_database", &[json!(0), json!(15)]);
    cache.maybe(c, "verify_certificate", &[json!(true), json!(false)]);
    cache.maybe(c, "slow_log", &[json!(true), json!(false)]);
    cache.done()
}

fn network_and_images(c: &mut Choices<'_>, place: &Place) -> Section {
    const PUBLIC: [&str; 2] = ["subnet-0a1b2c3d4e5f60011", "subnet-0a1b2c3d4e5f60012"];
    const PRIVATE: [&str; 2] = ["subnet-0a1b2c3d4e5f60021", "subnet-0a1b2c3d4e5f60022"];
    let mut keys = Section::default();
    let mut images = Section::default();
    let has_registry = c.chance();
    if has_registry {
        images.set(
            "registry",
            c.of(&["registry.example.com/dify", "123456789012.dkr.ecr.us-east-1.amazonaws.com"]),
        );
    }
    let credentials = place.arn("secretsmanager", "secret:registry-AbCdEf");
    images.maybe(c, "credentials", &[credentials]);
    images.maybe(c, "architecture", &[json!("arm64"), json!("x86_64")]);
    if !images.0.is_empty() {
        keys.set("images", images.done());
    }
    match c.below(4) {
        0 => keys.maybe(c, "network", &[json!("parameters")]),
        1 => {
            let mut existing = Section::default();
            existing.set("vpc_id", "vpc-0a1b2c3d4e5f60001");
            existing.maybe(c, "vpc_cidr", &[json!("10.0.0.0/16"), Json::Null]);
            existing.set("public_subnet_ids", PUBLIC.as_slice());
            existing.set("private_subnet_ids", PRIVATE.as_slice());
            existing.maybe(c, "closed", &[json!(has_registry), json!(false)]);
            keys.set("network", json!({ "existing": existing.done() }));
        }
        2 => {
            let mut create = Section::default();
            create.maybe(c, "cidr", &[json!("10.1.0.0/16"), json!("172.16.4.0/24")]);
            create.maybe(c, "availability_zones", &[json!(2), json!(3)]);
            let nat = if has_registry { json!("none") } else { json!("single") };
            create.maybe(c, "nat", &[json!("single"), json!("per_zone"), nat]);
            create.maybe(c, "flow_logs", &[json!(true), json!(false)]);
            keys.set("network", json!({ "create": create.done() }));
        }
        _ => {
            let mut lookup = Section::default();
            lookup.set("vpc_name", "main");
            lookup.set("public_subnet_names", json!(["public-*"]));
            lookup.set("private_subnet_names", json!(["private-a", "private-c"]));
            lookup.maybe(c, "closed", &[json!(has_registry), json!(false)]);
            keys.set("network", json!({ "lookup": lookup.done() }));
        }
    }
    keys
}

fn database_and_secrets(c: &mut Choices<'_>, place: &Place) -> Section {
    let mut keys = Section::default();
    let mut secrets = Section::default();
    secrets.maybe(c, "backend", &[json!("secretsmanager"), json!("ssm")]);
    secrets.maybe_with(c, "secret_key", |c| source(c, place));
    secrets.maybe_with(c, "database_password", |c| source(c, place));
    let has_password = secrets.0.contains_key("database_password");
    if !secrets.0.is_empty() {
        keys.set("secrets", secrets.done());
    }
    let mut database = Section::default();
    database.maybe(c, "engine_version", &[json!("16.8"), json!("17.4")]);
    if c.chance() {
        let mut serverless = Section::default();
        match c.below(3) {
            0 => {
                serverless.set("min_capacity", 0);
                serverless.maybe(c, "seconds_until_auto_pause", &[json!(300), json!(86400)]);
            }
            1 => serverless.set("min_capacity", 0.5),
            _ => {}
        }
        serverless.maybe(c, "max_capacity", &[json!(1.5), json!(256)]);
        database.set("serverless", serverless.done());
    } else {
        database.maybe(c, "instance_class", &[json!("db.t4g.medium"), json!("db.r7g.2xlarge")]);
    }
    database.maybe(c, "instances", &[json!(1), json!(15)]);
    database.maybe(c, "name", &[json!("dify"), json!("app_1")]);
    database.maybe(c, "plugin_database", &[json!("dify_plugin")]);
    database.maybe(c, "username", &[json!("dify"), json!("owner")]);
    database.maybe(c, "backup_retention_days", &[json!(1), json!(35)]);
    database.maybe(c, "backup_window", &[json!("03:00-04:00")]);
    database.maybe(c, "maintenance_window", &[json!("sun:04:00-sun:05:00")]);
    database.maybe(c, "performance_insights", &[json!(true), json!(false)]);
    database.maybe(c, "monitoring_interval_seconds", &[json!(0), json!(60)]);
    database.maybe(c, "log_exports", &[json!(true), json!(false)]);
    database.maybe(
        c,
        "parameters",
        &[json!({}), json!({"work_mem": "8192", "pg_stat_statements.track": null})],
    );
    database.maybe(c, "kms_key", &[json!("aws"), json!("customer"), place.arn("kms", "key/1")]);
    database.maybe(c, "deletion_protection", &[json!(true), json!(false)]);
    database.maybe(c, "on_delete", &[json!("lost"), json!("kept")]);
    if has_password {
        let snapshot = place.arn("rds", "cluster-snapshot:last");
        database.maybe(c, "restore_from", &[snapshot]);
    }
    if !database.0.is_empty() {
        keys.set("database", database.done());
    }
    keys
}

/// Where a secret is kept.
fn source(c: &mut Choices<'_>, place: &Place) -> Json {
    let mut source = Section::default();
    if c.chance() {
        source.set("ssm", c.of(&[json!("/dify/a"), place.arn("ssm", "parameter/dify/a")]));
    } else {
        source.set("secret", c.of(&[json!("dify/a"), place.arn("secretsmanager", "secret:a-AbCdEf")]));
        source.maybe(c, "field", &[json!("password")]);
    }
    let key = place.arn("kms", "key/1");
    source.maybe(c, "kms_key", &[key]);
    source.done()
}

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

const COMPONENTS: [&str; 8] =
    ["web", "api", "worker", "beat", "plugin_daemon", "sandbox", "websocket", "ssrf_proxy"];

fn layout_and_services(c: &mut Choices<'_>, place: &Place) -> Section {
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
        check.maybe(c, "command", &[json!("curl -f http://localhost/health || exit 1")]);
        check.maybe(c, "interval_seconds", &[json!(5), json!(300)]);
        check.maybe(c, "timeout_seconds", &[json!(2), json!(60)]);
        check.maybe(c, "retries", &[json!(1), json!(10)]);
        check.maybe(c, "start_period_seconds", &[json!(0), json!(300)]);
        check.done()
    });
    settings.maybe_with(c, "target_group", |c| {
        let mut group = Section::default();
        group.maybe(c, "path", &[json!("/health")]);
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
        chosen.maybe(c, "components", &[json!(components)]);
        chosen.done()
    });
    variables.done()
}

/// What depends on nothing else.
fn rest(c: &mut Choices<'_>, place: &Place) -> Section {
    let mut keys = Section::default();
    keys.maybe_with(c, "dify", |c| {
        let mut dify = Section::default();
        dify.maybe(c, "version", &[json!("1.17.1"), json!("0.7.3")]);
        dify.maybe(c, "web", &[json!("1.17.0"), Json::Null]);
        dify.maybe(c, "plugin_daemon", &[json!("0.6.10-local")]);
        dify.maybe(c, "sandbox", &[json!("0.2.15")]);
        dify.done()
    });
    keys.maybe_with(c, "egress", |c| {
        let mut way = Section::default();
        way.set("port", c.of(&[json!(11434), json!(1), json!(65535)]));
        way.set("cidr", c.of(&[json!("10.30.0.0/16"), json!("fd00::/8")]));
        let components = c.some(&COMPONENTS);
        way.maybe(c, "components", &[json!(components)]);
        json!([way.done()])
    });
    keys.maybe_with(c, "storage", |c| {
        let mut storage = Section::default();
        storage.maybe(c, "bucket", &[json!("acme-files"), Json::Null]);
        storage.maybe(c, "versioning", &[json!(true), json!(false)]);
        storage.maybe_with(c, "lifecycle", |c| {
            let mut lifecycle = Section::default();
            lifecycle.maybe(c, "standard_ia_after_days", &[json!(30), Json::Null]);
            lifecycle.maybe(c, "noncurrent_expiration_days", &[json!(1), Json::Null]);
            lifecycle.done()
        });
        storage.done()
    });
    keys.maybe_with(c, "mail", |c| {
        let mut smtp = Section::default();
        smtp.set("server", "smtp.example.com");
        smtp.maybe(c, "port", &[json!(465), json!(587)]);
        if c.chance() {
            smtp.set("username", "dify");
            smtp.set("password", source(c, place));
        }
        let mut mail = Section::default();
        mail.maybe(c, "type", &[json!("smtp")]);
        mail.set("from", c.of(&["no-reply@example.com", "Dify <no-reply@example.com>"]));
        mail.set("smtp", smtp.done());
        mail.done()
    });
    keys.maybe_with(c, "logs", |c| {
        let mut logs = Section::default();
        logs.maybe(c, "retention_days", &[json!(1), json!(3653)]);
        logs.maybe(c, "keep_on_delete", &[json!(true), json!(false)]);
        logs.maybe(c, "single_group", &[json!(true), json!(false)]);
        logs.done()
    });
    keys.maybe_with(c, "alarms", |c| {
        let mut alarms = Section::default();
        alarms.maybe(c, "enabled", &[json!(true), json!(false)]);
        alarms.maybe(c, "topic_arn", &[place.arn("sns", "alarms"), Json::Null]);
        alarms.done()
    });
    keys.maybe(c, "parameters", &[json!({}), json!({"enabled": false})]);
    keys.maybe(c, "tags", &[json!({}), json!({"team": "platform", "cost.centre/id": "0042"})]);
    keys.maybe_with(c, "resources", |c| {
        let mut bucket = Section::default();
        bucket.maybe(c, "name", &[json!("acme-{stack}"), json!("{name}-{environment}-files")]);
        bucket.maybe(c, "tags", &[json!({"Name": "{stack}"})]);
        let properties = json!({"AccelerateConfiguration": {"AccelerationStatus": "Enabled"}, "Tags": null});
        bucket.maybe(c, "properties", &[properties]);
        json!({ "StorageBucket": bucket.done() })
    });
    keys.maybe(
        c,
        "accept",
        &[json!([]), json!([{"code": "P012", "place": "StorageBucket", "reason": "known"}])],
    );
    keys
}

/// A value as YAML in block style.
pub(crate) fn yaml(value: &Json) -> String {
    let mut text = String::new();
    match value {
        Json::Object(entries) if entries.is_empty() => text.push_str("# nothing\n"),
        _ => write(value, 0, &mut text),
    }
    text
}

fn write(value: &Json, depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Json::Object(entries) if !entries.is_empty() => {
            for (key, value) in entries {
                text.push_str(&format!("{indent}{}:", scalar(&json!(key))));
                write_below(value, depth, text);
            }
        }
        Json::Array(items) if !items.is_empty() => {
            for item in items {
                text.push_str(&format!("{indent}-"));
                write_below(item, depth, text);
            }
        }
        other => text.push_str(&format!("{indent}{}\n", scalar(other))),
    }
}

/// What stands behind a colon or a dash.
fn write_below(value: &Json, depth: usize, text: &mut String) {
    let is_block = match value {
        Json::Object(entries) => !entries.is_empty(),
        Json::Array(items) => !items.is_empty(),
        _ => false,
    };
    if is_block {
        text.push('\n');
        write(value, depth + 1, text);
    } else {
        text.push_str(&format!(" {}\n", scalar(value)));
    }
}

/// A scalar, plain where no reader could take it for anything but text.
fn scalar(value: &Json) -> String {
    match value {
        Json::String(word)
            if word.len() > 3
                && word.chars().all(|c| c.is_ascii_alphabetic() || c == '_')
                && !["true", "false", "null"].contains(&word.to_lowercase().as_str()) =>
        {
            word.clone()
        }
        other => other.to_string(),
    }
}
