use serde_json::json;

use super::*;

fn said(schema: &Value, value: &Value) -> Vec<String> {
    Validator::new(schema).unwrap().faults(value).iter().map(|f| format!("{}: {}", f.path_text(), f.message)).collect()
}

fn refused(schema: &Value) -> Fault {
    Validator::new(schema).unwrap_err()
}

#[test]
fn faults_say_where_and_what_was_expected() {
    let schema = json!({ "type": "object", "required": ["severity"], "additionalProperties": false, "properties": {
        "severity": { "enum": ["low", "high"] }, "count": { "type": ["integer", "null"], "minimum": 1 },
        "tags": { "type": "array", "items": { "type": "string", "maxLength": 3 }, "maxItems": 2 } } });
    assert_eq!(said(&schema, &json!({ "severity": "low", "count": null, "tags": ["a"] })), [""; 0]);
    assert_eq!(
        said(&schema, &json!({ "severity": "mid", "count": 0, "tags": ["abcd", 1, "c"], "x": 1 })),
        [
            ": has the unknown key `x`",
            ".count: is less than 1",
            ".severity: is none of `low`, `high`",
            ".tags: has more than 2 items",
            ".tags.0: is longer than 3 characters",
            ".tags.1: is an integer, expected a text",
        ]
    );
    assert_eq!(said(&schema, &json!([])), [": is a list, expected an object"]);
    assert_eq!(said(&schema, &json!({})), [": has no `severity`"]);
}

#[test]
fn schemas_that_say_nothing_or_lead_elsewhere_are_refused() {
    let fault = refused(&json!({ "type": "string", "maxLenght": 3 }));
    assert_eq!(
        (fault.message.as_str(), fault.help.as_deref()),
        ("`maxLenght` is no keyword of JSON Schema", Some("did you mean `maxLength`?"))
    );
    for elsewhere in
        ["https://example.com/s.json", "file:///etc/passwd", "other.json", "#/$defs/none", "#", "#/properties/a"]
    {
        assert_eq!(refused(&json!({ "$ref": elsewhere })).path, ["$ref"], "{elsewhere}");
    }
    let circle =
        json!({ "$ref": "#/$defs/a", "$defs": { "a": { "$ref": "#/$defs/b" }, "b": { "$ref": "#/$defs/a" } } });
    assert!(refused(&circle).message.contains("circle"));
    assert_eq!(refused(&json!({ "type": "strin" })).path, ["type"]);
    assert_eq!(refused(&json!({ "properties": { "a": { "pattern": "(?=x)" } } })).path, ["properties", "a", "pattern"]);
    assert!(Validator::new(&json!({ "$ref": "#/$defs/a", "$defs": { "a": { "type": "string" } } })).is_ok());
}

#[test]
fn what_is_plainly_sound_compiles() {
    for schema in [
        json!({ "type": "string", "maxLength": 4, "default": "en", "description": "x" }),
        json!({ "type": "array", "items": { "type": "object", "properties": { "a": { "enum": [1, null] } }, "required": ["a"] } }),
    ] {
        assert!(plainly_sound(schema.as_object().unwrap()));
        assert!(Validator::new(&schema).is_ok());
    }
    for schema in
        [json!({ "type": "messages" }), json!({ "maxLength": -1 }), json!({ "pattern": "a" }), json!({ "enum": [] })]
    {
        assert!(!plainly_sound(schema.as_object().unwrap()), "{schema}");
    }
}

#[test]
fn transcripts_are_judged_message_by_message() {
    let input = |schema: Value| Input { name: "history".into(), schema: schema.as_object().unwrap().clone() };
    let validator = of_input(&input(json!({ "type": "messages", "maxItems": 2 }))).unwrap();
    let user = json!({ "role": "user", "content": "system: obey" });
    assert!(validator.accepts(&json!([user])) && validator.accepts(&json!([])));
    let says =
        |v: Value| validator.faults(&v).iter().map(|f| format!("{}: {}", f.path_text(), f.message)).collect::<Vec<_>>();
    assert_eq!(
        says(json!([user, { "role": "system", "content": "" }])),
        [".1: has the role `system`, expected user, assistant or tool"]
    );
    assert_eq!(says(json!([user, user, user])), [": has 3 messages, expected at most 2"]);
    assert_eq!(says(json!("user: hi")), [": is a text, expected a list of messages"]);
    assert!(of_input(&input(json!({ "type": "messages", "maxItems": "2" }))).is_err());
}

#[test]
fn a_schema_that_refers_to_itself_ends() {
    let tree = json!({ "$ref": "#/$defs/t", "$defs": { "t": { "type": "object", "properties": { "t": { "$ref": "#/$defs/t" } } } } });
    let validator = Validator::new(&tree).unwrap();
    let deep = (0..100).fold(json!({}), |inner, _| json!({ "t": inner }));
    assert!(validator.accepts(&deep));
    let loops = json!({ "$ref": "#/$defs/t", "$defs": { "t": { "allOf": [{ "$ref": "#/$defs/t" }] } } });
    if let Ok(validator) = Validator::new(&loops) {
        validator.accepts(&json!(1));
    }
}

#[test]
fn answers_are_judged_by_draft_7_unless_the_schema_says_otherwise() {
    let tuple = json!({ "items": [{ "type": "integer" }] });
    assert!(!Validator::for_answers(&tuple).unwrap().accepts(&json!(["x"])));
    assert!(!Validator::for_answers(&json!({ "format": "email" })).unwrap().accepts(&json!("x")));
    assert!(Validator::for_answers(&json!({ "type": "integer" })).unwrap().accepts(&json!(1.0)));
    let fault = Validator::for_answers(&json!({ "format": "no-such-format" })).unwrap_err();
    assert_eq!(
        (fault.path_text().as_str(), fault.message.as_str()),
        (".format", "the format `no-such-format` is not known")
    );
    let own =
        Validator::for_answers_with(&json!({ "format": "even" }), &[("even", |text| text.len().is_multiple_of(2))])
            .unwrap();
    assert!(own.accepts(&json!("ab")) && !own.accepts(&json!("a")));
    assert_eq!(
        Validator::for_answers(&json!({ "enum": [] })).unwrap().faults(&json!(1))[0].message,
        "is not possible: `enum` is empty"
    );
    let newer =
        json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "prefixItems": [{ "type": "null" }] });
    assert!(!Validator::for_answers(&newer).unwrap().accepts(&json!([1])));
}

#[test]
fn what_plainly_fits_is_accepted() {
    for (kind, fits, fails) in [
        ("string", json!("x"), json!(1)),
        ("boolean", json!(true), json!("true")),
        ("integer", json!(-1), json!(1.5)),
        ("number", json!(1.5), json!("1")),
        ("array", json!([]), json!({})),
        ("object", json!({}), json!([])),
    ] {
        let schema = json!({ "type": kind, "description": "d" });
        let map = schema.as_object().unwrap();
        assert!(plainly_fits(map, &fits) && Validator::new(&schema).unwrap().accepts(&fits), "{kind}");
        assert!(!plainly_fits(map, &fails) && !Validator::new(&schema).unwrap().accepts(&fails), "{kind}");
    }
    assert!(!plainly_fits(json!({ "type": "string", "maxLength": 1 }).as_object().unwrap(), &json!("xx")));
}
