//! The names that Kubernetes accepts.

/// Whether a text can be the key of a Secret or ConfigMap.
#[must_use]
pub fn is_data_key(key: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !key.is_empty() && key.len() <= 253 && key.chars().all(allowed) && key != "." && !key.starts_with("..")
}

/// Whether a text can be the name of a Secret or ConfigMap (RFC 1123, a subdomain).
#[must_use]
pub fn is_object_name(name: &str) -> bool {
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_label =
        |label: &str| label.chars().all(|c| edge(c) || c == '-') && label.starts_with(edge) && label.ends_with(edge);
    name.len() <= 253 && name.split('.').all(is_label)
}

/// Whether a text can be the name of a Namespace, or a label of a host name (RFC 1123, a label).
#[must_use]
pub fn is_label(name: &str) -> bool {
    is_object_name(name) && !name.contains('.') && name.len() <= 63
}

/// Whether a text can be the name of a label or an annotation.
#[must_use]
pub fn is_qualified(name: &str) -> bool {
    let (prefix, name) = name.rsplit_once('/').map_or((None, name), |(prefix, name)| (Some(prefix), name));
    prefix.is_none_or(is_object_name) && !name.is_empty() && is_label_value(name)
}

/// Whether a text can be the value of a label.
#[must_use]
pub fn is_label_value(text: &str) -> bool {
    let edge = |c: char| c.is_ascii_alphanumeric();
    let inner = |c: char| edge(c) || matches!(c, '-' | '_' | '.');
    text.len() <= 63 && text.chars().all(inner) && (text.is_empty() || text.starts_with(edge) && text.ends_with(edge))
}

#[cfg(test)]
mod tests {
    use super::is_qualified;

    #[test]
    fn names_of_labels_may_have_a_domain() {
        for good in ["app", "example.com/team", "a_B.c-1"] {
            assert!(is_qualified(good), "{good}");
        }
        for bad in ["", "/a", "a/", "a b", "-a", "Example.com/a", "a/b/c"] {
            assert!(!is_qualified(bad), "{bad}");
        }
    }
}
