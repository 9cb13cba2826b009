//! The first byte chooses which file of an input the rest becomes; the other files are valid. For any bytes,
//! the compiler answers with diagnostics or objects, and every form of its report can be written.

#![no_main]

use libfuzzer_sys::fuzz_target;
use quay_render::input::{Folder, Inputs, Source};
use quay_render::krm::respond;
use quay_render::report::{Format, Report, Sources};
use quay_render::{compile, validate_bundle};

const REGISTRY: &str = "apiVersion: quay.redhat.com/v1\nkind: QuayRegistry\nmetadata: {name: registry, namespace: quay}\n";
const CONFIG: &str = "apiVersion: quay-render.dev/v1alpha1\nkind: RenderConfig\nspec:\n  release: \"3.5\"\n  \
    cluster: {platform: openshift, appsDomain: apps.example.com}\n  secrets: {mode: referenced}\n";
/// Keys of the bundle that the bytes may become, after the documents.
const FILES: &[&str] = &["config.yaml", "postgres.config.yaml", "ssl.cert", "ssl.key", "ldap.crt", "extra_ca_cert_a.crt"];

fn source(name: &str, bytes: &[u8]) -> Source {
    Source { name: name.to_owned(), bytes: bytes.to_vec() }
}

fn report(inputs: &Inputs, report: Report<'_>) {
    let sources = Sources::new(inputs);
    for (_, format) in Format::ALL {
        std::hint::black_box(report.render(*format, Some(&sources), true));
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((choice, bytes)) = data.split_first() else { return };
    let choice = usize::from(*choice) % (FILES.len() + 3);
    let document = |index: usize, name: &str, sound: &str| {
        source(name, if choice == index { bytes } else { sound.as_bytes() })
    };
    let sources =
        vec![document(0, "registry.yaml", REGISTRY), document(1, "config.yaml", CONFIG), document(2, "keys.yaml", "")];
    let files = FILES.iter().enumerate().filter(|(index, _)| choice == index + 3);
    let mut files: Vec<(String, Source)> = files.map(|(_, key)| ((*key).to_owned(), source(key, bytes))).collect();
    if files.iter().all(|(key, _)| key != "config.yaml") {
        files.push(("config.yaml".to_owned(), source("config.yaml", b"PREFERRED_URL_SCHEME: https\n")));
    }
    let bundle = (choice >= 3).then(|| Folder { name: "config-bundle".to_owned(), files });
    let mut inputs = Inputs { name: "fuzz".to_owned(), sources, bundle, ..Inputs::default() };
    inputs.options.fips = bytes.len() % 2 == 0;
    let compiled = compile(&inputs);
    let _answer_or_refusal = std::hint::black_box(respond(bytes, inputs.options));
    report(&inputs, Report { diagnostics: &compiled.diagnostics, allowed: &compiled.allowed });
    if inputs.bundle.is_some() {
        inputs.sources.clear();
        report(&inputs, Report::new(&validate_bundle(&inputs)));
    }
});
