//! Kafka: source, sink and positions.
