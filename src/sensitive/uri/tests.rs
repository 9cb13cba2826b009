use super::*;

#[test]
fn a_password_is_found_in_a_uri_by_its_last_at() {
    assert_eq!(
        password_of("postgresql://u:p@w@h:5432/d?sslmode=require"),
        Some(("postgresql://u:", "p@w", "@h:5432/d?sslmode=require"))
    );
    assert_eq!(password_of("https://u:@h/"), Some(("https://u:", "", "@h/")));
    for none in ["https://h/a@b:c", "https://u@h:80/", "u:p@h", "https://h:443"] {
        assert_eq!(password_of(none), None, "{none}");
    }
}

#[test]
fn only_two_digits_behind_a_percent_sign_stand_for_a_byte() {
    for (text, wanted) in [
        ("plain", &b"plain"[..]),
        ("p%40w", b"p@w"),
        ("%C3%bc", "ü".as_bytes()),
        ("100%", b"100%"),
        ("%4", b"%4"),
        ("%+1%zz%%41", b"%+1%zz%A"),
        ("", b""),
    ] {
        assert_eq!(decoded(text), wanted, "{text:?}");
    }
}

#[test]
fn the_secret_parts_of_every_url_are_found() {
    for (text, wanted) in [
        ("https://github.com/a@b", &[][..]),
        ("https://h:443/a@b", &[]),
        ("https://[::1]/a@b", &[]),
        ("https://u:p@ss@host:8/x", &["u:p@ss"]),
        ("https://u:p@host/x@y", &["u:p"]),
        ("https://u:p/w@host/x", &["u:p/w"]),
        ("https://u:p?w@host/x", &["u:p?w"]),
        ("https://u:p w@host/x", &["u:p w"]),
        ("https://tok en@host/x", &["tok en"]),
        ("postgresql://u:p", &["u:p"]),
        ("the type is postgresql://u:p: nobody", &["u:p:"]),
        ("https://h:80: nobody, https://h:/", &[]),
        ("http://a:b@c http://d:e@f", &["a:b", "d:e"]),
        ("http://a http://d:e@f", &["d:e"]),
        ("postgresql://u:1/2@h/d", &["u:1/2"]),
        ("redis://:p@h,redis://:q@i", &[":p@h,redis://:q"]),
        ("http://h/,https://u:p@i/", &["u:p"]),
        ("url='https://u:p@h' a@b", &["u:p"]),
        (r#""https://u:p\"w@h""#, &[r#"u:p\"w"#]),
        ("https://token@h/", &["token"]),
        ("https://h/?token=x", &["token=x"]),
        ("https://h/?token=x#y", &["token=x#y"]),
        ("https://h/#access_token=x", &["access_token=x"]),
        ("https://u:p@h/?t=x", &["u:p", "t=x"]),
        ("https://h/a;t=x", &["t=x"]),
        ("https://h;t=x/a https://h&t=x", &["h;t=x", "h&t=x"]),
        ("https://h%3Bt=x", &["h%3Bt=x"]),
        ("https://[u:x]/a http://[::1]:80/a", &["[u:x]"]),
        ("//u:x/a", &["//u:x/a"]),
        ("https://ｕ：ｘ＠h https://h？x", &["ｕ：ｘ＠h", "h？x"]),
        ("https://h/? https://h/#", &[]),
        ("https%3A%2F%2Fu%3Ap%40h", &["https%3A%2F%2Fu%3Ap%40h"]),
        ("u:p@broker:9092", &["u:p"]),
        ("token@broker:9092", &["token"]),
        (":p@h", &[":p"]),
        ("//token@h", &["//token"]),
        ("token@h/a", &["token"]),
        ("h/?token=x h#t=x", &["token=x", "t=x"]),
        ("u:p@h/image@sha256:01", &["u:p"]),
        ("h:5000/image@sha256:01 mailto:a@b a@b", &[]),
        ("postgresql://USER:PASSWORD@HOST:5432/DATABASE", &[]),
        ("is it? a=b", &[]),
        ("no url", &[]),
    ] {
        let found: Vec<&str> = hidden(text).into_iter().filter_map(|range| text.get(range)).collect();
        assert_eq!(found, wanted, "{text}");
    }
}

#[test]
fn a_text_with_a_place_for_a_secret_is_not_harmless() {
    for text in [
        "token@h",
        "u%3Ap%40h",
        "u%253Ap%2540h",
        "//token@h",
        "https:/u:p@h",
        "https://docs.example.com/ or https://u:p@h/",
        "https://h/a@b",
        "https://u%40h/",
        "https://h/a;t=x",
        "https://h;x",
        "https://h&t=x/",
        "https://h/%3Bt=x",
        "https://[u:x]/",
        "https://[cafe]/",
        "//u:x/",
        "h?x",
        "h/a?x",
        "h#x",
        "h;t=x",
        "h/&t=x",
        "h？x",
        "h；t＝x",
        "u：x＠h",
        "u:x\u{200b}@h",
        "https://h/\\x",
        "http://h/,https://u:x/",
        "see (https://u:x/)",
    ] {
        assert!(!is_harmless(text, false), "{text}");
    }
    for text in ["u:p@h", "https://token@h", "mailto:u:p@h", "a@b:25", "%75:p%40h"] {
        assert!(!is_harmless(text, true), "{text}");
    }
    for text in ["admin@example.com", "mailto:admin@example.com", "cn=a@b,dc=c", "(mail=*@example.com)"] {
        assert!(is_harmless(text, true) && !is_harmless(text, false), "{text}");
    }
    for text in [
        "https://docs.example.com/ or http://h:80/x",
        "h:9092",
        "a/b%20c",
        "100%",
        "quay.io/a/b@sha256:01",
        "What? No",
        "(//h:80/x), https://[fe80::1]:8443/a.",
        "ldaps://a ldaps://b:636,ldaps://c",
        "cn=a,dc=b; dc=c",
        "(&(objectClass=person)(memberOf=cn=a,dc=b))",
        "C# and a #1",
        "/etc//hosts",
        "größe – 10 €: ja!",
        "",
    ] {
        assert!(is_harmless(text, false), "{text}");
    }
}
