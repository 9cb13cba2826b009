//! nginx as it runs in Quay's container, and another one in front of it as router, controller, Gateway or balancer;
//! curl pushes through both.

use super::clients::{callers, client_trusts};
use super::cluster::{World, texts};
use super::entrance::{Back, Entrance, Front};
use super::openssl::{EXAMPLE, PUBLIC, Pair, SERVICE};
use super::registry::Registry;
use crate::support::examples::registries;
use crate::support::process::{Script, command, free_port, program, until};
use std::fs;
use std::net::TcpStream;
use tempfile::TempDir;

/// More than the 1 MiB that nginx accepts by default.
const LAYER: usize = 3 << 20;

/// A running nginx.
struct Nginx {
    _running: Script,
    _folder: TempDir,
}

impl Nginx {
    /// Starts one with these servers, in a folder with these files.
    fn start(servers: &str, files: &[(&str, &[u8])], ports: &[u16]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let temporary: String = temporary.iter().map(|name| format!("{name}_temp_path {name};\n")).collect();
        let configuration = format!(
            "daemon off; master_process off; pid pid; error_log stderr;\nevents {{}}\n\
             http {{ access_log off; {temporary} proxy_redirect off;\n{servers} }}\n"
        );
        fs::write(folder.path().join("nginx.conf"), configuration).unwrap();
        let mut command = command(&program("nginx"));
        command.arg("-p").arg(folder.path()).args(["-c", "nginx.conf", "-e", "stderr"]);
        let running = Script::start(&mut command, &[]);
        for port in ports {
            until("nginx", || TcpStream::connect(("127.0.0.1", *port)).is_ok());
        }
        Self { _folder: folder, _running: running }
    }
}

/// Quay's container: TLS for clients and builders exactly if there is a key, and then redirects on the plain port.
pub struct Container {
    _nginx: Nginx,
    tls: Option<u16>,
    builders: Option<u16>,
    plain: u16,
}

impl Container {
    fn start(cert: Option<&[u8]>, key: Option<&[u8]>) -> Self {
        let application = free_port();
        let said = format!(
            "server {{ listen 127.0.0.1:{application}; client_max_body_size 0; \
             location / {{ return 200 \"quay has $content_length bytes for $http_host\"; }} }}\n"
        );
        Self::with(cert, key, said, application)
    }

    /// In front of workers on a port.
    pub fn in_front_of(registry: &Registry<'_>, workers: u16) -> Self {
        let file = |name: &str| registry.file(name).map(Vec::as_slice);
        Self::with(file("ssl.cert"), file("ssl.key"), String::new(), workers)
    }

    fn with(cert: Option<&[u8]>, key: Option<&[u8]>, mut servers: String, application: u16) -> Self {
        let plain = free_port();
        let pass = format!(
            "client_max_body_size 0; location / {{ proxy_pass http://127.0.0.1:{application}; proxy_set_header Host $http_host; }}"
        );
        let (Some(cert), Some(key)) = (cert, key) else {
            servers += &format!("server {{ listen 127.0.0.1:{plain}; {pass} }}\n");
            let nginx = Nginx::start(&servers, &[], &[plain]);
            return Self { _nginx: nginx, tls: None, builders: None, plain };
        };
        let (tls, builders) = (free_port(), free_port());
        servers += &format!(
            "server {{ listen 127.0.0.1:{tls} ssl; listen 127.0.0.1:{builders} ssl; ssl_certificate ssl.cert; \
             ssl_certificate_key ssl.key; {pass} }}\n\
             server {{ listen 127.0.0.1:{plain}; return 301 https://$host$request_uri; }}\n"
        );
        let ports = [plain, tls, builders];
        let nginx = Nginx::start(&servers, &[("ssl.cert", cert), ("ssl.key", key)], &ports);
        Self { _nginx: nginx, tls: Some(tls), builders: Some(builders), plain }
    }

    fn of(registry: &Registry<'_>) -> Self {
        let file = |name: &str| registry.file(name).map(Vec::as_slice);
        Self::start(file("ssl.cert"), file("ssl.key"))
    }

    /// The local port for a port of the real container.
    pub fn port(&self, real: u64) -> u16 {
        match real {
            8443 => self.tls.expect("nothing serves TLS"),
            8080 => self.plain,
            other => panic!("nothing is on {other}"),
        }
    }
}

/// What is in front of the container; nothing if clients connect to it directly.
fn in_front(entrance: &Entrance<'_>, target: u16) -> Option<(Nginx, u16)> {
    let limits = limits(entrance);
    match (&entrance.front, &entrance.back) {
        (Front::Container, _) | (_, Back::Passed) => None,
        (Front::Plain, _) if entrance.who.starts_with("Service") => None,
        (Front::Plain, _) => Some(proxy(None, &format!("proxy_pass http://127.0.0.1:{target}; {limits}"), &[])),
        (Front::Shown(pair), Back::Plain) => {
            Some(proxy(Some(pair), &format!("proxy_pass http://127.0.0.1:{target}; {limits}"), &[]))
        }
        (Front::Shown(pair), Back::Tls { authorities, name }) => {
            let back = format!(
                "proxy_pass https://127.0.0.1:{target}; proxy_ssl_verify on; proxy_ssl_verify_depth 3; \
                 proxy_ssl_trusted_certificate ca.crt; proxy_ssl_server_name on; proxy_ssl_name {name}; {limits}"
            );
            Some(proxy(Some(pair), &back, &[("ca.crt", authorities)]))
        }
    }
}

fn proxy(front: Option<&Pair>, back: &str, files: &[(&str, &[u8])]) -> (Nginx, u16) {
    let port = free_port();
    let mut files = files.to_vec();
    let tls = front.map_or_else(String::new, |pair| {
        files.extend([("tls.crt", pair.cert.as_slice()), ("tls.key", pair.key.as_slice())]);
        " ssl; ssl_certificate tls.crt; ssl_certificate_key tls.key".to_owned()
    });
    let servers = format!(
        "server {{ listen 127.0.0.1:{port}{tls}; location / {{ {back} proxy_set_header Host $http_host; }} }}\n"
    );
    (Nginx::start(&servers, &files, &[port]), port)
}

/// The settings of an Ingress for ingress-nginx, as its directives; others have no limit.
fn limits(entrance: &Entrance<'_>) -> String {
    let annotations = texts(entrance.annotations);
    let own = |name: &str| annotations.get(format!("nginx.ingress.kubernetes.io/{name}").as_str()).copied();
    if own("backend-protocol").is_none() {
        return "client_max_body_size 0;".to_owned();
    }
    // ingress-nginx has numbers of seconds.
    let rows = [
        ("proxy-body-size", "client_max_body_size", ""),
        ("proxy-buffering", "proxy_buffering", ""),
        ("proxy-request-buffering", "proxy_request_buffering", ""),
        ("proxy-read-timeout", "proxy_read_timeout", "s"),
        ("proxy-send-timeout", "proxy_send_timeout", "s"),
    ];
    rows.iter().filter_map(|(name, directive, unit)| Some(format!("{directive} {}{unit}; ", own(name)?))).collect()
}

/// A client that trusts these authorities only.
struct Client<'a> {
    authorities: Option<&'a [u8]>,
}

/// The result of a request: curl's exit code, the status and the body.
#[derive(Debug)]
struct Answer {
    exit: i32,
    text: String,
}

impl Client<'_> {
    /// Sends a layer to a URL whose host is at a port of this machine.
    fn push(&self, url: &str, port: u16) -> Answer {
        self.ask(url, port, &["-T", "layer"])
    }

    fn ask(&self, url: &str, port: u16, more: &[&str]) -> Answer {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("layer"), vec![b'x'; LAYER]).unwrap();
        fs::write(folder.path().join("ca.crt"), self.authorities.unwrap_or_default()).unwrap();
        let mut command = command(&program("curl"));
        command.current_dir(folder.path()).args(["-sS", "--max-time", "30", "--noproxy", "*"]);
        command.args(["-L", "--max-redirs", "5", "-w", " %{http_code}", "--capath", ".", "--cacert", "ca.crt"]);
        command.arg("--connect-to").arg(format!("::127.0.0.1:{port}")).args(more).arg(url);
        let output = command.output().unwrap();
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        Answer { exit: output.status.code().unwrap(), text: text.concat() }
    }
}

/// Asserts that Quay got the whole layer.
fn assert_pushed(answer: &Answer, host: &str, what: &str) {
    let wanted = format!("quay has {LAYER} bytes for {host} 200");
    assert!(answer.exit == 0 && answer.text == wanted, "{what}: {answer:?}");
}

/// The issuer of the certificate is not trusted: curl's CURLE_PEER_FAILED_VERIFICATION.
const UNTRUSTED: i32 = 60;
/// CURLE_TOO_MANY_REDIRECTS.
const LOOP: i32 = 47;

#[test]
fn every_way_in_takes_a_layer_to_quay() {
    let mut shapes = std::collections::BTreeSet::new();
    for name in registries().iter().filter(|name| name.starts_with("access-") || *name == "minimal") {
        let world = World::of(name);
        let registry = Registry::of(&world);
        let container = Container::of(&registry);
        let entrance = registry.entrance(&registry.host).unwrap();
        let target = container.port(registry.container_port(&entrance).unwrap());
        let front = in_front(&entrance, target);
        let port = front.as_ref().map_or(target, |(_, port)| *port);
        let server = registry.port.map_or(registry.host.clone(), |port| format!("{}:{port}", registry.host));
        let url = format!("{}://{server}/v2/", if registry.is_https { "https" } else { "http" });
        let trusted = client_trusts(&world);
        // Where the example is told that nobody knows the CA, its clients know it all the same.
        let trusted = trusted.unwrap_or_else(|| EXAMPLE.cert.clone());
        assert_pushed(&Client { authorities: Some(&trusted) }.push(&url, port), &server, name);
        if registry.is_https {
            let stranger = Client { authorities: Some(&SERVICE.cert) }.push(&url, port);
            assert_eq!(stranger.exit, UNTRUSTED, "{name}: {stranger:?}");
        }
        if name != "access-route-tls-component" {
            for (who, trusts) in callers(&world) {
                assert_pushed(
                    &Client { authorities: Some(&trusts) }.push(&url, port),
                    &server,
                    &format!("{name}: {who}"),
                );
            }
        }
        if let Some(host) = &registry.builders {
            let answer =
                Client { authorities: Some(&trusted) }.push(&format!("https://{host}/"), container.builders.unwrap());
            assert_pushed(&answer, host, &format!("{name}: builders"));
        }
        shapes.insert((front.is_some(), registry.serves_tls(), registry.is_https));
        drop(front);
    }
    // Passed on, edge, reencrypt, and plain HTTP.
    assert!([(false, true), (true, false), (true, true)].iter().all(|(a, b)| shapes.contains(&(*a, *b, true))));
    assert!(shapes.contains(&(false, false, false)), "{shapes:?}");
}

/// A hop where one side differs from the output.
#[test]
fn what_does_not_fit_is_refused_on_the_way() {
    let host = "registry.example.com";
    let url = format!("https://{host}/v2/");
    let pair = EXAMPLE.issue(&[host]);
    let client = Client { authorities: Some(&EXAMPLE.cert) };
    let with_key = Container::start(Some(&pair.cert), Some(&pair.key));
    let without = Container::start(None, None);
    let plain = |port: u16| format!("proxy_pass http://127.0.0.1:{port};");
    let verified = |port: u16, name: &str| {
        format!(
            "proxy_pass https://127.0.0.1:{port}; proxy_ssl_verify on; proxy_ssl_trusted_certificate ca.crt; \
             proxy_ssl_server_name on; proxy_ssl_name {name};"
        )
    };
    let through = |back: &str, ca: &[u8]| {
        let (_nginx, port) = proxy(Some(&pair), back, &[("ca.crt", ca)]);
        client.ask(&url, port, &[])
    };
    // Edge with ssl.key below /conf/stack.
    let answer = through(&plain(with_key.plain), b"");
    assert_eq!(answer.exit, LOOP, "{answer:?}");
    assert!(through(&plain(without.plain), b"").text.starts_with("quay has"));
    // Reencrypt, with the right CA and name, another CA, another name, and nothing that speaks TLS.
    let tls = with_key.tls.unwrap();
    assert!(through(&verified(tls, host), &EXAMPLE.cert).text.starts_with("quay has"));
    for (back, ca) in [
        (verified(tls, host), &PUBLIC.cert),
        (verified(tls, "registry-quay-app.quay.svc"), &EXAMPLE.cert),
        (verified(without.plain, host), &EXAMPLE.cert),
    ] {
        let answer = through(&back, ca);
        assert!(answer.text.ends_with(" 502"), "{back}: {answer:?}");
    }
    // Passed on: another host name, and plain HTTP to the port of TLS.
    let other = client.ask("https://other.example.com/v2/", tls, &[]);
    assert_eq!(other.exit, UNTRUSTED, "{other:?}");
    let plain = client.ask(&format!("http://{host}/v2/"), tls, &[]);
    assert!(plain.text.ends_with(" 400"), "{plain:?}");
}
