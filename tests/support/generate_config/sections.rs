//! Sections that generated configurations may have.

use serde_json::{Value as Json, json};

use super::services::COMPONENTS;
use super::{Choices, Place, Section};

pub(super) fn profile_and_ingress(c: &mut Choices<'_>, place: &Place) -> Section {
    let mut keys = Section::default();
    let is_production = c.chance();
    if is_production || c.chance() {
        keys.set("profile", if is_production { "production" } else { "development" });
    }
    let mut ingress = Section::default();
    ingress.maybe(c, "scheme", &[json!("internet-facing"), json!("internal")]);
    ingress.maybe(
        c,
        "allowed_cidrs",
        &[json!([]), json!(["203.0.113.0/24", "198.51.100.0/25"]), json!(["0.0.0.0/0"])],
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

pub(super) fn network_and_images(c: &mut Choices<'_>, place: &Place) -> Section {
    const PUBLIC: [&str; 2] = ["subnet-0a1b2c3d4e5f60011", "subnet-0a1b2c3d4e5f60012"];
    const PRIVATE: [&str; 2] = ["subnet-0a1b2c3d4e5f60021", "subnet-0a1b2c3d4e5f60022"];
    let mut keys = Section::default();
    let mut images = Section::default();
    let has_registry = c.chance();
    let is_ecr = has_registry && c.chance();
    if has_registry {
        let of_ecr = format!("123456789012.dkr.ecr.{}.amazonaws.com", place.region);
        images.set("registry", if is_ecr { of_ecr.as_str() } else { "registry.example.com/dify" });
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
            let nat = if is_ecr { json!("none") } else { json!("single") };
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

pub(super) fn database_and_secrets(c: &mut Choices<'_>, place: &Place) -> Section {
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
    database.maybe(c, "instances", &[json!(1), json!(16)]);
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
pub(super) fn source(c: &mut Choices<'_>, place: &Place) -> Json {
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

/// What depends on nothing else.
pub(super) fn rest(c: &mut Choices<'_>, place: &Place) -> Section {
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
        smtp.set("server", "smtp.example.internal");
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
        let mut policy = Section::default();
        policy.set("type", json!("AWS::IAM::ManagedPolicy"));
        let log = "arn:aws:logs:us-east-1:123456789012:log-group:/acme:*";
        let statement = json!({"Effect": "Allow", "Action": "logs:GetLogEvents", "Resource": log});
        policy.set(
            "properties",
            json!({"PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}),
        );
        json!({ "StorageBucket": bucket.done(), "ExtraPolicy": policy.done() })
    });
    keys.maybe(
        c,
        "accept",
        &[json!([]), json!([{"code": "P012", "place": "StorageBucket", "reason": "known"}])],
    );
    keys
}
