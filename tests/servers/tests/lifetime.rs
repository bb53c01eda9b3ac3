//! Brokers live as long as they should, and not longer.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sluicegate_test_servers::{Kafka, KafkaOptions, Message, ProcessId, Record, unique_name};

/// This crate's program: a process that starts brokers, to be killed.
const PROGRAM: &str = env!("CARGO_BIN_EXE_sluicegate-test-servers");

fn program(arguments: &[&str]) -> Child {
    Command::new(PROGRAM)
        .args(arguments)
        // The run of these tests is not the program's.
        .env_remove("NEXTEST_RUN_ID")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The address and the process of the broker that the program says it has.
fn broker_of(child: &mut Child) -> (String, ProcessId) {
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let mut words = line.split_whitespace();
    let brokers = words.next().expect("the program prints its broker").to_owned();
    let process = ProcessId::of(words.next().unwrap().parse().unwrap()).expect("the broker runs");
    (brokers, process)
}

fn await_end(process: ProcessId) {
    let start = Instant::now();
    while process.is_alive() {
        assert!(start.elapsed() < Duration::from_secs(30), "process {} still runs", process.pid());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Something that a run can end with.
fn sleeper() -> Child {
    Command::new("sleep").arg("600").spawn().unwrap()
}

#[test]
fn a_broker_goes_with_its_test_and_takes_its_data() {
    let kafka = Kafka::start(KafkaOptions::default()).unwrap();
    let (process, data, log) = (kafka.process_id(), kafka.data_directory(), kafka.log());
    assert!(process.is_alive() && data.exists());
    drop(kafka);
    assert!(!process.is_alive());
    assert!(!data.exists());
    assert!(std::fs::read_to_string(log).unwrap().contains("INFO"), "the log stays and says something");
}

#[test]
fn a_broker_ends_with_a_killed_owner() {
    let mut owner = program(&["kafka"]);
    let (_, broker) = broker_of(&mut owner);
    owner.kill().unwrap();
    owner.wait().unwrap();
    await_end(broker);
}

#[test]
fn a_paused_broker_ends_with_a_killed_owner() {
    let mut owner = program(&["kafka"]);
    let (_, broker) = broker_of(&mut owner);
    broker.signal(sluicegate_test_servers::Signal::STOP).unwrap();
    owner.kill().unwrap();
    owner.wait().unwrap();
    await_end(broker);
}

#[test]
fn the_program_ends_its_broker_in_order() {
    let mut owner = program(&["kafka", "--topic", "orders:2"]);
    let (_, broker) = broker_of(&mut owner);
    owner.stdin.take().unwrap().write_all(b"\n").unwrap();
    assert!(owner.wait().unwrap().success());
    assert!(!broker.is_alive());
}

#[test]
fn two_processes_of_a_run_share_one_broker_that_ends_with_the_run() {
    let mut run_owner = sleeper();
    let (run, pid) = (unique_name("shared-run"), run_owner.id().to_string());
    let arguments = ["kafka", "--run", &run, "--owner", &pid];
    // At once, so that they compete for who starts it.
    let mut members = [program(&arguments), program(&arguments)];
    let brokers = members.each_mut().map(broker_of);
    assert_eq!(brokers[0], brokers[1]);
    for mut member in members {
        assert!(member.wait().unwrap().success());
    }
    assert!(brokers[0].1.is_alive(), "the broker outlives the processes that used it");

    let mut late = program(&arguments);
    assert_eq!(broker_of(&mut late), brokers[0]);
    late.wait().unwrap();

    run_owner.kill().unwrap();
    run_owner.wait().unwrap();
    await_end(brokers[0].1);
}

#[test]
fn a_shared_broker_that_died_is_started_again() {
    let mut run_owner = sleeper();
    let (run, pid) = (unique_name("shared-dies"), run_owner.id().to_string());
    let arguments = ["kafka", "--run", &run, "--owner", &pid];
    let mut first = program(&arguments);
    let (_, broker) = broker_of(&mut first);
    first.wait().unwrap();
    broker.signal(sluicegate_test_servers::Signal::KILL).unwrap();
    await_end(broker);

    let mut second = program(&arguments);
    let (_, again) = broker_of(&mut second);
    second.wait().unwrap();
    assert_ne!(broker, again);
    run_owner.kill().unwrap();
    run_owner.wait().unwrap();
    await_end(again);
}

#[test]
fn data_outlives_a_kill_and_a_restart() {
    let mut kafka = Kafka::start(KafkaOptions::default()).unwrap();
    kafka.create_topic("t", 1, &[]).unwrap();
    let (brokers, cluster) = (kafka.brokers().to_owned(), kafka.cluster_id().to_owned());
    kafka.client().produce("t", [Record::new("k", "before")]).unwrap();

    kafka.kill().unwrap();
    kafka.start_again().unwrap();
    kafka.client().produce("t", [Record::new("k", "after a kill")]).unwrap();
    kafka.restart().unwrap();
    kafka.pause().unwrap();
    kafka.resume().unwrap();

    let values: Vec<String> =
        kafka.client().read_all_committed("t").unwrap().iter().map(Message::value_text).collect();
    assert_eq!(values, ["before", "after a kill"]);
    assert_eq!((kafka.brokers(), kafka.cluster_id()), (brokers.as_str(), cluster.as_str()));
}

#[test]
fn two_brokers_are_two_clusters() {
    let shared = Kafka::shared().unwrap();
    let own = Kafka::start(KafkaOptions::default()).unwrap();
    assert_ne!(shared.cluster_id(), own.cluster_id());
    assert_ne!(shared.brokers(), own.brokers());
}

#[test]
fn a_broker_that_cannot_start_says_why() {
    let options = KafkaOptions::default().property("num.io.threads", "many");
    let error = Kafka::start(options).unwrap_err().to_string();
    assert!(error.contains("num.io.threads"), "{error}");
}
