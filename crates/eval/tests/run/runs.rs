//! Order, budgets, repeats, shards, cancelling.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use eval::gate::{Conclusion, Demands, judge};
use eval::provider::{Environment, Providers};
use eval::recording::Recordings;
use source::Timestamp;

use eval::run::{Ended, Event, GradedBy, Mode, Origin, Outcome, Part, Plan, Results, Shard, Status, merge, run};

use super::scene::{Scene, go, providers, questions};
use super::server::{Reply, Server, says};

fn echo_server() -> Server {
    Server::start(|request| {
        let text = request.body["messages"][1]["content"].as_str().unwrap();
        std::thread::sleep(Duration::from_micros(u64::from(text.as_bytes()[7]) * 13 % 700));
        says(&format!("You asked: {text}"))
    })
}

#[test]
fn answers_come_back_in_the_suites_order_and_within_the_providers_limit() {
    let server = echo_server();
    let scene = Scene::new(&questions(60));
    let (finished, verdict) = go(&scene, &providers(&server.address, 8), &Recordings::default(), Mode::Live);
    let ids: Vec<_> = finished.results.outcomes.iter().map(|o| o.case.clone()).collect();
    assert_eq!(ids, (0..60).map(|i| format!("q{i}")).collect::<Vec<_>>());
    assert!(finished.results.outcomes.iter().all(|o| o.status == Status::Passed && o.origin == Some(Origin::Live)));
    assert_eq!((verdict.conclusion, verdict.conclusion.exit_code(true)), (Conclusion::Pass, 0));
    assert_eq!((finished.results.spent.requests, server.requests()), (60, 60));
    assert!((2..=8).contains(&server.most_at_once()), "{}", server.most_at_once());
    assert_eq!(finished.results.spent.usage.output, 300);
    assert!(finished.recorded.is_empty(), "a live run keeps nothing");
}

#[test]
fn an_echo_needs_nobody() {
    let scene = Scene::new(&questions(3));
    let suite = scene.suite();
    let recordings = Recordings::default();
    let mut plan = Plan::new(&suite, &scene.compiled, &recordings, Mode::Live).unwrap();
    plan.targets[0].compiled.model = "echo/anything".parse().unwrap();
    let mut seen = Vec::new();
    let nobody = Providers::new([], Environment::empty());
    let mut watch = |event: Event<'_>| {
        if let Event::Outcome(outcome, Some(output)) = event {
            seen.push(format!("{}: {output}", outcome.case));
        }
    };
    let finished = run(&plan, &nobody, &mut watch, &AtomicBool::new(false)).unwrap();
    assert_eq!(seen, ["q0: \"number 0?\"", "q1: \"number 1?\"", "q2: \"number 2?\""]);
    assert!(finished.results.outcomes.iter().all(|o| o.output.is_none()), "what passed is not kept");
}

#[test]
fn a_budget_ends_the_run_before_the_request_that_would_pass_it() {
    let server = echo_server();
    let scene = Scene::new(&(questions(20) + "budget: { max_requests: 7 }\n"));
    let (finished, verdict) = go(&scene, &providers(&server.address, 4), &Recordings::default(), Mode::Live);
    assert_eq!((server.requests(), finished.results.ended), (7, Ended::BudgetSpent));
    assert_eq!((verdict.conclusion, verdict.conclusion.exit_code(false)), (Conclusion::BudgetSpent, 5));
    let reached = finished.results.outcomes.iter().filter(|o| o.status == Status::Passed).count();
    assert_eq!((reached, finished.results.outcomes.len()), (7, 20));
    // Which limit, where it stands, and how far the run came.
    let line = scene.suite().text.as_str().lines().count();
    let said = format!("the budget is spent with 13 answers to go: max_requests 7 (evals/ask.yaml:{line}): 7 sent");
    assert_eq!(verdict.checks[0].text, said);
    // The smaller of two limits is told, and what a request may take beside what is left.
    let suite = scene.suite();
    let recordings = Recordings::default();
    let mut plan = Plan::new(&suite, &scene.compiled, &recordings, Mode::Live).unwrap();
    plan.budget.max_tokens = Some(1);
    let finished = run(&plan, &providers(&server.address, 1), &mut |_| {}, &AtomicBool::new(false)).unwrap();
    let stop = finished.results.stop.unwrap().to_string();
    assert!(stop.starts_with("max_tokens 1 (--max-tokens): 0 spent, the next request may take "), "{stop}");
}

#[test]
fn cancelling_keeps_what_is_done_and_waits_for_nobody() {
    let server = Server::start(|request| match request.number {
        0..5 => says(request.body["messages"][1]["content"].as_str().unwrap()),
        _ => super::server::Reply::Silence,
    });
    let scene = Scene::new(&questions(20));
    let suite = scene.suite();
    let recordings = Recordings::default();
    let plan = Plan::new(&suite, &scene.compiled, &recordings, Mode::Live).unwrap();
    let cancel = AtomicBool::new(false);
    let mut watch = |event: Event<'_>| {
        if let Event::Progress { done: 5, .. } = event {
            cancel.store(true, Ordering::Relaxed);
        }
    };
    let start = std::time::Instant::now();
    let providers = super::scene::defined(&format!(
        "{{ kind: openai, base_url: '{}/v1', concurrency: 2, timeout: 60s }}",
        server.address
    ));
    let finished = run(&plan, &providers, &mut watch, &cancel).unwrap();
    assert!(start.elapsed() < Duration::from_secs(10));
    assert_eq!(finished.results.ended, Ended::Interrupted);
    assert_eq!(finished.results.outcomes.len(), 20);
    assert_eq!(finished.results.outcomes.iter().filter(|o| o.status == Status::Passed).count(), 5);
    let verdict = judge(&suite, &finished.results, None, &Demands::default());
    assert_eq!(verdict.conclusion.exit_code(false), 130);
}

#[test]
fn shards_are_disjoint_and_whole() {
    let scene = Scene::new(&questions(50));
    let suite = scene.suite();
    let recordings = Recordings::default();
    let mut plan = Plan::new(&suite, &scene.compiled, &recordings, Mode::Live).unwrap();
    let mut all = Vec::new();
    for index in 1..=3 {
        plan.shard = Some(Shard { index, count: 3 });
        let part = plan.positions();
        assert!((5..30).contains(&part.len()));
        all.extend(part);
    }
    all.sort_unstable();
    assert_eq!(all, (0..50).collect::<Vec<_>>());
}

#[test]
fn repeats_are_averaged_within_their_case() {
    let server = Server::start(|request| says(if request.number % 2 == 0 { "number 0?" } else { "no" }));
    let suite = "tests:\n  - { id: a, vars: { question: 'number 0?' }, options: { repeat: 4 }, assert: [{ type: contains, value: 'number 0?' }] }\ngate: { min_pass_rate: 0.5 }\n";
    let (finished, verdict) =
        go(&Scene::new(suite), &providers(&server.address, 1), &Recordings::default(), Mode::Live);
    assert_eq!(finished.results.outcomes.iter().map(|o| o.sample).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert_eq!(
        (verdict.models[0].cases, verdict.models[0].pass_rate, verdict.conclusion),
        (1, Some(0.5), Conclusion::Pass)
    );
    let flaky = suite.replace("options:", "flaky: { min_pass: 3 }, options:");
    let (_, verdict) = go(&Scene::new(&flaky), &providers(&server.address, 1), &Recordings::default(), Mode::Live);
    assert_eq!((verdict.models[0].pass_rate, verdict.conclusion), (Some(0.0), Conclusion::Fail));
    // Two of four is as often as not, whatever is written.
    let lax = suite.replace("options:", "flaky: { min_pass: 1 }, options:");
    let told: Vec<_> = Scene::new(&lax).loaded().findings.into_iter().map(|f| f.message).collect();
    assert_eq!(told, ["a case that fails as often as not is not flaky: 3 of 4 repeats must pass"]);
    let (_, verdict) = go(&Scene::new(&lax), &providers(&server.address, 1), &Recordings::default(), Mode::Live);
    assert_eq!(verdict.models[0].pass_rate, Some(0.0));
}

#[test]
fn a_question_that_met_an_error_was_asked_all_the_same() {
    let suite = "tests:\n  - { id: a, vars: { question: a }, assert: [{ type: contains, value: x }] }\n  - { id: b, vars: { question: b }, assert: [{ type: contains, value: x }] }\n";
    let refuses = |some: bool| {
        Server::start(move |request| {
            let asked = request.body["messages"][1]["content"].as_str().unwrap();
            if some && asked == "a" { says("x") } else { Reply::Full(400, String::new(), "{}".to_owned()) }
        })
    };
    let results = |some: bool| {
        let server = refuses(some);
        go(&Scene::new(suite), &providers(&server.address, 1), &Recordings::default(), Mode::Live).0.results
    };
    assert!(results(true).is_live());
    assert!(!results(false).is_live(), "nobody answered anything");
}

#[test]
fn stored_answers_need_no_model() {
    let suite = "tests:\n  - { vars: { question: q }, providerOutput: the answer, assert: [{ type: contains, value: answer }] }\n";
    let scene = Scene::new(suite);
    let suite = scene.suite();
    let recordings = Recordings::default();
    let mut plan = Plan::new(&suite, &scene.compiled, &recordings, Mode::Replay).unwrap();
    plan.targets[0].compiled.model = "nobody/knows".parse().unwrap();
    let finished = run(&plan, &Providers::new([], Environment::empty()), &mut |_| {}, &AtomicBool::new(false)).unwrap();
    assert_eq!(finished.results.outcomes.at(0).origin, Some(Origin::Stored));
    assert_eq!(finished.results.outcomes.at(0).status, Status::Passed);
}

#[test]
fn a_part_of_no_cases_is_of_no_age() {
    let server = echo_server();
    let scene = Scene::new(&questions(2));
    let suite = scene.suite();
    let recordings = Recordings::default();
    let part = |index| {
        let mut plan = Plan::new(&suite, &scene.compiled, &recordings, Mode::Live).unwrap();
        plan.shard = Some(Shard { index, count: 4 });
        let mut results =
            run(&plan, &providers(&server.address, 1), &mut |_| {}, &AtomicBool::new(false)).unwrap().results;
        // As the program writes it, which knows the time.
        results.asked_at = results.is_live().then_some(Timestamp(i64::from(index)));
        Part { results, baseline: None }
    };
    let parts: Vec<_> = (1..=4).map(part).collect();
    let oldest = parts.iter().filter_map(|part| part.results.asked_at).min();
    let merged = merge(&suite, &scene.compiled, &parts).unwrap().results;
    assert!(oldest.is_some() && parts.iter().any(|part| part.results.outcomes.is_empty()));
    assert_eq!((merged.is_live(), merged.asked_at), (true, oldest));
}

#[test]
fn shards_merge_to_what_one_run_says() {
    let server = echo_server();
    let scene = Scene::new(&questions(30));
    let suite = scene.suite();
    let recordings = Recordings::default();
    let providers = providers(&server.address, 4);
    let part = |shard: Option<Shard>| {
        let mut plan = Plan::new(&suite, &scene.compiled, &recordings, Mode::Live).unwrap();
        plan.shard = shard;
        let mut results = run(&plan, &providers, &mut |_| {}, &AtomicBool::new(false)).unwrap().results;
        results.outcomes = results.outcomes.iter().map(|o| Outcome { latency_ms: None, ..(*o).clone() }).collect();
        Part { results, baseline: None }
    };
    let parts: Vec<_> = (1..=4).map(|index| part(Some(Shard { index, count: 4 }))).collect();
    let (whole, merged) = (part(None), merge(&suite, &scene.compiled, &parts).unwrap());
    assert_eq!(merged, whole);
    let verdict = |part: &Part| judge(&suite, &part.results, None, &Demands::default());
    assert_eq!(verdict(&merged), verdict(&whole));
    assert!(whole.results.is_live());
    let error = |change: &dyn Fn(&mut Results)| {
        let mut parts = parts.clone();
        change(&mut parts[1].results);
        merge(&suite, &scene.compiled, &parts).unwrap_err().to_string()
    };
    let all = |change: &dyn Fn(&mut Results)| {
        let mut parts = parts.clone();
        parts.iter_mut().for_each(|part| change(&mut part.results));
        merge(&suite, &scene.compiled, &parts).unwrap_err().to_string()
    };
    let judge = Some(GradedBy { model: "local/judge".parse().unwrap(), route: None, repeat: None });
    assert!(error(&|r| r.judge.clone_from(&judge)).contains("the parts differ in who judged or embedded"));
    assert!(error(&|r| r.embeddings.clone_from(&judge)).contains("the parts differ in who judged or embedded"));
    let rewritten = |change: &dyn Fn(&mut Vec<Outcome>)| {
        error(&|r| {
            let mut outcomes: Vec<Outcome> = r.outcomes.iter().map(|o| (*o).clone()).collect();
            change(&mut outcomes);
            r.outcomes = outcomes.into_iter().collect();
        })
    };
    assert!(rewritten(&Vec::clear).contains("is missing or not in its place; give the parts as"));
    assert!(rewritten(&|o| o[0].score = 1e300).contains("a score or a cost that no answer has"));
    let inputs = suite.dataset;
    assert!(rewritten(&|o| o[0].inputs = inputs).contains("was another one"));
    let order = "the parts differ in the order of their answers";
    let lacks = "is missing or not in its place";
    let stray = "nobody asked for the answer to the case q99 that stands there";
    for (change, said) in [
        (&(|o: &mut Vec<Outcome>| o[0].model = 99) as &dyn Fn(&mut Vec<Outcome>), order),
        (&|o| "q99".clone_into(&mut o[0].case), lacks),
        (&|o| o.insert(1, Outcome { sample: 1, ..o[0].clone() }), lacks),
        (&|o| o.push(Outcome { case: "q99".into(), ..o[0].clone() }), stray),
        (&|o| drop(o.pop()), lacks),
    ] {
        let told = rewritten(change);
        assert!(told.contains(said), "{told}");
    }
    assert!(error(&|r| r.repeat = NonZeroU32::new(2)).contains("the parts differ in --sample or --repeat"));
    assert!(all(&|r| r.repeat = NonZeroU32::new(2)).contains("is missing"));
    assert!(all(&|r| r.content = r.dataset).contains("the prompt as it was run is not the one here"));
    assert!(all(&|r| "another".clone_into(&mut r.prompt)).contains("the prompt as it was run is not the one here"));
    assert!(all(&|r| r.models.clear()).contains(order));
    let first = whole.results.outcomes.iter().take(1).map(|o| (*o).clone()).collect();
    let one = Results { shard: None, outcomes: first, ..whole.results.clone() };
    let alone = [Part { results: one, baseline: None }];
    assert!(merge(&suite, &scene.compiled, &alone).unwrap_err().to_string().contains("is missing"));
    let told = |parts: &[Part]| merge(&suite, &scene.compiled, parts).unwrap_err().to_string();
    assert_eq!(told(&[parts[0].clone(), parts[0].clone()]), "merge ask: part 1 of 4 is given twice");
    assert_eq!(told(&[]), "merge: no results were given");
}
