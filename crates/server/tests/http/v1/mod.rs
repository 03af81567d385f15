pub mod chat;
mod models;
