//! The path of a request, the same for every surface.

pub mod catalogue;
