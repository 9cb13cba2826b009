//! `spec.objectStorage.gateway` of the RenderConfig: the gateway to object storage on volumes, and its operator (guide
//! 2.2.3, 7.1.4).

use super::Spanned;
use super::fields::Fields;
use super::subscription::{self, Subscription};
use crate::diagnostic::{Diagnostics, Location, codes};
use serde::Serialize;

/// `spec.objectStorage.gateway`.
#[derive(Clone)]
pub struct StorageGateway {
    /// Where it begins.
    pub at: Location,
    /// `namespace`: that of the gateway and its operator.
    pub namespace: String,
    /// `placement`: how several pools share the data.
    pub placement: Spanned<String>,
    /// `pools`, at least one.
    pub pools: Vec<Pool>,
    /// `operator`: how its operator is installed; `None` where somebody else does.
    pub operator: Option<Operator>,
}

/// `spec.objectStorage.gateway.operator`.
#[derive(Clone)]
pub struct Operator {
    /// Where it begins.
    pub at: Location,
    /// Where it comes from, and which of its versions.
    pub subscription: Subscription,
}

/// A pool of volumes.
#[derive(Clone, Serialize)]
pub struct Pool {
    /// The name of its BackingStore.
    pub name: String,
    /// `numVolumes`.
    pub volumes: u8,
    /// `size` of each.
    pub size: String,
    /// `storageClass`; `None` for the cluster's default.
    pub storage_class: Option<String>,
}

impl StorageGateway {
    /// How its pools share the data; `None` for a single one.
    #[must_use]
    pub fn placement(&self) -> Option<&str> {
        (self.pools.len() > 1).then_some(self.placement.value.as_str())
    }

    /// The StorageClass with which a bucket claim asks this gateway for a bucket: its operator names it by its namespace.
    #[must_use]
    pub fn claim_class(&self) -> String {
        format!("{}.noobaa.io", self.namespace)
    }
}

/// The pool of a gateway for which none is listed: that of the guide.
const POOL: &str = "noobaa-pv-backing-store";
/// The most volumes of a pool that the gateway's operator accepts.
const MOST_VOLUMES: u8 = 20;

/// Reads it; `None` if it is not there.
pub(super) fn read(spec: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<StorageGateway> {
    let map = spec.map("objectStorage", &mut Diagnostics::new())?.map("gateway", diagnostics)?;
    let namespace = map.text_or_default("namespace", diagnostics);
    let placement = map.text_or_default("placement", diagnostics);
    let placement = Spanned { value: placement, at: map.place_of("placement") };
    let mut pools: Vec<Pool> = Vec::new();
    for item in map.maps("pools", diagnostics) {
        let Some(pool) = pool(&item, diagnostics) else { continue };
        if pools.iter().any(|other| other.name == pool.name) {
            let message = format!("pool {} is there twice", crate::quote::name(&pool.name));
            item.refuse(codes::FIELD_VALUE, "name", message, "give each pool a name of its own", diagnostics);
        }
        pools.push(pool);
    }
    if pools.is_empty() {
        pools.push(Pool { name: POOL.to_owned(), volumes: 1, size: "50Gi".to_owned(), storage_class: None });
    }
    let operator = map
        .map("operator", diagnostics)
        .map(|operator| Operator { at: operator.place(), subscription: subscription::read(&operator, diagnostics) });
    Some(StorageGateway { at: map.place(), namespace, placement, pools, operator })
}

fn pool(item: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Pool> {
    let name = item.text("name", diagnostics).map(|text| text.value);
    let volumes = item.number("numVolumes", diagnostics).map(|number| number.value.parse::<u8>().unwrap_or_default());
    if volumes.is_some_and(|count| !(1..=MOST_VOLUMES).contains(&count)) {
        let message = format!("a pool has 1 to {MOST_VOLUMES} volumes");
        let hint = "larger volumes, or another pool, give more room";
        item.refuse(codes::FIELD_VALUE, "numVolumes", message, hint, diagnostics);
    }
    let size = item.text_or_default("size", diagnostics);
    let storage_class = item.text("storageClass", diagnostics).map(|text| text.value);
    Some(Pool { name: name?, volumes: volumes.unwrap_or(1), size, storage_class })
}
