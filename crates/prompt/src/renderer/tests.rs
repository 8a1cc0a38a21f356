use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::Parameters;

/// A compiled prompt of one user message.
fn compiled(inputs: Value, body: &str, blocks: &[(&str, &str)]) -> Compiled {
    let schema = |v: &Value| match v {
        Value::String(word) => Map::from_iter([("type".to_owned(), word.as_str().into())]),
        other => other.as_object().unwrap().clone(),
    };
    Compiled {
        id: "p".parse().unwrap(),
        model: "a/b".parse().unwrap(),
        parameters: Parameters::default(),
        inputs: inputs.as_object().unwrap().iter().map(|(n, s)| Input { name: n.clone(), schema: schema(s) }).collect(),
        output: None,
        tools: Vec::new(),
        prelude: "".into(),
        messages: vec![CompiledMessage::Role { role: Role::User, source: body.into() }],
        blocks: blocks.iter().map(|(n, s)| (n.parse().unwrap(), Arc::from(*s))).collect::<BTreeMap<_, _>>(),
    }
}

fn render(inputs: Value, body: &str, values: Value) -> Result<String, String> {
    let compiled = compiled(inputs, body, &[]);
    let messages = compiled.render(values.as_object().unwrap()).map_err(|e| e.to_string())?;
    Ok(messages.into_iter().map(|m| m.content).collect())
}

fn plain(body: &str) -> String {
    render(json!({}), body, json!({})).unwrap()
}

#[test]
fn only_texts_and_integers_print() {
    assert_eq!(plain("{{ 'a' }}{{ 1 }}{{ -9007199254740991 }}{{ 2 ** 3 }}"), "a1-90071992547409918");
    for (value, kind) in [
        ("1.5", "a number with a fraction"),
        ("true", "a boolean"),
        ("none", "null"),
        ("[1]", "a list"),
        ("{'a': 1}", "an object"),
        ("1 / 2", "a number with a fraction"),
    ] {
        let error = render(json!({}), &format!("{{{{ {value} }}}}"), json!({})).unwrap_err();
        assert!(error.contains(kind) && error.contains("tojson"), "{value}: {error}");
    }
    assert_eq!(
        plain("{{ {'b': [1.0, 0.1, none, true], 'a': 'é\"'} | tojson }}"),
        r#"{"a":"é\"","b":[1,0.1,null,true]}"#
    );
    assert_eq!(
        plain("{{ 1e21 | tojson }} {{ 1e-7 | tojson }} {{ (0.1 + 0.2) | tojson }}"),
        "1e+21 1e-7 0.30000000000000004"
    );
}

#[test]
fn filters_do_what_the_list_says() {
    for (expression, expected) in [
        ("'-3' | int | abs", "3"),
        ("'hELLO wORLD' | capitalize", "Hello world"),
        ("'' | d('x', true)", "x"),
        ("{'b': 1, 'a': 2} | dictsort | tojson", r#"[["a",2],["b",1]]"#),
        ("{'b': 1, 'a': 2} | items | list | tojson", r#"[["a",2],["b",1]]"#),
        ("[3, 1, 2] | sort | join(', ')", "1, 2, 3"),
        ("[3, 1, 3] | unique | join('-')", "3-1"),
        ("[3, 1] | reverse | first", "1"),
        ("[3, 1] | last", "1"),
        ("'a\\nb\\n\\nc' | indent(2)", "a\n  b\n\n  c"),
        ("'a\\nb' | indent(1, first=true)", " a\n b"),
        ("['a', 'b'] | length", "2"),
        ("'a\\nb' | lines | join('|')", "a|b"),
        ("[{'n': 1}, {'n': 2}] | map(attribute='n') | join('+')", "1+2"),
        ("['a', 'b'] | map('upper') | join", "AB"),
        ("[1, 5, 3] | max", "5"),
        ("[1, 5, 3] | min", "1"),
        ("[1, 2, 3] | select('odd') | join(' ')", "1 3"),
        ("[1, 2, 3] | reject('odd') | join(' ')", "2"),
        ("[{'n': 1}, {'n': 2}] | selectattr('n', 'gt', 1) | map(attribute='n') | first", "2"),
        ("[{'n': 1}, {}] | rejectattr('n', 'defined') | list | length", "1"),
        ("'a-b' | replace('-', '+')", "a+b"),
        ("2.6 | round | int", "3"),
        ("'a,b' | split(',') | tojson", r#"["a","b"]"#),
        ("5 | string + '!'", "5!"),
        ("[1, 2] | sum", "3"),
        ("'  a ' | trim", "a"),
        ("'é' | upper + 'É' | lower", "Éé"),
        ("range(3) | join", "012"),
        ("dict(a=1).a", "1"),
    ] {
        assert_eq!(plain(&format!("{{{{ {expression} }}}}")), expected, "{expression}");
    }
    let covered = |name: &str| name == "count" || name == "default" || name == "list";
    let source = include_str!("tests.rs");
    for (name, _) in crate::template::subset::FILTERS {
        assert!(covered(name) || source.contains(&format!("| {name}")), "no case for the filter {name}");
    }
}

#[test]
fn no_filter_turns_a_value_into_text_in_its_own_way() {
    for expression in [
        "[1] | upper",
        "1.5 | string",
        "[1.5] | join",
        "[[1]] | join",
        "'ab' | join",
        "true | indent(2)",
        "[1] | replace('1', '2')",
        "1 | split(',')",
        "'a' | replace('', 'b')",
    ] {
        assert!(render(json!({}), &format!("{{{{ {expression} }}}}"), json!({})).is_err(), "{expression}");
    }
}

#[test]
fn what_is_undefined_stops_the_rendering() {
    let inputs = json!({ "user": "object" });
    let error = render(inputs.clone(), "line\n{{ user.name }}", json!({ "user": {} })).unwrap_err();
    assert_eq!(error, "render message 1 (user), line 2: `user.name` is undefined");
    assert!(render(inputs.clone(), "{% if user.name %}x{% endif %}", json!({ "user": {} })).is_err());
    assert_eq!(render(inputs, "{{ user.name | default('you') }}", json!({ "user": {} })).unwrap(), "you");
}

#[test]
fn errors_name_the_block_they_happened_in() {
    let compiled = compiled(
        json!({ "a": "object" }),
        "x\n{% include 'blocks/b.md' %}",
        &[("blocks/b.md", "one\ntwo {{ a.b }}\n")],
    );
    let error = compiled.render(json!({ "a": {} }).as_object().unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "render blocks/b.md, line 2: `a.b` is undefined");
}

#[test]
fn inputs_are_validated_and_defaults_applied() {
    let inputs = json!({ "ticket": { "type": "string", "maxLength": 5 }, "locale": { "type": "string", "default": "en" }, "n": "integer" });
    let faults = |values: Value| render(inputs.clone(), "{{ ticket }}{{ locale }}{{ n }}", values).unwrap_err();
    assert_eq!(
        render(inputs.clone(), "{{ ticket }}{{ locale }}{{ n }}", json!({ "ticket": "a", "n": 1 })).unwrap(),
        "aen1"
    );
    assert_eq!(
        faults(json!({ "ticket": "too long", "n": 1.5, "locael": "de" })),
        "use these inputs: `locael` is no input of this prompt; did you mean `locale`?; `n` is a number, expected an integer; `ticket` is longer than 5 characters"
    );
    assert_eq!(
        faults(json!({})),
        "use these inputs: `n` is missing, expected an integer; `ticket` is missing, expected a text"
    );
}

#[test]
fn a_message_without_text_is_an_error() {
    assert_eq!(
        render(json!({ "a": "string" }), "{{ a }}", json!({ "a": " \n" })).unwrap_err(),
        "render message 1 (user): the message has no text with these inputs"
    );
}

#[test]
fn templates_that_never_end_are_stopped() {
    let forever = "{% for a in range(10000) %}{% for b in range(10000) %}{% for c in range(10000) %}x{% endfor %}{% endfor %}{% endfor %}";
    assert!(render(json!({}), forever, json!({})).unwrap_err().contains("does not end"));
    let doubling =
        "{% set n = namespace(t='ab') %}{% for i in range(60) %}{% set n.t = n.t + n.t %}{% endfor %}{{ n.t }}";
    assert!(render(json!({}), doubling, json!({})).is_err());
    let replacing = "{% set n = namespace(t='aa') %}{% for i in range(60) %}{% set n.t = n.t | replace('a', 'aa') %}{% endfor %}{{ n.t }}";
    assert!(render(json!({}), replacing, json!({})).unwrap_err().contains("too large"));
    let indenting = "{% set n = namespace(t='a\\n') %}{% for i in range(16) %}{% set n.t = n.t + n.t %}{% endfor %}{{ n.t | indent(100) | indent(100) }}";
    assert!(render(json!({}), indenting, json!({})).unwrap_err().contains("too large"));
    let branching = "{% set n = namespace(t=[1]) %}{% for i in range(60) %}{% set n.t = [n.t, n.t] %}{% endfor %}{{ n.t | tojson }}";
    assert!(render(json!({}), branching, json!({})).unwrap_err().contains("does not end"));
    let joining = "{% set t = range(100000) | join('xxxxxxxxxxxxxxxxxxxx') %}{{ [1, 2, 3, 4] | join(t) }}";
    assert!(render(json!({}), joining, json!({})).unwrap_err().contains("too large"));
    let calls = "{% macro m(x) %}{{ m(x) }}{% endmacro %}{{ m(1) }}";
    assert!(render(json!({}), calls, json!({})).is_err());
}

/// `body` a thousand times, after `n.t` and `n.u` were made two trees of 2^14 leaves that share their branches.
fn on_trees(body: &str) -> String {
    let trees = "{% set n = namespace(t=[1], u=[1]) %}\
        {% for i in range(14) %}{% set n.t = [n.t, n.t] %}{% set n.u = [n.u, n.u] %}{% endfor %}";
    format!("{trees}{{% for i in range(1000) %}}{body}{{% endfor %}}x")
}

#[test]
fn operators_on_large_values_are_stopped() {
    for body in [
        "{% if n.t == n.u %}x{% endif %}",
        "{% if n.t != n.u %}x{% endif %}",
        "{% if n.t < n.u %}x{% endif %}",
        "{% if 1 < n.t < n.u %}x{% endif %}",
        "{% if n.t in [n.u] %}x{% endif %}",
        "{% if n.t in 'abc' %}x{% endif %}",
        "{% if n.t not in n.u %}x{% endif %}",
        "{% if n.t is eq(n.u) %}x{% endif %}",
        "{% if n.t is in(n.u) %}x{% endif %}",
        "{{ [[n.t, 1], [n.u, 2]] | sort | length }}",
        "{{ [[n.t, 1], [n.u, 2]] | unique | length }}",
        "{{ ([[n.t, 1], [n.u, 2]] | min) | length }}",
        "{{ ([[n.t, 1], [n.u, 2]] | max) | length }}",
        "{{ {'a': n.t, 'b': n.u} | dictsort(by='value') | length }}",
        "{{ [n.t] | select('eq', n.u) | list | length }}",
        "{{ [{'a': n.t}] | selectattr('a', 'equalto', n.u) | list | length }}",
        "{{ {n.t: 1, n.u: 2} | length }}",
        "{% if loop.changed(n.t if i is odd else n.u) %}x{% endif %}",
        "{% if (n.t if true else 1) == (n.u | default(1)) %}x{% endif %}",
        "{% if [n.t] == [n.u] %}x{% endif %}",
    ] {
        let error = render(json!({}), &on_trees(body), json!({})).unwrap_err();
        assert!(error.contains("does not end") || error.contains("a key is"), "{body}: {error}");
    }
    let endless = "{% set n = namespace(t=[1]) %}{% for i in range(60) %}{% set n.t = [n.t, n.t] %}{% endfor %}x";
    assert!(render(json!({}), endless, json!({})).unwrap_err().contains("does not end"));
    let deep = "{% set n = namespace(t=[1]) %}{% for i in range(5000) %}{% set n.t = [n.t] %}{% endfor %}x";
    assert!(render(json!({}), deep, json!({})).unwrap_err().contains("nested too deeply"));
}

#[test]
fn lists_that_grow_are_stopped() {
    for (grow, says) in [
        ("n.t + n.t", "items, at most 100000"),
        ("n.t * 2", "items, at most 100000"),
        ("(n.t + n.t)[1:]", "items, at most 100000"),
        ("[0] * 100000000", "items, at most 100000"),
        ("n.t + ([0] * 100000000)", "items, at most 100000"),
    ] {
        let body = format!(
            "{{% set n = namespace(t=[1, 2]) %}}{{% for i in range(60) %}}{{% set n.t = {grow} %}}{{% endfor %}}{{{{ n.t | length }}}}"
        );
        let error = render(json!({}), &body, json!({})).unwrap_err();
        assert!(error.contains(says), "{grow}: {error}");
    }
    for body in [
        "{% set n = namespace(t=[1, 2]) %}{% for a in range(10000) %}{% set n.t = n.t[0:] %}{% endfor %}{% for b in range(10000) %}{% set n.t = n.t[0:] %}{% endfor %}{{ n.t | length }}",
        "{% set t = [''] * 100000 %}{% for i in range(10000) %}{% set x = t | join %}{% endfor %}x",
        "{% set t = [[]] * 100000 %}{% for i in range(10000) %}{% set x = t | tojson %}{% endfor %}x",
        "{% set t = ['a'] * 100000 %}{% for i in range(10000) %}{% for x in t[99999:] %}{% endfor %}{% endfor %}x",
    ] {
        let done = render(json!({}), body, json!({}));
        assert!(done.as_ref().map_or_else(|e| e.contains("does not end"), |text| text == "2"), "{body}: {done:?}");
    }
}

#[test]
fn guards_change_nothing_else() {
    for (body, expected) in [
        ("{% if [1, 'a'] == [1, 'a'] and {'a': 1} != {'a': 2} %}x{% endif %}", "x"),
        ("{{ ([1, 2, 3][1:] + [4]) | join }}{{ 'héllo'[1:3] }}{{ [1, 2, 3][::-1] | join }}", "234él321"),
        ("{{ 'ab' * 2 + 'c' }}{{ 2 + 3 * 4 }}{{ ([1] * 3) | length }}", "ababc143"),
        (
            "{% set xs = namespace(l=[]) %}{% for i in range(300) %}{% set xs.l = xs.l + [i] %}{% endfor %}{{ xs.l | length }}",
            "300",
        ),
        ("{% for a, b in {'x': 1, 'y': 2} | items if a in ['x', 'z'] %}{{ a }}{{ b }}{% endfor %}", "x1"),
        (
            "{% macro m(x, y=[1]) %}{{ x }}{{ y[0] }}{{ caller(2) }}{% endmacro %}{% call(z) m('a') %}{{ z + z }}{% endcall %}",
            "a14",
        ),
        ("{% with a = 1, b = [2] + [3] %}{{ a }}{{ b | last }}{% endwith %}{{ 1 if 2 in (1, 2) else 3 }}", "131"),
        ("{% set k = 'a' %}{{ {k: 'v'}[k] }}{{ 'yes' if not (k == 'b' or k is in ['c']) else 'no' }}", "vyes"),
    ] {
        assert_eq!(plain(body), expected, "{body}");
    }
    let inputs = json!({ "a": "object" });
    let error =
        render(inputs.clone(), "line\n{% if a.b == a.c %}x{% endif %}", json!({ "a": { "c": 1 } })).unwrap_err();
    assert_eq!(error, "render message 1 (user), line 2: `if a.b == a.c` is undefined");
    let error = render(inputs, "{{ {a: 1} | tojson }}", json!({ "a": {} })).unwrap_err();
    assert_eq!(error, "render message 1 (user), line 1: a key is a text or an integer, and this is an object");
}

#[test]
fn white_space_is_as_an_author_expects() {
    let blocks = [("blocks/b.md", "- one\n- two\n")];
    let compiled = compiled(
        json!({ "on": "boolean" }),
        "List:\n  {% include 'blocks/b.md' %}\nEnd.\n{% if on %}\nOn.\n{% endif %}\n{# note #}\nLast",
        &blocks,
    );
    let messages = compiled.render(json!({ "on": true }).as_object().unwrap()).unwrap();
    assert_eq!(messages[0].content, "List:\n- one\n- two\nEnd.\nOn.\nLast");
}

#[test]
fn values_and_templates_of_html_names_are_never_escaped() {
    let messages =
        compiled(json!({ "a": "string" }), "{{ a }}", &[]).render(json!({ "a": "<b>&\"'" }).as_object().unwrap());
    assert_eq!(messages.unwrap()[0].content, "<b>&\"'");
}

#[test]
fn a_renderer_is_shared_between_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    let renderer = compiled(json!({}), "x", &[]).renderer().unwrap();
    shared(&renderer);
}
