//! Reports of answers that try to break out of them.

use eval::recording::Recordings;
use eval::report::{Reported, html, json, junit, lines, markdown, table};
use eval::run::Mode;

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
    html(&reported, "Evals </title>", &mut |piece| page.push_str(piece));
    assert_eq!(page.matches("</script>").count(), 2, "only our own elements end");
    let hidden = |c: char| matches!(c, '\u{202e}' | '\u{1b}');
    assert!(!page.contains("<script>alert") && !page.contains(hidden));
    assert!(!page.contains("http://") && !page.contains("https://"), "nothing comes from elsewhere");
    let table = table(&reported, false);
    assert!(!table.contains('\u{1b}') && !table.contains('\u{202e}'), "{table}");
    let mut xml = String::new();
    junit(&reported, &mut |piece| xml.push_str(piece));
    assert!(
        xml.contains("<failure type=\"equals\" message=") && xml.contains("&lt;/script&gt;") && !xml.contains('\u{1b}'),
        "{xml}"
    );
    let markdown = markdown(&reported);
    // A code span may hold anything but our marker.
    let outside = markdown.lines().filter(|line| !line.trim_start().starts_with("- answered ````"));
    assert!(!outside.clone().any(|line| line.contains("<script>")) && outside.count() > 3, "{markdown}");
    assert!(!markdown.contains("<!-- mark"), "{markdown}");
    let mut listed = String::new();
    lines(&reported, &mut |line| listed.push_str(line));
    assert_eq!(listed.lines().count(), 1);
    let mut whole = String::new();
    json(&reported, serde_json::Map::new(), &mut |piece| whole.push_str(piece));
    let json: serde_json::Value = serde_json::from_str(&whole).unwrap();
    assert_eq!((json["format"].as_u64(), json["conclusion"].as_str()), (Some(1), Some("fail")));
    assert_eq!(json["suites"][0]["results"]["outcomes"][0]["output"], HOSTILE);
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
        html(&reported, "Evals", &mut |piece| page.push_str(piece));
        page
    };
    let shown = page(Some(&suite));
    assert!(shown.contains(r#""i":[["question","why \u003c/script> so?"]]"#), "{shown}");
    assert!(shown.contains("… (5000 characters in all)") && !shown.contains(&long));
    assert!(shown.contains(r#""c":"a","d":null,"f":null"#) && shown.contains(r#""q":true"#), "{shown}");
    assert!(page(None).contains(r#""i":null"#));
}
