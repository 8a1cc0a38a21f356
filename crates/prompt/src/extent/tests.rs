use serde_json::{Value as Json, json};
use source::Snapshot;

use super::*;
use crate::Catalog;

/// The prompt with its catalog; both ways to find its extent agree.
fn compiled(inputs: &str, body: &str) -> Compiled {
    let file = format!(
        "---\nversion: 1.0.0\ndescription: For a test.\nowner: team\nrisk: low\nmodel: openai/gpt-5\ninputs: {inputs}\n---\n{body}\n"
    );
    let blocks = [
        ("prompts/blocks/b.md", "Be kind to {{ name }}."),
        ("prompts/blocks/m.md", "{% macro twice(x, sep=\"-\") %}{{ x }}{{ sep }}{{ x }}{% endmacro %}\n"),
    ];
    let files = [("prompts/t.md", file.as_str())].into_iter().chain(blocks);
    let catalog = Catalog::load(&Snapshot::of_texts("t", files));
    let id = "t".parse().unwrap();
    let compiled = catalog.compile(&id).unwrap_or_else(|f| panic!("{f:#?}"));
    let by_facts = Library::of_catalog(&catalog).extent_of(catalog.prompt(&id).unwrap(), &compiled);
    assert_eq!(by_facts, extent(&compiled), "{body}");
    compiled
}

/// What is claimed, held against the longest rendering.
fn holds(inputs: &str, body: &str, longest: Json) -> Size {
    let compiled = compiled(inputs, body);
    let size = extent(&compiled);
    let Json::Object(longest) = longest else { panic!("an object") };
    let rendered = compiled.render(&longest).unwrap_or_else(|e| panic!("could not {e}"));
    let bytes: usize = rendered.iter().map(|m| m.content.len()).sum();
    assert!(size.endless.is_empty(), "{body}: {:?}", size.endless);
    assert!(size.bound() >= bytes as u64, "{body}: {size:?} but {bytes} bytes");
    size
}

const NAME: &str = "{ name: { type: string, maxLength: 10 } }";

#[test]
fn the_bound_holds_for_the_longest_rendering() {
    let name = || json!({ "name": "😀".repeat(10) });
    let size = holds(NAME, "Hi {{ name }}!", name());
    assert_eq!((size.fixed, size.bytes, size.chars), (4, 40, 10));
    holds(NAME, "{% include \"blocks/b.md\" %}", name());
    holds(
        NAME,
        "{{ name }}, {{ name }}:\n  {% include \"blocks/b.md\" %}\n{% include \"blocks/b.md\" %}\n{{ name }}",
        name(),
    );
    holds(NAME, "{% from \"blocks/m.md\" import twice %}\n{{ twice(name) }} {{ twice(name, sep=name) }}", name());
    holds(NAME, "{% import \"blocks/m.md\" as m %}\n{{ m.twice(name) }}", name());
    holds(NAME, "{% if name == \"x\" %}\nshort\n{% else %}\nmuch longer than that {{ name }}\n{% endif %}", name());
    holds(NAME, "{% set a = name + name %}{{ a }}{{ a | upper }}{{ a | replace(\"😀\", \"12345678\") }}", name());
    holds(NAME, "{% for c in name | split(\"😀\") %}<{{ c }}>{% endfor %}", name());
    holds(NAME, "{% for n in range(7) %}{{ n }}{{ name }}{% endfor %}", name());
    holds(NAME, "{{ name | tojson }}", json!({ "name": "\u{1}".repeat(10) }));
    holds(NAME, "{{ name | indent(4) }}.", json!({ "name": "a\nb\nc\nd\ne\n" }));
    holds(NAME, "{% filter upper %}{{ name }}{% endfilter %}", json!({ "name": "ΐ".repeat(10) }));
    holds(NAME, "{{ \"=\" * 40 }}{{ name * 3 }}", name());
    holds(
        NAME,
        "{% set n = namespace(count=0) %}{% for i in range(3) %}{% set n.count = n.count + 1 %}{% endfor %}{{ n.count }}",
        name(),
    );
    let list = "{ xs: { type: array, maxItems: 3, items: { type: object, additionalProperties: false, properties: { a: { type: string, maxLength: 5 }, b: { enum: [one, three] } } } } }";
    let xs: Vec<Json> = (0..3).map(|_| json!({ "a": "éèàüö", "b": "three" })).collect();
    let longest = || json!({ "xs": xs });
    holds(list, "{% for x in xs %}\n- {{ x.a }}: {{ x.b }}\n{% endfor %}", longest());
    holds(list, "{{ xs | tojson }}", longest());
    holds(list, "{{ xs | map(attribute=\"a\") | join(\", \") }}", longest());
    holds("{ n: integer }", "{{ n }} {{ n * 2 }}", json!({ "n": -9_007_199_254_740_991_i64 }));
}

#[test]
fn what_has_no_end_is_named() {
    let causes = |inputs: &str, body: &str| -> Vec<(Option<String>, &'static str)> {
        extent(&compiled(inputs, body)).endless.into_iter().map(|e| (e.input, e.why)).collect()
    };
    let of = |name: &str, why| vec![(Some(name.to_owned()), why)];
    assert_eq!(causes("{ name: string }", "{{ name }}"), of("name", "maxLength"));
    let list = "{ xs: { type: array, items: { type: string, maxLength: 3 } } }";
    assert_eq!(causes(list, "{% for x in xs %}{{ x }}{% endfor %}"), of("xs", "maxItems"));
    assert_eq!(causes("{ o: object }", "{{ o | tojson }}"), of("o", "additionalProperties: false"));
    assert_eq!(
        causes("{ h: messages }", "{{ turns(\"h\") }}"),
        [(Some("h".to_owned()), "maxItems"), (Some("h".to_owned()), "maxLength"),]
    );
    assert_eq!(causes("{ name: string }", "{% if name %}\nyes\n{% endif %}\nno"), []);
    assert_eq!(causes("{ name: string }", "{{ name | length }}"), []);
}

#[test]
fn a_transcript_with_both_limits_ends() {
    let size = extent(&compiled("{ h: { type: messages, maxItems: 4, maxLength: 100 } }", "{{ turns(\"h\") }}"));
    assert_eq!((size.bound(), size.chars, size.endless.len()), (1_600, 400, 0));
}

#[test]
fn what_doubles_is_taken_for_endless_at_once() {
    let doubled = "{% set l = {'a': l, 'b': l} %}\n".repeat(60);
    let size =
        extent(&compiled(NAME, &format!("{{% set l = {{'a': name}} %}}\n{doubled}{{{{ l.a.b.a }}}}{{{{ name }}}}")));
    assert!(!size.endless.is_empty());
}
