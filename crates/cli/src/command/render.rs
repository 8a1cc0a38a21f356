//! `promptuary render`.

use std::path::PathBuf;

use clap::ValueEnum;
use policy::ProviderKind;
use prompt::{Compiled, Input, Message, request};
use serde_json::{Map, Value};
use source::PromptId;

use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::origin::Origin;
use crate::trusted::Trusted;

/// Render a prompt with values
///
/// Values are validated by the prompt's input schemas and are never templates: what they contain changes neither roles
/// nor other values.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The prompt
    #[arg(value_parser = crate::named::prompt)]
    id: PromptId,
    #[command(flatten)]
    origin: Origin,
    /// Give an input: text where the prompt wants text, JSON otherwise
    #[arg(long, short, value_name = "NAME=VALUE")]
    input: Vec<String>,
    /// Read inputs from a JSON object in FILE, - for standard input; --input overrides single ones
    #[arg(long, value_name = "FILE")]
    inputs: Option<PathBuf>,
    #[command(flatten)]
    trusted: Trusted,
    /// How to show the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// The shapes of a rendered prompt.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// The messages for people
    Text,
    /// The messages as a JSON list
    #[value(alias = "messages")]
    Json,
    /// The body of a request to OpenAI's chat completions
    Openai,
    /// The body of a request to Anthropic's Messages
    Anthropic,
}

/// Compiles, renders, shows.
pub(crate) fn run(args: &Args, app: &App) -> Result<Exit, Failure> {
    app.trust(&args.trusted);
    let Some(found) = args.origin.find(&args.id, app)? else { return Ok(Exit::Findings) };
    let compiled = found.compiled;
    let inputs = gather(args, &compiled, app)?;
    let messages =
        compiled.render(&inputs).map_err(|e| with_inputs(Failure::of(Exit::Findings, &e), &compiled, &inputs))?;
    show(args.format, &compiled, &messages, app)
}

/// How the inputs that are missing are given, in words to paste.
fn with_inputs(failure: Failure, compiled: &Compiled, given: &Map<String, Value>) -> Failure {
    let missing = compiled.inputs.iter().filter(|input| input.required() && !given.contains_key(&input.name));
    let typed = |input: &Input| {
        format!("-i {}={}", input.name, if wants_text(compiled, &input.name) { "TEXT" } else { "JSON" })
    };
    let missing: Vec<_> = missing.map(typed).collect();
    if missing.is_empty() {
        return failure;
    }
    failure.help(format!("add {} (or --inputs FILE, a JSON object)", missing.join(" ")))
}

/// A request in another shape than the prompt's own model is asked in.
fn other_shape(format: Format, compiled: &Compiled) -> Option<String> {
    let known = eval::provider::built_in();
    let provider = compiled.model.provider();
    let own = known.get(provider)?.kind;
    let shape = match (format, own) {
        (Format::Openai, ProviderKind::Anthropic | ProviderKind::Gemini) => "OpenAI's chat completions",
        (Format::Anthropic, ProviderKind::Openai | ProviderKind::Gemini) => "Anthropic's Messages",
        _ => return None,
    };
    let model = compiled.model.model();
    Some(format!("{} asks {provider}: this is the body for {shape}, still with `{model}` as its model", compiled.id))
}

fn show(format: Format, compiled: &Compiled, messages: &[Message], app: &App) -> Result<Exit, Failure> {
    let made = match format {
        Format::Text => {
            app.terminal.tell(request::text(messages));
            return Ok(Exit::Clean);
        }
        Format::Json => {
            app.terminal.json(&request::messages_json(messages));
            return Ok(Exit::Clean);
        }
        Format::Openai => request::openai(compiled, messages),
        Format::Anthropic => request::anthropic(compiled, messages),
    };
    let made = made.map_err(|e| Failure::of(Exit::Usage, &e))?;
    for note in other_shape(format, compiled).iter().chain(&made.notes) {
        app.terminal.say(format!("note: {note}"));
    }
    app.terminal.json(&made.body);
    Ok(Exit::Clean)
}

fn gather(args: &Args, compiled: &Compiled, app: &App) -> Result<Map<String, Value>, Failure> {
    let mut inputs = match &args.inputs {
        None => Map::new(),
        Some(path) => {
            let text = app.read(path)?;
            match serde_json::from_str(&text) {
                Ok(Value::Object(map)) => map,
                Ok(_) => {
                    return Err(Failure::new(
                        Exit::Usage,
                        format!("use {} as inputs: it is no JSON object", path.display()),
                    ));
                }
                Err(e) => return Err(Failure::new(Exit::Usage, format!("use {} as inputs: {e}", path.display()))),
            }
        }
    };
    for given in &args.input {
        let (name, value) = given.split_once('=').ok_or_else(|| {
            let known = compiled.inputs.iter().any(|input| input.name == *given);
            let name = if known { given.as_str() } else { "NAME" };
            Failure::new(Exit::Usage, format!("read `{given}` as an input"))
                .help(format!("write it as -i {name}=VALUE"))
        })?;
        inputs.insert(name.to_owned(), typed(compiled, name, value));
    }
    Ok(inputs)
}

/// Text where the input's schema wants text or says nothing; else JSON where it reads as such. Validation has the last word.
fn typed(compiled: &Compiled, name: &str, value: &str) -> Value {
    let text = || Value::String(value.to_owned());
    if wants_text(compiled, name) { text() } else { serde_json::from_str(value).unwrap_or_else(|_| text()) }
}

fn wants_text(compiled: &Compiled, name: &str) -> bool {
    let input = compiled.inputs.iter().find(|input| input.name == name);
    match input.and_then(|input| input.schema.get("type")) {
        None => true,
        Some(Value::String(word)) => word == "string",
        Some(_) => false,
    }
}
