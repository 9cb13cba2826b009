//! Certificates and keys in FIPS mode.

use super::workshop::{MADE, Workshop, assert_kinds};
use quay_render::pki::PairFile::Cert;
use quay_render::pki::ProblemKind::{FipsKey, FipsSignature};
use quay_render::pki::{Problem, Role, fips_certificates, fips_private_key};

const P256: &str = "-algorithm EC -pkeyopt ec_paramgen_curve:P-256";

fn key_problem(pem: &[u8]) -> Vec<Problem> {
    fips_private_key(pem).into_iter().collect()
}

#[test]
fn what_is_made_here_passes() {
    let (ca, leaf) = &*MADE;
    assert_kinds(&fips_certificates(leaf.cert.as_bytes(), Role::Server), &[]);
    assert_kinds(&fips_certificates(ca.cert.as_bytes(), Role::Trusted), &[]);
    assert_eq!(fips_private_key(leaf.key.expose().as_bytes()), None);
}

#[test]
fn keys_pass_by_size_and_curve() {
    let shop = Workshop::new();
    for (algorithm, wanted) in [
        ("-algorithm RSA -pkeyopt rsa_keygen_bits:2048", None),
        ("-algorithm RSA -pkeyopt rsa_keygen_bits:2047", Some("an RSA key of 2047 bits")),
        ("-algorithm RSA -pkeyopt rsa_keygen_bits:1024", Some("an RSA key of 1024 bits")),
        ("-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:1024", Some("an RSA key of 1024 bits")),
        (P256, None),
        ("-algorithm EC -pkeyopt ec_paramgen_curve:P-384", None),
        ("-algorithm EC -pkeyopt ec_paramgen_curve:P-521", None),
        ("-algorithm EC -pkeyopt ec_paramgen_curve:P-224", Some("a key on the curve P-224")),
        ("-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1", Some("a key on the curve secp256k1")),
        ("-algorithm EC -pkeyopt ec_paramgen_curve:brainpoolP256r1", Some("a key on the curve brainpoolP256r1")),
        ("-algorithm EC -pkeyopt ec_paramgen_curve:sect283k1", Some("a key on the curve 1.3.132.0.16")),
        (
            "-algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit",
            Some("a key on an elliptic curve that is not named"),
        ),
        ("-algorithm ED25519", Some("a key of the algorithm Ed25519")),
        ("-algorithm ED448", Some("a key of the algorithm Ed448")),
    ] {
        let (cert, key) = shop.self_signed(algorithm, "");
        let wanted_kinds: Vec<_> = wanted.map(|_| (Cert, FipsKey)).into_iter().collect();
        let of_cert = fips_certificates(&cert, Role::Trusted);
        assert_kinds(&of_cert, &wanted_kinds);
        let of_key = key_problem(&key);
        assert_eq!(of_key.len(), wanted_kinds.len(), "{algorithm}: {of_key:?}");
        for (problem, what) in of_cert.iter().chain(&of_key).zip(wanted.iter().cycle()) {
            assert!(problem.message.contains(what) && problem.message.contains("FIPS"), "{problem:?}");
        }
    }
}

#[test]
fn every_form_of_a_key_is_asked() {
    let shop = Workshop::new();
    shop.self_signed("-algorithm RSA -pkeyopt rsa_keygen_bits:1024", "");
    shop.openssl("rsa -in key.pem -traditional -out old.pem");
    assert!(key_problem(&shop.read("old.pem"))[0].message.contains("1024 bits"));
    shop.self_signed("-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1", "");
    shop.openssl("ec -in key.pem -out old.pem");
    assert!(key_problem(&shop.read("old.pem"))[0].message.contains("secp256k1"));
    // Encrypted, damaged or absent: another check says so.
    shop.openssl("pkcs8 -topk8 -in key.pem -passout pass:secret -out new.pem");
    for bytes in [shop.read("new.pem"), shop.read("cert.pem"), vec![], shop.read("old.pem")[..80].to_vec()] {
        assert_eq!(fips_private_key(&bytes), None);
    }
}

#[test]
fn dsa_does_not_pass() {
    let shop = Workshop::new();
    shop.openssl("genpkey -genparam -algorithm DSA -pkeyopt dsa_paramgen_bits:1024 -out param.pem");
    let (cert, key) = shop.self_signed("-paramfile param.pem", "");
    let problems = fips_certificates(&cert, Role::Server);
    assert_kinds(&problems, &[(Cert, FipsSignature), (Cert, FipsKey)]);
    assert!(problems[0].message.contains("SHA-256 with DSA"), "{problems:?}");
    assert!(key_problem(&key)[0].message.contains("DSA"));
    shop.openssl("dsa -in key.pem -out old.pem");
    let old = shop.read("old.pem");
    if String::from_utf8_lossy(&old).contains("DSA PRIVATE KEY") {
        assert!(key_problem(&old)[0].message.contains("DSA"));
    }
}

/// A root, signed with SHA-256, and a leaf that it signs with `arguments`.
fn issued(shop: &Workshop, arguments: &str) -> Vec<u8> {
    shop.openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out ca.key");
    shop.openssl("req -x509 -key ca.key -out ca.pem -days 30 -subj /CN=root");
    shop.openssl(&format!("genpkey -out leaf.key {P256}"));
    shop.openssl("req -new -key leaf.key -subj /CN=leaf -out leaf.csr");
    shop.openssl(&format!("x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -set_serial 1 -out leaf.pem {arguments}"));
    shop.read("leaf.pem")
}

#[test]
fn signatures_pass_by_their_hash() {
    let shop = Workshop::new();
    for (arguments, wanted) in [
        ("-sha224", None),
        ("-sha256", None),
        ("-sha512", None),
        ("-sha3-256", None),
        ("-sha1", Some("SHA-1 with RSA,")),
        ("-md5", Some("MD5 with RSA,")),
        ("-sha256 -sigopt rsa_padding_mode:pss", None),
        ("-sha1 -sigopt rsa_padding_mode:pss", Some("SHA-1 with RSA-PSS,")),
        ("-sha384 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:20", None),
    ] {
        let leaf = issued(&shop, arguments);
        let wanted_kinds: Vec<_> = wanted.map(|_| (Cert, FipsSignature)).into_iter().collect();
        for role in [Role::Server, Role::Trusted] {
            let problems = fips_certificates(&[&leaf[..], &shop.read("ca.pem")].concat(), role);
            assert_kinds(&problems, &wanted_kinds);
            for problem in &problems {
                assert!(
                    problem.message.contains("CN=leaf") && problem.message.contains(wanted.unwrap()),
                    "{problem:?}"
                );
            }
        }
    }
}

#[test]
fn a_root_may_sign_itself_as_it_likes() {
    let shop = Workshop::new();
    let leaf = issued(&shop, "-sha256");
    shop.openssl("req -x509 -key ca.key -out old.pem -days 30 -subj /CN=root -sha1");
    let root = shop.read("old.pem");
    assert_kinds(&fips_certificates(&root, Role::Trusted), &[]);
    assert_kinds(&fips_certificates(&[&leaf[..], &root].concat(), Role::Server), &[]);
    // The server's own certificate is not a root.
    assert_kinds(&fips_certificates(&root, Role::Server), &[(Cert, FipsSignature)]);
    // A new key under the old name, signed with the old key, is not a root either.
    shop.openssl(&format!("genpkey -out next.key {P256}"));
    shop.openssl("req -new -key next.key -subj /CN=root -out next.csr");
    shop.write("ext", "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n");
    shop.openssl("x509 -req -in next.csr -CA old.pem -CAkey ca.key -set_serial 2 -sha1 -extfile ext -out next.pem");
    assert_kinds(&fips_certificates(&shop.read("next.pem"), Role::Trusted), &[(Cert, FipsSignature)]);
}

#[test]
fn what_cannot_be_read_is_not_judged() {
    for bytes in [b"".as_slice(), b"hello", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        assert_kinds(&fips_certificates(bytes, Role::Server), &[]);
        assert_kinds(&fips_certificates(bytes, Role::Trusted), &[]);
    }
}
