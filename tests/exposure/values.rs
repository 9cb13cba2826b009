//! Secrets as values in places for public ones: URLs in every form, private keys, values of another type.

use super::documents::{all, inputs};
use super::{MODES, Markers, assert_tight, leaks, made};
use crate::support::every_field::{Maker, name_of};
use quay_render::model::declared;
use quay_render::model::schema::{self, Secrecy, Type};
use quay_render::quote::Form;
use serde_json::{Map, Value as Json, json};

/// Where a URL, or a text like one, contains a secret.
pub const URLS: &[fn(&str) -> String] = &[
    |it| format!("https://{it}@example.com/"),
    |it| format!("https://user:{it}@example.com:8443/a"),
    |it| format!("https://:{it}@example.com"),
    |it| format!("https://user:{it}/w?o#r@example.com/a"),
    |it| format!("https://user:{it} word@example.com/"),
    |it| format!("https://user:{it}\"'word@example.com/"),
    |it| format!("https://example.com/?token={it}"),
    |it| format!("https://example.com/a?b=c&token={it}#d"),
    |it| format!("https://example.com/#access_token={it}"),
    |it| format!("HTTPS://example.com#{it}"),
    |it| format!("//{it}@example.com/"),
    |it| format!("//{it}@example.com"),
    |it| format!("{it}@example.com"),
    |it| format!("{it}@example.com/a"),
    |it| format!("user:{it}@broker:9092"),
    |it| format!("{it}@broker:9092"),
    |it| format!(":{it}@redis"),
    |it| format!("redis://:{it}@redis:6379/0"),
    |it| format!("https://user%3A{it}%40example.com/"),
    |it| format!("https%3A%2F%2Fuser%3A{it}%40example.com"),
    |it| format!("see https://example.com/ or https://user:{it}@example.com/"),
    |it| format!("https:/user:{it}@example.com"),
    |it| format!("postgresql://quay:{it}"),
    |it| format!("https://example.com/a;token={it}"),
    |it| format!("https://example.com;t={it}"),
    |it| format!("https://example.com/a;{it}"),
    |it| format!("https://example.com&t={it}"),
    |it| format!("https://example.com/a&token={it}"),
    |it| format!("https://example.com/%3Bt%3D{it}"),
    |it| format!("https://example.com？token={it}"),
    |it| format!("https://user：{it}＠example.com/"),
    |it| format!("https://user:{it}\u{200b}＠example.com/"),
    |it| format!("https://[user:{it}]/"),
    |it| format!("https://[::1]{it}/"),
    |it| format!("https://example.com:{it}/"),
    |it| format!("https://example.com/ https://user:{it}/"),
    |it| format!("https://example.com/,https://user:{it}/"),
    |it| format!("example.com?{it}"),
    |it| format!("example.com/a?{it}"),
    |it| format!("example.com/a#{it}"),
    |it| format!("example.com;t={it}"),
    |it| format!("//user:{it}@example.com"),
    |it| format!("//user:{it}/a"),
    |it| format!("user:{it}@broker:9092"),
    |it| format!("user：{it}＠broker：9092"),
];

/// Ways to state a secret after a name, in several languages.
pub const NAMED: &[fn(&str) -> String] = &[
    |it| format!("Passwort: {it}"),
    |it| format!("Registry, mot de passe : {it}"),
    |it| format!("passwörd={it}"),
    |it| format!("the API key: {it}"),
    |it| format!("数据库密码：{it}"),
    |it| format!("пароль — нет; Пароль: {it}"),
    |it| format!("contraseña:\n  {it}\n"),
    |it| format!("token: |\n  a\n\n  {it}\n"),
    |it| format!("kinit admin <<EOF\n{it}\nEOF"),
    |it| format!("smbclient -U user%{it}"),
];

/// Puts a text in place of every public one of config.yaml: in each field, member and item.
fn replaced(kind: &Type, text: &mut dyn FnMut() -> Json) -> Json {
    let members = |map: &str, text: &mut dyn FnMut() -> Json| -> Json {
        let members = schema::members(map).map(|fact| (fact.name.to_owned(), replaced(&fact.kind, text)));
        members.collect::<Map<String, Json>>().into()
    };
    match kind {
        Type::Members(map) => members(map, text),
        Type::Pair(map) => json!(["RadosGWStorage", members(map, text)]),
        Type::List(Some(inner)) => json!([replaced(inner, text), replaced(inner, text)]),
        Type::Map(Some(inner)) => json!({"default": replaced(inner, text)}),
        Type::List(None) | Type::Map(None) => text(),
        Type::OrMap(inner) => replaced(inner, text),
        Type::Text | Type::Flag | Type::Integer | Type::Number | Type::Digits | Type::Scalar => text(),
    }
}

fn config(mut text: impl FnMut() -> Json) -> Map<String, Json> {
    schema::fields()
        .iter()
        .filter(|fact| !matches!(fact.name, "SECRET_KEY" | "DATABASE_SECRET_KEY"))
        .map(|fact| (name_of(fact).to_owned(), replaced(&fact.kind, &mut text)))
        .collect()
}

/// Everything that is printed and made for such a config.yaml, in the modes that keep secrets out of the output; with
/// secrets inline, which has the values in a Secret, only what is printed.
fn scan(config: &Map<String, Json>, markers: &Markers, case: &str) -> Vec<(String, String)> {
    assert!(markers.0.len() > 100, "{case}: {}", markers.0.len());
    let referenced = inputs(&all("referenced", config), &mut |_| None);
    let inline = inputs(&all("inline", config), &mut |_| None);
    let mut found = leaks(markers, &made::of(&referenced), &format!("{case} in referenced"));
    found.extend(leaks(markers, &made::of(&inline), &format!("{case} in inline")));
    found
}

#[test]
fn no_secret_of_a_url_or_behind_a_name_in_a_public_field_is_made_or_said() {
    let mut found = Vec::new();
    for url in URLS.iter().chain(NAMED) {
        let mut markers = Markers::default();
        let config = config(|| url(&markers.next()).into());
        found.extend(scan(&config, &markers, &url("SECRET")));
    }
    assert_tight(&found);
}

#[test]
fn no_value_of_another_type_and_no_private_key_is_made_or_said() {
    let forms: [fn(&str) -> Json; 5] = [
        |it| json!({"password": it}),
        |it| json!([{"password": it}]),
        |it| json!([["a", it], [it]]),
        |it| json!({"host": "h", "more": {"list": [it]}}),
        |it| json!(format!("a\n-----BEGIN OPENSSH PRIVATE KEY-----\n{it}\n")),
    ];
    let mut found = Vec::new();
    for form in forms {
        let mut markers = Markers::default();
        let config = config(|| form(&markers.next()));
        found.extend(scan(&config, &markers, &form("SECRET").to_string()));
    }
    assert_tight(&found);
}

/// Values that are secret or unknown, whatever their name and type.
#[test]
fn no_secret_and_nothing_unknown_is_made_or_said() {
    let mut markers = Markers::default();
    let mut config: Map<String, Json> = schema::fields()
        .iter()
        .filter(|fact| fact.secrecy() == Secrecy::Secret && !matches!(fact.name, "SECRET_KEY" | "DATABASE_SECRET_KEY"))
        .map(|fact| (name_of(fact).to_owned(), json!({"a": [markers.next(), {"b": markers.next()}]})))
        .collect();
    for fact in schema::fields().iter().filter(|fact| fact.secrecy() == Secrecy::Inside) {
        let mut members = |map: &str| -> Json {
            let secret = schema::members(map).filter(|fact| fact.secrecy() == Secrecy::Secret);
            let mut members: Map<String, Json> =
                secret.map(|fact| (fact.name.to_owned(), json!([markers.next()]))).collect();
            members.insert("unknown".into(), json!({"a": {"b": [markers.next()]}}));
            members.insert("known_as_number".into(), json!(markers.next()));
            members.into()
        };
        let value = match &fact.kind {
            Type::Members(map) => members(map),
            Type::Pair(map) => json!(["a", members(map)]),
            _ => json!({"default": ["S3Storage", members("storage")], "other": {"a": members("storage")}}),
        };
        config.insert(name_of(fact).to_owned(), value);
    }
    config.insert("NEVER_HEARD_OF".into(), json!({"a": [markers.next()]}));
    let input = |mode| inputs(&all(mode, &config), &mut |_| None);
    assert!(markers.0.len() > 50, "{}", markers.0.len());
    let mut found = Vec::new();
    for mode in MODES {
        found.extend(leaks(&markers, &made::of(&input(mode)), mode));
    }
    assert_tight(&found);
}

/// Parameters of DB_URI: SQLAlchemy decodes their names and values.
#[test]
fn no_part_of_a_database_uri_but_its_address_is_made_or_said() {
    let forms: [fn(&str) -> String; 12] = [
        |it| format!("postgresql://quay:{it}@db/quay"),
        |it| format!("postgresql://quay:a/{it}@db/quay"),
        |it| format!("postgresql://quay:a@b/{it}@db/quay"),
        |it| format!("postgresql://quay%3A{it}@db/quay"),
        |it| format!("postgresql://quay@db/quay?password={it}"),
        |it| format!("postgresql://quay@db/quay?p%61ssword={it}"),
        |it| format!("postgresql://quay@db/quay?%70%61%73%73={it}"),
        |it| format!("postgresql://quay:a@db/quay?sslmode=require&options={it}"),
        |it| format!("postgresql://quay:a@db/quay?sslmode=require;password={it}"),
        |it| format!("postgresql://quay:a@db/quay?sslmode=a%26password={it}"),
        |it| format!("postgresql://quay:a@db/quay#{it}"),
        |it| format!("postgresql:quay:{it}@db/quay"),
    ];
    let mut found = Vec::new();
    for form in forms {
        let mut markers = Markers::default();
        let mut config = Maker::new(3).every_field();
        config.insert("DB_URI".into(), form(&markers.next()).into());
        for mode in MODES {
            let input = inputs(&all(mode, &config), &mut |_| None);
            found.extend(leaks(&markers, &made::of(&input), &format!("{} in {mode}", form("SECRET"))));
        }
    }
    assert_tight(&found);
}

/// Every text of QuayRegistry and RenderConfig is either public or never shown. No text of SealedValues is shown.
#[test]
fn no_secret_in_a_declared_field_of_a_document_is_said_or_accepted() {
    let texts = declared::rows().iter().filter(|row| row.kind.ends_with("string"));
    let texts = texts.filter(|row| !matches!(row.path, "apiVersion" | "kind") && !row.path.ends_with(".mode"));
    // No QuayEcosystem is compiled: see tests/migrate.
    let texts = texts.filter(|row| row.document != "quay-ecosystem");
    let (sealed, texts): (Vec<_>, Vec<_>) = texts.partition(|row| row.document == "sealed-values");
    assert!(!sealed.is_empty() && sealed.iter().all(|row| row.secret == "yes"));
    assert!(texts.len() > 50, "{}", texts.len());
    let config = Maker::new(5).every_field();
    let mut found = Vec::new();
    for (number, row) in texts.iter().enumerate() {
        let urls = [URLS[number % URLS.len()], URLS[(number * 7 + 3) % URLS.len()], NAMED[number % NAMED.len()]];
        let key: fn(&str) -> String = |it| format!("-----BEGIN PRIVATE KEY-----\n{it}\n");
        for url in urls.into_iter().chain([key]) {
            let mut markers = Markers::default();
            let (file, mode) = file_of(row);
            let mut documents = all(mode, &config);
            let text = url(&markers.next());
            let document = &mut documents.iter_mut().find(|(name, _)| *name == file).unwrap().1;
            set(document, row.path, row.kind, text.into());
            let input = inputs(&documents, &mut |_| None);
            let case = format!("{} {}", row.path, url("SECRET"));
            let (said, refused) = made::reports(&input);
            // An address of mail is at home in some places.
            let is_name = row.secret == "at" && url("SECRET") == "SECRET@example.com";
            if !is_name {
                found.extend(leaks(&markers, &said, &case));
            }
            let is_refused = refused.iter().any(|it| it.code.as_str() == "secret-exposed");
            assert!(is_refused || is_name || row.secret == "yes", "{case}");
        }
    }
    assert_tight(&found);
}

/// A value that is invalid in its place may be a secret typed there: it is not repeated.
#[test]
fn no_value_that_its_place_does_not_take_is_repeated() {
    // These take any text, or nearly so.
    let takes_text = |row: &&declared::Row| {
        let is_secret = !row.secret.is_empty();
        is_secret
            || matches!(row.kind, "any" | "patch")
            || row.kind.ends_with("fields")
            || row.allowed.is_empty() && row.kind.ends_with("string")
    };
    let rows = declared::rows().iter().filter(|row| !takes_text(row) && row.kind != "map");
    let rows: Vec<_> = rows.filter(|row| row.document != "quay-ecosystem").collect();
    let rows: Vec<_> =
        rows.into_iter().filter(|row| !matches!(row.path, "apiVersion" | "kind" | "spec.flux.path")).collect();
    assert!(rows.len() > 40, "{}", rows.len());
    let config = Maker::new(5).every_field();
    let mut found = Vec::new();
    for row in rows {
        for form in [|it: &str| format!("{it} w0rd"), |it: &str| format!("Z!{it}"), |it: &str| format!("{it}?")] {
            let mut markers = Markers::default();
            let (file, mode) = file_of(row);
            let mut documents = all(mode, &config);
            let document = &mut documents.iter_mut().find(|(name, _)| *name == file).unwrap().1;
            set(document, row.path, row.kind, form(&markers.next()).into());
            let (said, _) = made::reports(&inputs(&documents, &mut |_| None));
            found.extend(leaks(&markers, &said, &format!("{} {}", row.path, form("SECRET"))));
        }
    }
    assert_tight(&found);
}

/// The same for config.yaml: every place for booleans, numbers, or one of several words.
#[test]
fn no_value_of_config_yaml_that_its_field_does_not_take_is_repeated() {
    let mut markers = Markers::default();
    let mut text = || format!("{} w0rd", markers.next());
    let taken = schema::fields().iter().filter(|fact| fact.form() != Form::Text);
    let config: Map<String, Json> = taken
        .map(|fact| {
            let value = if matches!(fact.kind, Type::List(_)) { json!([text()]) } else { json!(text()) };
            (name_of(fact).to_owned(), value)
        })
        .collect();
    assert!(config.len() > 80, "{}", config.len());
    let mut found = Vec::new();
    for mode in ["inline", "referenced"] {
        let (said, _) = made::reports(&inputs(&all(mode, &config), &mut |_| None));
        found.extend(leaks(&markers, &said, mode));
    }
    assert_tight(&found);
}

/// Labels and annotations with secrets, by their names or in URLs, are not rendered.
#[test]
fn no_secret_in_an_annotation_or_a_label_is_rendered() {
    let config = Maker::new(5).every_field();
    for (key, value) in [
        ("note", "password=hunter2"),
        ("note", "Basic dXNlcjpodW50ZXIy"),
        ("note", "a token: hunter2"),
        ("note", "password%3Dhunter2"),
        ("note", "Bearer hunter2hunter2hunter2"),
        ("note", "{\"apiKey\": \"hunter2\"}"),
        ("note", "Passwort: hunter2"),
        ("note", "mot de passe\u{a0}: hunter2"),
        ("note", "パスワード：hunter2"),
        ("note", "a: b\npassword: |\n  hunter2\n"),
        ("note", "docker login --password-stdin <<EOF\nhunter2\nEOF"),
        ("example.com/token", "hunter2"),
        ("db-password", "hunter2"),
    ] {
        for path in ["/spec/access/labels", "/spec/access/annotations", "/spec/access/service/annotations"] {
            let mut documents = all("referenced", &config);
            *documents[1].1.pointer_mut(path).unwrap() = json!({key: value});
            let (said, refused) = made::reports(&inputs(&documents, &mut |_| None));
            assert!(refused.iter().any(|it| it.code.as_str() == "secret-exposed"), "{path}: {key}: {value}");
            assert!(said.iter().all(|(_, text)| !text.contains("hunter2") && !text.contains("dXNlcj")), "{said:?}");
        }
    }
}

/// The file with the field of a row of the table, and a mode of secrets in which it is read.
fn file_of(row: &declared::Row) -> (&'static str, &'static str) {
    match row.document {
        "registry" => ("quayregistry.yaml", "referenced"),
        "render-config" => ("render-config.yaml", "referenced"),
        "sealed-values" => ("sealed.yaml", "sealed"),
        other => panic!("{other}"),
    }
}

/// Puts a text in the place of a row of the table.
fn set(document: &mut Json, path: &str, kind: &str, text: Json) {
    let mut at = document;
    for part in path.split('.') {
        let (name, is_inner) = part.strip_suffix("[]").map_or((part, false), |name| (name, true));
        let name = match name {
            "<certificate>" => "certificate",
            "<secret>" => "tls",
            "<image>" => "RELATED_IMAGE_COMPONENT_QUAY",
            "<rule>" => "testing-mode",
            "<alert>" => "QuayErrorShareHigh",
            "<objective>" => "pull",
            name => name,
        };
        at = &mut at[name];
        if is_inner {
            if at.is_null() {
                *at = json!([{}]);
            }
            at = if at.is_array() { &mut at[0] } else { at.as_object_mut().unwrap().values_mut().next().unwrap() };
        }
    }
    *at = match kind {
        "list of string" => json!(["a", text]),
        "map of string" => json!({"a": text}),
        _ => text,
    };
}
