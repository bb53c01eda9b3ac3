//! The lease of a pipeline in a row.

use async_trait::async_trait;
use sluicegate_connector::{Error, Holder, Lease};

use super::table::{self, LEASES};
use crate::Connection;
use crate::client::Session;
use crate::sql::text::quoted;

/// The lease of a pipeline whose positions a MySQL or MariaDB keeps.
pub struct MySqlLease {
    connection: Connection,
    pipeline: String,
    process: String,
    instance: String,
    session: Option<Session>,
}

impl MySqlLease {
    /// Of a pipeline, for an instance. Nothing is asked of the server yet.
    pub fn new(connection: Connection, pipeline: String, instance: String) -> Self {
        let process = format!("{:032x}", rand::random::<u128>());
        Self { connection, pipeline, process, instance, session: None }
    }

    async fn session(&mut self) -> Result<&mut Session, Error> {
        let known = self.session.take().filter(|session| !session.is_broken());
        let session = if let Some(session) = known {
            session
        } else {
            let mut session = Session::open(&self.connection, &[], &[]).await?;
            table::ensure(&mut session).await?;
            session
        };
        Ok(self.session.insert(session))
    }
}

#[async_trait]
impl Lease for MySqlLease {
    fn process(&self) -> &str {
        &self.process
    }

    fn instance(&self) -> &str {
        &self.instance
    }

    async fn look(&mut self) -> Result<Option<Holder>, Error> {
        let sql = format!(
            "SELECT process, instance, beat, released FROM {LEASES} WHERE pipeline = {}",
            quoted(&self.pipeline)
        );
        let what = "the lease of the pipeline cannot be read";
        let row: Option<(String, String, u64, bool)> = self.session().await?.first(sql, what).await?;
        Ok(row.map(|(process, instance, beat, released)| Holder { process, instance, beat, released }))
    }

    async fn put(&mut self, seen: Option<&Holder>, next: &Holder) -> Result<bool, Error> {
        let (pipeline, process) = (quoted(&self.pipeline), quoted(&next.process));
        let (instance, beat, released) = (quoted(&next.instance), next.beat, u8::from(next.released));
        let sql = match seen {
            None => format!(
                "INSERT IGNORE INTO {LEASES} (pipeline, process, instance, beat, released) VALUES \
                 ({pipeline},{process},{instance},{beat},{released})"
            ),
            Some(seen) => format!(
                "UPDATE {LEASES} SET process = {process}, instance = {instance}, beat = {beat}, released = {released} WHERE \
                 pipeline = {pipeline} AND process = {} AND beat = {}",
                quoted(&seen.process),
                seen.beat
            ),
        };
        let done = self.session().await?.run(sql.as_bytes()).await;
        let done =
            done.map_err(|failure| failure.into_error("the lease of the pipeline cannot be written"))?;
        Ok(done.rows == 1)
    }
}
