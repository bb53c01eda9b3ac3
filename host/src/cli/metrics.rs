//! Prometheus text over HTTP.

use std::net::SocketAddr;

use axum::Router;
use axum::routing::get;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
use tracing::info;

use super::exit::Failure;

/// Upper bounds of the buckets of all durations, in seconds.
const SECONDS: [f64; 12] = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// Records metrics from now on and serves them at `http://ADDR/metrics`; `/health` answers while the process lives.
pub(super) async fn serve(address: SocketAddr) -> Result<(), Failure> {
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(|error| Failure::failed(format!("metrics cannot be recorded: {error}")))?;
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .map_err(|error| Failure::usage(format!("--metrics {address}: {error}; choose another address")))?;
    let bound = listener.local_addr().unwrap_or(address);
    info!("metrics at http://{bound}/metrics");
    let routes = Router::new()
        .route("/metrics", get(move || std::future::ready(recorder.render())))
        .route("/health", get(|| std::future::ready("ok\n")));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Ok(())
}
