//! Secrets get only into the requested Secrets.

use crate::support::krm::{LOCAL, example, identity, items_of, request, run};
use serde_json::{Value as Json, json};

const MARK: &str = "MARKED-SECRET";

/// The minimal example with a bundle in which every secret contains a marker.
fn marked(mode: &str) -> Vec<Json> {
    let mut inputs = example("minimal");
    for item in &mut inputs {
        match item["kind"].as_str().unwrap() {
            "QuayRegistry" => item["spec"] = json!({"configBundleSecret": "bundle"}),
            "RenderConfig" => {
                let store = json!({"store": {"name": "vault"}});
                item["spec"]["secrets"] = json!({"mode": mode, "external": (mode == "external").then_some(store)});
                item["spec"]["objectStorage"] = json!(null);
            }
            _ => {
                for (name, value) in item["stringData"].as_object_mut().unwrap() {
                    if !name.contains('.') {
                        *value = json!(format!("{MARK}{name}-0123456789abcdef"));
                    }
                }
            }
        }
    }
    let config = format!(
        "FEATURE_MAILING: true\nMAIL_SERVER: mail.example.com\nMAIL_PORT: 25\nMAIL_PASSWORD: {MARK}1\n\
                          NEVER_HEARD_OF: {MARK}2\n"
    );
    inputs.push(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "bundle"}, "stringData": {"config.yaml": config}}));
    inputs
}

fn results(text: &str) -> String {
    crate::support::krm::documents(text).remove(0)["results"].to_string()
}

#[test]
fn a_secret_is_in_no_result_and_in_no_object_that_is_applied() {
    for mode in ["referenced", "external"] {
        let output = run(request(&marked(mode), None).as_bytes());
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{errors}");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(!errors.contains(MARK) && !results(&text).contains(MARK), "{errors}");
        for item in items_of(&text) {
            let is_local = item["metadata"]["annotations"][LOCAL] == "true";
            assert!(is_local || !item.to_string().contains(MARK), "{}", identity(&item));
            assert!(is_local || item["kind"] != "Secret", "{}", identity(&item));
        }
    }
}

#[test]
fn a_refusal_shows_no_secret() {
    let broken: [fn(&mut Vec<Json>); 6] = [
        |it| it[0]["stringData"]["DB_PASSWORD"] = json!([format!("{MARK}list")]),
        |it| it[3]["stringData"]["config.yaml"] = json!(format!("MAIL_PASSWORD: [{MARK}\n{MARK}: {MARK}: x")),
        |it| it[3]["data"] = json!({"ssl.key": format!("{MARK}!"), "ssl.cert": "eA=="}),
        |it| {
            it[3]["stringData"]["config.yaml"] =
                json!(format!("MAIL_PASSWORD: 12\nMAIL_PORT: {MARK}\nDB_URI: {MARK}\n"))
        },
        |it| it[2]["spec"]["objectStorage"] = json!({"bucket": {"secretKey": MARK, "accessKey": [MARK]}}),
        |it| it[3]["metadata"]["annotations"] = json!(MARK),
    ];
    for (number, spoil) in broken.iter().enumerate() {
        let mut inputs = marked("inline");
        spoil(&mut inputs);
        let output = run(request(&inputs, None).as_bytes());
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{number}: {errors}");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(!errors.contains(MARK) && !results(&text).contains(MARK), "{number}: {errors}");
        assert_eq!(items_of(&text), inputs, "{number}");
    }
    for (place, value) in [("name", "https://u:MARK@h/"), ("name", "MARK x"), ("namespace", "Passwort: MARK")] {
        let mut inputs = marked("inline");
        let registry = inputs.iter_mut().find(|it| it["kind"] == "QuayRegistry").unwrap();
        registry["metadata"][place] = json!(value.replace("MARK", MARK));
        let output = run(request(&inputs, None).as_bytes());
        let (errors, text) = (String::from_utf8(output.stderr).unwrap(), String::from_utf8(output.stdout).unwrap());
        assert_eq!(output.status.code(), Some(1), "{value}: {errors}");
        assert!(!errors.contains(MARK) && !results(&text).contains(MARK), "{value}: {errors}{}", results(&text));
    }
    let output =
        run(format!("apiVersion: config.kubernetes.io/v1\nitems:\n- data: \"{MARK}\n{MARK}: {MARK}: [").as_bytes());
    assert!(output.status.code() == Some(2) && !String::from_utf8_lossy(&output.stderr).contains(MARK));
}
