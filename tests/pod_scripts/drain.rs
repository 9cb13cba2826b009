//! The application's pod stops while a client uploads: nginx as in the container, the hook, then SIGTERM.

use crate::support::process::{Script, command, free_port, program, until};
use crate::support::wait::component;
use std::fs;
use std::net::TcpStream;
use std::path::Path;

/// nginx with a master process, as Quay's supervisord runs it, in front of a worker that accepts the whole upload.
struct Nginx {
    folder: tempfile::TempDir,
    running: Script,
    port: u16,
}

impl Nginx {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (port, worker) = (free_port(), free_port());
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let temporary: String = temporary.iter().map(|name| format!("{name}_temp_path {name};\n")).collect();
        let user = if fs::metadata(folder.path()).is_ok_and(|it| std::os::unix::fs::MetadataExt::uid(&it) == 0) {
            "user root;"
        } else {
            ""
        };
        let configuration = format!(
            "{user} daemon off; worker_processes 1; pid nginx.pid; error_log stderr;\nevents {{}}\n\
             http {{ access_log off; {temporary} client_max_body_size 0;\n\
             server {{ listen 127.0.0.1:{worker}; location / {{ return 200 \"$content_length bytes\"; }} }}\n\
             server {{ listen 127.0.0.1:{port}; location / {{\n\
             proxy_pass http://127.0.0.1:{worker}; proxy_request_buffering off; }} }} }}\n"
        );
        fs::write(folder.path().join("nginx.conf"), configuration).unwrap();
        let mut command = command(&program("nginx"));
        command.arg("-p").arg(folder.path()).args(["-c", "nginx.conf", "-e", "stderr"]);
        let running = Script::start(&mut command, &[]);
        until("nginx", || TcpStream::connect(("127.0.0.1", port)).is_ok() && folder.path().join("nginx.pid").exists());
        Self { folder, running, port }
    }

    /// An upload that takes about two seconds.
    fn upload(&self) -> Script {
        let layer = self.folder.path().join("layer");
        fs::write(&layer, vec![b'x'; 400_000]).unwrap();
        let mut curl = command(&program("curl"));
        curl.args(["-sS", "--noproxy", "*", "--max-time", "30", "--limit-rate", "200k", "-w", " %{http_code}"]);
        curl.args(["--verbose", "-H", "Expect: 100-continue", "-T"]);
        curl.arg(&layer).arg(format!("http://127.0.0.1:{}/v2/", self.port));
        let mut upload = Script::start(&mut curl, &[]);
        // nginx answers so when it begins to read.
        upload.prints("100 Continue");
        upload
    }
}

fn hook(pid_file: &Path, limit: &str) -> Script {
    let mut command = command(&program("bash"));
    command.arg(component("quay/files/drain.sh")).arg(pid_file);
    Script::start(command.env("DELAY_SECONDS", "0").env("LIMIT_SECONDS", limit), &[])
}

#[test]
fn an_upload_ends_before_the_pod_does() {
    let nginx = Nginx::start();
    let upload = nginx.upload();
    let mut draining = hook(&nginx.folder.path().join("nginx.pid"), "30");
    draining.prints("new requests are taken");
    until("the end of new requests", || TcpStream::connect(("127.0.0.1", nginx.port)).is_err());
    draining.ends().with(0, &["all requests have ended"]);
    upload.ends().with(0, &["400000 bytes 200"]);
    // 0 is what supervisord takes for wanted, so that it starts no other.
    nginx.running.ends().with(0, &[]);
}

/// SIGTERM alone, without the hook, to show that the test above can fail.
#[test]
fn without_the_hook_the_upload_is_cut() {
    let nginx = Nginx::start();
    let upload = nginx.upload();
    nginx.running.terminate();
    let ended = upload.ends();
    assert!(ended.code != Some(0), "{}", ended.output);
}

#[test]
fn the_hook_ends_in_time_whatever_the_client_does() {
    let nginx = Nginx::start();
    let upload = nginx.upload();
    hook(&nginx.folder.path().join("nginx.pid"), "0")
        .ends()
        .with(0, &["requests are cut that have not ended within 0 s"]);
    drop(upload);
    let folder = tempfile::tempdir().unwrap();
    hook(&folder.path().join("none"), "30").ends().with(0, &["nginx does not run"]);
    fs::write(folder.path().join("empty"), "").unwrap();
    hook(&folder.path().join("empty"), "30").ends().with(0, &["nginx does not run"]);
    fs::write(folder.path().join("stale"), "4194305\n").unwrap();
    hook(&folder.path().join("stale"), "30").ends().with(0, &["nginx does not run"]);
}
