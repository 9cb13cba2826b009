//! The values that documents hold.

use super::*;

/// The flow form shows both value and type.
fn read_as(text: &str, dialect: Dialect) -> String {
    flow(&one(text, dialect).to_value())
}

#[test]
fn scalars_have_the_meaning_of_the_dialect() {
    let text = "[yes, y, 1_0, 017, 1:30, 1.0e+3, 2001-01-01, 'no', null, , ~]";
    let text = &text.replace(", , ", ", ");
    assert_eq!(read_as(text, Dialect::Python), r#"[true, "y", 10, 15, 90, 1000.0, 2001-01-01, "no", null, null]"#);
    assert_eq!(
        read_as(text, Dialect::Kubernetes),
        r#"[true, true, 10, 15, "1:30", 1000, "2001-01-01", "no", null, null]"#
    );
}

#[test]
fn standard_tags_decide_and_an_absent_value_is_null() {
    let text =
        "a: !!str 012\nb: !!int 012\nc: !!float 1\nd: !!bool yes\ne: !!null ~\nf: !!map {}\ng: !!seq []\nh:\ni: !!str";
    let read = r#"{"a": "012", "b": 10, "c": 1.0, "d": true, "e": null, "f": {}, "g": [], "h": null, "i": ""}"#;
    assert_eq!(read_as(text, Dialect::Python), read);
}

#[test]
fn raw_is_the_source_of_a_plain_scalar() {
    let root = python("a: 0x1f\nb: '0x1f'\nc:\nd: some\n  text\ne: !!str 1\n");
    let raw = |key| root.get(key).and_then(|node| node.raw.as_deref());
    assert_eq!([raw("a"), raw("b"), raw("c")], [Some("0x1f"), None, Some("")]);
    assert_eq!([raw("d"), raw("e")], [Some("some text"), None]);
}

#[test]
fn aliases_repeat_and_merge_keys_expand_as_in_pyyaml() {
    let text = "a: &a {x: 1, y: 2}\nb: *a\nc: {x: 3, <<: *a}\nd: {<<: [{x: 4}, {x: 5, z: 6}]}\ne: {'<<': 7}\nf: &s t\n*s : u\n";
    let read = concat!(
        r#"{"a": {"x": 1, "y": 2}, "b": {"x": 1, "y": 2}, "c": {"x": 3, "y": 2}, "#,
        r#""d": {"x": 4, "z": 6}, "e": {"<<": 7}, "f": "t", "t": "u"}"#
    );
    assert_eq!(read_as(text, Dialect::Python), read);
}

#[test]
fn documents_are_told_apart_and_empty_ones_skipped() {
    let (documents, problems) =
        read("# none\n---\na: 1\n---\n# empty\n--- null\n...\n---\n\nb: 2\n", Dialect::Kubernetes);
    assert_eq!(problems, [""; 0]);
    let found: Vec<_> = documents.iter().map(|d| (d.line, flow(&d.root.to_value()))).collect();
    assert_eq!(found, [(2, r#"{"a": 1}"#.to_owned()), (6, "null".to_owned()), (8, r#"{"b": 2}"#.to_owned())]);
    assert_eq!(read("\n\na: 1", Dialect::Python).0[0].line, 3);
    for nothing in ["", "\n", "# only this", "---\n", "\u{feff}"] {
        assert_eq!(read(nothing, Dialect::Python), (vec![], vec![]), "{nothing:?}");
    }
}

#[test]
fn a_byte_order_mark_and_carriage_returns_are_no_matter() {
    let root = python("\u{feff}a: |\r\n  x\r\n  y\r\nb: 1\r\n");
    assert_eq!(root.get("a").and_then(Node::as_str), Some("x\ny\n"));
    assert_eq!(root.entry("b").unwrap().key_pos, Pos { line: 4, column: 1 });
    assert_eq!(root.pos, Pos { line: 1, column: 1 });
}

#[test]
fn a_block_may_end_without_a_newline() {
    assert_eq!(python("k: |\n  a").get("k").and_then(Node::as_str), Some("a"));
}

#[test]
fn kinds_have_names_and_accessors() {
    let root = python("[null, no, 1, 1.5, 2001-01-01, t, [], {}]");
    let kinds: Vec<_> = root.as_seq().unwrap().iter().map(Node::kind_name).collect();
    let names = ["null", "true or false", "a whole number", "a number", "a date", "a text", "a list", "a map"];
    assert_eq!(kinds, names);
    assert_eq!(root.as_seq().unwrap()[1].as_bool(), Some(false));
    assert!(root.as_seq().unwrap()[0].is_null());
    assert_eq!(root.get("x"), None);
}

#[test]
fn written_documents_have_one_form() {
    let text = concat!(
        "apiVersion: v1\ndata:\n  script: |\n    #!/bin/sh\n\n    exit 0\n  last: |-\n    a\n    b\n  kept: |+\n    a\n\n",
        "  empty: \"\"\n  version: \"1.0\"\n  word: \"yes\"\n  path: /a:b#c\n  tab: \"\\ta\\n\"\n  nel: \"\\x85\\u2028\\U0001FFFF\"\n",
        "list:\n- a: 1\n  b:\n  - - x\n    - {}\n  - []\n- |\n  t\n- null\n- 1.0e+16\n- 1.5e-07\n"
    )
    .replace("e-07", "e-7")
    .replace("\\U0001FFFF", "😀");
    assert_eq!(emit(&one(&text, Dialect::Python).to_value()), text);
}

#[test]
fn a_long_key_stands_behind_a_question_mark() {
    let key = "k".repeat(121);
    let inner: Map = [("a".to_owned(), Value::from(vec!["x"]))].into_iter().collect();
    let map: Map = [(key.clone(), Value::from(vec![Value::from(inner)]))].into_iter().collect();
    let text = emit(&Value::from(map.clone()));
    assert_eq!(text, format!("? {key}\n:\n  - a:\n    - x\n"));
    assert_eq!(one(&text, Dialect::Python).to_value(), Value::from(map));
}
