//! Settings of `spec.access` that contradict each other or the rest of the input.

mod apis;
mod builds;

use super::{Access, Certificate, Maker, is_operators};
use crate::check::given;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::model::Model;
use crate::model::access::{Access as Settings, CertificateSource, Controller, Service, ServiceType, Tls, Way};
use crate::object::labels::SERVING_CERTIFICATE;
use crate::quote;
use crate::yaml::Data;

/// Checks everything except the certificates, which `pairing` checks.
pub(super) fn check(model: &Model, settings: &Settings, access: &Access, builds: bool, diagnostics: &mut Diagnostics) {
    let mut conflicts = Conflicts { model, settings, access, diagnostics };
    conflicts.sections();
    // In a release with the component `tls`, the operator overwrites the user's fields, which is reported elsewhere.
    if !is_operators(model, access) {
        conflicts.config();
    }
    conflicts.cluster();
    conflicts.service();
    conflicts.ingress();
    conflicts.unused();
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

    /// Refuses a section of another access type, and a missing one of this type.
    fn sections(&mut self) {
        let way = self.access.way;
        let Settings { ingress, gateway, at, .. } = self.settings;
        let ingress = ingress.as_ref().map(|given| given.at.clone());
        let gateway = gateway.as_ref().map(|given| given.at.clone());
        let examples = [
            (Way::Ingress, "ingress", ingress, "ingress: {className: nginx, controller: ingress-nginx}"),
            (
                Way::Gateway,
                "gateway",
                gateway,
                "gateway:\n  parentRefs:\n  - {name: my-gateway, namespace: gateways, sectionName: https}",
            ),
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

    /// Checks the user's fields of config.yaml that follow from the access type.
    fn config(&mut self) {
        let scheme = self.access.scheme();
        let outside = self.access.ends_outside();
        // Only Quay's check at start reads a certificate that is not in the input: its owner may say that it fits.
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
        let given = quote::bare_name(given);
        let message = format!("{given} and spec.access.tls: {tls} (type: {way}) disagree");
        let hint = format!("remove it: quay-render writes {right}; or set another spec.access.tls");
        self.refuse(at, field, message, &hint);
    }

    fn service_type(&self) -> ServiceType {
        let given = self.settings.service.as_ref().and_then(|service| service.value.kind.as_ref());
        given.map_or(ServiceType::ClusterIp, |kind| kind.value)
    }

    fn service(&mut self) {
        self.only_balancers();
        let Some(given) = &self.settings.service else { return };
        let Service { kind, class, source_ranges, traffic_policy, node_port, .. } = &given.value;
        let way = self.access.way;
        let actual = self.service_type();
        if let Some(kind) = kind.as_ref().filter(|kind| way != Way::Service && kind.value != ServiceType::ClusterIp) {
            let message = format!("service.type: {} and spec.access.type: {way} disagree", kind.value.as_str());
            self.refuse(&kind.at, "spec.access.service.type", message, "remove it, or type: service");
        }
        let balancer = actual == ServiceType::LoadBalancer;
        self.annotations();
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
            (
                "builderNodePort",
                given.value.builder_node_port.as_ref().map(|it| &it.at),
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
    }

    fn only_balancers(&mut self) {
        let (way, tls) = (self.access.way, self.access.tls);
        let actual = self.service_type();
        let ends = matches!(tls, Tls::Edge | Tls::Reencrypt);
        if way != Way::Service || !ends || actual == ServiceType::LoadBalancer {
            return;
        }
        let at = self.settings.tls_at();
        let message = format!("tls: {tls} and service.type: {} disagree: no such Service ends TLS", actual.as_str());
        let hint = "type: LoadBalancer with the annotations of yours, or tls: passthrough; or spec.access.type: none where something of yours ends TLS";
        self.refuse(at, "spec.access.tls", message, hint);
    }

    /// Refuses to replace an annotation that the pods rely on, and a Service that is applied too late for them.
    fn annotations(&mut self) {
        let Some(given) = &self.settings.service else { return };
        let at = given.at.clone();
        let own = [&given.value.annotations, &self.settings.annotations];
        if own.iter().any(|annotations| annotations.contains_key(SERVING_CERTIFICATE)) {
            let message = format!("{SERVING_CERTIFICATE} is quay-render's own: pods wait for the Secret that it names");
            let hint = "tls: reencrypt with backendCertificate: {from: serviceCA}";
            self.refuse(&at, "spec.access.service.annotations", message, hint);
        }
        let balancer = given.value.kind.as_ref().is_some_and(|kind| kind.value == ServiceType::LoadBalancer);
        if balancer
            && self.model.config.cluster.is_openshift()
            && self.access.serving.as_ref().is_some_and(|it| it.from() == CertificateSource::ServiceCa)
        {
            let message = "backendCertificate.from: serviceCA and service.type: LoadBalancer disagree: the migration waits for the certificate of a Service that is applied last";
            self.refuse(
                &at,
                "spec.access.service.type",
                message.to_owned(),
                "backendCertificate: {from: pair}, or certManager",
            );
        }
    }

    /// Refuses settings that have no effect with this access type.
    fn unused(&mut self) {
        let (way, tls) = (self.access.way, self.access.tls);
        let controller = self.settings.ingress.as_ref().map(|ingress| ingress.value.controller);
        let nginx = way == Way::Ingress && controller == Some(Controller::Nginx) && tls != Tls::Passthrough;
        let timed = nginx || way == Way::Route || (way == Way::Gateway && tls != Tls::Passthrough);
        let read = [
            ("maxBodySize", nginx, "ingress-nginx limits a body, and what passes TLS on does not"),
            ("timeout", timed, "nothing that is rendered for it has a time-out"),
            ("labels", way != Way::None, "there is no object to label"),
            ("annotations", way != Way::None, "there is no object to annotate"),
        ];
        for (name, at) in self.settings.given.clone() {
            if let Some((_, false, why)) = read.iter().find(|(known, ..)| *known == name) {
                let message = format!("is not read with type: {way} and tls: {tls}: {why}");
                self.refuse(&at, &format!("spec.access.{name}"), message, "remove it");
            }
        }
    }

    fn ingress(&mut self) {
        let Some(ingress) = self.settings.ingress.as_ref().filter(|_| self.access.way == Way::Ingress) else { return };
        if ingress.value.controller == Controller::Traefik && self.access.tls == Tls::Passthrough {
            let at = self.settings.tls_at();
            let message = "tls: passthrough and spec.access.ingress.controller: traefik disagree: Traefik ends the TLS of an Ingress";
            let hint = "tls: reencrypt; or type: gateway, or type: service";
            self.refuse(at, "spec.access.tls", message.to_owned(), hint);
        }
    }
}
