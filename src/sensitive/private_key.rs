//! Recognizes private keys by the beginning that every textual form has.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use memchr::memmem;
use std::sync::LazyLock;

/// The label in the first line of a key, in each encoding in which keys are passed around.
static LABELS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let label = "PRIVATE KEY";
    let hex = |before: &str| {
        label.bytes().map(|byte| before.to_owned() + &base16ct::lower::encode_string(&[byte])).collect::<String>()
    };
    let texts = [
        label.replace(' ', "%20"),
        label.replace(' ', "+"),
        hex(""),
        hex("").to_uppercase(),
        hex("%"),
        hex("%").to_uppercase(),
    ];
    let mut forms: Vec<Vec<u8>> = texts.into_iter().map(String::into_bytes).collect();
    // UTF-16 without the byte after the last letter, so that both byte orders match.
    forms.push(label.bytes().flat_map(|byte| [byte, 0]).take(2 * label.len() - 1).collect());
    // In base64 the label differs at each of three offsets; characters that depend on its neighbours are left out.
    forms.extend((0..3).map(|offset| {
        let text = [&vec![0; offset], label.as_bytes()].concat();
        let whole = text.len() / 3 * 4;
        STANDARD_NO_PAD.encode(text).bytes().take(whole).skip(if offset == 0 { 0 } else { 4 }).collect()
    }));
    forms
});
/// The first words of key files other than PEM: PuTTY's and age's.
const OTHERS: &[&[u8]] = &[b"PuTTY-User-Key-File", b"AGE-SECRET-KEY-1"];
/// How far after BEGIN the label may be: `BEGIN ENCRYPTED PRIVATE KEY`.
const REACH: usize = 40;

/// Whether a text or file holds a private key: as PEM of any kind (RFC 7468, OpenSSH, PGP), plain, in base64, in
/// hexadecimal digits, percent-encoded or in UTF-16.
#[must_use]
pub fn holds_private_key(bytes: &[u8]) -> bool {
    let is_begun = |at: usize| {
        let before = bytes.get(at.saturating_sub(REACH)..at).unwrap_or_default();
        memmem::find(before, b"BEGIN").is_some()
    };
    let has_any = |bytes: &[u8]| LABELS.iter().any(|label| memmem::find(bytes, label).is_some());
    if memmem::find_iter(bytes, b"PRIVATE KEY").any(is_begun)
        || OTHERS.iter().any(|other| memmem::find(bytes, other).is_some())
        || has_any(bytes)
    {
        return true;
    }
    // Base64 may be broken into lines anywhere.
    bytes.contains(&b'\n') && {
        let joined: Vec<u8> = bytes.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        has_any(&joined)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD;

    #[test]
    fn a_key_is_found_in_every_form_and_a_certificate_is_none() {
        for kind in ["", "RSA ", "EC ", "DSA ", "ENCRYPTED ", "OPENSSH "] {
            let key = format!("-----BEGIN {kind}PRIVATE KEY-----\nMIIEvQ\n-----END {kind}PRIVATE KEY-----\n");
            let padded = |offset: usize| STANDARD.encode(format!("{}{key}", "x".repeat(offset)));
            let lines = |text: String| -> String {
                text.as_bytes().chunks(13).map(|line| format!("{}\n", String::from_utf8_lossy(line))).collect()
            };
            let percent: String = key.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let forms = [
                key.clone(),
                format!("ssh-ed25519 AAAA\n{key}"),
                serde_json::to_string(&key).unwrap(),
                padded(0),
                padded(1),
                padded(2),
                lines(padded(1)),
                key.replace(' ', "%20"),
                base16ct::lower::encode_string(key.as_bytes()),
                percent,
            ];
            for form in forms {
                assert!(holds_private_key(form.as_bytes()), "{form}");
            }
            assert!(holds_private_key(&key.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()));
            assert!(holds_private_key(&key.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>()));
        }
        assert!(holds_private_key(b"-----BEGIN PGP PRIVATE KEY BLOCK-----"));
        assert!(holds_private_key(b"PuTTY-User-Key-File-3: ssh-ed25519"));
        for public in
            ["", "The PRIVATE KEY registry", "-----BEGIN CERTIFICATE-----\nMIIB\n", "-----BEGIN PUBLIC KEY-----"]
        {
            assert!(!holds_private_key(public.as_bytes()), "{public}");
        }
    }
}
