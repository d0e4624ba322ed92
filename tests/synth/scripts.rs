//! The shell lines in task definitions, run by a shell, with stand-ins for what only the images have.

#![cfg(target_os = "linux")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use dify_cfn::catalog::Component;

use crate::shipped::one;
use crate::view::{View, texts};

/// An executable that stands in for one of the image's.
fn stand_in(folder: &Path, name: &str, script: &str) {
    let path = folder.join(name);
    std::fs::write(&path, format!("#!/bin/bash\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Runs what a container runs, stand-ins first in the path.
fn run(folder: &Path, entry_point: &[String], command: &[String], variables: &[(&str, &str)]) -> Output {
    let path = format!("{}:/usr/bin:/bin", folder.display());
    let words: Vec<&String> = entry_point.iter().chain(command).collect();
    Command::new(words[0])
        .args(&words[1..])
        .current_dir(folder)
        .env_clear()
        .env("PATH", path)
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

/// Entry point and command of the migration.
fn migration(stack: &str) -> (Vec<String>, Vec<String>) {
    let view = View::new(one(stack), &[]);
    let containers = view.containers();
    let migration = containers.iter().find(|container| container.name() == "dify-migrate").unwrap();
    (texts(&migration.json["EntryPoint"]), texts(&migration.json["Command"]))
}

/// What `flask` said and was asked, in order.
fn migrate(flask: &str) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    // `flask` keeps the schema in a file and notes what it was asked.
    stand_in(folder.path(), "flask", &format!("echo \"$*\" >> asked\nstate=$(cat schema)\n{flask}"));
    stand_in(folder.path(), "sleep", "echo \"sleep $*\" >> asked");
    std::fs::write(folder.path().join("schema"), "old").unwrap();
    let (entry_point, command) = migration("default/dev");
    let output = run(folder.path(), &entry_point, &command, &[]);
    let asked = std::fs::read_to_string(folder.path().join("asked")).unwrap();
    (output.status.success(), asked.replace('\n', ", ").trim_end_matches(", ").to_owned())
}

#[test]
fn an_old_schema_is_migrated_until_it_is_the_newest() {
    let (done, asked) = migrate(
        "case \"$*:$state\" in
           'db current:old') echo 0001 ;;
           'db current:new') echo '0002 (head)' ;;
           upgrade-db:*) echo new > schema ;;
         esac",
    );
    assert!(done);
    assert_eq!(asked, "db current, upgrade-db, sleep 5, db current");
}

#[test]
fn the_newest_schema_is_left_as_it_is() {
    let (done, asked) = migrate("echo '0002 (head)'");
    assert!(done);
    assert_eq!(asked, "db current");
}

#[test]
fn a_schema_newer_than_the_image_is_left_alone_so_that_a_rollback_gets_through() {
    let (done, asked) = migrate("echo \"ERROR Can't locate revision identified by '0003'\" >&2; exit 1");
    assert!(done);
    assert_eq!(asked, "db current");
}

#[test]
fn whoever_does_not_get_the_lock_waits_for_the_one_who_has_it() {
    // The first try is skipped, since somebody else migrates; who is done by the second.
    let (done, asked) = migrate(
        "case \"$*:$state\" in
           'db current:new') echo '0002 (head)' ;;
           upgrade-db:old) echo 'Database migration skipped'; echo other > schema ;;
           upgrade-db:other) echo new > schema ;;
         esac",
    );
    assert!(done);
    assert_eq!(asked, "db current, upgrade-db, sleep 5, db current, upgrade-db, sleep 5, db current");
}

#[test]
fn a_migration_that_fails_stops_the_deployment() {
    let (done, asked) = migrate("[ \"$1\" = db ] || exit 1");
    assert!(!done);
    assert_eq!(asked, "db current, upgrade-db");
}

#[test]
fn in_parameter_store_a_backend_starts_as_its_image_does_with_the_brokers_address() {
    let view = View::new(one("ssm/dev"), &[]);
    let variables = [("REDIS_PASSWORD", "t0ken"), ("REDIS_HOST", "cache.example"), ("REDIS_PORT", "6379")];
    for component in [Component::Api, Component::Worker, Component::Beat] {
        let container = view.container(component).unwrap();
        let folder = tempfile::tempdir().unwrap();
        stand_in(folder.path(), "entrypoint.sh", "echo \"$CELERY_BROKER_URL\"; echo $PPID");
        let entry_point = texts(&container.json["EntryPoint"]);
        let command = texts(&container.json["Command"]);
        assert!(command[0].ends_with("exec /bin/bash /entrypoint.sh"), "{command:?}");
        let here = format!("{}/entrypoint.sh", folder.path().display());
        let command = [command[0].replace("/entrypoint.sh", &here)];
        let output = run(folder.path(), &entry_point, &command, &variables);
        let said = String::from_utf8(output.stdout).unwrap();
        let (address, parent) = said.trim().split_once('\n').unwrap();
        assert_eq!(address, "rediss://:t0ken@cache.example:6379/1?ssl_cert_reqs=CERT_REQUIRED");
        // It takes the shell's place, so that it gets the signal that ends the task.
        assert_eq!(parent, std::process::id().to_string());
    }
}

#[test]
fn in_parameter_store_a_start_of_ones_own_gets_the_brokers_address_and_its_words() {
    let view = View::new(one("ssm/started"), &[]);
    let variables = [("REDIS_PASSWORD", "t0ken"), ("REDIS_HOST", "cache.example"), ("REDIS_PORT", "6379")];
    for (component, words) in
        [(Component::Api, "serve|it's \"two\" words|"), (Component::Worker, ""), (Component::Beat, "$HOME|")]
    {
        let container = view.container(component).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let script = "echo \"$CELERY_BROKER_URL\"; echo $PPID; for word; do printf '%s|' \"$word\"; done";
        stand_in(folder.path(), "entrypoint.sh", script);
        stand_in(folder.path(), "run.sh", script);
        let here = format!("{}/entrypoint.sh", folder.path().display());
        let mut command = texts(&container.json["Command"]);
        command[0] = command[0].replace("/entrypoint.sh", &here);
        let output = run(folder.path(), &texts(&container.json["EntryPoint"]), &command, &variables);
        let said = String::from_utf8(output.stdout).unwrap();
        let address = "rediss://:t0ken@cache.example:6379/1?ssl_cert_reqs=CERT_REQUIRED";
        let expected = format!("{address}\n{}\n{words}", std::process::id());
        assert_eq!(said, expected, "{component}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// The container's check of the plugin daemon, for a first process that is as old as given.
fn plugin_daemon_is_healthy(answers: bool, age_seconds: u64) -> bool {
    let view = View::new(one("default/dev"), &[]);
    let container = view.container(Component::PluginDaemon).unwrap();
    let command = texts(&container.json["HealthCheck"]["Command"]);
    assert_eq!(command[0], "CMD-SHELL");
    let folder = tempfile::tempdir().unwrap();
    stand_in(folder.path(), "curl", if answers { "exit 0" } else { "exit 7" });
    // What the kernel tells: seconds since the start of the machine, and when in hundredths of them a process started.
    std::fs::write(folder.path().join("uptime"), "5000.25 9000.00\n").unwrap();
    let started = (5000 - age_seconds) * 100;
    let stat = format!("1 (tini) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 {started} 2424832 192\n");
    std::fs::write(folder.path().join("stat"), stat).unwrap();
    let here = folder.path().display().to_string();
    let line = command[1]
        .replace("/proc/uptime", &format!("{here}/uptime"))
        .replace("/proc/1/stat", &format!("{here}/stat"));
    assert_ne!(line, command[1], "the check doesn't read the process's start: {line}");
    run(folder.path(), &["/bin/sh".into(), "-c".into()], &[line], &[]).status.success()
}

#[test]
fn the_plugin_daemon_is_healthy_once_it_answers_and_its_plugins_had_time() {
    assert!(plugin_daemon_is_healthy(true, 180));
    assert!(plugin_daemon_is_healthy(true, 4000));
    assert!(!plugin_daemon_is_healthy(true, 179));
    assert!(!plugin_daemon_is_healthy(true, 0));
    assert!(!plugin_daemon_is_healthy(false, 4000));
}

#[test]
fn every_check_is_something_that_a_shell_reads() {
    for shipped in crate::shipped::all() {
        let view = View::new(shipped, &[]);
        for container in view.containers() {
            let check = texts(&container.json["HealthCheck"]["Command"]);
            let lines = check
                .get(1)
                .into_iter()
                .cloned()
                .chain(texts(&container.json["Command"]).into_iter().take(1));
            for line in lines {
                let output = Command::new("/bin/bash").args(["-n", "-c", &line]).output().unwrap();
                let told = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "{} {}: {line}: {told}", shipped.name, container.name());
            }
        }
    }
}
