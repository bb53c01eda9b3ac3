//! Accounts with the passwords that servers know, with encryption and without.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use sluicegate_connector::{Class, Error};
use sluicegate_mysql::{Connection, MySqlSink, MySqlSource, SourceOptions};
use sluicegate_test_servers::{Flavour, MySql, MySqlClient, MySqlOptions, unique_name};
use tokio::runtime::Runtime;

use crate::support::{Process, database, on_each_server, options};

on_each_server!(an_encrypted_server);

/// Certificates of one authority, in a folder that goes with them.
struct Certificates(PathBuf);

impl Certificates {
    fn new() -> Self {
        let made = Self(std::env::temp_dir().join(unique_name("sluicegate-certificates")));
        std::fs::create_dir_all(&made.0).unwrap();
        made.authority("ours");
        made.authority("another");
        made
    }

    fn openssl(&self, arguments: &str) {
        let output = Command::new("openssl").current_dir(&self.0).args(arguments.split(' ')).output();
        let output = output.expect("openssl, which `scripts/setup test` installs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn authority(&self, name: &str) {
        let request = format!("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={name}");
        self.openssl(&format!("{request} -keyout {name}.key -out {name}.pem"));
    }

    /// Makes a key and a certificate of our authority for the name `localhost`.
    fn certify(&self, name: &str) {
        std::fs::write(self.0.join("names"), "subjectAltName=DNS:localhost\n").unwrap();
        let request = format!("req -newkey rsa:2048 -nodes -subj /CN={name}");
        self.openssl(&format!("{request} -keyout {name}.key -out {name}.csr"));
        let by = "-CA ours.pem -CAkey ours.key -CAcreateserial";
        self.openssl(&format!("x509 -req -days 2 -in {name}.csr {by} -extfile names -out {name}.pem"));
    }

    fn file(&self, name: &str) -> String {
        path(&self.0.join(name))
    }
}

fn path(path: &Path) -> String {
    path.display().to_string()
}

impl Drop for Certificates {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// As a user, whose password is the user's name.
fn connection(port: u16, host: &str, user: &str, tls: &Value) -> Connection {
    let url = format!("mysql://{host}:{port}/test");
    let connection = json!({ "url": url, "user": user, "password": user, "tls": tls });
    serde_json::from_value(connection).unwrap()
}

/// Makes the tables of positions.
fn log_in(port: u16, host: &str, user: &str, tls: &Value) -> Result<(), Error> {
    let connection = connection(port, host, user, tls);
    MySqlSink::new(&connection, options("{}"), "pipeline", "host-1", None)?;
    Process::new(&connection, options("{}")).prepare(&[])
}

/// The same, and reads the server's log.
fn log_in_and_read(port: u16, host: &str, user: &str, tls: &Value) -> Result<(), Error> {
    log_in(port, host, user, tls)?;
    let connection = connection(port, host, user, tls);
    let of_none = SourceOptions::new(["test.none"]);
    let sample = MySqlSource::sample(&connection, &of_none, 1);
    Runtime::new().unwrap().block_on(sample).map(drop)
}

fn refused(result: Result<(), Error>, words: &[&str]) {
    let error = result.unwrap_err();
    assert_eq!(error.class(), Class::Configuration, "{error}");
    for word in words {
        assert!(error.to_string().contains(word), "{word:?} is not in {error}");
    }
}

fn an_encrypted_server(flavour: Flavour) {
    let files = Certificates::new();
    files.certify("server");
    files.certify("client");
    let mut options = MySqlOptions::new(flavour)
        .set("ssl-ca", files.file("ours.pem"))
        .set("ssl-cert", files.file("server.pem"))
        .set("ssl-key", files.file("server.key"));
    if flavour != Flavour::MariaDb {
        options = options.set("loose-mysql-native-password", "ON");
    }
    let server = MySql::start(options).unwrap();
    let port = server.port();
    let mut client = server.client().unwrap();
    client.execute("CREATE USER enc IDENTIFIED BY 'enc' REQUIRE SSL; GRANT ALL ON test.* TO enc; GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO enc").unwrap();
    client
        .execute("CREATE USER known IDENTIFIED BY 'known' REQUIRE X509; GRANT ALL ON test.* TO known; GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO known")
        .unwrap();

    let ours = json!({ "ca": files.file("ours.pem") });
    log_in_and_read(port, "localhost", "enc", &ours).unwrap();
    refused(log_in(port, "localhost", "enc", &Value::Null), &["1045", "(`tls`)"]);
    refused(log_in(port, "localhost", "known", &ours), &["1045"]);
    let shown = json!({ "ca": files.file("ours.pem"), "certificate": files.file("client.pem"), "key": files.file("client.key") });
    log_in_and_read(port, "localhost", "known", &shown).unwrap();

    // Whom the client trusts.
    let another = json!({ "ca": files.file("another.pem") });
    refused(log_in(port, "localhost", "enc", &another), &["invalid peer certificate", "`ca`"]);
    refused(log_in(port, "localhost", "enc", &json!({})), &["invalid peer certificate"]);
    refused(log_in(port, "127.0.0.1", "enc", &ours), &["not valid for name", "`server_name`"]);
    let named = json!({ "ca": files.file("ours.pem"), "server_name": "localhost" });
    log_in_and_read(port, "127.0.0.1", "enc", &named).unwrap();
    log_in_and_read(port, "127.0.0.1", "enc", &json!({ "skip_verification": true })).unwrap();
    refused(
        log_in(port, "localhost", "enc", &json!({ "ca": "/not/there.pem" })),
        &["`ca`", "/not/there.pem"],
    );

    passwords(&server, &mut client, &ours);
    // As tests start it, MariaDB has no certificate, and MySQL one that it made for itself and that names nobody.
    let shared = database(flavour);
    let encrypted = log_in(shared.port(), "localhost", MySqlClient::USER, &ours);
    let words = if flavour == Flavour::MariaDb { "knows no encryption" } else { "invalid peer certificate" };
    refused(encrypted, &[words]);
    if flavour != Flavour::MariaDb {
        client.execute("SET GLOBAL require_secure_transport = ON").unwrap();
        let plain = log_in(port, "localhost", MySqlClient::USER, &Value::Null);
        refused(plain, &["3159", "set `tls`"]);
    }
}

/// Each kind of password, in plain text and encrypted.
fn passwords(server: &MySql, client: &mut MySqlClient, tls: &Value) {
    let mut kinds = Vec::new();
    if server.flavour() == Flavour::MariaDb {
        kinds.push(("mysql_native_password", "VIA mysql_native_password USING PASSWORD('USER')"));
        match client.execute("INSTALL SONAME 'auth_ed25519'") {
            Ok(_) => kinds.push(("ed25519", "VIA ed25519 USING PASSWORD('USER')")),
            // Of Debian's package `mariadb-server`, where tests need only `mariadb-server-core`.
            Err(error) => eprintln!("ed25519 is not tried: {error}"),
        }
    } else {
        kinds.push(("caching_sha2_password", "WITH caching_sha2_password BY 'USER'"));
        // MySQL 9 does not have it any more.
        if client.lines("SELECT VERSION()").unwrap()[0].starts_with('8') {
            kinds.push(("mysql_native_password", "WITH mysql_native_password BY 'USER'"));
        }
    }
    for (kind, identified) in kinds {
        // Another account each: a server remembers a password that was right once, and asks less the next time.
        for (number, tls) in [&Value::Null, tls].into_iter().enumerate() {
            let user = format!("u{number}_{kind}");
            let identified = identified.replace("USER", &user);
            client.execute(&format!("CREATE USER {user} IDENTIFIED {identified}")).unwrap();
            client.execute(&format!("GRANT ALL ON test.* TO {user}")).unwrap();
            let replication = "GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.*";
            client.execute(&format!("{replication} TO {user}")).unwrap();
            for _ in 0..2 {
                log_in_and_read(server.port(), "localhost", &user, tls)
                    .unwrap_or_else(|error| panic!("{user}: {error}"));
            }
        }
    }
}
