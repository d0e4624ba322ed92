//! What is read: files, folders, standard input, parameters; and the exit codes.

use std::fs;

use crate::{run, run_in, validate};

#[test]
fn exit_codes_say_what_happened() {
    for (arguments, code) in [
        (&["validate", "good.yaml"][..], 0),
        (&["validate", "bad.yaml"], 3),
        (&["validate", "good.yaml", "bad.json"], 3),
        (&["validate", "good.yaml", "--deny", "warnings"], 0),
        (&["validate", "missing.yaml"], 1),
        (&["validate", "missing.yaml", "bad.yaml"], 1),
        (&["validate"], 2),
        (&["validate", "good.yaml", "--format", "xml"], 2),
        (&["validate", "good.yaml", "--region", "Tokyo"], 2),
        (&["validate", "good.yaml", "--region", "ap-northeast-1"], 0),
        (&["validate", "good.yaml", "--strict"], 0),
        (&["validate", "good.yaml", "--parameter", "Count"], 2),
        (&["validate", "--stats"], 0),
        (&["validate", "good.yaml", "--verbose", "--quiet"], 2),
    ] {
        let run = run(arguments);
        assert_eq!(run.code, code, "{arguments:?}: {}{}", run.out, run.err);
    }
}

#[test]
fn warnings_fail_only_where_they_are_denied() {
    let unused = b"Parameters: {Unused: {Type: String}}\nResources: {A: {Type: AWS::SNS::Topic}}\n";
    let found = validate(unused);
    assert_eq!((found.code, found.codes()), (0, vec!["R016".to_owned()]));
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run_in(folder.path(), &["validate", "-", "--deny", "warnings"], unused).code, 3);
}

#[test]
fn what_cannot_be_read_is_told_and_the_others_are_checked() {
    let found = run(&["validate", "missing.yaml", "bad.json"]);
    assert!(found.err.contains("can't read `missing.yaml`"), "{}", found.err);
    assert!(found.out.contains("bad.json") && found.out.ends_with("; couldn't read 1\n"), "{}", found.out);
    let json = run(&["validate", "--json", "missing.yaml", "bad.json"]).json();
    assert_eq!(json["unreadable"][0]["file"], "missing.yaml");
    assert_eq!(json["files"][0]["file"], "bad.json");
}

#[test]
fn standard_input_may_be_json_or_yaml() {
    for text in [
        "{\"Resources\": {\"A\": {\"Type\": \"AWS::SNS::Topic\"}}}",
        "Resources: {A: {Type: AWS::SNS::Topic}}",
    ] {
        let found = validate(text.as_bytes());
        assert_eq!(found.codes(), [""; 0]);
        assert_eq!(found.json()["files"][0]["file"], "<stdin>");
    }
    assert_eq!(validate(b"").code, 3);
}

#[test]
fn folders_are_searched_for_templates() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let topic = "Resources: {A: {Type: AWS::SNS::Topic}}";
    write("a.template", topic);
    write("sub/b.yml", "Resources: {A: {Type: AWS::SNS::Topic, DependsOn: B}}");
    write("sub/broken.json", "{\"Resources\": {\"A\": {\"Type\": \"AWS::SNS::Topic\"");
    write("sub/package.json", "{\"name\": \"x\"}");
    write("sub/broken.yaml", "a: b: c");
    write("sub/notes.txt", topic);
    write(".hidden/c.yaml", topic);
    let found = run_in(folder.path(), &["validate", "--json", "."], b"");
    let json = found.json();
    let names = |key: &str| -> Vec<String> {
        let files = json[key].as_array().unwrap();
        files.iter().map(|file| file["file"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("files"), ["./a.template", "./sub/b.yml", "./sub/broken.json"]);
    assert_eq!(names("skipped"), ["./sub/broken.yaml", "./sub/package.json"]);
    assert_eq!((found.code, found.codes()), (3, vec!["R008".to_owned(), "D002".to_owned()]));
    let told = run_in(folder.path(), &["validate", "--verbose", "sub"], b"");
    assert!(told.err.contains("skipped `sub/package.json`: "), "{}", told.err);
    // A file that is named has to be a template.
    assert_eq!(run_in(folder.path(), &["validate", "sub/package.json"], b"").code, 3);
    fs::create_dir(folder.path().join("empty")).unwrap();
    assert_eq!(run_in(folder.path(), &["validate", "empty"], b"").code, 1);
}

#[test]
fn a_file_is_checked_once() {
    let json = run(&["validate", "--json", "bad.json", ".", "./bad.json"]).json();
    let files = json["files"].as_array().unwrap();
    assert_eq!(files.iter().filter(|file| file["file"].as_str().unwrap().ends_with("bad.json")).count(), 1);
    assert_eq!(files.len(), 3);
}

#[test]
fn parameters_have_to_be_declared_and_allowed() {
    assert_eq!(run(&["validate", "good.yaml", "--parameter", "Count=5"]).code, 0);
    assert_eq!(run(&["validate", "good.yaml", "bad.yaml", "-p", "Count=5"]).code, 3);
    let unknown = run(&["validate", "good.yaml", "-p", "count=5"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.err.contains("did you mean `Count`?"), "{}", unknown.err);
    let refused = run(&["validate", "good.yaml", "-p", "Count=6"]);
    assert!(refused.code == 2 && refused.err.contains("`--parameter Count=…`: "), "{}", refused.err);
    let hidden = run(&["validate", "good.yaml", "-p", "Password=HUNTER2"]);
    assert!(hidden.code == 2 && !hidden.err.contains("HUNTER2"), "{}", hidden.err);
}

#[test]
fn what_looks_like_a_template_or_cannot_be_read_is_not_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("only-transform.yaml", "Transform: AWS::Include");
    write("good.yaml", "Resources: {A: {Type: AWS::SNS::Topic}}");
    write("settings.yaml", "a: b: c");
    let found = run_in(folder.path(), &["validate", "."], b"");
    assert_eq!(found.code, 0, "{}{}", found.out, found.err);
    assert!(found.out.contains("checked 2 templates"), "{}", found.out);
    assert!(found.err.contains("warning: skipped `./settings.yaml`: it can't be read"), "{}", found.err);
    assert_eq!(run_in(folder.path(), &["validate", ".", "--deny", "warnings"], b"").code, 3);
    write("settings.yaml", "Resources:\n  A: {Type: Custom::A, b: c: d}");
    assert_eq!(run_in(folder.path(), &["validate", "."], b"").code, 3);
}

#[test]
fn a_configuration_brings_its_profile() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write(
        "group.yaml",
        "Resources:\n  A:\n    Type: AWS::EC2::SecurityGroup\n    Properties:\n      GroupDescription: d\n      SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0, Description: d}]\n",
    );
    let zone = "ingress: { domain_name: d.example.com, hosted_zone_id: Z0123456789ABC }";
    write("dev.yaml", "environments: { dev: { profile: development } }");
    write("both.yaml", &format!("{zone}\nenvironments: {{ dev: {{}}, prd: {{ profile: production }} }}"));
    let severity = |options: &[&str]| {
        let arguments = [&["validate", "group.yaml", "--json"][..], options].concat();
        let json = run_in(folder.path(), &arguments, b"").json();
        let finding = json["findings"].as_array().unwrap().iter().find(|finding| finding["code"] == "P020");
        finding.unwrap()["severity"].as_str().unwrap().to_owned()
    };
    assert_eq!(severity(&[]), "warning");
    assert_eq!(severity(&["--config", "dev.yaml"]), "warning");
    assert_eq!(severity(&["--config", "both.yaml"]), "error");
}
