//! What gateway and node say to each other, and the adapter: the data file that describes a page.
//!
//! Control messages are JSON text frames ([`message`]); the records of an answer are binary frames
//! ([`frame`]). TypeScript types of both are generated into the extension, and a JSON Schema of the
//! adapter into `adapters/`.

pub mod ability;
pub mod adapter;
pub mod frame;
pub mod message;
pub mod pairing;
pub mod teach;
