//! How builders reach the build manager: they need TLS to it.

use super::{Conflicts, is_operators};
use crate::check::given_host;
use crate::diagnostic::{Diagnostic, codes};
use crate::host;
use crate::model::Spanned;
use crate::model::access::{CertificateSource, ServiceType, Tls, Way};

impl Conflicts<'_> {
    /// Builders speak TLS to the build manager on 55443, where nginx serves only Quay's own certificate.
    pub(super) fn builds(&mut self) {
        let (way, tls) = (self.access.way, self.access.tls);
        let at = self.settings.tls_at();
        let field = "FEATURE_BUILD_SUPPORT";
        match &self.access.serving {
            None if is_operators(self.model, self.access) => {
                let message = "builds are on, and nothing serves builders: they need TLS to the pod";
                let problem = Diagnostic::new(codes::BUILDS_HOST, message).at(at.clone()).field(field);
                self.diagnostics
                    .push(problem.hint("list the component tls with managed: false, and put a pair into the bundle"));
            }
            None => {
                let message = format!(
                    "builds are on, and with spec.access.tls: {tls} nothing serves builders: they need TLS to the pod"
                );
                self.refuse(at, field, message, "tls: passthrough or reencrypt, or FEATURE_BUILD_SUPPORT: false");
            }
            Some(serving) if serving.from() == CertificateSource::ServiceCa => {
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
            Some(_) if way == Way::Service => self.builders_port(),
            Some(_) => {}
        }
    }

    /// The Service has a port of its own for builders: on 443 they would reach the web server.
    fn builders_port(&mut self) {
        let Some(Spanned { value: host, at }) = given_host(self.model, "BUILDMAN_HOSTNAME") else { return };
        let service = self.settings.service.as_ref().map(|service| &service.value);
        let kind = service.and_then(|service| service.kind.as_ref()).map(|kind| kind.value);
        let node_port = service.and_then(|service| service.builder_node_port.as_ref()).map(|port| port.value.as_str());
        let right = match (kind, node_port) {
            (Some(ServiceType::NodePort), Some(port)) => port,
            (Some(ServiceType::NodePort), None) => {
                let message = "builds are on, and nothing says the nodes' port for builders".to_owned();
                let hint = "builderNodePort: 30444   # and BUILDMAN_HOSTNAME: builder.example.com:30444";
                self.refuse(&self.settings.at.clone(), "spec.access.service.builderNodePort", message, hint);
                return;
            }
            _ => "55443",
        };
        let port = host.digits().unwrap_or(host::HTTPS);
        if !host.text().is_empty() && port != right {
            let name = host.host();
            let message =
                format!("port {port} and spec.access.type: service disagree: the Service leads builders in on {right}");
            self.refuse(&at, "BUILDMAN_HOSTNAME", message, &format!("BUILDMAN_HOSTNAME: {name}:{right}"));
        }
    }

    /// TLS of builders passes through, wherever the registry's TLS ends.
    fn builders_gateway(&mut self) {
        let Some(gateway) = &self.settings.gateway else { return };
        let at = gateway.at.clone();
        if self.access.tls == Tls::Reencrypt && gateway.value.builder_parents.is_empty() {
            let message = "builds are on, and a listener that ends TLS leads no builder through".to_owned();
            let hint = "builderParentRefs:\n- {name: my-gateway, namespace: gateways, sectionName: builders}   # a listener with tls.mode: Passthrough";
            self.refuse(&at, "spec.access.gateway.builderParentRefs", message, hint);
        }
        let api = self.model.config.cluster.gateway.as_ref();
        if api.is_some_and(|api| api.version("TLSRoute", &self.model.release).is_none()) {
            let message =
                "builds are on, and builders need a TLSRoute, which spec.cluster.apis.gateway lacks".to_owned();
            self.lacks(&at, "spec.access.gateway", message, "standard channel from 1.5 on, experimental before");
        }
    }
}
