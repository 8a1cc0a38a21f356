//! What promptfoo's assertions have and this program does not: each is refused by its name, with the reason.

use source::Span;

use super::code;
use crate::assertion::OFFERED;
use crate::reading::Reading;
use crate::rules;

/// Keys of promptfoo's assertions that are refused by name.
pub(super) const REFUSED_KEYS: &[(&str, &str, &str)] = &[
    ("transform", "it runs code", AS_IT_IS),
    ("contextTransform", "it runs code", "give the context as the variable `context`"),
    ("provider", "a suite never defines who answers", "name the judge once: `judge: { model: …, embeddings: … }`"),
    ("rubricPrompt", "the judge's instructions are part of this program", "say in the rubric what it goes by"),
    ("config", "it configures code", "remove it"),
];

/// What to do without changing an answer before it is graded.
pub(crate) const AS_IT_IS: &str = "grade the answer as it is: `contains-json` finds JSON in it, `regex` a part of it";

/// Types of promptfoo that are refused by name.
const REFUSED: &[(&str, &str)] = &[
    ("javascript", "it runs code"),
    ("python", "it runs code"),
    ("ruby", "it runs code"),
    ("webhook", "it sends answers to an address of the suite's choosing"),
    ("is-html", "there is no HTML parser here"),
    ("contains-html", "there is no HTML parser here"),
    ("is-sql", "there is no SQL parser here"),
    ("contains-sql", "there is no SQL parser here"),
    ("meteor", "it needs WordNet"),
    ("classifier", "it needs a classification endpoint"),
    ("moderation", "it needs a moderation endpoint"),
    ("guardrails", "it needs a provider's guardrails"),
    ("pi", "it needs a vendor's service"),
    ("human", "a person cannot be asked during a run"),
    ("select-best", "it compares several outputs; compare two versions with `gate.compare`"),
    ("max-score", "it compares several outputs; compare two versions with `gate.compare`"),
    ("answer-relevance", "it needs several generations for each answer"),
    ("conversation-relevance", "it grades a conversation, not an answer"),
    ("search-rubric", "it searches the web"),
    ("agent-rubric", "it starts an agent"),
    ("skill-used", "it reads traces"),
];

/// Why the type `base` of promptfoo is not offered; nothing where it has no such type.
pub(crate) fn why(base: &str) -> Option<&'static str> {
    let family = |name: &str| base == name || base.starts_with(&format!("{name}:"));
    let traces = ["trajectory", "trace-error-spans", "trace-span-count", "trace-span-duration"];
    let refused = REFUSED.iter().find(|(name, _)| family(name)).map(|(_, why)| *why);
    let refused = refused.or_else(|| traces.iter().any(|t| family(t)).then_some("it reads traces"));
    refused.or_else(|| base.starts_with("promptfoo:").then_some("it is a red-team grader"))
}

/// Says why there is no type `spelled`.
pub(super) fn unknown(reading: &mut Reading<'_>, span: Span, spelled: &str, base: &str, value: Option<&str>) {
    if let Some(why) = why(base) {
        let message = format!("`{spelled}` is not offered: {why}");
        let instead = value.filter(|_| spelled == base).and_then(code::instead);
        let help = match instead {
            Some(instead) => format!("write {instead}"),
            None => "remove it, or say what you want with one of the types that are data".to_owned(),
        };
        reading.fault(rules::ASSERTION_REFUSED, span, message, help);
        return;
    }
    if base == "assert-set" {
        let help = "use `assert-set` and negate its members, or turn `any-of` around: `not-any-of`";
        return reading.fault(rules::ASSERTION_UNKNOWN, span, "`not-` cannot stand before `assert-set`", help);
    }
    if let Some(plain) = base.strip_prefix("not-").filter(|plain| OFFERED.contains(plain)) {
        let help = format!("write `{plain}`");
        return reading.fault(rules::ASSERTION_UNKNOWN, span, format!("`{spelled}` turns around twice"), help);
    }
    let help = match source::nearest::nearest(base, OFFERED.iter().copied().chain(["assert-set"])) {
        Some(near) => {
            let not = if spelled.starts_with("not-") { "not-" } else { "" };
            format!("did you mean `{not}{near}`?")
        }
        None => format!("use one of {}", OFFERED.join(", ")),
    };
    reading.fault(rules::ASSERTION_UNKNOWN, span, format!("there is no assertion type `{spelled}`"), help);
}
