//! The key ring: seal, open and mac cells without showing a key.
