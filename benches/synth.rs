//! Synthesis of three environments, stage by stage, beside a floor: parsing the same templates as JSON.
//!
//! `cargo bench --no-default-features --bench synth`. What counts is the ratio of `whole` to `floor`, both measured in one run. In one
//! process all is warm; the budget is of the whole program, from a cold start, and `benches/compare.py` measures that.

use criterion::{Criterion, criterion_group, criterion_main};
use dify_cfn::cfn::{Template, write};
use dify_cfn::config::{LoadOptions, load};
use dify_cfn::diagnostic::Source;
use dify_cfn::dify;
use dify_cfn::validate::{KnownGood, Options, ValidatedTemplate};

/// As the program has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A development, a staging and a production stack, as a company would have them.
const CONFIGURATION: &str = "
name: dify
region: ap-northeast-1
network: { create: { cidr: 10.0.0.0/16 } }
ingress: { allowed_cidrs: [203.0.113.0/24] }
environments:
  dev: {}
  stg: { layout: sidecar }
  prd:
    profile: production
    ingress: { domain_name: dify.example.com, hosted_zone_id: Z0123456789ABC }
";

fn options() -> LoadOptions {
    LoadOptions { file: Some(Source::new("dify.yaml", CONFIGURATION)), ..LoadOptions::default() }
}

fn templates() -> Vec<Template> {
    let Ok(loaded) = load(&options()) else { return Vec::new() };
    loaded
        .environments
        .iter()
        .filter_map(|located| Some(dify::build(&located.config).ok()?.template))
        .collect()
}

fn synthesis(criterion: &mut Criterion) {
    let templates = templates();
    assert_eq!(templates.len(), 3, "the configuration of this bench is good");
    let texts: Vec<String> = templates.iter().map(write::json).collect();
    let mut group = criterion.benchmark_group("three environments");
    group.bench_function("floor: parse the templates as JSON", |bencher| {
        bencher.iter(|| {
            texts.iter().filter_map(|text| serde_json::from_str::<serde_json::Value>(text).ok()).count()
        });
    });
    group.bench_function("load the configuration", |bencher| {
        bencher.iter(|| load(&options()).map(|loaded| loaded.environments.len()));
    });
    group.bench_function("load and build", |bencher| bencher.iter(self::templates));
    group.bench_function("validate", |bencher| {
        bencher.iter(|| {
            let known_good = KnownGood::default();
            let checked = templates
                .iter()
                .map(|one| ValidatedTemplate::check_among(one.clone(), &Options::default(), &known_good));
            checked.flatten().count()
        });
    });
    group.bench_function("write JSON and YAML", |bencher| {
        bencher.iter(|| {
            templates.iter().map(|one| write::json(one).len() + write::yaml(one).len()).sum::<usize>()
        });
    });
    group.bench_function("whole", |bencher| {
        bencher.iter(|| {
            let known_good = KnownGood::default();
            let checked = self::templates()
                .into_iter()
                .filter_map(|one| ValidatedTemplate::check_among(one, &Options::default(), &known_good).ok());
            checked
                .map(|(one, _)| write::json(one.template()).len() + write::yaml(one.template()).len())
                .sum::<usize>()
        });
    });
    group.finish();
}

criterion_group!(benches, synthesis);
criterion_main!(benches);
