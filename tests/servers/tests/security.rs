//! Listeners with a login and with encryption.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use sluicegate_test_servers::{Kafka, KafkaOptions, unique_name};

/// A self-signed certificate for 127.0.0.1: the file with key and certificate, and the certificate alone.
fn certificate(directory: &Path) -> (PathBuf, PathBuf) {
    let [key, certificate, both] = ["key.pem", "certificate.pem", "both.pem"].map(|f| directory.join(f));
    let output = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"])
        .args(["-addext", "subjectAltName=IP:127.0.0.1"])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .expect("openssl, which `scripts/setup test` installs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = [&key, &certificate].map(|file| std::fs::read_to_string(file).unwrap()).concat();
    std::fs::write(&both, text).unwrap();
    (both, certificate)
}

/// Whether the broker answers such a client within `limit`.
fn connects(config: &mut ClientConfig, limit: Duration) -> bool {
    let consumer: BaseConsumer = config.set("log_level", "0").create().unwrap();
    consumer.fetch_metadata(None, limit).is_ok()
}

/// Long enough for an answer on a busy machine.
const ANSWERED: Duration = Duration::from_secs(30);

/// Long enough to be refused. A refused client tries again until its time is over.
const REFUSED: Duration = Duration::from_secs(3);

#[test]
fn a_login_and_a_certificate_are_asked_for() {
    let directory = std::env::temp_dir().join(unique_name("sluicegate-certificate"));
    std::fs::create_dir_all(&directory).unwrap();
    let (both, certificate) = certificate(&directory);
    let kafka = Kafka::start(KafkaOptions::default().sasl_plain("ann", "hush").tls(both)).unwrap();

    let login = |password: &str, limit| {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", kafka.sasl_brokers()).set("security.protocol", "sasl_plaintext");
        config.set("sasl.mechanism", "PLAIN").set("sasl.username", "ann").set("sasl.password", password);
        connects(&mut config, limit)
    };
    assert!(login("hush", ANSWERED));
    assert!(!login("wrong", REFUSED));

    let encrypted = |authority: Option<&Path>, limit| {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", kafka.tls_brokers()).set("security.protocol", "ssl");
        if let Some(file) = authority {
            config.set("ssl.ca.location", file.display().to_string());
        }
        connects(&mut config, limit)
    };
    assert!(encrypted(Some(&certificate), ANSWERED));
    assert!(!encrypted(None, REFUSED), "an unknown certificate is not trusted");
    std::fs::remove_dir_all(directory).unwrap();
}
