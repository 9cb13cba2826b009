//! Random bytes and random damage: never a panic, and never a word of a key in a message.

use super::workshop::{HOST, MADE, now};
use super::{check_pair, leaf_may_stay};
use proptest::prelude::*;
use quay_render::pki::{Role, check_certificates, check_private_key, fips_certificates, fips_private_key, validity};

/// Changes a text: cuts, doubles, replaces or swaps at some place.
fn mutate(text: &str, changes: &[(u8, usize, usize, u8)]) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for &(kind, from, to, byte) in changes {
        let length = bytes.len().max(1);
        let (from, to) = (from % length, to % length);
        let (from, to) = (from.min(to), from.max(to).min(bytes.len()));
        match kind % 5 {
            0 => drop(bytes.drain(from..to)),
            1 => bytes.insert(from.min(bytes.len()), byte),
            2 => bytes.truncate(to),
            3 if from < bytes.len() => bytes[from] = byte,
            _ => {
                let copy = bytes[from..to].to_vec();
                bytes.splice(from..from, copy);
            }
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(cert in any::<Vec<u8>>(), key in any::<Vec<u8>>(), host in ".{0,40}") {
        prop_assert!(!check_pair(&cert, &key, &[&host]).is_empty());
        prop_assert!(!check_certificates(&cert).is_empty());
    }

    #[test]
    fn no_damage_makes_it_panic_or_tell_a_secret(
        changes in prop::collection::vec(any::<(u8, usize, usize, u8)>(), 1..4),
        host in "[a-z.*:\\[\\]0-9]{0,20}",
    ) {
        let (_, leaf) = &*MADE;
        let key = mutate(leaf.key.expose(), &changes);
        let problems = check_pair(&mutate(&leaf.cert, &changes), &key, &[HOST, &host]);
        let signing = (check_private_key(&key), fips_private_key(&key));
        let said = format!("{problems:?}{:?}{signing:?}", check_certificates(&key));
        let mut secrets = leaf.key.expose().lines().filter(|line| !line.starts_with('-'));
        prop_assert!(secrets.all(|line| line.as_bytes().windows(12).all(|part| !said.contains(std::str::from_utf8(part).unwrap()))));
    }

    #[test]
    fn no_damage_of_the_der_makes_it_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        use base64::Engine as _;
        let (_, leaf) = &*MADE;
        let engine = base64::engine::general_purpose::STANDARD;
        let [cert, key] = [&leaf.cert, leaf.key.expose()].map(|text| {
            let label = text[11..].split_once("-----").unwrap().0;
            let body: String = text.lines().skip(1).take_while(|line| !line.starts_with('-')).collect();
            let mut der = engine.decode(body).unwrap();
            for (place, byte) in &changes {
                let place = place.index(der.len());
                der[place] = *byte;
            }
            format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", engine.encode(der))
        });
        let _ = check_pair(cert.as_bytes(), key.as_bytes(), &[HOST]);
        let _ = check_private_key(key.as_bytes());
        let _ = fips_private_key(key.as_bytes());
        for role in [Role::Server, Role::Trusted] {
            let _ = fips_certificates(cert.as_bytes(), role);
            let _ = validity(cert.as_bytes(), role, "2027-01-01".parse().ok());
        }
        let _ = leaf_may_stay(cert.as_bytes(), leaf.key.expose().as_bytes(), &[HOST], now());
    }
}
