//! Secrets in texts, after a name, on a command line, in settings or encoded, in everything that contains texts: none
//! is shown. Public values are.

use super::nested::{MARKER, OTHER, WAYS, around, object, said, told};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

/// Ways to state a secret in a text; `@` is replaced by it.
const STATEMENTS: &[&str] = &[
    "password=@",
    "password: @",
    "--password @",
    "--password=@ -x",
    "mysql -h db -u root -p@ quay",
    "curl -fsS -u admin:@ https://quay.example.com/",
    "curl --user 'admin:@' https://quay.example.com/",
    "curl -H 'Authorization: Bearer @' https://quay.example.com/",
    "oc login -u admin -p @ https://api.example.com:6443",
    "docker login --username=a --password @ quay.io",
    "echo @ | podman login -u a --password-stdin quay.io",
    "echo 'root:@' | chpasswd",
    "skopeo copy --src-creds a:@ docker://a docker://b",
    "redis-cli -h r -a @ ping",
    "sshpass -p @ ssh host",
    "ldapsearch -D cn=admin -w @ -b dc=a",
    "kubectl create secret generic a --from-literal=entry=@",
    "kubectl create secret generic a --from-literal entry=@",
    "kubectl create secret generic a --from-literal='entry=@'",
    "kubectl create secret generic a --from-literal entry='@'",
    "kubectl create secret docker-registry a --docker-username=a --docker-password @",
    "kubectl -n a create secret generic a \\\n  --from-literal entry=@ \\\n  --dry-run=client",
    "aws configure list\naws configure set aws_secret_access_key @",
    "keytool -list -storepass @",
    "htpasswd -bBn admin @",
    "mc alias set minio http://minio:9000 key @",
    "openssl passwd -6 @",
    "rabbitmqctl add_user quay @",
    "vault kv put kv/quay entry=@",
    "docker login --username a --password-stdin quay.io <<< @",
    "printf @ | podman secret create a -",
    "aws secretsmanager create-secret --name a --secret-string @",
    "DB_PASS=a'@'b",
    "DB_PASS='a'\"@\"",
    "DB_PASS=\"a\\\"@\"",
    "DB_PASS=a\\ @",
    "export DB_PASS=@",
    "ENCRYPTION_KEY=@ ./run",
    "MY_SECRET='@'",
    "psql postgresql://quay:@@db/quay",
    "psql 'host=db user=quay password=@'",
    "ALTER USER quay WITH PASSWORD '@';",
    "CREATE USER 'quay' IDENTIFIED BY '@';",
    "port 6379\nrequirepass @\nmasterauth @",
    "# netrc\nmachine quay.io login admin password @",
    "[client]\nuser = root\npassword = @",
    "cookie_secret = \"@\"\nport = 1",
    "{\"auths\": {\"quay.io\": {\"password\": \"@\"}}}",
    "{\"auths\": {\"quay.io\": {\"auth\": \"a:@\"}}}",
    "- name: DB_PASSWORD\n  value: @",
    "env:\n- name: DB_PASSWORD\n  value: @\n- name: B\n  value: c",
    "args: [\"--password\", \"@\"]",
    "args:\n- --user\n- a\n- --password\n- @",
    "<property><name>javax.ConnectionPassword</name><value>@</value></property>",
    "<property name=\"hibernate.connection.password\" value=\"@\"/>",
    "<server><password>@</password></server>",
    "stringData:\n  entry: @",
    "metadata:\n  name: a\nstringData: {entry: @}",
    "StringData:\n  entry: @",
    "binaryData:\n  entry: @",
    "data:\n  entry: @",
    "- op: add\n  path: /data/entry\n  value: @",
    "- op: replace\n  path: /stringData/entry\n  value: @",
    "secretGenerator:\n- name: a\n  literals:\n  - entry=@",
    "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nsecretGenerator: [{name: a, literals: ['entry=@']}]",
    "kind: Secret\nmetadata: {name: a, labels: {a: @}}",
    "kind: Secret\nmetadata: {name: a, annotations: {example.com/note: @}}",
    "kind: Secret\nmetadata: {name: a}\nkey: @",
    "kind: v1/Secret\nname: a\nvalues: {entry: @}",
    "resource: secrets\nbody: {entry: @}",
    "gvk: v1/Secret\nobject: {entry: @}",
    "target: {kind: Secret|ConfigMap}\npatch: 'entry: @'",
    "target: {kind: .*}\npatch: 'entry: @'",
    "Passwort: @",
    "Datenbankpasswort = @",
    "passwörd=@",
    "contraseña: @",
    "mot de passe : @",
    "hasło=@",
    "senha: @",
    "パスワード：@",
    "データベースのパスワード: @",
    "数据库密码：@",
    "пароль: @",
    "Das WLAN (Gäste): Kennwort → @",
    "the API key: @",
    "**Password**: @",
    "$config['db_password'] = '@';",
    "password => '@'",
    "curl -d \"{\\\"password\\\": \\\"@\\\"}\" https://quay.example.com/",
    "{\"contraseña\": \"@\"}",
    "- name: Passwort\n  value: @",
    "ALTER USER quay PASSWORT '@'",
    "a: b\npassword: |\n  @\n",
    "a:\n- password: >-\n    @\n  b: c",
    "a: b\ntoken: !!binary |2 # note\n   a\n\n   @\nb: c",
    "a: b\npassword:\n  @\nb: c",
    "a: b\ntokens:\n- a\n- @\nb: c",
    "a: b\npassword: a\n  @\nb: c",
    "a: b\npasswörter:\n  db: @\n  more: a\nb: c",
    "Password:\n@\n",
    "password = \"\"\"\na\n@\n\"\"\"\nb = 1",
    "kinit admin <<EOF\n@\nEOF",
    "docker login --username a \\\n  --password-stdin quay.io <<-'EOF'\n\t@\n\tEOF",
    "openssl rsa -in a.key -passin stdin <<EOF\n@\nEOF",
    "cat > ~/.pgpass <<EOF\ndb:5432:*:quay:@\nEOF",
    "cat <<EOF >> /root/.netrc\nmachine a\nlogin b\n@\nEOF",
    "cat <<EOF | tee /run/secrets/db\n@\nEOF",
    "echo @ > /tmp/db-password.txt",
    "printf '%s' '@' |\n  sudo -S id",
    "TOKEN=$(cat <<EOF\n@\nEOF\n)",
    "smbclient -L host -U user%@",
    "smbclient -Uuser%@ //host/share",
    "mount -t cifs -o username=a,password=@ //host/share /mnt",
    "zip -P @ a.zip a",
    "zip -P@ a.zip a",
    "7z a -p@ a.7z a",
    "rar a -hp@ a.rar a",
    "curl --oauth2-bearer @ https://quay.example.com/",
    "curl -uadmin:@ https://quay.example.com/",
    "curl -b session=@ https://quay.example.com/",
    "curl -H 'Authorization: token @' https://quay.example.com/",
    "curl -H \"PRIVATE-TOKEN: @\" https://quay.example.com/",
    "curl --header=X-Api-Key:@ https://quay.example.com/",
    "curl --cert a.pem:@ https://quay.example.com/",
    "http -a admin:@ quay.example.com",
    "sshpass -p'@' ssh host",
    "mysql -u root -p'@' quay",
    "mysqldump --all-databases -p@",
    "htpasswd -cb f admin @",
    "ldapsearch -w@ -b dc=a",
    "redis-cli --no-auth-warning -a @ ping",
    "aws configure set aws_secret_access_key @",
    "aws configure set profile.a.aws_session_token @",
    "openssl enc -aes-256-cbc -k @ -in a",
    "openssl enc -aes-256-cbc -pass pass:@ -in a",
    "openssl rsa -in a -passin pass:@",
    "sqlcmd -S db -U sa -P @ -Q a",
    "mosquitto_pub -u a -P @ -t a",
    "sqlplus -s system/@@db",
    "lftp -u user,@ host",
    "snmpwalk -v2c -c @ host",
    "nmcli dev wifi connect a password @",
    "kadmin -p a -w @ -q b",
    "useradd -p @ a",
    "plink -ssh -pw @ host",
    "-----BEGIN OPENSSH PRIVATE KEY-----\n@\n-----END OPENSSH PRIVATE KEY-----",
    "# The password is @",
    "Password for admin is @, change it",
    "the token of the robot (on staging): @",
    "changed the password to @",
    "Das Passwort lautet @",
    "パスワードは @ です",
    "Use admin / @ to log in",
    "os.Setenv(\"DB_PASSWORD\",\"@\")",
    "setenv(\"A_TOKEN\", \"@\", 1);",
    "ENV.store('PASSWORD', '@')",
    "config.set('db','password','@')",
    "smtp.login('quay', '@')",
    "$p = ConvertTo-SecureString \"@\" -AsPlainText -Force",
    "\"@\" | ConvertTo-SecureString -AsPlainText",
    "spawn ssh host\nexpect \"assword:\"\nsend \"@\\r\"",
    "child.expect('Passphrase: ')\nchild.sendline('@')",
    "a\\npass=@\\nb",
    "printf 'machine quay.io\\nlogin a\\npassword @\\n' > f",
    "url = \"https://quay.example.com\"\nuser = \"admin:@\"",
    "sed -i s/PASSWORD/@/ app.conf",
    "sed -i 's|{{ db.password }}|@|g' app.conf",
    "initial admin password (root): @",
    "global\n  stats auth admin:@",
    "userlist u\n  user a insecure-password @",
    "user default on >@ ~*",
    "machine quay.io login a password @",
    ": PSK \"@\"",
    "variable \"db_password\" {\n  type = string\n  default = \"@\"\n}",
    "Log in with user admin and password @",
    "username admin, password @",
    "the passcode is @",
    "conn.setPassword(\"@\")",
    "DriverManager.getConnection(url, \"admin\", \"@\")",
    "redis.call(\"AUTH\", \"@\")",
    "awk '{gsub(/PASSWORD/,\"@\")}1'",
    "setenv DB_PASSWORD @",
    "ENV DB_PASSWORD @",
    "Set-Cookie: sid=@; Path=/",
    "| user | password |\n|---|---|\n| admin | @ |",
    "user,password\nadmin,@\n",
];

/// Statements that mark a secret only in documents, not in any text.
const DOCUMENTS_ALONE: &[&str] = &["data:\n", "kind: ", "resource: ", "gvk: ", "target: ", "binaryData:"];

fn is_of_document(statement: &str) -> bool {
    DOCUMENTS_ALONE.iter().any(|front| statement.starts_with(front))
}

/// Compressed files that store their content unchanged.
fn stored(bytes: &[u8], head: &[u8], tail: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap();
    let block = [&[1][..], &length.to_le_bytes(), &(!length).to_le_bytes(), bytes].concat();
    [head, &block, tail].concat()
}

/// How many encodings of a text there are.
const CODES: u8 = 14;

fn encoded(text: &str, code: u8) -> String {
    let utf16 = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let lines =
        |text: String| text.as_bytes().chunks(60).map(|it| String::from_utf8_lossy(it) + "\n").collect::<String>();
    let gzip = stored(text.as_bytes(), &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3], &[1, 2, 3, 4, 5, 6, 7, 8]);
    match code % CODES {
        1 => STANDARD.encode(text),
        2 => STANDARD_NO_PAD.encode(text),
        3 => URL_SAFE.encode(text),
        4 => text.bytes().map(|byte| format!("{byte:02x}")).collect(),
        5 => STANDARD.encode(gzip),
        6 => STANDARD.encode(stored(text.as_bytes(), &[0x78, 0x9c], &[1, 2, 3, 4])),
        7 => STANDARD.encode(utf16(u16::to_le_bytes)),
        8 => STANDARD.encode(utf16(u16::to_be_bytes)),
        9 => STANDARD.encode(STANDARD.encode(text)),
        10 => STANDARD.encode(STANDARD.encode(gzip)),
        11 => format!("data:text/plain;base64,{}", STANDARD.encode(text)),
        12 => lines(STANDARD.encode(gzip)),
        13 => format!("echo {} | base64 -d | gunzip", STANDARD.encode(gzip)),
        _ => text.to_owned(),
    }
}

/// How many kinds of carriers of a text there are.
const CARRIERS: u8 = 18;

fn carried(text: String, carrier: u8) -> Json {
    let map = |text: String| object("v1/ConfigMap", json!({"data": {"a": "b", "file.txt": text}}));
    let indented = || text.lines().map(|line| format!("    {line}\n")).collect::<String>();
    match carrier % CARRIERS {
        0 => map(text),
        1 => map(format!("{text}\n# more\n")),
        2 => map(format!("values:\n  text: |\n{}", indented())),
        3 => map(format!("{{{{- if .Values.x }}}}\ntext: |\n{}{{{{- end }}}}\n", indented())),
        4 => map(json!({"a": [{"b": text}]}).to_string()),
        5 => object("x.io/v1/X", json!({"metadata": {"name": "outer", "annotations": {"x.io/a": text}}})),
        6 => {
            let container = json!({"name": "a", "command": ["/bin/sh", "-c"], "args": [text]});
            object("batch/v1/Job", json!({"spec": {"template": {"spec": {"containers": [container]}}}}))
        }
        7 => {
            let container = json!({"name": "a", "command": ["sh", "-ec", text]});
            let pods = json!({"template": {"spec": {"containers": [container]}}});
            object("batch/v1/CronJob", json!({"spec": {"jobTemplate": {"spec": pods}}}))
        }
        8 => object("argoproj.io/v1alpha1/Application", json!({"spec": {"source": {"helm": {"values": text}}}})),
        9 => object(
            "argoproj.io/v1alpha1/Application",
            json!({"spec": {"source": {"helm": {"valuesObject": {"config": {"file": text}}}}}}),
        ),
        10 => object("tekton.dev/v1/Task", json!({"spec": {"steps": [{"name": "a", "script": text}]}})),
        11 => object("tekton.dev/v1/Task", json!({"spec": {"params": [{"name": "a", "default": text}]}})),
        12 => object("helm.toolkit.fluxcd.io/v2/HelmRelease", json!({"spec": {"values": {"extra": [text]}}})),
        13 => object(
            "external-secrets.io/v1/ExternalSecret",
            json!({"spec": {"target": {"template": {"data": {"a": text}}}}}),
        ),
        14 => object("v1/Secret", json!({"metadata": {"name": "outer", "annotations": {"my.io/note": text}}})),
        15 => object("v1/Secret", json!({"metadata": {"name": "outer", "labels": {"note": text}}})),
        16 => {
            let container = json!({"name": "a", "env": [{"name": "SETTINGS", "value": text}]});
            object("apps/v1/Deployment", json!({"spec": {"template": {"spec": {"initContainers": [container]}}}}))
        }
        _ => object("kyverno.io/v1/ClusterPolicy", json!({"spec": {"rules": [{"mutate": {"patchesJson6902": text}}]}})),
    }
}

/// One side: an encoded statement in a carrier, inside other objects.
fn side(secret: &str, statement: &str, code: u8, carrier: u8, layers: &[(u8, u8)]) -> Json {
    let text =
        encoded(&statement.replace('@', secret).replace(&format!("{secret}{secret}"), &format!("{secret}@")), code);
    layers.iter().fold(carried(text, carrier), |inner, layer| around(inner, *layer))
}

fn is_masked(statement: &str, code: u8, carrier: u8, layers: &[(u8, u8)]) -> Result<(), String> {
    let (old, new) = (side(MARKER, statement, code, carrier, layers), side(OTHER, statement, code, carrier, layers));
    let sides: [(&[&Json], &[&Json]); 3] = [(&[&old], &[&new]), (&[&old], &[]), (&[], &[&new])];
    let found = sides.iter().find_map(|(old, new)| told(old, new));
    let what = format!("{statement:?} encoded as {code} in {carrier} within {layers:?}");
    match found {
        Some(found) => Err(format!("{what}: {found}")),
        None if layers.is_empty() && !said(&[&old], &[&new])[0].contains("(secret) changed") => {
            Err(format!("{what}: nothing is told of it"))
        }
        None => Ok(()),
    }
}

/// Whether a carrier makes a document invalid, so that it is examined as a text.
fn breaks(carrier: u8) -> bool {
    matches!(carrier % CARRIERS, 3)
}

#[test]
fn what_a_text_says_under_a_name_is_masked_in_everything_that_carries_texts() {
    let mut problems = Vec::new();
    for statement in STATEMENTS {
        for carrier in (0..CARRIERS).filter(|carrier| !is_of_document(statement) || !breaks(*carrier)) {
            problems.extend(is_masked(statement, 0, carrier, &[]).err());
        }
    }
    assert!(problems.is_empty(), "{} of them:\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn what_a_text_says_under_a_name_is_masked_however_the_text_is_encoded() {
    let mut problems = Vec::new();
    for statement in STATEMENTS {
        for code in 0..CODES {
            problems.extend(is_masked(statement, code, 0, &[]).err());
        }
    }
    assert!(problems.is_empty(), "{} of them:\n{}", problems.len(), problems.join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_secret_is_shown_whatever_says_it_carries_it_and_is_around(
        statement in 0..STATEMENTS.len(),
        code in 0..CODES,
        carrier in 0..CARRIERS,
        layers in proptest::collection::vec((0..WAYS, any::<u8>()), 0..3),
    ) {
        let statement = STATEMENTS[statement];
        // What is broken on the way out cannot be told from any text: there it is one of the test of all carriers.
        let is_broken = breaks(carrier) || layers.iter().any(|(way, _)| matches!(way % WAYS, 14 | 15));
        prop_assume!(!is_broken);
        prop_assert_eq!(is_masked(statement, code, carrier, &layers), Ok(()));
    }
}

/// Public statements, in everything that contains texts; `@` is the part that changes.
const OPEN: &[&str] = &[
    "image: quay.io/quay/quay:@",
    "replicas: 3@",
    "exec gunicorn --bind 0.0.0.0:80@ -w 4",
    "set -e\nmkdir -p /var/lib/a@\ncp -a x y",
    "server {\n  listen 80@;\n  ssl_certificate_key /etc/ssl/a.key;\n}",
    "password_file: /etc/a@",
    "secretName: a@",
    "existingSecret: a@",
    "curl -fsS https://quay.example.com/health/a@",
    "kubectl get secret a@ -o name",
    "kubectl rollout status deployment/a@",
    "docker run -u 1000:1@ x",
    "revision: 46334210eeb21aa6205215d1c4dbc40ea338188@",
    "LOG_LEVEL=debug@",
    "Passwort vergessen? Zimmer 4@",
    "La palabra clave: quay@",
    "Mot de passe oublié : voir page 3@",
    "パスワードの変更は 4@",
    "notes: |\n  the release is 3@",
    "import os\nif not password:\n    return 4@",
    "cat > app.conf <<EOF\nlisten 80@\nEOF",
    "zip -r a.zip dir@",
    "7z x a.7z -odir@",
    "date -u +%Y@",
    "mysql -P 330@",
    "echo changed the passwd of user@",
    "- name: WORKERS\n  value: a@",
    "a: 1\nb: {c: [d, e@]}",
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: b@}",
    "kind: Deployment\nspec: {template: {spec: {volumes: [{name: v, secret: {secretName: a@}}]}}}",
    "# the password is in the Secret a@",
    "The token is valid for 2h@",
    "passwords are hashed with bcrypt@",
    "os.getenv(\"HOME\", \"/root@\")",
    "sed -i s/HOST/h@/ app.conf",
    "expect \"yes/no\"\nsend yes@",
    "Log in with GitHub / Google, see page a@",
    "user = a@",
    "variable \"db_host\" {\n  default = \"h@\"\n}",
    "user nginx;\nworker_processes 4@;\n",
    "| user | host |\n|---|---|\n| admin | h@ |",
    "set -e; export HOME_DIR=/a@",
    "if token is Name.a@",
];

#[test]
fn what_is_public_is_still_shown_in_everything_that_carries_texts() {
    let mut problems = Vec::new();
    for statement in OPEN {
        // An ExternalSecret's data, what is written on a Secret, and a template that may make one are masked whole.
        let may_be_secret =
            |carrier: u8| breaks(carrier) && statement.contains("kind: ") && statement.contains("secret");
        for carrier in (0..CARRIERS).filter(|carrier| !matches!(carrier, 13..=15) && !may_be_secret(*carrier)) {
            let side = |value: &str| carried(statement.replace('@', value), carrier);
            let told = said(&[&side("1")], &[&side("2")]).remove(0);
            let wanted =
                statement.split('@').next().unwrap_or_default().rsplit(['\n', ' ', '[']).next().unwrap_or_default();
            if told.contains("secret)") || !told.contains(&format!("{wanted}2")) {
                problems.push(format!("{statement:?} in {carrier}: {told}"));
            }
        }
    }
    assert!(problems.is_empty(), "{} of them:\n{}", problems.len(), problems.join("\n"));
}
