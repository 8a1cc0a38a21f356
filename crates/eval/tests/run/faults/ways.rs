//! What stands between a run and whoever answers: addresses, proxies, certificates, keys; each is told with where to mend it.

use std::time::Duration;

use eval::gate::Conclusion;
use eval::recording::Recordings;
use eval::run::{Mode, Plan, Status, run};

use super::{ALL, all_errors, four, full};
use crate::scene::{Scene, defined, go, providers, questions};
use crate::server::{Server, says};

#[test]
fn what_was_never_asked_is_told_as_that() {
    for (status, headers, told, why) in [
        (
            401,
            "",
            "could not get an answer: HTTP 401: bad key; the key is that of TEST_KEY, local is built in",
            "not asked: local refused another question (HTTP 401: bad key; the key is that of TEST_KEY, local is built in)",
        ),
        (
            429,
            "retry-after: 500\r\n",
            "could not get an answer: the provider asks to wait 500 s",
            "not asked: local put another question off by 500 s, longer than anybody waits",
        ),
    ] {
        let server = Server::start(move |request| match request.number {
            0 => says(ALL),
            _ => full(status, headers, "{\"error\":{\"message\":\"bad key\"}}"),
        });
        let scene = Scene::new(&questions(4));
        let (finished, verdict) = go(&scene, &providers(&server.address, 1), &Recordings::default(), Mode::Live);
        let outcomes = &finished.results.outcomes;
        let all: Vec<(Status, String)> = outcomes.iter().map(|o| (o.status, o.reason.clone())).collect();
        let error = |reason: &str| (Status::Error, reason.to_owned());
        assert_eq!(all[0].0, Status::Passed);
        assert_eq!(all[1..], [error(told), error(why), error(why)]);
        assert_eq!((server.requests(), verdict.conclusion), (2, Conclusion::Error));
        assert_eq!(finished.results.spent.requests, 2, "what was not asked is not counted as asked");
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let (outcomes, exit, requests, _) = four(|_| full(307, "location: http://127.0.0.1:1/steal\r\n", ""));
    all_errors(outcomes.iter(), "HTTP 307 at http://127.0.0.1:");
    all_errors(outcomes.iter(), "/v1/chat/completions: moved to http://127.0.0.1:1/steal; redirects are not followed");
    assert_eq!((exit, requests), (4, 4));
    let (outcomes, ..) = four(|_| full(302, "location: https://a:b@sso.example.com/login?token=x\r\n", ""));
    all_errors(outcomes.iter(), "moved to https://sso.example.com/login; redirects are not followed");
}

#[test]
fn an_address_that_is_not_there_is_told() {
    let server = Server::start(|_| full(404, "", "{\"error\":{\"message\":\"no route\"}}"));
    let scene = Scene::new(&questions(1));
    let short = format!("{{ kind: openai, base_url: '{}' }}", server.address);
    let (finished, _) = go(&scene, &defined(&short), &Recordings::default(), Mode::Live);
    let address = format!("HTTP 404 at {}/chat/completions: no route; look at the model's name", server.address);
    all_errors(&finished.results.outcomes, &address);
    all_errors(&finished.results.outcomes, "`base_url` of local, built in, which lacks `/v1` at its end");
    let nobody = "{ kind: openai, base_url: 'http://nobody.invalid/v1' }";
    let (finished, _) = go(&scene, &defined(nobody), &Recordings::default(), Mode::Live);
    all_errors(&finished.results.outcomes, "in 3 attempts: the host of nobody.invalid:80 is not known");
}

fn behind(proxy: &'static str) -> eval::provider::Providers {
    let text = source::Text::new(
        source::RepoPath::new("providers.yaml").unwrap(),
        "format: 1\nproviders:\n  local: { kind: openai, base_url: 'http://llm.example.test/v1', concurrency: 1 }\n",
    );
    let variable = move |name: &str| (name == "HTTP_PROXY").then(|| proxy.to_owned());
    let environment = eval::provider::Environment {
        variable: Box::new(variable),
        certificates: None,
        patience: eval::provider::Patience { attempts: 3, first_pause: Duration::from_millis(1), ..Default::default() },
    };
    eval::provider::Providers::new([policy::providers::read(&text).unwrap()], environment)
}

#[test]
fn of_a_proxy_the_variable_is_told_and_never_its_password() {
    let scene = Scene::new(&questions(2));
    let go = |proxy| go(&scene, &behind(proxy), &Recordings::default(), Mode::Live).0.results;
    let dead = go("http://me:hunter22@127.0.0.1:9");
    let told = "the connection to the proxy 127.0.0.1:9 (HTTP_PROXY) before llm.example.test:80 was refused";
    all_errors(&dead.outcomes, told);
    let server = Server::start(|_| full(407, "", ""));
    let address = server.address.replace("http://", "http://me:hunter22@");
    let closed = go(Box::leak(address.into_boxed_str()));
    let reasons: Vec<String> = closed.outcomes.iter().map(|o| o.reason.clone()).collect();
    assert!(reasons.iter().all(|reason| reason.contains("HTTP 407 of the proxy 127.0.0.1:")), "{reasons:?}");
    assert!(reasons.iter().any(|reason| reason.starts_with("not asked: the proxy before local")), "{reasons:?}");
    assert!(server.requests() <= 2 && !format!("{dead:?} {closed:?}").contains("hunter22"), "{}", server.requests());
    let suite = scene.suite();
    let recordings = Recordings::default();
    let plan = Plan::new(&suite, &scene.compiled, &recordings, Mode::Live).unwrap();
    for (proxy, told) in [("http://:::", "has no sound address"), ("socks5://127.0.0.1:9", "is none of HTTP")] {
        let ended = run(&plan, &behind(proxy), &mut |_| {}, &std::sync::atomic::AtomicBool::new(false));
        let error = ended.unwrap_err().to_string();
        assert!(error.contains(&format!("the proxy in HTTP_PROXY {told}")), "{error}");
    }
}

#[test]
fn a_server_without_tls_is_asked_once() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let plain = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = std::io::Read::read(&mut stream, &mut [0; 4096]);
            let _ = std::io::Write::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
        }
    });
    let definition = format!("{{ kind: openai, base_url: 'https://{plain}/v1', concurrency: 1 }}");
    let (finished, _) = go(&Scene::new(&questions(2)), &defined(&definition), &Recordings::default(), Mode::Live);
    let told: Vec<String> = finished.results.outcomes.iter().map(|o| o.reason.clone()).collect();
    assert!(
        told[0].starts_with("could not get an answer: 127.0.0.1:") && told[0].contains("speaks no TLS"),
        "{told:?}"
    );
    assert!(told[1].starts_with("not asked: there is no way to local (127.0.0.1:"), "{told:?}");
}

#[test]
fn a_program_that_prints_no_key_is_heard_once() {
    let vault = "[sh, -c, 'echo run >> $0; echo vault is sealed >&2; exit 3', PLACE]";
    let place = std::env::temp_dir().join(format!("promptuary-key-{}", std::process::id()));
    let vault = vault.replace("PLACE", place.to_str().unwrap());
    let definition = format!("{{ kind: openai, base_url: 'http://127.0.0.1:9/v1', key_command: {vault} }}");
    let providers = defined(&definition);
    assert!(providers.runs_for_key("local") && !providers.runs_for_key("openai"));
    let told =
        "get the key of local (built in) by its `key_command`: `sh` failed (exit status: 3); it said: vault is sealed";
    assert_eq!(providers.unlock("local").unwrap_err().to_string(), told);
    let (finished, _) = go(&Scene::new(&questions(3)), &providers, &Recordings::default(), Mode::Live);
    all_errors(&finished.results.outcomes, told);
    assert_eq!(std::fs::read_to_string(&place).unwrap(), "run\n");
    std::fs::remove_file(&place).unwrap();
}

#[test]
fn nobody_at_the_address_is_an_error() {
    let scene = Scene::new(&questions(4));
    let (finished, verdict) = go(&scene, &providers("http://127.0.0.1:9", 2), &Recordings::default(), Mode::Live);
    all_errors(&finished.results.outcomes, "could not get an answer in 3 attempts");
    assert_eq!(verdict.conclusion, Conclusion::Error);
}
