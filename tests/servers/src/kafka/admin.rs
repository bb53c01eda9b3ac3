//! Requests to the cluster's administration.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminOptions, TopicResult};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::error::ServerError;

/// How long a request may take.
pub(super) const REQUEST: Duration = Duration::from_secs(30);

/// Time limits of a request.
pub(super) fn options() -> AdminOptions {
    AdminOptions::new().operation_timeout(Some(REQUEST)).request_timeout(Some(REQUEST))
}

/// One error for a request and each of its answers.
pub(super) fn check(what: String, results: Result<Vec<TopicResult>, KafkaError>) -> Result<(), ServerError> {
    let results = results.and_then(|results| {
        results.into_iter().try_for_each(|r| r.map(drop).map_err(|(_, code)| KafkaError::AdminOp(code)))
    });
    results.map_err(ServerError::kafka(what))
}

/// Asks until the answer is yes, for as long as a request may take.
pub(super) fn wait_until(
    what: String,
    mut done: impl FnMut() -> Result<bool, KafkaError>,
) -> Result<(), ServerError> {
    let start = Instant::now();
    loop {
        match done() {
            Ok(true) => return Ok(()),
            Err(error) if start.elapsed() > REQUEST => return Err(ServerError::kafka(what)(error)),
            Ok(false) if start.elapsed() > REQUEST => {
                let late = KafkaError::AdminOp(RDKafkaErrorCode::OperationTimedOut);
                return Err(ServerError::kafka(what)(late));
            }
            _ => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

/// Runs a future on this thread. The admin client does its work on threads of its own, so parking is enough, and a
/// caller inside an async runtime is no problem.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::park(),
        }
    }
}
