//! Values whose every look is counted, so that a judgement ends: what a schema of a few lines makes of a hostile value of a
//! few hundred bytes can take hours, and the errors of it all memory.
//!
//! The crate that validates has no such bound, but takes values of any representation. This one is `serde_json`'s; it gives
//! up by unwinding, which [`within`] ends.

use std::borrow::Cow;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use jsonschema::JsonType;
use jsonschema::json::{Array, Json, Node, NodeIdentity, Object, SerdeJson};
use serde_json::{Map, Value};

thread_local! {
    /// The looks and the errors that are left, while something is judged.
    static LEFT: Cell<Option<(u64, u64)>> = const { Cell::new(None) };
}

/// What unwinds.
struct Spent;

/// Does `work` with so many looks at values and so many errors; `None` where they do not suffice.
pub(super) fn within<T>(looks: u64, errors: u64, work: impl FnOnce() -> T) -> Option<T> {
    struct Before(Option<(u64, u64)>);
    impl Drop for Before {
        fn drop(&mut self) {
            LEFT.set(self.0);
        }
    }
    let _before = Before(LEFT.replace(Some((looks, errors))));
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => Some(done),
        Err(payload) if payload.is::<Spent>() => None,
        Err(other) => resume_unwind(other),
    }
}

fn spend(looks: u64, errors: u64) {
    if let Some(left) = LEFT.get() {
        match left.0.checked_sub(looks).zip(left.1.checked_sub(errors)) {
            Some(left) => LEFT.set(Some(left)),
            None => resume_unwind(Box::new(Spent)),
        }
    }
}

/// `serde_json`'s values, counted.
pub(super) struct Counted;

/// One of them.
#[derive(Clone, Copy)]
pub(super) struct Look<'a>(pub(super) &'a Value);

#[derive(Clone, Copy)]
pub(super) struct Members<'a>(&'a Map<String, Value>);

#[derive(Clone, Copy)]
pub(super) struct Elements<'a>(&'a [Value]);

pub(super) struct MembersIter<'a>(serde_json::map::Iter<'a>);

pub(super) struct ElementsIter<'a>(std::slice::Iter<'a, Value>);

impl Json for Counted {
    type Node<'a> = Look<'a>;
    type PreparedKey = String;
    type StringBuffer = ();

    const KEYS_PER_LOOKUP: usize = SerdeJson::KEYS_PER_LOOKUP;
    const ACYCLIC: bool = true;

    fn prepare_key(key: &str) -> String {
        key.to_owned()
    }

    fn with_string_node<T>((): &mut (), string: &str, f: impl FnOnce(Look<'_>) -> T) -> T {
        f(Look(&Value::String(string.to_owned())))
    }
}

impl<'a> Node<'a, Counted> for Look<'a> {
    type Object = Members<'a>;
    type Array = Elements<'a>;
    type Number = &'a serde_json::Number;

    fn as_object(&self) -> Option<Members<'a>> {
        spend(1, 0);
        self.0.as_object().map(Members)
    }

    fn as_array(&self) -> Option<Elements<'a>> {
        spend(1, 0);
        self.0.as_array().map(|items| Elements(items))
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        spend(1, 0);
        self.0.as_str().map(Cow::Borrowed)
    }

    fn as_number(&self) -> Option<&'a serde_json::Number> {
        spend(1, 0);
        self.0.as_number()
    }

    fn as_boolean(&self) -> Option<bool> {
        self.0.as_bool()
    }

    fn is_null(&self) -> bool {
        spend(1, 0);
        self.0.is_null()
    }

    fn json_type(&self) -> JsonType {
        spend(1, 0);
        match self.0 {
            Value::Null => JsonType::Null,
            Value::Bool(_) => JsonType::Boolean,
            Value::Number(_) => JsonType::Number,
            Value::String(_) => JsonType::String,
            Value::Array(_) => JsonType::Array,
            Value::Object(_) => JsonType::Object,
        }
    }

    fn string_length(&self) -> Option<u64> {
        <&Value as Node<'a, SerdeJson>>::string_length(&self.0)
    }

    fn string_length_within(&self, min: u64, max: u64) -> Option<bool> {
        <&Value as Node<'a, SerdeJson>>::string_length_within(&self.0, min, max)
    }

    fn equals_value(&self, expected: &Value) -> bool {
        spend(1, 0);
        <&Value as Node<'a, SerdeJson>>::equals_value(&self.0, expected)
    }

    fn to_value(&self) -> Cow<'a, Value> {
        // Whoever wants the value itself makes an error of it.
        spend(1, 1);
        Cow::Borrowed(self.0)
    }

    fn identity(&self) -> Option<NodeIdentity> {
        <&Value as Node<'a, SerdeJson>>::identity(&self.0)
    }
}

impl<'a> Object<'a, Counted> for Members<'a> {
    type Node = Look<'a>;
    type MemberName = &'a str;
    type MembersIter = MembersIter<'a>;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn get(&self, key: &String) -> Option<Look<'a>> {
        spend(1, 0);
        self.0.get(key.as_str()).map(Look)
    }

    fn members(&self) -> MembersIter<'a> {
        MembersIter(self.0.iter())
    }
}

impl<'a> Iterator for MembersIter<'a> {
    type Item = (&'a str, Look<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        spend(1, 0);
        self.0.next().map(|(key, value)| (key.as_str(), Look(value)))
    }
}

impl<'a> Array<'a, Counted> for Elements<'a> {
    type Node = Look<'a>;
    type ElementsIter = ElementsIter<'a>;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn elements(&self) -> ElementsIter<'a> {
        ElementsIter(self.0.iter())
    }

    fn is_unique(&self) -> bool {
        spend(self.0.len() as u64, 0);
        <&[Value] as Array<'a, SerdeJson>>::is_unique(&self.0)
    }
}

impl<'a> Iterator for ElementsIter<'a> {
    type Item = Look<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        spend(1, 0);
        self.0.next().map(Look)
    }
}
