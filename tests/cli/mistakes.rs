//! Two mistakes at once: what is told together, and what has to wait until the first is mended.

use serde_json::Value as Json;

use crate::Place;

/// What is told of a configuration: each finding's code and message.
fn told(config: &str) -> Vec<String> {
    let run = Place::with(config).run(["ls", "--json"]);
    let json: Json =
        serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error} in\n{}\n{}", run.out, run.err));
    let findings = json["findings"].as_array().into_iter().flatten();
    findings
        .map(|finding| {
            let part = |key: &str| finding[key].as_str().unwrap_or_default();
            format!("{} {}", part("code"), part("message"))
        })
        .collect()
}

/// A configuration with a mistake of form, the code of that, and how the other finding begins that is told, too.
const TOGETHER: &[(&str, &str, &str)] = &[
    // Beside each other in one map.
    (
        "services: { api: { cpu: 300, min_tasks: 3, max_tasks: 2 } }",
        "C003",
        "C023 the service `api` has at least 3",
    ),
    ("services: { api: { memory: 8G, minimum_healthy_percent: 100, maximum_percent: 100 } }", "C002", "C029"),
    (
        "services: { api: { cpu: 256, memory: 8192, exec: ja } }",
        "C002",
        "C024 Fargate offers no task with 256",
    ),
    ("services: { beat: { max_tasks: 3, spot_weight: -1 } }", "C004", "C025 the service `beat` runs `beat`"),
    (
        "database: { instances: none, serverless: { min_capacity: 5, max_capacity: 2 } }",
        "C002",
        "C042 the database has",
    ),
    ("database: { on_delete: Keep, name: a, plugin_database: a }", "C003", "C046 Dify and the plugin daemon"),
    ("database: { instances: 0, kms_key: custmer }", "C004", "C003 `database.kms_key` can't be `custmer`"),
    (
        "database: { log_exports: 1, backup_window: '03:00-04:00', maintenance_window: 'sun:03:30-sun:04:30' }",
        "C002",
        "C043 `database.maintenance_window` overlaps",
    ),
    ("database: { engin_version: '16.8', restore_from: x }", "C001", "C044 a restored database keeps"),
    (
        "cache: { engine_version: 8, nodes: 1, automatic_failover: true }",
        "C005",
        "C045 `cache.automatic_failover` is on",
    ),
    ("cache: { engine: valky, engine_version: eight }", "C003", "C012 `cache.engine_version` has to be"),
    ("ingress: { scheme: public, hosted_zone_id: Z0123456789ABC }", "C003", "C016 there is a hosted zone"),
    (
        "ingress: { idle_timeout: 5000, allowed_cidrs: [10.0.0.0/8, 10.0.0.0/8] }",
        "C001",
        "C013 the range 10.0.0.0/8 stands twice",
    ),
    ("ingress: { access_logs: { prefix: 7 } }", "C005", "C007 `ingress.access_logs.bucket` is missing"),
    (
        "network: { create: { nat: none, availability_zones: 4 } }",
        "C004",
        "C018 the network has no way to the internet",
    ),
    (
        "network: { existing: { vpc_id: 7, private_subnet_ids: [subnet-0a1b2c3d4e5f60011] } }",
        "C005",
        "C017 `network.existing.private_subnet_ids`",
    ),
    (
        "mail: { from: 7, smtp: { server: smtp.example.com, username: dify } }",
        "C005",
        "C060 `mail.smtp` has a user but no password",
    ),
    ("mail: { smtp: { port: high } }", "C002", "C007 `mail.from` is missing"),
    (
        "secrets: { backend: vault, secret_key: { ssm: /a, secret: b } }",
        "C003",
        "C006 `secrets.secret_key` takes one",
    ),
    (
        "components: { api: { target_group: { timeout_seconds: 30, interval_seconds: 10, matcher: 700 } } }",
        "C005",
        "C030 a check of 30 s",
    ),
    (
        "components: { worker: { health_check: {}, init_process: 1 } }",
        "C002",
        "C030 `components.worker.health_check`",
    ),
    (
        "components: { api: { stop_timeout_seconds: 500, depends_on: { api: START } } }",
        "C004",
        "C031 `api` waits for itself",
    ),
    ("environment: { 1A: x, B: [1] }", "C002", "C050 an environment variable can't be called `1A`"),
    (
        "environment: { A: { value: a, ssm: /b, components: [ap] } }",
        "C003",
        "C006 `environment.A` takes one of",
    ),
    ("layout: { a: [web, apii], b: [worker, worker] }", "C003", "C020 `worker` stands twice"),
    (
        "layout: { a: [beat], b: [web, apii] }\nservices: { a: { min_tasks: 2 } }",
        "C003",
        "C025 the service `a` runs `beat`",
    ),
    ("egress: [{ port: high, cidr: 10.0.0.1/8 }]", "C002", "C013 `10.0.0.1/8` has bits set"),
    ("tags: { a: 1, 'aws:b': x }", "C005", "C070 the tag `aws:b` begins"),
    ("resources: { Bucket: { name: '{stak}-files', tags: { a: 1 } } }", "C005", "C071 `{stak}` isn't known"),
    ("accept: [{ code: 7, place: Bucket, reason: '' }]", "C005", "C072 `accept[0]` has no reason"),
    ("dify: { version: 1.17, web: latest }", "C005", "C032 `dify.web` is `latest`"),
    // In different sections.
    ("profile: prodution\nname: Dify_1", "C003", "C011 `name` can't be"),
    ("profile: prodution\ncache: { nodes: 1, automatic_failover: true }", "C003", "C045"),
    ("profile: production\nlogs: { retention_days: 8 }", "C003", "C015 production needs HTTPS"),
    ("layout: distribute\nmail: {}", "C003", "C007 `mail.smtp.server` is missing"),
    ("layout: distribute\nimages: { registry: hub }", "C003", "C012 `images.registry` has to be"),
    (
        "account: 123456789012\nregion: us-east-1\nalarms: { topic_arn: 'arn:aws:sns:us-west-2:123456789012:t' }",
        "C005",
        "C014 the stack is for the region",
    ),
    (
        "name: aws-dify\nparameters: { enabled: 'no' }\nsecrets: { backend: ssm }",
        "C002",
        "C011 `name` can't begin with `aws`",
    ),
    ("alarm: {}\nstorage: { bucket: FILES }", "C001", "C012 `storage.bucket`"),
    // In an environment, which overrides what is wrong, and beside one that isn't a map.
    (
        "cache: { nodes: 9 }\nenvironments: { a: { cache: { nodes: 1, automatic_failover: true } } }",
        "C004",
        "C045",
    ),
    ("environments:\n  a: text\n  b: { storage: { bucket: FILES } }", "C002", "C012 `storage.bucket`"),
    // A key that stands twice, and a tag.
    ("logs: {}\nlogs: {}\nstorage: { bucket: FILES }", "D003", "C012 `storage.bucket`"),
    ("ingress: { domain_name: !Ref Name, hosted_zone_id: z }", "D012", "C012 `ingress.hosted_zone_id`"),
];

#[test]
fn what_is_certain_is_told_beside_a_mistake_of_form() {
    assert!(TOGETHER.len() >= 25);
    let mut complaints = Vec::new();
    for (config, form, other) in TOGETHER {
        let told = told(config);
        for start in [form, other] {
            if !told.iter().any(|finding| finding.starts_with(start)) {
                complaints.push(format!("{start} isn't told of\n{config}\n{told:#?}"));
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// A configuration with `…` where something is wrong; the beginning of a finding; and what may be meant there: with the
/// first that finding holds, with the second it doesn't. So it has to wait.
const WAITING: &[(&str, &str, &str, &str, &str)] = &[
    // A misspelt key may be the one that is missing.
    ("services: { api: { min_tasks: 3, …: 2 } }", "max_task", "C023", "max_tasks", "cpu_target"),
    (
        "mail: { from: a@example.com, smtp: { …: smtp.example.com } }",
        "sever",
        "C007 `mail.smtp.server`",
        "username",
        "server",
    ),
    (
        "profile: production\ningress: { domain_name: a.example.com, …: Z0123456789ABC }",
        "zone_id",
        "C015",
        "ssl_policy",
        "hosted_zone_id",
    ),
    (
        "network: { create: { nat: none } }\nimages: { …: r.internal }",
        "regisry",
        "C018",
        "credentials",
        "registry",
    ),
    (
        "database: { restore_from: 'arn:aws:rds:us-east-1:123456789012:snapshot:x' }\nsecrets: { …: { ssm: /a } }",
        "db_password",
        "C044",
        "secret_key",
        "database_password",
    ),
    // Or one that is called otherwise, or stands elsewhere.
    (
        "mail: { from: a@example.com, smtp: { …: smtp.example.com } }",
        "host",
        "C007 `mail.smtp.server`",
        "username",
        "server",
    ),
    (
        "…\ningress: { hosted_zone_id: Z0123456789ABC }",
        "domain: a.example.com",
        "C016",
        "name: dify",
        "environments: { dev: { ingress: { domain_name: a.example.com } } }",
    ),
    // A section as a whole, too.
    (
        "components: { ssrf_proxy: { enabled: true, …: { repository: a/b } } }",
        "imag",
        "C007 `ssrf_proxy` runs",
        "environment",
        "image",
    ),
    (
        "…: { hosted_zone_id: Z0123456789ABC, domain_name: a.example.com }\nprofile: production",
        "ingres",
        "C015",
        "tags",
        "ingress",
    ),
    // A value may be on either side of the other.
    ("services: { api: { min_tasks: 3, max_tasks: … } }", "'2'", "C023", "2", "4"),
    ("database: { serverless: { min_capacity: 5, max_capacity: … } }", "four", "C042", "4", "8"),
    ("cache: { automatic_failover: true, nodes: … }", "one", "C045", "1", "2"),
    (
        "components: { api: { target_group: { timeout_seconds: 30, interval_seconds: … } } }",
        "10s",
        "C030",
        "10",
        "60",
    ),
    ("services: { api: { cpu: …, memory: 8192 } }", "300", "C024", "256", "2048"),
    // A choice decides.
    ("profile: …", "prod", "C015", "production", "development"),
    (
        "layout: …\nservices: { api: { min_tasks: 3, max_tasks: 2 } }",
        "distribute",
        "C023",
        "sidecar",
        "single-task",
    ),
    ("layout: { a: [beat, …] }\nservices: { a: { exec: true } }", "wep", "C028", "web", "api"),
    ("cache: { engine: …, engine_version: '7.1' }", "rediss", "C040", "valkey", "redis"),
    ("network: { create: { nat: … } }", "no", "C018", "none", "single"),
    (
        "ingress: { scheme: … }\nnetwork: { existing: { vpc_id: vpc-0a1b2c3d4e5f60001, private_subnet_ids: [subnet-0a1b2c3d4e5f60011, subnet-0a1b2c3d4e5f60012] } }",
        "public",
        "C017",
        "internet-facing",
        "internal",
    ),
    ("name: aws-dify\nparameters: { enabled: … }", "maybe", "C011", "true", "false"),
    // A text may be any.
    (
        "resources: { A: { type: … } }\nnetwork: { create: { nat: none } }\nmail: { from: a@example.com, smtp: { server: smtp.example.com } }",
        "7",
        "C018 the network has no way to the internet, so",
        "AWS::IAM::Role",
        "AWS::EC2::VPCEndpoint",
    ),
    (
        "resources: { Bucket: { name: '{account}-files' } }\naccount: …",
        "123456789012",
        "C071",
        "null",
        "'123456789012'",
    ),
    // A key that stands twice.
    (
        "ingress: { hosted_zone_id: Z0123456789ABC, … }",
        "domain_name: null, domain_name: a.example.com",
        "C016",
        "domain_name: null",
        "domain_name: a.example.com",
    ),
];

#[test]
fn what_may_depend_on_a_mistake_of_form_waits() {
    assert!(WAITING.len() >= 15);
    let mut complaints = Vec::new();
    for (config, wrong, finding, with, without) in WAITING {
        for (meant, is_told) in [(wrong, false), (with, true), (without, false)] {
            let config = config.replacen('…', meant, 1);
            let told = told(&config);
            if told.iter().any(|told| told.starts_with(finding)) != is_told
                || (meant == wrong && told.is_empty())
            {
                complaints.push(format!("{finding} is told of\n{config}\n: {}, {told:#?}", !is_told));
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// A configuration that fits the schema with a value that a check refuses, the code of that, and what may not be told of it:
/// the one mending makes it false.
const REFUSED: &[(&str, &str, &str)] = &[
    (
        "layout: { a: [web, web], b: [api, worker, sandbox], x: [beat], p: [plugin_daemon] }\n\
         components: { web: { cpu: 200, memory: 400 } }\nservices: { a: { cpu: 256, memory: 512 } }",
        "C020",
        "C024",
    ),
    (
        "layout: { front: [web], back: [api, worker, sandbox], x: [beat, api], p: [plugin_daemon] }\n\
         components: { api: { cpu: 512, memory: 2048 } }\nservices: { x: { cpu: 256, memory: 512 } }",
        "C020",
        "C024",
    ),
    (
        "layout: { front: [web], back: [api, worker, beat], x: [beat, sandbox], p: [plugin_daemon] }\n\
         services: { back: { max_tasks: 3 } }",
        "C020",
        "C025",
    ),
    (
        "layout: { Core: [api, worker, sandbox, plugin_daemon], web: [web], beat: [beat] }\n\
         services: { core: { cpu: 512, memory: 1024 } }",
        "C011",
        "C022",
    ),
    ("layout: {}\nservices: { api: { cpu: 256 } }", "C020", "C022"),
    ("region: Tokyo\nalarms: { topic_arn: 'arn:aws:sns:us-east-1:123456789012:t' }", "C012", "C014"),
];

#[test]
fn nothing_is_compared_with_what_a_check_refuses() {
    for (config, refusal, guess) in REFUSED {
        let told = told(config);
        let has = |code: &str| told.iter().any(|told| told.starts_with(code));
        assert!(has(refusal) && !has(guess), "{config}\n{told:#?}");
    }
    // What else is wrong is told beside it.
    let told = told("region: Tokyo\nservices: { api: { min_tasks: 3, max_tasks: 2 } }");
    assert!(told.len() == 2 && told[1].starts_with("C023"), "{told:#?}");
}

#[test]
fn a_wanted_stack_is_not_called_unknown_while_the_name_is() {
    let place = Place::with("name: 7\nenvironments: { prd: { storage: { bucket: FILES } } }");
    let run = place.run(["synth", "chat-prd"]).ended(2);
    assert!(run.err.contains("`name` is a text"), "{}", run.err);
    assert!(run.err.contains("`storage.bucket` has to be"), "{}", run.err);
    assert!(!run.err.contains("no stack"), "{}", run.err);
}

#[test]
fn what_an_argument_would_set_that_cannot_be_read_waits() {
    let place = Place::with("services: { api: { min_tasks: 3, max_tasks: 2 } }\nstorage: { bucket: FILES }");
    for (argument, is_certain) in [
        ("services.api.max_tasks", false),
        ("services.api.max_tasks=[", false),
        ("services.api.max_task=[", false),
        (" services.api.max_tasks =4", false),
        ("environments.dev.services.api.max_tasks", false),
        ("environments.dve.services.api.max_tasks=4", false),
        ("services.api.cpu", true),
        ("accept[0].code=x", true),
    ] {
        let run = place.run(["ls", "--set", argument]).ended(2);
        assert_eq!(run.err.contains("at least 3 tasks and at most 2"), is_certain, "{argument}\n{}", run.err);
        assert!(run.err.contains("`storage.bucket` has to be"), "{argument}\n{}", run.err);
    }
}
