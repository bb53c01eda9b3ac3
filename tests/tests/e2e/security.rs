//! Brokers that ask who is there: TLS, certificates of clients, SASL.

use std::path::{Path, PathBuf};
use std::process::Command;

use sluicegate_test_servers::{Kafka, KafkaOptions, unique_name};
use sluicegate_tests::{Bench, Order};

const PASSWORD: &str = "open-sesame-17";

/// Certificates of one authority: its own, and a key with a certificate of each name.
struct Authority<'a> {
    bench: &'a Bench,
    name: &'static str,
}

impl<'a> Authority<'a> {
    fn new(bench: &'a Bench, name: &'static str) -> Self {
        let authority = Authority { bench, name };
        let subject = format!("/CN={name}");
        authority.run(
            &["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", &subject],
            &["-keyout", &format!("{name}.key"), "-out", &format!("{name}.pem")],
        );
        authority
    }

    fn run(&self, arguments: &[&str], more: &[&str]) {
        let mut command = Command::new("openssl");
        command.current_dir(self.bench.directory()).args(arguments).args(more);
        let output = command.output().expect("openssl, which scripts/setup installs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn certificate(&self) -> PathBuf {
        self.bench.path(&format!("{}.pem", self.name))
    }

    /// Makes `NAME.key` and `NAME.crt`, for the address 127.0.0.1; gives a file with both.
    fn certify(&self, name: &str) -> PathBuf {
        let [key, request, certificate] = ["key", "csr", "crt"].map(|kind| format!("{name}.{kind}"));
        let subject = format!("/CN={name}");
        self.run(
            &["req", "-newkey", "rsa:2048", "-nodes", "-subj", &subject],
            &["-keyout", &key, "-out", &request],
        );
        self.bench.write("names.cnf", "subjectAltName=IP:127.0.0.1\n");
        let (ca, ca_key) = (format!("{}.pem", self.name), format!("{}.key", self.name));
        self.run(
            &[
                "x509",
                "-req",
                "-days",
                "2",
                "-in",
                &request,
                "-CA",
                &ca,
                "-CAkey",
                &ca_key,
                "-CAcreateserial",
            ],
            &["-extfile", "names.cnf", "-out", &certificate],
        );
        let read = |path: &str| std::fs::read_to_string(self.bench.path(path)).expect("what openssl made");
        self.bench.write(&format!("{name}.both.pem"), read(&key) + &read(&certificate))
    }
}

fn pipeline(topic: &str, brokers: &str, security: &str) -> String {
    format!(
        "pipeline: {topic}\n\
         connections:\n  main: {{ kafka: {{ brokers: \"{brokers}\", connect_timeout: 5s, security: {security} }} }}\n\
         source:\n  kafka: {{ connection: main, topics: [{topic}], format: ogg-json, start: earliest }}\n\
         sink:\n  kafka: {{ connection: main, topic: {topic}-out, format: json }}\n\
         dead_letters:\n  kafka: {{ connection: main, topic: {topic}-dead }}\n"
    )
}

fn topics(kafka: &Kafka, name: &str) -> String {
    let topic = unique_name(name);
    for name in [topic.clone(), format!("{topic}-out"), format!("{topic}-dead")] {
        kafka.create_topic(&name, 1, &[]).expect("a topic");
    }
    kafka.client().produce(&topic, [Order { id: 1, version: 1 }.insert()]).expect("a message");
    topic
}

#[test]
fn a_broker_that_asks_who_is_there() {
    let bench = Bench::new("security");
    let ours = Authority::new(&bench, "ours");
    let broker = ours.certify("broker");
    ours.certify("client");
    let others = Authority::new(&bench, "others");
    let options = KafkaOptions::default()
        .sasl_plain("ann", PASSWORD)
        .tls(broker)
        .scram("bob", PASSWORD)
        .client_certificates(ours.certificate());
    let kafka = Kafka::start(options).expect("a broker");

    let run = |topic: &str, brokers: &str, security: &str| {
        bench.write("pipeline.yaml", pipeline(topic, brokers, security));
        bench
            .command(["run", "pipeline.yaml", "--until", "end"])
            .env("KAFKA_PASSWORD", PASSWORD)
            .env("KAFKA_WRONG", "open-sesame-18")
            .finish()
    };
    let arrived = |topic: &str| {
        kafka.client().read_all_committed(&format!("{topic}-out")).expect("what came out").len()
    };

    let plain = |password: &str| {
        format!(r#"{{ sasl: {{ mechanism: plain, username: ann, password: "${{{password}}}" }} }}"#)
    };
    let topic = topics(&kafka, "sasl-plain");
    run(&topic, &kafka.sasl_brokers(), &plain("KAFKA_PASSWORD")).exits(0);
    assert_eq!(arrived(&topic), 1);
    let refused = run(&topic, &kafka.sasl_brokers(), &plain("KAFKA_WRONG"));
    refused.exits(2).says("Authentication failed").says("check `security`");
    assert!(!refused.to_string().contains("open-sesame"), "{refused}");

    let scram = |tls: &str| {
        format!(
            r#"{{ tls: {{ {tls} }}, sasl: {{ mechanism: scram-sha-512, username: bob, password: "${{KAFKA_PASSWORD}}" }} }}"#
        )
    };
    let file = |path: &Path| path.display().to_string();
    let client =
        format!("certificate: {}, key: {}", file(&bench.path("client.crt")), file(&bench.path("client.key")));
    let trusted = format!("ca: {}, {client}", file(&ours.certificate()));
    let topic = topics(&kafka, "sasl-ssl");
    run(&topic, &kafka.tls_brokers(), &scram(&trusted)).exits(0);
    assert_eq!(arrived(&topic), 1);

    let stranger = format!("ca: {}, {client}", file(&others.certificate()));
    run(&topic, &kafka.tls_brokers(), &scram(&stranger)).exits(2).says("certificate verify failed");
    let nobody = format!("ca: {}", file(&ours.certificate()));
    run(&topic, &kafka.tls_brokers(), &scram(&nobody)).exits(2).says("certificate");
    assert_eq!(arrived(&topic), 1);
}
