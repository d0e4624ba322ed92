//! The same input gives the same bytes, whoever runs it and wherever.

use crate::{Place, THREE};

#[test]
fn the_same_configuration_gives_the_same_bytes_anywhere() {
    let first = Place::with(THREE);
    first.run(["synth", "-q"]).ended(0);
    let expected = first.tree("out");

    // Again into the same folder.
    first.run(["synth", "-q"]).ended(0);
    assert_eq!(first.tree("out"), expected);

    // From elsewhere, as somebody else, in another language and time zone.
    let second = Place::empty();
    let config = first.path().join("dify.yaml");
    let status = second
        .command()
        .args(["synth", "-q", "--output", "deep/er", "--config"])
        .arg(&config)
        .env("HOME", second.path())
        .env("USER", "somebody")
        .env("LANG", "tr_TR.UTF-8")
        .env("LC_ALL", "tr_TR.UTF-8")
        .env("TZ", "Pacific/Kiritimati")
        .env("AWS_REGION", "eu-west-3")
        .env("AWS_PROFILE", "nobody")
        .env("COLUMNS", "20")
        .status()
        .unwrap();
    assert!(status.success());
    assert_eq!(second.tree("deep/er"), expected);

    // With nothing in the environment at all.
    let third = Place::with(THREE);
    assert!(third.command().args(["synth", "-q"]).env_clear().status().unwrap().success());
    assert_eq!(third.tree("out"), expected);

    // One after the other, in another order.
    let fourth = Place::with(THREE);
    for stack in ["dify-prd", "dify-dev", "dify-stg"] {
        fourth.run(["synth", "-q", stack]).ended(0);
    }
    assert_eq!(fourth.tree("out"), expected);
}

#[test]
fn no_template_tells_where_or_by_whom_it_was_made() {
    let place = Place::with(THREE);
    place.run(["synth", "-q"]).ended(0);
    let here = place.path().display().to_string();
    for (path, bytes) in place.tree("out") {
        let text = String::from_utf8(bytes).unwrap();
        for secret in [here.as_str(), env!("CARGO_MANIFEST_DIR")] {
            assert!(!text.contains(secret), "{secret} in {}", path.display());
        }
    }
}
