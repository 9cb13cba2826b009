//! Whoever has the controller's key can decrypt what was sealed, but only with the right label.

use super::controller::{CONTROLLER, Controller, Opened, rsa};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quay_render::seal::{LONGEST, Scope, SealError, seal};
use std::collections::BTreeSet;

/// The scopes with the label of the Secret `db` in the namespace `quay`.
const LABELS: [(Scope, &str); 3] = [(Scope::Strict, "quay/db"), (Scope::Namespace, "quay"), (Scope::Cluster, "")];

fn sealed(scope: Scope, value: &[u8]) -> String {
    seal(&CONTROLLER.certificate(), scope, "quay", "db", value).unwrap()
}

#[test]
fn every_value_comes_back_in_every_scope() {
    let every_byte: Vec<u8> = (0..=255).collect();
    let longest: Vec<u8> = (0..LONGEST).map(|at| (at % 251) as u8).collect();
    let values = [&b""[..], b"p", b"hunter2\n", "\u{fc}\u{1f600}".as_bytes(), &every_byte, &longest];
    let texts: Vec<_> =
        LABELS.iter().flat_map(|row| values.map(|value| (row.1, sealed(row.0, value), value))).collect();
    let opened = CONTROLLER.open(&texts.iter().map(|(label, text, _)| (*label, &**text)).collect::<Vec<_>>());
    for ((label, _, value), opened) in texts.iter().zip(&opened) {
        assert!(opened.value() == *value, "{} bytes under {label:?}", value.len());
    }
}

#[test]
fn nothing_opens_under_another_label_or_key() {
    let others = ["", "quay", "db", "quay/db", "quay/other", "other/db", "Quay/db", "quay/db/", "/"];
    let texts = LABELS.map(|(scope, label)| (label, sealed(scope, b"hunter2")));
    let attempts: Vec<_> =
        texts.iter().flat_map(|(right, text)| others.map(|label| (*right == label, label, &**text))).collect();
    let opened = CONTROLLER.open(&attempts.iter().map(|&(_, label, text)| (label, text)).collect::<Vec<_>>());
    assert_eq!(attempts.iter().filter(|attempt| attempt.0).count(), LABELS.len());
    for ((right, label, _), opened) in attempts.iter().zip(&opened) {
        if *right {
            assert_eq!(opened.value(), b"hunter2");
        } else {
            assert!(*opened == Opened::NoSession, "opened under {label:?}");
        }
    }
    let stranger = Controller::new(&rsa(2048));
    let opened = stranger.open(&texts.each_ref().map(|(label, text)| (*label, &**text)));
    assert!(opened.iter().all(|opened| *opened == Opened::NoSession));
}

#[test]
fn longer_keys_and_small_exponents_seal_too() {
    for algorithm in [rsa(4096), rsa(2056), format!("{} -pkeyopt rsa_keygen_pubexp:3", rsa(3072))] {
        let controller = Controller::new(&algorithm);
        let text = seal(&controller.certificate(), Scope::Strict, "quay", "db", b"hunter2").unwrap();
        assert_eq!(controller.open(&[("quay/db", &text)])[0].value(), b"hunter2", "{algorithm}");
    }
}

#[test]
fn no_session_key_comes_twice() {
    let texts: Vec<_> = (0..20).map(|_| sealed(Scope::Strict, b"hunter2")).collect();
    let opened = CONTROLLER.open(&texts.iter().map(|text| ("quay/db", &**text)).collect::<Vec<_>>());
    let sessions: BTreeSet<_> = opened
        .iter()
        .map(|opened| match opened {
            Opened::Value(session, _) => *session,
            _ => panic!("it does not open"),
        })
        .collect();
    assert_eq!(sessions.len(), texts.len());
    assert!(!sessions.contains(&[0; 32]));
}

#[test]
fn a_sealed_value_is_one_line_of_base64_with_three_parts() {
    for length in [0, 1, 7, 1000] {
        let bytes = STANDARD.decode(sealed(Scope::Strict, &vec![b'x'; length])).unwrap();
        assert_eq!(bytes[..2], [1, 0], "the length of the RSA part is that of a key of 2048 bits");
        assert_eq!(bytes.len(), 2 + 256 + length + 16);
    }
}

#[test]
fn a_changed_byte_is_noticed() {
    let text = sealed(Scope::Cluster, b"hunter2");
    let mut bytes = STANDARD.decode(text).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    assert!(CONTROLLER.open(&[("", &STANDARD.encode(&bytes))])[0] == Opened::Tampered);
}

#[test]
fn what_cannot_be_sealed_is_refused() {
    let certificate = CONTROLLER.certificate();
    for (scope, namespace, name, length, wanted) in [
        (Scope::Strict, "quay", "db", LONGEST + 1, SealError::TooLong),
        (Scope::Strict, "", "db", 1, SealError::Unnamed(Scope::Strict)),
        (Scope::Strict, "quay", "", 1, SealError::Unnamed(Scope::Strict)),
        (Scope::Strict, "quay", "a/b", 1, SealError::Unnamed(Scope::Strict)),
        (Scope::Namespace, "", "db", 1, SealError::Unnamed(Scope::Namespace)),
    ] {
        let error = seal(&certificate, scope, namespace, name, &vec![b'x'; length]).unwrap_err();
        assert_eq!(error, wanted);
        assert!(!error.to_string().ends_with('.') && !error.hint().is_empty());
    }
}
