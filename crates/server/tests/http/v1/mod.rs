mod chat;
mod models;
