//! What a handler takes and gives, told by its own types: nothing is written a second time.

use axum::{
    Json,
    extract::{Extension, Path, Query, State, WebSocketUpgrade},
    response::{Redirect, Response},
};
use http::{HeaderMap, Request};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

/// What a route takes and gives.
#[derive(Debug, Default)]
pub struct Operation {
    /// The types of the names in its path.
    pub(super) path: Vec<Schema>,
    /// Parameters of its query, as the document has them.
    pub(super) query: Vec<Value>,
    pub(super) body: Option<Schema>,
    pub(super) reply: Option<Schema>,
}

impl Operation {
    /// A handler that takes nothing and gives JSON of no type of ours.
    pub(crate) fn of_nothing(_: &mut SchemaGenerator) -> Self {
        Self::default()
    }

    /// A handler that reads a body of this form by itself.
    pub(crate) fn of_body(body: Schema) -> Self {
        Self { body: Some(body), ..Self::default() }
    }

    /// The handler reads a body of this form.
    pub(crate) fn reads(&mut self, body: Schema) {
        self.body = Some(body);
    }

    /// The handler reads these parameters of the query.
    pub(crate) fn asks(&mut self, query: Vec<Value>) {
        self.query = query;
    }
}

/// A handler that tells what it takes and gives.
pub(crate) trait Described<T> {
    fn operation(schemas: &mut SchemaGenerator) -> Operation;
}

/// Something that a handler takes.
pub(crate) trait Argument {
    fn tell(_operation: &mut Operation, _schemas: &mut SchemaGenerator) {}
}

/// Something that a handler gives.
pub(crate) trait Given {
    /// Its form as JSON, where it is that.
    fn schema(_schemas: &mut SchemaGenerator) -> Option<Schema> {
        None
    }
}

macro_rules! described {
    ($marker:ty; $($argument:ident),*) => {
        impl<F, Fut, $($argument,)* M> Described<$marker> for F
        where
            F: FnOnce($($argument),*) -> Fut,
            Fut: Future<Output: Given>,
            $($argument: Argument,)*
        {
            #[allow(unused_variables, reason = "a handler may take nothing")]
            fn operation(schemas: &mut SchemaGenerator) -> Operation {
                let mut operation = Operation::default();
                $($argument::tell(&mut operation, schemas);)*
                operation.reply = <Fut::Output as Given>::schema(schemas);
                operation
            }
        }
    };
}

described!((M, A); A);
described!((M, A, B); A, B);
described!((M, A, B, C); A, B, C);
described!((M, A, B, C, D); A, B, C, D);
described!((M, A, B, C, D, E); A, B, C, D, E);

impl<T> Argument for State<T> {}
impl<T> Argument for Extension<T> {}
impl<T> Argument for Query<T> {}
impl<T> Argument for Request<T> {}
impl<E> Argument for Result<WebSocketUpgrade, E> {}
impl Argument for HeaderMap {}

impl<T: Names> Argument for Path<T> {
    fn tell(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        operation.path = T::names(schemas);
    }
}

/// The names of a path.
pub(crate) trait Names {
    fn names(schemas: &mut SchemaGenerator) -> Vec<Schema>;
}

impl Names for String {
    fn names(schemas: &mut SchemaGenerator) -> Vec<Schema> {
        vec![schemas.subschema_for::<Self>()]
    }
}

impl Names for u32 {
    fn names(schemas: &mut SchemaGenerator) -> Vec<Schema> {
        vec![schemas.subschema_for::<Self>()]
    }
}

impl Names for (String, String) {
    fn names(schemas: &mut SchemaGenerator) -> Vec<Schema> {
        vec![schemas.subschema_for::<String>(), schemas.subschema_for::<String>()]
    }
}

impl<T: JsonSchema> Given for Json<T> {
    fn schema(schemas: &mut SchemaGenerator) -> Option<Schema> {
        Some(schemas.subschema_for::<T>())
    }
}

impl<T: Given, E> Given for Result<T, E> {
    fn schema(schemas: &mut SchemaGenerator) -> Option<Schema> {
        T::schema(schemas)
    }
}

impl Given for Response {}
impl Given for Redirect {}

/// The fields of a type as parameters of a query.
pub(crate) fn parameters_of<T: JsonSchema>(schemas: &mut SchemaGenerator) -> Vec<Value> {
    let fields = T::json_schema(schemas).to_value();
    let required = |name: &str| {
        fields["required"].as_array().is_some_and(|list| list.iter().any(|one| one == name))
    };
    let named = fields["properties"].as_object().into_iter().flatten();
    named
        .map(|(name, schema)| {
            let mut schema = schema.clone();
            let about = schema.as_object_mut().and_then(|schema| schema.remove("description"));
            let mut parameter = json!({
                "name": name, "in": "query", "required": required(name), "schema": schema,
            });
            if let Some(about) = about {
                parameter["description"] = about;
            }
            parameter
        })
        .collect()
}
