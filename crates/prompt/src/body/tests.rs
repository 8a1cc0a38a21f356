use source::RepoPath;

use super::*;

fn text(body: &str) -> Text {
    Text::new(RepoPath::new("prompts/p.md").unwrap(), body)
}

type Found = Vec<(&'static str, String)>;

/// Each message as role and source, each finding as rule and the bytes it points at.
fn split(body: &str) -> (Vec<(String, String)>, Found) {
    let text = text(body);
    let (found, findings) = parse(&text, 0);
    let shown = |part: Part| match part {
        Part::Role { role, source, .. } => (role.to_string(), source.to_string()),
        Part::Turns { input, .. } => ("turns".to_owned(), input),
    };
    let findings = findings.into_iter().map(|f| (f.rule, text.slice(f.at.span).to_owned())).collect();
    (found.map_or_else(Vec::new, |b| b.messages.into_iter().map(shown).collect()), findings)
}

fn parts(body: &str) -> Vec<(String, String)> {
    let (parts, findings) = split(body);
    assert_eq!(findings, [], "{body}");
    parts
}

fn findings(body: &str) -> Found {
    split(body).1
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

#[test]
fn markers_split_the_body_and_nothing_else_does() {
    assert_eq!(parts("Hello {{ x }}"), pairs(&[("user", "Hello {{ x }}")]));
    assert_eq!(
        parts(
            "{{ role(\"system\") }}\nA\n\n{{ turns(\"h\") }}\n\n{{ role(\"user\") }}\nB\n{{ role(\"assistant\") }}\nC"
        ),
        pairs(&[("system", "A"), ("turns", "h"), ("user", "B"), ("assistant", "C")])
    );
    assert_eq!(parts("  {{ role(\"user\") }}\t\r\nA\r\n"), pairs(&[("user", "A")]));
    let hidden = "{{ role(\"user\") }}\nA\n{#\n{{ role(\"system\") }}\n#}\n{% raw %}\n{{ role(\"system\") }}\n{% endraw %}\n{{ \"\n{{ role('system') }}\n\" }}\nB";
    assert_eq!(parts(hidden).len(), 1);
    assert_eq!(parts("---\nsystem: obey\n---\n").len(), 1);
}

#[test]
fn sources_are_trimmed_at_the_ends_only() {
    let body = "{{ role(\"user\") }}\n\n \t\r\n   indented\n\n  more  \n \n\n";
    assert_eq!(parts(body), pairs(&[("user", "   indented\n\n  more")]));
    assert_eq!(parts("\n\n  a"), pairs(&[("user", "  a")]));
    assert_eq!(parts("{{ role(\"user\") }}\nx\u{a0}\n"), pairs(&[("user", "x\u{a0}")]));
}

#[test]
fn misplaced_markers_are_named() {
    let marker = "{{ role(\"user\") }}";
    for (body, expected) in [
        ("{% if a %}\n{{ role(\"user\") }}\nx\n{% endif %}", marker),
        ("{{ role(\"user\") }} x", marker),
        ("x {{ role(\"user\") }}", marker),
        ("{# a #}{{ role(\"user\") }}\nx", marker),
        ("{{role(\"user\")}}\nx", "{{role(\"user\")}}"),
        ("{{ role('user') }}\nx", "{{ role('user') }}"),
        ("{{- role(\"user\") -}}\nx", "{{- role(\"user\") -}}"),
        ("{{ role(name) }}\nx", "{{ role(name) }}"),
        ("x {{ [role(\"user\")] }}", "role(\"user\")"),
        ("{% set r = role(\"user\") %}x", "role(\"user\")"),
    ] {
        let found = findings(body);
        assert!(found.contains(&("role-misplaced", expected.to_owned())), "{body}: {found:?}");
    }
    assert_eq!(findings("{{ role(\"tool\") }}\nx"), [("role-unknown", "{{ role(\"tool\") }}".to_owned())]);
}

#[test]
fn a_marker_that_reckons_its_role_is_not_fixed() {
    for body in [
        r#"{{ role("system" if x else "user") }}"#,
        r#"{{ role("user"|replace("user", "system")) }}"#,
        r#"{{ role("\u0073ystem") }}"#,
        r#"{{ role("system")|upper }}"#,
        r#"{{ turns("a" ~ "b") }}"#,
    ] {
        let (_, findings) = parse(&text(body), 0);
        let finding = &findings[0];
        assert_eq!((finding.rule, &finding.fix), ("role-misplaced", &None), "{body}");
        assert!(finding.message.ends_with("in plain quotes"), "{}", finding.message);
    }
    let (_, findings) = parse(&text("{{- role( 'system' ) -}}"), 0);
    assert_eq!(findings[0].fix.as_ref().unwrap().edits[0].1, r#"{{ role("system") }}"#);
}

#[test]
fn a_marker_spelled_otherwise_has_a_fix() {
    let text = text("{{role('system')}}\nx");
    let (_, findings) = parse(&text, 0);
    let fix = findings[0].fix.clone().unwrap();
    assert_eq!(fix.edits, [(source::Span::new(0, 18), "{{ role(\"system\") }}".to_owned())]);
}

#[test]
fn text_without_a_role_is_named() {
    assert_eq!(findings("  intro\nmore\n{{ role(\"user\") }}\nx"), [("role-missing", "intro".to_owned())]);
    assert_eq!(findings("{{ a }}\n{{ role(\"user\") }}\nx"), [("role-missing", "{{ a }}".to_owned())]);
    assert_eq!(
        findings("{{ role(\"user\") }}\nx\n{{ turns(\"h\") }}\n\n after \nmore"),
        [("role-missing", " after ".to_owned())]
    );
    assert_eq!(
        findings("{% include 'blocks/a.md' %}\n{{ role(\"user\") }}\nx"),
        [("role-missing", "{% include 'blocks/a.md' %}".to_owned())]
    );
}

#[test]
fn messages_without_text_are_named() {
    assert_eq!(findings("")[0].0, "message-empty");
    assert_eq!(findings(" \n\n")[0].0, "message-empty");
    assert_eq!(
        findings("{{ role(\"system\") }}\n\n{{ role(\"user\") }}\nx"),
        [("message-empty", "{{ role(\"system\") }}".to_owned())]
    );
}

#[test]
fn every_message_is_balanced_by_itself() {
    let body = "{{ role(\"system\") }}\n{% if a %}\nx\n{{ role(\"user\") }}\ny\n{% endif %}";
    assert_eq!(findings(body), [("role-misplaced", "{{ role(\"user\") }}".to_owned())]);
    let open = "{{ role(\"system\") }}\n{% if a %}\nx\n{{ role(\"user\") }}\ny";
    assert_eq!(findings(open), [("template-syntax", "{% if a %}".to_owned())]);
    assert_eq!(findings("{% endif %}x")[0].0, "template-syntax");
    assert_eq!(findings("a {{ }} b")[0].0, "template-syntax");
    assert_eq!(findings("a {{ b c }}")[0], ("template-syntax", "c".to_owned()));
}

#[test]
fn the_prelude_is_its_imports() {
    let body = "{# note #}\n\n{%- import \"blocks/a.md\" as a -%}\n  {% from 'blocks/b.md'\n  import c %}\n\n{{ role(\"user\") }}\n  x\n";
    let (found, findings) = parse(&text(body), 0);
    assert_eq!(findings.len(), 0, "{findings:?}");
    let found = found.unwrap();
    assert_eq!(&*found.prelude, "{% import \"blocks/a.md\" as a %}\n{% from 'blocks/b.md'\n  import c %}\n");
    let Part::Role { template, source, .. } = &found.messages[0] else { panic!() };
    assert_eq!(&**source, "  x");
    assert_eq!(template.source.len(), found.prelude.len() + source.len());
    let shown = |i: usize| body[template.place(&template.facts.uses[i].at).span.range()].to_owned();
    assert_eq!((shown(0), shown(1)), ("\"blocks/a.md\"".to_owned(), "'blocks/b.md'".to_owned()));
}

#[test]
fn hostile_bodies_end_quickly() {
    for body in [
        "{% if a %}".repeat(400),
        format!("{}{}", "{% if a %}".repeat(140), "{% endif %}".repeat(140)),
        format!("{}{}", "{% for a in b %}".repeat(499), "{% endfor %}".repeat(499)),
        format!("{{% if a %}}{}{{% endif %}}", "{% elif a %}".repeat(498)),
        format!("{{{{ {}1{} }}}}", "(".repeat(150), ")".repeat(150)),
        format!("{{{{ {}1{} }}}}", "[".repeat(199), "]".repeat(199)),
        format!("{{{{ {}x }}}}", "not ".repeat(199)),
        format!("{{{{ {}x }}}}", "-".repeat(199)),
        format!("{{{{ x{} }}}}", " if a else b".repeat(90)),
        format!("{{{{ x{} }}}}", "|upper".repeat(199)),
        format!("{{{{ x{} }}}}", ".a".repeat(199)),
        format!("{{% set {}a{} = 1 %}}x", "(".repeat(199), ")".repeat(199)),
        "{{".repeat(10_000),
        "{%".repeat(10_000),
        "{#".repeat(10_000),
        "{% raw %}".repeat(10_000),
        "}}%}#}".repeat(10_000),
        "{{ role(\"user\") }}\n".repeat(2_000),
        (0..20_000).map(|i| format!("{{% set a{i} = 1 %}}{{% include 'blocks/b.md' %}}")).collect(),
        (0..40_000).map(|i| format!("{{{{ a{i} | nofilter{i} }}}}\n")).collect(),
        format!(
            "{{% from 'blocks/b.md' import {} %}}\n{}",
            "abc, ".repeat(50_000),
            "{{ role(\"user\") }}\nx\n".repeat(190)
        ),
        format!("{{% set {} = 1 %}}x", (0..50_000).map(|i| format!("a{i}, ")).collect::<String>()),
    ] {
        let text = text(&body);
        crate::stack::with_room(|| {
            parse(&text, 0);
            parse_block(&text, 0);
        });
    }
}

#[test]
fn numbers_that_no_person_writes_are_refused() {
    let rule = |body: String| findings(&body).first().map(|f| f.0);
    assert_eq!(rule((0..600).map(|i| format!("{{% set a{i} = 1 %}}")).collect::<String>() + "x"), Some("too-complex"));
    assert_eq!(rule("{% include 'blocks/b.md' %}\n".repeat(201)), Some("too-complex"));
    assert_eq!(rule("{{ role(\"user\") }}\nx\n".repeat(201)), Some("too-complex"));
    assert_eq!(rule("{{ role(\"user\") }}\nx\n".repeat(200)), None);
    let imports = "{% import 'blocks/b.md' as a %}\n".repeat(600) + "{{ role(\"user\") }}\nx";
    assert_eq!(rule(imports), Some("too-complex"));
}
