//! What is special about a broker.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How a broker is started. The default serves most tests.
#[derive(Clone)]
pub struct KafkaOptions {
    pub(super) heap_mib: u32,
    pub(super) properties: BTreeMap<String, String>,
    pub(super) start_limit: Duration,
    pub(super) sasl: Option<(String, String)>,
    pub(super) scram: Option<(String, String)>,
    pub(super) tls: Option<PathBuf>,
    pub(super) client_authorities: Option<PathBuf>,
}

impl Default for KafkaOptions {
    fn default() -> Self {
        KafkaOptions {
            heap_mib: 512,
            properties: BTreeMap::new(),
            start_limit: Duration::from_secs(90),
            sasl: None,
            scram: None,
            tls: None,
            client_authorities: None,
        }
    }
}

impl std::fmt::Debug for KafkaOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KafkaOptions")
            .field("heap_mib", &self.heap_mib)
            .field("properties", &self.properties)
            .field("sasl_user", &self.sasl.as_ref().map(|(user, _)| user))
            .field("scram_user", &self.scram.as_ref().map(|(user, _)| user))
            .field("tls", &self.tls)
            .field("client_authorities", &self.client_authorities)
            .finish_non_exhaustive()
    }
}

impl KafkaOptions {
    /// The largest heap of the broker's Java machine, in MiB. 512 by default.
    #[must_use]
    pub fn heap_mib(mut self, mib: u32) -> Self {
        self.heap_mib = mib;
        self
    }

    /// Sets a property of the broker, over the value that tests use by default.
    #[must_use]
    pub fn property(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.properties.insert(key.into(), value.into());
        self
    }

    /// Adds a listener for SASL/PLAIN without encryption: [`Kafka::sasl_brokers`](super::Kafka::sasl_brokers).
    /// It knows one user. Neither word may hold a double quote or a backslash.
    #[must_use]
    pub fn sasl_plain(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.sasl = Some((user.into(), password.into()));
        self
    }

    /// Adds a listener for TLS: [`Kafka::tls_brokers`](super::Kafka::tls_brokers). The PEM file holds the server's
    /// private key (PKCS #8, unencrypted) and its certificate, which is to name the address 127.0.0.1.
    #[must_use]
    pub fn tls(mut self, key_and_certificate: impl AsRef<Path>) -> Self {
        self.tls = Some(key_and_certificate.as_ref().to_path_buf());
        self
    }

    /// Makes the listener of [`tls`](Self::tls) ask for SASL/SCRAM-SHA-512 too, of one user. As in
    /// [`sasl_plain`](Self::sasl_plain), neither word may hold a double quote or a backslash.
    #[must_use]
    pub fn scram(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.scram = Some((user.into(), password.into()));
        self
    }

    /// Makes the listener of [`tls`](Self::tls) ask its clients for a certificate of an authority in this PEM file.
    #[must_use]
    pub fn client_certificates(mut self, authorities: impl AsRef<Path>) -> Self {
        self.client_authorities = Some(authorities.as_ref().to_path_buf());
        self
    }
}
