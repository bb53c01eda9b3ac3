//! What an operator sees of guests: log lines and metrics.

mod support;

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};

use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::json;
use sluicegate_connector::Transform;
use sluicegate_wasm::{Host, HostOptions};
use support::{options, orders, start};

/// Text that a log writes.
#[derive(Clone, Default)]
struct Text(Arc<Mutex<Vec<u8>>>);

impl Write for Text {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn logged(work: impl FnOnce()) -> String {
    let text = Text::default();
    let writer = text.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    tracing::subscriber::with_default(subscriber, work);
    let bytes = text.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn lines_of_a_guest_name_their_step_and_are_few() {
    let mut step = start(options(json!({"op": "log", "lines": 5_000})));
    let text = logged(|| drop(step.transform(&orders()).unwrap()));
    let first = text.lines().next().unwrap();
    assert!(first.contains("INFO sluicegate::guest: line 0\\nof the guest step=\"step-1\""), "{first}");
    let lines = text.lines().count();
    assert!((20..200).contains(&lines), "{lines} lines");
}

#[test]
fn a_cache_that_cannot_be_trusted_is_said() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let cache_dir = Some(dir.path().to_owned());
    let text = logged(|| drop(Host::new(HostOptions { cache_dir }).unwrap()));
    assert!(
        text.contains("WARN") && text.contains("compiled guests are not cached: others may write it"),
        "{text}"
    );
}

#[test]
fn memory_traps_and_replacements_are_metrics() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let metrics = recorder.handle();
    metrics::with_local_recorder(&recorder, || {
        let mut step = start(options(json!({"op": "trap-on-value", "column": "name", "value": "cleo"})));
        let memory = step.memory();
        assert!(memory > 0);
        assert!(
            metrics.render().contains(&format!("sluicegate_guest_memory_bytes{{step=\"step-1\"}} {memory}"))
        );
        assert!(step.transform(&orders()).is_err());
        let text = metrics.render();
        assert!(text.contains("sluicegate_guest_traps_total{step=\"step-1\"} 1"), "{text}");
        assert!(
            text.contains("sluicegate_guest_recycles_total{step=\"step-1\",reason=\"trap\"} 1"),
            "{text}"
        );
        assert!(text.contains("sluicegate_guest_memory_bytes{step=\"step-1\"} 0"), "{text}");

        let mut leaky = start(options(json!({"op": "leak"})));
        for _ in 0..60 {
            leaky.transform(&orders()).unwrap();
        }
        assert!(metrics.render().contains("reason=\"memory\"} 1"), "{}", metrics.render());
    });
}
