//! How a cluster is reached.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use sluicegate_connector::Error;
use sluicegate_keys::Secret;
use sluicegate_model::units::TimeSpan;

use crate::client::Settings;
use crate::guarded;

/// A Kafka cluster and how to reach it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Connection {
    /// Addresses to begin with, `host:port`, separated by commas. The others are found through them.
    pub brokers: String,
    /// Encryption and authentication; without it the connection is plain text.
    #[serde(default)]
    pub security: Security,
    /// How long a start waits for the first answer of a broker before it gives up.
    #[serde(default = "default_connect_timeout")]
    pub connect_timeout: TimeSpan,
    /// Any other setting of librdkafka, for every client of this connection. Settings that carry the guarantee
    /// are refused.
    #[serde(default)]
    pub librdkafka: Librdkafka,
}

fn default_connect_timeout() -> TimeSpan {
    TimeSpan(Duration::from_secs(10))
}

/// Encryption and authentication.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Security {
    /// Encryption. `{}` trusts the system's certificate authorities.
    pub tls: Option<Tls>,
    /// Authentication by SASL.
    pub sasl: Option<Sasl>,
}

/// Encryption by TLS.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// File with the certificates of the authorities to trust, PEM. Default: the system's.
    pub ca: Option<String>,
    /// File with the client's certificate, PEM.
    pub certificate: Option<String>,
    /// File with the client's private key, PEM.
    pub key: Option<String>,
    /// Password of the private key.
    pub key_password: Option<Secret>,
    /// Whether the broker's certificate must name the host that was connected to. Default: true.
    pub verify_host_name: Option<bool>,
}

/// Authentication by SASL.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sasl {
    /// How.
    pub mechanism: Mechanism,
    /// The user, for `plain` and `scram-*`.
    pub username: Option<String>,
    /// The password, for `plain` and `scram-*`.
    pub password: Option<Secret>,
}

/// A SASL mechanism. What `gssapi` and `oauthbearer` need besides is given as `sasl.*` under `librdkafka:`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mechanism {
    /// A user and a password.
    Plain,
    /// A user and a proof of the password, SHA-256.
    #[serde(rename = "scram-sha-256")]
    ScramSha256,
    /// A user and a proof of the password, SHA-512.
    #[serde(rename = "scram-sha-512")]
    ScramSha512,
    /// Kerberos.
    Gssapi,
    /// OAuth 2 tokens.
    Oauthbearer,
}

impl Mechanism {
    const fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha512 => "SCRAM-SHA-512",
            Self::Gssapi => "GSSAPI",
            Self::Oauthbearer => "OAUTHBEARER",
        }
    }
}

/// Settings of librdkafka by their own names. Values may be secrets: they are never printed.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Librdkafka(pub BTreeMap<String, Scalar>);

impl fmt::Debug for Librdkafka {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// A value as YAML has it.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Scalar {
    /// `true`, `false`.
    Flag(bool),
    /// A whole number.
    Whole(i64),
    /// A number with a point.
    Real(f64),
    /// Text.
    Text(String),
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(value) => value.fmt(f),
            Self::Whole(value) => value.fmt(f),
            Self::Real(value) => value.fmt(f),
            Self::Text(value) => f.write_str(value),
        }
    }
}

impl Librdkafka {
    /// Adds these settings to those of a client, over what is there.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for a setting that carries the guarantee.
    pub(crate) fn apply(&self, settings: &mut Settings) -> Result<(), Error> {
        for (key, value) in &self.0 {
            guarded::check(key)?;
            settings.set(key, value);
        }
        Ok(())
    }
}

impl Connection {
    /// A connection in plain text, with everything else at its default.
    pub fn plain(brokers: impl Into<String>) -> Self {
        Self {
            brokers: brokers.into(),
            security: Security::default(),
            connect_timeout: default_connect_timeout(),
            librdkafka: Librdkafka::default(),
        }
    }

    /// What every client of this cluster is set to.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for options that do not fit together.
    pub(crate) fn settings(&self) -> Result<Settings, Error> {
        let mut settings = Settings::default();
        settings
            .set("client.id", "sluicegate")
            .set("log.connection.close", false)
            // Also how often librdkafka looks for a broker to connect to, at a start for one: 50 ms by default.
            .set("reconnect.backoff.ms", 20)
            .set("reconnect.backoff.max.ms", 2_000)
            .set("socket.connection.setup.timeout.ms", self.connect_timeout.0.as_millis().max(1_000))
            .set("allow.auto.create.topics", false);
        self.security.apply(&mut settings)?;
        self.librdkafka.apply(&mut settings)?;
        settings.set("bootstrap.servers", &self.brokers);
        Ok(settings)
    }
}

impl Security {
    fn apply(&self, settings: &mut Settings) -> Result<(), Error> {
        let protocol = match (&self.tls, &self.sasl) {
            (None, None) => return Ok(()),
            (Some(_), None) => "ssl",
            (None, Some(_)) => "sasl_plaintext",
            (Some(_), Some(_)) => "sasl_ssl",
        };
        settings.set("security.protocol", protocol);
        if let Some(tls) = &self.tls {
            let files = [
                ("ssl.ca.location", &tls.ca),
                ("ssl.certificate.location", &tls.certificate),
                ("ssl.key.location", &tls.key),
            ];
            for (key, file) in files {
                if let Some(file) = file {
                    settings.set(key, file);
                }
            }
            if tls.certificate.is_some() != tls.key.is_some() {
                return Err(Error::configuration("tls has only one of `certificate` and `key`")
                    .help("a client that shows a certificate needs both"));
            }
            if let Some(password) = &tls.key_password {
                settings.set("ssl.key.password", password.text());
            }
            let verify = tls.verify_host_name.unwrap_or(true);
            settings.set("ssl.endpoint.identification.algorithm", if verify { "https" } else { "none" });
        }
        if let Some(sasl) = &self.sasl {
            settings.set("sasl.mechanism", sasl.mechanism.name());
            let by_password = !matches!(sasl.mechanism, Mechanism::Gssapi | Mechanism::Oauthbearer);
            match (by_password, &sasl.username, &sasl.password) {
                (true, Some(username), Some(password)) => {
                    settings.set("sasl.username", username).set("sasl.password", password.text());
                }
                (false, None, None) => {}
                (true, _, _) => {
                    let what = format!("sasl {} needs `username` and `password`", sasl.mechanism.name());
                    return Err(Error::configuration(what));
                }
                (false, _, _) => {
                    let what = format!("sasl {} has no `username` or `password`", sasl.mechanism.name());
                    return Err(Error::configuration(what).help("give its settings under `librdkafka:`"));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(json: &str) -> Result<Settings, Error> {
        serde_json::from_str::<Connection>(json).unwrap().settings()
    }

    #[test]
    fn security_becomes_librdkafka_settings() {
        let text = r#"{"brokers": "b:9093", "security": {
            "tls": {"ca": "/ca.pem"}, "sasl": {"mechanism": "scram-sha-512", "username": "u", "password": "p"}}}"#;
        let settings = settings(text).unwrap();
        assert_eq!(settings.get("security.protocol"), Some("sasl_ssl"));
        assert_eq!(settings.get("ssl.ca.location"), Some("/ca.pem"));
        assert_eq!(settings.get("ssl.endpoint.identification.algorithm"), Some("https"));
        assert_eq!(settings.get("sasl.mechanism"), Some("SCRAM-SHA-512"));
        assert_eq!(settings.get("sasl.password"), Some("p"));
    }

    #[test]
    fn a_mechanism_without_its_password_is_refused() {
        let text = r#"{"brokers": "b", "security": {"sasl": {"mechanism": "plain", "username": "u"}}}"#;
        assert!(settings(text).unwrap_err().to_string().contains("PLAIN needs `username` and `password`"));
    }

    #[test]
    fn secrets_are_never_printed() {
        let text = r#"{"brokers": "b", "librdkafka": {"sasl.password": "hush1"}, "security": {
            "tls": {"key_password": "hush2"},
            "sasl": {"mechanism": "plain", "username": "u", "password": "hush3"}}}"#;
        let connection: Connection = serde_json::from_str(text).unwrap();
        assert!(!format!("{connection:?}").contains("hush"));
        assert!(!format!("{:?}", connection.settings().unwrap()).contains("hush"));
    }

    #[test]
    fn unknown_keys_are_refused() {
        assert!(serde_json::from_str::<Connection>(r#"{"brokers": "b", "broker": 1}"#).is_err());
    }
}
