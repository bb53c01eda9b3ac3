//! How a server is reached.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use mysql_async::{ClientIdentity, OptsBuilder, SslOpts};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use schemars::JsonSchema;
use serde::Deserialize;
use sluicegate_connector::Error;
use sluicegate_keys::Secret;
use sluicegate_model::units::TimeSpan;

/// A MySQL or MariaDB server and how to reach it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MySqlConnection")]
pub struct Connection {
    /// The server and the database, `mysql://HOST:PORT/DATABASE`. The port may be left out (3306). The database is that
    /// of tables whose names have none; positions are kept there.
    pub url: String,
    /// The user.
    pub user: String,
    /// The password, as a reference: `"${file:/run/secrets/mysql}"`.
    pub password: Option<Secret>,
    /// Encryption. `{}` trusts the well-known certificate authorities; without it the connection is plain text.
    pub tls: Option<Tls>,
    /// How long a connection may take to be made.
    #[serde(default = "connect_timeout")]
    pub connect_timeout: TimeSpan,
    /// How long one statement may take. Then the connection is given up, and the epoch is tried again.
    #[serde(default = "statement_timeout")]
    pub statement_timeout: TimeSpan,
    /// How often TCP asks an idle connection whether the server is still there.
    #[serde(default = "keep_alive")]
    pub keep_alive: TimeSpan,
}

fn connect_timeout() -> TimeSpan {
    TimeSpan(Duration::from_secs(10))
}

fn statement_timeout() -> TimeSpan {
    TimeSpan(Duration::from_mins(5))
}

fn keep_alive() -> TimeSpan {
    TimeSpan(Duration::from_secs(15))
}

/// Encryption by TLS.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MySqlTls")]
pub struct Tls {
    /// File with the certificates of the authorities to trust, PEM. Default: the well-known ones.
    pub ca: Option<PathBuf>,
    /// File with the client's certificate, PEM.
    pub certificate: Option<PathBuf>,
    /// File with the client's private key, PEM.
    pub key: Option<PathBuf>,
    /// The name that the server's certificate must have. Default: the host of `url`.
    pub server_name: Option<String>,
    /// Takes any certificate: the connection is encrypted, and nobody knows with whom. Default: false. Certificates that a
    /// MySQL server made for itself have no name, and are taken in no other way.
    #[serde(default)]
    pub skip_verification: bool,
}

/// Where a channel of our own goes, and as whom.
pub(crate) struct Target<'a> {
    /// The server's host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The database that names without one mean.
    pub database: Option<String>,
    /// The user.
    pub user: &'a str,
    /// The password.
    pub password: Option<&'a str>,
    /// How it is encrypted, and the name that the server's certificate must have.
    pub tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
    /// After how long a silence the kernel asks whether the server is still there.
    pub keep_alive: Duration,
}

/// A URL, taken apart.
#[derive(Debug, PartialEq, Eq)]
struct Address {
    host: String,
    port: u16,
    database: Option<String>,
}

impl Address {
    fn parse(url: &str) -> Result<Self, Error> {
        let refused = |why: &str| {
            Error::configuration(format!("`url` of the connection is no address of a server: {why}"))
                .help("write mysql://HOST:PORT/DATABASE")
        };
        let rest = url
            .strip_prefix("mysql://")
            .or_else(|| url.strip_prefix("mariadb://"))
            .ok_or_else(|| refused("it does not begin with mysql://"))?;
        if rest.contains(['@', '?', '#']) {
            return Err(refused("user, password and options do not stand in it")
                .help("write mysql://HOST:PORT/DATABASE, and `user`, `password`, `tls` beside it"));
        }
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = match authority.strip_prefix('[') {
            Some(v6) => {
                let (host, port) = v6.split_once(']').ok_or_else(|| refused("a bracket is not closed"))?;
                (host, port.strip_prefix(':'))
            }
            None => match authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            },
        };
        if host.is_empty() {
            return Err(refused("it names no host"));
        }
        if database.contains('/') {
            return Err(refused("a database has no slash in its name here"));
        }
        let port = match port {
            None => 3306,
            Some(port) => port.parse().map_err(|_| refused("the port is no number from 1 to 65535"))?,
        };
        let database = (!database.is_empty()).then(|| database.to_owned());
        Ok(Self { host: host.to_owned(), port, database })
    }
}

impl Connection {
    /// A connection in plain text, with everything else at its default.
    pub fn plain(url: impl Into<String>, user: impl Into<String>, password: Option<Secret>) -> Self {
        Self {
            url: url.into(),
            user: user.into(),
            password,
            tls: None,
            connect_timeout: connect_timeout(),
            statement_timeout: statement_timeout(),
            keep_alive: keep_alive(),
        }
    }

    /// The database that the URL names.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] where it names none, or is no URL.
    pub fn database(&self) -> Result<String, Error> {
        Address::parse(&self.url)?.database.ok_or_else(|| {
            Error::configuration("`url` of the connection names no database")
                .help("write mysql://HOST:PORT/DATABASE: positions are kept in that database")
        })
    }

    /// Host and port, for people.
    pub(crate) fn address(&self) -> String {
        Address::parse(&self.url).map_or_else(
            |_| "(no address)".to_owned(),
            |address| format!("{}:{}", address.host, address.port),
        )
    }

    /// Where a channel of our own goes.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for options that do not fit together.
    pub(crate) fn target(&self) -> Result<Target<'_>, Error> {
        let Address { host, port, database } = Address::parse(&self.url)?;
        let tls = self.tls.as_ref().map(|tls| tls.config(&host)).transpose()?;
        let password = self.password.as_ref().map(Secret::text);
        let keep_alive = self.keep_alive.0;
        Ok(Target { host, port, database, user: &self.user, password, tls, keep_alive })
    }

    /// What the client library is told.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for options that do not fit together.
    pub(crate) fn options(&self) -> Result<OptsBuilder, Error> {
        let Address { host, port, database } = Address::parse(&self.url)?;
        let tls = self.tls.as_ref().map(Tls::options).transpose()?;
        Ok(OptsBuilder::default()
            .ip_or_hostname(host)
            .tcp_port(port)
            .user(Some(self.user.clone()))
            .pass(self.password.as_ref().map(Secret::text))
            .db_name(database)
            .tcp_keepalive(Some(self.keep_alive.0))
            // A socket would be another server, or a way around TLS.
            .prefer_socket(false)
            .stmt_cache_size(0)
            // Updates tell whether there was a row, not whether it changed.
            .client_found_rows(true)
            .connect_attribute("program_name", "sluicegate")
            .ssl_opts(tls))
    }
}

impl Tls {
    fn options(&self) -> Result<SslOpts, Error> {
        let files = [("ca", &self.ca), ("certificate", &self.certificate), ("key", &self.key)];
        for (name, file) in files.into_iter().filter_map(|(name, file)| Some((name, file.as_ref()?))) {
            File::open(file).map_err(|error| {
                Error::configuration(format!("`{name}` of tls cannot be read: {}", file.display()))
                    .caused_by(error)
            })?;
        }
        // The client's own switch for certificates of another name knows the words of an older TLS library, and does
        // nothing with this one: a name is given instead.
        let mut options = SslOpts::default()
            .with_danger_accept_invalid_certs(self.skip_verification)
            .with_danger_skip_domain_validation(self.skip_verification)
            .with_danger_tls_hostname_override(self.server_name.clone());
        if let Some(ca) = &self.ca {
            options = options.with_root_certs(vec![ca.clone().into()]).with_disable_built_in_roots(true);
        }
        let identity = self.identity()?;
        let identity = identity.map(|(certificate, key)| {
            ClientIdentity::new(certificate.to_owned().into(), key.to_owned().into())
        });
        Ok(options.with_client_identity(identity))
    }

    /// The files of certificate and key, if there are any.
    fn identity(&self) -> Result<Option<(&Path, &Path)>, Error> {
        match (&self.certificate, &self.key) {
            (None, None) => Ok(None),
            (Some(certificate), Some(key)) => Ok(Some((certificate, key))),
            _ => Err(Error::configuration("tls has only one of `certificate` and `key`")
                .help("a client that shows a certificate needs both")),
        }
    }

    /// How a channel of our own is encrypted, and the name that the server's certificate must have.
    fn config(&self, host: &str) -> Result<(Arc<ClientConfig>, ServerName<'static>), Error> {
        let options = sluicegate_tls::Options {
            ca: self.ca.as_deref(),
            skip_verification: self.skip_verification,
            identity: self.identity()?,
        };
        let name = self.server_name.as_deref().unwrap_or(host);
        let name = ServerName::try_from(name.to_owned()).map_err(|error| {
            Error::configuration(format!("no certificate can have the name {name:?}")).caused_by(error)
        })?;
        Ok((Arc::new(sluicegate_tls::config(&options)?), name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart() {
        let address = |url: &str| Address::parse(url).unwrap();
        let expected = |host: &str, port, database: Option<&str>| Address {
            host: host.to_owned(),
            port,
            database: database.map(str::to_owned),
        };
        assert_eq!(address("mysql://db.example:3307/ods"), expected("db.example", 3307, Some("ods")));
        assert_eq!(address("mariadb://10.0.0.1"), expected("10.0.0.1", 3306, None));
        assert_eq!(address("mysql://[::1]:33/x"), expected("::1", 33, Some("x")));
        for url in
            ["db:3306", "mysql://", "mysql://u:p@h/d", "mysql://h:x/d", "mysql://h/d?ssl=1", "mysql://[::1"]
        {
            assert!(Address::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_password_in_the_url_is_not_repeated() {
        let error = Address::parse("mysql://root:hush@h/d").unwrap_err().to_string();
        assert!(error.contains("`user`, `password`") && !error.contains("hush"), "{error}");
    }

    #[test]
    fn secrets_are_never_printed() {
        let connection = Connection::plain("mysql://h/d", "u", Some(Secret::new("hush")));
        assert!(!format!("{connection:?}").contains("hush"));
    }
}
