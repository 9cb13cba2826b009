//! Certificates and a date.

use super::issue_leaf;
use super::workshop::{HOST, Workshop, assert_kinds};
use quay_render::pki::PairFile::Cert;
use quay_render::pki::ProblemKind::{EndsSoon, Expired, NotYetValid, TrustedNotValid, ValidUntil};
use quay_render::pki::{Date, Pair, ProblemKind, Role, issue_ca, not_after, validity};

const DAY: u64 = 86_400;

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

/// A CA and a leaf made on 2026-03-01 at noon; the leaf ends on 2028-02-29 at noon, 730 days later.
fn made() -> (Pair, Pair) {
    let noon = date("2026-03-01").seconds() + DAY / 2;
    let ca = issue_ca("registry", noon).unwrap();
    let leaf = issue_leaf(&ca, &[HOST], noon).unwrap();
    assert_eq!(not_after(leaf.cert.as_bytes()), Some(date("2028-02-29").seconds() + DAY / 2));
    (ca, leaf)
}

#[test]
fn a_pair_is_asked_for_the_day_as_a_whole() {
    let (_, leaf) = made();
    for (day, wanted) in [
        ("1970-01-01", vec![(Cert, NotYetValid); 2]),
        ("2026-02-28", vec![(Cert, NotYetValid); 2]),
        ("2026-03-01", vec![]),
        // Thirty days before the end at noon, and a half.
        ("2028-01-30", vec![]),
        ("2028-01-31", vec![(Cert, EndsSoon)]),
        ("2028-02-29", vec![(Cert, EndsSoon)]),
        ("2028-03-01", vec![(Cert, Expired)]),
        ("9999-12-31", vec![(Cert, Expired); 2]),
    ] {
        let problems = validity(leaf.cert.as_bytes(), Role::Server, Some(date(day)));
        assert_kinds(&problems, &wanted);
        for problem in &problems {
            assert!(problem.message.contains(day), "{problem:?}");
        }
    }
    let problems = validity(leaf.cert.as_bytes(), Role::Server, Some(date("2028-03-01")));
    assert!(problems[0].message.contains("CN=quay.example.com expired on 2028-02-29"), "{problems:?}");
    assert_eq!((problems[0].line, problems[0].kind.code().as_str()), (1, "tls-expired"));
}

#[test]
fn the_last_second_belongs_to_a_certificate() {
    let shop = Workshop::new();
    shop.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem");
    shop.openssl("req -new -key key.pem -subj /CN=test -out request.pem");
    for name in ["index.txt", "serial"] {
        shop.write(name, if name == "serial" { "01\n" } else { "" });
    }
    shop.write(
        "config",
        "[ca]\ndefault_ca=a\n[a]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\npolicy=p\ndefault_md=sha256\n[p]\ncommonName=supplied\n",
    );
    shop.openssl(
        "ca -batch -notext -selfsign -config config -keyfile key.pem -in request.pem -out cert.pem -startdate 20260201000000Z -enddate 20260401000000Z",
    );
    let cert = shop.read("cert.pem");
    for (day, wanted) in [
        ("2026-01-31", Some(NotYetValid)),
        ("2026-02-01", None),
        // The end is the first second of a day: thirty-one days before, thirty, none, and the day after.
        ("2026-03-01", None),
        ("2026-03-02", Some(EndsSoon)),
        ("2026-04-01", Some(EndsSoon)),
        ("2026-04-02", Some(Expired)),
    ] {
        let problems = validity(&cert, Role::Server, Some(date(day)));
        assert_kinds(&problems, &wanted.map(|kind| (Cert, kind)).into_iter().collect::<Vec<_>>());
    }
    let problems = validity(&cert, Role::Server, Some(date("2026-04-02")));
    assert_eq!(problems[0].message, "its certificate expired on 2026-04-01, before 2026-04-02");
}

#[test]
fn a_certificate_that_issued_the_leaf_counts_too() {
    let (_, leaf) = made();
    let old = issue_ca("old", date("2016-01-01").seconds()).unwrap();
    let chain = format!("{}{}", leaf.cert, old.cert);
    let ask = |day| validity(chain.as_bytes(), Role::Server, Some(date(day)));
    assert_kinds(&ask("2026-03-01"), &[(Cert, Expired)]);
    let [problem] = &ask("2026-03-01")[..] else { panic!("one certificate expired") };
    assert_eq!(problem.message, "its certificate CN=old quay-render CA expired on 2025-12-31, before 2026-03-01");
    assert_eq!(problem.line as usize, leaf.cert.lines().count() + 1);
    assert_kinds(&ask("2028-02-01"), &[(Cert, EndsSoon), (Cert, Expired)]);
}

#[test]
fn without_a_date_the_end_is_a_note() {
    let (ca, leaf) = made();
    let problems = validity(leaf.cert.as_bytes(), Role::Server, None);
    assert_kinds(&problems, &[(Cert, ValidUntil)]);
    assert_eq!(problems[0].message, "its certificate CN=quay.example.com is valid until 2028-02-29");
    assert!(problems[0].hint.as_deref().unwrap().contains("--as-of DATE"));
    // The server's own, wherever it stands; of certificates to trust, the first to end.
    let reversed = format!("{}{}", ca.cert, leaf.cert);
    for role in [Role::Server, Role::Trusted] {
        let problems = validity(reversed.as_bytes(), role, None);
        assert_kinds(&problems, &[(Cert, ValidUntil)]);
        assert!(problems[0].message.ends_with("CN=quay.example.com is valid until 2028-02-29"), "{problems:?}");
    }
    let problems = validity(ca.cert.as_bytes(), Role::Trusted, None);
    assert_eq!(problems[0].message, "its certificate is valid until 2036-02-29");
}

#[test]
fn a_certificate_to_trust_only_warns() {
    let (ca, _) = made();
    for (day, wanted) in [
        ("2026-02-28", Some(TrustedNotValid)),
        ("2026-03-01", None),
        ("2036-02-28", Some(EndsSoon)),
        ("2036-03-01", Some(TrustedNotValid)),
    ] {
        let problems = validity(ca.cert.as_bytes(), Role::Trusted, Some(date(day)));
        assert_kinds(&problems, &wanted.map(|kind| (Cert, kind)).into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn what_cannot_be_read_has_no_time() {
    let (_, leaf) = made();
    for bytes in [b"".as_slice(), b"hello", leaf.key.expose().as_bytes(), &leaf.cert.as_bytes()[..200]] {
        for role in [Role::Server, Role::Trusted] {
            assert_kinds(&validity(bytes, role, None), &[]);
            assert_kinds(&validity(bytes, role, Some(date("9999-12-31"))), &[]);
        }
    }
}

#[test]
fn each_answer_has_the_severity_of_its_code() {
    use quay_render::diagnostic::Severity::{Error, Note, Warning};
    for (kind, code, severity) in [
        (Expired, "tls-expired", Error),
        (NotYetValid, "tls-expired", Error),
        (TrustedNotValid, "tls-trusted-expired", Warning),
        (EndsSoon, "tls-ends-soon", Warning),
        (ValidUntil, "tls-valid-until", Note),
        (ProblemKind::StrayKey, "tls-stray-key", Warning),
        (ProblemKind::FipsKey, "fips-certificate", Error),
        (ProblemKind::FipsSignature, "fips-certificate", Error),
    ] {
        assert_eq!((kind.code().as_str(), kind.code().severity()), (code, severity));
    }
}
