//! Where the configuration comes from, and what is said when it is wrong.

use crate::{Place, THREE};

#[test]
fn the_configuration_may_be_elsewhere_and_any_key_set_for_a_run() {
    let place = Place::empty();
    std::fs::create_dir(place.path().join("sub")).unwrap();
    place.write("sub/own.yaml", THREE);
    place
        .run([
            "synth",
            "--config",
            "sub/own.yaml",
            "-q",
            "--set",
            "name=chat",
            "--set",
            "services.api.cpu=2048",
        ])
        .ended(0);
    let json = place.read("out/chat-dev.template.json");
    let template: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(template["Resources"]["ApiTaskDefinition"]["Properties"]["Cpu"], "2048");
    assert_eq!(place.names("sub"), ["own.yaml"]);
}

#[test]
fn a_mistake_is_told_with_its_line_and_what_is_right() {
    let place = Place::with("name: dify\ndatabase:\n  instanse_class: db.t4g.medium\n  instances: many\n");
    let run = place.run(["synth"]).ended(2);
    insta::assert_snapshot!(run.err, @r"
    error[C001]: unknown key `instanse_class` in `database`
     --> dify.yaml:3:3
      |
    3 |   instanse_class: db.t4g.medium
      |   ^^^^^^^^^^^^^^
      |
      = help: did you mean `instance_class`? known here: engine_version, instance_class, instances, serverless, name, plugin_database, username, backup_retention_days, backup_window, maintenance_window, performance_insights, monitoring_interval_seconds, log_exports, parameters, kms_key, deletion_protection, on_delete, restore_from

    error[C002]: `database.instances` has to be a whole number from 1 to 16, found the text `many`
     --> dify.yaml:4:14
      |
    4 |   instances: many
      |              ^^^^

    2 errors
    ");
    assert_eq!(run.out, "");
}

#[test]
fn every_mistake_is_told_at_once_those_of_an_argument_too() {
    let place = Place::with("cache: { nodes: 0 }\n");
    let run = place.run(["ls", "--set", "nme=x", "--set", "database.instances=0"]).ended(2);
    for part in ["dify.yaml:1:", "--set:1:1", "nme", "did you mean `name`?", "3 errors"] {
        assert!(run.err.contains(part), "{part} in\n{}", run.err);
    }
}

#[test]
fn what_only_the_whole_stack_shows_is_told_at_its_line_too() {
    let place = Place::with(
        "layout:\n  app: [web, api, websocket]\n  rest: [worker, beat, plugin_daemon, sandbox]\n",
    );
    let run = place.run(["synth"]).ended(2);
    assert!(run.err.contains("error[C307]: `api` and `websocket` both serve port 5001"), "{}", run.err);
    assert!(run.err.contains(" --> dify.yaml:2:"), "{}", run.err);
    assert_eq!(place.names("out"), [""; 0]);
}

#[test]
fn a_file_that_is_no_text_or_is_not_there_is_told() {
    let place = Place::empty();
    place.write("dify.yaml", b"name: dify\nregion: \xff\n");
    let run = place.run(["synth"]).ended(2);
    assert!(run.err.contains("error[D010]: the byte 0xff at offset 19 isn't UTF-8"), "{}", run.err);
    assert!(run.err.contains(" --> dify.yaml:2:9"), "{}", run.err);

    let run = place.run(["synth", "--config", "nowhere.yaml"]).ended(2);
    insta::assert_snapshot!(run.err, @r"
    error: can't read `nowhere.yaml`
      because: No such file or directory (os error 2)
      help: name a file that is there; without `--config` it is `dify.yaml` of this folder
    ");

    std::fs::create_dir(place.path().join("folder")).unwrap();
    let run = place.run(["ls", "--config", "folder"]).ended(2);
    assert!(run.err.starts_with("error: can't read `folder`\n  because: "), "{}", run.err);
    let help = "  help: it is a folder: name the file in it, as in `--config folder/dify.yaml`\n";
    assert!(run.err.ends_with(help), "{}", run.err);
}

#[test]
fn what_is_no_yaml_is_told_at_its_line() {
    for (text, line) in [("a: [1,\nb: 2\n", 1), ("name: dify\nname: dify\n", 2), ("name: *x\n", 1)] {
        let run = Place::with(text).run(["synth"]).ended(2);
        assert!(run.err.contains(" --> dify.yaml:"), "{text:?}\n{}", run.err);
        assert!(
            run.err
                .lines()
                .filter_map(|found| found.split("dify.yaml:").nth(1))
                .any(|place| { place.split(':').next().unwrap().parse::<usize>().unwrap() >= line })
        );
    }
    // An empty file is a configuration with every default.
    Place::with("").run(["synth", "-q"]).ended(0);
}

#[test]
fn the_schema_is_one_that_fits_the_configurations_here() {
    let schema = Place::empty().run(["schema"]).ended(0).json();
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(validator.is_valid(&serde_json::json!({ "name": "dify", "environments": { "dev": {} } })));
    assert!(!validator.is_valid(&serde_json::json!({ "nme": "dify" })));
}

#[test]
fn wrong_arguments_are_told_and_nothing_is_done() {
    let place = Place::empty();
    for arguments in [
        &["synth", "--format", "xml"][..],
        &["synth", "--quiet", "--no-validate=x"],
        &["synth", "--unknown"],
        &["sinth"],
        &["ls", "dify-dev"],
        &[],
    ] {
        let run = place.run(arguments).ended(2);
        assert_eq!(run.out, "", "{arguments:?}");
        assert!(!run.err.is_empty());
    }
    let run = place.run(["sinth"]).ended(2);
    assert!(run.err.contains("'synth'"), "{}", run.err);
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn help_and_version_are_results() {
    let place = Place::empty();
    let help = place.run(["synth", "--help"]).ended(0);
    for option in ["--config", "--set", "--output", "--format", "--no-validate", "--quiet", "--json", "STACK"]
    {
        assert!(help.out.contains(option), "{option}");
    }
    assert_eq!(place.run(["--version"]).ended(0).out, format!("dify-cfn {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_secret_that_stands_in_the_file_is_not_shown() {
    let place = Place::with("environment: { SECRET_KEY: hunter2 }\n");
    let run = place.run(["synth"]).ended(2);
    assert!(run.err.contains("dify.yaml:1:28"), "{}", run.err);
    assert!(run.err.contains("error[C406]") && !run.err.contains("hunter2"), "{}", run.err);
    let place = Place::with("secrets:\n  database_password: hunter2\n");
    let run = place.run(["synth"]).ended(2);
    assert!(run.err.contains("dify.yaml:2:22"), "{}", run.err);
    assert!(!run.err.contains("hunter2"), "{}", run.err);
}

#[test]
fn what_is_wrong_with_a_resource_s_own_properties_is_told_at_their_place() {
    let place = Place::with(
        "resources:
  Bucket:
    properties:
      BucketNam: files
environments:
  dev: {}
  tst:
    resources:
      News:
        type: AWS::SNS::Topic
        properties:
          TopicName: { a: b }
",
    );
    let run = place.run(["synth"]).ended(3);
    for told in [
        "error[S003]: there is no property `BucketNam` here\n --> dify.yaml:4:7\n",
        "error[S005]: expected a text, found an object (environment `tst`)\n  --> dify.yaml:12:11\n",
    ] {
        assert!(run.err.contains(told), "no {told:?} in {}", run.err);
    }
    // What the section says nothing of has no place there.
    let changed = Place::with(
        "resources: { LoadBalancer: { tags: { Team: ai } } }
environments:
  prd: { profile: production, ingress: { domain_name: d.example.com, hosted_zone_id: Z0123456789ABC } }
",
    );
    let changed = changed.run(["synth"]).ended(0);
    let note = changed.err.split("note[P061]").nth(1).unwrap();
    assert!(note.split("\n\n").next().unwrap().contains("= at: LoadBalancer"), "{}", changed.err);
}

#[test]
fn a_configuration_that_is_not_there_or_has_another_name_is_told() {
    let place = Place::empty();
    let run = place.run(["synth"]).ended(0);
    let note = "note[C019]: there is no `dify.yaml` here, so that every key has its default\n";
    assert!(run.err.contains(note), "{}", run.err);
    assert!(!place.run(["synth", "-q"]).ended(0).err.contains("C019"));
    for name in ["dify.yml", "Dify.yaml", ".dify.yaml", "dify.json"] {
        let place = Place::empty();
        place.write(name, "{\"name\": \"chat\"}\n");
        for arguments in [&["synth"][..], &["synth", "-q"], &["ls"]] {
            let run = place.run(arguments).ended(0);
            for part in [
                "warning[C019]: there is no `dify.yaml` here, so that every key has its default".to_owned(),
                format!("and `{name}` isn't read"),
                format!("help: rename it to `dify.yaml`, or name it with `--config {name}`"),
            ] {
                assert!(run.err.contains(&part), "{part} in\n{}", run.err);
            }
        }
        assert!(!place.run(["ls", "--config", name]).ended(0).err.contains("C019"));
    }
    // What lies beside a configuration is none.
    let place = Place::with("name: dify\n");
    place.write("dify.yml", "name: chat\n");
    assert!(!place.run(["ls"]).ended(0).err.contains("C019"));
}

#[test]
fn what_a_key_answers_is_told_by_its_name() {
    let keys = "name: a\nregion: us-east-1\nprofile: production\n";
    let ingress = "allowed_cidrs: [10.0.0.0/8], domain_name: d.example.com, hosted_zone_id: Z0123456789ABC";
    let answers = [
        ("P061", "name a bucket in `ingress.access_logs.bucket`"),
        ("P063", "set `network.create.flow_logs` to true"),
        ("P072", "name an SNS topic in `alarms.topic_arn`"),
    ];
    let plain = format!("{keys}network: {{ create: {{ cidr: 10.0.0.0/16 }} }}\ningress: {{ {ingress} }}\n");
    let told = Place::with(&plain).run(["synth"]).ended(0).err;
    let topic = "arn:aws:sns:us-east-1:123456789012:a";
    let answered = format!(
        "{keys}network: {{ create: {{ cidr: 10.0.0.0/16, flow_logs: true }} }}\n\
         ingress: {{ {ingress}, access_logs: {{ bucket: some-bucket }} }}\nalarms: {{ topic_arn: \"{topic}\" }}\n"
    );
    let silent = Place::with(&answered).run(["synth"]).ended(0).err;
    for (code, help) in answers {
        assert!(told.contains(code) && told.contains(help), "{code}: {told}");
        assert!(!silent.contains(code), "{code}: {silent}");
    }
}

#[test]
fn a_function_in_its_short_form_is_told_with_the_long_one() {
    let place = Place::with("name: a\nresources: { DatabaseCluster: { properties: { Port: !Sub '1' } } }\n");
    let run = place.run(["synth"]).ended(2);
    assert!(run.err.contains("`{ Fn::Sub: … }`, and only `resources` takes one"), "{}", run.err);
}
