//! What fits together: names that are used and names that there are, options that need one another.

use std::time::Duration;

use sluicegate_connector::Error;
use sluicegate_engine::OnTruncate;
use sluicegate_format::options::Direction;
use sluicegate_kafka::guarded;
use sluicegate_keys::{KeyRing, Use};
use sluicegate_mysql::Connection as MySqlConnection;
use sluicegate_starrocks::PositionsAt;

use super::connections::{CONNECTION, LIBRDKAFKA, Reach as _};
use super::error::Problem;
use super::load::Loaded;
use super::locate::{Entry, Node};
use super::nearest::{did_you_mean, listed};
use super::sink::SinkEntry;
use super::source::SourceEntry;
use super::systems::{check_mysql_source, position_store};

/// Checks a file that was read, and makes its key ring.
pub(super) fn check(loaded: &Loaded, problems: &mut Vec<Problem>) -> KeyRing {
    let checker = Checker { loaded, tree: &loaded.tree };
    let ring = checker.keys(problems);
    checker.literal_secrets();
    checker.pipeline(problems);
    checker.formats(problems);
    checker.epochs(problems);
    checker.truncates(problems);
    checker.transactions(problems);
    checker.steps(problems);
    checker.encryption(&ring, problems);
    checker.dead_letters(&ring, problems);
    guarded_settings(&loaded.tree, problems);
    ring
}

struct Checker<'a> {
    loaded: &'a Loaded,
    tree: &'a Node,
}

impl Checker<'_> {
    fn entry(&self, path: &[&str]) -> Option<&Entry> {
        let (last, parents) = path.split_last()?;
        self.tree.at(parents)?.entry(last)
    }

    /// A problem at the value of a path.
    fn problem_at(&self, path: &[&str], message: impl Into<String>, label: &str) -> Problem {
        let problem = Problem::new(message);
        match self.tree.at(path) {
            Some(node) => problem.at(node.place).label(label),
            None => problem,
        }
    }

    fn keys(&self, problems: &mut Vec<Problem>) -> KeyRing {
        let keys = &self.loaded.pipeline.keys;
        let good = keys.iter().filter(|(name, spec)| match KeyRing::build([(*name, *spec)]) {
            Ok(_) => true,
            Err(error) => {
                let problem = Problem::new(error.to_string()).hidden(true);
                let entry = self.entry(&["keys", error.key()]);
                problems.push(match entry {
                    Some(entry) => problem.at(entry.place),
                    None => problem,
                });
                false
            }
        });
        KeyRing::build(good).unwrap_or_else(|error| {
            problems.push(Problem::new(error.to_string()));
            KeyRing::default()
        })
    }

    /// Warns of secrets that stand in the file itself.
    fn literal_secrets(&self) {
        for key in self.tree.get("keys").into_iter().flat_map(Node::entries) {
            for version in key.value.get("versions").into_iter().flat_map(Node::entries) {
                if version.value.written.is_none() {
                    tracing::warn!(
                        key = key.key,
                        version = version.key,
                        file = %self.loaded.file.display(),
                        "a secret stands in the pipeline file itself: keep it elsewhere, and write \"${{file:PATH}}\" here"
                    );
                }
            }
        }
    }

    fn pipeline(&self, problems: &mut Vec<Problem>) {
        let plain = |name: &str| {
            let letter = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-');
            !name.is_empty() && name.len() <= 200 && name.chars().all(letter)
        };
        let file = &self.loaded.pipeline;
        for (key, name) in [("pipeline", Some(&file.pipeline)), ("instance", file.instance.as_ref())] {
            if name.is_some_and(|name| !plain(name)) {
                let message =
                    format!("`{key}` is no name: take 1 to 200 of the characters A-Z a-z 0-9 . _ -");
                problems.push(self.problem_at(&[key], message, "this name"));
            }
        }
    }

    fn formats(&self, problems: &mut Vec<Problem>) {
        let format = |part: &str, error: sluicegate_format::FormatError| {
            self.problem_at(&[part, "kafka", "format"], error.to_string(), "this format")
        };
        match &self.loaded.pipeline.source {
            SourceEntry::Kafka(source) => {
                let read = source.options.format.decoder().err();
                problems.extend(read.map(|error| format("source", error)));
                if source.options.max_record.0 == 0 {
                    let path = ["source", "kafka", "max_record"];
                    problems.push(self.problem_at(&path, "`max_record` is 1B or more", "no message is less"));
                }
                if source.options.topics.all().is_empty() {
                    let path = ["source", "kafka", "topics"];
                    problems.push(self.problem_at(&path, "the source has no topics", "none"));
                }
            }
            SourceEntry::MySql(source) => {
                let told = check_mysql_source(source).err();
                problems.extend(told.map(|error| self.of_system(["source", "mysql"], &error)));
                if source.options.query.is_some() {
                    self.query_alone(problems);
                }
            }
            SourceEntry::File(options) => {
                problems
                    .extend(options.check().err().map(|error| self.of_system(["source", "file"], &error)));
            }
        }
        match &self.loaded.pipeline.sink {
            SinkEntry::Kafka(sink) => {
                let written = sink.options.format.encoder().err();
                problems.extend(written.map(|error| format("sink", error)));
            }
            SinkEntry::MySql(sink) => {
                let database = sink.connection.database().err();
                let options = sink.options.check().err();
                let told = database.into_iter().chain(options);
                problems.extend(told.map(|error| self.of_system(["sink", "mysql"], &error)));
            }
            SinkEntry::StarRocks(sink) => {
                let connection = sink.connection.check().err();
                let options = sink.options.check().err();
                let store = match &sink.options.positions {
                    PositionsAt::MySql(name) => position_store(name, &self.loaded.pipeline.connections).err(),
                    PositionsAt::Source | PositionsAt::File(_) => None,
                };
                let told = connection.into_iter().chain(options).chain(store);
                problems.extend(told.map(|error| self.of_system(["sink", "starrocks"], &error)));
            }
            SinkEntry::File(options) => {
                problems.extend(options.check().err().map(|error| self.of_system(["sink", "file"], &error)));
            }
        }
    }

    /// Refuses what is about the binlog beside a query.
    fn query_alone(&self, problems: &mut Vec<Problem>) {
        let own = |key: &str| key == "query" || key == CONNECTION || MySqlConnection::IN_PLACE.contains(&key);
        let entries = self.tree.at(&["source", "mysql"]).map(Node::entries).unwrap_or_default();
        for entry in entries.iter().filter(|entry| !own(&entry.key)) {
            let message = format!("`{}` is about the binlog, and the source is a query", entry.key);
            let help = match entry.key.as_str() {
                "tables" | "zero_dates" => format!("write `{}` under `query`", entry.key),
                "snapshot" => "write `readers` and `part` under `query`".to_owned(),
                _ => "leave it out".to_owned(),
            };
            problems.push(Problem::new(message).at(entry.place).label("not of a query").help(help));
        }
    }

    /// What a system says of its options, at its section.
    fn of_system(&self, section: [&str; 2], error: &Error) -> Problem {
        let problem = Problem::new(error.what()).help_if(error.advice().map(str::to_owned));
        match self.entry(&section) {
            Some(entry) => problem.at(entry.place).label("here"),
            None => problem,
        }
    }

    fn epochs(&self, problems: &mut Vec<Problem>) {
        let SinkEntry::Kafka(sink) = &self.loaded.pipeline.sink else { return };
        let (epoch, timeout) = (self.loaded.pipeline.engine.max_epoch, sink.options.transaction_timeout);
        if sink.options.transactions && epoch.0 > timeout.0 / 3 {
            let message = format!(
                "`engine.max_epoch` is {epoch}, more than a third of the sink's `transaction_timeout` of {timeout}"
            );
            let place = if self.tree.at(&["engine", "max_epoch"]).is_some() {
                ["engine", "max_epoch"].as_slice()
            } else {
                ["sink", "kafka", "transaction_timeout"].as_slice()
            };
            let help = "an epoch and its retries must end before the broker aborts its transaction";
            problems.push(self.problem_at(place, message, "these do not fit").help(help));
        }
        if sink.options.transactions && timeout.0 < Duration::from_secs(1) {
            let message = format!("`transaction_timeout` is {timeout}, and must be a second or more");
            problems.push(self.problem_at(&["sink", "kafka", "transaction_timeout"], message, "too short"));
        }
    }

    /// Events that only some sinks can follow.
    fn truncates(&self, problems: &mut Vec<Problem>) {
        let file = &self.loaded.pipeline;
        if file.engine.on_truncate != OnTruncate::Apply {
            return;
        }
        let several = "the target may have rows of several tables";
        let why = match &file.sink {
            sink if !sink.applies_truncates() => {
                Some(format!("a sink of {} cannot remove all rows of a table", sink.system()))
            }
            SinkEntry::MySql(on) if !on.options.keeps_tables_apart() => {
                Some(format!("{several}: `table` of the sink is {:?}", on.options.table))
            }
            _ if !file.steps.is_empty() => Some(format!("{several}: `steps` may send them there")),
            _ => None,
        };
        if let Some(why) = why {
            let help = "set `on_truncate: stop` to empty the target yourself when it happens, or `ignore`";
            problems.push(self.problem_at(&["engine", "on_truncate"], why, "cannot be applied").help(help));
        }
    }

    /// Sources that tell of transactions, and sinks that have some.
    fn transactions(&self, problems: &mut Vec<Problem>) {
        let file = &self.loaded.pipeline;
        if !file.engine.whole_transactions {
            return;
        }
        let why = if matches!(&file.source, SourceEntry::MySql(on) if on.options.query.is_none()) {
            file.sink
                .epochs_are_whole()
                .err()
                .map(|why| format!("a sink of {} keeps none whole: {why}", file.sink.system()))
        } else {
            Some(format!("a source of {} does not say where transactions end", file.source.system()))
        };
        problems.extend(why.map(|why| {
            self.problem_at(&["engine", "whole_transactions"], why, "transactions cannot be kept whole")
        }));
    }

    /// Keys that steps are granted. Guests are looked at later: that takes a WebAssembly engine.
    fn steps(&self, problems: &mut Vec<Problem>) {
        let known = || self.loaded.pipeline.keys.keys().map(String::as_str);
        for step in self.tree.get("steps").into_iter().flat_map(Node::items) {
            let names: Vec<&str> = step.get("name").and_then(Node::text).into_iter().collect();
            let name =
                names.first().copied().or_else(|| step.get("use").and_then(Node::text)).unwrap_or_default();
            for grant in step.get("keys").into_iter().flat_map(Node::entries) {
                if !self.loaded.pipeline.keys.contains_key(&grant.key) {
                    let near = did_you_mean(&grant.key, known());
                    let message = format!(
                        "step `{name}` is granted the key `{}`, which the pipeline does not have{near}",
                        grant.key
                    );
                    let help = format!("`keys:` has {}", listed(known()));
                    problems.push(Problem::new(message).at(grant.place).label("unknown").help(help));
                }
            }
        }
    }

    /// Keys of messages that are encrypted whole.
    fn encryption(&self, ring: &KeyRing, problems: &mut Vec<Problem>) {
        let (source, sink) = (&self.loaded.pipeline.source, &self.loaded.pipeline.sink);
        let decrypt =
            source.decrypt().map(|own| (own, Direction::Reading, ["source", source.system(), "decrypt"]));
        let encrypt = sink.encrypt().map(|own| (own, Direction::Writing, ["sink", sink.system(), "encrypt"]));
        for (encryption, here, path) in decrypt.into_iter().chain(encrypt) {
            let key = &encryption.key;
            let spec = self.loaded.pipeline.keys.get(key);
            if spec.is_none() {
                let known = || self.loaded.pipeline.keys.keys().map(String::as_str);
                let message = format!("there is no key `{key}`{}", did_you_mean(key, known()));
                let help = format!("`keys:` has {}", listed(known()));
                let [section, system, option] = path;
                let path = [section, system, option, "key"];
                problems.push(self.problem_at(&path, message, "unknown").help(help));
            } else if ring.has(key)
                && let Err(error) = encryption.check(ring, here)
            {
                problems.push(self.problem_at(&path, error.to_string(), "here"));
            }
        }
    }

    fn dead_letters(&self, ring: &KeyRing, problems: &mut Vec<Problem>) {
        let Some(letters) = &self.loaded.pipeline.dead_letters else { return };
        let section = |message: String| {
            let problem = Problem::new(message);
            match self.tree.entry("dead_letters") {
                Some(entry) => problem.at(entry.place).label("here"),
                None => problem,
            }
        };
        if letters.kafka.is_none() && letters.file.is_none() {
            problems.push(section("`dead_letters` names no place".to_owned()).help("add `kafka` or `file`"));
        }
        if let Some(limit) = letters.stop_after
            && (limit.failed == 0 || limit.failed > limit.of)
        {
            let message = format!("`stop_after` of {} failed of {} cannot be", limit.failed, limit.of);
            let help = "`failed` is 1 or more and not above `of`";
            problems.push(self.problem_at(&["dead_letters", "stop_after"], message, "this limit").help(help));
        }
        match &letters.seal {
            None => {
                let granted = self.loaded.pipeline.steps.iter().find(|step| !step.keys.is_empty());
                let user = match granted {
                    Some(step) => Some(format!("step `{}` uses keys for", step.uses)),
                    // What was opened never stands in a letter: it holds the message as it came.
                    None => self.loaded.pipeline.sink.encrypt().map(|_| "the sink encrypts".to_owned()),
                };
                if let Some(user) = user {
                    let keys = &self.loaded.pipeline.keys;
                    let able =
                        keys.iter().find(|(_, spec)| spec.algorithm.allows(Use::Seal)).map(|(name, _)| name);
                    let message = format!("dead letters would hold in the clear what {user}");
                    let key = able.map_or("KEY", String::as_str);
                    problems.push(
                        section(message)
                            .help(format!("add `seal: {key}`: the letters are then sealed with that key")),
                    );
                }
            }
            Some(key) if !self.loaded.pipeline.keys.contains_key(key) => {
                let known = || self.loaded.pipeline.keys.keys().map(String::as_str);
                let message = format!(
                    "there is no key `{key}` to seal dead letters with{}",
                    did_you_mean(key, known())
                );
                let help = format!("`keys:` has {}", listed(known()));
                problems.push(self.problem_at(&["dead_letters", "seal"], message, "unknown").help(help));
            }
            Some(key) => {
                if let Ok(algorithm) = ring.algorithm(key)
                    && !algorithm.allows(Use::Seal)
                {
                    let message = format!(
                        "dead letters cannot be sealed with `{key}`: a key of {algorithm} seals nothing"
                    );
                    let help = "take a key of xaes-256-gcm";
                    problems.push(self.problem_at(&["dead_letters", "seal"], message, "this key").help(help));
                }
            }
        }
    }
}

/// Refuses settings of librdkafka that carry the guarantee, wherever they stand.
fn guarded_settings(node: &Node, problems: &mut Vec<Problem>) {
    for entry in node.entries() {
        if entry.key == LIBRDKAFKA {
            for setting in entry.value.entries() {
                if let Err(error) = guarded::check(&setting.key) {
                    let problem = Problem::new(error.what()).at(setting.place).label("guarded");
                    problems.push(problem.help_if(error.advice().map(str::to_owned)));
                }
            }
        } else if entry.key != "steps" {
            guarded_settings(&entry.value, problems);
        }
    }
}
