//! The encryption: RSA for a session key, AES for the value.

use super::{ControllerCertificate, Scope, SealError};
use aes_gcm::aead::{Aead as _, KeyInit as _, Nonce};
use aes_gcm::{Aes256Gcm, Key};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// How many bytes a value may have: as many as Kubernetes allows in all the data of a Secret.
pub const LONGEST: usize = 1024 * 1024;

/// Encrypts `value` for the Secret `name` in `namespace`, with their names in the cluster, as base64 text for
/// `spec.encryptedData` of a SealedSecret. Each call gives a different text.
///
/// The format is that of kubeseal (pkg/crypto/crypto.go): the length of the encrypted key as two bytes, big-endian; a
/// random key of 32 bytes, encrypted by RSA-OAEP with SHA-256 and the scope's label; the value, encrypted with that key
/// by AES-256-GCM, with the tag at its end. The nonce is zero, since no key is used twice.
///
/// # Errors
/// [`SealError::TooLong`], [`SealError::Unnamed`], [`SealError::Random`].
pub fn seal(
    certificate: &ControllerCertificate,
    scope: Scope,
    namespace: &str,
    name: &str,
    value: &[u8],
) -> Result<String, SealError> {
    if value.len() > LONGEST {
        return Err(SealError::TooLong);
    }
    let label = scope.label(namespace, name).ok_or(SealError::Unnamed(scope))?;
    let mut session = Zeroizing::new([0; 32]);
    getrandom::fill(session.as_mut_slice()).map_err(|_| SealError::Random)?;
    let wrapped = certificate.encrypt(&session, label)?;
    let length = u16::try_from(wrapped.len()).map_err(|_| SealError::LongKey)?;
    let cipher = Aes256Gcm::new(<&Key<Aes256Gcm>>::from(&*session));
    let encrypted = cipher.encrypt(&Nonce::<Aes256Gcm>::default(), value).map_err(|_| SealError::TooLong)?;
    Ok(STANDARD.encode([&length.to_be_bytes()[..], &wrapped, &encrypted].concat()))
}
