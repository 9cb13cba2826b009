//! Certificates of controllers, and other texts given by mistake.

use super::controller::{CONTROLLER, Controller, openssl, rsa};
use proptest::prelude::*;
use quay_render::pki::ProblemKind;
use quay_render::seal::{ControllerCertificate, Scope, SealError, seal};
use std::time::{SystemTime, UNIX_EPOCH};

fn parse(pem: impl AsRef<[u8]>) -> Result<ControllerCertificate, SealError> {
    ControllerCertificate::parse(pem.as_ref())
}

#[test]
fn a_certificate_is_known_by_its_fingerprint() {
    let folder = tempfile::tempdir().unwrap();
    let told = openssl(&folder, "x509 -noout -fingerprint -sha256", &CONTROLLER.pem);
    let wanted = told.trim().split_once('=').unwrap().1.replace(':', "").to_lowercase();
    let certificate = CONTROLLER.certificate();
    assert_eq!(certificate.fingerprint(), wanted);
    assert_eq!(format!("{certificate:?}"), format!("ControllerCertificate {{ fingerprint: {wanted:?}, .. }}"));

    let pem = &CONTROLLER.pem;
    let described = openssl(&folder, "x509 -text", pem);
    for same in [pem.replace('\n', "\r\n"), pem.trim_end().to_owned(), pem.replace('\n', " \t\n"), described] {
        assert_eq!(parse(&same).unwrap().fingerprint(), wanted, "{same}");
    }
    std::fs::write(folder.path().join("key.pem"), &CONTROLLER.key).unwrap();
    let renewed = openssl(&folder, "req -x509 -key key.pem -days 10 -subj /CN=renewed", "");
    assert_ne!(parse(&renewed).unwrap().fingerprint(), wanted, "the same key in another certificate");
}

#[test]
fn a_certificate_says_when_it_ends() {
    // The first use of the controller makes the certificate; the time is taken after it.
    let ends = CONTROLLER.certificate().ends();
    let left = ends - SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let ten_years = 3650 * 24 * 60 * 60;
    assert!((ten_years - 3600..=ten_years).contains(&left), "{left}");
}

#[test]
fn keys_that_do_not_fit_are_refused() {
    for (algorithm, wanted) in [
        (rsa(1024), SealError::ShortKey),
        (rsa(2040), SealError::ShortKey),
        ("-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048".to_owned(), SealError::OtherAlgorithm),
        ("-algorithm EC -pkeyopt ec_paramgen_curve:P-256".to_owned(), SealError::OtherAlgorithm),
        ("-algorithm ED25519".to_owned(), SealError::OtherAlgorithm),
    ] {
        assert_eq!(parse(&Controller::new(&algorithm).pem).unwrap_err(), wanted, "{algorithm}");
    }
}

#[test]
fn what_stands_beside_the_certificate_is_refused() {
    let pem = &CONTROLLER.pem;
    let block = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
    for (text, wanted) in [
        (format!("{pem}{pem}"), SealError::NotAlone),
        (format!("{block}{pem}"), SealError::NotAlone),
        (format!("{pem}{block}"), SealError::NotAlone),
        (CONTROLLER.key.clone(), SealError::PrivateKey { encrypted: false }),
        (format!("{pem}{}", CONTROLLER.key), SealError::PrivateKey { encrypted: false }),
        (format!("{}{pem}", CONTROLLER.key), SealError::PrivateKey { encrypted: false }),
    ] {
        assert_eq!(parse(&text).unwrap_err(), wanted);
    }
    let folder = tempfile::tempdir().unwrap();
    let encrypted = openssl(&folder, "pkcs8 -topk8 -v2 aes256 -passout pass:test", &CONTROLLER.key);
    assert_eq!(parse(&encrypted).unwrap_err(), SealError::PrivateKey { encrypted: true });
}

#[test]
fn damaged_text_is_named_with_its_line() {
    let pem = &CONTROLLER.pem;
    for (text, wanted, at) in [
        (format!("\u{feff}{pem}"), ProblemKind::ByteOrderMark, 1),
        (pem.replace('\n', " "), ProblemKind::Malformed, 1),
        (format!("found it:\n{}", pem.replace("-----END CERTIFICATE-----\n", "")), ProblemKind::Truncated, 2),
        (pem.replacen("\nMII", "\nMI", 1), ProblemKind::Malformed, 1),
        (pem.replacen("\nMII", "\nAAA", 1), ProblemKind::BadCertificate, 1),
    ] {
        match parse(&text).unwrap_err() {
            SealError::Pem { kind, line, .. } => assert_eq!((kind, line), (wanted, at), "{text}"),
            other => panic!("{other:?}: {text}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(pem in any::<Vec<u8>>()) {
        prop_assert!(parse(pem).is_err());
    }

    /// Whatever is damaged, a message never quotes the text, because it could be part of a key.
    #[test]
    fn no_damage_makes_it_panic_or_quote(cut in any::<prop::sample::Index>(), byte in any::<u8>(), key in any::<bool>()) {
        let mut text = if key { CONTROLLER.key.clone() } else { CONTROLLER.pem.clone() }.into_bytes();
        let at = cut.index(text.len());
        text[at] = byte;
        if let Err(error) = parse(&text) {
            let said = format!("{error:?} {error} {}", error.hint());
            let words = text.split(|byte| *byte == b'\n').filter(|line| !line.starts_with(b"-"));
            for word in words.flat_map(|line| line.windows(12)).filter_map(|word| std::str::from_utf8(word).ok()) {
                prop_assert!(!said.contains(word), "{said}");
            }
        }
    }

    #[test]
    fn no_damage_of_the_der_makes_it_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        use base64::Engine as _;
        let engine = base64::engine::general_purpose::STANDARD;
        let body: String = CONTROLLER.pem.lines().filter(|line| !line.starts_with('-')).collect();
        let mut der = engine.decode(body).unwrap();
        for (place, byte) in changes {
            let place = place.index(der.len());
            der[place] = byte;
        }
        let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", engine.encode(der));
        if let Ok(certificate) = parse(&pem) {
            prop_assert!(seal(&certificate, Scope::Cluster, "", "", b"hunter2").is_ok());
        }
    }
}
