//! One difference between two versions of a prompt, and what it asks of the version number.

use serde_json::Value;

use super::bump::Bump;

/// One difference that somebody could notice, or a question that could not be answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// What kind of difference.
    pub kind: ChangeKind,
    /// The input or tool it is about, where it is about one.
    pub name: Option<String>,
    /// One lower-case clause, values in backticks.
    pub message: String,
    /// A value that shows it, where one exists.
    pub example: Option<Value>,
}

/// The kinds of difference, each with the bump it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// The prompt is gone.
    PromptRemoved,
    /// An input is gone.
    InputRemoved,
    /// Callers must now pass an input: it is new, or lost its default.
    InputRequired,
    /// An input refuses values it took.
    InputNarrowed,
    /// The answer is of another format.
    OutputFormatChanged,
    /// The answer may be what it could not be.
    OutputWidened,
    /// The model may call a function that callers do not know.
    ToolAdded,
    /// The model may call a function with arguments that callers do not know.
    ToolWidened,
    /// Two schemas could not be compared.
    SchemaIncomparable,
    /// A new input that callers may leave out.
    InputAdded,
    /// An input takes more, has another default, or became optional.
    InputWidened,
    /// The answer promises more than before.
    OutputNarrowed,
    /// The model lost a function, or its arguments got narrower, or it is described otherwise.
    ToolChanged,
    /// Another model.
    ModelChanged,
    /// Other parameters.
    ParametersChanged,
    /// Another text, in the messages or in a reached block.
    TextChanged,
    /// The same in another order or spelling, which the content digest notices.
    Respelled,
    /// Less careful handling from now on.
    RiskLowered,
    /// More careful handling from now on.
    RiskRaised,
    /// Description, owner, tags or metadata.
    AboutChanged,
    /// The prompt is new.
    PromptAdded,
}

impl ChangeKind {
    /// The bump it asks for.
    ///
    /// A comparison that failed asks for what is certain, that something changed; a person decides about the rest.
    pub const fn bump(self) -> Bump {
        match self {
            Self::PromptRemoved
            | Self::InputRemoved
            | Self::InputRequired
            | Self::InputNarrowed
            | Self::OutputFormatChanged
            | Self::OutputWidened
            | Self::ToolAdded
            | Self::ToolWidened => Bump::Major,
            Self::SchemaIncomparable
            | Self::InputAdded
            | Self::InputWidened
            | Self::OutputNarrowed
            | Self::ToolChanged
            | Self::ModelChanged
            | Self::ParametersChanged
            | Self::TextChanged
            | Self::Respelled
            | Self::RiskLowered => Bump::Minor,
            Self::RiskRaised | Self::AboutChanged => Bump::Patch,
            // Nobody calls it yet.
            Self::PromptAdded => Bump::None,
        }
    }

    /// The rule that reports it where the version does not announce it.
    pub const fn rule(self) -> &'static str {
        match self {
            Self::InputRemoved => "input-removed",
            Self::InputRequired => "input-required",
            Self::InputNarrowed => "input-narrowed",
            Self::OutputFormatChanged => "output-format-changed",
            Self::OutputWidened => "output-widened",
            Self::ToolAdded => "tool-added",
            Self::ToolWidened => "tool-widened",
            Self::SchemaIncomparable => "schema-incomparable",
            _ => "bump-too-small",
        }
    }
}

/// A value as a message quotes it: short, on one line.
pub(crate) fn quoted(value: &Value) -> String {
    let text = abridged(value).to_string();
    match value {
        Value::String(s) if s.chars().count() > LONG => format!("a text of {} characters", s.chars().count()),
        Value::Array(items) if text.chars().count() > 2 * LONG => format!("a list of {} items", items.len()),
        _ if text.chars().count() > 4 * LONG => format!("`{}…`", text.chars().take(4 * LONG).collect::<String>()),
        _ => format!("`{text}`"),
    }
}

const LONG: usize = 40;

fn abridged(value: &Value) -> Value {
    match value {
        Value::String(s) if s.chars().count() > LONG => {
            Value::String(format!("{}…", s.chars().take(8).collect::<String>()))
        }
        Value::Array(items) => items.iter().map(abridged).collect(),
        Value::Object(map) => {
            map.iter().map(|(k, v)| (k.clone(), abridged(v))).collect::<serde_json::Map<_, _>>().into()
        }
        other => other.clone(),
    }
}
