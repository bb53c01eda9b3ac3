//! `preview`, on messages in a broker inside this process.

use std::path::Path;
use std::time::Duration;

use rdkafka::config::ClientConfig;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseProducer, BaseRecord, DefaultProducerContext, Producer};
use serde_json::json;

use crate::support::{Finished, command, expect, finish};

const TOPIC: &str = "ogg.shop.orders";

struct Shop {
    cluster: MockCluster<'static, DefaultProducerContext>,
    directory: tempfile::TempDir,
}

impl Shop {
    /// A broker with the messages of two tables, one of which is no message, and a pipeline beside guests.
    fn open() -> Self {
        let cluster = MockCluster::new(1).unwrap();
        cluster.create_topic(TOPIC, 1, 1).unwrap();
        let settings = ClientConfig::new().set("bootstrap.servers", cluster.bootstrap_servers()).clone();
        let producer: BaseProducer = settings.create().unwrap();
        for message in messages() {
            producer.send(BaseRecord::to(TOPIC).key("k").payload(&message)).unwrap();
        }
        producer.flush(Duration::from_secs(10)).unwrap();
        let directory = tempfile::tempdir().unwrap();
        for (example, file) in [("mask-name", "mask_name.wasm"), ("fragile", "fragile.wasm")] {
            let wasm = sluicegate_transforms::example(example).unwrap().wasm;
            std::fs::write(directory.path().join(file), wasm).unwrap();
        }
        std::fs::copy("tests/cli/files/preview.yaml", directory.path().join("preview.yaml")).unwrap();
        Self { cluster, directory }
    }

    fn preview(&self, columns: Option<&str>, options: &[&str]) -> Finished {
        let arguments: Vec<&str> = ["preview", "preview.yaml", "--log", "error"]
            .into_iter()
            .chain(options.iter().copied())
            .collect();
        let directory: &Path = self.directory.path();
        let mut command = command(directory, &arguments);
        command.env("BROKERS", self.cluster.bootstrap_servers());
        match columns {
            Some(columns) => command.env("COLUMNS", columns),
            None => command.env_remove("COLUMNS"),
        };
        finish(command)
    }
}

fn messages() -> Vec<String> {
    let change =
        |table: &str, kind: &str, before: Option<serde_json::Value>, after: Option<serde_json::Value>| {
            let mut message = json!({
                "table": table, "op_type": kind, "op_ts": "2026-03-01 08:15:30.000001",
                "current_ts": "2026-03-31T09:30:00.000001", "pos": "1", "primary_keys": ["ORDER_ID"],
            });
            for (name, image) in [("before", before), ("after", after)] {
                if let Some(image) = image {
                    message[name] = image;
                }
            }
            message.to_string()
        };
    let order = |id: u32, name: &str, coupon: &str, status: &str| {
        json!({
            "ORDER_ID": id, "NAME": name, "AMOUNT": "12.5", "COUPON": coupon, "STATUS": status,
            "NOTE": null, "WAREHOUSE": "Rotterdam Maasvlakte II, hall 17, gate 4, shelf 3-118", "COUNTRY": "NL",
        })
    };
    let mut partial = json!({ "ORDER_ID": 2, "STATUS": "NULL" });
    partial["NAME"] = json!("张伟");
    vec![
        change("SHOP.ORDERS_01", "I", None, Some(order(1, "王小明", "10", "NEW"))),
        change("SHOP.ORDERS_02", "I", None, Some(order(2, "Alexandra", "20.5", ""))),
        change(
            "SHOP.ORDERS_01",
            "U",
            Some(order(1, "王小明", "10", "NEW")),
            Some(order(1, "王小明", "10", "PAID\u{1b}[2J")),
        ),
        change("SHOP.ORDERS_02", "U", None, Some(partial)),
        "{\"table\":".to_owned(),
        change("SHOP.ORDERS_01", "I", None, Some(order(3, "Chloé", "boom", "NEW"))),
        change("SHOP.AUDIT", "I", None, Some(json!({ "ORDER_ID": 9 }))),
    ]
}

#[test]
fn what_each_step_makes_of_the_rows() {
    let shop = Shop::open();
    let whole = shop.preview(None, &["--rows", "20"]);
    assert_eq!(whole.code, 0, "{}", whole.transcript());
    expect("preview.txt", &whole.transcript());

    let narrow = shop.preview(Some("80"), &["--rows", "20", "--table", "SHOP.ORDERS_01"]);
    assert!(narrow.out.contains("that no step touches"), "{}", narrow.out);
    expect("preview-narrow.txt", &narrow.transcript());

    let all = shop.preview(Some("80"), &["--rows", "20", "--table", "SHOP.ORDERS_01", "--all-columns"]);
    assert!(!all.out.contains("that no step touches") && all.out.contains("COUNTRY"), "{}", all.out);

    let none = shop.preview(None, &["--table", "SHOP.ORDERS_03"]);
    expect("preview-no-such-table.txt", &none.transcript());

    let told = shop.preview(None, &["--rows", "20", "--output", "json"]).json();
    let pretty = serde_json::to_string_pretty(&told).unwrap();
    expect("preview.json", &format!("{pretty}\n"));
}

#[test]
fn colours_are_for_terminals_alone() {
    let shop = Shop::open();
    let mut forced = command(shop.directory.path(), &["preview", "preview.yaml", "--log", "error"]);
    forced.env("BROKERS", shop.cluster.bootstrap_servers()).env_remove("NO_COLOR").env("CLICOLOR_FORCE", "1");
    let forced = finish(forced);
    assert!(forced.out.contains("\u{1b}[33m"), "{}", forced.transcript());
    // The escape sequence of a message is not among them.
    assert!(!forced.out.contains("\u{1b}[2J"), "{}", forced.out);
    let plain = shop.preview(None, &[]);
    assert!(!plain.out.contains('\u{1b}'), "{}", plain.out);
}
