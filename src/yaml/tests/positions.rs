//! Positions of values, also in a text within a text.

use super::*;

#[test]
fn keys_and_values_stand_where_they_start() {
    let text = "a:\n  - b: 'x'\n    c: !!str |\n      t\n  -\n";
    let root = python(text);
    let item = &root.get("a").unwrap().as_seq().unwrap()[0];
    assert_eq!(item.entry("b").unwrap().key_pos, Pos { line: 2, column: 5 });
    assert_eq!(item.get("b").unwrap().pos, Pos { line: 2, column: 8 });
    assert_eq!(item.get("c").unwrap().pos, Pos { line: 4, column: 7 });
}

#[test]
fn an_empty_block_stands_at_its_key_and_not_at_the_next() {
    let root = python("a: |\n\n\nb: 1\n");
    assert_eq!(root.get("a").unwrap().pos, Pos { line: 1, column: 2 });
    assert_eq!(root.get("a").unwrap().as_text().unwrap().start(), Pos { line: 1, column: 2 });
}

/// Each form contains the text `key: [1,\n  two, é]\n` or a part of it; `two` must be found at its position.
#[test]
fn a_position_in_a_text_leads_to_the_file() {
    for text in [
        "x: |\n  key: [1,\n    two, é]\n",
        "x: |2+\n\n  key: [1,\n    two, é]\n\n",
        "- - |\r\n   key: [1,\r\n     two, é]\r\n",
        "x: \"key: [1,\\n  two, é]\\n\"\n",
        "x: \"key: [1,\\\n   \\n\\u0020 two, \\xe9]\"\n",
        "x: 'key: [1,\n\n  two, é]'\n",
        "x: >-\n  key: [1,\n\n    two, é]\n",
        "x: >-\n  key: [1,\n  \n  two, é]\n",
        "x: key [1,\n\n   two, é]\n",
    ] {
        let root = python(text);
        let node = root.get("x").unwrap_or_else(|| &root.as_seq().unwrap()[0].as_seq().unwrap()[0]);
        let inner = node.as_text().unwrap();
        for needle in ["key", "[1", "two", "]"] {
            let at = place_of(&inner.value, needle);
            assert_eq!(inner.position(at), Some(place_of(&text.replace('\r', ""), needle)), "{needle} of {text:?}");
        }
    }
}

#[test]
fn a_place_that_the_text_does_not_have_is_that_of_the_scalar() {
    let root = python("a: \"b\\nc\"\n");
    let text = root.get("a").unwrap().as_text().unwrap();
    let origin = Origin { file: "f", within: Some(text) };
    assert_eq!(text.position(Pos { line: 2, column: 2 }), Some(Pos { line: 1, column: 9 }));
    assert_eq!(text.position(Pos { line: 3, column: 1 }), None);
    assert_eq!(origin.locate(Pos { line: 3, column: 1 }), Pos { line: 1, column: 4 });
    assert_eq!(origin.locate(Pos::default()), Pos { line: 1, column: 4 });
}

#[test]
fn values_and_problems_of_an_inner_text_have_positions_of_the_file() {
    let outer = "stringData:\n  config.yaml: |\n    A: 1\n    B: \"x: {y: 1,\\n  y: 2, z: 'q'}\"\n    A: 2\n";
    let root = one(outer, Dialect::Kubernetes);
    let text = root.get("stringData").and_then(|data| data.get("config.yaml")).and_then(Node::as_text).unwrap();
    let mut diagnostics = Diagnostics::new();
    let origin = Origin { file: "secret.yaml", within: Some(text) };
    let config = parse_one(&text.value, &origin, Dialect::Python, &mut diagnostics).unwrap();
    assert_eq!(config.entry("B").unwrap().key_pos, Pos { line: 4, column: 5 });
    assert_eq!(shown(&diagnostics), ["yaml-duplicate-key 5:5 duplicate key \"A\": at 3:5 and again at 5:5"]);

    // Two levels deep: the text of B stands in double quotes in a block.
    let inner = config.get("B").and_then(Node::as_text).unwrap();
    let mut diagnostics = Diagnostics::new();
    let origin = Origin { file: "secret.yaml", within: Some(inner) };
    let node = parse_one(&inner.value, &origin, Dialect::Python, &mut diagnostics).unwrap();
    let second_line = place_of(outer, "z: 'q'");
    assert_eq!(node.get("x").unwrap().entry("z").unwrap().key_pos, second_line);
    let again = place_of(outer, "y: 2");
    assert_eq!(
        shown(&diagnostics),
        [format!("yaml-duplicate-key 4:{0} duplicate key \"y\": at 4:13 and again at 4:{0}", again.column)]
    );
}

#[test]
fn an_alias_stands_where_the_value_is_written() {
    let root = python("a: &x {b: 1}\nc: *x\n");
    assert_eq!(root.get("c").unwrap().get("b").unwrap().pos, Pos { line: 1, column: 11 });
}
