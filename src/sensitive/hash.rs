//! Hashes of passwords, recognized by their prefix: those of crypt(3), as in files of Apache and shadow, and those of
//! LDAP directories. They allow guesses to be tested.

use std::ops::Range;

/// The schemes between the first two `$` of crypt's format.
const SCHEMES: &[&str] = &[
    "1",
    "2a",
    "2b",
    "2y",
    "5",
    "6",
    "7",
    "apr1",
    "argon2d",
    "argon2i",
    "argon2id",
    "gy",
    "pbkdf2",
    "pbkdf2-sha256",
    "pbkdf2-sha512",
    "scrypt",
    "sha1",
    "y",
];
/// The prefixes in LDAP directories (RFC 2307), in capitals.
const DIRECTORY: &[&str] = &[
    "{ARGON2}",
    "{CRYPT}",
    "{MD5}",
    "{PBKDF2}",
    "{SHA256}",
    "{SHA512}",
    "{SHA}",
    "{SMD5}",
    "{SSHA256}",
    "{SSHA512}",
    "{SSHA}",
];
/// The least length of the rest of the hash.
const SHORTEST: usize = 16;

/// The ranges of hashes in a text.
pub(super) fn values(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, sign) in text.match_indices(['$', '{']) {
        let rest = text.get(at..).unwrap_or_default();
        let begin = if sign == "$" { crypt(rest) } else { directory(rest) };
        let Some(behind) = begin.and_then(|begin| rest.get(begin..)) else { continue };
        let length = behind.find(|c: char| !is_of_hash(c)).unwrap_or(behind.len());
        if length >= SHORTEST && found.last().is_none_or(|last: &Range<usize>| last.end <= at) {
            found.push(at..text.len() - behind.len() + length);
        }
    }
    found
}

fn is_of_hash(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '$' | '=' | ',' | '+')
}

/// The length of the prefix of a hash in crypt's format: `$2y$`.
fn crypt(text: &str) -> Option<usize> {
    let rest = text.strip_prefix('$')?;
    let scheme = SCHEMES.iter().find(|scheme| rest.strip_prefix(**scheme).is_some_and(|rest| rest.starts_with('$')))?;
    Some(scheme.len() + 2)
}

/// The length of the prefix of a hash in an LDAP directory: `{SSHA}`.
fn directory(text: &str) -> Option<usize> {
    let is_it = |scheme: &&&str| text.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme));
    DIRECTORY.iter().find(is_it).map(|scheme| scheme.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_found_whole_and_nothing_else() {
        for (text, wanted) in [
            (
                "a:$2y$05$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC\nb",
                "$2y$05$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC",
            ),
            (
                "root:$6$salt$IxDD3jeSOb5eB1CX5LBsqZFVkJdido3OUILO5Ifz5iwMuTS4XMS130MTSuDDl3aCI6:19000:",
                "$6$salt$IxDD3jeSOb5eB1CX5LBsqZFVkJdido3OUILO5Ifz5iwMuTS4XMS130MTSuDDl3aCI6",
            ),
            ("a:$apr1$71850310$gh9m4xcAn3MGxogwX/ztb.", "$apr1$71850310$gh9m4xcAn3MGxogwX/ztb."),
            (
                "$argon2id$v=19$m=65536,t=2,p=1$gZiV/M1gPc22ElAH/Jh1Hw$CWOrkoo7oJBQ",
                "$argon2id$v=19$m=65536,t=2,p=1$gZiV/M1gPc22ElAH/Jh1Hw$CWOrkoo7oJBQ",
            ),
            ("userPassword: {ssha}DkMTwBl+a/3DQTxCYEApdUtNXGgdUac3", "{ssha}DkMTwBl+a/3DQTxCYEApdUtNXGgdUac3"),
        ] {
            let found: Vec<&str> = values(text).into_iter().filter_map(|range| text.get(range)).collect();
            assert_eq!(found, [wanted], "{text}");
        }
        for text in ["echo $1$2$3", "$1$", "${6}$x", "{SHA}", "a{md5}: b", "$5$ and more words than that", "{{ $y$ }}"]
        {
            assert!(values(text).is_empty(), "{text}");
        }
    }
}
