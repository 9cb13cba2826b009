//! The file of a location, for programs: one that can be opened, or none.

/// What follows a file's name if positions are those of a part of it: `bundle.yaml: data["config.yaml"]`.
const PART: &str = ": data[";
/// Names in locations for sources that are not files.
const NO_FILES: [&str; 2] = ["<stdin>", "environment variable "];

/// The place of a diagnostic, for programs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place<'a> {
    /// The path of the file.
    pub path: &'a str,
    /// Whether line and column refer to the whole file.
    pub is_whole: bool,
}

impl<'a> Place<'a> {
    /// The place of a location's file; `None` if it is not a file.
    pub fn of(file: &'a str) -> Option<Self> {
        if file.is_empty() || NO_FILES.iter().any(|name| file.starts_with(name)) {
            return None;
        }
        match file.rsplit_once(PART) {
            Some((path, rest)) if rest.ends_with(']') => Some(Self { path, is_whole: false }),
            _ => Some(Self { path: file, is_whole: true }),
        }
    }

    /// The path as a URI: a relative one as it is, an absolute one as `file://` (RFC 3986, RFC 8089).
    pub fn uri(&self) -> String {
        let mut uri = String::from(if self.path.starts_with('/') { "file://" } else { "" });
        for byte in self.path.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                    uri.push(char::from(byte));
                }
                _ => {
                    uri.push('%');
                    uri.push_str(&base16ct::upper::encode_string(&[byte]));
                }
            }
        }
        uri
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_a_uri() {
        let uri = |path| Place::of(path).map(|place| place.uri());
        assert_eq!(uri("a/b-1.yaml").as_deref(), Some("a/b-1.yaml"));
        assert_eq!(uri("../a b/c:d%.yaml").as_deref(), Some("../a%20b/c%3Ad%25.yaml"));
        assert_eq!(uri("/etc/ü.yaml").as_deref(), Some("file:///etc/%C3%BC.yaml"));
    }

    #[test]
    fn what_is_no_file_is_no_place_and_a_part_is_in_its_file() {
        assert_eq!(Place::of("<stdin>"), None);
        assert_eq!(Place::of("environment variable RELATED_IMAGE_COMPONENT_QUAY"), None);
        assert_eq!(Place::of("<stdin>: data[\"config.yaml\"]"), None);
        assert_eq!(Place::of(""), None);
        assert_eq!(Place::of("b.yaml: data[\"config.yaml\"]"), Some(Place { path: "b.yaml", is_whole: false }));
        assert_eq!(Place::of("b.yaml: data[1"), Some(Place { path: "b.yaml: data[1", is_whole: true }));
    }
}
