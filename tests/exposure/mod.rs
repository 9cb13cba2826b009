//! An attack on the promise that no secret is in a committed output, a log, an error or a difference: a marker in every
//! place of every document, as key and as value, in every mode of secrets, is searched in everything that is made and
//! printed, in every encoding that hides a text from a plain search.

mod accepted;
mod commands;
mod documents;
mod keys;
mod made;
mod printing;
mod settings;
mod shown;
mod values;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Every value of `spec.secrets.mode`.
const MODES: [&str; 4] = ["inline", "referenced", "external", "sealed"];

/// Makes markers, which are unique texts, and searches for them.
#[derive(Default)]
struct Markers(Vec<String>);

impl Markers {
    /// A new marker of letters and digits, like a password or a token.
    fn next(&mut self) -> String {
        let marker = format!("Hunter{:04}marker", self.0.len());
        self.0.push(marker.clone());
        marker
    }

    /// The first of them that occurs in a text, in any form.
    fn find(&self, text: &str) -> Option<&str> {
        // Each begins alike: most texts are ruled out by that alone.
        let starts = forms("Hunter");
        if !starts.iter().any(|start| text.contains(start.as_str())) {
            return None;
        }
        self.0.iter().find(|marker| forms(marker).iter().any(|form| text.contains(form.as_str()))).map(String::as_str)
    }
}

/// A text plain, in base64 at each of three offsets, in hexadecimal digits, percent-encoded, escaped in JSON.
fn forms(text: &str) -> Vec<String> {
    let bytes =
        |start: &str, width: usize| -> String { text.bytes().map(|byte| format!("{start}{byte:0width$x}")).collect() };
    let mut forms = vec![text.to_owned(), bytes("", 2), bytes("%", 2), bytes("\\u", 4)];
    forms.extend([bytes("", 2), bytes("%", 2)].map(|form| form.to_uppercase()));
    forms.extend((0..3).map(|offset| {
        let padded = [&vec![b' '; offset], text.as_bytes()].concat();
        // What depends on the neighbours of the text is cut off at both ends.
        let whole = padded.len() / 3 * 4;
        STANDARD.encode(padded).chars().take(whole).skip(if offset == 0 { 0 } else { 4 }).collect()
    }));
    forms
}

/// Names of outputs that must not show a secret, with their texts.
type Said = Vec<(String, String)>;

/// The outputs in which a marker occurs.
fn leaks(markers: &Markers, said: &Said, case: &str) -> Vec<(String, String)> {
    let found = said.iter().filter_map(|(what, text)| Some((what, text, markers.find(text)?)));
    found
        .map(|(what, text, marker)| {
            let lines: Vec<&str> = text.lines().filter(|line| line.contains(marker)).take(3).collect();
            let lines: String = lines.iter().map(|line| line.chars().take(300).collect::<String>() + "\n").collect();
            (format!("{case}: {what}"), format!("{marker}\n{lines}"))
        })
        .collect()
}

/// Asserts that there is no leak.
fn assert_tight(leaks: &[(String, String)]) {
    let list: String = leaks.iter().take(12).map(|(what, marker)| format!("{what}: {marker}\n")).collect();
    assert!(leaks.is_empty(), "{} leaks:\n{list}", leaks.len());
}

#[test]
fn a_marker_is_found_in_every_form_and_only_where_it_is() {
    let mut markers = Markers::default();
    let (marker, _) = (markers.next(), markers.next());
    for form in forms(&marker) {
        assert_eq!(markers.find(&format!("a {form} b")), Some(marker.as_str()), "{form}");
    }
    for offset in 0..3 {
        let whole = STANDARD.encode(format!("{}password: {marker}\n", "x".repeat(offset)));
        assert_eq!(markers.find(&whole), Some(marker.as_str()), "{offset}");
    }
    assert_eq!(markers.find("Hunter and nothing else"), None);
}
