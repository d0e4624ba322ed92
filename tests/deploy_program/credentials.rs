//! Whose credentials a command takes: as AWS's command line does.

use crate::program::{Place, Run};

/// The access key that a run signed its last call with.
fn key_of(place: &Place) -> String {
    place.server.lock().keys.last().cloned().unwrap_or_default()
}

fn profiles(place: &Place) {
    std::fs::create_dir(place.file(".aws")).unwrap();
    let keys = "[there]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = x\n";
    std::fs::write(place.file(".aws/credentials"), keys).unwrap();
    let config = "[profile empty]\nregion = us-east-1\n[profile other]\nrole_arn = arn:aws:iam::123456789012:role/R\nsource_profile = gone\n";
    std::fs::write(place.file(".aws/config"), config).unwrap();
}

fn status(place: &Place, more: &str, environment: &[(&str, &str)]) -> Run {
    let mut command = place.command(&format!("status --stack dify-dev {more}"));
    crate::program::finish(command.envs(environment.iter().copied()).spawn().unwrap())
}

#[test]
fn the_profile_that_is_named_wins_over_credentials_of_the_environment() {
    let place = Place::new();
    profiles(&place);
    status(&place, "", &[]).ended(0);
    assert_eq!(key_of(&place), "AKIAEXAMPLE");
    status(&place, "--profile there", &[]).ended(0);
    assert_eq!(key_of(&place), "AKIAOTHER");
}

#[test]
fn credentials_of_the_environment_win_over_the_profile_of_the_environment() {
    let place = Place::new();
    profiles(&place);
    status(&place, "", &[("AWS_PROFILE", "there")]).ended(0);
    assert_eq!(key_of(&place), "AKIAEXAMPLE");
    let mut command = place.command("status --stack dify-dev");
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        command.env_remove(name);
    }
    crate::program::finish(command.env("AWS_PROFILE", "there").spawn().unwrap()).ended(0);
    assert_eq!(key_of(&place), "AKIAOTHER");
    // The one on the command line wins over it.
    status(&place, "--profile there", &[("AWS_PROFILE", "empty")]).ended(0);
    assert_eq!(key_of(&place), "AKIAOTHER");
}

#[test]
fn a_profile_that_is_not_there_is_told_before_any_call() {
    let place = Place::new();
    let run = status(&place, "--profile nowhere", &[]).ended(2);
    assert!(run.err.contains("there is no profile `nowhere`"), "{}", run.err);
    profiles(&place);
    let run = status(&place, "--profile nowhere", &[]).ended(2);
    assert!(
        run.err.contains("there is no profile `nowhere`") && run.err.contains("empty, other, there"),
        "{}",
        run.err
    );
    assert_eq!(place.server.lock().calls.len(), 0);
}

#[test]
fn missing_credentials_are_told_with_the_profile_that_the_environment_names() {
    let place = Place::new();
    for (profile, said) in [
        (None, "no credentials in the environment"),
        (Some("nowhere"), "there is no profile `nowhere`"),
        (Some("empty"), "no credentials from the profile `empty`, which AWS_PROFILE names"),
    ] {
        if profile == Some("empty") {
            profiles(&place);
        }
        let mut command = place.command("status --stack dify-dev");
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
            command.env_remove(name);
        }
        let command = command.envs(profile.map(|name| ("AWS_PROFILE", name)));
        let run = crate::program::finish(command.spawn().unwrap()).ended(1);
        assert!(run.err.contains(said), "{}", run.err);
        assert_eq!(place.server.lock().calls.len(), 0, "{said}");
    }
}

#[test]
fn a_profile_without_credentials_is_told() {
    let place = Place::new();
    profiles(&place);
    for name in ["empty", "other"] {
        let run = status(&place, &format!("--profile {name}"), &[]).ended(1);
        assert!(run.err.contains(&format!("no credentials from the profile `{name}`")), "{}", run.err);
        assert!(!run.err.contains("dispatch failure"), "{}", run.err);
    }
    assert_eq!(place.server.lock().calls.len(), 0);
}

#[test]
fn credentials_that_end_soon_are_told_before_a_deploy_begins() {
    for (minutes, code, said) in [
        (2, 1, "check credentials: failed, they end at 2"),
        (30, 0, "check credentials: warning, they end at 2"),
        (180, 0, "check credentials: ok, they end at 2"),
    ] {
        let place = Place::new();
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let end = i64::try_from(now.as_millis()).unwrap() + minutes * 60_000;
        let end = dify_cfn::deploy::clock::Timestamp(end).to_string();
        let answer = format!(
            "{{\"Version\": 1, \"AccessKeyId\": \"AKIASOON\", \"SecretAccessKey\": \"x\", \"SessionToken\": \"y\", \"Expiration\": \"{end}\"}}"
        );
        std::fs::write(place.file("answer.json"), answer).unwrap();
        std::fs::create_dir(place.file(".aws")).unwrap();
        let process =
            format!("[profile soon]\ncredential_process = cat {}\n", place.file("answer.json").display());
        std::fs::write(place.file(".aws/config"), process).unwrap();
        let run = place.run("deploy --stack dify-dev --yes --profile soon").ended(code).says(&[said]);
        assert_eq!(key_of(&place), "AKIASOON");
        let is_begun = place.server.count("CreateChangeSet") > 0;
        assert_eq!(is_begun, code == 0, "{}", run.err);
        let told = run.err.contains("log in again first");
        assert_eq!(told, code == 1, "{}", run.err);
    }
}
