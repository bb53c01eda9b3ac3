//! What the figures were measured on.

use std::process::Command;

/// Command, date, processor and versions, in sentences.
pub fn about() -> String {
    let command: Vec<String> = std::env::args().skip(1).collect();
    let command = if command.is_empty() {
        "make bench".to_owned()
    } else {
        format!("cargo run --release -p sluicegate-bench -- {}", command.join(" "))
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!(
        "`{command}`, {}, commit {}. {cores} cores of {}, {} memory, Linux {}; {}; Apache Kafka {}, librdkafka {}.",
        said("date", &["-u", "+%Y-%m-%d"]),
        said("git", &["rev-parse", "--short", "HEAD"]),
        field("/proc/cpuinfo", "model name").unwrap_or_else(|| "an unknown processor".to_owned()),
        field("/proc/meminfo", "MemTotal").map_or_else(|| "unknown".to_owned(), |total| gibibytes(&total)),
        said("uname", &["-r"]),
        said("rustc", &["--version"]),
        kafka_version(),
        rdkafka::util::get_rdkafka_version().1,
    )
}

/// The version of which the tests' broker is.
fn kafka_version() -> &'static str {
    const POM: &str = include_str!("../../tests/servers/kafka/pom.xml");
    let after = |text: &'static str, mark: &str| text.split_once(mark).map_or("", |(_, rest)| rest);
    let of = after(POM, "<artifactId>kafka_2.13</artifactId>");
    after(of, "<version>").split('<').next().unwrap_or_default()
}

/// The first line that a command prints.
fn said(command: &str, arguments: &[&str]) -> String {
    let output = Command::new(command).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    text.lines().next().unwrap_or("unknown").to_owned()
}

/// The value of the first `key : value` of a file of the kernel.
fn field(file: &str, key: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(key))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn gibibytes(kibibytes: &str) -> String {
    let number = kibibytes.split(' ').next().and_then(|number| number.parse::<f64>().ok());
    number.map_or_else(|| kibibytes.to_owned(), |number| format!("{:.0} GiB", number / (1 << 20) as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_kafka_is_found() {
        let version = kafka_version();
        assert!(
            version.split('.').count() == 3 && version.split('.').all(|part| part.parse::<u32>().is_ok())
        );
    }
}
