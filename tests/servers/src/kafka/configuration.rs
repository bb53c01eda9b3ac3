//! The broker's properties.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::options::KafkaOptions;

/// The ports of a broker.
#[derive(Clone, Debug)]
pub(super) struct Ports {
    pub(super) plain: u16,
    pub(super) controller: u16,
    pub(super) sasl: u16,
    pub(super) tls: u16,
}

impl Ports {
    /// How many there are.
    pub(super) const COUNT: usize = 4;

    /// From [`COUNT`](Self::COUNT) free ports.
    pub(super) fn new(ports: &[u16]) -> Self {
        Ports { plain: ports[0], controller: ports[1], sasl: ports[2], tls: ports[3] }
    }
}

/// What every test broker gets: one node for all partitions, quick rebalances, small.
const DEFAULTS: &[(&str, &str)] = &[
    ("process.roles", "broker,controller"),
    ("node.id", "1"),
    ("controller.listener.names", "CONTROLLER"),
    ("inter.broker.listener.name", "PLAINTEXT"),
    ("offsets.topic.replication.factor", "1"),
    ("offsets.topic.num.partitions", "4"),
    ("transaction.state.log.replication.factor", "1"),
    ("transaction.state.log.min.isr", "1"),
    ("transaction.state.log.num.partitions", "4"),
    // A misspelt topic is an error in a test, not a new topic.
    ("auto.create.topics.enable", "false"),
    ("group.initial.rebalance.delay.ms", "0"),
    ("group.min.session.timeout.ms", "1000"),
    // How soon after its time-out a dead producer's transaction is aborted. 10 s by default.
    ("transaction.abort.timed.out.transaction.cleanup.interval.ms", "500"),
    // Messages of tests carry times long past: by default they would be deleted under a reader.
    ("log.retention.ms", "-1"),
    // After a kill the controller refuses the broker's new incarnation until the session of the old one has ended.
    ("broker.session.timeout.ms", "5000"),
    ("broker.heartbeat.interval.ms", "500"),
    // 128 MiB of the heap by default.
    ("log.cleaner.dedupe.buffer.size", "4194304"),
    ("num.network.threads", "2"),
    ("num.io.threads", "4"),
];

/// The text of `server.properties`.
pub(super) fn properties(options: &KafkaOptions, ports: &Ports, data: &Path) -> String {
    let mut properties: BTreeMap<String, String> =
        DEFAULTS.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let mut set = |key: &str, value: String| properties.insert(key.to_owned(), value);

    let mut listeners = format!("PLAINTEXT://127.0.0.1:{}", ports.plain);
    let tls = if options.scram.is_some() { "SASL_SSL" } else { "SSL" };
    set(
        "listener.security.protocol.map",
        format!("CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:{tls}"),
    );
    if let Some((user, password)) = &options.sasl {
        let _ = write!(listeners, ",SASL://127.0.0.1:{}", ports.sasl);
        set("listener.name.sasl.sasl.enabled.mechanisms", "PLAIN".to_owned());
        set(
            "listener.name.sasl.plain.sasl.jaas.config",
            format!(
                "org.apache.kafka.common.security.plain.PlainLoginModule required user_{user}=\"{password}\";"
            ),
        );
    }
    if let Some(file) = &options.tls {
        let _ = write!(listeners, ",TLS://127.0.0.1:{}", ports.tls);
        set("listener.name.tls.ssl.keystore.type", "PEM".to_owned());
        set("listener.name.tls.ssl.keystore.location", file.display().to_string());
        if let Some(authorities) = &options.client_authorities {
            set("listener.name.tls.ssl.client.auth", "required".to_owned());
            set("listener.name.tls.ssl.truststore.type", "PEM".to_owned());
            set("listener.name.tls.ssl.truststore.location", authorities.display().to_string());
        }
        if options.scram.is_some() {
            set("listener.name.tls.sasl.enabled.mechanisms", "SCRAM-SHA-512".to_owned());
            let module = "org.apache.kafka.common.security.scram.ScramLoginModule required;";
            set("listener.name.tls.scram-sha-512.sasl.jaas.config", module.to_owned());
        }
    }
    set("advertised.listeners", listeners.clone());
    let _ = write!(listeners, ",CONTROLLER://127.0.0.1:{}", ports.controller);
    set("listeners", listeners);
    set("controller.quorum.voters", format!("1@127.0.0.1:{}", ports.controller));
    set("log.dirs", data.display().to_string());

    properties.extend(options.properties.clone());
    properties.iter().fold(String::new(), |mut text, (key, value)| {
        // In this format a backslash starts an escape.
        let _ = writeln!(text, "{key}={}", value.replace('\\', "\\\\"));
        text
    })
}

/// A new cluster id: 16 bytes in URL-safe base64, as Kafka's own ids are. It does not start with a dash, which a
/// command line would take for an option.
pub(super) fn cluster_id() -> String {
    let mut bytes: [u8; 16] = rand::random();
    bytes[0] &= 0x7f;
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_win_over_defaults() {
        let ports = Ports::new(&[1, 2, 3, 4]);
        let options = KafkaOptions::default().property("num.io.threads", "9").property("x", r"a\b");
        let text = properties(&options, &ports, Path::new("/d"));
        let lines: Vec<&str> = text.lines().collect();
        for line in [
            "num.io.threads=9",
            r"x=a\\b",
            "advertised.listeners=PLAINTEXT://127.0.0.1:1",
            "listeners=PLAINTEXT://127.0.0.1:1,CONTROLLER://127.0.0.1:2",
        ] {
            assert!(lines.contains(&line), "{line} is not in\n{text}");
        }
        assert_eq!(lines.iter().filter(|line| line.starts_with("num.io.threads=")).count(), 1);
    }

    #[test]
    fn a_password_is_not_shown() {
        let options = KafkaOptions::default().sasl_plain("ann", "hush-hush");
        assert!(!format!("{options:?}").contains("hush"));
    }

    #[test]
    fn cluster_ids_are_22_characters_and_no_option() {
        for _ in 0..200 {
            let id = cluster_id();
            assert_eq!(id.len(), 22);
            assert!(!id.starts_with('-'));
        }
    }
}
