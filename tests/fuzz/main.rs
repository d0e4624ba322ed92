//! What the fuzz targets call, on the stored corpus and on 20,000 inputs made of it: the same ones on every run.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests may panic, in helpers too")]

#[path = "../support/fuzzed.rs"]
mod fuzzed;
#[path = "../../src/document/mutation.rs"]
mod mutation;
mod structure;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use fuzzed::Outcome;
use mutation::{Numbers, mutate};
use structure::Pool;

/// How many broken files each of the four functions gets.
const INPUTS: usize = 5_000;

/// How many templates with misplaced parts the evaluator and validation get in addition.
const TEMPLATES: usize = 3_000;

/// The stored inputs, in the order of their names.
fn corpus() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/corpus");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 10);
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// Runs a function on the corpus and on what becomes of it, and returns how many inputs got how far.
fn outcomes(function: fn(&[u8]) -> Outcome, seed: u64, templates: usize) -> BTreeMap<Outcome, usize> {
    let corpus = corpus();
    let texts: Vec<&str> = corpus.iter().filter_map(|bytes| std::str::from_utf8(bytes).ok()).collect();
    let mut numbers = Numbers::new(seed);
    let mut outcomes = BTreeMap::new();
    for bytes in &corpus {
        *outcomes.entry(function(bytes)).or_default() += 1;
    }
    for round in 0..INPUTS {
        let bytes = mutate(texts[round % texts.len()], &mut numbers);
        *outcomes.entry(function(&bytes)).or_default() += 1;
    }
    let pool = Pool::new(&corpus);
    for round in 0..templates {
        *outcomes.entry(function(&pool.mutant(round, &mut numbers))).or_default() += 1;
    }
    outcomes
}

#[track_caller]
fn assert_varied(outcomes: &BTreeMap<Outcome, usize>, expected: &[Outcome]) {
    for outcome in expected {
        assert!(outcomes.get(outcome) > Some(&100), "the inputs are all alike: {outcomes:?}");
    }
}

#[test]
fn the_yaml_reader_stands_any_bytes() {
    let outcomes = outcomes(fuzzed::read_yaml, 0x9e37_79b9_7f4a_7c15, 0);
    assert_varied(&outcomes, &[Outcome::NoText, Outcome::Refused, Outcome::Clean]);
}

#[test]
fn the_json_reader_stands_any_bytes() {
    let outcomes = outcomes(fuzzed::read_json, 0xbf58_476d_1ce4_e5b9, 0);
    assert_varied(&outcomes, &[Outcome::NoText, Outcome::Refused, Outcome::Clean]);
}

#[test]
fn the_evaluator_stands_any_template() {
    let outcomes = outcomes(fuzzed::evaluate, 0x94d0_49bb_1331_11eb, TEMPLATES);
    assert_varied(&outcomes, &[Outcome::Refused, Outcome::Found, Outcome::Clean]);
}

#[test]
fn validation_stands_any_template() {
    let outcomes = outcomes(fuzzed::validate, 0x2545_f491_4f6c_dd1d, TEMPLATES);
    assert_varied(&outcomes, &[Outcome::Refused, Outcome::Found]);
}
