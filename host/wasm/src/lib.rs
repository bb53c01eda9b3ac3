//! Guests: WebAssembly components that transform batches.
