//! Settings that cannot both be right.

use super::super::given;
use super::{Access, Certificate, Maker};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::model::Model;
use crate::model::access::{Access as Settings, Controller, From, Service, ServiceType, Tls, Way};
use crate::model::registry::Kind;
use crate::release;
use crate::yaml::Data;

/// The Kubernetes of OpenShift 4.19, from which a Route takes a Secret.
const EXTERNAL_CERTIFICATE: (u32, u32) = (1, 32);
/// The Kubernetes from which Ingress is networking.k8s.io/v1.
const INGRESS: (u32, u32) = (1, 19);

/// Checks everything that is not about the pairing of certificates.
pub(super) fn check(model: &Model, settings: &Settings, access: &Access, builds: bool, diagnostics: &mut Diagnostics) {
    let mut conflicts = Conflicts { model, settings, access, diagnostics };
    conflicts.sections();
    conflicts.config();
    conflicts.cluster();
    conflicts.service();
    conflicts.ingress();
    if builds {
        conflicts.builds();
    }
}

struct Conflicts<'a> {
    model: &'a Model,
    settings: &'a Settings,
    access: &'a Access,
    diagnostics: &'a mut Diagnostics,
}

impl Conflicts<'_> {
    fn refuse(&mut self, at: &Location, field: &str, message: String, hint: &str) {
        let problem = Diagnostic::new(codes::ACCESS_CONFLICT, message).at(at.clone());
        self.diagnostics.push(problem.field(field).hint(hint));
    }

    fn lacks(&mut self, at: &Location, field: &str, message: String, hint: &str) {
        let problem = Diagnostic::new(codes::ACCESS_API, message).at(at.clone());
        self.diagnostics.push(problem.field(field).hint(hint));
    }

    /// What another way in would read, and what this one needs.
    fn sections(&mut self) {
        let way = self.access.way;
        let Settings { ingress, gateway, at, .. } = self.settings;
        let ingress = ingress.as_ref().map(|given| given.at.clone());
        let gateway = gateway.as_ref().map(|given| given.at.clone());
        let examples = [
            (Way::Ingress, "ingress", ingress, "ingress: {className: nginx, controller: ingress-nginx}"),
            (Way::Gateway, "gateway", gateway, "gateway:\n  parentRefs:\n  - {name: my-gateway, namespace: gateways}"),
        ];
        for (owner, name, given, example) in examples {
            let field = format!("spec.access.{name}");
            match given {
                Some(place) if way != owner => {
                    let message = format!("is read with type: {owner}, and spec.access.type is {way}");
                    self.refuse(&place, &field, message, &format!("remove it, or type: {owner}"));
                }
                None if way == owner => {
                    self.refuse(at, &field, format!("type: {way} needs it"), example);
                }
                _ => {}
            }
        }
    }

    /// What the user wrote into config.yaml of what follows from the way in.
    fn config(&mut self) {
        let scheme = self.access.scheme();
        let outside = self.access.ends_outside();
        // Only the start check looks at a certificate that nobody here knows: its owner may say that it fits.
        let is_free = self.access.tls == Tls::Reencrypt
            && matches!(&self.access.serving, Some(Certificate::Secret { maker: Maker::User, .. }));
        if let Some((file, node)) = given(self.model, "PREFERRED_URL_SCHEME")
            && let Some(text) = node.as_str().filter(|text| *text != scheme)
        {
            let at = file.location(node.pos);
            self.disagrees(&at, "PREFERRED_URL_SCHEME", text, scheme);
        }
        if let Some((file, node)) = given(self.model, "EXTERNAL_TLS_TERMINATION")
            && let Data::Bool(value) = node.data
            && value != outside
            && !is_free
        {
            let at = file.location(node.pos);
            self.disagrees(&at, "EXTERNAL_TLS_TERMINATION", &value.to_string(), &outside.to_string());
        }
        let behind_proxy = matches!(self.access.way, Way::Route | Way::Ingress | Way::Gateway);
        if let Some((file, node)) = given(self.model, "FEATURE_PROXY_PROTOCOL")
            && matches!(node.data, Data::Bool(true))
            && behind_proxy
            && self.access.serving.is_none()
        {
            let at = file.location(node.pos);
            let way = self.access.way;
            let message = format!(
                "true and spec.access.type: {way} disagree: port 8080 would expect the PROXY protocol, and gets plain HTTP"
            );
            self.refuse(&at, "FEATURE_PROXY_PROTOCOL", message, "remove it");
        }
    }

    fn disagrees(&mut self, at: &Location, field: &str, given: &str, right: &str) {
        let (way, tls) = (self.access.way, self.access.tls);
        let message = format!("{given} and spec.access.tls: {tls} (type: {way}) disagree");
        let hint = format!("remove it: quay-render writes {right}; or set another spec.access.tls");
        self.refuse(at, field, message, &hint);
    }

    /// What the cluster must serve.
    fn cluster(&mut self) {
        let cluster = &self.model.config.cluster;
        let is_listed = self.model.registry.components.iter().any(|component| component.kind == Kind::Route);
        if self.access.way == Way::Route && !cluster.routes && !is_listed {
            let message = "type: route and spec.cluster.apis.routes: false disagree: the cluster has no API for Routes";
            let hint = "type: ingress, gateway, service or none; or apis: {routes: true}";
            self.lacks(&self.settings.way.at, "spec.access.type", message.to_owned(), hint);
        }
        let is_service_ca = |it: &Certificate| matches!(it, Certificate::Secret { maker: Maker::ServiceCa, .. });
        if self.access.serving.as_ref().is_some_and(is_service_ca) && !cluster.openshift {
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
        if release::gateway_version(kind, api).is_none() {
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

    fn service(&mut self) {
        let Some(given) = &self.settings.service else { return };
        let Service { kind, class, source_ranges, traffic_policy, node_port, .. } = &given.value;
        let way = self.access.way;
        let actual = kind.as_ref().map_or(ServiceType::ClusterIp, |kind| kind.value);
        if let Some(kind) = kind.as_ref().filter(|kind| way != Way::Service && kind.value != ServiceType::ClusterIp) {
            let message = format!("service.type: {} and spec.access.type: {way} disagree", kind.value.as_str());
            self.refuse(&kind.at, "spec.access.service.type", message, "remove it, or type: service");
        }
        let balancer = actual == ServiceType::LoadBalancer;
        let only = [
            ("loadBalancerClass", class.as_ref().map(|it| &it.at), balancer, "LoadBalancer"),
            ("sourceRanges", (!source_ranges.is_empty()).then_some(&given.at), balancer, "LoadBalancer"),
            (
                "externalTrafficPolicy",
                traffic_policy.as_ref().map(|it| &it.at),
                actual != ServiceType::ClusterIp,
                "LoadBalancer or NodePort",
            ),
            (
                "nodePort",
                node_port.as_ref().map(|it| &it.at),
                actual != ServiceType::ClusterIp,
                "NodePort or LoadBalancer",
            ),
        ];
        for (name, at, fits, wanted) in only {
            if let Some(at) = at.filter(|_| !fits) {
                let field = format!("spec.access.service.{name}");
                let message = format!("{name} and service.type: {} disagree", actual.as_str());
                self.refuse(&at.clone(), &field, message, &format!("remove it, or type: {wanted}"));
            }
        }
        if way == Way::Service && !balancer && matches!(self.access.tls, Tls::Edge | Tls::Reencrypt) {
            self.only_balancers(actual);
        }
    }

    fn only_balancers(&mut self, actual: ServiceType) {
        let tls = self.access.tls;
        let at = self.settings.tls.as_ref().map_or(&self.settings.at, |it| &it.at);
        let message = format!("tls: {tls} and service.type: {} disagree: no such Service ends TLS", actual.as_str());
        let hint = "type: LoadBalancer with the annotations of yours, or tls: passthrough; or spec.access.type: none where something of yours ends TLS";
        self.refuse(at, "spec.access.tls", message, hint);
    }

    fn ingress(&mut self) {
        let Some(ingress) = self.settings.ingress.as_ref().filter(|_| self.access.way == Way::Ingress) else { return };
        if ingress.value.controller == Controller::Traefik && self.access.tls == Tls::Passthrough {
            let at = self.settings.tls.as_ref().map_or(&self.settings.at, |it| &it.at);
            let message = "tls: passthrough and spec.access.ingress.controller: traefik disagree: Traefik ends the TLS of an Ingress";
            let hint = "tls: reencrypt; or type: gateway, or type: service";
            self.refuse(at, "spec.access.tls", message.to_owned(), hint);
        }
    }

    /// Builders speak TLS to the build manager on 55443, which nginx serves with Quay's own certificate alone.
    fn builds(&mut self) {
        let (way, tls) = (self.access.way, self.access.tls);
        let at = self.settings.tls.as_ref().map_or(&self.settings.at, |it| &it.at);
        let field = "FEATURE_BUILD_SUPPORT";
        match &self.access.serving {
            None => {
                let message = format!(
                    "builds are on, and with spec.access.tls: {tls} nothing serves builders: they need TLS to the pod"
                );
                self.refuse(at, field, message, "tls: passthrough or reencrypt, or FEATURE_BUILD_SUPPORT: false");
            }
            Some(serving) if serving.from() == From::ServiceCa => {
                let message = "builds are on, and backendCertificate.from: serviceCA disagrees: builders meet a certificate that is not for BUILDMAN_HOSTNAME";
                self.refuse(at, field, message.to_owned(), "backendCertificate: {from: pair}");
            }
            Some(_) if way == Way::Ingress && tls != Tls::Passthrough => {
                let message = format!(
                    "builds are on, and spec.access.tls: {tls} with type: ingress disagrees: an Ingress that ends TLS leads no builder through"
                );
                self.refuse(
                    at,
                    field,
                    message,
                    "type: gateway or type: service; or tls: passthrough with ingress-nginx",
                );
            }
            Some(_) if way == Way::Gateway => self.builders_gateway(),
            Some(_) => {}
        }
    }

    /// Builders' TLS is passed on, whatever becomes of the registry's.
    fn builders_gateway(&mut self) {
        let Some(gateway) = &self.settings.gateway else { return };
        let at = gateway.at.clone();
        if self.access.tls == Tls::Reencrypt && gateway.value.builder_parents.is_empty() {
            let message = "builds are on, and a listener that ends TLS leads no builder through".to_owned();
            let hint = "builderParentRefs:\n- {name: my-gateway, namespace: gateways, sectionName: builders}   # a listener with tls.mode: Passthrough";
            self.refuse(&at, "spec.access.gateway.builderParentRefs", message, hint);
        }
        let api = self.model.config.cluster.gateway.as_ref();
        if api.is_some_and(|api| release::gateway_version("TLSRoute", api).is_none()) {
            let message =
                "builds are on, and builders need a TLSRoute, which spec.cluster.apis.gateway lacks".to_owned();
            self.lacks(&at, "spec.access.gateway", message, "standard channel from 1.5 on, experimental before");
        }
    }
}
