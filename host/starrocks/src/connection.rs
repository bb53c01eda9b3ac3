//! How a cluster is reached.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::HeaderValue;
use hyper::http::uri::Authority;
use mysql_async::OptsBuilder;
use schemars::JsonSchema;
use serde::Deserialize;
use sluicegate_connector::Error;
use sluicegate_keys::Secret;
use sluicegate_model::units::TimeSpan;

/// A StarRocks cluster and how to reach it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StarRocksConnection")]
pub struct Connection {
    /// The front ends' HTTP addresses, `http://HOST:PORT` (8030). Name them all: where one is away the next is asked.
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
    pub(crate) fn front_ends(&self) -> Result<Vec<Authority>, Error> {
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
            .wait_timeout(Some(28_800)))
    }
}

fn front_end(url: &str) -> Result<Authority, Error> {
    let refused = |why: &str| {
        Error::configuration(format!("`fe` of the connection is no address of a front end: {why}"))
            .help("write http://HOST:8030")
    };
    if url.starts_with("https://") {
        return Err(refused("https is not spoken yet: front ends send loads on over http anyway"));
    }
    let rest = url.strip_prefix("http://").ok_or_else(|| refused("it does not begin with http://"))?;
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
    if authority.port().is_some() {
        return Ok(authority);
    }
    format!("{rest}:8030").parse().map_err(|_| refused("it names no host"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(fe: &str, sql: &str) -> Connection {
        Connection::plain(vec![fe.to_owned()], sql, "ods", "loader", Some(Secret::new("hush")))
    }

    #[test]
    fn addresses_are_taken_apart() {
        let fe = |url: &str| with(url, "h:9030").front_ends().map(|fe| fe[0].to_string());
        assert_eq!(fe("http://fe1").unwrap(), "fe1:8030");
        assert_eq!(fe("http://fe1:18030/").unwrap(), "fe1:18030");
        assert_eq!(fe("http://[::1]:8030").unwrap(), "[::1]:8030");
        for url in ["fe1:8030", "https://fe1", "http://", "http://u:hush@fe1", "http://fe1/api"] {
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
