//! The listeners, and what can be done to them.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use crate::be::BackEnd;
use crate::cluster::{Cluster, Settings, State, TransactionState};
use crate::faults::{Fault, Kind, Operation};
use crate::fe::FrontEnd;
use crate::http::{Answering, Handler, Listener};
use crate::sql::server;
use crate::tls;

/// A cluster that listens on ports of 127.0.0.1. It ends when it is dropped.
#[derive(Debug)]
pub struct Simulator {
    cluster: Arc<Cluster>,
    front_ends: Vec<(SocketAddr, Option<Listener>)>,
    back_ends: Vec<(SocketAddr, Option<Listener>)>,
    sql: (SocketAddr, Option<Listener>),
}

/// Ports; 0 is a free one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ports {
    /// Of the leader, and those behind it of the followers.
    pub front_end: u16,
    /// Of the first back end, and those behind it of the others.
    pub back_end: u16,
    /// For SQL.
    pub sql: u16,
}

impl Simulator {
    /// Starts a cluster on free ports.
    ///
    /// # Errors
    /// The system's.
    pub async fn start(settings: Settings) -> io::Result<Self> {
        Self::start_on(settings, Ports::default()).await
    }

    /// Starts a cluster.
    ///
    /// # Errors
    /// The system's: a port that is in use.
    pub async fn start_on(settings: Settings, ports: Ports) -> io::Result<Self> {
        let cluster = Arc::new(Cluster::new(settings));
        let port = |first: u16, number: usize| if first == 0 { 0 } else { first + number as u16 };
        let mut front_ends = Vec::new();
        for number in 0..cluster.settings.front_ends {
            let listener = front_end(&cluster, number, local(port(ports.front_end, number))).await?;
            front_ends.push((listener.address, Some(listener)));
        }
        let mut back_ends = Vec::new();
        for number in 0..cluster.settings.back_ends {
            let listener = back_end(&cluster, number, local(port(ports.back_end, number))).await?;
            back_ends.push((listener.address, Some(listener)));
        }
        let sql = server::listen(local(ports.sql), Arc::clone(&cluster)).await?;
        let tls = cluster.settings.tls.as_ref();
        let urls = |of: &[(SocketAddr, Option<Listener>)], encrypted: bool| {
            let scheme = if encrypted { "https" } else { "http" };
            of.iter().map(|(address, _)| format!("{scheme}://{address}")).collect()
        };
        {
            let mut state = cluster.state();
            state.front_ends = urls(&front_ends, tls.is_some());
            state.back_ends = urls(&back_ends, tls.is_some_and(|tls| tls.back_ends));
        }
        Ok(Self { cluster, front_ends, back_ends, sql: (sql.address, Some(sql)) })
    }

    /// The front ends' HTTP addresses, the leader's first: `http://127.0.0.1:PORT`, or `https`.
    pub fn front_ends(&self) -> Vec<String> {
        self.cluster.state().front_ends.clone()
    }

    /// The back ends' addresses: `127.0.0.1:PORT`.
    pub fn back_ends(&self) -> Vec<String> {
        self.back_ends.iter().map(|(address, _)| address.to_string()).collect()
    }

    /// The address for SQL: `127.0.0.1:PORT`.
    pub fn sql(&self) -> String {
        self.sql.0.to_string()
    }

    /// Has something go wrong at the next `times` operations.
    pub fn fault(&self, at: Operation, kind: Kind, times: usize) {
        self.cluster.faults.add(Fault { at, kind, times });
    }

    /// Has nothing go wrong any more.
    pub fn clear_faults(&self) {
        self.cluster.faults.clear();
    }

    /// Runs a statement; gives its rows as text, `NULL` where there is nothing, with `|` between columns.
    ///
    /// # Errors
    /// The server's words.
    pub fn query(&self, sql: &str) -> Result<Vec<String>, String> {
        self.cluster.state().query(sql)
    }

    /// Gives up the changes of tables that are not made yet.
    pub fn cancel_changes(&self, reason: &str) {
        self.cluster.state().cancel_alters(reason);
    }

    /// Where the last transaction of a label stands; `None`: nothing is known of it.
    pub fn transaction(&self, database: &str, label: &str) -> Option<TransactionState> {
        let mut state = self.cluster.state();
        state.databases.get_mut(database)?.transactions.find(label).map(|found| found.state)
    }

    /// Labels of a database with their states, oldest first.
    pub fn labels(&self, database: &str) -> Vec<(String, TransactionState)> {
        let state = self.cluster.state();
        let found = state.databases.get(database).map(|database| database.transactions.iter());
        found.into_iter().flatten().map(|found| (found.label.clone(), found.state)).collect()
    }

    /// `format` of each plain load that came, in order.
    pub fn formats(&self) -> Vec<String> {
        self.cluster.state().formats.clone()
    }

    /// Stops a front end and starts it again: connections end, and where it leads, transactions that were not prepared
    /// are gone.
    ///
    /// # Errors
    /// The system's.
    pub async fn restart_front_end(&mut self, number: usize) -> io::Result<()> {
        self.stop_front_end(number).await;
        self.start_front_end(number).await
    }

    /// Stops a front end.
    pub async fn stop_front_end(&mut self, number: usize) {
        if let Some(listener) = self.front_ends[number].1.take() {
            listener.stop().await;
        }
        if number == 0 {
            self.cluster.state().restart_front_end();
        }
    }

    /// Starts a front end that was stopped.
    ///
    /// # Errors
    /// The system's.
    pub async fn start_front_end(&mut self, number: usize) -> io::Result<()> {
        let address = self.front_ends[number].0;
        self.front_ends[number].1 = Some(front_end(&self.cluster, number, address).await?);
        Ok(())
    }

    /// Stops a back end and starts it again: connections end, and what it held of transactions is gone.
    ///
    /// # Errors
    /// The system's.
    pub async fn restart_back_end(&mut self, number: usize) -> io::Result<()> {
        self.stop_back_end(number).await;
        self.start_back_end(number).await
    }

    /// Stops a back end.
    pub async fn stop_back_end(&mut self, number: usize) {
        if let Some(listener) = self.back_ends[number].1.take() {
            listener.stop().await;
        }
        self.cluster.state().restart_back_end(number);
    }

    /// Starts a back end that was stopped.
    ///
    /// # Errors
    /// The system's.
    pub async fn start_back_end(&mut self, number: usize) -> io::Result<()> {
        let address = self.back_ends[number].0;
        self.back_ends[number].1 = Some(back_end(&self.cluster, number, address).await?);
        Ok(())
    }
}

impl State {
    fn query(&mut self, sql: &str) -> Result<Vec<String>, String> {
        let given = self.run(sql, &mut String::new()).map_err(|why| why.0)?;
        let crate::sql::Given::Rows(rows) = given else { return Ok(Vec::new()) };
        let shown = |cell: &crate::convert::Cell| match cell {
            None => "NULL".to_owned(),
            Some(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => text.to_owned(),
                Err(_) => bytes.iter().fold("0x".to_owned(), |text, byte| format!("{text}{byte:02X}")),
            },
        };
        Ok(rows.rows.iter().map(|row| row.iter().map(shown).collect::<Vec<_>>().join("|")).collect())
    }
}

fn local(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

async fn front_end(cluster: &Arc<Cluster>, number: usize, address: SocketAddr) -> io::Result<Listener> {
    let acceptor = cluster.settings.tls.as_ref().map(tls::acceptor).transpose()?;
    let front_end = FrontEnd { cluster: Arc::clone(cluster), number };
    let handler: Handler =
        Arc::new(move |request| -> Answering { Box::pin(front_end.clone().answer(request)) });
    Listener::http(address, handler, acceptor).await
}

async fn back_end(cluster: &Arc<Cluster>, number: usize, address: SocketAddr) -> io::Result<Listener> {
    let encrypted = cluster.settings.tls.as_ref().filter(|tls| tls.back_ends);
    let acceptor = encrypted.map(tls::acceptor).transpose()?;
    let back_end = BackEnd { cluster: Arc::clone(cluster), number };
    let handler: Handler =
        Arc::new(move |request| -> Answering { Box::pin(back_end.clone().answer(request)) });
    Listener::http(address, handler, acceptor).await
}
