//! The APIs that the cluster must serve for an access type.

use super::Conflicts;
use crate::check::access::{Certificate, Maker};
use crate::diagnostic::Location;
use crate::model;
use crate::model::access::{ParentRef, Tls, Way};
use crate::model::registry::kind;

/// The Kubernetes version of OpenShift 4.19, the first in which a Route takes a certificate from a Secret.
const EXTERNAL_CERTIFICATE: (u32, u32) = (1, 32);
/// The first Kubernetes version with networking.k8s.io/v1 Ingress.
const INGRESS: (u32, u32) = (1, 19);
/// The most `parentRefs` that a route of the Gateway API may have.
const MOST_PARENTS: usize = 32;

impl Conflicts<'_> {
    /// Refuses settings that need an API that the cluster lacks.
    pub(super) fn cluster(&mut self) {
        let cluster = &self.model.config.cluster;
        let is_listed = self.model.registry.components.iter().any(|component| component.kind == kind::ROUTE);
        if self.access.way == Way::Route && !cluster.has("routes") && !is_listed {
            let message = "type: route and spec.cluster.apis.routes: false disagree: the cluster has no API for Routes";
            let hint = "type: ingress, gateway, service or none; or apis: {routes: true}";
            self.lacks(&self.settings.way.at, "spec.access.type", message.to_owned(), hint);
        }
        let is_service_ca = |it: &Certificate| matches!(it, Certificate::Secret { maker: Maker::ServiceCa, .. });
        if self.access.serving.as_ref().is_some_and(is_service_ca) && !cluster.is_openshift() {
            let at = self.settings.backend_certificate.as_ref().map_or(&self.settings.at, |it| &it.from.at);
            let message = "serviceCA and spec.cluster.platform: kubernetes disagree: only OpenShift has a service CA";
            self.lacks(at, "spec.access.backendCertificate.from", message.to_owned(), "from: certManager, or pair");
        }
        let in_secret = self.access.front.as_ref().is_some_and(|front| front.secret().is_some());
        if self.access.way == Way::Route
            && self.access.tls != Tls::Passthrough
            && in_secret
            && cluster.version < EXTERNAL_CERTIFICATE
        {
            let at = self.settings.certificate.as_ref().map_or(&self.settings.at, |it| &it.from.at);
            let message = format!(
                "a Route takes a certificate from a Secret from OpenShift 4.19 (Kubernetes 1.32) on, and spec.cluster.kubernetesVersion is {}.{}",
                cluster.version.0, cluster.version.1
            );
            self.lacks(at, "spec.access.certificate.from", message, "from: controller or pair, or tls: passthrough");
        }
        if self.access.way == Way::Ingress && cluster.version < INGRESS {
            let (major, minor) = cluster.version;
            let message = format!(
                "type: ingress needs networking.k8s.io/v1, which came with 1.19, and spec.cluster.kubernetesVersion is {major}.{minor}"
            );
            self.lacks(&self.settings.way.at, "spec.access.type", message, "type: service, or none");
        }
        if self.access.way == Way::Gateway {
            self.gateway();
        }
    }

    fn gateway(&mut self) {
        let at = &self.settings.way.at;
        if let Some(given) = &self.settings.gateway {
            let at = given.at.clone();
            for (field, parents) in
                [("parentRefs", &given.value.parents), ("builderParentRefs", &given.value.builder_parents)]
            {
                self.listeners(&at, &format!("spec.access.gateway.{field}"), parents);
            }
        }
        if let Some(given) = self.settings.gateway.as_ref().filter(|given| given.value.parents.is_empty()) {
            let hint = "parentRefs:\n- {name: my-gateway, namespace: gateways, sectionName: https}";
            let message = "no Gateway takes the registry's host name".to_owned();
            self.refuse(&given.at, "spec.access.gateway.parentRefs", message, hint);
        }
        let Some(api) = &self.model.config.cluster.gateway else {
            let hint = "cluster:\n  apis:\n    gateway: {release: \"1.4\", channel: standard}";
            let message = "type: gateway needs the Gateway API, and nothing says which release is installed".to_owned();
            self.lacks(at, "spec.cluster.apis.gateway", message, hint);
            return;
        };
        let kind = match self.access.tls {
            Tls::Passthrough => "TLSRoute",
            Tls::Reencrypt => "BackendTLSPolicy",
            Tls::Edge | Tls::None => "HTTPRoute",
        };
        if api.version(kind, &self.model.release).is_none() {
            let (major, minor) = api.release;
            let channel = if api.experimental { "experimental" } else { "standard" };
            let tls = self.access.tls;
            let message = format!(
                "tls: {tls} needs {kind}, which spec.cluster.apis.gateway (release {major}.{minor}, channel {channel}) lacks"
            );
            let hint = match kind {
                "TLSRoute" => "standard channel from 1.5 on, experimental before; or tls: edge",
                "BackendTLSPolicy" => "standard channel from 1.4 on, experimental from 1.1; or tls: edge",
                _ => "install a release from 1.0 on",
            };
            self.lacks(at, "spec.access.tls", message, hint);
        }
    }

    /// Applies the Gateway API's own rules to the listeners of one route. A Gateway without a namespace is in the
    /// registry's.
    fn listeners(&mut self, at: &Location, field: &str, parents: &[ParentRef]) {
        if parents.len() > MOST_PARENTS {
            let message = format!("has {} entries, and the API server takes {MOST_PARENTS}", parents.len());
            self.refuse(at, field, message, "name fewer listeners; a Gateway without sectionName is all of its own");
            // The loop below compares each entry with all before it.
            return;
        }
        let own = model::namespace(&self.model.registry, &self.model.config).map(|namespace| namespace.value.clone());
        let gateway = |parent: &ParentRef| (parent.name.clone(), parent.namespace.clone().or(own.clone()));
        for (index, parent) in parents.iter().enumerate() {
            let mut before = parents.iter().take(index).filter(|other| gateway(other) == gateway(parent));
            let name = &parent.name;
            let Some(other) = before
                .find(|other| other.section == parent.section || other.section.is_none() || parent.section.is_none())
            else {
                continue;
            };
            let (message, hint) = if other.section == parent.section {
                let message = format!("names a listener of Gateway {name} twice, which the API server refuses");
                (message, "keep it once")
            } else {
                let message = format!(
                    "names Gateway {name} with a sectionName and without, which the API server refuses: without it is every listener"
                );
                (message, "give each entry for that Gateway a sectionName, or keep the one without")
            };
            self.refuse(at, field, message, hint);
            return;
        }
    }
}
