//! One change to a small repository, as `impact` and `diff` show it.
//!
//! `BLESS=1 cargo test -p check --test compare` writes what is shown; review it as code.
#![expect(clippy::unwrap_used, reason = "the helpers of tests may unwrap as the tests themselves do")]

use check::diff::{self, Diff, Look, Pair, Side, Texts, html, json, markdown, terminal};
use check::impact::{Cause, dot, impact, tree};
use check::subject::validator;
use check::{Contents, fixes};
use prompt::Catalog;
use source::{Finding, Fix, Place, Snapshot};

const ROUTES: &str = "routes: { fast: openai/gpt-5-mini }\ndefaults: { low: fast, medium: fast, high: fast }\n";

fn triage(version: &str, temperature: &str, rule: &str) -> String {
    format!(
        "---\nversion: {version} # by hand\ndescription: Triage a ticket.\nowner: support\nrisk: low\n\
         parameters: {{ temperature: {temperature} }}\ninputs:\n  ticket: {{ type: string, maxLength: 4000 }}\n---\n\
         {{{{ role(\"system\") }}}}\nYou sort tickets.\n{rule}\n{{% include \"blocks/json.md\" %}}\n\n\
         {{{{ role(\"user\") }}}}\n{{{{ ticket }}}}\n"
    )
}

fn snapshot(triage: &str, tone: &str, routes: &str) -> Snapshot {
    let reply = "---\nversion: 1.0.0\ndescription: Reply.\nowner: support\nrisk: low\n---\nSay hello. {% include \"blocks/tone.md\" %}\n";
    let json = "Answer with JSON only.\n{% include \"blocks/tone.md\" %}\n";
    Snapshot::of_texts(
        "t",
        [
            ("prompts/routes.yaml", routes),
            ("prompts/support/triage.md", triage),
            ("prompts/support/reply.md", reply),
            ("prompts/blocks/json.md", json),
            ("prompts/blocks/tone.md", tone),
        ],
    )
}

fn before() -> Catalog {
    Catalog::load(&snapshot(&triage("1.2.0", "0.7", "Use two levels: low and high."), "Be kind.\n", ROUTES))
}

fn after() -> Catalog {
    let triage = triage("1.2.1", "0", "Use three levels: low, high and <urgent>.");
    Catalog::load(&snapshot(&triage, "Be kind and brief.\n", ROUTES))
}

fn compared(texts: Texts) -> Diff {
    let (before, after) = (before(), after());
    let id = "support/triage".parse().unwrap();
    let (old, new) = (before.compile(&id).unwrap(), after.compile(&id).unwrap());
    let old = Side { label: "v:1.2.0", prompt: before.prompt(&id).unwrap(), compiled: &old, price: None };
    let new = Side { label: "the worktree", prompt: after.prompt(&id).unwrap(), compiled: &new, price: None };
    diff::diff(old, new, texts, &validator)
}

/// What is shown is what the file says.
fn shows(name: &str, shown: &str) {
    let file = format!("{}/tests/compare/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(std::path::Path::new(&file).parent().unwrap()).unwrap();
        std::fs::write(&file, shown).unwrap();
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(shown == expected, "{name} shows\n{shown}");
}

#[test]
fn impact_follows_a_block_to_every_prompt() {
    let (before, after) = (before(), after());
    let found = impact(&Contents::of(&before), &Contents::of(&after));
    shows("impact.txt", &tree::tree(&found));
    shows("impact.dot", &dot::dot(&found));
    let nothing = impact(&Contents::of(&before), &Contents::of(&before));
    assert_eq!(nothing.prompts, []);
}

#[test]
fn impact_follows_a_route() {
    let one = before();
    let routes = ROUTES.replace("gpt-5-mini", "gpt-5-nano");
    let other =
        Catalog::load(&snapshot(&triage("1.2.0", "0.7", "Use two levels: low and high."), "Be kind.\n", &routes));
    shows("route.txt", &tree::tree(&impact(&Contents::of(&one), &Contents::of(&other))));
}

#[test]
fn a_diff_reads_well_everywhere() {
    let apart = compared(Texts::Apart);
    shows("diff.txt", &terminal(&apart, Look::default()));
    shows("diff.md", &markdown(&apart, 3));
    shows("diff.json", &format!("{:#}\n", json(&apart)));
    shows("diff.html", &html(&[apart]));
    shows("inlined.txt", &terminal(&compared(Texts::Inlined), Look::default()));
}

#[test]
fn what_one_side_alone_has_is_shown_whole() {
    let (before, after) = (before(), after());
    let id = "support/triage".parse().unwrap();
    let (old, new) = (before.compile(&id).unwrap(), after.compile(&id).unwrap());
    let old = Side { label: "v:1.2.0", prompt: before.prompt(&id).unwrap(), compiled: &old, price: None };
    let new = Side { label: "the worktree", prompt: after.prompt(&id).unwrap(), compiled: &new, price: None };
    let mut added = diff::new("rev:HEAD", new, Texts::Apart);
    added.twin = Some(check::renames::Twin { id: "support/sort".parse().unwrap(), alike: 93 });
    added.origins[0] = Some(diff::Origin { commit: "0123456789ab".to_owned(), date: Some(source::Timestamp(0)) });
    let removed = diff::removed(old, "the worktree", Texts::Inlined);
    shows("new.txt", &terminal(&added, Look::default()));
    shows("new.html", &html(&[added.clone()]));
    shows("removed.md", &markdown(&removed, 3));
    let value = json(&removed);
    assert_eq!(
        (&value["bump"], &value["announced"], &value["fate"]),
        (&"major".into(), &false.into(), &"removed".into())
    );
    assert_eq!(json(&added)["costs"][0], serde_json::Value::Null);
    let mut back = diff::diff(new, old, Texts::Apart, &validator);
    back.direction = diff::Direction::Back;
    let text = terminal(&back, Look::default());
    assert!(text.contains("going back from 1.2.1 to 1.2.0: callers keep working"), "{text}");
    assert!(text.contains("46 in the worktree") && !text.contains("before"), "{text}");
    let env = diff::new("env:prod", new, Texts::Apart);
    assert!(terminal(&env, Look::default()).contains("nothing of it is live in prod yet"));
}

#[test]
fn a_hostile_text_stays_text() {
    let page = html(&[compared(Texts::Apart)]);
    assert!(page.contains("&lt;urgent&gt;") || page.contains("&lt;<ins>urgent"), "markup of prompts is escaped");
    assert!(!page.contains("<script") && !page.contains("<urgent>"));
    let coloured = terminal(&compared(Texts::Apart), Look { colour: true, width: Some(80) });
    for line in coloured.lines() {
        let codes: Vec<&str> = line.split("\x1b[").skip(1).map(|rest| rest.split_once('m').unwrap().0).collect();
        assert!(
            codes.iter().all(|code| code.bytes().all(|b| b.is_ascii_digit() || b == b';')),
            "only colours: {line:?}"
        );
        assert!(
            codes.last().is_none_or(|code| matches!(*code, "0" | "")),
            "every colour is switched off again: {line:?}"
        );
        assert!(!line.replace("\x1b[", "").contains('\x1b'), "{line:?}");
    }
}

#[test]
fn a_rendered_difference_is_shown_once() {
    let (before, after) = (before(), after());
    let id = "support/triage".parse().unwrap();
    let renderers = [before.compile(&id).unwrap(), after.compile(&id).unwrap()].map(|c| c.renderer().unwrap());
    let pair = |(case, ticket): (&str, serde_json::Value)| {
        let inputs = serde_json::json!({ "ticket": ticket });
        let render = |r: &prompt::Renderer| r.render(inputs.as_object().unwrap()).map_err(|e| e.to_string());
        Pair {
            case: case.to_owned(),
            suite: "evals/support/triage.yaml".to_owned(),
            sides: [render(&renderers[0]), render(&renderers[1])],
        }
    };
    let mut compared = compared(Texts::Apart);
    let cases = [("short", "It is slow.".into()), ("long", "The site is down.".into()), ("broken", 7.into())];
    compared.set_rendered(&cases.map(pair));
    shows("rendered.txt", &terminal(&compared, Look { colour: false, width: Some(60) }));
    shows("rendered.md", &markdown(&compared, 2));
}

#[test]
fn a_version_alone_is_no_cause() {
    let (one, other) = (
        before(),
        Catalog::load(&snapshot(&triage("1.2.1", "0.7", "Use two levels: low and high."), "Be brief.\n", ROUTES)),
    );
    let found = impact(&Contents::of(&one), &Contents::of(&other));
    let text = tree::tree(&found);
    assert!(!text.contains("its own file"), "{text}");
    assert_eq!(found.prompts.len(), 2);
}

#[test]
fn a_bump_keeps_comments() {
    let catalog = before();
    let prompt = catalog.prompt(&"support/triage".parse().unwrap()).unwrap();
    let Fix { edits } = check::bump::rewrite(prompt, &"2.0.0".parse().unwrap()).unwrap();
    let finding = Finding::new("x", Place::whole(&prompt.text), "m").fix(edits);
    let written = fixes::apply(&[finding]).into_values().next().unwrap();
    assert!(written.starts_with("---\nversion: 2.0.0 # by hand\n"), "{written}");
}

/// A line that no digest holds, such as the version, carries no change, whether or not the prompt compiles.
#[test]
fn a_version_line_is_no_cause() {
    let of = |triage: &str, tone: &str| Catalog::load(&snapshot(triage, tone, ROUTES));
    let rule = "Use two levels: low and high.";
    let old = of(&triage("1.2.0", "0.7", rule), "Be kind.\n");
    for tone in ["Be brief.\n", "{% if tone %}\n"] {
        let new = of(&triage("1.3.0", "0.7", rule), tone);
        let found = impact(&Contents::of(&old), &Contents::of(&new));
        let moved = found.prompts.iter().find(|moved| moved.id.as_str() == "support/triage").unwrap();
        assert!(matches!(&moved.causes[..], [Cause::Block { .. }]), "{tone}: {:?}", moved.causes);
    }
}
