//! Every fault of an upstream and of a client on the chat path, buffered and streamed, through real
//! sockets, the router and the database. `docs/fault-table.md` is written from here.

mod case;
mod client;
mod contents;
mod crowd;
mod repeats;
mod row;
mod run;
mod table;
mod upstream;
