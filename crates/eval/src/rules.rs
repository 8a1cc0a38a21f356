//! The ids of everything that can be wrong in a suite, a dataset or a recording, with a line on each.
//!
//! The pages that explain them stand beside the other rules' in `check`.

macro_rules! rules {
    ($($(#[doc = $line:literal])+ $name:ident = $id:literal;)+) => {
        $($(#[doc = $line])+ pub const $name: &str = $id;)+

        /// Every rule with its one line.
        pub const ALL: &[(&str, &str)] = &[$(($id, concat!($($line),+))),+];
    };
}

rules! {
    /// A suite or data file is not where it must be, or names a prompt that does not exist.
    SUITE_MISPLACED = "suite-misplaced";
    /// A file that a suite names is missing.
    FILE_MISSING = "suite-file-missing";
    /// A path leads out of the repository, or is none.
    FILE_OUTSIDE = "suite-file-outside";
    /// A data file cannot be read as what its name says.
    DATA_UNREADABLE = "data-unreadable";
    /// A data file is encrypted, and cannot be opened here.
    DATA_SEALED = "data-sealed";
    /// A data file is named as encrypted, and is not.
    DATA_UNSEALED = "data-unsealed";
    /// A suite, a data file or a scenario holds no case.
    TESTS_MISSING = "tests-missing";
    /// A case has no assertion, so it could only pass.
    ASSERTIONS_MISSING = "assertions-missing";
    /// No assertion type has this name.
    ASSERTION_UNKNOWN = "assertion-unknown";
    /// An assertion type of promptfoo that is not offered, or runs code.
    ASSERTION_REFUSED = "assertion-refused";
    /// The value, threshold or another key is none that the assertion type takes.
    ASSERTION_INVALID = "assertion-invalid";
    /// An assertion that measures has no threshold.
    THRESHOLD_MISSING = "threshold-missing";
    /// A threshold or gate that nothing, or everything, can satisfy.
    THRESHOLD_VACUOUS = "threshold-vacuous";
    /// `not-` stands before a type whose verdict it would not change.
    NEGATION_IGNORED = "negation-ignored";
    /// A weight below 0.
    WEIGHT_NEGATIVE = "weight-negative";
    /// A value refers to a variable that the case does not define.
    VARIABLE_UNDEFINED = "variable-undefined";
    /// A case gives a variable that neither the prompt nor an assertion uses.
    VARIABLE_UNUSED = "variable-unused";
    /// A case does not fit the prompt's inputs.
    INPUT_INVALID = "case-input-invalid";
    /// A reference to a variable that this program does not read: filters, calls, statements.
    TEMPLATE_REFUSED = "template-refused";
    /// A key of promptfoo that would run code, reach the network or is not offered.
    KEY_REFUSED = "key-refused";
    /// Two cases have one id.
    CASE_TWIN = "case-id-twin";
    /// Two cases ask and assert the same.
    CASE_REPEATED = "case-repeated";
    /// Several cases ask the model one question.
    QUESTION_REPEATED = "question-repeated";
    /// `must_pass`, quarantine or a stratum names what no case has.
    CASE_UNKNOWN = "case-unknown";
    /// Settings that contradict one another.
    GATE_CONTRADICTORY = "gate-contradictory";
    /// A cell under `__expected` is no assertion.
    CELL_INVALID = "cell-invalid";
    /// A suite asks less than it did.
    SUITE_WEAKENED = "suite-weakened";
    /// A suite asks or grades otherwise than it did.
    SUITE_CHANGED = "suite-changed";
    /// What promptfoo reads otherwise.
    READ_OTHERWISE = "promptfoo-reads-otherwise";
    /// A line of a recording is none, stands twice or out of order.
    RECORDING_INVALID = "recording-invalid";
}
