//! Programs that the tests compare with. If one is missing the test fails: it would otherwise prove nothing.

use serde_json::{Value as Json, json};
use std::io::Write as _;
use std::process::{Command, Stdio};

/// Reads `{"documents": [text], "scalars": [text]}`, and prints how PyYAML parses each of either kind.
const PYTHON: &str = r#"
import datetime, json, struct, sys
import yaml

def form(value):
    if value is None: return ["null"]
    if isinstance(value, bool): return ["bool", value]
    if isinstance(value, int): return ["int", str(value)]
    if isinstance(value, float): return ["float", struct.pack(">d", value).hex()]
    if isinstance(value, str): return ["str", value]
    if isinstance(value, datetime.date): return ["date"]
    if isinstance(value, list): return ["list", [form(item) for item in value]]
    if isinstance(value, dict): return ["map", [[form(key), form(item)] for key, item in value.items()]]
    return [type(value).__name__]

def scalar(text):
    loader = yaml.SafeLoader("")
    tag = loader.resolve(yaml.ScalarNode, text, (True, False))
    return loader.construct_document(yaml.ScalarNode(tag, text))

def attempt(make, text):
    try:
        return form(make(text))
    except Exception as error:
        return ["error", type(error).__name__]

batch = json.load(sys.stdin)
answer = {"documents": [attempt(yaml.safe_load, text) for text in batch["documents"]],
          "scalars": [attempt(scalar, text) for text in batch["scalars"]]}
json.dump(answer, sys.stdout)
"#;

/// How PyYAML parses each document, in one process.
pub fn pyyaml_documents(documents: &[String]) -> Vec<Json> {
    pyyaml(&json!({"documents": documents, "scalars": []}), "documents")
}

/// How PyYAML parses each plain scalar, in one process.
pub fn pyyaml_scalars(scalars: &[String]) -> Vec<Json> {
    pyyaml(&json!({"documents": [], "scalars": scalars}), "scalars")
}

fn pyyaml(batch: &Json, part: &str) -> Vec<Json> {
    let answer = ask("python3", &["-c", PYTHON], &batch.to_string());
    let answer = answer.unwrap_or_else(|error| panic!("python3 with PyYAML is needed (pip install PyYAML): {error}"));
    let mut answer: Json = serde_json::from_str(&answer).expect("JSON of the Python program");
    match answer[part].take() {
        Json::Array(items) => items,
        other => panic!("no list of {part}: {other}"),
    }
}

/// How kubectl parses `spec`, a block of YAML for that key; or its error.
pub fn kubectl(spec: &str) -> Result<Json, String> {
    let indented: String = spec.split_inclusive('\n').map(|line| format!("  {line}")).collect();
    let object = format!("apiVersion: probe/v1\nkind: Probe\nmetadata:\n  name: probe\nspec:\n{indented}");
    let mut file = tempfile::NamedTempFile::with_suffix(".yaml").expect("a temporary file");
    file.write_all(object.as_bytes()).expect("a writable temporary file");
    let path = file.path().to_str().expect("a path in UTF-8");
    let answer = ask("kubectl", &["label", "--local", "-f", path, "zz=zz", "-o", "json"], "")?;
    let mut object: Json = serde_json::from_str(&answer).expect("JSON of kubectl");
    Ok(object["spec"].take())
}

/// Runs a program to its end.
fn ask(program: &str, arguments: &[&str], input: &str) -> Result<String, String> {
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = child.unwrap_or_else(|error| panic!("{program} is needed on the PATH for this test: {error}"));
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.as_bytes().to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("an output");
    let _ = writer.join();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}
