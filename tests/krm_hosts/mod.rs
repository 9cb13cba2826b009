//! `quay-render krm` as its hosts call it: kpt, kustomize, and the YAML library of both.

#[cfg(feature = "test-kpt")]
mod kpt;
mod kustomize;
mod random;
