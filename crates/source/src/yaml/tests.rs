mod agreement;

use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;
use crate::RepoPath;

fn text(source: &str) -> (Text, Span) {
    let text = Text::new(RepoPath::new("prompts/a.md").unwrap(), source);
    let span = Span::new(0, source.len());
    (text, span)
}

fn tree(source: &str) -> (Text, Node) {
    let (text, span) = text(source);
    let root = read(&text, span, &Limits::FRONT_MATTER).unwrap_or_else(|f| panic!("{source:?}: {f:?}"));
    (text, root)
}

/// `rule 'bytes' message | help` of each finding.
fn refused(source: &str) -> Vec<String> {
    let (text, span) = text(source);
    told(read(&text, span, &Limits::FRONT_MATTER).err().unwrap_or_default())
}

fn told(findings: Vec<Finding>) -> Vec<String> {
    let line = |f: Finding| {
        let help = f.help.map(|h| format!(" | {h}")).unwrap_or_default();
        format!("{} '{}' {}{help}", f.rule, f.at.text.slice(f.at.span), f.message)
    };
    findings.into_iter().map(line).collect()
}

/// Each value of `source` by path, with the bytes of its key and of itself.
fn spans(source: &str) -> Vec<String> {
    fn walk(text: &Text, node: &Node, out: &mut Vec<String>) {
        for entry in node.entries() {
            out.push(format!("{}={}", text.slice(entry.key_span), text.slice(entry.value.span)));
            walk(text, &entry.value, out);
        }
        for item in node.items() {
            out.push(format!("-{}", text.slice(item.span)));
            walk(text, item, out);
        }
    }
    let (text, root) = tree(source);
    let mut out = Vec::new();
    walk(&text, &root, &mut out);
    out
}

#[test]
fn a_value_left_out_of_a_flow_mapping_ends_before_its_bracket() {
    for (source, at) in [("{é} # c", 3), ("{e} # c", 2), ("{é: x, è } # c", 11), ("[{é}] # c", 4)] {
        let (_, mut node) = tree(source);
        while let Some(inner) = node.items().last().or(node.entries().last().map(|entry| &entry.value)).cloned() {
            node = inner;
        }
        assert_eq!(node.span, Span::new(at, at), "{source}");
        assert!(exercise(source), "{source}");
    }
}

#[test]
fn spans_are_the_bytes_that_were_written() {
    assert_eq!(spans("a: b  # c\nd: e\n"), ["a=b", "d=e"]);
    assert_eq!(spans("a: 'it''s' \n\"b\": \"x\\ny\"\n"), ["a='it''s'", "\"b\"=\"x\\ny\""]);
    assert_eq!(spans("a: one\n  two\nb: 3\n"), ["a=one\n  two", "b=3"]);
    assert_eq!(spans("a: |\n  x\n\n  y\n\nb: 3\n"), ["a=|\n  x\n\n  y", "b=3"]);
    assert_eq!(spans("a: >- # why\n\n  |x\n  y\nb: 3"), ["a=>- # why\n\n  |x\n  y", "b=3"]);
    assert_eq!(spans("a: |\n\nb: 1\n"), ["a=|", "b=1"]);
    assert_eq!(spans("a:\nb: 1\n"), ["a=", "b=1"]);
    assert_eq!(spans("a: { x: 1, y: [b , c] }\n"), ["a={ x: 1, y: [b , c] }", "x=1", "y=[b , c]", "-b", "-c"]);
    assert_eq!(
        spans("a:\n  - b\n  -\n  - c: d\n    e: f\ng: h\n"),
        ["a=- b\n  -\n  - c: d\n    e: f", "-b", "-", "-c: d\n    e: f", "c=d", "e=f", "g=h"]
    );
    assert_eq!(spans("é: ü\n\"🦀\": [ö, 'ß']\nz: y\n"), ["é=ü", "\"🦀\"=[ö, 'ß']", "-ö", "-'ß'", "z=y"]);
    assert_eq!(
        spans("a: b\r\nc: |\r\n  x\r\n  y\r\nd: one\r\n  two\r\n"),
        ["a=b", "c=|\r\n  x\r\n  y", "d=one\r\n  two"]
    );
    assert_eq!(spans("? a\n: b\n"), ["a=b"]);
    assert_eq!(spans("{a: , b: c}"), ["a=", "b=c"]);
}

#[test]
fn values_left_out_stand_after_their_colon() {
    let (_, root) = tree("a:   # none\n\nb: 1\n");
    assert_eq!(root.get("a").unwrap().span, Span::new(2, 2));
    let (_, root) = tree("a:\n  -\n  - x\n");
    assert_eq!(root.at(&["a", "0"]).unwrap().span, Span::new(6, 6));
}

#[test]
fn spans_count_from_the_start_of_the_text() {
    let source = "---\nüa: {b: 12}\n---\nbody";
    let text = Text::new(RepoPath::new("a").unwrap(), source);
    let root = read(&text, Span::new(4, 16), &Limits::FRONT_MATTER).unwrap();
    assert_eq!(text.slice(root.at(&["üa", "b"]).unwrap().span), "12");
    assert_eq!(text.slice(root.key_span_at(&["üa", "b"]).unwrap()), "b");
    assert_eq!(text.slice(root.key_span_at(&["üa"]).unwrap()), "üa");
}

#[test]
fn values_are_those_of_yaml_1_2() {
    let (_, root) = tree("a: yes\nb: 1.50\nc: '1'\nd: ~\ne: |\n  x\n  y\nf: >\n  x\n  y\ng: \"\\u00e9\\n\"\nh: 012\n");
    let json = r#"{"a":"yes","b":1.5,"c":"1","d":null,"e":"x\ny\n","f":"x y\n","g":"é\n","h":"012"}"#;
    assert_eq!(root.to_json().to_string(), json);
    assert_eq!(tree("").1.kind, Kind::Null);
    assert_eq!(tree("# nothing\n").1.kind, Kind::Null);
    assert_eq!(tree("---\na: b\n...\n").1.to_json().to_string(), r#"{"a":"b"}"#);
}

#[test]
fn what_has_no_place_is_refused_where_it_stands() {
    assert_eq!(
        refused("a: &x 1\nb: *x\n"),
        [
            "yaml-anchor '&x' anchor `&x` has no place here | remove it and write each value out",
            "yaml-anchor '*x' alias `*x` stands for a value written elsewhere | write the value out; use a block for text \
         that prompts share",
        ]
    );
    assert_eq!(
        refused("a: !!str 1\nb: !x [1]\nc: ! d\n"),
        [
            "yaml-tag '!!str' tag `!!str` has no place here | remove it; write text in quotes to keep it text",
            "yaml-tag '!x' tag `!x` has no place here | remove it; write text in quotes to keep it text",
            "yaml-tag '!' tag `!` has no place here | remove it; write text in quotes to keep it text",
        ]
    );
    assert_eq!(
        refused("<<: {a: 1}\n"),
        ["yaml-anchor '<<' merge key `<<` stands for keys written elsewhere | write the keys out"]
    );
    assert_eq!(refused("a: 1\nb: 2\na: 3\n"), ["key-duplicate 'a' key `a` is given twice | keep one of the two"]);
    assert_eq!(
        refused("1: a\nyes: b\ntrue: c\n~: d\n[e]: f\n: g\n"),
        [
            "key-not-text '1' key `1` is a number, not text | write it in quotes: `\"1\"`",
            "key-not-text 'true' key `true` is a truth value, not text | write it in quotes: `\"true\"`",
            "key-not-text '~' key `~` is null, not text | write it in quotes: `\"~\"`",
            "key-not-text '[e]' a key is a collection, not text",
            "key-not-text '' a key is empty",
        ]
    );
    assert_eq!(
        refused("a: 9007199254740992\nb: .nan\n"),
        [
            "number-out-of-range '9007199254740992' integer `9007199254740992` is beyond ±9007199254740991, where JSON \
         readers lose digits | write it in quotes if it is a name, or use a smaller number",
            "number-out-of-range '.nan' number `.nan` is not finite | write a finite number, or write it in quotes if it \
         is text",
        ]
    );
    assert_eq!(
        refused("a: 1\n---\nb: 2\n"),
        ["yaml-syntax '---' a second document starts here | keep one document in a file"]
    );
    assert_eq!(
        refused("%YAML 1.2\n---\nb: 2\n"),
        ["yaml-syntax '%YAML 1.2' directive `%YAML 1.2` has no place here | remove the line"]
    );
}

#[test]
fn many_keys_are_still_unique() {
    let mut source: String = (0..100).map(|i| format!("k{i}: {i}\n")).collect();
    assert_eq!(refused(&source).len(), 0);
    source.push_str("k3: 1\nk99: 2\nk3: 4\n");
    assert_eq!(refused(&source).len(), 3);
}

#[test]
fn depth_and_size_are_judged_before_anything_is_built() {
    assert!(tree(&format!("{}{}", "[".repeat(32), "]".repeat(32))).1.items().len() == 1);
    let deep = ["[".repeat(60_000), "{a: ".repeat(15_000), "- ".repeat(30_000), "? ".repeat(30_000)];
    for source in &deep {
        let started = std::time::Instant::now();
        let findings = refused(source);
        assert!(findings[0].starts_with("too-complex "), "{findings:?}");
        assert!(started.elapsed().as_millis() < 2_000, "{:?}", started.elapsed());
    }
    let indented: String = (0..300).map(|i| format!("{}a:\n", " ".repeat(i))).collect();
    assert!(refused(&indented)[0].starts_with("too-complex "));
    assert!(refused(&"a".repeat((64 << 10) + 1))[0].starts_with("too-complex "));
}

#[test]
fn syntax_errors_say_what_to_do() {
    assert_eq!(refused("a: b\n\tc: d\n"), ["yaml-syntax '\t' a tab stands where YAML indents | indent with spaces"]);
    assert_eq!(refused("a:\n\t- b\n"), ["yaml-syntax '\t' a tab stands where YAML indents | indent with spaces"]);
    for (source, start) in [
        ("a: \"b\nc: d\n", "yaml-syntax"),
        ("a: [b, c\nd: e\n", "yaml-syntax"),
        ("a: {b: c\n", "yaml-syntax"),
        ("a: b: c\n", "yaml-syntax ':' a `:` stands where no key can be"),
        ("a\nb: c\n", "yaml-syntax"),
        ("a: @b\n", "yaml-syntax '@' no value can start with `@` | write it in quotes"),
        ("a: b\n c: d\n", "yaml-syntax"),
        ("- a\nb: c\n", "yaml-syntax"),
        ("a: \"\\q\"\n", "yaml-syntax"),
        ("a: ]\n", "yaml-syntax"),
        ("a: 'b' c\n", "yaml-syntax"),
        ("a: \0\n", "yaml-syntax"),
    ] {
        let findings = refused(source);
        assert!(findings.len() == 1 && findings[0].starts_with(start), "{source:?}: {findings:?}");
    }
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Front {
    version: crate::Version,
    description: String,
    risk: Risk,
    #[serde(default)]
    temperature: Option<f64>,
    #[serde(default)]
    limits: BTreeMap<crate::PromptId, u8>,
    #[serde(default)]
    steps: Vec<Step>,
    #[serde(default)]
    extra: serde_json::Value,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Risk {
    Low,
    High,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Step {
    Stop,
    Wait(u32),
    GoTo { target: String },
}

fn front(source: &str) -> Result<Front, Vec<String>> {
    let (text, span) = text(source);
    parse::<Front>(&text, span, &Limits::FRONT_MATTER).map(|d| d.value).map_err(told)
}

#[test]
fn typed_values_come_out() {
    let source = "version: 1.2.0\ndescription: d\nrisk: low\ntemperature: 1\nlimits: {a/b: 3}\n\
                  steps: [stop, wait: 3, {go-to: {target: x}}]\nextra: {a: [1, null]}\n";
    let front = front(source).unwrap();
    assert_eq!(front.version.to_string(), "1.2.0");
    assert_eq!(front.temperature, Some(1.0));
    assert_eq!(front.steps, [Step::Stop, Step::Wait(3), Step::GoTo { target: "x".into() }]);
    assert_eq!(front.extra.to_string(), r#"{"a":[1,null]}"#);
}

#[test]
fn all_faults_of_a_document_are_found_in_one_pass() {
    let source = "verison: 1.2.0\nversion: 1.2\ndescription: 7\nrisk: hihg\ntemperature: warm\n\
                  limits: {A/b: 3, a/b: 300}\nsteps: [halt, wait: x, {go-to: {}}, go-to, 4]\nzzz: 1\n";
    assert_eq!(
        front(source).unwrap_err(),
        [
            "key-unknown 'verison' unknown key `verison` | did you mean `version`?",
            "key-unknown 'zzz' unknown key `zzz` | use one of `version`, `description`, `risk`, `temperature`, `limits`, \
         `steps` or `extra`",
            "value-invalid '1.2' expected text, found the number `1.2` | write it in quotes: `\"1.2\"`",
            "value-invalid '7' expected text, found the number `7` | write it in quotes: `\"7\"`",
            "value-invalid 'hihg' `hihg` is none of `low` or `high` | did you mean `high`?",
            "value-invalid 'warm' expected a number, found the text `warm`",
            "value-invalid 'A/b' could not read `A/b` as a prompt id: each segment is 1 to 64 of a-z, 0-9, `_` and `-`, \
         starting and ending with a letter or digit",
            "value-invalid '300' expected a whole number from 0, found the number `300`",
            "value-invalid 'halt' `halt` is none of `stop`, `wait` or `go-to` | use one of `stop`, `wait` or `go-to`",
            "value-invalid 'x' expected a whole number from 0, found the text `x`",
            "key-missing '{}' key `target` is missing | add `target:`",
            "value-invalid 'go-to' expected `go-to:` with keys, found `go-to` alone",
            "value-invalid '4' expected `stop`, `wait` or `go-to`, found the number `4`",
        ]
    );
}

#[test]
fn missing_keys_and_empty_documents() {
    assert_eq!(
        front("description: d\nrisk: low\n").unwrap_err(),
        ["key-missing 'description' key `version` is missing | add `version:`"]
    );
    assert_eq!(front("").unwrap_err(), ["key-missing '' key `version` is missing | add `version:`"]);
    assert_eq!(
        front("- a\n").unwrap_err(),
        [
            "value-invalid '- a' expected a mapping, found a list | drop the `-` or the brackets: each line is `name: value`"
        ]
    );
    assert_eq!(
        front("version: 1.0.0\ndescription:\nrisk: low\n").unwrap_err(),
        ["value-invalid 'description' expected text, found nothing"]
    );
}
