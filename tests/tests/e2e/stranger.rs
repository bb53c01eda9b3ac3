//! A stranger's first transform: from nothing to rows, as the README of a new project says it, with the SDK as it is
//! published and no path into this checkout.

use std::collections::hash_map::DefaultHasher;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use sluicegate_test_servers::{Kafka, Message, Record, unique_name};
use sluicegate_tests::Bench;
use sluicegate_tests::pipeline::PipelineText;

/// What a transform depends on, natively.
const PACKAGES: [&str; 5] =
    ["sluicegate-sdk", "sluicegate-interface", "sluicegate-model", "sluicegate-kernels", "sluicegate-keys"];

/// A small transform's file. A native half of the SDK in it would be ten times that.
const MOST_BYTES: u64 = 256 << 10;

#[test]
fn from_nothing_to_rows() {
    let home = Home::new();
    let crates = home.published();
    let place = home.place();
    let bench = Bench::new("stranger");
    let path = |path: &Path| path.to_str().expect("a path of text").to_owned();

    bench
        .run(["new", "transform", "hello", "--directory", &path(&place.0)])
        .exits(0)
        .says("cargo test")
        .says("cargo build --release --target wasm32-unknown-unknown");
    let again = bench.run(["new", "transform", "hello", "--directory", &path(&place.0)]);
    again.exits(2).says("is there already");
    let project = place.0.join("hello");
    home.move_in(&project, &crates);

    let tested = cargo(&project, ["test"]);
    assert!(tested.contains("test result: ok. 4 passed"), "{tested}");
    cargo(&project, ["build", "--release", "--target", "wasm32-unknown-unknown"]);
    no_path_leads_here(&project);

    let wasm = project.join("target/wasm32-unknown-unknown/release/hello.wasm");
    let size = fs::metadata(&wasm).expect("the file that README.md names").len();
    assert!(size < MOST_BYTES, "{size} bytes");
    bench.run(["inspect", &path(&wasm)]).exits(0).says("Writes a column in capital letters.");
    let pipeline = path(&project.join("pipeline.yaml"));
    bench.run(["test", &pipeline]).exits(0).says("2 cases, 0 failed");
    bench.run(["validate", &pipeline]).exits(0);
    bench.run(["preview", &pipeline]).exits(0).says("* ANN");
    assert!(!project.join("out").exists(), "a preview writes nothing");
    bench.run(["run", &pipeline]).exits(0).says("3 rows written");
    let written = fs::read_to_string(project.join("out/people.ndjson")).expect("what came out");
    assert_eq!(
        rows(written.lines().map(str::to_owned)),
        [
            json!({ "id": 1, "name": "ANN" }),
            json!({ "id": 2, "name": null }),
            json!({ "id": 3, "name": "ZOË" })
        ]
    );
    in_kafka(&bench, &path(&wasm));
}

/// The same file in a pipeline from Kafka to Kafka.
fn in_kafka(bench: &Bench, wasm: &str) {
    let kafka = Kafka::shared().expect("a broker");
    let name = unique_name("stranger");
    let out = format!("{name}-out");
    for topic in [&name, &out] {
        kafka.create_topic(topic, 1, &[]).expect("a topic");
    }
    let people =
        [Record::new("1", r#"{"id": 1, "name": "Ann"}"#), Record::new("2", r#"{"id": 2, "name": null}"#)];
    kafka.client().produce(&name, people).expect("messages");
    let text = PipelineText::new(&name, kafka.brokers(), &name)
        .format(&format!(
            "{{ json: {{ primary_key: [id], schema: {{ {name}: {{ id: int64, name: text }} }} }} }}"
        ))
        .to(&out)
        .step(&format!("{{ use: {wasm:?}, with: {{ column: name }} }}"))
        .text();
    bench.write("kafka.yaml", text);
    bench.run(["preview", "kafka.yaml"]).exits(0).says("* ANN");
    bench.run(["run", "kafka.yaml", "--until", "end"]).exits(0).says("2 rows written");
    let written = kafka.client().read_all_committed(&out).expect("what came out");
    assert_eq!(
        rows(written.iter().map(Message::value_text)),
        [json!({ "id": 1, "name": "ANN" }), json!({ "id": 2, "name": null })]
    );
}

fn rows(texts: impl Iterator<Item = String>) -> Vec<Value> {
    texts.map(|text| serde_json::from_str(&text).expect("JSON")).collect()
}

/// A name that cannot be one is refused before anything is made.
#[test]
fn a_name_is_checked() {
    let bench = Bench::new("named");
    for name in ["Hello", "1st", "a--b", "transform", "a/b"] {
        bench.run(["new", "transform", name]).exits(2).says("is no name of a transform");
    }
    assert_eq!(fs::read_dir(bench.directory()).expect("the folder").filter(is_no_log).count(), 0);
}

fn is_no_log(entry: &std::io::Result<fs::DirEntry>) -> bool {
    entry.as_ref().is_ok_and(|entry| entry.path().is_dir())
}

/// Where the stranger works: outside of the checkout, else cargo takes a project for a part of its workspace.
struct Home {
    base: PathBuf,
    /// What is built here is kept from one run to the next.
    target: PathBuf,
}

/// The folder of one project. It goes with the test, unless the test fails.
struct Place(PathBuf);

impl Home {
    fn new() -> Self {
        let base =
            std::env::temp_dir().join(format!("sluicegate-stranger-{}", rustix::process::getuid().as_raw()));
        fs::create_dir_all(&base).expect("a folder for the stranger");
        // What was left by tests that failed, and crates of other sources.
        for entry in fs::read_dir(&base).expect("the stranger's folder").flatten() {
            let age = entry.metadata().and_then(|data| data.modified()).ok().and_then(|at| at.elapsed().ok());
            if age.is_some_and(|age| age > Duration::from_hours(24)) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        Home { base, target: checkout().join("target/tmp/stranger") }
    }

    fn place(&self) -> Place {
        let place = self.base.join(unique_name("project"));
        fs::create_dir_all(&place).expect("a folder for the project");
        Place(place)
    }

    /// The crates as they are published, unpacked. Their folder is named after what is in them: cargo builds them again
    /// when, and only when, they have changed.
    fn published(&self) -> Vec<(&'static str, PathBuf)> {
        let packed = self.target.join("packed");
        let mut arguments =
            vec!["package", "--no-verify", "--allow-dirty", "--exclude-lockfile", "--offline"];
        for package in PACKAGES {
            arguments.extend(["--package", package]);
        }
        let packed_text = packed.to_str().expect("a path of text");
        arguments.extend(["--target-dir", packed_text]);
        cargo(&checkout(), arguments);
        let file =
            |package: &str| packed.join(format!("package/{package}-{}.crate", env!("CARGO_PKG_VERSION")));
        let mut hash = DefaultHasher::new();
        for package in PACKAGES {
            fs::read(file(package)).expect("a packed crate").hash(&mut hash);
        }
        let crates = self.base.join(format!("crates-{:016x}", hash.finish()));
        if !crates.is_dir() {
            let unpacking = self.base.join(unique_name("unpacking"));
            fs::create_dir_all(&unpacking).expect("a folder for crates");
            for package in PACKAGES {
                let mut tar = Command::new("tar");
                tar.arg("xzf").arg(file(package)).arg("-C").arg(&unpacking);
                assert!(tar.status().expect("tar").success(), "{package} is not unpacked");
            }
            // Another process may have been first: then this is the same.
            let _ = fs::rename(&unpacking, &crates);
        }
        let place = |package| (package, crates.join(format!("{package}-{}", env!("CARGO_PKG_VERSION"))));
        PACKAGES.map(place).to_vec()
    }

    /// What a stranger has beside the project: a registry with the SDK in it, and whatever cargo has fetched.
    fn move_in(&self, project: &Path, crates: &[(&str, PathBuf)]) {
        let mut config = "[patch.crates-io]\n".to_owned();
        for (package, place) in crates {
            let _ = writeln!(config, "{package} = {{ path = {:?} }}", place.display().to_string());
        }
        fs::create_dir(project.join(".cargo")).expect("a folder for cargo's configuration");
        fs::write(project.join(".cargo/config.toml"), config).expect("cargo's configuration");
        // The versions that the checkout's build has fetched: then no network is needed.
        fs::copy(checkout().join("Cargo.lock"), project.join("Cargo.lock")).expect("versions");
        let target = self.target.join("target");
        fs::create_dir_all(&target).expect("a folder to build in");
        std::os::unix::fs::symlink(target, project.join("target")).expect("a place to build in");
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("The stranger's project: {}", self.0.display());
        } else {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

fn checkout() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Every crate of the project comes from a registry or from the packed ones.
fn no_path_leads_here(project: &Path) {
    // Of this platform: what others need may never have been fetched.
    let metadata =
        cargo(project, ["metadata", "--format-version", "1", "--offline", "--filter-platform", "host-tuple"]);
    let metadata: Value = serde_json::from_str(&metadata).expect("cargo's JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    assert!(packages.len() > PACKAGES.len());
    for package in packages {
        let manifest = Path::new(package["manifest_path"].as_str().expect("a path"));
        assert!(!manifest.starts_with(checkout()), "{} is in the checkout", manifest.display());
    }
}

/// Runs cargo as from a shell, and gives its standard output.
fn cargo<A: AsRef<OsStr>>(directory: &Path, arguments: impl IntoIterator<Item = A>) -> String {
    let mut command = Command::new("cargo");
    command.args(arguments).current_dir(directory).env("CARGO_NET_OFFLINE", "true");
    for (name, _) in std::env::vars_os() {
        // What the outer cargo says to this test; a person's own settings of cargo stay.
        let outer =
            ["CARGO_PKG_", "CARGO_BIN_", "CARGO_MANIFEST_", "CARGO_TARGET_", "CARGO_CRATE_", "NEXTEST"];
        let flags =
            ["RUSTFLAGS", "RUSTDOCFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_INCREMENTAL", "RUSTC_WRAPPER"];
        let text = name.to_string_lossy();
        if outer.iter().any(|outer| text.starts_with(outer)) || flags.contains(&&*text) {
            command.env_remove(&name);
        }
    }
    let done = command.output().expect("cargo");
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(
        done.status.success(),
        "cargo {:?} in {}: {}\n{said}{}",
        command.get_args().collect::<Vec<_>>(),
        directory.display(),
        done.status,
        String::from_utf8_lossy(&done.stderr)
    );
    said
}
