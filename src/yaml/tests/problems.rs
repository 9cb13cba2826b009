//! What is refused, at which position, and with which message.

use super::*;
use crate::diagnostic::Severity;

#[test]
fn syntax_errors_name_their_place() {
    for (text, problem) in [
        ("a: [1, 2\nb: 3\n", "2:2 illegal placement of ':' indicator"),
        ("a: [http://x/?y=z]\n", "1:5 a text in brackets holds a question mark"),
        ("a: [1, 2\n", "1:4 unclosed bracket '['"),
        ("a: b: c\n", "1:5 mapping values are not allowed in this context"),
        ("a: 'x\n", "1:4 unclosed quote"),
        ("a: \"\\q\"\n", "1:4 while parsing a quoted scalar, found unknown escape character"),
        ("a: *x\n", "1:4 while parsing node, found unknown anchor"),
        ("a: @x\n", "1:4 unexpected character: `@'"),
        ("a: 1\n\tb: 2\n", "2:1 a TAB stands outside quotes"),
        ("a: 1\t# c\n", "1:5 a TAB stands outside quotes"),
        ("a:\t1\n", "1:3 a TAB stands outside quotes"),
        ("a: x\ty\n", "1:5 a TAB stands outside quotes"),
        ("a: \"x\u{1b}\"\n", "1:6 the character U+001B cannot stand in YAML as itself"),
        ("a: x\u{2028}y\n", "1:5 the character U+2028 cannot stand in YAML as itself"),
        ("a: x\ny: \u{feff}z\n", "2:4 the character U+FEFF cannot stand in YAML as itself"),
    ] {
        let found = problems(text);
        assert_eq!(found, [format!("yaml-syntax {problem}")], "{text:?}");
        assert!(read(text, Dialect::Kubernetes).0.len() <= 1);
    }
}

#[test]
fn a_tab_may_stand_in_quotes_blocks_and_comments() {
    assert_eq!(problems("a: \"x\ty\"\nb: 'x\ty'\nc: |\n  x\ty\n  \tz\n# a\tb\nd: 1 #\tc\n"), [""; 0]);
}

#[test]
fn kubectl_takes_a_tab_that_separates_and_none_that_indents() {
    for (text, value) in
        [("a: 1\t# c\n", "1"), ("a:\t1\n", "1"), ("a: 1\t\n", "1"), ("a: {b: 1,\tc: 2}\n", "{\"b\": 1, \"c\": 2}")]
    {
        let (documents, problems) = read(text, Dialect::Kubernetes);
        assert!(problems.is_empty(), "{text:?}: {problems:?}");
        assert_eq!(flow(&documents[0].root.get("a").unwrap().to_value()), value, "{text:?}");
    }
    let (_, problems) = read("a: 1\n\tb: 2\n", Dialect::Kubernetes);
    assert!(problems.iter().any(|problem| problem.ends_with("a TAB stands outside quotes")), "{problems:?}");
}

#[test]
fn each_broken_document_is_reported_and_the_others_are_read() {
    let text = "a: 1\n---\nb: [\n---\nc: 3\n---\n'd\n---\ne: 5\n--- {f: 6}\n---\ng: h: i\n";
    let (documents, problems) = read(text, Dialect::Kubernetes);
    let read: Vec<_> = documents.iter().map(|d| (d.line, flow(&d.root.to_value()))).collect();
    assert_eq!(problems.len(), 3, "{problems:?}");
    assert!(problems[0].starts_with("yaml-syntax 3:") && problems[1].starts_with("yaml-syntax 7:"), "{problems:?}");
    assert!(problems[2].starts_with("yaml-syntax 12:"), "{problems:?}");
    assert_eq!(read.first(), Some(&(1, r#"{"a": 1}"#.to_owned())));
    assert!(read.contains(&(4, r#"{"c": 3}"#.to_owned())), "{read:?}");
}

#[test]
fn duplicate_keys_are_shown_with_both_places() {
    let (documents, problems) = read("a: 1\nb: 2\n'a': 3\nc: {x: 1, x: 2, x: 3}\n", Dialect::Kubernetes);
    assert_eq!(documents.len(), 1);
    assert_eq!(
        problems,
        [
            "yaml-duplicate-key 4:11 duplicate key \"x\": at 4:5 and again at 4:11",
            "yaml-duplicate-key 4:17 duplicate key \"x\": at 4:5 and again at 4:17",
            "yaml-duplicate-key 3:1 duplicate key \"a\": at 1:1 and again at 3:1",
        ]
    );
}

#[test]
fn keys_are_text() {
    assert_eq!(
        problems("1: a\nyes: b\n2001-01-01: c\n=: d\n"),
        [
            "yaml-key-type 1:1 this key is a whole number to its reader; it is read as text",
            "yaml-key-type 2:1 this key is true or false to its reader; it is read as text",
            "yaml-key-type 3:1 this key is a date to its reader; it is read as text",
        ]
    );
    let (documents, found) = read("1: a\n1.50: b\n", Dialect::Kubernetes);
    assert_eq!(found.len(), 2);
    assert_eq!(flow(&documents[0].root.to_value()), r#"{"1": "a", "1.50": "b"}"#);
    for (text, kind) in [("~: 1", "null"), (": 1", "null"), ("? [a]\n: 1", "a list"), ("{a: 1}: 1", "a map")] {
        assert_eq!(
            problems(text),
            [format!("yaml-key {} a key must be a text, this one is {kind}", place(text))],
            "{text}"
        );
    }
}

fn place(text: &str) -> &str {
    match text {
        "? [a]\n: 1" => "1:3",
        _ => "1:1",
    }
}

#[test]
fn values_that_a_reader_refuses_are_refused() {
    for text in [".inf", "-.INF", ".nan", "2001-13-45", "=", "<<", "0b_", "1.0e+999", "!!binary aGk="] {
        let found = problems(&format!("a: {text}\n"));
        assert!(matches!(found.as_slice(), [one] if one.starts_with("yaml-value 1:4 ")), "{text}: {found:?}");
    }
    // A custom tag: PyYAML refuses it, Quay's validator ignores it, and the output has none.
    for text in ["!vault x", "! x", "!own [x]", "!own {x: y}"] {
        let found = problems(&format!("a: {text}\n"));
        assert!(matches!(found.as_slice(), [one] if one.starts_with("yaml-tag 1:4 ")), "{text}: {found:?}");
    }
    for text in [
        "!!int x",
        "!!bool y",
        "!!null x",
        "!!float x",
        "!!seq {}",
        "!!map x",
        "!!set {a: }",
        "&a [*a]",
        "[&a x, &a y]",
    ] {
        let found = problems(&format!("a: {text}\n"));
        assert!(matches!(found.as_slice(), [one] if one.starts_with("yaml-value 1:")), "{text}: {found:?}");
    }
    let merges = ["<<: 1", "<<: [1]", "<<: [[]]", "<<:"];
    for text in merges {
        assert!(matches!(problems(text).as_slice(), [one] if one.starts_with("yaml-value 1:1 <<")), "{text}");
    }
}

#[test]
fn no_message_shows_what_a_scalar_holds() {
    const SECRET: &str = "hunter2";
    for text in [
        "a: !hunter2",
        "a: *hunter2",
        "a: @hunter2",
        "a: 'hunter2",
        "a: !!int hunter2",
        "a: hunter2: b",
        "a: %hunter2",
        "a: [hunter2",
        "a: \"\\hunter2\"",
        "a: !hunter2!x y",
        "a: &hunter2 [*hunter2]",
        "a: `hunter2`",
        "- hunter2\na: b",
        "a: hunter2\n b: c",
        "a: \"x\" hunter2",
        "a: |hunter2\n",
        "a: !<hunter2 x",
        "%hunter2 x\n---\na: 1",
        "a: x\thunter2",
        "a: hunter2\n<<: hunter2",
        "a: {hunter2]",
        "a: ]hunter2",
        "? {hunter2: x}\n: y",
    ] {
        for problem in problems(text) {
            assert!(!problem.contains(SECRET), "{text:?}: {problem}");
        }
    }
}

#[test]
fn nesting_nodes_and_size_have_limits() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(problems(&nested(100)), [""; 0]);
    for depth in [101, 300, 100_000] {
        let found = problems(&nested(depth));
        assert_eq!(found, ["yaml-limit 1:101 lists and maps are nested more than 100 deep"], "{depth}");
    }
    let aliased = format!("- &a {}\n- [[*a]]\n", nested(98));
    assert_eq!(problems(&aliased), ["yaml-limit 2:5 lists and maps are nested more than 100 deep"]);

    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    let many = format!("[{}]", "1,".repeat(150_000));
    let texts = format!("- &a {}\n- [{}]", "x".repeat(1 << 20), "*a,".repeat(20));
    let large = "x".repeat((4 << 20) + 1);
    for text in [bomb, many, texts, large] {
        let found = problems(&text);
        assert!(matches!(found.as_slice(), [one] if one.starts_with("yaml-limit ")), "{found:?}");
    }
}

#[test]
fn an_export_may_be_longer_than_an_input() {
    let read = |values: usize| {
        let text = format!("[{}]", "1,".repeat(values));
        let mut problems = Diagnostics::new();
        let _ = parse_export(&text, &Origin { file: "", within: None }, &mut problems);
        problems.has_errors()
    };
    assert!(!read(150_001) && read(2_000_001));
}

#[test]
fn what_was_rendered_has_no_limit_that_an_input_could_reach() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let documents = "a: 1\n---\n".repeat(10_001);
    for text in [nested(120), format!("[{}]", "1,".repeat(200_001)), "x".repeat((4 << 20) + 1), documents] {
        assert!(!problems(&text).is_empty());
        let mut diagnostics = Diagnostics::new();
        let read = parse_own(&text, &Origin { file: "x", within: None }, &mut diagnostics);
        assert!(!read.is_empty() && shown(&diagnostics).is_empty(), "{:?}", shown(&diagnostics));
    }
}

#[test]
fn a_second_document_of_a_config_is_a_warning() {
    let mut diagnostics = Diagnostics::new();
    let origin = Origin { file: "config.yaml", within: None };
    let root = parse_one("A: 1\n---\nB: 2\n", &origin, Dialect::Python, &mut diagnostics).unwrap();
    assert!(root.get("A").is_some() && root.get("B").is_none());
    assert_eq!(shown(&diagnostics), ["yaml-second-document 2:1 a second document starts here; only the first is read"]);
    assert_eq!((diagnostics.has_errors(), diagnostics.count(Severity::Warning)), (false, 1));
    assert_eq!(parse_one("# nothing\n", &origin, Dialect::Python, &mut diagnostics), None);
}

/// The first document that libyaml alone refuses is left out.
#[test]
fn the_gate_takes_out_the_document_that_only_libyaml_refuses() {
    let (documents, problems) = read("a: 1\n---\n\"\\ud83d\\ude00\"\n---\nb: 2\n", Dialect::Kubernetes);
    assert!(matches!(problems.as_slice(), [one] if one.starts_with("yaml-syntax 3:")), "{problems:?}");
    assert_eq!(documents.iter().map(|d| d.line).collect::<Vec<_>>(), [1, 4]);
}
