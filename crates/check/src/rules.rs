//! The registry: one line a rule, its default level beside it, sorted by id.
//!
//! A rule `some-fault` is `rules/some_fault.rs` (what finds it), `rules/some_fault.md` (its page) and its line here.

use policy::Level;

use crate::catalogue::Rule;

macro_rules! registry {
    ($($stem:ident: $level:ident,)*) => {
        $(mod $stem;)*

        pub(crate) static RULES: &[Rule] = &[$(Rule {
            id: $stem::ID,
            level: Level::$level,
            page: include_str!(concat!("rules/", stringify!($stem), ".md")),
            scope: $stem::SCOPE,
        },)*];
    };
}

registry! {
    block_unused: Warning,
    bump_too_small: Error,
    input_narrowed: Error,
    input_removed: Error,
    input_required: Error,
    model_not_allowed: Error,
    model_overpowered: Warning,
    model_unknown: Error,
    output_format_changed: Error,
    output_widened: Error,
    phrase_banned: Error,
    price_stale: Warning,
    prompt_live_removed: Error,
    prompt_too_large: Error,
    risk_lowered: Warning,
    risk_too_low: Warning,
    rule_fixed: Error,
    rule_unknown: Error,
    schema_incomparable: Warning,
    secret_present: Error,
    suite_missing: Error,
    text_duplicated: Warning,
    text_too_long: Error,
    tool_added: Error,
    tool_widened: Error,
    version_not_bumped: Error,
}
