//! The table of routes as an OpenAPI 3.1 document.

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{About, JSON, Operation, Row, Who};

/// What a refused call of the admin gets.
#[derive(Serialize, JsonSchema)]
struct AdminError {
    error: AdminErrorBody,
}

#[derive(Serialize, JsonSchema)]
struct AdminErrorBody {
    /// A word that programs can rely on: docs/ERRORS.md.
    code: String,
    /// What is wrong and what to do, for a person.
    message: String,
}

/// What a refused call of a client gets, as OpenAI writes it.
#[derive(Serialize, JsonSchema)]
struct ClientError {
    error: ClientErrorBody,
}

#[derive(Serialize, JsonSchema)]
struct ClientErrorBody {
    /// A word that programs can rely on: docs/ERRORS.md.
    code: String,
    /// What is wrong and what to do, for a person.
    message: String,
    /// The family of the error, in OpenAI's word.
    r#type: String,
    /// The field that is wrong.
    param: Option<String>,
    /// The id of the request in the ledger.
    request_id: String,
}

const ABOUT: &str = "Generated from the program. `/api/*` takes the admin token of the data folder, \
                     `/v1/*` a client's key. Codes of errors: docs/ERRORS.md.";

/// The document of these routes.
#[must_use]
pub fn document(rows: &[Row]) -> Value {
    let settings = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut schemas = settings.into_generator();
    let mut paths: Map<String, Value> = Map::new();
    for row in rows {
        let Some(about) = &row.about else { continue };
        let operation = operation(row, about, &mut schemas);
        let path = row.path.replace("{*", "{");
        let of_path = paths.entry(path).or_insert_with(|| json!({}));
        of_path[row.verb.method().as_str().to_ascii_lowercase()] = operation;
    }
    let error = |schema: schemars::Schema| json!({ "description": "Refused.", "content": { JSON: { "schema": schema } } });
    let responses = json!({
        "AdminError": error(schemas.subschema_for::<AdminError>()),
        "ClientError": error(schemas.subschema_for::<ClientError>()),
    });
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tabway",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": env!("CARGO_PKG_LICENSE") },
        },
        "paths": paths,
        "components": {
            "schemas": schemas.take_definitions(true),
            "responses": responses,
            "securitySchemes": security_schemes(),
        },
    })
}

fn security_schemes() -> Value {
    let key = |name: &str| json!({ "type": "apiKey", "in": "header", "name": name });
    json!({
        "admin": { "type": "http", "scheme": "bearer", "description": "The admin token." },
        "key": { "type": "http", "scheme": "bearer", "description": "A client's key." },
        "x_api_key": key("x-api-key"),
        "api_key": key("api-key"),
        "x_goog_api_key": key("x-goog-api-key"),
    })
}

fn operation(row: &Row, about: &About, schemas: &mut SchemaGenerator) -> Value {
    let Operation { path, query, body, reply, .. } = (about.operation)(schemas);
    let names = row.path.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    let mut types = path.into_iter();
    let in_path = names.map(|name| {
        // A handler that reads its path by itself names no type.
        let schema = types.next().map_or_else(|| json!({ "type": "string" }), |one| json!(one));
        json!({ "name": name.trim_start_matches('*'), "in": "path", "required": true, "schema": schema })
    });
    let parameters: Vec<Value> = in_path.chain(query).collect();
    let given = match (about.gives, reply) {
        (JSON, reply) => json!({ "schema": reply.map_or_else(|| json!(true), |one| json!(one)) }),
        _ => json!({}),
    };
    let refused = match row.who {
        Who::Admin => "#/components/responses/AdminError",
        _ => "#/components/responses/ClientError",
    };
    let mut told = json!({
        "operationId": operation_id(row),
        "tags": [tag(row.path)],
        "summary": about.summary,
        "security": security(row.who),
        "responses": {
            "200": { "description": "Done.", "content": { about.gives: given } },
            "default": { "$ref": refused },
        },
    });
    if !parameters.is_empty() {
        told["parameters"] = Value::Array(parameters);
    }
    let taken = match (body, about.takes) {
        (Some(schema), _) => Some(json!({ "schema": schema })),
        (None, JSON) => None,
        (None, _) => Some(json!({})),
    };
    if let Some(taken) = taken {
        told["requestBody"] = json!({ "content": { about.takes: taken } });
    }
    told
}

fn security(who: Who) -> Value {
    match who {
        Who::Admin => json!([{ "admin": [] }]),
        Who::Key => {
            json!([{ "key": [] }, { "x_api_key": [] }, { "api_key": [] }, { "x_goog_api_key": [] }])
        }
        Who::Anyone | Who::Node | Who::Here => json!([]),
    }
}

/// `get_api_keys_name`: method and path, in letters.
fn operation_id(row: &Row) -> String {
    let method = row.verb.method().as_str().to_ascii_lowercase();
    let words = row.path.split(|c: char| !c.is_ascii_alphanumeric());
    words.filter(|word| !word.is_empty()).fold(method, |id, word| format!("{id}_{word}"))
}

/// What stands after `/api/` or `/v1/`; the rest is for those who watch the gateway.
fn tag(path: &str) -> &str {
    let of_api = path.strip_prefix("/api/v1/").or_else(|| path.strip_prefix("/api/"));
    let rest = of_api.or_else(|| path.strip_prefix("/v1/")).unwrap_or("operators");
    rest.split('/').next().unwrap_or(rest)
}
