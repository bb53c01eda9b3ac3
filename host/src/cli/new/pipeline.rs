//! `sluicegate new pipeline NAME`

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::json;

use super::super::Output;
use super::super::exit::Failure;

/// The command line of `new pipeline`.
#[derive(Debug, Args)]
#[command(after_long_help = LONG)]
pub(in crate::cli) struct Arguments {
    /// Name of the pipeline: letters, digits, `.`, `_` and `-`, a letter or digit first.
    #[arg(value_parser = name)]
    name: String,
    /// Where rows come from.
    #[arg(long, value_enum, default_value_t = System::Kafka)]
    source: System,
    /// Where rows go.
    #[arg(long, value_enum, default_value_t = System::Kafka)]
    sink: System,
    /// Directory in which the pipeline's own is made.
    #[arg(long, default_value = ".")]
    directory: PathBuf,
}

const LONG: &str = "\
Makes the directory NAME with NAME.yaml, which says in comments what may be changed, and a README.md with the commands. \
What is there already is left alone.

With --output json one object is printed: `pipeline`, `directory`, `files`, `environment` (variables to set).

Examples:
  sluicegate new pipeline orders
  sluicegate new pipeline orders --source file --sink kafka --directory pipelines";

/// Systems that a pipeline is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum System {
    /// Topics of a Kafka cluster.
    Kafka,
    /// Files.
    File,
}

/// A part of the pipeline file, from the folder of templates.
macro_rules! part {
    ($file:literal) => {
        include_str!(concat!("templates/pipeline/", $file))
    };
}

impl System {
    const fn source(self) -> &'static str {
        match self {
            Self::Kafka => part!("kafka-source.yaml"),
            Self::File => part!("file-source.yaml"),
        }
    }

    const fn sink(self) -> &'static str {
        match self {
            Self::Kafka => part!("kafka-sink.yaml"),
            Self::File => part!("file-sink.yaml"),
        }
    }

    const fn letters(self) -> &'static str {
        match self {
            Self::Kafka => part!("kafka-letters.yaml"),
            Self::File => part!("file-letters.yaml"),
        }
    }

    /// What is read, written and put aside, in the words of the README.
    const fn places(self) -> [&'static str; 3] {
        match self {
            Self::Kafka => ["the topic `NAME.in`", "the topic `NAME.out`", "the topic `NAME.dead`"],
            Self::File => ["the files `in/*.ndjson`", "files in `out/`", "`NAME.dead.ndjson`"],
        }
    }
}

/// What the README says of the environment of a pipeline on Kafka.
const ENVIRONMENT: &str = "
| environment | |
|---|---|
| `BROKERS` | addresses of the Kafka cluster: `export BROKERS=localhost:9092` |
";

/// A name that is fit for a pipeline, a directory and topics.
fn name(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if !text.starts_with(|c: char| c.is_ascii_alphanumeric()) || !text.chars().all(plain) {
        return Err("take letters, digits, `.`, `_` and `-`, a letter or digit first".to_owned());
    }
    if text.len() > 200 {
        return Err("take 200 characters at most".to_owned());
    }
    Ok(text.to_owned())
}

/// Makes the pipeline.
pub(super) fn pipeline(arguments: &Arguments, output: Output) -> Result<(), Failure> {
    let directory = match arguments.directory.as_path() {
        here if here == Path::new(".") => PathBuf::from(&arguments.name),
        elsewhere => elsewhere.join(&arguments.name),
    };
    let file = directory.join(format!("{}.yaml", arguments.name));
    let readme = directory.join("README.md");
    fs::create_dir_all(&directory)
        .map_err(|error| Failure::usage(format!("{} cannot be made: {error}", directory.display())))?;
    write(&file, &arguments.skeleton())?;
    write(&readme, &arguments.readme())?;
    match output {
        Output::Json => println!(
            "{}",
            json!({
                "pipeline": arguments.name, "directory": directory, "files": [file, readme],
                "environment": arguments.environment(),
            })
        ),
        Output::Text => {
            println!("made {} and {}", file.display(), readme.display());
            println!("\nNext:\n");
            if !arguments.environment().is_empty() {
                println!("  export BROKERS=localhost:9092");
            }
            println!("  sluicegate validate {}", file.display());
        }
    }
    Ok(())
}

impl Arguments {
    fn on_kafka(&self) -> bool {
        [self.source, self.sink].contains(&System::Kafka)
    }

    /// Variables that the pipeline names.
    fn environment(&self) -> &'static [&'static str] {
        if self.on_kafka() { &["BROKERS"] } else { &[] }
    }

    /// The text of the pipeline file.
    fn skeleton(&self) -> String {
        let mut parts = vec![part!("head.yaml")];
        if self.on_kafka() {
            parts.push(part!("kafka-connection.yaml"));
        }
        parts.extend([self.source.source(), part!("steps.yaml"), self.sink.sink(), self.sink.letters()]);
        self.filled(&parts.join("\n"))
    }

    fn readme(&self) -> String {
        let [reads, _, _] = self.source.places();
        let [_, writes, dead] = self.sink.places();
        let environment = if self.on_kafka() { ENVIRONMENT } else { "" };
        let text = part!("README.md").replace("READS", reads).replace("WRITES", writes);
        self.filled(&text.replace("DEAD", dead).replace("ENVIRONMENT\n", &format!("{environment}\n")))
    }

    /// A template with the name in its places.
    fn filled(&self, template: &str) -> String {
        template.replace("NAME_PATTERN", &self.name.replace('.', "[.]")).replace("NAME", &self.name)
    }
}

/// Writes a file that is not there yet.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let created = fs::OpenOptions::new().write(true).create_new(true).open(path);
    let written = created.and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()));
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            Failure::usage(format!("{} is there already: take another name, or remove it", path.display()))
        }
        _ => Failure::usage(format!("{} cannot be written: {error}", path.display())),
    })
}
