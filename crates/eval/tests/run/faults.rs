//! What servers do wrong: no hang, no lost result, errors counted as errors, nothing secret said.

mod ways;

use std::time::{Duration, Instant};

use eval::gate::Conclusion;
use eval::recording::Recordings;
use eval::run::{Ended, Event, Mode, Outcome, Plan, Status, run};
use serde_json::{Value, json};

use super::scene::{Scene, defined, go, providers, questions};
use super::server::{Reply, Server, says};

const ALL: &str = "number 0? number 1? number 2? number 3?";

fn full(status: u16, headers: &str, body: &str) -> Reply {
    Reply::Full(status, headers.to_owned(), body.to_owned())
}

/// Runs four questions against `answer`; the outcomes, the exit code, the requests and the time it took.
fn four(answer: impl Fn(usize) -> Reply + Send + Sync + 'static) -> (Vec<Outcome>, u8, usize, Duration) {
    let server = Server::start(move |request| answer(request.number));
    let start = Instant::now();
    let scene = Scene::new(&questions(4));
    let (finished, verdict) = go(&scene, &providers(&server.address, 2), &Recordings::default(), Mode::Live);
    let outcomes: Vec<Outcome> = finished.results.outcomes.iter().map(|outcome| (*outcome).clone()).collect();
    assert_eq!(outcomes.len(), 4);
    let text = format!("{outcomes:?} {verdict:?}");
    assert!(!text.contains("sk-very-secret"), "{text}");
    (outcomes, verdict.conclusion.exit_code(true), server.requests(), start.elapsed())
}

fn all_errors<O: std::ops::Deref<Target = Outcome>>(outcomes: impl IntoIterator<Item = O>, says: &str) {
    let mut count = 0;
    for outcome in outcomes {
        assert_eq!(outcome.status, Status::Error, "{:?}", *outcome);
        assert!(outcome.reason.contains(says), "{}", outcome.reason);
        count += 1;
    }
    assert!(count > 0, "nothing was run");
}

#[test]
fn a_limit_with_retry_after_is_waited_for() {
    let (outcomes, exit, requests, took) = four(|n| match n {
        0 => full(429, "retry-after: 1\r\n", "{\"error\":{\"message\":\"slow down\"}}"),
        _ => says(ALL),
    });
    assert!(outcomes.iter().all(|o| o.status == Status::Passed), "{outcomes:?}");
    assert_eq!((exit, requests), (0, 5));
    assert!(took >= Duration::from_secs(1) && took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn a_limit_without_retry_after_costs_only_our_own_pause() {
    let (outcomes, exit, _, took) = four(|n| if n < 2 { full(429, "", "") } else { says(ALL) });
    assert!(outcomes.iter().all(|o| o.status == Status::Passed), "{outcomes:?}");
    assert_eq!(exit, 0);
    assert!(took < Duration::from_secs(3), "{took:?}");
}

#[test]
fn a_provider_that_asks_for_an_hour_is_not_waited_for() {
    let (outcomes, exit, requests, took) = four(|_| full(429, "retry-after: 3600\r\n", ""));
    all_errors(outcomes.iter(), "3600 s");
    assert!(exit == 4 && requests <= 2 && took < Duration::from_secs(3));
}

#[test]
fn server_errors_are_tried_again_and_then_counted() {
    let (outcomes, exit, requests, _) =
        four(|_| full(500, "", "{\"error\":{\"message\":\"rate limited, sk-very-secret\"}}"));
    all_errors(outcomes.iter(), "in 3 attempts: HTTP 500: rate limited, [key of local]");
    assert_eq!((exit, requests), (4, 12));
}

#[test]
fn a_refused_key_is_asked_with_once() {
    let (outcomes, exit, requests, _) = four(|_| full(401, "", "{\"error\":{\"message\":\"bad key sk-very-secret\"}}"));
    all_errors(outcomes.iter(), "HTTP 401: bad key [key of local]");
    assert!(exit == 4 && requests <= 2, "{requests}");
}

#[test]
fn a_slow_drip_meets_the_timeout() {
    let (outcomes, exit, _, took) = four(|_| Reply::Drip("{\"choices\":[]}".repeat(200), Duration::from_millis(20)));
    all_errors(outcomes.iter(), "no answer within 1 s (`timeout` of the provider)");
    assert!(exit == 4 && took < Duration::from_secs(15), "{took:?}");
}

#[test]
fn what_is_waited_for_is_told() {
    let limit = |_: &_| full(429, "retry-after: 30\r\n", "{\"error\":{\"message\":\"slow down, sk-very-secret\"}}");
    let silent = |_: &_| Reply::Silence;
    type Answer = fn(&super::server::Request) -> Reply;
    for (answer, says) in [
        (limit as Answer, "attempt 2 in 29 s (HTTP 429: slow down, [key of local]), q0 of local/tiny"),
        (silent as Answer, "no answer for 2 s, q0 of local/tiny"),
    ] {
        let server = Server::start(answer);
        let scene = Scene::new(&questions(1));
        let suite = scene.suite();
        let recordings = Recordings::default();
        let plan = Plan::new(&suite, &scene.compiled, &recordings, Mode::Live).unwrap();
        let cancel = std::sync::atomic::AtomicBool::new(false);
        let (mut begun, mut told) = (0, String::new());
        let mut watch = |event: Event<'_>| match event {
            Event::Begun { total } => begun = total,
            Event::Waiting(waiting) => {
                told = waiting.to_string();
                cancel.store(true, std::sync::atomic::Ordering::Relaxed);
            }
            _ => {}
        };
        let patient = format!(
            "{{ kind: openai, base_url: '{}/v1', key_variable: TEST_KEY, concurrency: 2, timeout: 120s }}",
            server.address
        );
        let finished = run(&plan, &defined(&patient), &mut watch, &cancel).unwrap();
        // A pause is counted down; how fast the machine is does not matter here.
        let told = told.replace("in 28 s", "in 29 s").replace("in 30 s", "in 29 s").replace("for 3 s", "for 2 s");
        assert_eq!((begun, told.as_str(), finished.results.ended), (1, says, Ended::Interrupted));
    }
}

#[test]
fn silence_meets_the_timeout() {
    let (outcomes, exit, _, took) = four(|_| Reply::Silence);
    all_errors(outcomes.iter(), "no answer within 1 s (`timeout` of the provider)");
    assert!(exit == 4 && took < Duration::from_secs(15), "{took:?}");
}

#[test]
fn a_half_closed_connection_is_tried_again() {
    let cut =
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{\"choices\":[".to_vec();
    let (outcomes, exit, ..) = four(move |n| if n < 2 { Reply::Raw(cut.clone()) } else { says(ALL) });
    assert!(outcomes.iter().all(|o| o.status == Status::Passed), "{outcomes:?}");
    assert_eq!(exit, 0);
}

#[test]
fn garbage_is_an_error() {
    let (outcomes, exit, ..) = four(|_| Reply::Raw(vec![0xFF; 300]));
    assert!(outcomes.iter().all(|o| o.status == Status::Error) && exit == 4, "{outcomes:?}");
    let (outcomes, exit, ..) =
        four(|_| full(200, "content-type: text/html\r\n", "<html>sign in, sk-very-secret</html>"));
    all_errors(outcomes.iter(), "text/html is not JSON: <html>sign in, [key of local]</html>");
    assert_eq!(exit, 4);
    for body in ["{}", "[]", "{\"choices\":[]}", "{\"choices\":[{}]}", "{\"choices\":[{\"message\":{\"content\":7}}]}"]
    {
        let body = body.to_owned();
        let (outcomes, exit, ..) = four(move |_| full(200, "content-type: application/json\r\n", &body));
        all_errors(outcomes.iter(), "could not read the answer");
        assert_eq!(exit, 4);
    }
}

#[test]
fn a_huge_answer_is_refused() {
    // Its bytes take their time where the machine is busy: it must be the length that refuses it, not the clock.
    let server = Server::start(|_| full(200, "content-type: application/json\r\n", &" ".repeat(33 << 20)));
    let patient = format!("{{ kind: openai, base_url: '{}/v1', concurrency: 2, timeout: 120s }}", server.address);
    let (finished, verdict) = go(&Scene::new(&questions(2)), &defined(&patient), &Recordings::default(), Mode::Live);
    all_errors(&finished.results.outcomes, "longer than 32 MiB");
    assert_eq!(verdict.conclusion.exit_code(true), 4);
}

#[test]
fn an_answer_takes_no_more_memory_than_it_is_worth() {
    for (key, unit) in [("tool_calls", "{\"\":0}"), ("audio", "{\"\":0}"), ("annotations", "[]")] {
        let message = format!("{{\"content\":\"yes\",\"{key}\":[{}0]}}", format!("{unit},").repeat(260_000));
        let body = format!("{{\"choices\":[{{\"message\":{message}}}]}}");
        let server = Server::start(move |_| full(200, "content-type: application/json\r\n", &body));
        let patient = format!("{{ kind: openai, base_url: '{}/v1', concurrency: 2, timeout: 120s }}", server.address);
        let scene = Scene::new(&questions(2));
        let (finished, _) = go(&scene, &defined(&patient), &Recordings::default(), Mode::Live);
        assert_eq!(finished.results.outcomes.len(), 2);
        all_errors(&finished.results.outcomes, "read the answer: it holds more than 250000 values");
    }
}

#[test]
fn an_answer_that_no_report_could_hold_is_refused() {
    let deep = format!("{}1{}", "[".repeat(110), "]".repeat(110));
    let call = format!("{{\"name\":\"look\",\"arguments\":{deep}}}");
    let body = format!("{{\"choices\":[{{\"message\":{{\"content\":null,\"function_call\":{call}}}}}]}}");
    let (outcomes, exit, ..) = four(move |_| full(200, "content-type: application/json\r\n", &body));
    all_errors(outcomes.iter(), "it is nested more than 100 deep");
    assert_eq!((outcomes.len(), exit), (4, 4));
    let rows = format!("{{\"id\":\"q0\",\"vars\":{{\"question\":\"number\"}},\"providerOutput\":{deep}}}\n");
    let suite = format!("{}tests: file://data/rows.jsonl\n", questions(1).split("tests:").next().unwrap());
    let scene = Scene::with(&suite, &[("evals/data/rows.jsonl", &rows)]);
    let nobody = defined("{ kind: openai, base_url: 'http://127.0.0.1:9/v1' }");
    let (finished, _) = go(&scene, &nobody, &Recordings::default(), Mode::Live);
    all_errors(&finished.results.outcomes, "it is nested more than 100 deep");
}

#[test]
fn no_part_of_a_key_comes_back() {
    for padding in [0, 270, 280, 290, 299, 1190] {
        let pad = "x".repeat(padding);
        let told = |key: &str| format!("{{\"error\":{{\"message\":\"{pad}{key}\"}}}}");
        for (status, body) in [
            (400, told("sk-very-secret")),
            (400, told("SK-Very-Secret")),
            (400, told("sk-\\u0000very-secret")),
            (500, format!("{pad}sk-very-secret")),
            (200, format!("{pad}\n\nsk-very-secret")),
        ] {
            let said = body.clone();
            let (outcomes, ..) = four(move |_| full(status, "", &body));
            let text = format!("{outcomes:?}").to_lowercase();
            assert!(!text.contains("sk-") && !text.contains("very"), "{status} {said}: {text}");
        }
    }
}

#[test]
fn every_text_of_an_answer_is_cut_before_it_is_kept_or_graded() {
    let server = Server::start(|_| {
        let choice = json!({ "message": { "content": "a SK-VERY-SECRET" }, "finish_reason": "sk-very-secret" });
        full(200, "", &json!({ "choices": [choice] }).to_string())
    });
    let suite = questions(2).replace("type: contains,", "type: finish-reason,");
    let scene = Scene::new(&suite);
    let (finished, _) = go(&scene, &providers(&server.address, 2), &Recordings::default(), Mode::Record);
    let text = format!("{:?} {}", finished.results.outcomes, finished.recorded.to_text()).to_lowercase();
    assert!(!text.contains("secret") && text.contains("[key of local]"), "{text}");
}

#[test]
fn a_budget_binds_whatever_the_server_says() {
    let answer = |usage: Value| {
        let choice = json!({ "message": { "content": ALL }, "finish_reason": "stop" });
        full(200, "", &json!({ "choices": [choice], "usage": usage }).to_string())
    };
    for usage in
        [Value::Null, json!({ "prompt_tokens": 0 }), json!({ "prompt_tokens": u64::MAX, "completion_tokens": 9 })]
    {
        let server = Server::start(move |_| answer(usage.clone()));
        let suite = questions(8) + "budget: { max_tokens: 400 }\n";
        let (finished, verdict) =
            go(&Scene::new(&suite), &providers(&server.address, 1), &Recordings::default(), Mode::Live);
        assert_eq!(finished.results.ended, Ended::BudgetSpent);
        assert!(server.requests() < 8 && verdict.conclusion.exit_code(true) != 0, "{}", server.requests());
    }
    let server = Server::start(|_| full(500, "", "no"));
    let suite = questions(8) + "budget: { max_requests: 2 }\n";
    let (finished, _) = go(&Scene::new(&suite), &providers(&server.address, 4), &Recordings::default(), Mode::Live);
    assert_eq!((server.requests(), finished.results.spent.requests), (2, 2));
    assert_eq!(finished.results.ended, Ended::BudgetSpent);
}

#[test]
fn of_two_prices_the_higher_one_holds() {
    let (scene, none) = (Scene::new(&questions(1)), Recordings::default());
    let suite = scene.suite();
    let mut plan = Plan::new(&suite, &scene.compiled, &none, Mode::Live).unwrap();
    plan.price_at_least(|_| Some((1.0, 2.0)));
    assert_eq!(plan.targets[0].price, Some((1.0, 2.0)));
    plan.targets[0].price = Some((0.0, 3.0));
    plan.price_at_least(|_| Some((1.0, 2.0)));
    plan.price_at_least(|_| None);
    assert_eq!(plan.targets[0].price, Some((1.0, 3.0)));
}

#[test]
fn a_key_travels_in_its_header_alone() {
    let server = Server::start(|request| {
        let sound = request.path == "/v1/chat/completions"
            && request.headers.to_lowercase().contains("authorization: bearer sk-very-secret")
            && !request.body.to_string().contains("secret");
        if sound { says(ALL) } else { full(400, "", "wrong") }
    });
    let scene = Scene::new(&questions(4));
    let (_, verdict) = go(&scene, &providers(&server.address, 2), &Recordings::default(), Mode::Live);
    assert_eq!(verdict.conclusion, Conclusion::Pass);
}

#[test]
fn a_server_that_dies_half_way_loses_nothing_that_was_answered() {
    let server =
        Server::start(
            |request| if request.number < 10 { says(&format!("{ALL} number 9?")) } else { Reply::Raw(Vec::new()) },
        );
    let suite = questions(40).replace("'{{ question }}'", "number");
    let scene = Scene::new(&suite);
    let (finished, verdict) = go(&scene, &providers(&server.address, 4), &Recordings::default(), Mode::Live);
    let passed = finished.results.outcomes.iter().filter(|o| o.status == Status::Passed).count();
    let errors = finished.results.outcomes.iter().filter(|o| o.status == Status::Error).count();
    assert_eq!((passed, errors, verdict.conclusion), (10, 30, Conclusion::Error));
    assert!(server.requests() < 10 + 30 * 3, "nobody is asked once nobody is there: {}", server.requests());
}

#[test]
fn some_errors_may_be_allowed_but_never_count_as_passes() {
    let server =
        Server::start(
            |request| if request.body.to_string().contains("number 3?") { full(400, "", "no") } else { says(ALL) },
        );
    let suite = questions(4) + "gate: { min_pass_rate: 0.7, max_error_rate: 0.25 }\n";
    let (_, verdict) = go(&Scene::new(&suite), &providers(&server.address, 2), &Recordings::default(), Mode::Live);
    assert_eq!((verdict.conclusion, verdict.models[0].pass_rate), (Conclusion::Pass, Some(0.75)));
}
