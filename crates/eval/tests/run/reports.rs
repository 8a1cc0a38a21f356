//! Reports of answers that try to break out of them.

use eval::gate::{Conclusion, Demands, Rate, Verdict, judge};
use eval::recording::Recordings;
use eval::report::{Reported, html, json, junit, lines, markdown, table};
use eval::run::{Mode, Plan, Status, Target, run};
use eval::suite::Bound;

use super::scene::{Scene, go, providers};
use super::server::{Server, says};

const HOSTILE: &str = "</script><script>alert(1)</script> ]]> & \" ' \u{1b}[31m \u{202e} | ``` @team ::error::x\n\n# heading\n<!-- mark -->";

#[test]
fn hostile_answers_stay_text_in_every_form() {
    let server = Server::start(|_| says(HOSTILE));
    let suite = "tests:\n  - { id: 'a|b <c>', description: 'd </script>', vars: { question: q }, assert: [{ type: equals, value: x }] }\n";
    let scene = Scene::new(suite);
    let (finished, verdict) = go(&scene, &providers(&server.address, 1), &Recordings::default(), Mode::Live);
    let reported = [Reported { results: &finished.results, verdict: &verdict, baseline: None, suite: None }];
    let mut page = String::new();
    html(&reported, &source::Report::default(), "Evals </title>", &mut |piece| page.push_str(piece));
    assert_eq!(page.matches("</script>").count(), 2, "only our own elements end");
    let hidden = |c: char| matches!(c, '\u{202e}' | '\u{1b}');
    assert!(!page.contains("<script>alert") && !page.contains(hidden));
    assert!(!page.contains("http://") && !page.contains("https://"), "nothing comes from elsewhere");
    let table = table(&reported, false);
    assert!(!table.contains('\u{1b}') && !table.contains('\u{202e}'), "{table}");
    let mut xml = String::new();
    junit(&reported, &source::Report::default(), &mut |piece| xml.push_str(piece));
    assert!(
        xml.contains("<failure type=\"equals\" message=") && xml.contains("&lt;/script&gt;") && !xml.contains('\u{1b}'),
        "{xml}"
    );
    let markdown = markdown(&reported, &source::Report::default());
    // A code span may hold anything but our marker.
    let outside = markdown.lines().filter(|line| !line.trim_start().starts_with("- answered ````"));
    assert!(!outside.clone().any(|line| line.contains("<script>")) && outside.count() > 3, "{markdown}");
    assert!(!markdown.contains("<!-- mark"), "{markdown}");
    let mut listed = String::new();
    lines(&reported, &mut |line| listed.push_str(line));
    assert_eq!(listed.lines().count(), 1);
    let mut whole = String::new();
    json(&reported, &source::Report::default(), serde_json::Map::new(), &mut |piece| whole.push_str(piece));
    let json: serde_json::Value = serde_json::from_str(&whole).unwrap();
    assert_eq!((json["format"].as_u64(), json["conclusion"].as_str()), (Some(1), Some("fail")));
    assert_eq!(json["suites"][0]["results"]["outcomes"][0]["output"], HOSTILE);
}

#[test]
fn no_two_tests_of_a_run_have_one_name_in_ci() {
    let suite = "tests: [{ id: a, description: Asked twice, vars: { question: q }, assert: [{ type: equals, value: x }] }]\n\
        gate: { min_pass_rate: 0.5 }\n";
    let (scene, server) = (Scene::new(suite), Server::start(|_| says("y")));
    let suite = scene.suite();
    let none = Recordings::default();
    let mut plan = Plan::new(&suite, &scene.compiled, &none, Mode::Live).unwrap();
    let target = |model: &str| Target::new(&scene.compiled, &model.parse().unwrap(), None).unwrap();
    plan.targets = vec![target("local/one"), target("local/two")];
    let results = run(&plan, &providers(&server.address, 1), &mut |_| {}, &false.into()).unwrap().results;
    let demands = Demands {
        rates: vec![Rate { least: 0.9, bound: Bound::Point, whose: "policy".to_owned() }],
        ..Demands::default()
    };
    let verdict = judge(&suite, &results, None, &demands);
    let reported = [Reported { results: &results, verdict: &verdict, baseline: None, suite: None }];
    let mut xml = String::new();
    junit(&reported, &source::Report::default(), &mut |piece| xml.push_str(piece));
    let mut names: Vec<&str> =
        xml.lines().filter_map(|line| line.split("<testcase ").nth(1)?.split(" time=").next()).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all, "{xml}");
    assert!(
        xml.contains("name=\"a (Asked twice) [local/two]\"") && xml.contains("name=\"min-pass-rate [local/one] (2)\""),
        "{xml}"
    );
    let mut whole = String::new();
    json(&[], &source::Report::default(), serde_json::Map::new(), &mut |piece| whole.push_str(piece));
    assert!(whole.contains("\"conclusion\": \"pass\""), "{whole}");
    let text = source::Text::new(source::RepoPath::new("evals/ask.yaml").unwrap(), "");
    let place = source::Place::new(&text, source::Span::default());
    let found = source::Report::new(vec![source::Finding::new("suite-missing", place, "it is gone")]);
    whole.clear();
    json(&[], &found, serde_json::Map::new(), &mut |piece| whole.push_str(piece));
    assert!(whole.contains("\"conclusion\": \"fail\""), "{whole}");
}

#[test]
fn a_sample_is_told_beside_its_numbers() {
    let server = Server::start(|_| says("x"));
    let cases: String = (0..4).map(|n| format!("  - {{ id: c{n}, vars: {{ question: q{n} }} }}\n")).collect();
    let suite = format!(
        "defaultTest: {{ assert: [{{ type: equals, value: x }}] }}\ntests:\n{cases}sample: {{ n: 2, seed: 7 }}\n"
    );
    let scene = Scene::new(&suite);
    let (finished, verdict) = go(&scene, &providers(&server.address, 1), &Recordings::default(), Mode::Live);
    let reported = [Reported { results: &finished.results, verdict: &verdict, baseline: None, suite: None }];
    let (mut page, mut xml, mut whole) = (String::new(), String::new(), String::new());
    html(&reported, &source::Report::default(), "Evals", &mut |piece| page.push_str(piece));
    junit(&reported, &source::Report::default(), &mut |piece| xml.push_str(piece));
    json(&reported, &source::Report::default(), serde_json::Map::new(), &mut |piece| whole.push_str(piece));
    let said = "a sample of 2 of 4 cases, seed 7";
    let line = |text: &str, beside: &str| text.lines().any(|line| line.contains(said) && line.contains(beside));
    assert!(line(&table(&reported, false), "2 of 2 passed · 100.0 %"), "{}", table(&reported, false));
    assert!(
        line(&markdown(&reported, &source::Report::default()), "| 2 / 2 ("),
        "{}",
        markdown(&reported, &source::Report::default())
    );
    assert!(line(&page, "<td class=\"num\">2 / 2 ("), "{page}");
    assert!(xml.contains(&format!("<property name=\"cases\" value=\"{said}\"/>")), "{xml}");
    let whole: serde_json::Value = serde_json::from_str(&whole).unwrap();
    let sample = &whole["suites"][0]["verdict"]["models"][0]["sample"];
    assert_eq!(*sample, serde_json::json!({ "cases": 2, "of": 4, "seed": 7 }));
}

#[test]
fn results_read_back_as_they_were_written() {
    let server = Server::start(|_| says("x"));
    let suite = "tests: [{ vars: { question: q }, assert: [{ type: equals, value: x, metric: m }] }]\n";
    let (finished, _) = go(&Scene::new(suite), &providers(&server.address, 1), &Recordings::default(), Mode::Live);
    let text = serde_json::to_string(&finished.results).unwrap();
    let again: eval::run::Results = serde_json::from_str(&text).unwrap();
    assert_eq!(again, finished.results);
}

#[test]
fn the_page_shows_what_was_put_in_and_sets_quarantine_aside() {
    let server = Server::start(|_| says("no"));
    let long = "x".repeat(5_000);
    let suite = format!(
        "defaultTest:\n  assert: [{{ type: equals, value: x }}]\ntests:\n  - {{ id: a, vars: {{ question: 'why </script> so?' }} }}\n  - {{ id: b, vars: {{ question: {long} }} }}\n\
gate:\n  min_pass_rate: 0.5\n  quarantine: [{{ id: b, owner: ada, until: 2999-01-01, reason: flaky }}]\n"
    );
    let scene = Scene::new(&suite);
    let suite = scene.suite();
    let (finished, _) = go(&scene, &providers(&server.address, 1), &Recordings::default(), Mode::Live);
    let today = eval::gate::Demands { today: Some("2026-11-23".to_owned()), ..Default::default() };
    let verdict = eval::gate::judge(&suite, &finished.results, None, &today);
    let page = |suite| {
        let mut page = String::new();
        let reported = [Reported { results: &finished.results, verdict: &verdict, baseline: None, suite }];
        html(&reported, &source::Report::default(), "Evals", &mut |piece| page.push_str(piece));
        page
    };
    let shown = page(Some(&suite));
    assert!(shown.contains(r#""i":[["question","why \u003c/script> so?"]]"#), "{shown}");
    assert!(shown.contains("… (5000 characters in all)") && !shown.contains(&long));
    assert!(shown.contains(r#""c":"a","d":null,"f":null"#) && shown.contains(r#""q":true"#), "{shown}");
    assert!(page(None).contains(r#""i":null"#));
}

/// A run of `suite` in every form: the verdict, the table, Markdown, JUnit, HTML and JSON.
fn forms(suite: &str, today: Option<&str>, answer: fn(usize) -> &'static str) -> (Verdict, [String; 5]) {
    let server = Server::start(move |request| says(answer(request.number)));
    let scene = Scene::new(suite);
    let (finished, _) = go(&scene, &providers(&server.address, 1), &Recordings::default(), Mode::Live);
    let demands = Demands { today: today.map(str::to_owned), ..Demands::default() };
    let suite = scene.suite();
    let verdict = judge(&suite, &finished.results, None, &demands);
    let reported = [Reported { results: &finished.results, verdict: &verdict, baseline: None, suite: Some(&suite) }];
    let mut page = String::new();
    html(&reported, &source::Report::default(), "Evals", &mut |piece| page.push_str(piece));
    let (mut xml, mut whole) = (String::new(), String::new());
    junit(&reported, &source::Report::default(), &mut |piece| xml.push_str(piece));
    json(&reported, &source::Report::default(), serde_json::Map::new(), &mut |piece| whole.push_str(piece));
    let forms = [table(&reported, false), markdown(&reported, &source::Report::default()), xml, page, whole];
    (verdict, forms)
}

const LINE: &str = "assert: [{ type: equals, value: yes! }]";

#[test]
fn a_run_that_did_not_ask_everything_has_no_rate() {
    let cases: String =
        (0..20).map(|i| format!("  - {{ id: q{i}, vars: {{ question: 'n {i}' }}, {LINE} }}\n")).collect();
    let (verdict, [table, markdown, _, page, json]) =
        forms(&format!("tests:\n{cases}budget: {{ max_requests: 5 }}\n"), None, |_| "yes!");
    assert_eq!((verdict.conclusion, verdict.models[0].pass_rate), (Conclusion::BudgetSpent, None));
    assert!(table.contains("5 of 5 answers passed · 15 not reached") && !table.contains(" % ("), "{table}");
    assert!(markdown.contains("| 5 / 20 (15 not reached) | – | – |"), "{markdown}");
    assert!(page.contains("<td class=\"num\">5 / 20 (15 not reached)<td class=\"num\">–"), "{page}");
    assert!(json.contains("\"pass_rate\": null"));
}

#[test]
fn errors_alone_have_no_rate_and_no_gate_holds() {
    let server = Server::start(|_| super::server::Reply::Full(401, String::new(), "{}".to_owned()));
    let suite = format!(
        "tests: [{{ vars: {{ question: q }}, {LINE} }}]\ngate: {{ min_pass_rate: 0.1, max_error_rate: 0.5 }}\n"
    );
    let scene = Scene::new(&suite);
    let (finished, verdict) = go(&scene, &providers(&server.address, 1), &Recordings::default(), Mode::Live);
    assert_eq!((verdict.conclusion, verdict.models[0].pass_rate), (Conclusion::Error, None));
    let reported = [Reported { results: &finished.results, verdict: &verdict, baseline: None, suite: None }];
    let table = table(&reported, false);
    assert!(table.contains("0 of 1 answer passed · 1 error"), "{table}");
    assert!(table.contains("no answer could be graded: 1 error") && !table.contains("0.0 %)"), "{table}");
}

#[test]
fn counts_agree_with_the_rate_and_quarantine_is_told_everywhere() {
    let suite = format!(
        "tests:\n  - {{ id: a, vars: {{ question: a }}, {LINE} }}\n  - {{ id: b, vars: {{ question: b }}, {LINE} }}\n  - {{ id: c, vars: {{ question: c }}, {LINE} }}\ngate: {{ min_pass_rate: 1, quarantine: [{{ id: b, owner: ada, until: 2026-11-30, reason: new model }}, {{ id: c, owner: bob, until: 2026-11-01 }}] }}\n"
    );
    let (verdict, [table, markdown, junit, page, _]) =
        forms(&suite, Some("2026-11-22"), |n| if n == 1 { "no" } else { "yes!" });
    assert_eq!(verdict.conclusion, Conclusion::Pass);
    assert!(table.contains("2 of 2 passed · 100.0 %") && table.contains("· 1 in quarantine"), "{table}");
    assert!(table.contains("let by   b: "), "{table}");
    assert!(markdown.contains("| ✅ pass |") && markdown.contains("| 2 / 2 (1 in quarantine) | 100.0 %"), "{markdown}");
    assert!(!markdown.contains("not passed"), "{markdown}");
    for form in [&table, &markdown, &page] {
        assert!(form.contains("b is in quarantine until 2026-11-30 (ada: new model)"), "{form}");
        assert!(form.contains("the quarantine of c (bob) ended on 2026-11-01: it counts again"), "{form}");
    }
    assert!(junit.contains("failures=\"0\" errors=\"0\" skipped=\"1\""), "{junit}");
    assert!(junit.contains("message=\"failed, but in quarantine until 2026-11-30 (ada): "), "{junit}");
}

#[test]
fn nothing_but_quarantine_is_no_gate() {
    let case = |id: &str| format!("  - {{ id: {id}, vars: {{ question: {id} }}, {LINE} }}\n");
    let held = "gate: { quarantine: [{ id: a, owner: ada, until: 2026-11-30 }] }\n";
    let suite = Scene::new(&format!("tests:\n{}{}{held}", case("a"), case("b"))).suite();
    let server = Server::start(|_| says("yes!"));
    // Of two cases the sample took the one in quarantine.
    let scene = Scene::new(&format!("tests:\n{}", case("a")));
    let (finished, _) = go(&scene, &providers(&server.address, 1), &Recordings::default(), Mode::Live);
    let demands = Demands { today: Some("2026-11-22".to_owned()), ..Demands::default() };
    let verdict = judge(&suite, &finished.results, None, &demands);
    assert_eq!(verdict.conclusion, Conclusion::Fail);
    assert!(verdict.checks.iter().any(|c| c.text.contains("every case is in quarantine")), "{:?}", verdict.checks);
}

#[test]
fn policy_counts_what_the_suite_puts_into_quarantine() {
    let case = |id: &str| format!("  - {{ id: {id}, vars: {{ question: {id} }}, {LINE} }}\n");
    let held = "gate: { min_pass_rate: 1, quarantine: [{ id: b, owner: ada, until: 2026-11-30 }] }\n";
    let scene = Scene::new(&format!("tests:\n{}{}{held}", case("a"), case("b")));
    let server = Server::start(|request| says(if request.number == 1 { "no" } else { "yes!" }));
    let (finished, _) = go(&scene, &providers(&server.address, 1), &Recordings::default(), Mode::Live);
    let judged = |least: f64, whose: &str| {
        let rates = vec![Rate { least, bound: Bound::Point, whose: whose.to_owned() }];
        let demands = Demands { rates, today: Some("2026-11-22".to_owned()), ..Demands::default() };
        judge(&scene.suite(), &finished.results, None, &demands)
    };
    let said = |verdict: &Verdict| verdict.checks.iter().map(|c| c.text.clone()).collect::<Vec<_>>().join("\n");
    let strict = judged(0.9, "policy");
    assert_eq!(strict.conclusion, Conclusion::Fail, "{}", said(&strict));
    assert!(said(&strict).contains("the pass rate is 100.0 %, at least 100.0 % asked\n"), "{}", said(&strict));
    let with = "the pass rate is 50.0 %, at least 90.0 % asked by policy, which counts the 1 case in quarantine, too";
    assert!(said(&strict).contains(with), "{}", said(&strict));
    assert_eq!(judged(0.5, "policy").conclusion, Conclusion::Pass);
    // What is not known is not taken for a pass.
    let mut without = finished.results.clone();
    let mut outcomes: Vec<_> = without.outcomes.iter().map(|o| (*o).clone()).collect();
    outcomes[1].status = Status::Missing;
    without.outcomes = outcomes.into_iter().collect();
    let rates = vec![Rate { least: 0.5, bound: Bound::Point, whose: "policy".to_owned() }];
    let demands = Demands { rates, today: Some("2026-11-22".to_owned()), ..Demands::default() };
    let verdict = judge(&scene.suite(), &without, None, &demands);
    assert_eq!(verdict.conclusion, Conclusion::RecordingMissing, "{}", said(&verdict));
}

#[test]
fn junit_fails_where_the_gate_fails() {
    let flaky = format!(
        "tests:\n  - {{ id: f, vars: {{ question: f }}, flaky: {{ min_pass: 3 }}, options: {{ repeat: 5 }}, {LINE} }}\n"
    );
    let (verdict, [table, markdown, junit, ..]) = forms(&flaky, None, |n| if n < 2 { "no" } else { "yes!" });
    assert_eq!(verdict.conclusion, Conclusion::Pass);
    assert!(table.contains("1 of 1 passed (3 of 5 answers) · 100.0 %"), "{table}");
    assert!(markdown.contains("| 1 / 1 (3 of 5 answers) |") && !markdown.contains("not passed"), "{markdown}");
    assert!(junit.contains("tests=\"5\" failures=\"0\" errors=\"0\" skipped=\"2\""), "{junit}");
    assert!(junit.contains("<skipped message=\"failed, but its &#96;flaky&#96; is met: "), "{junit}");
    let cases: String =
        (0..10).map(|i| format!("  - {{ id: q{i}, vars: {{ question: 'n {i}' }}, {LINE} }}\n")).collect();
    let suite = |rate: f64| format!("tests:\n{cases}gate: {{ min_pass_rate: {rate} }}\n");
    let answer = |n| if n == 4 { "no" } else { "yes!" };
    let (_, [_, _, junit, ..]) = forms(&suite(0.7), None, answer);
    assert!(
        !junit.contains("<failure") && junit.contains("failed, but its model fails no check of the gate: "),
        "{junit}"
    );
    assert!(junit.contains("<system-out>") && junit.contains("output:\nno\n"), "{junit}");
    let (_, [_, _, junit, ..]) = forms(&suite(0.95), None, answer);
    assert_eq!(junit.matches("<failure").count(), 2, "the case, and the gate: {junit}");
}

#[test]
fn repeats_and_clusters_say_what_was_counted() {
    let suite = format!(
        "defaultTest: {{ options: {{ repeat: 2 }} }}\ntests:\n  - {{ id: a, cluster: x, vars: {{ question: a }}, {LINE} }}\n  - {{ id: b, cluster: x, vars: {{ question: b }}, {LINE} }}\ngate: {{ min_pass_rate: 0.5 }}\n"
    );
    let (_, forms) = forms(&suite, None, |n| if n == 3 { "no" } else { "yes!" });
    let told = forms.iter().filter(|form| form.contains("passed only sometimes: b (1 of 2 not: equals)")).count();
    assert_eq!(told, 3, "the terminal, Markdown and HTML name what did not hold: {forms:?}");
    let [table, _, _, page, _] = forms;
    assert!(table.contains("1 of 2 passed (1 at times, 3 of 4 answers) · 75.0 %"), "{table}");
    assert!(table.contains("over 1 unit)") && page.contains("over 1 unit"), "{table}");
}
