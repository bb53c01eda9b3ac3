//! Encrypted connections, to the ports for HTTP and for SQL.

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use sluicegate_connector::{Class, Error};
use sluicegate_starrocks::client::{Begun, Failure, LoadOptions};
use sluicegate_starrocks::sql::Session;
use sluicegate_starrocks::{Client, Connection};
use sluicegate_test_servers::{Flavour, MySql, MySqlClient, MySqlOptions};
use starrocks_sim::{Settings, Simulator, Tls};
use tempfile::TempDir;

use crate::support::{USER, cluster_with};

const MINUTE: std::time::Duration = std::time::Duration::from_mins(1);

/// Certificates of one authority.
struct Certificates(TempDir);

impl Certificates {
    fn new() -> Self {
        let made = Self(TempDir::new().expect("a directory"));
        for name in ["ours", "another"] {
            let request = format!("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={name}");
            made.openssl(&format!("{request} -keyout {name}.key -out {name}.pem"));
        }
        made.certify("server", "DNS:localhost,IP:127.0.0.1");
        made.certify("elsewhere", "DNS:elsewhere.example");
        made
    }

    fn openssl(&self, arguments: &str) {
        let output = Command::new("openssl").current_dir(self.0.path()).args(arguments.split(' ')).output();
        let output = output.expect("openssl, which `scripts/setup test` installs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Makes a key and a certificate of our authority.
    fn certify(&self, name: &str, names: &str) {
        std::fs::write(self.file("names"), format!("subjectAltName={names}\n")).expect("a file");
        let request = format!("req -newkey rsa:2048 -nodes -subj /CN={name}");
        self.openssl(&format!("{request} -keyout {name}.key -out {name}.csr"));
        let by = "-CA ours.pem -CAkey ours.key -CAcreateserial";
        self.openssl(&format!("x509 -req -days 2 -in {name}.csr {by} -extfile names -out {name}.pem"));
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    async fn cluster(&self, name: &str, back_ends: bool) -> Simulator {
        let (certificate, key) = (self.file(&format!("{name}.pem")), self.file(&format!("{name}.key")));
        let tls = Some(Tls { certificate, key, back_ends });
        let simulator = cluster_with(Settings { tls, ..Settings::default() }).await;
        simulator
            .query("CREATE TABLE ods.t (id BIGINT NOT NULL) PRIMARY KEY(id) DISTRIBUTED BY HASH(id)")
            .expect("a table");
        simulator
    }
}

fn connection(fe: &[String], sql: &str, user: (&str, &str), tls: &Value) -> Connection {
    let connection = json!({
        "fe": fe, "sql": sql, "database": "ods", "user": user.0, "password": user.1, "tls": tls,
    });
    serde_json::from_value(connection).expect("a connection")
}

/// Loads a row by both ways.
async fn load(simulator: &Simulator, tls: &Value) -> Result<(), Error> {
    let connection = connection(&simulator.front_ends(), &simulator.sql(), USER, tls);
    let client = Client::new(&connection)?;
    let (options, rows) = (LoadOptions::default(), || br#"{"id":1}"#.to_vec().into());
    assert_eq!(client.begin("ods", "t", "l1", MINUTE).await.map_err(Failure::into_error)?, Begun::Yes);
    for done in [
        client.load("ods", "t", "l1", &options, rows()).await,
        client.prepare("ods", "t", "l1", MINUTE).await.map(drop),
        client.commit("ods", "t", "l1").await.map(drop),
        client.stream_load("ods", "t", "l2", &options, rows()).await.map(drop),
    ] {
        done.map_err(Failure::into_error)?;
    }
    Ok(())
}

fn refused(result: Result<(), Error>, words: &[&str]) {
    let error = result.expect_err("it is refused");
    assert_eq!(error.class(), Class::Configuration, "{error}");
    for word in words {
        assert!(error.to_string().contains(word), "{word}: {error}");
    }
    assert!(!error.to_string().contains(USER.1), "{error}");
}

#[tokio::test]
async fn loads_are_encrypted() {
    let files = Certificates::new();
    let ours = json!({ "ca": files.file("ours.pem"), "sql": false });
    let simulator = files.cluster("server", true).await;
    load(&simulator, &ours).await.unwrap();
    assert_eq!(simulator.query("SELECT id FROM ods.t").unwrap(), ["1"]);
    refused(
        load(&simulator, &Value::Null).await,
        &["its certificate is of an authority that is not trusted", "`ca` of `tls`"],
    );
    let another = json!({ "ca": files.file("another.pem"), "sql": false });
    refused(load(&simulator, &another).await, &["an authority that is not trusted"]);
    refused(load(&simulator, &json!({ "ca": "/not/there.pem" })).await, &["`ca` of `tls`", "/not/there.pem"]);
    refused(load(&simulator, &json!({ "ca": files.file("names") })).await, &["`ca` of `tls`"]);
}

#[tokio::test]
async fn a_certificate_of_another_name_is_refused() {
    let files = Certificates::new();
    let simulator = files.cluster("elsewhere", true).await;
    let ours = json!({ "ca": files.file("ours.pem"), "sql": false });
    refused(
        load(&simulator, &ours).await,
        &["its certificate is for another name", "127.0.0.1", "elsewhere"],
    );
    load(&simulator, &json!({ "skip_verification": true, "sql": false })).await.unwrap();
}

/// As servers do up to now: front ends that are asked by https name back ends that are asked by http.
#[tokio::test]
async fn nothing_goes_on_in_plain_text_unless_it_may() {
    let files = Certificates::new();
    let simulator = files.cluster("server", false).await;
    let ours = |plain: bool| json!({ "ca": files.file("ours.pem"), "sql": false, "plain_backends": plain });
    refused(load(&simulator, &ours(false)).await, &["by http", "plain text", "`plain_backends: true`"]);
    assert!(simulator.query("SELECT id FROM ods.t").unwrap().is_empty());
    load(&simulator, &ours(true)).await.unwrap();
}

/// The port for SQL, for which a MariaDB stands in: it speaks the same protocol, with encryption.
#[test]
fn questions_are_encrypted() {
    let files = Certificates::new();
    let path = |name: &str| files.file(name).display().to_string();
    let options = MySqlOptions::new(Flavour::MariaDb)
        .set("ssl-ca", path("ours.pem"))
        .set("ssl-cert", path("server.pem"))
        .set("ssl-key", path("server.key"));
    let server = MySql::start(options).expect("a server");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let ask = |tls: &Value| {
        let sql = format!("localhost:{}", server.port());
        let user = (MySqlClient::USER, MySqlClient::USER);
        let connection = connection(&["http://localhost".to_owned()], &sql, user, tls);
        runtime.block_on(async {
            let mut session = Session::open(&connection).await?;
            let rows: Vec<(String, String)> =
                session.rows("SHOW STATUS LIKE 'Ssl_cipher'", "status cannot be told").await?;
            session.close().await;
            Ok::<_, Error>(rows[0].1.clone())
        })
    };
    assert!(ask(&Value::Null).unwrap().is_empty(), "plain text");
    assert!(ask(&json!({ "ca": path("ours.pem"), "sql": false })).unwrap().is_empty(), "plain text");
    assert!(!ask(&json!({ "ca": path("ours.pem") })).unwrap().is_empty());
    assert!(!ask(&json!({ "skip_verification": true })).unwrap().is_empty());
    let another = ask(&json!({ "ca": path("another.pem") })).map(drop);
    refused(another, &["`ca` are the authorities to trust"]);
}
