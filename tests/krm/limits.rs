//! Size limits of a request, and their messages.

use quay_render::diagnostic::Diagnostics;
use quay_render::input::Options;
use quay_render::krm::respond;
use quay_render::yaml::{Origin, Raw, raw};

const HEAD: &str = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n";

fn read(text: &str) -> Result<Raw, Vec<String>> {
    let mut problems = Diagnostics::new();
    let read = raw::read(text, &Origin { file: "x", within: None }, &mut problems);
    read.ok_or_else(|| problems.iter().map(ToString::to_string).collect())
}

/// The diagnostics for a request with so many documents in its functionConfig.
fn said(documents: usize) -> Vec<String> {
    let inputs = "    - {kind: Thing}\n".repeat(documents);
    let text = format!("{HEAD}functionConfig:\n  apiVersion: a/v1\n  kind: A\n  spec:\n    inputs:\n{inputs}");
    let response = respond(text.as_bytes(), Options::default()).unwrap_or_else(|_| panic!("it is a request"));
    response.diagnostics.iter().map(ToString::to_string).collect()
}

#[test]
fn an_input_has_no_more_documents_than_a_file() {
    let is_told = |said: &[String]| said.iter().any(|line| line.contains("holds more than 10000 documents"));
    assert!(!is_told(&said(10_000)) && is_told(&said(10_001)));
}

#[test]
fn aliases_repeat_no_more_than_they_may() {
    let aliases = |count: usize| format!("a: &it [{}]\nb: [{}]\n", "1, ".repeat(998), "*it, ".repeat(count));
    assert!(read(&aliases(149)).is_ok());
    let problems = read(&aliases(150)).err().unwrap();
    assert!(problems[0].contains("aliases repeat more than 150000 values"), "{problems:?}");
}

#[test]
fn many_keys_are_set_as_one_by_one() {
    let values = ["b", "d", "a", "d"].iter().zip(1..).map(|(key, n)| ((*key).to_owned(), Raw::text(format!("{n}"))));
    let mut one_by_one = read("{a: x, b: y, a: z, c: 0}").unwrap_or_else(|problems| panic!("{problems:?}"));
    let mut at_once = one_by_one.clone();
    for (key, value) in values.clone() {
        one_by_one.set(&key, value);
    }
    at_once.set_all(values);
    assert_eq!(at_once.emit(), one_by_one.emit());
}
