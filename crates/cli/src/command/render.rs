//! `promptuary render`.

use std::path::PathBuf;

use clap::ValueEnum;
use prompt::{Compiled, Message, request};
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
    let messages = compiled.render(&inputs).map_err(|e| Failure::of(Exit::Findings, &e))?;
    show(args.format, &compiled, &messages, app)
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
    for note in &made.notes {
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
            Failure::new(Exit::Usage, format!("read `{given}` as an input")).help("write it as --input NAME=VALUE")
        })?;
        inputs.insert(name.to_owned(), typed(compiled, name, value));
    }
    Ok(inputs)
}

/// Text where the input's schema wants text or says nothing; else JSON where it reads as such. Validation has the last word.
fn typed(compiled: &Compiled, name: &str, value: &str) -> Value {
    let input = compiled.inputs.iter().find(|input| input.name == name);
    let wants = input.and_then(|input| input.schema.get("type"));
    let text = || Value::String(value.to_owned());
    match wants {
        None => text(),
        Some(Value::String(word)) if word == "string" => text(),
        Some(_) => serde_json::from_str(value).unwrap_or_else(|_| text()),
    }
}
