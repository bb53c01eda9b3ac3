//! The port.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use opensrv_mysql::{
    AsyncMysqlIntermediary, AsyncMysqlShim, Column, ColumnFlags, ColumnType, ErrorKind, InitWriter,
    OkResponse, ParamParser, QueryResultWriter, StatementMetaWriter,
};
use tokio::io::AsyncWrite;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::Given;
use crate::cluster::Cluster;
use crate::faults::{Kind, Operation};
use crate::http::Listener;

/// Listens for SQL. Port 0: a free one.
///
/// # Errors
/// The system's.
pub async fn listen(address: SocketAddr, cluster: Arc<Cluster>) -> io::Result<Listener> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let task = tokio::spawn(async move {
        let mut sessions = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            let session =
                Session { cluster: Arc::clone(&cluster), database: String::new(), number: next_number() };
            sessions.spawn(async move {
                let (reader, writer) = stream.into_split();
                // The other side may close whenever it likes.
                let _ = AsyncMysqlIntermediary::run_on(session, reader, writer).await;
            });
            while sessions.try_join_next().is_some() {}
        }
    });
    Ok(Listener::of(address, task))
}

fn next_number() -> u32 {
    static LAST: AtomicU32 = AtomicU32::new(0);
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}

struct Session {
    cluster: Arc<Cluster>,
    database: String,
    number: u32,
}

#[async_trait]
impl<W: AsyncWrite + Send + Unpin> AsyncMysqlShim<W> for Session {
    type Error = io::Error;

    fn version(&self) -> String {
        "8.0.33".to_owned()
    }

    fn connect_id(&self) -> u32 {
        self.number
    }

    async fn authenticate(&self, _: &str, user: &[u8], salt: &[u8], proof: &[u8]) -> bool {
        let user = String::from_utf8_lossy(user);
        self.cluster.password(&user).is_some_and(|password| is_proof(password, salt, proof))
    }

    async fn on_prepare<'a>(&'a mut self, _: &'a str, info: StatementMetaWriter<'a, W>) -> io::Result<()> {
        info.error(ErrorKind::ER_UNKNOWN_ERROR, b"prepared statements are not simulated").await
    }

    async fn on_execute<'a>(
        &'a mut self,
        _: u32,
        _: ParamParser<'a>,
        results: QueryResultWriter<'a, W>,
    ) -> io::Result<()> {
        results.error(ErrorKind::ER_UNKNOWN_ERROR, b"prepared statements are not simulated").await
    }

    async fn on_close(&mut self, _: u32) {}

    async fn on_init<'a>(&'a mut self, database: &'a str, writer: InitWriter<'a, W>) -> io::Result<()> {
        if self.cluster.state().databases.contains_key(database) {
            database.clone_into(&mut self.database);
            return writer.ok().await;
        }
        let why = format!("Unknown database '{database}'");
        writer.error(ErrorKind::ER_BAD_DB_ERROR, why.as_bytes()).await
    }

    async fn on_query<'a>(&'a mut self, sql: &'a str, results: QueryResultWriter<'a, W>) -> io::Result<()> {
        match self.cluster.faults.strike(Operation::Sql) {
            Some(Kind::Fails(words)) => {
                return results.error(ErrorKind::ER_UNKNOWN_ERROR, words.as_bytes()).await;
            }
            Some(Kind::Slow(pause)) => tokio::time::sleep(pause).await,
            Some(_) => return Err(io::Error::other("lost")),
            None => {}
        }
        let given = self.cluster.state().run(sql, &mut self.database);
        match given {
            Ok(Given::Done) => results.completed(OkResponse::default()).await,
            Ok(Given::Rows(rows)) => {
                let column = |name: &String| Column {
                    table: String::new(),
                    column: name.clone(),
                    coltype: ColumnType::MYSQL_TYPE_VAR_STRING,
                    colflags: ColumnFlags::empty(),
                };
                let columns: Vec<Column> = rows.columns.iter().map(column).collect();
                let mut writer = results.start(&columns).await?;
                for row in &rows.rows {
                    writer.write_row(row).await?;
                }
                writer.finish().await
            }
            Err(why) => results.error(ErrorKind::ER_PARSE_ERROR, why.0.as_bytes()).await,
        }
    }
}

/// Whether a client proves that it knows a password, as `mysql_native_password` has it:
/// SHA1(password) XOR SHA1(salt, SHA1(SHA1(password))).
fn is_proof(password: &str, salt: &[u8], proof: &[u8]) -> bool {
    use sha1::{Digest as _, Sha1};
    if password.is_empty() {
        return proof.is_empty();
    }
    let once = Sha1::digest(password.as_bytes());
    let twice = Sha1::digest(once);
    let salted = Sha1::new().chain_update(salt).chain_update(twice).finalize();
    proof.len() == once.len()
        && once.iter().zip(salted).zip(proof).all(|((one, other), proof)| one ^ other == *proof)
}
