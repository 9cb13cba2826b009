//! Complete answers, file by file: `cases/NAME.request.yaml` and `cases/NAME.response.yaml`.

use crate::support::golden::compare;
use crate::support::krm::run;
use std::fs;

#[test]
fn every_request_gets_its_answer() {
    let mut problems = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir("tests/krm/cases").unwrap() {
        let path = entry.unwrap().path();
        let Some(case) = path.to_str().unwrap().strip_suffix(".request.yaml") else { continue };
        count += 1;
        let output = run(&fs::read(&path).unwrap());
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{case}: {errors}");
        assert!(!errors.contains("hidden"), "{case} tells a secret:\n{errors}");
        let answer = String::from_utf8(output.stdout).unwrap();
        let results = answer.split("\nresults:\n").nth(1).unwrap_or_default();
        assert!(results.contains("severity: error") && !results.contains("hidden"), "{case}:\n{results}");
        problems.extend(compare(&format!("{case}.response.yaml"), &answer));
        problems.extend(compare(&format!("{case}.stderr.txt"), &errors));
    }
    assert!(count >= 3 && problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn what_is_no_resource_list_is_told_apart_and_not_answered() {
    let list = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n";
    let wrong: [(&[u8], &str); 11] = [
        (b"", "is not a document"),
        (b"\xff\xfe", "is not a document"),
        (b"items: [\n", "is not a document"),
        (b"apiVersion: v1\nkind: List\nitems: []\n", "is not a ResourceList"),
        (b"kind: ResourceList\nitems: []\n", "is not a ResourceList"),
        (&[list.as_bytes(), b"items: {}\n"].concat(), "items is a map, not a list"),
        (&[list.as_bytes(), b"items: [a]\n"].concat(), "items[0] is a text, not a map"),
        (&[list.as_bytes(), b"functionConfig: []\n"].concat(), "functionConfig is a list, not a map"),
        (&[list.as_bytes(), b"---\na: 1\n"].concat(), "a second document starts here"),
        (&[list.as_bytes(), b"items:\n- ? {a: 1}\n  : 2\n"].concat(), "a key must be a text"),
        (&[list.as_bytes(), b"items:\n- a: &a [*a]\n"].concat(), "an alias repeats a value that it is part of"),
    ];
    for (request, words) in wrong {
        let output = run(request);
        let errors = String::from_utf8_lossy(&output.stderr);
        let shown = String::from_utf8_lossy(request);
        assert_eq!(output.status.code(), Some(2), "{shown}: {errors}");
        assert!(output.stdout.is_empty(), "{shown}");
        assert!(errors.contains(words) && errors.contains("error[krm-list]: <stdin>: "), "{shown}: {errors}");
    }
}

#[test]
fn a_small_text_does_not_become_a_large_one() {
    let mut bomb = String::from("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- a0: &a0 [x, x]\n");
    for level in 1..40 {
        let below = level - 1;
        bomb.push_str(&format!("- a{level}: &a{level} [*a{below}, *a{below}]\n"));
    }
    let output = run(bomb.as_bytes());
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("error[yaml-limit]"));
    let deep = format!("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: {}", "[".repeat(100_000));
    assert_eq!(run(deep.as_bytes()).status.code(), Some(2));
}
