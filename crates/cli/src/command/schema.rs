//! `promptuary schema`.

use clap::ValueEnum;
use serde_json::{Value, json};

use crate::app::App;
use crate::exit::Exit;

/// Print the JSON Schema of a kind of file, for editors
///
/// The schemas are made from the types that read the files. An editor that completes and checks YAML takes one from a
/// file's first line: `# yaml-language-server: $schema=PATH`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which kind of file; all are listed where it is left out
    #[arg(value_enum)]
    kind: Option<Kind>,
}

/// The kinds of files with a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// The front matter of prompts/**.md
    Prompt,
    /// The front matter of prompts/blocks/**.md
    Block,
    /// prompts/routes.yaml
    Routes,
    /// evals/**.yaml
    Suite,
    /// A suite's data file in YAML or JSON: a list of tests
    Tests,
    /// One test: a line of a suite's data file in JSONL
    Test,
    /// policies/policy.yaml
    Policy,
    /// policies/models.yaml
    Models,
    /// policies/principals.yaml
    Principals,
    /// A file of providers, for --providers or your own configuration
    Providers,
}

/// Prints it.
pub(crate) fn run(args: &Args, app: &App) -> Exit {
    match args.kind {
        Some(kind) => app.terminal.json(&kind.schema()),
        None => app.terminal.answer(list()),
    }
    Exit::Clean
}

/// Every kind with the files that it is about.
fn list() -> String {
    let kinds = Kind::value_variants().iter().filter_map(ValueEnum::to_possible_value);
    let line = |kind: clap::builder::PossibleValue| {
        let about = kind.get_help().map(ToString::to_string).unwrap_or_default();
        format!("  {:<11} {about}\n", kind.get_name())
    };
    format!("Kinds of files with a schema, for `promptuary schema KIND`:\n{}", kinds.map(line).collect::<String>())
}

impl Kind {
    fn schema(self) -> Value {
        without_widths(match self {
            Self::Prompt => prompt::front_matter::prompt_schema(),
            Self::Block => prompt::front_matter::block_schema(),
            Self::Routes => prompt::routes::schema(),
            Self::Suite => eval::suite::schema(),
            Self::Tests => eval::suite::tests_schema(),
            Self::Test => eval::suite::test_schema(),
            Self::Policy => with_rules(policy::schema::policy()),
            Self::Models => policy::schema::models(),
            Self::Principals => policy::schema::principals(),
            Self::Providers => policy::schema::providers(),
        })
    }
}

/// Without the formats that say how wide a number is in Rust: JSON Schema knows none of them.
fn without_widths(mut schema: Value) -> Value {
    match &mut schema {
        Value::Object(map) => {
            // A property of this name has a schema, which is no text.
            if map.get("format").is_some_and(Value::is_string) && map.contains_key("type") {
                map.remove("format");
            }
            map.values_mut().for_each(|value| *value = without_widths(value.take()));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = without_widths(item.take())),
        _ => {}
    }
    schema
}

/// The schema of policy with the rules by name, which the crate that reads policy does not know.
fn with_rules(mut schema: Value) -> Value {
    for place in ["/properties/rules", "/$defs/Family/properties/rules"] {
        let rules = schema.pointer_mut(place).and_then(Value::as_object_mut).expect("policy sets levels in two places");
        let level = rules.insert("additionalProperties".to_owned(), false.into()).expect("a level for each rule");
        let adjustable = check::rules().iter().filter(|rule| !rule.is_fixed());
        let one = |rule: &check::Rule| {
            let level = level.as_object().into_iter().flatten().map(|(key, value)| (key.clone(), value.clone()));
            let about = [("description".to_owned(), json!(rule.summary()))];
            (rule.id.to_owned(), Value::Object(level.chain(about).collect()))
        };
        rules.insert("properties".to_owned(), Value::Object(adjustable.map(one).collect()));
    }
    schema
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use ::prompt::schema::Validator;
    use source::yaml::{self, Limits};
    use source::{RepoPath, Span, Text};

    use super::*;

    fn top() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    /// The tree of a YAML text, or of the front matter of a Markdown one.
    fn tree(text: &str) -> Value {
        let front = text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n"));
        let text = Text::new(RepoPath::new("a.yaml").unwrap(), front.map_or(text, |(front, _)| front));
        yaml::read(&text, Span::new(0, text.as_str().len()), &Limits::DOCUMENT).unwrap().to_json()
    }

    fn refusals(kind: Kind, value: &Value) -> Vec<String> {
        let faults = Validator::for_answers(&kind.schema()).unwrap().faults(value);
        faults.into_iter().map(|fault| format!("{}: {}", fault.path_text(), fault.message)).collect()
    }

    /// The files of this repository by kind.
    fn samples() -> Vec<(Kind, PathBuf)> {
        let mut found = Vec::new();
        let mut folders = vec![top().join("prompts"), top().join("policies"), top().join("evals")];
        folders.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("templates"));
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.to_string_lossy().into_owned();
                let kind = match name.rsplit('/').next().unwrap() {
                    _ if path.is_dir() => {
                        folders.push(path);
                        continue;
                    }
                    "README.md" => continue,
                    "routes.yaml" => Kind::Routes,
                    "policy.yaml" => Kind::Policy,
                    "models.yaml" => Kind::Models,
                    "principals.yaml" => Kind::Principals,
                    "providers.yaml" => Kind::Providers,
                    file if name.contains("/blocks/") && file.ends_with(".md") => Kind::Block,
                    file if file.ends_with(".md") => Kind::Prompt,
                    file if name.contains("/data/") && file.ends_with(".yaml") => Kind::Tests,
                    file if name.contains("/data/") && file.ends_with(".jsonl") => Kind::Test,
                    file if file.ends_with(".yaml") => Kind::Suite,
                    _ => continue,
                };
                found.push((kind, path));
            }
        }
        found
    }

    #[test]
    fn the_published_schemas_are_those_of_the_types() {
        let folder = top().join("docs/schemas");
        for kind in Kind::value_variants() {
            let path = folder.join(format!("{}.json", kind.to_possible_value().unwrap().get_name()));
            let written = format!("{:#}\n", kind.schema());
            if std::env::var_os("BLESS").is_some() {
                std::fs::write(&path, &written).unwrap();
            }
            let published = std::fs::read_to_string(&path).unwrap_or_default();
            assert_eq!(published, written, "run `BLESS=1 cargo test -p promptuary schema` and read the difference");
        }
        let published = std::fs::read_dir(folder).unwrap().count();
        assert_eq!(published, Kind::value_variants().len(), "docs/schemas/ holds a schema of no kind");
    }

    #[test]
    fn every_file_of_the_sample_fits_its_schema() {
        let samples = samples();
        for kind in Kind::value_variants() {
            assert!(samples.iter().any(|(of, _)| of == kind), "there is no sample of {kind:?}");
        }
        for (kind, path) in samples {
            let text = std::fs::read_to_string(&path).unwrap();
            if kind == Kind::Block && !text.starts_with("---\n") {
                continue;
            }
            // Recorded answers of the stand-in are no tests.
            if path.ends_with("stand-in/answers.jsonl") {
                continue;
            }
            let values = match kind {
                Kind::Test => text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
                _ => vec![tree(&text)],
            };
            for value in values {
                assert_eq!(refusals(kind, &value), [] as [String; 0], "{}", path.display());
            }
        }
    }

    #[test]
    fn what_check_refuses_an_editor_underlines() {
        for (kind, text, place) in [
            (Kind::Prompt, "{version: 1.0, description: d, owner: o, risk: low}", ".version"),
            (Kind::Prompt, "{version: 1.0.0, description: d, owner: o, risk: hight}", ".risk"),
            (
                Kind::Prompt,
                "{version: 1.0.0, description: d, owner: o, risk: low, parameters: {temperature: 3}}",
                ".parameters.temperature",
            ),
            (Kind::Prompt, "{version: 1.0.0, description: d, owner: o, risk: low, inputs: {a: strin}}", ".inputs.a"),
            (Kind::Prompt, "{version: 1.0.0, description: d, owner: o}", ""),
            (Kind::Block, "{inputs: [a]}", ".inputs"),
            (Kind::Routes, "{routes: {fast: 1}}", ".routes.fast"),
            (Kind::Suite, "{tests: [{assert: [{type: contain}]}]}", ""),
            (Kind::Suite, "{gate: {min_pass_rate: 80}}", ".gate.min_pass_rate"),
            (Kind::Tests, "[{asert: []}]", ".0"),
            (Kind::Test, "{assert: [{type: equals, values: x}]}", ".assert"),
            (Kind::Policy, "{format: 2}", ".format"),
            (Kind::Policy, "{format: 1, rules: {block-unuse: off}}", ".rules"),
            (Kind::Policy, "{format: 1, rules: {block-unused: no}}", ".rules.block-unused"),
            (Kind::Models, "{format: 1, models: [{model: gpt}]}", ".models.0.model"),
            (Kind::Principals, "{format: 1, principals: [{name: a}]}", ".principals.0"),
            (Kind::Providers, "{format: 1, providers: {a: {kind: open}}}", ".providers.a.kind"),
        ] {
            let refused = refusals(kind, &tree(text));
            assert!(refused.iter().any(|fault| fault.starts_with(place)), "{kind:?} {text}: {refused:?}");
        }
    }
}
