//! Random documents: three readings agree, and whatever the text, findings and spans hold what they promise.

use proptest::prelude::*;

use super::*;

/// Pieces of YAML, sound and odd, that a document is put together from.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a:",
        "b: ",
        "key: ",
        "true: ",
        "- ",
        "-",
        "\n",
        "\n",
        "\n  ",
        "\n  ",
        "\n    ",
        "\n\n",
        " ",
        "  ",
        "x",
        "two words",
        "12",
        "-1.5",
        "0x1F",
        "~",
        "null",
        "yes",
        ".inf",
        "1e999",
        "9007199254740992",
        "'q'",
        "'it''s'",
        "\"d\"",
        "\"\\n\"",
        "\"",
        "'",
        "[",
        "]",
        "{",
        "}",
        ", ",
        ",",
        "[a, b]",
        "{ a: 1, b: x }",
        "{a: 1}",
        "[]",
        "{}",
        "|",
        "|-",
        "|+",
        ">",
        ">-",
        "|\n    x\n    y\n",
        "|\n      x\n\n      y",
        "# c",
        " # c",
        "#",
        ": ",
        ":",
        "&x ",
        "*x",
        "!t ",
        "<<: ",
        "? ",
        "%",
        "@",
        "`",
        "\t",
        "\r\n",
        "é",
        "日本",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "---",
        "...",
        "a/b: ",
        "a.b",
        "http://x",
        "12:30",
        "a#b",
        "- a: 1\n  b: 2",
        "key:\n- x\n- y",
        "key:\n  - x\n",
        "\\",
        "=",
        "$ref: ",
        "\u{7f}",
        "\0",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// A tree to be written as people write YAML; the numbers choose among ways of writing.
#[derive(Debug, Clone)]
enum Wood {
    Leaf(&'static str),
    Flow(&'static str),
    Literal(u8),
    Seq(Vec<Wood>, u8),
    Map(Vec<Wood>, u8),
}

fn wood() -> impl Strategy<Value = Wood> {
    let leaf = prop::sample::select(vec![
        "x",
        "two words",
        "12",
        "-1.5",
        "~",
        "yes",
        "'q u'",
        "\"d: e\"",
        "",
        "x # c",
        "a:b",
        "é 日本 👩",
        "null",
        "it's",
        "1.2.3",
        "http://x/y?z=1",
        "a, b]",
        "x  ",
        "# c",
        "$ref",
        "(a) [b]",
        "0x1F",
        "true",
        "'' ",
        "\"#\"  # c",
        "/a",
        "12:30",
    ]);
    let flow = prop::sample::select(vec![
        "[a, 1, \"x\"]",
        "{ a: 1, b: [x, {c: d}] }",
        "[]",
        "{}",
        "[ a b , 'c, d' ] # e",
        "{type: string, maxLength: 40}",
        "[-1, .5, ~]",
        "{ a: \"#\" }",
        "[[[]]]",
    ]);
    let end = prop_oneof![leaf.prop_map(Wood::Leaf), flow.prop_map(Wood::Flow), (0_u8..8).prop_map(Wood::Literal)];
    end.prop_recursive(4, 24, 5, |inner| {
        let items = prop::collection::vec(inner, 1..5);
        prop_oneof![
            (items.clone(), any::<u8>()).prop_map(|(items, way)| Wood::Seq(items, way)),
            (items, any::<u8>()).prop_map(|(items, way)| Wood::Map(items, way)),
        ]
    })
}

/// Appends `wood` after a colon or dash (`after` says which) in a collection at column `indent`.
fn write(out: &mut String, wood: &Wood, indent: usize, after: char) {
    match wood {
        Wood::Leaf(text) | Wood::Flow(text) => *out += &format!(" {text}\n"),
        Wood::Literal(way) => {
            let deep = " ".repeat(indent + 2);
            let blank = ["\n", "  \n", ""][usize::from(way % 3)];
            let strip = if way % 2 == 0 { "-" } else { "" };
            *out += &format!(" |{strip}\n{deep}one: [\n{blank}{deep}  # two\n{blank}");
        }
        Wood::Seq(items, way) => {
            let column = if after == ':' && way % 3 == 0 { indent } else { indent + 2 };
            *out += [" # c\n", "\n", "\n\n"][usize::from(way % 3)];
            for item in items {
                *out += &format!("{}-", " ".repeat(column));
                write(out, item, column, '-');
            }
        }
        Wood::Map(items, way) => {
            let compact = after == '-' && way % 2 == 0;
            let column = if compact { indent + 2 } else { indent + 1 + usize::from(way % 3) };
            if !compact {
                out.push('\n');
            }
            entries(out, items, column, compact);
        }
    }
}

fn entries(out: &mut String, items: &[Wood], column: usize, compact: bool) {
    for (i, item) in items.iter().enumerate() {
        let lead = if i == 0 && compact { " ".to_owned() } else { " ".repeat(column) };
        *out += &format!("{lead}{}:", ["a", "b-c", "$d", "e.f", "g_1"][i]);
        write(out, item, column, ':');
    }
}

/// Documents as people write them, some with something put into them somewhere.
fn everyday() -> impl Strategy<Value = String> {
    (
        prop::collection::vec(wood(), 1..5),
        prop::option::weighted(0.3, (any::<prop::sample::Index>(), pieces())),
        any::<bool>(),
    )
        .prop_map(|(items, noise, cut)| {
            let mut out = String::new();
            entries(&mut out, &items, 0, false);
            if let Some((at, noise)) = noise {
                let places: Vec<usize> = out.char_indices().map(|(i, _)| i).collect();
                out.insert_str(*at.get(&places), &noise[..noise.char_indices().nth(3).map_or(noise.len(), |(i, _)| i)]);
            }
            if cut {
                out.truncate(out.trim_end().len());
            }
            out
        })
}

fn quick_equals_events(source: &str) -> Result<bool, TestCaseError> {
    let Some(node) = quick::read(source, 7, 32) else { return Ok(false) };
    let text = Text::new(RepoPath::new("a").unwrap(), format!("1234567{source}"));
    let events = events::read(&text, Span::new(7, 7 + source.len()), &Limits::FRONT_MATTER);
    prop_assert!(confirm::confirm(&text, Span::new(7, 7 + source.len()), &node).is_none(), "{}", source);
    prop_assert_eq!(events.map_err(told), Ok(node), "{}", source);
    Ok(true)
}

#[test]
fn the_short_cut_reads_what_people_write() {
    let source = "version: 2.1.0 # why\ndescription: Triage it.\nparameters: { temperature: 0, max_tokens: 400 }\n\
                  inputs:\n  ticket: { type: string, maxLength: 4000 }\n  history:\n    type: messages\ntags: [a, b]\n\
                  list:\n- a\n- b: 1\n  c: 2\n-\n  d: e\ntext: |\n  one\n\n   two\nmetadata: {}\nnothing:\nlast: 'x'";
    assert!(quick_equals_events(source).unwrap());
    for other in
        ["a: b\r\n", "a: &x b\n", "a: b\n  c\n", "a:\n\t- b\n", "a: \"\\n\"\n", "- - a\n", "a: 1\na: 2\n", "? a\n", ""]
    {
        assert!(!quick_equals_events(other).unwrap(), "{other:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_short_cut_reads_what_the_event_parser_reads(source in prop_oneof![pieces(), everyday()]) {
        quick_equals_events(&source)?;
    }

    #[test]
    fn any_text_is_read_or_refused_in_its_place(source in prop_oneof![pieces(), everyday(), any::<String>()]) {
        prop_assert!(exercise(&source));
    }

    #[test]
    fn plain_words_mean_what_serde_yaml_says(word in "[-+.~0-9a-zA-Z_]{1,12}|[-+]?[0-9]{1,20}(\\.[0-9]{0,5})?([eE][-+]?[0-9]{1,3})?") {
        let theirs: Result<serde_json::Value, _> = serde_yaml::from_str(&word);
        prop_assume!(!["-", "---", "..."].contains(&word.as_str()));
        if let (Ok(kind), Ok(theirs)) = (plain::resolve(&word), theirs) {
            prop_assert_eq!(Node { span: Span::default(), kind }.to_json(), theirs);
        }
    }
}
