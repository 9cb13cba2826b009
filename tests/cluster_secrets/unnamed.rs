//! Optional secrets that are missing, perhaps by mistake.

use super::{edited, read, said};
use quay_render::diagnostic::{Diagnostics, Severity, codes};
use quay_render::input::Inputs;
use quay_render::{Analysis, analyze};

const NAMES: [&str; 5] = [
    "BUILDLOGS_REDIS.password",
    "DB_URI.password",
    "DISTRIBUTED_STORAGE_CONFIG.default.s3_access_key",
    "DISTRIBUTED_STORAGE_CONFIG.default.s3_secret_key",
    "USER_EVENTS_REDIS.password",
];

/// The example without its secrets, or with the lines from the hints in their places.
fn input(mode: &str, is_named: bool) -> Inputs {
    let mut inputs = edited(read("all-unmanaged"), |text| text.replace("mode: inline", &format!("mode: {mode}")));
    let bundle = inputs.bundle.as_mut().unwrap();
    let config = &mut bundle.files.iter_mut().find(|file| file.0 == "config.yaml").unwrap().1.bytes;
    let text = String::from_utf8(std::mem::take(config)).unwrap();
    let mut above = String::new();
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        if !line.starts_with(' ') {
            above = line.trim_end_matches(':').to_owned();
        }
        let member = line.trim_start().split(':').next().unwrap_or_default();
        let place =
            if member == "password" { format!("{above}.password") } else { format!("{above}.default.{member}") };
        if !line.contains("EXAMPLE") {
            lines.push(line.to_owned());
        } else if member == "DB_URI" {
            lines.push(line.replace(":EXAMPLE@", if is_named { ":@" } else { "@" }));
        } else if is_named {
            let (indent, _) = line.split_once(member).unwrap();
            lines
                .push(format!("{indent}{member}: {{fromSecret: {{name: registry-quay-secret-config, key: {place}}}}}"));
        }
    }
    *config = lines.join("\n").into_bytes();
    inputs
}

fn analyzed(inputs: &Inputs) -> (Analysis, Vec<String>) {
    let mut problems = Diagnostics::new();
    let analysis = analyze(inputs, &mut problems).0.unwrap_or_else(|| panic!("{}", said(&problems)));
    let notes = problems.iter().filter(|it| it.code == codes::SECRET_UNNAMED);
    let notes = notes.inspect(|it| assert_eq!(it.severity, Severity::Note));
    (
        analysis,
        notes
            .map(|it| format!("{}: {} {}", it.field.as_deref().unwrap(), it.message, it.hint.as_deref().unwrap()))
            .collect(),
    )
}

#[test]
fn what_is_missing_is_noted_with_the_place_that_pods_would_ask_for() {
    let (without, notes) = analyzed(&input("referenced", false));
    assert_eq!(notes.len(), 4, "{notes:#?}");
    let (with, none) = analyzed(&input("referenced", true));
    assert!(none.is_empty(), "{none:#?}");
    for name in NAMES {
        assert!(without.cluster_secrets.find("config", name).is_none(), "{name}");
        let at = with.cluster_secrets.find("config", name).unwrap_or_else(|| panic!("{name} is not asked for"));
        let places =
            [format!("key {} of Secret {}", at.key, at.name), format!("{{name: {}, key: {}}}", at.name, at.key)];
        assert!(notes.iter().any(|note| places.iter().any(|place| note.contains(place))), "{name}: {notes:#?}");
    }
    // Inline, what is not there is not there.
    assert!(analyzed(&input("inline", false)).1.is_empty());
}
