pub mod chat;
mod files;
mod models;
