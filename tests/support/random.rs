//! How properties are tested with random inputs.

use proptest::test_runner::{Config, FileFailurePersistence};

/// So many cases, after those that failed once (`tests/proptest-regressions.txt`, to which a failure is written).
pub fn cases(cases: u32) -> Config {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/proptest-regressions.txt");
    Config { cases, failure_persistence: Some(Box::new(FileFailurePersistence::Direct(file))), ..Config::default() }
}
