//! The official client against the simulator: what it does on a cluster works here as well, so the simulator is not made for our
//! own client alone. It is Java: `scripts/setup test` installs a JDK and Maven. Where one is missing all the same, the test says
//! so and passes.

use std::path::{Path, PathBuf};
use std::process::Output;

use starrocks_sim::{Settings, Simulator};
use tempfile::TempDir;
use tokio::process::Command;

const USER: (&str, &str) = ("loader", "hush: hush");

/// The client, compiled.
struct Client {
    directory: TempDir,
    class_path: String,
}

impl Client {
    /// `None` where it cannot be had here.
    async fn ready() -> Option<Self> {
        for tool in ["javac", "java", "mvn"] {
            let found = Command::new(tool).arg("-version").output().await;
            if !found.is_ok_and(|output| output.status.success()) {
                eprintln!(
                    "SKIPPED: the official client needs {tool}, which is not installed (a JDK and Maven)"
                );
                return None;
            }
        }
        let here = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/official"));
        let libs = run(Command::new(here.join("fetch"))).await;
        let libs = PathBuf::from(String::from_utf8_lossy(&libs.stdout).trim_end());
        let directory = TempDir::new().expect("a directory");
        let class_path = format!("{}/*:{}", libs.display(), directory.path().display());
        let mut javac = Command::new("javac");
        javac
            .arg("-cp")
            .arg(&class_path)
            .arg("-d")
            .arg(directory.path())
            .arg(here.join("OfficialClient.java"));
        run(javac).await;
        Some(Self { directory, class_path })
    }

    /// Has a client, in a process of its own, do something. Gives what it says.
    async fn does(&self, what: &str, front_end: &str) -> String {
        let mut java = Command::new("java");
        java.args(["-cp", &self.class_path, "OfficialClient", what, front_end, USER.0, USER.1]);
        java.arg(self.directory.path().join("left"));
        String::from_utf8_lossy(&run(java).await.stdout).into_owned()
    }
}

async fn run(mut command: Command) -> Output {
    let output = command.kill_on_drop(true).output().await.expect("the command starts");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{told}", output.status);
    output
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_official_client_is_served() {
    let Some(client) = Client::ready().await else { return };
    let users = vec![(USER.0.to_owned(), USER.1.to_owned())];
    let mut simulator =
        Simulator::start(Settings { users, ..Settings::default() }).await.expect("free ports");
    let rows = |simulator: &Simulator| simulator.query("SELECT * FROM ods.t ORDER BY id").expect("rows");
    simulator.query("CREATE DATABASE ods").expect("a database");
    simulator
        .query(
            "CREATE TABLE ods.t (id INT NOT NULL, name VARCHAR(8)) PRIMARY KEY(id) DISTRIBUTED BY HASH(id)",
        )
        .expect("a table");
    let [leader, follower] = [0, 1].map(|number| simulator.front_ends()[number].clone());

    client.does("csv", &leader).await;
    client.does("json", &follower).await;
    assert_eq!(rows(&simulator), ["1|a", "2|NULL", "3|c", "4|NULL"]);

    // In transactions, by way of a follower too.
    client.does("transaction", &follower).await;
    client.does("rollback", &leader).await;
    assert_eq!(rows(&simulator)[4..], ["5|e", "6|NULL"]);

    // A client that ends between prepare and commit, servers that start again, and a client that goes on.
    client.does("prepare", &leader).await;
    assert_eq!(rows(&simulator).len(), 6);
    simulator.restart_back_end(0).await.expect("the same port");
    simulator.restart_front_end(0).await.expect("the same port");
    client.does("recover", &leader).await;
    assert_eq!(rows(&simulator)[6..], ["8|h"]);

    let told = client.does("bad", &leader).await;
    assert!(told.contains("too many filtered rows"), "{told}");
    assert_eq!(rows(&simulator).len(), 7);
}
