//! Types that hold a secret cannot print it: they have no `Display`, and no `Debug` or one that hides it.

use quay_render::check::Resolved;
use quay_render::cluster_secrets::ClusterSecrets;
use quay_render::file_set::FileSet;
use quay_render::input::{Inputs, Source};
use quay_render::model::bundle::{BundleFile, ConfigFile};
use quay_render::model::keys::Keys;
use quay_render::model::{Bundle, Model};
use quay_render::object::{Map, Object, Value};
use quay_render::pki::Pair;
use quay_render::secret::Secret;
use quay_render::yaml;
use quay_render::{Compiled, Rendered};
use std::fmt::{Debug, Display};

const MARKER: &str = "hunter2";

/// Does not compile if a type has the trait, because then two implementations match.
macro_rules! have_no {
    ($trait:ident: $($type:ty),*) => {
        $({
            trait Ambiguous<A> {
                fn name() {}
            }
            impl<T: ?Sized> Ambiguous<()> for T {}
            impl<T: ?Sized + $trait> Ambiguous<u8> for T {}
            <$type as Ambiguous<_>>::name();
        })*
    };
}

#[test]
fn what_holds_secrets_is_not_printed() {
    have_no!(Display: Secret, Pair, Value, Map, yaml::Node, yaml::Text);
    have_no!(Display: Source, Inputs, Model, Bundle, BundleFile, ConfigFile, Keys, Resolved, ClusterSecrets, Object, FileSet, Rendered, Compiled);
    have_no!(Debug: Source, Inputs, Model, Bundle, BundleFile, ConfigFile, Keys, Resolved, ClusterSecrets, Object, FileSet, Rendered, Compiled);
}

#[test]
fn debug_shows_no_value() {
    let value = Value::from(MARKER);
    let map: Map = [(MARKER.to_owned(), value.clone())].into_iter().collect();
    let pair = Pair { cert: String::new(), key: Secret::new(MARKER) };
    for shown in [format!("{value:?}"), format!("{map:?}"), format!("{:?}", Secret::new(MARKER)), format!("{pair:?}")] {
        assert!(!shown.contains(MARKER) && shown.contains('…'), "{shown}");
    }
}
