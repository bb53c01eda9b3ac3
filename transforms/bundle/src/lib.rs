//! The built-in transforms as WebAssembly, embedded.
