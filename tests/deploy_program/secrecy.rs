//! No secret is in anything that the program prints or writes: some are planted, and searched for.

use crate::program::{CONFIG, Place, Run, SECRET_KEY, SESSION_TOKEN};
use crate::server::Fault;

const PLANTED: &str = "plantedNoEchoValue0000";

#[track_caller]
fn shows_nothing(place: &Place, run: &Run, what: &str) {
    let generated: Vec<String> = place.server.lock().model.secure_parameters.values().cloned().collect();
    let planted = [SECRET_KEY, SESSION_TOKEN, PLANTED].into_iter().map(str::to_owned);
    for secret in planted.chain(generated) {
        assert!(!run.out.contains(&secret), "{what} shows {secret} in\n{}", run.out);
        assert!(!run.err.contains(&secret), "{what} shows {secret} in\n{}", run.err);
    }
}

#[test]
fn generated_parameters_are_created_once_and_never_shown() {
    let place = Place::with(&format!("{CONFIG}secrets: {{ backend: ssm }}\n"));
    let run = place.run("secrets --stack dify-dev").ended(0);
    shows_nothing(&place, &run, "secrets");
    let first = place.server.lock().model.secure_parameters.clone();
    assert!(first.len() > 3, "{first:?}");
    assert!(first.values().all(|value| value.bytes().all(|byte| byte.is_ascii_alphanumeric())), "{first:?}");
    let run = place.run("secrets --stack dify-dev --json").ended(0);
    shows_nothing(&place, &run, "secrets --json");
    assert_eq!(place.server.lock().model.secure_parameters, first, "an existing one was touched");
}

#[test]
fn no_run_shows_credentials_or_values_without_echo() {
    let place = Place::new();
    let deploy = "deploy --stack dify-dev --yes";
    for arguments in [
        format!("{deploy} --json"),
        deploy.to_owned(),
        "status --stack dify-dev --json".to_owned(),
        "events --stack dify-dev --all --json".to_owned(),
        "diff --stack dify-dev --json".to_owned(),
        "outputs --stack dify-dev".to_owned(),
        "why --stack dify-dev".to_owned(),
        "drift --stack dify-dev --json".to_owned(),
        format!("{deploy} --parameter NoSuchParameter={PLANTED}"),
    ] {
        let run = place.run(&arguments);
        if arguments.contains("NoSuchParameter") {
            assert_eq!(run.code, Some(2), "{run:?}");
        }
        shows_nothing(&place, &run, &arguments);
    }
    for fault in [Fault::Denied, Fault::Expired, Fault::Truncated] {
        place.server.faults("DescribeStacks", &[fault; 3]);
        let run = place.run("status --stack dify-dev");
        shows_nothing(&place, &run, &format!("{fault:?}"));
    }
}
