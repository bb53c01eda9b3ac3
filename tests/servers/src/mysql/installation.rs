//! The programs of a server.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::options::{Flavour, version};
use crate::directories::checkout;
use crate::error::ServerError;

/// Where a server's programs are, and how they are called.
pub(super) enum Installation {
    /// The distribution's MariaDB.
    MariaDb { server: PathBuf, install: PathBuf },
    /// A folder with everything down to the loader.
    MySql { root: PathBuf },
}

impl Installation {
    /// Finds a server's programs; MySQL is fetched where it is missing.
    pub(super) fn find(flavour: Flavour) -> Result<Self, ServerError> {
        match flavour {
            Flavour::MariaDb => match (program("mariadbd"), program("mariadb-install-db")) {
                (Some(server), Some(install)) => Ok(Self::MariaDb { server, install }),
                _ => Err(ServerError::NotInstalled {
                    what: "MariaDB",
                    output: "there is no mariadbd, or no mariadb-install-db".to_owned(),
                }),
            },
            Flavour::MySql => fetched(version()).map(|root| Self::MySql { root }),
        }
    }

    /// What begins the server's command line: the program, and where its own files are.
    pub(super) fn server(&self) -> Vec<String> {
        match self {
            Self::MariaDb { server, .. } => vec![text(server), "--no-defaults".to_owned()],
            Self::MySql { root } => {
                let mut command = with_own_loader(root, "usr/sbin/mysqld");
                command.push("--no-defaults".to_owned());
                command.extend([
                    format!("--basedir={}", text(&root.join("usr"))),
                    format!("--lc-messages-dir={}", text(&root.join("usr/share/mysql"))),
                    format!("--plugin-dir={}", text(&root.join("usr/lib/mysql/plugin"))),
                    format!("--character-sets-dir={}", text(&root.join("usr/share/mysql/charsets"))),
                ]);
                command
            }
        }
    }

    /// Makes a data directory.
    pub(super) fn initialise(&self, data: &Path, user: &str) -> Result<(), ServerError> {
        let command = match self {
            Self::MariaDb { install, .. } => vec![
                text(install),
                "--no-defaults".to_owned(),
                format!("--datadir={}", text(data)),
                "--auth-root-authentication-method=normal".to_owned(),
                "--skip-test-db".to_owned(),
                format!("--user={user}"),
            ],
            Self::MySql { .. } => {
                let mut command = self.server();
                command.extend([
                    format!("--datadir={}", text(data)),
                    "--initialize-insecure".to_owned(),
                    "--innodb-redo-log-capacity=64M".to_owned(),
                    format!("--user={user}"),
                ]);
                command
            }
        };
        // Beside the data, which has to be empty.
        let temporary = data.parent().unwrap_or(data);
        let output = Command::new(&command[0])
            .args(&command[1..])
            // Servers that are made at the same time take each other's files for their own there.
            .env("TMPDIR", temporary)
            .stdin(Stdio::null())
            .output()
            .map_err(ServerError::io(format!("running {}", command[0])))?;
        if output.status.success() {
            return Ok(());
        }
        let said =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        Err(ServerError::EndedEarly {
            server: "the making of a data directory",
            status: output.status.to_string(),
            log: data.to_path_buf(),
            tail: said,
        })
    }
}

/// A program in the search path, or where Debian keeps servers.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// The folder of a MySQL.
fn fetched(version: &str) -> Result<PathBuf, ServerError> {
    let script = checkout().join("tests/servers/mysql/fetch");
    let output = Command::new(&script)
        .arg(version)
        .stdin(Stdio::null())
        .output()
        .map_err(ServerError::io(format!("running {}", script.display())))?;
    if !output.status.success() {
        let output = String::from_utf8_lossy(&output.stderr).trim_end().to_owned();
        return Err(ServerError::NotInstalled { what: "MySQL", output });
    }
    Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim_end()))
}

/// A program run by the loader and with the libraries that came with it: the machine's may be too old.
fn with_own_loader(root: &Path, program: &str) -> Vec<String> {
    let loader = ["usr/lib64/ld-linux-x86-64.so.2", "usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"];
    let loader = loader.map(|file| root.join(file)).into_iter().find(|file| file.exists());
    let libraries = ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu", "usr/lib/mysql/private"];
    let libraries: Vec<String> = libraries.iter().map(|folder| text(&root.join(folder))).collect();
    vec![
        text(&loader.unwrap_or_else(|| root.join("usr/lib64/ld-linux-x86-64.so.2"))),
        "--library-path".to_owned(),
        libraries.join(":"),
        text(&root.join(program)),
    ]
}

fn text(path: &Path) -> String {
    path.display().to_string()
}
