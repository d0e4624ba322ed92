//! Synthesis of three environments, stage by stage, beside a floor: parsing the same templates as JSON.
//!
//! `cargo bench --no-default-features --bench synth`. All is CPU time of this process, not time that passes. criterion tells means, and a
//! machine that is slowed down from outside raises them; at the end stand the least of many runs of the whole and of the floor, what the whole
//! costs where nothing disturbs it. In one process all is warm; `benches/compare.py` measures the program from a cold start.

#![allow(clippy::print_stdout, reason = "a bench tells its figures")]

use std::hint::black_box;
use std::time::Duration;

use criterion::Criterion;
use criterion::measurement::{Measurement, ValueFormatter, WallTime};
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

/// CPU time of this process, told as criterion tells time that passes.
struct CpuTime;

impl Measurement for CpuTime {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        let spent = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Duration::try_from(spent).unwrap_or_default()
    }

    fn end(&self, start: Duration) -> Duration {
        self.start().saturating_sub(start)
    }

    fn add(&self, one: &Duration, other: &Duration) -> Duration {
        *one + *other
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        WallTime.to_f64(value)
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}

/// What all is compared with: the templates read again as JSON.
fn floor(texts: &[String]) -> usize {
    texts.iter().filter_map(|text| serde_json::from_str::<serde_json::Value>(text).ok()).count()
}

/// From the text of the configuration to the texts of three validated templates.
fn whole() -> usize {
    let known_good = KnownGood::default();
    let checked = templates()
        .into_iter()
        .filter_map(|one| ValidatedTemplate::check_among(one, &Options::default(), &known_good).ok());
    checked.map(|(one, _)| write::json(one.template()).len() + write::yaml(one.template()).len()).sum()
}

/// The least CPU time of that many runs, in milliseconds.
fn least_ms<T>(runs: usize, mut routine: impl FnMut() -> T) -> f64 {
    let times = (0..runs).map(|_| {
        let start = CpuTime.start();
        black_box(routine());
        CpuTime.end(start)
    });
    times.min().unwrap_or_default().as_secs_f64() * 1000.0
}

fn synthesis(criterion: &mut Criterion<CpuTime>, templates: &[Template], texts: &[String]) {
    let mut group = criterion.benchmark_group("three environments");
    group.bench_function("floor: parse the templates as JSON", |bencher| bencher.iter(|| floor(texts)));
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
    group.bench_function("whole", |bencher| bencher.iter(whole));
    group.finish();
}

fn main() {
    let templates = templates();
    assert_eq!(templates.len(), 3, "the configuration of this bench is good");
    let texts: Vec<String> = templates.iter().map(write::json).collect();

    let mut criterion = Criterion::default().with_measurement(CpuTime).configure_from_args();
    synthesis(&mut criterion, &templates, &texts);
    criterion.final_summary();

    let runs = 300;
    let (floor_ms, whole_ms) = (least_ms(runs, || floor(&texts)), least_ms(runs, whole));
    println!(
        "three environments, least of {runs} runs: {whole_ms:.1} ms CPU (budget 20), {:.1} times the floor of {floor_ms:.2} ms",
        whole_ms / floor_ms
    );
}
