//! How a cluster is reached.

use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::HeaderValue;
use hyper::http::uri::{Authority, Scheme};
use mysql_async::{OptsBuilder, SslOpts};
use schemars::JsonSchema;
use serde::Deserialize;
use sluicegate_connector::Error;
use sluicegate_keys::Secret;
use sluicegate_model::units::TimeSpan;

/// Encryption by TLS.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StarRocksTls")]
pub struct Tls {
    /// File with the certificates of the authorities to trust, PEM. Default: the well-known ones.
    pub ca: Option<PathBuf>,
    /// Takes any certificate: what is sent is encrypted, and nobody knows for whom. Default: false.
    #[serde(default)]
    pub skip_verification: bool,
    /// Whether the port for SQL is encrypted too. Default: true.
    #[serde(default = "yes")]
    pub sql: bool,
    /// Lets front ends that are asked by https send rows and the password on to back ends by http, in plain text: what front
    /// ends do up to now. Where nobody else is on the network between. Default: false, such a redirect is an error.
    #[serde(default)]
    pub plain_backends: bool,
}

impl Tls {
    /// As it concerns requests.
    pub(crate) fn options(&self) -> sluicegate_tls::Options<'_> {
        let (ca, skip_verification) = (self.ca.as_deref(), self.skip_verification);
        sluicegate_tls::Options { ca, skip_verification, identity: None }
    }
}

fn yes() -> bool {
    true
}

/// A front end's HTTP port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FrontEnd {
    pub(crate) scheme: Scheme,
    pub(crate) authority: Authority,
}

/// A StarRocks cluster and how to reach it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StarRocksConnection")]
pub struct Connection {
    /// The front ends' HTTP addresses, `http://HOST:PORT` (8030) or `https://HOST:PORT` (8443). Name them all: where one is
    /// away the next is asked.
    pub fe: Vec<String>,
    /// A front end's address for SQL, `HOST:PORT` (9030): tables are looked at there.
    pub sql: String,
    /// The database of tables whose names have none.
    pub database: String,
    /// The user.
    pub user: String,
    /// The password, as a reference: `"${file:/run/secrets/starrocks}"`.
    pub password: Option<Secret>,
    /// Hosts that a front end may send rows and the password on to: the back ends' (or compute nodes'), `HOST` or
    /// `HOST:PORT`, with `*` for any part of it. The hosts of `fe` need not be named. Default: none but those.
    #[serde(default)]
    pub backends: Vec<String>,
    /// Encryption. Without it `https` trusts the well-known certificate authorities, and the port for SQL is plain text.
    pub tls: Option<Tls>,
    /// How long a connection may take to be made.
    #[serde(default = "connect_timeout")]
    pub connect_timeout: TimeSpan,
    /// How long one request may take, and one statement. Then it is given up, and found out what came of it.
    #[serde(default = "request_timeout")]
    pub request_timeout: TimeSpan,
}

fn connect_timeout() -> TimeSpan {
    TimeSpan(Duration::from_secs(10))
}

fn request_timeout() -> TimeSpan {
    TimeSpan(Duration::from_mins(5))
}

impl Connection {
    /// A connection with everything else at its default.
    pub fn plain(
        fe: Vec<String>,
        sql: impl Into<String>,
        database: impl Into<String>,
        user: impl Into<String>,
        password: Option<Secret>,
    ) -> Self {
        Self {
            fe,
            sql: sql.into(),
            database: database.into(),
            user: user.into(),
            password,
            backends: Vec::new(),
            tls: None,
            connect_timeout: connect_timeout(),
            request_timeout: request_timeout(),
        }
    }

    /// Looks whether the keys fit together.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`].
    pub fn check(&self) -> Result<(), Error> {
        self.front_ends()?;
        self.sql_address()?;
        self.authorization()?;
        if self.database.is_empty() {
            return Err(Error::configuration("`database` of the connection is empty"));
        }
        Ok(())
    }

    /// The front ends, in the order in which they are asked.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for what is no address.
    pub(crate) fn front_ends(&self) -> Result<Vec<FrontEnd>, Error> {
        if self.fe.is_empty() {
            let what = "`fe` of the connection names no front end";
            return Err(Error::configuration(what).help("write http://HOST:8030"));
        }
        self.fe.iter().map(|url| front_end(url)).collect()
    }

    /// What a request proves its sender with. It is marked as secret, so that no log shows it.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for a user that HTTP has no room for.
    pub(crate) fn authorization(&self) -> Result<HeaderValue, Error> {
        if self.user.contains(':') {
            return Err(Error::configuration(
                "`user` of the connection has a colon, after which HTTP expects the password",
            ));
        }
        let password = self.password.as_ref().map_or("", Secret::text);
        let token = STANDARD.encode(format!("{}:{password}", self.user));
        let mut value = HeaderValue::from_str(&format!("Basic {token}")).map_err(|_| {
            Error::configuration("`user` or `password` of the connection cannot stand in a request")
        })?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// Host and port for SQL.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for what is no address.
    pub(crate) fn sql_address(&self) -> Result<(String, u16), Error> {
        let refused = |why: &str| {
            Error::configuration(format!("`sql` of the connection is no address: {why}"))
                .help("write HOST:9030")
        };
        let text = self.sql.strip_prefix("mysql://").unwrap_or(&self.sql);
        let authority: Authority = text.parse().map_err(|_| refused("it is not HOST:PORT"))?;
        if text.contains('@') {
            return Err(refused("user and password stand beside it, in `user` and `password`"));
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        Ok((host.to_owned(), authority.port_u16().unwrap_or(9030)))
    }

    /// What the client library for SQL is told.
    ///
    /// # Errors
    /// As [`Connection::sql_address`].
    pub(crate) fn sql_options(&self) -> Result<OptsBuilder, Error> {
        let (host, port) = self.sql_address()?;
        Ok(OptsBuilder::default()
            .ip_or_hostname(host)
            .tcp_port(port)
            .user(Some(self.user.clone()))
            .pass(self.password.as_ref().map(Secret::text))
            .prefer_socket(false)
            .stmt_cache_size(0)
            // Else it asks for them, by names of variables that the server may lack.
            .max_allowed_packet(Some(16 << 20))
            .wait_timeout(Some(28_800))
            .ssl_opts(self.sql_encryption()?))
    }

    fn sql_encryption(&self) -> Result<Option<SslOpts>, Error> {
        let Some(tls) = self.tls.as_ref().filter(|tls| tls.sql) else { return Ok(None) };
        let mut options = SslOpts::default()
            .with_danger_accept_invalid_certs(tls.skip_verification)
            .with_danger_skip_domain_validation(tls.skip_verification);
        if let Some(ca) = &tls.ca {
            File::open(ca).map_err(|error| {
                Error::configuration(format!("`ca` of `tls` cannot be read: {}", ca.display()))
                    .caused_by(error)
            })?;
            options = options.with_root_certs(vec![ca.clone().into()]).with_disable_built_in_roots(true);
        }
        Ok(Some(options))
    }
}

fn front_end(url: &str) -> Result<FrontEnd, Error> {
    let refused = |why: &str| {
        Error::configuration(format!("`fe` of the connection is no address of a front end: {why}"))
            .help("write http://HOST:8030 or https://HOST:8443")
    };
    let (scheme, port, rest) = if let Some(rest) = url.strip_prefix("https://") {
        (Scheme::HTTPS, 8443, rest)
    } else if let Some(rest) = url.strip_prefix("http://") {
        (Scheme::HTTP, 8030, rest)
    } else {
        return Err(refused("it does not begin with http:// or https://"));
    };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    if rest.contains('@') {
        return Err(refused("user and password stand beside it, in `user` and `password`"));
    }
    if rest.contains(['/', '?', '#']) {
        return Err(refused("a path does not stand in it"));
    }
    let authority: Authority = rest.parse().map_err(|_| refused("it names no host"))?;
    if authority.host().is_empty() {
        return Err(refused("it names no host"));
    }
    let authority = match authority.port() {
        Some(_) => authority,
        None => format!("{rest}:{port}").parse().map_err(|_| refused("it names no host"))?,
    };
    Ok(FrontEnd { scheme, authority })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(fe: &str, sql: &str) -> Connection {
        Connection::plain(vec![fe.to_owned()], sql, "ods", "loader", Some(Secret::new("hush")))
    }

    #[test]
    fn addresses_are_taken_apart() {
        let fe = |url: &str| {
            let found = with(url, "h:9030").front_ends();
            found.map(|fe| format!("{} {}", fe[0].scheme, fe[0].authority))
        };
        assert_eq!(fe("http://fe1").unwrap(), "http fe1:8030");
        assert_eq!(fe("http://fe1:18030/").unwrap(), "http fe1:18030");
        assert_eq!(fe("http://[::1]:8030").unwrap(), "http [::1]:8030");
        assert_eq!(fe("https://fe1").unwrap(), "https fe1:8443");
        for url in ["fe1:8030", "ftp://fe1", "http://", "http://u:hush@fe1", "http://fe1/api"] {
            let error = fe(url).unwrap_err().to_string();
            assert!(error.contains("no address") && !error.contains("hush"), "{error}");
        }
        assert_eq!(with("http://a", "mysql://db").sql_address().unwrap(), ("db".to_owned(), 9030));
        assert_eq!(with("http://a", "[::1]:19030").sql_address().unwrap(), ("::1".to_owned(), 19_030));
        assert!(with("http://a", "u@db:9030").sql_address().is_err());
    }

    #[test]
    fn the_password_is_everything_after_the_first_colon() {
        let mut connection = with("http://a", "h:9030");
        let value = connection.authorization().unwrap();
        assert_eq!(value, "Basic bG9hZGVyOmh1c2g=");
        assert!(!format!("{value:?} {connection:?}").contains("bG9h"));
        assert!(!format!("{connection:?}").contains("hush"));
        connection.user = "a:b".to_owned();
        assert!(connection.authorization().is_err());
    }
}
