use proptest::prelude::*;

use super::*;
use crate::{RepoPath, Span, Text};

fn text(path: &str, content: &str) -> Text {
    Text::new(RepoPath::new(path).unwrap(), content)
}

fn at(text: &Text, words: &str) -> Place {
    let start = text.as_str().find(words).unwrap();
    Place::new(text, Span::new(start, start + words.len()))
}

fn sample() -> Report {
    let prompt =
        text("prompts/a.md", "---\ninputs:\n  ticket: text\n---\nRead {{ tikcet }} <now>,\n\tthen 日本 stop.\n");
    let block = text("prompts/blocks/b.md", "Answer\u{202e} in JSON.\n");
    let findings = vec![
        Finding::new("input-undeclared", at(&prompt, "tikcet"), "`tikcet` is no declared input")
            .also(at(&prompt, "ticket"), "declared here")
            .help("did you mean `ticket`?")
            .fix(vec![(at(&prompt, "tikcet").span, "ticket".to_owned())]),
        Finding::new("phrase-banned", at(&prompt, "stop"), "`stop` is banned, see [here](x)")
            .severity(Severity::Warning),
        Finding::new("character-bidi", at(&block, "\u{202e}"), "a bidi\u{202e} character").severity(Severity::Warning),
        Finding::new("suite-missing", Place::file(&RepoPath::new("evals/a.yaml").unwrap()), "there is no suite")
            .also(at(&prompt, "inputs"), "for this prompt")
            .severity(Severity::Note),
    ];
    let mut report = Report::new(findings);
    report.prompts = 12;
    report
}

#[test]
fn people_see_a_hundred_of_a_rule_and_how_many_more_there_are() {
    let stray = |n: usize| {
        Finding::new("stray-file", Place::file(&RepoPath::new(&format!("prompts/{n:06}.txt")).unwrap()), "no")
    };
    let mut findings: Vec<_> = (0..1_350).map(stray).collect();
    let missing = Place::file(&RepoPath::new("prompts/z.md").unwrap());
    findings.push(Finding::new("suite-missing", missing, "there is no suite"));
    let report = Report::new(findings);
    let shown = human(&report, false);
    assert_eq!(shown.matches("[stray-file]").count(), 100);
    assert!(shown.contains("[suite-missing]"));
    assert!(
        shown.ends_with("and 1,250 more of stray-file: `--format short` shows each on a line\n\n1351 errors\n"),
        "{shown}"
    );
    assert_eq!(short(&report).lines().count(), 1_351);
}

#[test]
fn people_see_the_line_and_the_remedy() {
    let expected = "\
note[suite-missing]: there is no suite
 --> evals/a.yaml
 ::: prompts/a.md:2:1
  |
2 | inputs:
  | ------ for this prompt

error[input-undeclared]: `tikcet` is no declared input
 --> prompts/a.md:5:9
  |
3 |   ticket: text
  |   ------ declared here
4 | ---
5 | Read {{ tikcet }} <now>,
  |         ^^^^^^
  |
  = help: did you mean `ticket`?

warning[phrase-banned]: `stop` is banned, see [here](x)
 --> prompts/a.md:6:10
  |
6 |     then 日本 stop.
  |               ^^^^

warning[character-bidi]: a bidi\\u{202e} character
 --> prompts/blocks/b.md:1:7
  |
1 | Answer\\u{202e} in JSON.
  |       ^^^^^^^^

1 error, 2 warnings, 1 note in 12 prompts
";
    let shown = human(&sample(), false);
    assert_eq!(shown, expected, "{shown}");
    assert!(!human(&sample(), true).contains("::: \n"));
    assert!(human(&sample(), true).contains("\x1b["));
    assert!(!shown.contains(['\x1b', '\u{202e}']));
}

#[test]
fn short_is_one_line_each() {
    assert_eq!(
        short(&sample()),
        "evals/a.yaml:1:1: note[suite-missing]: there is no suite\n\
         prompts/a.md:5:9: error[input-undeclared]: `tikcet` is no declared input\n\
         prompts/a.md:6:10: warning[phrase-banned]: `stop` is banned, see [here](x)\n\
         prompts/blocks/b.md:1:7: warning[character-bidi]: a bidi\\u{202e} character\n"
    );
}

#[test]
fn sums_are_grammatical() {
    let mut report = Report::new(Vec::new());
    assert_eq!(summary(&report), "no findings");
    report.blocks = 1;
    assert_eq!(summary(&report), "no findings in 1 block");
    report.prompts = 1;
    assert_eq!(summary(&report), "no findings in 1 prompt");
}

#[test]
fn json_has_all_members() {
    let lines = json_lines(&sample());
    assert_eq!(
        lines.lines().nth(1).unwrap(),
        "{\"rule\":\"input-undeclared\",\"severity\":\"error\",\"message\":\"`tikcet` is no declared input\",\
         \"path\":\"prompts/a.md\",\"start\":{\"line\":5,\"column\":9,\"offset\":39},\
         \"end\":{\"line\":5,\"column\":15,\"offset\":45},\"also\":[{\"path\":\"prompts/a.md\",\
         \"start\":{\"line\":3,\"column\":3,\"offset\":14},\"end\":{\"line\":3,\"column\":9,\"offset\":20},\
         \"message\":\"declared here\"}],\"help\":\"did you mean `ticket`?\",\
         \"fix\":{\"edits\":[{\"start\":{\"line\":5,\"column\":9,\"offset\":39},\
         \"end\":{\"line\":5,\"column\":15,\"offset\":45},\"text\":\"ticket\"}]}}"
    );
    assert!(lines.lines().next().unwrap().ends_with("\"help\":null,\"fix\":null}"));
}

#[test]
fn github_gets_one_command_each() {
    let mut report = sample();
    report.root = "services/ai".to_owned();
    assert_eq!(
        github(&report).lines().nth(1).unwrap(),
        "::error file=services/ai/prompts/a.md,line=5,endLine=5,col=9,endColumn=14,title=input-undeclared::`tikcet` \
         is no declared input%0Ahelp: did you mean `ticket`?"
    );
    assert!(github(&report).starts_with("::notice file=services/ai/evals/a.yaml,line=1,endLine=1,col=1,endColumn=1,"));
}

#[test]
fn gitlab_tells_findings_apart_and_keeps_them_when_lines_move() {
    let issues: serde_json::Value = serde_json::from_str(&gitlab(&sample())).unwrap();
    assert_eq!(issues[1]["location"], serde_json::json!({"path": "prompts/a.md", "lines": {"begin": 5, "end": 5}}));
    assert_eq!(issues[1]["severity"], "major");
    let print = |lead: &str, words: &[&str]| {
        let text = text("prompts/a.md", &format!("{lead}x stop stop\n"));
        let place = |i: usize| Place::new(&text, Span::new(lead.len() + 2 + 5 * i, lead.len() + 6 + 5 * i));
        let found = words.iter().enumerate().map(|(i, _)| Finding::new("phrase-banned", place(i), "`stop`"));
        fingerprints(&Report::new(found.collect()))
    };
    let twice = print("", &["stop", "stop"]);
    assert_eq!((&twice[0].0, twice[0].1, twice[1].1), (&twice[1].0, 1, 2));
    assert_eq!(print("one\n\n", &["stop", "stop"]), twice);
}

#[test]
fn junit_fails_on_errors_only() {
    let xml = junit(&sample());
    assert!(xml.contains(r#"<testsuites name="promptuary" tests="4" failures="1" errors="0">"#), "{xml}");
    assert!(xml.contains(r#"<failure message="`tikcet` is no declared input" type="input-undeclared">"#), "{xml}");
    assert!(!xml.contains(['\u{202e}', '\x1b']));
    assert!(junit(&Report::new(Vec::new())).contains(r#"tests="1" failures="0" errors="0""#));
}

#[test]
fn sarif_carries_rules_regions_fixes_and_fingerprints() {
    let rules = [RulePage {
        id: "input-undeclared",
        summary: "a template uses a variable that is no declared input",
        page: "# input-undeclared\n",
        severity: Severity::Error,
    }];
    let written = sarif(&sample(), &rules, "0.1.0");
    let whole: serde_json::Value = serde_json::from_str(&written).unwrap();
    let result = &whole["runs"][0]["results"][1];
    assert_eq!(result["ruleIndex"], 0);
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startColumn"], 9);
    assert_eq!(
        result["fixes"][0]["artifactChanges"][0]["replacements"][0],
        serde_json::json!({
            "deletedRegion": {"startLine": 5, "startColumn": 9, "endLine": 5, "endColumn": 15, "byteOffset": 39,
                              "byteLength": 6},
            "insertedContent": {"text": "ticket"},
        })
    );
    let linked = &whole["runs"][0]["results"][2]["message"]["text"];
    assert_eq!(linked, "`stop` is banned, see \\[here\\](x)");
}

#[test]
fn long_lines_are_cut_around_the_place() {
    let long = text("a", &format!("{}NEEDLE{}\n", "x".repeat(500_000), "y".repeat(500_000)));
    let shown = human(&Report::new(vec![Finding::new("r", at(&long, "NEEDLE"), "m")]), false);
    assert!(shown.contains("NEEDLE") && shown.len() < 2_000, "{}", shown.len());
    let many = text("a", &"line\n".repeat(100));
    let whole = Place::new(&many, Span::new(0, 500));
    assert!(human(&Report::new(vec![Finding::new("r", whole, "m")]), false).lines().count() < 10);
}

proptest! {
    #[test]
    fn no_span_breaks_a_renderer(
        content in prop::collection::vec(
            prop_oneof![any::<char>().prop_map(String::from), Just("\n".to_owned()), Just("\r\n".to_owned()),
                        Just("\t".to_owned()), Just("日".to_owned()), Just("a".repeat(300))], 0..12),
        a in 0_u32..900, b in 0_u32..900, c in 0_u32..900, d in 0_u32..900, message in any::<String>(),
    ) {
        let text = text("prompts/a.md", &content.concat());
        let place = |start, end| Place::new(&text, Span { start, end });
        let finding = Finding::new("r", place(a, b), message.clone()).also(place(c, d), message.clone()).help(message);
        let report = Report::new(vec![finding]);
        let shown = human(&report, false);
        prop_assert!(!shown.chars().any(|c| escape::is_hidden(c) && c != '\n'), "{:?}", shown);
        for render in [short, json_lines, github, gitlab, junit] {
            prop_assert!(!render(&report).is_empty());
        }
        prop_assert!(!sarif(&report, &[], "0").is_empty());
        prop_assert_eq!(short(&report).lines().count(), 1);
        prop_assert_eq!(github(&report).lines().count(), 1);
    }
}
