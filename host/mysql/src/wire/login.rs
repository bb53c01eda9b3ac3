//! From an address to a channel whose server knows us.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html>

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use mysql_async::{DriverError, Error as Native};
use mysql_common::constants::CapabilityFlags as Capabilities;
use mysql_common::crypto;
use mysql_common::io::ParseBuf;
use mysql_common::packets::{AuthPlugin, AuthSwitchRequest, HandshakePacket, HandshakeResponse, SslRequest};
use mysql_common::proto::MySerialize;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;

use super::answer::{Answer, refusal, unexpected};
use super::channel::Channel;
use crate::connection::Target;

/// Bytes of a packet that we take, at most.
const MOST: u32 = 1 << 30;

/// `utf8mb4_general_ci`
const COLLATION: u8 = 45;

/// Bytes of what a password is mixed with.
const NONCE_LEN: usize = 20;

/// What `caching_sha2_password` says, and is told.
mod sha2 {
    /// The password is known from before, and was right.
    pub const KNOWN: u8 = 3;
    /// It is to be sent.
    pub const SEND: u8 = 4;
    /// What the server's public key is asked for with.
    pub const ASK_FOR_KEY: u8 = 2;
}

/// Connects and logs in.
///
/// # Errors
/// The server's, and the socket's.
pub async fn log_in(target: &Target<'_>) -> Result<Channel, Native> {
    let socket = TcpStream::connect((&*target.host, target.port)).await?;
    socket.set_nodelay(true)?;
    SockRef::from(&socket).set_tcp_keepalive(&TcpKeepalive::new().with_time(target.keep_alive))?;
    let mut channel = Channel::new(socket);
    let greeting = channel.read().await?;
    if let Some(refused) = refusal(&greeting) {
        return Err(refused);
    }
    let greeting: HandshakePacket<'_> = ParseBuf(&greeting).parse(())?;
    let wanted = Capabilities::CLIENT_PROTOCOL_41
        | Capabilities::CLIENT_SECURE_CONNECTION
        | Capabilities::CLIENT_LONG_PASSWORD
        | Capabilities::CLIENT_TRANSACTIONS
        | Capabilities::CLIENT_PLUGIN_AUTH;
    let mut capabilities = greeting.capabilities() & wanted;
    if target.database.is_some() {
        capabilities |= Capabilities::CLIENT_CONNECT_WITH_DB;
    }
    if let Some((config, name)) = &target.tls {
        if !greeting.capabilities().contains(Capabilities::CLIENT_SSL) {
            return Err(DriverError::NoClientSslFlagFromServer.into());
        }
        capabilities |= Capabilities::CLIENT_SSL;
        channel.write(&bytes_of(&SslRequest::new(capabilities, MOST, COLLATION))).await?;
        channel = channel.encrypt(Arc::clone(config), name.clone()).await?;
    }
    let mut nonce = [greeting.scramble_1_ref(), greeting.scramble_2_ref().unwrap_or_default()].concat();
    // A byte that ends it follows.
    nonce.resize(NONCE_LEN, 0);
    let plugin = match greeting.auth_plugin() {
        Some(AuthPlugin::CachingSha2Password) => AuthPlugin::CachingSha2Password,
        // What the account needs is said next.
        _ => AuthPlugin::MysqlNativePassword,
    };
    let said = plugin.gen_data(target.password, &nonce);
    let about = HashMap::from([("program_name".to_owned(), "sluicegate".to_owned())]);
    let response = HandshakeResponse::new(
        said.as_deref(),
        greeting.server_version_parsed().unwrap_or_default(),
        Some(target.user.as_bytes()),
        target.database.as_deref().map(str::as_bytes),
        Some(plugin.clone()),
        capabilities,
        Some(about),
        MOST,
    );
    channel.write(&bytes_of(&response)).await?;
    prove(channel, target, plugin, nonce).await
}

/// Says what the server asks for until it is content.
async fn prove(
    mut channel: Channel,
    target: &Target<'_>,
    mut plugin: AuthPlugin<'static>,
    mut nonce: Vec<u8>,
) -> Result<Channel, Native> {
    loop {
        match channel.answer().await? {
            Answer::Ok(_) => return Ok(channel),
            Answer::End(rest) => {
                let packet = [&[0xfe], &rest[..]].concat();
                let switch: AuthSwitchRequest<'_> = ParseBuf(&packet).parse(())?;
                plugin = known(&switch)?;
                nonce = switch.plugin_data().to_vec();
                let said = plugin.gen_data(target.password, &nonce);
                channel.write(said.as_deref().unwrap_or_default()).await?;
            }
            Answer::More(rest) if plugin == AuthPlugin::CachingSha2Password => match rest.first() {
                Some(&sha2::KNOWN) => {}
                Some(&sha2::SEND) => send_password(&mut channel, target, &nonce).await?,
                _ => return Err(unexpected(&rest)),
            },
            Answer::More(rest) => return Err(unexpected(&rest)),
        }
    }
}

/// A way to log in that is known here.
fn known(switch: &AuthSwitchRequest<'_>) -> Result<AuthPlugin<'static>, Native> {
    match switch.auth_plugin() {
        AuthPlugin::MysqlNativePassword => Ok(AuthPlugin::MysqlNativePassword),
        AuthPlugin::CachingSha2Password => Ok(AuthPlugin::CachingSha2Password),
        AuthPlugin::Ed25519 => Ok(AuthPlugin::Ed25519),
        other => {
            let name = String::from_utf8_lossy(other.as_bytes()).into_owned();
            Err(DriverError::UnknownAuthPlugin { name }.into())
        }
    }
}

/// The password itself, which nobody between can read: the channel is encrypted, or it is, by the server's public key.
async fn send_password(channel: &mut Channel, target: &Target<'_>, nonce: &[u8]) -> Result<(), Native> {
    let mut password = target.password.unwrap_or_default().as_bytes().to_vec();
    password.push(0);
    if channel.is_encrypted() {
        return channel.write(&password).await;
    }
    channel.write(&[sha2::ASK_FOR_KEY]).await?;
    let key: Bytes = match channel.answer().await? {
        Answer::More(key) => key,
        Answer::Ok(rest) | Answer::End(rest) => return Err(unexpected(&rest)),
    };
    for (byte, mixed) in password.iter_mut().zip(nonce.iter().cycle()) {
        *byte ^= mixed;
    }
    channel.write(&crypto::encrypt(&password, &key)).await
}

fn bytes_of(packet: &impl MySerialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    packet.serialize(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sluicegate_test_servers::{Flavour, MySql};
    use tokio::runtime::Runtime;

    use super::*;
    use crate::Connection;

    /// Logs in, and says whether that was encrypted.
    fn try_it(connection: &serde_json::Value) -> Result<bool, Native> {
        let connection: Connection = serde_json::from_value(connection.clone()).unwrap();
        let target = connection.target().unwrap();
        Runtime::new().unwrap().block_on(async {
            let mut channel = log_in(&target).await?;
            channel.run("SET @greeting = 'hello'").await?;
            Ok(channel.is_encrypted())
        })
    }

    /// A server asks for the password itself once, and then remembers it.
    #[test]
    fn a_password_is_sent_by_key_or_encrypted_and_then_remembered() {
        let mut database = MySql::shared(Flavour::MySql).unwrap().database("login").unwrap();
        let url = format!("mysql://127.0.0.1:{}", database.port());
        for (number, tls) in [json!(null), json!({ "skip_verification": true })].into_iter().enumerate() {
            let user = format!("u{number}{:x}", rand::random::<u64>());
            let password = "a longer one than what it is mixed with";
            let sql = format!("CREATE USER {user} IDENTIFIED WITH caching_sha2_password BY '{password}'");
            database.client().execute(&sql).unwrap();
            let right = json!({ "url": url, "user": user, "password": password, "tls": tls });
            let wrong = json!({ "url": url, "user": user, "password": "another", "tls": tls });
            for _ in 0..2 {
                assert_eq!(try_it(&right).unwrap(), !tls.is_null());
                let refused = try_it(&wrong);
                assert!(matches!(&refused, Err(Native::Server(error)) if error.code == 1045), "{refused:?}");
            }
            database.client().execute(&format!("DROP USER {user}")).unwrap();
        }
    }

    #[test]
    fn an_account_without_a_password_needs_none() {
        for flavour in Flavour::ALL {
            let mut database = MySql::shared(flavour).unwrap().database("login").unwrap();
            let user = format!("u{:x}", rand::random::<u64>());
            database.client().execute(&format!("CREATE USER {user}")).unwrap();
            let url = format!("mysql://127.0.0.1:{}", database.port());
            assert!(!try_it(&json!({ "url": url, "user": user })).unwrap());
            database.client().execute(&format!("DROP USER {user}")).unwrap();
        }
    }
}
