//! The table of routes: the router is built from it, so are the document that describes the API and
//! the test that asks every route for its permission.

mod describe;
mod document;

use axum::{
    handler::Handler,
    routing::{MethodRouter, any, delete, get, post},
};
use schemars::SchemaGenerator;

pub(crate) use self::describe::{Argument, Described, Operation, parameters_of};
pub use self::document::document;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Whoever reaches it.
    Anyone,
    /// A client with a key; anyone on this machine while no key is defined.
    Key,
    /// Who shows the admin token.
    Admin,
    /// A paired browser, from the extension's origin.
    Node,
    /// A person at this machine; others see only that the gateway runs.
    Here,
}

/// How a route is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// `GET`, and `HEAD` with it.
    Get,
    /// `POST`.
    Post,
    /// `DELETE`.
    Delete,
    /// Whatever comes.
    Any,
}

impl Verb {
    /// The method; of any, the one that is told.
    #[must_use]
    pub fn method(self) -> http::Method {
        match self {
            Self::Get => http::Method::GET,
            Self::Post | Self::Any => http::Method::POST,
            Self::Delete => http::Method::DELETE,
        }
    }
}

/// One route.
#[derive(Debug, Clone)]
pub struct Row {
    /// How it is called.
    pub verb: Verb,
    /// Its path, with names in braces.
    pub path: &'static str,
    /// Who may call it.
    pub who: Who,
    /// What it is for, where it belongs to the API.
    pub about: Option<About>,
}

/// What the document says of a route.
#[derive(Debug, Clone, Copy)]
pub struct About {
    /// What it does, in a line.
    summary: &'static str,
    /// What its handler takes and gives.
    operation: fn(&mut SchemaGenerator) -> Operation,
    /// The media type of what it takes and gives, where that is not JSON.
    takes: &'static str,
    gives: &'static str,
}

impl About {
    /// A route that takes and gives JSON.
    pub(crate) const fn new(
        summary: &'static str,
        operation: fn(&mut SchemaGenerator) -> Operation,
    ) -> Self {
        Self { summary, operation, takes: JSON, gives: JSON }
    }
}

const JSON: &str = "application/json";

/// Routes that the same may call, and the router that answers them.
pub(crate) struct Routes<S> {
    who: Who,
    rows: Vec<Row>,
    router: axum::Router<S>,
}

macro_rules! verb {
    ($(#[$about:meta])* $name:ident, $verb:ident) => {
        $(#[$about])*
        pub(crate) fn $name<H, T>(
            self,
            path: &'static str,
            summary: &'static str,
            handler: H,
        ) -> Self
        where
            H: Handler<T, S> + Described<T>,
            T: 'static,
        {
            let about = Some(About::new(summary, H::operation));
            self.row(Verb::$verb, path, about, $name(handler))
        }
    };
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// None so far; all that come may be called by these.
    pub(crate) fn of(who: Who) -> Self {
        Self { who, rows: Vec::new(), router: axum::Router::new() }
    }

    verb!(get, Get);
    verb!(post, Post);
    verb!(delete, Delete);
    verb!(
        /// An address that takes whatever comes.
        any,
        Any
    );

    /// What a browser opens or a page of ours asks: no part of the API.
    pub(crate) fn page(self, verb: Verb, path: &'static str, router: MethodRouter<S>) -> Self {
        self.row(verb, path, None, router)
    }

    /// What the last route takes, where that is not JSON.
    pub(crate) fn takes(mut self, media_type: &'static str) -> Self {
        if let Some(about) = self.rows.last_mut().and_then(|row| row.about.as_mut()) {
            about.takes = media_type;
        }
        self
    }

    /// What the last route gives, where that is not JSON.
    pub(crate) fn gives(mut self, media_type: &'static str) -> Self {
        if let Some(about) = self.rows.last_mut().and_then(|row| row.about.as_mut()) {
            about.gives = media_type;
        }
        self
    }

    /// These, and those of somebody else.
    pub(crate) fn merge(mut self, other: Self) -> Self {
        self.rows.extend(other.rows);
        self.router = self.router.merge(other.router);
        self
    }

    /// Routes that are answered before the router is asked.
    pub(crate) fn answered_before(mut self, rows: impl IntoIterator<Item = Row>) -> Self {
        self.rows.extend(rows);
        self
    }

    pub(crate) fn rows(self) -> Vec<Row> {
        self.rows
    }

    pub(crate) fn router(self) -> axum::Router<S> {
        self.router
    }

    fn row(
        mut self,
        verb: Verb,
        path: &'static str,
        about: Option<About>,
        router: MethodRouter<S>,
    ) -> Self {
        self.router = self.router.route(path, router);
        self.rows.push(Row { verb, path, who: self.who, about });
        self
    }
}
