//! Certificates and keys made by others.

use super::workshop::{HOST, MADE, Workshop, assert_kinds};
use super::{check_pair, issue_leaf};
use quay_render::pki::PairFile::{Cert, Key};
use quay_render::pki::{ProblemKind, check_certificates, check_private_key, issue_ca};
use std::fs;

#[test]
fn every_kind_and_form_of_key_is_taken() {
    let shop = Workshop::new();
    for (algorithm, traditional) in [
        ("-algorithm RSA -pkeyopt rsa_keygen_bits:2048", Some("rsa")),
        ("-algorithm EC -pkeyopt ec_paramgen_curve:P-256", Some("ec")),
        ("-algorithm EC -pkeyopt ec_paramgen_curve:P-384", Some("ec")),
        ("-algorithm EC -pkeyopt ec_paramgen_curve:P-521", Some("ec")),
        ("-algorithm ED25519", None),
    ] {
        let (cert, key) = shop.self_signed(algorithm, &format!("DNS:{HOST}"));
        assert_kinds(&check_pair(&cert, &key, &[HOST]), &[]);
        let crlf = |text: &[u8]| String::from_utf8(text.to_vec()).unwrap().replace('\n', "\r\n");
        assert_kinds(&check_pair(crlf(&cert).as_bytes(), crlf(&key).as_bytes(), &[HOST]), &[]);
        if let Some(command) = traditional {
            let flag = if command == "rsa" { " -traditional" } else { "" };
            shop.openssl(&format!("{command} -in key.pem -out old.pem{flag}"));
            let old = shop.read("old.pem");
            assert!(String::from_utf8_lossy(&old).contains(&format!("BEGIN {} PRIVATE KEY", command.to_uppercase())));
            assert_kinds(&check_pair(&cert, &old, &[HOST]), &[]);
            // Behind the certificate, and behind parameters as `ecparam -genkey` writes them, the key is found.
            assert_kinds(&check_pair(&cert, &[&cert[..], &old].concat(), &[HOST]), &[]);
        }
        if traditional == Some("ec") {
            shop.openssl("ec -in key.pem -no_public -out bare.pem");
            assert_kinds(&check_pair(&cert, &shop.read("bare.pem"), &[HOST]), &[]);
            shop.openssl("ec -in key.pem -param_out -out param.pem");
            let both = [shop.read("param.pem"), shop.read("bare.pem")].concat();
            assert_kinds(&check_pair(&cert, &both, &[HOST]), &[]);
        }
        let (_, stranger) = shop.self_signed(algorithm, "");
        assert_kinds(&check_pair(&cert, &stranger, &[HOST]), &[(Key, ProblemKind::KeyMismatch)]);
    }
}

#[test]
fn a_key_that_servers_do_not_take_is_refused() {
    let shop = Workshop::new();
    for algorithm in [
        "-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1",
        "-algorithm EC -pkeyopt ec_paramgen_curve:P-224",
        "-algorithm ED448",
    ] {
        let (cert, key) = shop.self_signed(algorithm, &format!("DNS:{HOST}"));
        let wanted = [(Key, ProblemKind::UnsupportedKey), (Cert, ProblemKind::UnsupportedKey)];
        assert_kinds(&check_pair(&cert, &key, &[HOST]), &wanted);
    }
    shop.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit -out key.pem");
    let (_, leaf) = &*MADE;
    let problems = check_pair(leaf.cert.as_bytes(), &shop.read("key.pem"), &[HOST]);
    assert_kinds(&problems, &[(Key, ProblemKind::UnsupportedKey)]);
}

#[test]
fn another_algorithm_is_told_apart_from_another_key() {
    let shop = Workshop::new();
    let (_, ed25519) = shop.self_signed("-algorithm ED25519", "");
    let (_, leaf) = &*MADE;
    let problems = check_pair(leaf.cert.as_bytes(), &ed25519, &[HOST]);
    assert_kinds(&problems, &[(Key, ProblemKind::KeyMismatch)]);
    assert!(problems[0].message.contains("Ed25519") && problems[0].message.contains("P-256"), "{problems:?}");
}

#[test]
fn an_encrypted_key_is_named_as_such() {
    let shop = Workshop::new();
    let (_, leaf) = &*MADE;
    shop.write("key.pem", leaf.key.expose().as_bytes());
    shop.openssl("pkcs8 -topk8 -in key.pem -passout pass:secret -out new.pem");
    shop.openssl("ec -in key.pem -aes256 -passout pass:secret -out old.pem");
    for (name, sign) in [("new.pem", "ENCRYPTED PRIVATE KEY"), ("old.pem", "Proc-Type: 4,ENCRYPTED")] {
        let key = shop.read(name);
        assert!(String::from_utf8_lossy(&key).contains(sign));
        assert_kinds(&check_pair(leaf.cert.as_bytes(), &key, &[HOST]), &[(Key, ProblemKind::EncryptedKey)]);
    }
}

#[test]
fn each_damage_has_its_own_problem() {
    use ProblemKind::{
        BadCertificate, BadKey, ByteOrderMark, Der, Empty, Malformed, NoBlock, Truncated, TrustedCertificate,
        UnsupportedKey, WrongContent,
    };
    let shop = Workshop::new();
    let (ca, leaf) = &*MADE;
    let (cert, key) = (leaf.cert.as_str(), leaf.key.expose());
    shop.write("cert.pem", cert);
    shop.write("key.pem", key);
    shop.openssl("x509 -in cert.pem -outform DER -out cert.der");
    shop.openssl("pkey -in key.pem -outform DER -out key.der");
    shop.openssl("x509 -in cert.pem -trustout -out trusted.pem");
    shop.openssl("pkey -in key.pem -pubout -out public.pem");
    shop.openssl("req -new -key key.pem -subj /CN=a -out request.pem");
    shop.openssl("pkcs12 -export -in cert.pem -inkey key.pem -passout pass:a -out pair.p12");
    let file = |name: &str| shop.read(name);
    let indented = |text: &str| format!("  {}", text.trim_end().replace('\n', "\n  ")).into_bytes();
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let cases: Vec<(Vec<u8>, ProblemKind, ProblemKind)> = vec![
        (vec![], Empty, Empty),
        (b"hello\n".to_vec(), NoBlock, NoBlock),
        (vec![0x07; 64], NoBlock, NoBlock),
        (file("public.pem"), WrongContent, WrongContent),
        (file("request.pem"), WrongContent, WrongContent),
        (file("pair.p12"), Der, Der),
        (utf16(cert), ByteOrderMark, ByteOrderMark),
        (indented(cert), Malformed, Malformed),
        (cert.replace("-----", "----").into_bytes(), NoBlock, NoBlock),
        (cert.replace('\n', "\r").into_bytes(), Malformed, Malformed),
    ];
    for (bytes, of_cert, of_key) in cases {
        assert_kinds(&check_pair(&bytes, key.as_bytes(), &[HOST]), &[(Cert, of_cert)]);
        assert_kinds(&check_pair(cert.as_bytes(), &bytes, &[HOST]), &[(Key, of_key)]);
    }
    let first_only = &cert[..cert.len() - ca.cert.len()];
    for (bytes, wanted) in [
        (key.as_bytes().to_vec(), WrongContent),
        (file("cert.der"), Der),
        (file("trusted.pem"), TrustedCertificate),
        (format!("\u{feff}{cert}").into_bytes(), ByteOrderMark),
        (first_only.as_bytes()[..300].to_vec(), Truncated),
        (format!("{}\n{}", &first_only[..300], ca.cert).into_bytes(), Truncated),
        (cert.as_bytes()[..cert.len() - 40].to_vec(), Truncated),
        (key.replace("PRIVATE KEY", "CERTIFICATE").into_bytes(), BadCertificate),
        (first_only.replacen('M', "!", 1).into_bytes(), Malformed),
    ] {
        assert_kinds(&check_pair(&bytes, key.as_bytes(), &[HOST]), &[(Cert, wanted)]);
    }
    for (bytes, wanted) in [
        (cert.as_bytes().to_vec(), WrongContent),
        (file("key.der"), Der),
        (format!("\u{feff}{key}").into_bytes(), ByteOrderMark),
        (key.as_bytes()[..100].to_vec(), Truncated),
        (key.replace("PRIVATE KEY", "RSA PRIVATE KEY").into_bytes(), BadKey),
        (key.replace("PRIVATE KEY", "EC PRIVATE KEY").into_bytes(), BadKey),
        (key.replace("PRIVATE KEY", "OPENSSH PRIVATE KEY").into_bytes(), UnsupportedKey),
        (first_only.replace("CERTIFICATE", "PRIVATE KEY").into_bytes(), BadKey),
    ] {
        assert_kinds(&check_pair(cert.as_bytes(), &bytes, &[HOST]), &[(Key, wanted)]);
    }
    let problems = check_pair(b"", b"", &[HOST]);
    assert_kinds(&problems, &[(Cert, Empty), (Key, Empty)]);
}

#[test]
fn the_leaf_is_first() {
    let (ca, leaf) = &*MADE;
    let first_only = &leaf.cert[..leaf.cert.len() - ca.cert.len()];
    let reversed = format!("{}{first_only}", ca.cert);
    let problems = check_pair(reversed.as_bytes(), leaf.key.expose().as_bytes(), &[HOST]);
    assert_kinds(&problems, &[(Cert, ProblemKind::ChainOrder)]);
    let hint = problems[0].hint.as_deref().unwrap();
    assert!(hint.ends_with("CN=quay.example.com, then CN=registry quay-render CA"), "{hint}");
    // The names tell it too, where the key does not.
    let problems = check_pair(reversed.as_bytes(), b"", &[HOST]);
    assert_kinds(&problems, &[(Key, ProblemKind::Empty), (Cert, ProblemKind::ChainOrder)]);
    assert_kinds(&check_pair(first_only.as_bytes(), leaf.key.expose().as_bytes(), &[HOST]), &[]);
}

#[test]
fn hosts_are_looked_for_among_the_alternative_names() {
    use ProblemKind::{HostMismatch, NoAlternativeName};
    let shop = Workshop::new();
    let algorithm = "-algorithm EC -pkeyopt ec_paramgen_curve:P-256";
    let names = "DNS:quay.example.com,DNS:*.apps.example.com,DNS:10.0.0.1,IP:10.0.0.2,email:a@example.com,URI:https://uri.example.com,dirName:dir";
    shop.openssl(&format!("genpkey -out key.pem {algorithm}"));
    shop.write(
        "config",
        format!("[req]\nprompt=no\ndistinguished_name=name\nx509_extensions=ext\n[name]\nCN=common.example.com\n[ext]\nsubjectAltName={names}\n[dir]\nCN=dir.example.com\n"),
    );
    shop.openssl("req -x509 -config config -key key.pem -out cert.pem -days 30");
    let (cert, key) = (shop.read("cert.pem"), shop.read("key.pem"));
    for host in [
        "quay.example.com",
        "QUAY.Example.com",
        "quay.example.com.",
        "quay.example.com:8443",
        "one.apps.example.com",
        "10.0.0.2",
        "10.0.0.2:443",
    ] {
        assert_kinds(&check_pair(&cert, &key, &[host]), &[]);
    }
    for host in [
        "common.example.com",
        "apps.example.com",
        "one.two.apps.example.com",
        "10.0.0.1",
        "::1",
        "uri.example.com",
        "dir.example.com",
        "example.com",
        "",
    ] {
        let problems = check_pair(&cert, &key, &[host, HOST]);
        assert_kinds(&problems, &[(Cert, HostMismatch)]);
        assert!(problems[0].message.starts_with("x509: ") && problems[0].message.contains(host), "{problems:?}");
    }
    let problems = check_pair(&cert, &key, &["a.example.com", "b.example.com", "A.example.com"]);
    assert_kinds(&problems, &[(Cert, HostMismatch); 2]);
    shop.openssl("req -x509 -key key.pem -out cert.pem -days 30 -subj /CN=quay.example.com");
    let problems = check_pair(&shop.read("cert.pem"), &key, &[HOST, "b.example.com"]);
    assert_kinds(&problems, &[(Cert, NoAlternativeName)]);
    assert!(problems[0].message.contains("relies on legacy Common Name field, use SANs instead"), "{problems:?}");
    assert_kinds(&check_pair(&shop.read("cert.pem"), &key, &[]), &[]);
}

#[test]
fn dates_are_not_looked_at() {
    let ca = issue_ca("registry", 0).unwrap();
    let leaf = issue_leaf(&ca, &[HOST], 0).unwrap();
    assert_kinds(&check_pair(leaf.cert.as_bytes(), leaf.key.expose().as_bytes(), &[HOST]), &[]);
}

#[test]
fn a_file_of_certificates_is_checked_alone() {
    let (ca, leaf) = &*MADE;
    assert_kinds(&check_certificates(ca.cert.as_bytes()), &[]);
    assert_kinds(&check_certificates(format!("# root\n{}\n{}", ca.cert, leaf.cert).as_bytes()), &[]);
    assert_kinds(&check_certificates(leaf.key.expose().as_bytes()), &[(Cert, ProblemKind::WrongContent)]);
    assert_kinds(&check_certificates(b""), &[(Cert, ProblemKind::Empty)]);
    let problems = check_certificates(format!("{}{}", ca.cert, &ca.cert[..200]).as_bytes());
    assert_kinds(&problems, &[(Cert, ProblemKind::Truncated)]);
    assert_eq!(problems[0].line as usize, ca.cert.lines().count() + 1);
    if let Ok(system) = fs::read("/etc/ssl/certs/ca-certificates.crt") {
        assert_kinds(&check_certificates(&system), &[]);
    }
}

#[test]
fn a_file_to_trust_must_hold_certificates_and_no_key() {
    let (ca, leaf) = &*MADE;
    for (bytes, wanted) in [
        (format!("\u{feff}{}", ca.cert), ProblemKind::ByteOrderMark),
        (ca.cert[..200].to_owned(), ProblemKind::Truncated),
        ("no certificate here\n".to_owned(), ProblemKind::NoBlock),
        (format!("{}{}", ca.cert, ca.key.expose()), ProblemKind::StrayKey),
        (format!("{}{}", ca.key.expose(), ca.cert), ProblemKind::StrayKey),
    ] {
        assert_kinds(&check_certificates(bytes.as_bytes()), &[(Cert, wanted)]);
    }
    for key in [leaf.key.expose().to_owned(), leaf.key.expose().replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY")] {
        let problems = check_certificates(key.as_bytes());
        assert_kinds(&problems, &[(Cert, ProblemKind::WrongContent)]);
        let said = format!("{problems:?}");
        assert!(said.contains("must not be in this file") && !said.contains("ssl."), "{said}");
    }
}

#[test]
fn a_signing_key_is_rsa() {
    use ProblemKind::{BadKey, ByteOrderMark, EncryptedKey, Truncated, UnsupportedKey, WrongContent};
    let shop = Workshop::new();
    let (cert, key) = shop.self_signed("-algorithm RSA -pkeyopt rsa_keygen_bits:2048", "");
    shop.openssl("rsa -in key.pem -traditional -out old.pem");
    shop.openssl("pkcs8 -topk8 -in key.pem -passout pass:secret -out secret.pem");
    assert_kinds(&check_private_key(&key), &[]);
    assert_kinds(&check_private_key(&shop.read("old.pem")), &[]);
    assert_kinds(&check_private_key(&[&cert[..], &key].concat()), &[]);
    let text = String::from_utf8(key.clone()).unwrap();
    for (bytes, wanted) in [
        (cert, WrongContent),
        (shop.read("secret.pem"), EncryptedKey),
        (format!("\u{feff}{text}").into_bytes(), ByteOrderMark),
        (key[..300].to_vec(), Truncated),
        (text.replace("PRIVATE KEY", "RSA PRIVATE KEY").into_bytes(), BadKey),
        (shop.self_signed("-algorithm EC -pkeyopt ec_paramgen_curve:P-256", "").1, UnsupportedKey),
        (shop.self_signed("-algorithm EC -pkeyopt ec_paramgen_curve:P-224", "").1, UnsupportedKey),
        (shop.self_signed("-algorithm ED25519", "").1, UnsupportedKey),
        (shop.self_signed("-algorithm ED448", "").1, UnsupportedKey),
    ] {
        let problems = check_private_key(&bytes);
        assert_kinds(&problems, &[(Key, wanted)]);
        let said = format!("{problems:?}");
        assert!(!said.contains("ssl.") && !said.contains("TLS"), "{said}");
        assert_eq!(wanted == UnsupportedKey, said.contains("CloudFront with RSA"), "{said}");
    }
}
