//! Where in a cluster a sealed value may be decrypted.

/// Where a sealed value may be decrypted. The spelling is that of kubeseal's `--scope`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// In the Secret of one name in one namespace.
    #[default]
    Strict,
    /// In any Secret of one namespace.
    Namespace,
    /// In any Secret of the cluster.
    Cluster,
}

/// Scope, spelling, annotation.
const SCOPES: &[(Scope, &str, Option<&str>)] = &[
    (Scope::Strict, "strict", None),
    (Scope::Namespace, "namespace-wide", Some("sealedsecrets.bitnami.com/namespace-wide")),
    (Scope::Cluster, "cluster-wide", Some("sealedsecrets.bitnami.com/cluster-wide")),
];

impl Scope {
    /// Every scope, from the narrowest to the widest.
    pub const ALL: [Self; 3] = [Self::Strict, Self::Namespace, Self::Cluster];

    /// Reads `strict`, `namespace-wide` or `cluster-wide`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        SCOPES.iter().find(|(_, name, _)| *name == text).map(|&(scope, ..)| scope)
    }

    /// The text that [`Scope::parse`] reads.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.row().map_or("strict", |&(_, name, _)| name)
    }

    /// The annotation that a SealedSecret of this scope has with the value `"true"`; a strict one has none. The
    /// controller reads it on the SealedSecret itself; kubeseal also puts it into `spec.template.metadata`, where other
    /// tools look.
    #[must_use]
    pub fn annotation(self) -> Option<&'static str> {
        self.row().and_then(|&(.., annotation)| annotation)
    }

    fn row(self) -> Option<&'static (Self, &'static str, Option<&'static str>)> {
        SCOPES.iter().find(|(scope, ..)| *scope == self)
    }

    /// The label of RSA-OAEP, without which the controller cannot decrypt the value under another namespace or name.
    /// Nothing if a name that the scope needs is empty or has a slash, which would make the label ambiguous.
    #[must_use]
    pub fn label(self, namespace: &str, name: &str) -> Option<String> {
        let sound = |part: &str| !part.is_empty() && !part.contains('/');
        match self {
            Self::Strict => (sound(namespace) && sound(name)).then(|| format!("{namespace}/{name}")),
            Self::Namespace => sound(namespace).then(|| namespace.to_owned()),
            Self::Cluster => Some(String::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_comes_back_from_its_text() {
        for scope in Scope::ALL {
            assert_eq!(Scope::parse(scope.as_str()), Some(scope));
        }
        for text in ["", "Strict", "namespace", "cluster", "strict ", "namespace_wide"] {
            assert_eq!(Scope::parse(text), None, "{text:?}");
        }
        assert_eq!(Scope::default().as_str(), "strict");
    }

    #[test]
    fn annotations_are_named_after_their_scope() {
        assert_eq!(Scope::Strict.annotation(), None);
        for scope in [Scope::Namespace, Scope::Cluster] {
            assert_eq!(scope.annotation(), Some(&*format!("sealedsecrets.bitnami.com/{}", scope.as_str())));
        }
    }

    #[test]
    fn a_label_holds_what_the_scope_binds_to() {
        for (scope, namespace, name, wanted) in [
            (Scope::Strict, "quay", "db", Some("quay/db")),
            (Scope::Strict, "", "db", None),
            (Scope::Strict, "quay", "", None),
            (Scope::Strict, "a/b", "c", None),
            (Scope::Strict, "a", "b/c", None),
            (Scope::Namespace, "quay", "db", Some("quay")),
            (Scope::Namespace, "quay", "", Some("quay")),
            (Scope::Namespace, "", "db", None),
            (Scope::Namespace, "quay/db", "", None),
            (Scope::Cluster, "quay", "db", Some("")),
            (Scope::Cluster, "", "", Some("")),
        ] {
            assert_eq!(scope.label(namespace, name).as_deref(), wanted, "{scope:?} {namespace:?} {name:?}");
        }
    }
}
