//! Properties over random inputs.

use super::*;
use proptest::prelude::*;

const BOTH: [Dialect; 2] = [Dialect::Python, Dialect::Kubernetes];

/// Characters that matter to YAML, and some that do not.
fn yaml_text() -> impl Strategy<Value = String> {
    let pieces: &[&str] = &[
        "a",
        "b",
        "key",
        ": ",
        ":",
        "- ",
        "-",
        "\n",
        "\n",
        "\n  ",
        "\n    ",
        " ",
        "? ",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "'",
        "\"",
        "\\",
        "\\n",
        "\\x41",
        "|",
        ">",
        "|-",
        ">+2",
        "|1\n",
        "#",
        " # c",
        "&a ",
        "*a",
        "!",
        "!!str ",
        "!!int ",
        "<<: ",
        "---",
        "\n---\n",
        "...",
        "\n...\n",
        "\t",
        "\r\n",
        "\r",
        "%YAML 1.1\n",
        "%TAG ! x\n",
        "@",
        "`",
        "~",
        "null",
        "1",
        "0x1f",
        "1:30",
        "2001-01-01",
        ".inf",
        "=",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "\0",
        "\u{1b}",
        "é",
        "😀",
        "\u{fffe}",
    ];
    prop::collection::vec(prop::sample::select(pieces), 0..40).prop_map(|pieces| pieces.concat())
}

/// Any text, mostly of characters that are hard for readers.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        yaml_text(),
        any::<String>(),
        "[a-z]{1,8}",
        "[0-9:.eE+_xob-]{1,8}",
        "(a b\n){0,3} ?\n?",
        "[a:\" ]{100,1400}"
    ]
}

/// An integer that both readers keep.
fn any_int() -> impl Strategy<Value = String> {
    any::<i64>().prop_map(|number| number.to_string())
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any_int().prop_map(Value::Int),
        any::<f64>().prop_filter("finite", |f| f.is_finite()).prop_map(Value::Float),
        (-1_000_000_i32..1_000_000).prop_map(|n| Value::Float(f64::from(n) / 8.0)),
        (1..9999_u32, 1..13_u32, 1..29_u32).prop_map(|(y, m, d)| Value::Date(format!("{y:04}-{m:02}-{d:02}"))),
        any_text().prop_map(Value::Str),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Seq),
            prop::collection::vec((any_text(), inner), 0..6)
                .prop_map(|entries| Value::Map(entries.into_iter().collect())),
        ]
    })
}

/// How a dialect reads a written value: for Kubernetes a date is text and a whole number an integer.
fn as_read(value: &Value, dialect: Dialect) -> Value {
    match (value, dialect) {
        (Value::Seq(items), _) => Value::Seq(items.iter().map(|item| as_read(item, dialect)).collect()),
        (Value::Map(map), _) => Value::Map(map.iter().map(|(k, v)| (k.to_owned(), as_read(v, dialect))).collect()),
        (Value::Date(text), Dialect::Kubernetes) => Value::Str(text.clone()),
        (Value::Float(_), Dialect::Kubernetes) => resolve(flow(value).as_str(), dialect).expect("a number"),
        (other, _) => other.clone(),
    }
}

/// As text, since `==` on floats treats `-0.0` and `0.0` as equal.
fn form(value: &Value) -> String {
    format!("{value:?}")
}

/// A double for comparison, even if Kubernetes made an integer of it.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(digits) => digits.parse().ok(),
        Value::Float(number) => Some(*number),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn nothing_makes_the_reader_panic(text in prop_oneof![yaml_text(), any::<String>()]) {
        for dialect in BOTH {
            let (documents, _) = read(&text, dialect);
            for document in documents {
                let _ = emit(&document.root.to_value());
            }
        }
    }

    #[test]
    fn bytes_do_not_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&String::from_utf8_lossy(&bytes), Dialect::Python);
    }

    #[test]
    fn what_is_written_is_read_back(value in any_value()) {
        for dialect in BOTH {
            let wanted = form(&as_read(&value, dialect));
            let block = emit(&value);
            prop_assert!(block.ends_with('\n'));
            prop_assert_eq!(form(&one(&block, dialect).to_value()), wanted.clone(), "{}", block);
            let line = flow(&value);
            prop_assert!(!line.contains(['\n', '\r']));
            prop_assert_eq!(form(&one(&line, dialect).to_value()), wanted.clone(), "{}", line);
            let spliced = one(&format!("- k: {line}\n"), dialect);
            let spliced = spliced.as_seq().and_then(|items| items[0].get("k")).expect("spliced").to_value();
            prop_assert_eq!(form(&spliced), wanted);
        }
    }

    #[test]
    fn both_readers_see_the_same_number(number_written in any::<f64>().prop_filter("finite", |f| f.is_finite())) {
        let text = flow(&Value::Float(number_written));
        prop_assert!(!ambiguous(&text), "{}", text);
        for dialect in BOTH {
            let read = resolve(&text, dialect);
            prop_assert_eq!(read.as_ref().and_then(number), Some(number_written));
        }
        let read = resolve(&text, Dialect::Python);
        prop_assert!(matches!(read, Some(Value::Float(read)) if read.to_bits() == number_written.to_bits()));
    }

    /// Every character of a decoded text that is unescaped in the file is found at its position; a fold or an escape is
    /// found at its blank, line break or backslash.
    #[test]
    fn every_character_is_found_in_the_file(text in yaml_text(), style in 0..4, deep in any::<bool>()) {
        let lines: Vec<&str> = text.split(['\n', '\r', '\t']).collect();
        let body = |separator: &str| lines.join(separator);
        let pad = if deep { "\n      " } else { "\n  " };
        let scalar = match style {
            0 => format!("|1+{pad}{}", body(pad)),
            1 => format!(">1+{pad}{}", body(pad)),
            2 => format!("'{}'", body(pad).replace('\'', "''")),
            _ => format!("\"{}\"", body(if deep { "\\n" } else { "\\\n  \\t" }).replace('"', "\\\"")),
        };
        let file = if deep { format!("- - k: {scalar}\n") } else { format!("k: {scalar}\n") };
        let (documents, _) = read(&file, Dialect::Python);
        let Some(document) = documents.first() else { return Ok(()) };
        let map = if deep { &document.root.as_seq().expect("list")[0].as_seq().expect("list")[0] } else { &document.root };
        let Some(found) = map.get("k").and_then(Node::as_text) else { return Ok(()) };
        check_characters(&file, found)?;
    }
}

fn check_characters(file: &str, text: &Text) -> Result<(), TestCaseError> {
    let source: Vec<Vec<char>> = file.split('\n').map(|line| line.chars().collect()).collect();
    let mut at = Pos { line: 1, column: 1 };
    for c in text.value.chars() {
        let Some(place) = text.position(at) else {
            return Err(TestCaseError::fail(format!("{c:?} at {at:?} of {file:?} is lost")));
        };
        let line = &source[place.line as usize - 1];
        let found = line.get(place.column as usize - 1).copied().unwrap_or('\n');
        let is_found =
            found == c || found == '\\' || (found == '\n' && c == ' ') || (c == '\n' && found.is_whitespace());
        prop_assert!(is_found, "{:?} at {:?} of {:?}: {:?} at {:?}", c, at, file, found, place);
        at = if c == '\n' { Pos { line: at.line + 1, column: 1 } } else { Pos { column: at.column + 1, ..at } };
    }
    Ok(())
}
