//! The JSON Schema of an adapter, for editors.

use super::Adapter;

/// The JSON Schema of an adapter file as text, as `adapters/adapter.schema.json` holds it.
///
/// # Errors
/// None in practice: a schema is plain JSON.
pub fn json_schema() -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(&schemars::schema_for!(Adapter))?;
    text.push('\n');
    Ok(text)
}
