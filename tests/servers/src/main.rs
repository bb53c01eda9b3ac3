//! Starts a test server by hand, for trying a pipeline: `cargo run -p sluicegate-test-servers -- kafka`.

use std::error::Error;
use std::io::Read as _;

use clap::{Parser, Subcommand};
use sluicegate_test_servers::{
    Flavour, Kafka, KafkaOptions, MySql, MySqlClient, MySqlOptions, ProcessId, Run, SharedKafka,
};

/// Starts a real server on free loopback ports, for trying things out.
#[derive(Parser)]
#[command(name = "sluicegate-test-servers")]
struct Arguments {
    #[command(subcommand)]
    server: Server,
}

#[derive(Subcommand)]
enum Server {
    /// Apache Kafka, one node, until Enter or Ctrl-C. Prints its address, its pid and its log.
    Kafka {
        /// The shared broker of this run, started where it does not run; returns at once.
        #[arg(long, requires = "owner")]
        run: Option<String>,
        /// The pid with whose end the shared broker ends.
        #[arg(long, requires = "run")]
        owner: Option<u32>,
        /// Topics to make, as NAME or NAME:PARTITIONS.
        #[arg(long = "topic", value_name = "NAME[:PARTITIONS]")]
        topics: Vec<String>,
    },
    /// MariaDB, until Enter or Ctrl-C. Prints its address, its pid and its log.
    Mariadb {
        /// Statements to run, one after another.
        #[arg(long = "sql", value_name = "STATEMENT")]
        statements: Vec<String>,
    },
    /// MySQL 8.4, in the same way.
    Mysql {
        /// Statements to run, one after another.
        #[arg(long = "sql", value_name = "STATEMENT")]
        statements: Vec<String>,
    },
}

fn main() -> Result<(), Box<dyn Error>> {
    match Arguments::parse().server {
        Server::Kafka { run, owner, topics } => kafka(run.zip(owner), topics),
        Server::Mariadb { statements } => mysql(Flavour::MariaDb, &statements),
        Server::Mysql { statements } => mysql(Flavour::MySql, &statements),
    }
}

fn kafka(shared: Option<(String, u32)>, topics: Vec<String>) -> Result<(), Box<dyn Error>> {
    if let Some((run, owner)) = shared {
        let owner = ProcessId::of(owner).ok_or_else(|| format!("there is no process {owner}"))?;
        let kafka = SharedKafka::of(&Run::new(run, owner))?;
        println!("{} {} {}", kafka.brokers(), kafka.process_id().pid(), kafka.log().display());
        return Ok(());
    }
    let mut kafka = Kafka::start(KafkaOptions::default())?;
    for topic in topics {
        let (name, partitions) = topic.split_once(':').unwrap_or((&topic, "1"));
        kafka.create_topic(name, partitions.parse()?, &[])?;
    }
    println!("{} {} {}", kafka.brokers(), kafka.pid(), kafka.log().display());
    wait_for_enter()?;
    kafka.stop()?;
    Ok(())
}

fn mysql(flavour: Flavour, statements: &[String]) -> Result<(), Box<dyn Error>> {
    let mut server = MySql::start(MySqlOptions::new(flavour))?;
    let mut client = server.client()?;
    for statement in statements {
        client.execute(statement)?;
    }
    drop(client);
    println!("127.0.0.1:{} {} {}", server.port(), server.pid(), server.log().display());
    eprintln!("The user is {0}, the password {0}, a database test.", MySqlClient::USER);
    wait_for_enter()?;
    server.stop()?;
    Ok(())
}

/// Ends at Enter, or when whoever holds the other end closes it. Ctrl-C ends this process, and with it the server.
fn wait_for_enter() -> Result<(), Box<dyn Error>> {
    let _ = std::io::stdin().read(&mut [0])?;
    Ok(())
}
