//! What is written: whole, or not at all.

use crate::{Place, THREE};

#[test]
fn folders_are_made_and_formats_chosen() {
    let place = Place::empty();
    for (format, names) in [
        ("json", &["dify-dev.template.json", "manifest.json"][..]),
        ("yaml", &["dify-dev.template.yaml", "manifest.json"]),
        ("both", &["dify-dev.template.json", "dify-dev.template.yaml", "manifest.json"]),
    ] {
        let folder = format!("a/new/folder-{format}");
        place.run(["synth", "-q", "--output", &folder, "--format", format]).ended(0);
        assert_eq!(place.names(&folder), names);
    }
}

#[test]
fn a_template_that_an_earlier_run_left_is_told_and_kept() {
    let place = Place::empty();
    let line = |file: &str| format!("\n  left        out/{file} as an earlier run wrote it: ");
    let (json, yaml) = ("dify-dev.template.json", "dify-dev.template.yaml");
    assert!(!place.run(["synth"]).ended(0).out.contains("  left "));
    let before = place.read("out/dify-dev.template.yaml");
    let of_json = place.run(["synth", "--format", "json", "--set", "services.api.cpu=2048"]).ended(0);
    assert!(of_json.out.contains(&line(yaml)), "{}", of_json.out);
    assert_eq!(place.read("out/dify-dev.template.yaml"), before);
    assert!(place.run(["synth", "--format", "yaml"]).ended(0).out.contains(&line(json)));
    let told: serde_json::Value =
        serde_json::from_str(&place.run(["synth", "--format", "json", "--json"]).ended(0).out).unwrap();
    assert_eq!(told["stacks"][0]["stale"], format!("out/{yaml}"));
    assert!(!place.run(["synth"]).ended(0).out.contains("  left "));
}

#[test]
fn the_two_formats_say_the_same() {
    use dify_cfn::cfn::read::read_bytes;
    let place = Place::empty();
    place.run(["synth", "-q"]).ended(0);
    let template = |ending: &str| {
        let name = format!("dify-dev.template.{ending}");
        let text = place.read(&format!("out/{name}"));
        read_bytes(&name, text.as_bytes()).unwrap().into_template().unwrap()
    };
    assert_eq!(template("json"), template("yaml"));
}

#[test]
fn a_place_that_can_not_be_written_is_told() {
    let place = Place::with(THREE);
    place.write("file", "mine");
    for (output, obstacle) in [("file", "file"), ("file/below", "file"), ("/dev/null/below", "/dev/null")] {
        let run = place.run(["synth", "dify-dev", "-q", "--output", output]).ended(1);
        assert_eq!(run.out, "");
        assert!(
            run.err.starts_with(&format!("error: can't make the folder `{output}`\n  because: ")),
            "{}",
            run.err
        );
        let help = format!("  help: `{obstacle}` is no folder: name another with `--output`\n");
        assert!(run.err.ends_with(&help), "{}", run.err);
    }
    assert_eq!(place.read("file"), "mine");
}

/// Everything that can go wrong leaves what was there as it was.
#[test]
fn on_any_failure_what_is_there_stays_as_it_is() {
    let place = Place::with(THREE);
    place.run(["synth", "-q", "--set", "name=dify"]).ended(0);
    place.write("out/notes.txt", "mine");
    place.write("out/dify-old.template.json", "{}");
    let before = place.tree("out");
    for (arguments, code) in [
        (&["synth", "--set", "nme=x"][..], 2),
        (&["synth", "--set", "services.api.cpu=300"], 2),
        (&["synth", "dify-nobody"], 2),
        (&["synth", "--config", "nowhere.yaml"], 2),
        (&["synth", "--format", "xml"], 2),
        // The second stack can't be built, so the first isn't written either.
        (
            &[
                "synth",
                "--set",
                "environments.stg.resources.Nobody.name=x",
                "--set",
                "environments.dev.services.api.cpu=2048",
            ],
            2,
        ),
    ] {
        place.run(arguments).ended(code);
        assert_eq!(place.tree("out"), before, "{arguments:?}");
    }
    // One of the files can't be written, so none is, the others' changes included.
    std::fs::remove_file(place.path().join("out/dify-prd.template.yaml")).unwrap();
    std::fs::create_dir(place.path().join("out/dify-prd.template.yaml")).unwrap();
    let before = place.tree("out");
    let run = place.run(["synth", "--set", "services.api.cpu=2048"]).ended(1);
    assert!(run.err.contains("error: can't write `out/dify-prd.template.yaml`"), "{}", run.err);
    assert_eq!(place.tree("out"), before);
}

#[test]
fn files_of_others_stay_and_what_is_the_same_is_not_touched() {
    let place = Place::with(THREE);
    place.run(["synth", "-q"]).ended(0);
    place.write("out/notes.txt", "mine");
    let template = place.path().join("out/dify-dev.template.yaml");
    let long_ago = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    std::fs::File::options().write(true).open(&template).unwrap().set_modified(long_ago).unwrap();
    place.run(["synth", "-q", "dify-dev"]).ended(0);
    assert_eq!(std::fs::metadata(&template).unwrap().modified().unwrap(), long_ago);
    assert_eq!(place.read("out/notes.txt"), "mine");
    assert!(place.names("out").contains(&"dify-prd.template.json".to_owned()));
}

#[test]
#[cfg(unix)]
fn files_can_be_read_by_whom_the_users_mask_lets() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::empty();
    let program = env!("CARGO_BIN_EXE_dify-cfn");
    let run = std::process::Command::new("sh")
        .args(["-c", &format!("umask 027; {program} synth -q")])
        .current_dir(place.path())
        .status()
        .unwrap();
    assert!(run.success());
    let mode =
        std::fs::metadata(place.path().join("out/dify-dev.template.yaml")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
}

#[test]
#[cfg(unix)]
fn a_link_in_the_way_is_replaced_not_followed() {
    let place = Place::empty();
    place.write("elsewhere.json", "mine");
    std::fs::create_dir(place.path().join("out")).unwrap();
    std::os::unix::fs::symlink("../elsewhere.json", place.path().join("out/dify-dev.template.json")).unwrap();
    place.run(["synth", "-q"]).ended(0);
    assert_eq!(place.read("elsewhere.json"), "mine");
    assert!(place.read("out/dify-dev.template.json").starts_with('{'));
}
