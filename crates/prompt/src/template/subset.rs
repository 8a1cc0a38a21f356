//! What templates may use beyond plain expressions. Each list is part of `engine: 1`: entries are added, never changed.

/// The filters, sorted, each with what it does.
pub const FILTERS: &[(&str, &str)] = &[
    ("abs", "a number without its sign"),
    ("capitalize", "text with its first letter upper-case and the others lower-case"),
    ("count", "the same as `length`"),
    ("d", "the same as `default`"),
    ("default", "another value where this one is undefined, or also where it is empty: `default(\"x\", true)`"),
    ("dictsort", "the pairs of a mapping, sorted by key"),
    ("first", "the first item"),
    ("indent", "text with every line but the first moved in: `indent(4)`, `indent(4, first=true)`"),
    ("int", "text or a number as an integer"),
    ("items", "the pairs of a mapping"),
    ("join", "texts and integers put together: `join(\", \")`"),
    ("last", "the last item"),
    ("length", "how many items or characters"),
    ("lines", "the lines of a text"),
    ("list", "the items as a list"),
    ("lower", "text in lower case"),
    ("map", "one attribute of every item, `map(attribute=\"name\")`, or a filter applied to each, `map(\"upper\")`"),
    ("max", "the largest item"),
    ("min", "the smallest item"),
    ("reject", "the items that fail a test: `reject(\"none\")`"),
    ("rejectattr", "the items with an attribute that fails a test"),
    ("replace", "text with every occurrence of one text replaced by another"),
    ("reverse", "the items or characters in reverse order"),
    ("round", "a number rounded"),
    ("select", "the items that pass a test: `select(\"string\")`"),
    ("selectattr", "the items with an attribute that passes a test: `selectattr(\"role\", \"equalto\", \"user\")`"),
    ("sort", "the items sorted"),
    ("split", "the parts of a text: `split(\",\")`"),
    ("string", "an integer as text"),
    ("sum", "the sum of the items"),
    ("tojson", "any value as canonical JSON (RFC 8785)"),
    ("trim", "text without white space at its ends"),
    ("unique", "the items without repetitions"),
    ("upper", "text in upper case"),
];

/// The tests that may follow `is`, sorted.
pub const TESTS: &[&str] = &[
    "boolean",
    "defined",
    "divisibleby",
    "endingwith",
    "eq",
    "equalto",
    "even",
    "false",
    "float",
    "ge",
    "greaterthan",
    "gt",
    "in",
    "integer",
    "iterable",
    "le",
    "lessthan",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "sequence",
    "startingwith",
    "string",
    "true",
    "undefined",
];

/// The functions, sorted, each with what it does.
pub const FUNCTIONS: &[(&str, &str)] = &[
    ("dict", "a mapping: `dict(name=value)`"),
    ("namespace", "a mapping whose entries `set` may change inside a loop"),
    ("range", "integers from a first one up to but not including a last one"),
];

/// Names that no template may assign to and no input may have.
pub const RESERVED: &[&str] = &[
    "False",
    "None",
    "True",
    "caller",
    "dict",
    "false",
    "loop",
    "namespace",
    "none",
    "range",
    "role",
    "self",
    "super",
    "true",
    "turns",
];

/// Filters of minijinja that the subset leaves out, with what to do instead.
pub(crate) const LEFT_OUT: &[(&str, &str)] = &[
    ("attr", "write `value.name` or `value[\"name\"]`"),
    ("batch", "loop over the list instead"),
    ("bool", "compare the value instead"),
    ("chain", "add the lists with `+`"),
    ("e", "leave it out: nothing is ever escaped"),
    ("escape", "leave it out: nothing is ever escaped"),
    ("float", "pass the number in as an input"),
    ("format", "put text and `{{ … }}` tags side by side"),
    ("groupby", "group the items before they are passed in"),
    ("pprint", "use `tojson`"),
    ("safe", "leave it out: nothing is ever escaped"),
    ("slice", "write `value[start:stop]`"),
    ("title", "pass the text in as it should read"),
    ("urlencode", "pass the text in as it should read"),
    ("zip", "pass in a list of pairs"),
];

/// Filters by the names that they have elsewhere, sorted.
pub(crate) const OTHER_NAMES: &[(&str, &str)] = &[
    ("capfirst", "capitalize"),
    ("concat", "join"),
    ("downcase", "lower"),
    ("json", "tojson"),
    ("json_encode", "tojson"),
    ("keys", "items"),
    ("len", "length"),
    ("lowercase", "lower"),
    ("size", "length"),
    ("str", "string"),
    ("strip", "trim"),
    ("to_json", "tojson"),
    ("uniq", "unique"),
    ("upcase", "upper"),
    ("uppercase", "upper"),
];

/// Functions that people know from elsewhere, with what to do instead.
pub(crate) const LEFT_OUT_FUNCTIONS: &[(&str, &str)] = &[
    ("date", "pass the date as an input: a template sees no clock"),
    ("env", "pass the value as an input: a template sees no environment"),
    ("float", "pass the number in as an input"),
    ("format", "put text and `{{ … }}` tags side by side"),
    ("int", "write `| int`"),
    ("join", "write `| join(\", \")`"),
    ("len", "write `| length`"),
    ("lower", "write `| lower`"),
    ("now", "pass the date as an input: a template sees no clock"),
    ("print", "write {{ … }} around the value"),
    ("random", "pass the value as an input: a template knows no chance"),
    ("sorted", "write `| sort`"),
    ("str", "write `| string`"),
    ("today", "pass the date as an input: a template sees no clock"),
    ("upper", "write `| upper`"),
];

pub(crate) fn is_filter(name: &str) -> bool {
    FILTERS.binary_search_by_key(&name, |&(n, _)| n).is_ok()
}

pub(crate) fn is_test(name: &str) -> bool {
    TESTS.binary_search(&name).is_ok()
}

pub(crate) fn is_function(name: &str) -> bool {
    FUNCTIONS.binary_search_by_key(&name, |&(n, _)| n).is_ok()
}

pub(crate) fn is_reserved(name: &str) -> bool {
    RESERVED.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_so_that_searching_finds() {
        assert!(FILTERS.is_sorted_by_key(|f| f.0) && FUNCTIONS.is_sorted_by_key(|f| f.0));
        assert!(TESTS.is_sorted() && RESERVED.is_sorted());
        assert!(LEFT_OUT.iter().all(|(name, _)| !is_filter(name)));
    }
}
