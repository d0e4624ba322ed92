//! Templates that are too large for a request: uploaded to the stack's own bucket, or to one that is named.

use crate::program::{CONFIG, DEPLOY, Place};
use crate::server::Fault;

/// More than a request takes, in a stack that has everything.
fn large() -> String {
    CONFIG.replace("layout: single-task", "layout: distributed")
}

/// Addresses of what was uploaded.
fn uploaded(place: &Place) -> Vec<String> {
    place.server.lock().model.objects.keys().cloned().collect()
}

#[test]
fn a_deploy_uploads_to_the_bucket_that_its_first_step_made() {
    let place = Place::with(&large());
    place.run(DEPLOY).ended(0).says(&["uploaded the template, ", "s3://dify-dev-Bucket/.cfn/"]);
    let sets = place.server.calls("CreateChangeSet");
    assert_eq!(sets[0].get("TemplateURL"), None, "the foundation fits into the request");
    assert!(
        sets[1].get("TemplateURL").unwrap().contains("/dify-dev-Bucket/.cfn/"),
        "{:?}",
        sets[1].get("TemplateURL")
    );
    assert_eq!(sets[1].get("TemplateBody"), None);
}

#[test]
fn a_deploy_uploads_to_the_bucket_that_is_named() {
    for (given, place_of) in [("ours", "/ours/"), ("ours/dify", "/ours/dify/"), ("ours/dify/", "/ours/dify/")]
    {
        let place = Place::with(&large());
        place.run(&format!("{DEPLOY} --upload-to {given}")).ended(0);
        let url = place.server.calls("CreateChangeSet")[1].get("TemplateURL").unwrap().to_owned();
        let (_, key) = url.split_once(place_of).unwrap_or_else(|| panic!("{url}"));
        assert!(key.ends_with(".template") && !key.contains('/'), "{url}");
        assert_eq!(uploaded(&place), [url], "{given}");
    }
}

#[test]
fn a_diff_by_change_set_uploads_to_the_bucket_that_is_named() {
    let place = Place::with(&large());
    let run = place.run("diff --stack dify-dev --change-set --upload-to ours").ended(0);
    assert_eq!(uploaded(&place).len(), 1, "{}", run.err);
    assert!(run.out.contains("DatabaseCluster") && run.out.contains("ApiService"), "{}", run.out);
    assert_eq!(place.server.count("DeleteStack"), 1, "the empty stack of the set is deleted");
    assert_eq!(place.run("diff --stack dify-dev --upload-to ours").code, Some(2), "only a set needs it");
}

#[test]
fn a_diff_by_change_set_of_a_new_large_stack_asks_about_the_foundation() {
    let place = Place::with(&large());
    let run = place.run("diff --stack dify-dev --change-set").ended(0).says(&[
        "CloudFormation is asked about the foundation",
        "`--upload-to BUCKET` has it asked about the whole",
    ]);
    assert_eq!(uploaded(&place), Vec::<String>::new());
    let [set] = &place.server.calls("CreateChangeSet")[..] else { panic!("{run:?}") };
    assert!(set.get("TemplateBody").unwrap().contains("DatabaseCluster"));
    assert!(!set.get("TemplateBody").unwrap().contains("AWS::ECS::Service"));
    // All of the stack is told: once by CloudFormation, or else by the template.
    let whole = place.run("diff --stack dify-dev").ended(0);
    let told = |text: &str| {
        let lines = text.lines().filter(|line| line.starts_with("  + "));
        let ids = lines.map(|line| line.split_whitespace().nth(1).unwrap().to_owned());
        ids.collect::<std::collections::BTreeSet<_>>()
    };
    assert!(told(&run.out).contains("ApiService"), "{}", run.out);
    assert_eq!(told(&run.out), told(&whole.out));
    assert_eq!(place.server.count("DeleteStack"), 1, "the empty stack of the set is deleted");
}

#[test]
fn an_upload_that_is_refused_says_where_to_and_what_to_do() {
    let place = Place::with(&large());
    place.server.faults("S3 PUT", &[Fault::Denied]);
    place
        .run(&format!("{DEPLOY} --upload-to ours"))
        .ended(1)
        .says(&["the template can't be uploaded to s3://ours/: PutObject: ", "with `--upload-to BUCKET`"]);
    // Its first step is made, and goes on.
    place.run(DEPLOY).ended(0);
}
