//! Certificates made by quay-render.

use super::workshop::{HOST, MADE, Workshop, assert_kinds, now};
use super::{check_pair, issue_leaf, leaf_may_stay};
use quay_render::pki::{IssueError, Pair, issue_ca, not_after};
use quay_render::secret::Secret;
use std::process::Command;

#[test]
fn openssl_verifies_an_issued_chain() {
    let shop = Workshop::new();
    let ca = issue_ca("registry", now()).unwrap();
    let hosts = [HOST, "*.apps.example.com", "10.1.2.3", "2001:db8::1", "Quay.example.com:443"];
    let leaf = issue_leaf(&ca, &hosts, now()).unwrap();
    shop.write("ca.pem", &ca.cert);
    shop.write("leaf.pem", &leaf.cert);
    shop.write("leaf.key", leaf.key.expose().as_bytes());
    shop.openssl("verify -x509_strict -CAfile ca.pem -purpose sslserver leaf.pem");
    shop.openssl("verify -x509_strict -CAfile ca.pem ca.pem");
    for (option, value, fits) in [
        ("host", HOST, true),
        ("host", "one.apps.example.com", true),
        ("host", "apps.example.com", false),
        ("ip", "10.1.2.3", true),
        ("ip", "2001:db8::1", true),
        ("ip", "10.1.2.4", false),
    ] {
        let said = shop.openssl(&format!("x509 -in leaf.pem -noout -check{option} {value}"));
        assert_eq!(said.contains("does match"), fits, "{said}");
    }
    assert_eq!(
        shop.openssl("pkey -in leaf.key -pubout"),
        shop.openssl("x509 -in leaf.pem -noout -pubkey"),
        "the key is the certificate's"
    );
    assert!(leaf.key.expose().starts_with("-----BEGIN PRIVATE KEY-----\n"));
    assert_eq!(leaf.cert.matches("BEGIN CERTIFICATE").count(), 2);
    assert!(leaf.cert.ends_with(&ca.cert));
    assert_kinds(&check_pair(leaf.cert.as_bytes(), leaf.key.expose().as_bytes(), &hosts), &[]);
}

/// openssl's text for a certificate, without blanks that differ between its versions.
fn text_of(shop: &Workshop, file: &str) -> String {
    let text = shop.openssl(&format!("x509 -in {file} -noout -text"));
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace("CN = ", "CN=")
}

#[test]
fn an_issued_certificate_says_what_it_should() {
    let shop = Workshop::new();
    let (ca, leaf) = &*MADE;
    shop.write("ca.pem", &ca.cert);
    shop.write("leaf.pem", &leaf.cert);
    let text = text_of(&shop, "ca.pem");
    for wanted in [
        "Subject: CN=registry quay-render CA",
        "Signature Algorithm: ecdsa-with-SHA256",
        "ASN1 OID: prime256v1",
        "Basic Constraints: critical CA:TRUE, pathlen:0",
        "Key Usage: critical Certificate Sign, CRL Sign",
        "Subject Key Identifier",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    let text = text_of(&shop, "leaf.pem");
    for wanted in [
        "Issuer: CN=registry quay-render CA",
        "Subject: CN=quay.example.com",
        "Basic Constraints: critical CA:FALSE",
        "Key Usage: critical Digital Signature",
        "Extended Key Usage: TLS Web Server Authentication",
        "Subject Alternative Name: DNS:quay.example.com",
        "Authority Key Identifier",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    let ends = not_after(leaf.cert.as_bytes()).unwrap();
    assert!(ends.abs_diff(now() + 730 * 86_400) < 120);
    assert!(not_after(ca.cert.as_bytes()).unwrap().abs_diff(now() + 3652 * 86_400) < 120);
    assert_eq!(not_after(b"nothing"), None);
}

#[test]
fn tls_shakes_hands_with_an_issued_pair() {
    let shop = Workshop::new();
    let (ca, leaf) = &*MADE;
    shop.write("ca.pem", &ca.cert);
    shop.write("leaf.pem", &leaf.cert);
    shop.write("leaf.key", leaf.key.expose().as_bytes());
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let line = format!(
        "s_server -accept 127.0.0.1:{port} -cert leaf.pem -cert_chain leaf.pem -key leaf.key -naccept 1 -quiet"
    );
    let mut server = Command::new("openssl").args(line.split(' ')).current_dir(shop.path()).spawn().unwrap();
    let line =
        format!("s_client -connect 127.0.0.1:{port} -CAfile ca.pem -verify_return_error -verify_hostname {HOST}");
    let verified = (0..50).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        let output = shop.attempt(&line);
        String::from_utf8_lossy(&output.stdout).contains("Verify return code: 0 (ok)")
    });
    let _ = server.kill();
    let _ = server.wait();
    assert!(verified, "no verified handshake");
}

#[test]
fn names_of_an_issued_certificate_are_checked_and_fitted() {
    let ca = issue_ca(&"long-".repeat(50), now()).unwrap();
    let long = format!("{}.example.com", "a".repeat(60));
    let leaf = issue_leaf(&ca, &[&long, HOST], now()).unwrap();
    let shop = Workshop::new();
    shop.write("ca.pem", &ca.cert);
    shop.write("leaf.pem", &leaf.cert);
    shop.openssl("verify -x509_strict -CAfile ca.pem leaf.pem");
    assert!(shop.openssl("x509 -in leaf.pem -noout -text").contains("Subject Alternative Name: critical"));
    for host in ["", ".", "a..b", "a b", "*", "a.*.b", "ä.example.com", "[::1", &"a".repeat(64), "a,CN=b"] {
        assert_eq!(issue_leaf(&ca, &[HOST, host], now()).unwrap_err(), IssueError::Host(host.to_owned()), "{host}");
    }
    assert_eq!(issue_leaf(&ca, &[], now()).unwrap_err(), IssueError::NoHost);
    assert_eq!(issue_ca("late", 300_000_000_000).unwrap_err(), IssueError::Time);
}

#[test]
fn a_leaf_does_not_outlive_its_ca() {
    let made = 1_000_000_000;
    let ca = issue_ca("registry", made).unwrap();
    let ends = not_after(ca.cert.as_bytes()).unwrap();
    let leaf = issue_leaf(&ca, &[HOST], ends - 1000).unwrap();
    assert_eq!(not_after(leaf.cert.as_bytes()), Some(ends));
    assert_eq!(issue_leaf(&ca, &[HOST], ends).unwrap_err(), IssueError::Time);
}

#[test]
fn only_a_ca_issues() {
    let (ca, leaf) = &*MADE;
    let other = issue_ca("other", now()).unwrap();
    let crossed = Pair { cert: ca.cert.clone(), key: other.key };
    for (pair, why) in [
        (leaf.clone(), "its certificate is not one of a CA"),
        (crossed, "its key belongs to another certificate"),
        (Pair { cert: String::new(), key: ca.key.clone() }, "its certificate is not readable"),
        (Pair { cert: ca.cert.clone(), key: Secret::default() }, "its key is not a PKCS#8 key"),
    ] {
        assert_eq!(issue_leaf(&pair, &[HOST], now()).unwrap_err(), IssueError::Ca(why));
    }
    assert!(!format!("{ca:?}").contains("PRIVATE"), "a pair does not show its key");
}

#[test]
fn a_leaf_fits_until_anything_changes() {
    let (ca, leaf) = &*MADE;
    let fits = |leaf: &Pair, hosts: &[&str], now| {
        leaf_may_stay(leaf.cert.as_bytes(), leaf.key.expose().as_bytes(), hosts, now)
    };
    assert!(fits(leaf, &[HOST], now()));
    assert!(!fits(leaf, &[HOST, "more.example.com"], now()));
    let ends = not_after(leaf.cert.as_bytes()).unwrap();
    assert!(fits(leaf, &[HOST], ends - 30 * 86_400 - 1));
    assert!(!fits(leaf, &[HOST], ends - 30 * 86_400));
    assert!(!fits(leaf, &[HOST], now() - 7200), "not yet valid");
    let other = issue_leaf(ca, &[HOST], now()).unwrap();
    assert!(!fits(&Pair { cert: leaf.cert.clone(), key: other.key }, &[HOST], now()));
    assert!(!fits(&Pair { cert: String::new(), key: Secret::default() }, &[HOST], now()));
}
