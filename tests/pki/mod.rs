//! Certificates and the `openssl` program: it verifies what quay-render makes, and makes what quay-render checks.

mod check;
mod fips;
mod issue;
mod random;
mod validity;
mod workshop;

use quay_render::host::Host;
use quay_render::pki::{self, IssueError, Pair, Problem};

fn hosts(texts: &[&str]) -> Vec<Host> {
    texts.iter().map(|text| Host::read(*text)).collect()
}

fn check_pair(cert: &[u8], key: &[u8], names: &[&str]) -> Vec<Problem> {
    pki::check_pair(cert, key, &hosts(names))
}

fn leaf_may_stay(cert: &[u8], key: &[u8], names: &[&str], now: u64) -> bool {
    pki::leaf_may_stay(cert, key, &hosts(names), now)
}

fn issue_leaf(ca: &Pair, names: &[&str], now: u64) -> Result<Pair, IssueError> {
    pki::issue_leaf(ca, &hosts(names), now)
}
