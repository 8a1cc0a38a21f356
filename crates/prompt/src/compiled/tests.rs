use serde_json::json;

use super::*;
use crate::{Output, OutputFormat};

fn sample() -> Compiled {
    let object = |v: Value| v.as_object().unwrap().clone();
    Compiled {
        id: "a/b".parse().unwrap(),
        model: "x/y".parse().unwrap(),
        parameters: Parameters { temperature: Some(0.5), seed: Some(-3), ..Parameters::default() },
        inputs: vec![Input {
            name: "t".into(),
            schema: object(json!({ "type": "number", "maximum": 1e300, "minimum": 9_007_199_254_740_994.0 })),
        }],
        output: Some(Output { format: OutputFormat::Text, schema: None }),
        tools: Vec::new(),
        prelude: "".into(),
        messages: vec![
            CompiledMessage::Role { role: Role::System, source: "{% include \"blocks/b.md\" %}".into() },
            CompiledMessage::Turns("h".into()),
        ],
        blocks: [("blocks/b.md".parse().unwrap(), Arc::from("x\n"))].into(),
    }
}

#[test]
fn canonical_bytes_read_back_to_the_same_prompt() {
    let canonical = sample().canonical();
    assert_eq!(Compiled::of_canonical(canonical.as_bytes()).unwrap(), sample());
    assert_eq!(
        canonical,
        r#"{"blocks":{"blocks/b.md":"x\n"},"engine":1,"format":1,"id":"a/b","inputs":{"t":{"maximum":1e+300,"minimum":9007199254740994,"type":"number"}},"messages":[{"role":"system","source":"{% include \"blocks/b.md\" %}"},{"turns":"h"}],"model":"x/y","output":{"format":"text"},"parameters":{"seed":-3,"temperature":0.5}}"#
    );
}

#[test]
fn other_bytes_are_refused() {
    let good = sample().canonical();
    let refused = |bytes: &str| Compiled::of_canonical(bytes.as_bytes()).unwrap_err();
    for (from, to) in [
        ("\"engine\":1", "\"engine\": 1"),
        ("\"x\\n\"", "\"x\\u000a\""),
        ("\"seed\":-3", "\"seed\":-3,\"tone\":1"),
        ("\"turns\":\"h\"", "\"turns\":\"h\",\"role\":\"user\""),
        ("\"role\":\"system\"", "\"role\":\"tool\""),
        ("blocks/b.md\\\"", "blocks/c.md\\\""),
        ("{% include", "{% extends"),
        ("{% include", "{% if"),
        ("0.5", "0.50"),
    ] {
        assert!(good.contains(from), "{from}");
        assert!(matches!(refused(&good.replacen(from, to, 1)), CanonicalFault::Malformed(_)), "{from} → {to}");
    }
    assert_eq!(
        refused(&good.replace("\"format\":1", "\"format\":2")),
        CanonicalFault::Unknown { format: 2, engine: 1 }
    );
    assert!(Compiled::of_canonical(b"").is_err());
    assert!(Compiled::of_canonical(&[b'['; 100_000]).is_err());
}

#[test]
fn what_is_absent_and_what_is_empty_are_the_same() {
    let empty = Parameters { provider: Some(Default::default()), ..Parameters::default() };
    let a = Compiled { parameters: empty, ..sample() };
    let b = Compiled { parameters: Parameters::default(), ..sample() };
    assert_eq!(a.digest(), b.digest());
}
