//! `spec.diagnostics` in a RenderConfig with an error elsewhere: the other diagnostics still have its severities.

use super::{BUNDLE, CONFIG, Input, REGISTRY, coded};

#[test]
fn a_rule_has_the_level_that_a_broken_render_config_gives_it() {
    let bundle = BUNDLE.replace("REGISTRY_TITLE: Example", "NEVER_HEARD_OF: 1");
    for (config, is_partial) in [(CONFIG.to_owned(), false), (CONFIG.replace("openshift", "openshfit"), true)] {
        for (level, begins) in [
            ("", "warning["),
            ("{level: deny}", "error["),
            ("{level: allow, reason: a test}", ""),
            // One that is wrong itself gives none, and is told once.
            ("{level: alow}", "warning["),
        ] {
            let levels = if level.is_empty() { "{}".to_owned() } else { format!("{{config-unknown: {level}}}") };
            let config = format!("{config}  diagnostics: {levels}\n");
            let input = Input::of(&[("a.yaml", REGISTRY), ("b.yaml", &config), ("c.yaml", &bundle)]);
            let compiled = input.compile();
            assert!(!is_partial || !coded(&compiled.diagnostics, "field-value").is_empty());
            let said = coded(&compiled.diagnostics, "config-unknown");
            assert_eq!(said.len(), usize::from(!begins.is_empty()), "{config}: {said:?}");
            assert!(said.iter().all(|line| line.starts_with(begins)), "{config}: {said:?}");
            assert_eq!(compiled.allowed.iter().map(|it| it.count).sum::<usize>(), usize::from(begins.is_empty()));
        }
    }
}

#[test]
fn a_reason_that_holds_a_secret_is_not_repeated() {
    for (reason, is_told) in
        [("agreed with a@example.com", true), ("password=hunter2", false), ("see u:hunter2@h", false)]
    {
        let config = format!("{CONFIG}  diagnostics: {{config-unknown: {{level: allow, reason: '{reason}'}}}}\n");
        let input = Input::of(&[("a.yaml", REGISTRY), ("b.yaml", &config), ("c.yaml", BUNDLE)]);
        let allowed = input.compile().allowed;
        assert_eq!(allowed.iter().any(|it| it.reason == reason), is_told, "{reason}");
        assert!(allowed.iter().all(|it| is_told || !it.reason.contains("hunter2")), "{reason}");
    }
}
