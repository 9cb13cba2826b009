//! No input makes the compiler panic, and accepted inputs render the same way twice.

use crate::support::random::cases;
use proptest::prelude::*;
use quay_render::diagnostic::codes;
use quay_render::input::{Inputs, Source};
use quay_render::{Compiled, compile, emit};

fn inputs(files: Vec<(&str, Vec<u8>)>) -> Inputs {
    let sources = files.into_iter().map(|(name, bytes)| Source { name: name.to_owned(), bytes }).collect();
    Inputs { name: "in".to_owned(), sources, ..Inputs::default() }
}

/// The kubernetes example with one of its files replaced.
fn with(name: &str, bytes: Vec<u8>) -> Inputs {
    let files = ["quayregistry.yaml", "render-config.yaml", "config-bundle.yaml", "keys.yaml"];
    let read = |file: &str| std::fs::read(format!("examples/kubernetes/{file}")).unwrap();
    inputs(files.iter().map(|file| (*file, if *file == name { bytes.clone() } else { read(file) })).collect())
}

/// The result for an input, which must be the same twice.
fn answer(inputs: &Inputs) -> Result<Compiled, TestCaseError> {
    let [once, twice] = [compile(inputs), compile(inputs)];
    let text = |compiled: &Compiled| {
        compiled.registry.as_ref().map(|rendered| (emit::stream(&rendered.objects), rendered.files()))
    };
    prop_assert!(text(&once) == text(&twice), "rendered in two ways");
    prop_assert_eq!(&once.diagnostics, &twice.diagnostics);
    prop_assert!(once.registry.is_some() || once.diagnostics.has_errors());
    Ok(once)
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn any_bytes_as_any_file_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..200), file in 0_usize..4) {
        let names = ["quayregistry.yaml", "render-config.yaml", "config-bundle.yaml", "keys.yaml"];
        answer(&with(names.get(file).unwrap(), bytes))?;
    }

    #[test]
    fn a_file_with_one_line_changed_is_answered(line in 0_usize..30, text in "[ -~]{0,40}", file in 0_usize..4) {
        let names = ["quayregistry.yaml", "render-config.yaml", "config-bundle.yaml", "keys.yaml"];
        let name = names.get(file).unwrap();
        let old = std::fs::read_to_string(format!("examples/kubernetes/{name}")).unwrap();
        let changed: Vec<&str> =
            old.lines().enumerate().map(|(at, old)| if at == line { text.as_str() } else { old }).collect();
        answer(&with(name, changed.join("\n").into_bytes()))?;
    }

    #[test]
    fn any_text_as_a_title_arrives_unchanged(title in "\\PC{1,60}") {
        // These two cannot stand in YAML as themselves.
        prop_assume!(!title.contains(['\u{2028}', '\u{2029}']));
        let quoted = serde_json::to_string(&title).unwrap();
        let bundle = format!(
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: config-bundle\nstringData:\n  config.yaml: {}\n",
            serde_json::to_string(&format!(
                "SERVER_HOSTNAME: registry.example.com\nDISTRIBUTED_STORAGE_CONFIG:\n  default: [S3Storage, {{s3_bucket: \
                 quay, storage_path: /registry}}]\nDISTRIBUTED_STORAGE_PREFERENCE: [default]\nREGISTRY_TITLE: {quoted}\n"
            )).unwrap()
        );
        let compiled = answer(&with("config-bundle.yaml", bundle.into_bytes()))?;
        // What another program would fill in is refused: `${NAME}`.
        prop_assume!(compiled.diagnostics.iter().all(|it| ![codes::PLACEHOLDER, codes::SOPS].contains(&it.code)));
        let said: Vec<String> = compiled.diagnostics.iter().map(ToString::to_string).collect();
        prop_assert!(compiled.registry.is_some(), "{}", said.join("\n"));
        let rendered = compiled.registry.unwrap();
        let field = rendered.resolved.config.0.iter().find(|field| field.name == "REGISTRY_TITLE").unwrap();
        prop_assert_eq!(field.value.as_str(), Some(title.as_str()));
        prop_assert!(!emit::stream(&rendered.objects).is_empty());
    }
}
