//! Runs a simulated cluster until it is stopped.

use clap::Parser;
use starrocks_sim::simulator::Ports;
use starrocks_sim::{Settings, Simulator};

/// A simulated StarRocks cluster on 127.0.0.1, until it is stopped. Its rows are in memory.
#[derive(Parser)]
struct Arguments {
    /// The leader's HTTP port; followers have those behind it.
    #[arg(long, default_value_t = 8030)]
    fe_port: u16,
    /// The first back end's HTTP port.
    #[arg(long, default_value_t = 8040)]
    be_port: u16,
    /// The port for SQL.
    #[arg(long, default_value_t = 9030)]
    sql_port: u16,
    /// Front ends.
    #[arg(long, default_value_t = 2)]
    front_ends: usize,
    /// Back ends.
    #[arg(long, default_value_t = 1)]
    back_ends: usize,
    /// Users, `NAME:PASSWORD`.
    #[arg(long, default_value = "root:")]
    user: Vec<String>,
    /// Final transactions of a database that are kept (`label_keep_max_num`).
    #[arg(long, default_value_t = 1000)]
    labels_kept: usize,
    /// A statement to run first, such as CREATE DATABASE.
    #[arg(long)]
    init: Vec<String>,
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let arguments = Arguments::parse();
    let user = |text: &String| {
        let (name, password) = text.split_once(':').unwrap_or((text, ""));
        (name.to_owned(), password.to_owned())
    };
    let settings = Settings {
        front_ends: arguments.front_ends.max(1),
        back_ends: arguments.back_ends.max(1),
        users: arguments.user.iter().map(user).collect(),
        labels_kept: arguments.labels_kept,
        ..Settings::default()
    };
    let ports = Ports { front_end: arguments.fe_port, back_end: arguments.be_port, sql: arguments.sql_port };
    let simulator = Simulator::start_on(settings, ports).await?;
    for statement in &arguments.init {
        simulator.query(statement).map_err(std::io::Error::other)?;
    }
    println!("front ends {}", simulator.front_ends().join(" "));
    println!("back ends  {}", simulator.back_ends().join(" "));
    println!("sql        {}", simulator.sql());
    tokio::signal::ctrl_c().await
}
