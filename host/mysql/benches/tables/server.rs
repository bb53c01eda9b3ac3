//! A server, and the two ways into it.

use std::path::PathBuf;

use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, OptsBuilder, WhiteListFsHandler};
use sluicegate_connector::{Epoch, Error, Incarnations, LaneSpan, Sink as _, WriteError};
use sluicegate_model::{Lane, Position};
use sluicegate_mysql::{Connection, MySqlSink, Secret};
use sluicegate_test_servers::{Flavour, MySql, MySqlClient, MySqlOptions};
use tokio::runtime::Runtime;

use crate::rows::{Rows, TABLE};
use crate::{Took, measure};

/// Batches of an epoch: as many rows as come in a second.
const EPOCH: usize = 16;

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// A server with a table, and a file of its rows.
pub struct Target {
    server: MySql,
    client: MySqlClient,
    runtime: Runtime,
    file: PathBuf,
    rows: usize,
}

impl Target {
    /// Starts MariaDB and writes the file.
    pub fn start(rows: &Rows) -> Fallible<Self> {
        let options = MySqlOptions::new(Flavour::MariaDb)
            .set("innodb-buffer-pool-size", "1G")
            .set("innodb-log-file-size", "512M");
        let server = MySql::start(options)?;
        let mut client = MySqlClient::connect(server.port(), "test")?;
        client.execute(TABLE)?;
        let file = server.data_directory().join("rows.txt");
        std::fs::write(&file, &rows.lines)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        Ok(Self { server, client, runtime, file, rows: rows.count() })
    }

    /// Server and table, for people.
    pub fn about(&mut self) -> String {
        let version = self.client.lines("SELECT VERSION()").unwrap_or_default().join("");
        format!("MariaDB {version}, {TABLE}")
    }

    /// An empty table.
    fn empty(&mut self) -> Fallible<()> {
        self.client.execute("DROP TABLE orders")?;
        self.client.execute(TABLE)?;
        Ok(())
    }

    fn check(&mut self) -> Fallible<()> {
        let found = self.client.lines("SELECT COUNT(*) FROM orders")?;
        if found == [self.rows.to_string()] {
            Ok(())
        } else {
            Err(format!("there are {found:?} rows").into())
        }
    }

    /// The server loads the file in one statement.
    pub fn load_file(&mut self) -> Fallible<Took> {
        self.empty()?;
        let name = self.file.display().to_string();
        let options = OptsBuilder::default()
            .ip_or_hostname("127.0.0.1")
            .tcp_port(self.server.port())
            .user(Some(MySqlClient::USER))
            .pass(Some(MySqlClient::USER))
            .prefer_socket(false)
            .db_name(Some("test"))
            .local_infile_handler(Some(WhiteListFsHandler::new([self.file.clone()])));
        let mut conn = self.runtime.block_on(Conn::new(options))?;
        let load = format!("LOAD DATA LOCAL INFILE '{name}' INTO TABLE orders CHARACTER SET utf8mb4");
        let took = measure(self.server.pid(), || self.runtime.block_on(conn.query_drop(load)))?;
        self.runtime.block_on(conn.disconnect())?;
        self.check()?;
        Ok(took)
    }

    /// The sink writes the batches, with the positions of its epochs.
    pub fn write(&mut self, rows: &Rows, options: &str) -> Fallible<Took> {
        self.empty()?;
        let url = format!("mysql://127.0.0.1:{}/test", self.server.port());
        let connection = Connection::plain(url, MySqlClient::USER, Some(Secret::new(MySqlClient::USER)));
        let mut sink = MySqlSink::new(&connection, serde_json::from_str(options)?, "bench", "bench", None)?;
        let encoder = sink.encoder();
        let lane = Lane::from("bench/0");
        let incarnations = Incarnations::default();
        let incarnation = incarnations.begin(&lane);
        let mut writer = self.runtime.block_on(async {
            sink.prepare(&rows.batches[..1]).await?;
            let mut writer = sink.open().await?;
            writer.take(std::slice::from_ref(&lane)).await?;
            Ok::<_, sluicegate_connector::Error>(writer)
        })?;
        let position = |batch: usize| {
            let at = serde_json::json!({ "batch": batch }).as_object().cloned().unwrap_or_default();
            Position { v: 1, source: "bench".to_owned(), at }
        };
        // As in a pipeline: workers encode while the writer waits for the server.
        let (sender, mut encoded) = tokio::sync::mpsc::channel(2);
        let encode = move || {
            for batch in &rows.batches {
                if sender.blocking_send(encoder.encode(batch)).is_err() {
                    break;
                }
            }
        };
        let work = async {
            for (number, batches) in rows.batches.chunks(EPOCH).enumerate() {
                for _ in batches {
                    let rows = encoded.recv().await.ok_or_else(|| Error::fatal("the worker is gone"))??;
                    writer.write(rows).await?;
                }
                let span = LaneSpan {
                    lane: lane.clone(),
                    incarnation,
                    from: position(number * EPOCH),
                    to: position((number + 1) * EPOCH),
                    released: false,
                    note: None,
                };
                let number = number as u64;
                writer
                    .commit(&Epoch { number, lanes: vec![span], incarnations: incarnations.clone() })
                    .await?;
            }
            Ok::<(), WriteError>(())
        };
        let took = measure(self.server.pid(), || {
            std::thread::scope(|scope| {
                scope.spawn(encode);
                self.runtime.block_on(work)
            })
        });
        let took = took.map_err(|error| format!("{error:?}"))?;
        self.runtime.block_on(writer.close());
        self.check()?;
        self.client.execute("DELETE FROM sluicegate_positions")?;
        Ok(took)
    }
}
