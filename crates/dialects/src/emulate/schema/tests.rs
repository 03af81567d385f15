use serde_json::json;

use super::*;

#[test]
fn faults_name_the_place_and_what_is_wanted() {
    let schema = json!({
        "type": "object",
        "properties": {
            "city": { "type": "string", "minLength": 2 },
            "days": { "type": "integer", "minimum": 1, "maximum": 7 },
            "unit": { "enum": ["c", "f"] },
            "tags": { "type": "array", "items": { "type": "string" }, "maxItems": 2 },
            "at": { "anyOf": [{ "type": "null" }, { "$ref": "#/$defs/point" }] },
        },
        "required": ["city"],
        "additionalProperties": false,
        "$defs": { "point": { "type": "object", "required": ["x"] } },
    });
    for (value, fault) in [
        (json!({"city": "Rome", "days": 3.0, "unit": "c", "tags": ["a"], "at": null}), None),
        (json!({"days": 3}), Some("the value lacks `city`")),
        (json!({"city": "R"}), Some("`city` has fewer than 2 characters")),
        (json!({"city": 1}), Some("`city` is number, not string")),
        (json!({"city": "Rome", "days": 1.5}), Some("`days` is number, not integer")),
        (json!({"city": "Rome", "days": 8}), Some("`days` is more than 7")),
        (json!({"city": "Rome", "unit": "k"}), Some("`unit` is not one of \"c\", \"f\"")),
        (json!({"city": "Rome", "tags": ["a", 2]}), Some("`tags.1` is number, not string")),
        (json!({"city": "Rome", "tags": ["a", "b", "c"]}), Some("`tags` has more than 2 items")),
        (json!({"city": "Rome", "at": {}}), Some("`at` lacks `x`")),
        (json!({"city": "Rome", "mood": 1}), Some("`mood` is not a known name")),
        (json!([]), Some("the value is array, not object")),
    ] {
        assert_eq!(faults(&schema, &value).first().map(String::as_str), fault, "{value}");
    }
}

#[test]
fn forms_are_combined() {
    let either = json!({ "oneOf": [{ "required": ["a"] }, { "required": ["b"] }] });
    assert!(faults(&either, &json!({"a": 1})).is_empty());
    assert_eq!(faults(&either, &json!({})).len(), 1);
    assert_eq!(faults(&either, &json!({"a": 1, "b": 1})).len(), 1);
    let choice = json!({
        "if": { "properties": { "kind": { "const": "x" } } },
        "then": { "required": ["x"] }, "else": { "not": { "required": ["x"] } },
    });
    assert_eq!(faults(&choice, &json!({"kind": "x"})), ["the value lacks `x`"]);
    assert!(faults(&choice, &json!({"kind": "y"})).is_empty());
    assert_eq!(faults(&choice, &json!({"kind": "y", "x": 1})).len(), 1);
}

#[test]
fn what_is_not_checked_is_named() {
    let schema = json!({
        "properties": {
            "format": { "type": "string", "pattern": "^a" },
            "list": { "items": { "format": "date" } },
        },
    });
    assert_eq!(unchecked(&schema).into_iter().collect::<Vec<_>>(), ["format", "pattern"]);
    assert!(unchecked(&json!({ "properties": { "format": {} } })).is_empty());
}

#[test]
fn a_schema_that_turns_in_circles_ends() {
    let circle = json!({ "$ref": "#" });
    assert!(faults(&circle, &json!(1)).is_empty());
    let bush = json!({ "anyOf": [{ "$ref": "#" }, { "$ref": "#" }, false], "type": "string" });
    let _ = faults(&bush, &json!(1));
}
