//! A judge that is asked several times: who wins, what is told where it contradicts itself, and what is on file of it.

use eval::gate::{Conclusion, Demands, Verdict, judge};
use eval::provider::Providers;
use eval::recording::Recordings;
use eval::report::{Reported, html, markdown, table};
use eval::run::{Finished, Helper, Helping, Keep, Mode, Plan, Status, estimate, run};
use serde_json::json;

use super::scene::{Scene, providers};
use super::server::{Server, says};

/// Three cases: the judge is for the first each time, for the second once and then not, for the third once more often
/// than not.
const SUITE: &str = "defaultTest:
  assert: [{ type: llm-rubric, value: is right, threshold: 0.7 }]
tests:
  - { id: sure, vars: { question: q0 } }
  - { id: doubtful, vars: { question: q1 } }
  - { id: likely, vars: { question: q2 } }
gate: { min_pass_rate: 0.5, min_judge_agreement: 0.9 }
judge: { model: local/judge, repeat: 3 }
";

/// A server whose judge says what `verdicts` has for an answer, one after the other.
fn server() -> Server {
    let asked = std::sync::Mutex::new([0_usize; 3]);
    Server::start(move |request| {
        let said = request.body["messages"][1]["content"].as_str().unwrap();
        if request.body["model"] == "tiny" {
            return says(&format!("answer to {said}"));
        }
        let case = (0..3).find(|n| said.contains(&format!("q{n}"))).unwrap();
        let vote = std::mem::replace(&mut asked.lock().unwrap()[case], 0) + 1;
        asked.lock().unwrap()[case] = vote;
        let pass = [[true; 3], [true, false, false], [false, true, true]][case][(vote - 1) % 3];
        let (score, why) = if pass { (0.8, "it holds") } else { (0.1, "it does not") };
        says(&json!({ "pass": pass, "score": score, "reason": why }).to_string())
    })
}

fn go(suite: &str, providers: &Providers, recordings: &Recordings, mode: Mode) -> (Finished, Verdict) {
    let scene = Scene::new(suite);
    let suite = scene.suite();
    let mut plan = Plan::new(&suite, &scene.compiled, recordings, mode).unwrap();
    plan.judge = Some(Helper::of("local/judge".parse().unwrap()));
    plan.keep = Keep::NotPassed;
    let finished = run(&plan, providers, &mut |_| {}, &false.into()).unwrap();
    let verdict = judge(&suite, &finished.results, None, &Demands::default());
    (finished, verdict)
}

#[test]
fn most_verdicts_win_and_the_other_reading_is_told() {
    let server = server();
    let (finished, verdict) = go(SUITE, &providers(&server.address, 1), &Recordings::default(), Mode::Live);
    let outcomes = &finished.results.outcomes;
    let status: Vec<_> = outcomes.iter().map(|o| o.status).collect();
    assert_eq!(status, [Status::Passed, Status::Failed, Status::Passed], "a mean score of 0.57 is no verdict");
    let said = "llm-rubric: 2 of 3 times (scores 0.80, 0.10, 0.10): it does not; but also: it holds";
    assert_eq!(outcomes.at(1).reason, said);
    // Of a pass, the answer and the reasons are kept where the judge contradicts itself.
    assert!(outcomes.at(0).output.is_none() && outcomes.at(0).components.is_empty());
    assert!(outcomes.at(2).output.is_some() && outcomes.at(2).components[0].reason.ends_with("but also: it does not"));

    let agreement = verdict.models[0].judge.as_ref().unwrap();
    let divided: Vec<String> = agreement.divided.iter().map(ToString::to_string).collect();
    assert_eq!((agreement.unanimous, agreement.verdicts), (1, 3));
    assert_eq!(
        divided,
        ["doubtful (llm-rubric `is right`: 1 of 3 for it)", "likely (llm-rubric `is right`: 2 of 3 for it)"]
    );
    let check = verdict.checks.iter().find(|c| c.name == "min-judge-agreement").unwrap();
    assert!(check.conclusion == Conclusion::Fail && check.text.contains("say in the rubric"), "{}", check.text);

    let reported = [Reported { results: &finished.results, verdict: &verdict, baseline: None, suite: None }];
    let mut page = String::new();
    html(&reported, &source::Report::default(), "Evals", &mut |piece| page.push_str(piece));
    // The one that contradicts itself is named, whatever a form does with backticks.
    for (form, text) in [
        ("table", table(&reported, false)),
        ("Markdown", markdown(&reported, &source::Report::default())),
        ("HTML", page),
    ] {
        let text = text.replace("\\`", "`").replace("&#96;", "`");
        let named = text.contains("doubtful (llm-rubric `is right`: 1 of 3 for it)");
        assert!(named && text.contains("1 of 3 verdicts"), "{form}: {text}");
    }
}

#[test]
fn a_verdict_is_missed_among_verdicts_alone() {
    // A judge that is told no question says the same of the same answer: the cases share a verdict, which stands under one.
    let suite = "defaultTest:
  assert: [{ type: llm-rubric, value: is right }]
tests:
  - { id: one, vars: { question: q0 } }
  - { id: two, vars: { question: q1 } }
  - { id: asked, vars: { question: q2 } }
judge: { model: local/judge }
";
    let server = Server::start(|request| match request.body["model"] == "tiny" {
        true => says("the same"),
        false => says(&json!({ "pass": true, "score": 1, "reason": "it holds" }).to_string()),
    });
    let providers = providers(&server.address, 1);
    let (recorded, _) = go(suite, &providers, &Recordings::default(), Mode::Record);
    let judged = |key: &str| recorded.recorded.entries().any(|e| e.key.short16() == key && e.asked.model == "judge");
    let (finished, _) = go(&suite.replace("is right", "is true"), &providers, &recorded.recorded, Mode::Replay);
    let own = |says: &str| finished.results.misses.iter().filter(|miss| miss.nearest.contains(says)).count();
    for miss in &finished.results.misses {
        let key = miss.nearest.split("recording is ").nth(1).unwrap().split([':', ',']).next().unwrap();
        assert!(judged(key) && !miss.nearest.contains("the parameters differ"), "{}", miss.nearest);
    }
    assert_eq!(own("what is to be graded differs: the answer, the question or the criterion changed"), 1);
    assert_eq!(own("by its id: it is new, or it was renamed, or shared one with another case"), 2);
    assert_eq!(finished.results.misses.len(), 3);
    // Where no judge was ever asked, no answer is taken for what it said.
    let (mut answers, used) = (recorded.recorded.clone(), recorded.recorded.entries());
    answers.prune(&used.filter(|e| e.asked.model == "tiny").map(|e| e.key).collect());
    let (finished, _) = go(suite, &providers, &answers, Mode::Replay);
    let said = "nothing that judge was asked in order to grade is on file for this suite";
    assert!(finished.results.misses.iter().all(|miss| miss.nearest == said), "{:?}", finished.results.misses);
}

#[test]
fn verdicts_are_on_file_and_a_missing_one_is_named_as_such() {
    let server = server();
    let providers = providers(&server.address, 1);
    let (recorded, _) = go(SUITE, &providers, &Recordings::default(), Mode::Record);
    let recordings = recorded.recorded;
    assert_eq!((recordings.len(), server.requests()), (12, 12));
    let (replayed, _) = go(SUITE, &providers, &recordings, Mode::Replay);
    assert_eq!((replayed.results.misses.len(), server.requests()), (0, 12));

    for (from, to, votes, nearest) in [
        (
            "is right",
            "is quite right",
            3,
            "what is to be graded differs: the answer, the question or the criterion changed",
        ),
        ("repeat: 3", "repeat: 5", 5, " on the same answer, not 4"),
    ] {
        let changed = SUITE.replace(from, to);
        let (finished, verdict) = go(&changed, &providers, &recordings, Mode::Replay);
        assert_eq!((verdict.conclusion, finished.results.misses.len()), (Conclusion::RecordingMissing, 3));
        let miss = &finished.results.misses[0];
        assert_eq!((miss.helping, miss.sample), (Some(Helping::Judge), 0));
        let text = &verdict.checks[0].text;
        let said = text.starts_with("the judge's verdict is not on file for 3 answers; sure: ");
        assert!(said && text.contains(nearest), "{text}");
        // What is asked beforehand counts as well what the answers on file still need.
        let scene = Scene::new(&changed);
        let suite = scene.suite();
        let mut plan = Plan::new(&suite, &scene.compiled, &recordings, Mode::Record).unwrap();
        plan.judge = Some(Helper::of("local/judge".parse().unwrap()));
        let sum = estimate(&plan, &providers).unwrap();
        assert_eq!((sum.requests, sum.stored, sum.graders), (0, 3, 3 * votes));
    }
    assert_eq!(server.requests(), 12, "a replay asks nobody");
}
