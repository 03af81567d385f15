//! The ledger and everything else that outlives the process: SQLite behind one Store.
