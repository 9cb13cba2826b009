//! Registries that are accepted although each map of each document has one more entry, wherever one is allowed: by all
//! commands, and as a request to the KRM function.

use super::commands::{run, said};
use super::values::{NAMED, URLS};
use super::{Markers, Said, assert_tight, leaks};
use crate::support::krm::{LOCAL, PATH, documents, example, items_of, request};
use quay_render::input::Options;
use quay_render::krm::respond;
use quay_render::report::Report;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::fs;

/// An example for each mode of secrets.
const EXAMPLES: [(&str, &str); 4] =
    [("inline", "all-unmanaged"), ("referenced", "referenced"), ("external", "external"), ("sealed", "sealed")];

/// Makes a value with a marker in it.
type Entry = fn(&str) -> Json;
/// Entries to put into a map: a secret by its form, a secret by its name, and a value that may be anything. Plain text
/// in a place for it is public.
const ENTRIES: [(&str, Entry); 4] = [
    ("note", |it| json!(format!("password={it}"))),
    ("note", |it| json!(format!("https://u:{it}@example.com/"))),
    ("password", |it| json!(it)),
    ("note", |it| json!({"password": [it]})),
];

/// Puts numbered entries with markers into each map of a value; each can be left out by its number.
struct Put<'a> {
    markers: Markers,
    left_out: &'a BTreeSet<usize>,
    count: usize,
}

impl Put<'_> {
    fn fill(&mut self, value: &mut Json) {
        match value {
            // A reference says what it says and nothing else.
            Json::Object(map) if map.contains_key("fromSecret") => {}
            Json::Object(map) => {
                // A config.yaml is a document within one.
                for (key, value) in map.iter_mut() {
                    match value.as_str().filter(|_| key == "config.yaml") {
                        Some(text) => *value = json!(self.filled(text)),
                        // What is wrong in one is said of the whole: patches are looked at one by one.
                        None if key == "patch" => {}
                        None => self.fill(value),
                    }
                }
                for (name, entry) in ENTRIES {
                    let (number, marker) = (self.count, self.markers.next());
                    self.count += 1;
                    if !self.left_out.contains(&number) {
                        map.insert(format!("x{number}x-{name}"), entry(&marker));
                    }
                }
            }
            Json::Array(items) => items.iter_mut().for_each(|item| self.fill(item)),
            _ => {}
        }
    }

    fn filled(&mut self, text: &str) -> String {
        let mut config = documents(text).remove(0);
        self.fill(&mut config);
        config.to_string()
    }
}

/// The documents of an example, with its config.yaml as a text, and with settings and patches.
fn base(case: &str) -> Vec<Json> {
    let mut items = example(case);
    for item in &mut items {
        let data = item.get_mut("data").and_then(Json::as_object_mut).map(std::mem::take).unwrap_or_default();
        if !data.is_empty() {
            let text = |encoded: &Json| String::from_utf8(decoded(encoded.as_str().unwrap())).ok();
            let (mut texts, mut bytes) = (json!({}), json!({}));
            for (name, encoded) in data {
                match text(&encoded).filter(|_| name == "config.yaml") {
                    Some(text) => texts[name] = json!(text),
                    None => bytes[name] = encoded,
                }
            }
            item["stringData"] = texts;
            item["data"] = bytes;
        }
        if item["kind"] == "RenderConfig" {
            item["spec"]["components"] = json!({"namespace": {"annotations": {"example.com/a": "b"}}, "quay": {"env": [{"name": "A", "value": "b"}]}});
            item["spec"]["pods"] = json!({"podAnnotations": {"example.com/a": "b"}});
            item["spec"]["patches"] = json!([{"target": {"kind": "Deployment"}, "patch": {"metadata": {"annotations": {"example.com/a": "b"}}}}]);
        }
    }
    items
}

fn decoded(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}

/// The results of the KRM function for a request, and whether it made objects.
fn answered(items: &[Json], config: Option<&Json>) -> (Said, bool) {
    let text = request(items, config);
    let response = match respond(text.as_bytes(), Options::default()) {
        Ok(response) => response,
        Err(diagnostics) => return (vec![("refusal".to_owned(), Report::new(&diagnostics).text(None, false))], false),
    };
    let results = response.text.split("\nresults:").nth(1).unwrap_or_default().to_owned();
    let said = vec![
        ("krm results".to_owned(), results),
        ("krm report".to_owned(), Report::new(&response.diagnostics).text(None, false)),
    ];
    let is_made = |item: &Json| {
        item["metadata"]["annotations"][LOCAL] != "true" && item["kind"] != "Secret" && !items.contains(item)
    };
    let is_accepted = !response.diagnostics.has_errors();
    let made = items_of(&response.text).into_iter().filter(|item| is_accepted && is_made(item));
    let made = made.map(|item| (format!("krm {} {}", item["kind"], item["metadata"]["name"]), item.to_string()));
    (said.into_iter().chain(made).collect(), is_accepted)
}

/// The numbers of the entries that a text names.
fn named(said: &Said) -> BTreeSet<usize> {
    let numbers = |text: &str| -> Vec<usize> { text.split(['x']).filter_map(|part| part.parse().ok()).collect() };
    said.iter().flat_map(|(_, text)| numbers(text)).collect()
}

/// An example with all entries that it accepts, and everything that was printed on the way.
fn accepted(case: &str, mode: &str, found: &mut Vec<(String, String)>) -> (Vec<Json>, Markers, usize) {
    let mut left_out = BTreeSet::new();
    for round in 0..40 {
        let mut items = base(case);
        let mut put = Put { markers: Markers::default(), left_out: &left_out, count: 0 };
        items.iter_mut().for_each(|item| put.fill(item));
        let (markers, count) = (put.markers, put.count);
        let (said, is_accepted) = answered(&items, None);
        found.extend(leaks(&markers, &said, &format!("{mode}, round {round}")));
        if is_accepted {
            let left = count - left_out.len();
            return (items, markers, left);
        }
        let before = left_out.len();
        left_out.extend(named(&said[..2].to_vec()));
        assert!(left_out.len() > before, "{mode}: {}", said[1].1);
    }
    panic!("{mode}: never accepted");
}

#[test]
fn nothing_that_an_accepted_registry_holds_besides_is_made_or_said() {
    let mut found = Vec::new();
    for (mode, case) in EXAMPLES {
        let (items, markers, left) = accepted(case, mode, &mut found);
        assert!(left > 10, "{mode}: {left}");
        let temp = tempfile::tempdir().unwrap();
        for (folder, items) in [("before", base(case)), ("in", items)] {
            fs::create_dir(temp.path().join(folder)).unwrap();
            for (number, mut item) in items.into_iter().enumerate() {
                let name =
                    if item["kind"] == "SealedValues" { "sealed.yaml".to_owned() } else { format!("{number}.yaml") };
                item["metadata"]["annotations"].as_object_mut().unwrap().remove(PATH);
                fs::write(temp.path().join(folder).join(name), serde_yaml::to_string(&item).unwrap()).unwrap();
            }
        }
        let mut all = said(temp.path(), mode);
        for line in ["seal in", "keys in"] {
            all.push((line.to_owned(), run(temp.path(), &line.split(' ').collect::<Vec<_>>()).0));
        }
        assert!(temp.path().join("out/quay-render.lock").is_file(), "{mode}: {}", all[0].1);
        found.extend(leaks(&markers, &all, mode));
    }
    assert_tight(&found);
}

#[test]
fn nothing_of_a_request_around_its_registry_is_made_or_said() {
    let mut found = Vec::new();
    let other = |marker: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "other", "annotations": {"note": marker}}, "data": {"a": marker}});
    for (mode, case) in EXAMPLES {
        for form in URLS.iter().chain(NAMED) {
            let mut markers = Markers::default();
            let mut items = base(case);
            for item in &mut items {
                item["metadata"]["annotations"] = json!({
                    PATH: form(&markers.next()),
                    "internal.config.kubernetes.io/path": form(&markers.next()),
                    "internal.config.kubernetes.io/index": form(&markers.next()),
                    "config.k8s.io/id": form(&markers.next()),
                    "example.com/note": form(&markers.next()),
                });
            }
            items.push(other(&form(&markers.next())));
            let (said, is_accepted) = answered(&items, None);
            // An address of mail is at home in a path.
            let is_name = form("SECRET") == "SECRET@example.com";
            assert!(is_accepted, "{mode}: {}", said[1].1);
            if is_name {
                continue;
            }
            found.extend(leaks(&markers, &said, &format!("{mode} {}", form("SECRET"))));
            // The same as a functionConfig, which has what nobody knows.
            let mut config = json!({
                "apiVersion": "example.com/v1", "kind": "Anything",
                "metadata": {"name": "config", "annotations": {"note": form(&markers.next())}},
                "data": {"note": form(&markers.next())},
                "spec": {"inputs": items, "more": form(&markers.next())},
            });
            config["spec"][form(&markers.next())] = json!(1);
            config[form(&markers.next())] = json!(1);
            let (said, _) = answered(&[], Some(&config));
            found.extend(leaks(&markers, &said, &format!("{mode} {} in the functionConfig", form("SECRET"))));
        }
    }
    assert_tight(&found);
}
