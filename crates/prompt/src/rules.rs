//! The rules by which this crate finds faults: ids that are never reused, each with what it means in one line.

/// Every rule id that findings of this crate carry, sorted, with its meaning.
///
/// Findings about bytes and characters come from [`source::characters`] and are listed there.
/// Findings about YAML itself (duplicate keys, anchors, wrong types) come from [`source::yaml`] and are listed there.
pub const RULES: &[(&str, &str)] = &[
    ("block-missing", "an include or import names a block that this snapshot does not hold"),
    ("block-name-collides", "a name that an included block defines would change a variable of the message"),
    ("block-name-invalid", "an include or import names no file below `blocks/`"),
    ("block-set-leaks", "a block sets a variable at its top level, which would leak into the message"),
    ("default-invalid", "an input's default does not fit its own schema"),
    ("filter-unknown", "a filter lies outside the template language of `engine: 1`"),
    ("front-matter-missing", "a prompt does not start with front matter"),
    ("front-matter-unclosed", "the front matter has no closing `---` line"),
    ("function-unknown", "a call names no function, macro or method of the template language"),
    ("id-case-twin", "two files differ only in the case of their paths"),
    ("id-invalid", "a file's path makes no valid id"),
    ("include-cycle", "blocks include each other in a circle"),
    ("include-too-deep", "more includes lie between a prompt and a block than allowed"),
    ("input-misused", "an input is used in a way its schema does not allow"),
    ("input-name-invalid", "an input has a name that templates cannot use"),
    ("input-undeclared", "a template uses a variable that is no declared input"),
    ("input-unused", "a declared input is never used"),
    ("macro-missing", "an import names a macro that the block does not define"),
    ("message-empty", "a message or block has no text"),
    ("name-computed", "a name that must be one plain literal is computed"),
    ("name-reserved", "a template assigns to a name that the template language keeps for itself"),
    ("parameter-invalid", "a parameter lies outside its range"),
    ("prompt-missing", "no prompt has this id"),
    ("role-misplaced", "a role or turns marker does not stand alone on its line outside every statement"),
    ("role-missing", "text stands where no role applies to it"),
    ("role-unknown", "a marker names a role other than system, user and assistant"),
    ("route-missing", "no default route is given for a prompt's risk"),
    ("route-unknown", "a prompt names a route that `prompts/routes.yaml` does not have"),
    ("schema-invalid", "a JSON Schema is not valid or reaches outside its document"),
    ("statement-unsupported", "a statement or operator lies outside the template language of `engine: 1`"),
    ("stray-file", "a file under `prompts/` is neither prompt, block nor routes"),
    ("tag-repeated", "a tag stands twice in the front matter"),
    ("template-syntax", "a template cannot be parsed"),
    ("test-unknown", "a test lies outside the template language of `engine: 1`"),
    ("text-empty", "a description, owner or tag in the front matter is empty"),
    ("too-complex", "a text exceeds a limit that protects the parsers"),
    ("tool-invalid", "a tool's name is not valid or is used twice"),
    ("value-not-printable", "a value other than text or an integer is printed without `tojson`"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_sorted_and_unique() {
        assert!(RULES.windows(2).all(|w| w[0].0 < w[1].0));
    }
}
