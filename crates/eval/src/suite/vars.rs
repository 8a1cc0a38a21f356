//! The variables of a case, packed as JSON: a large set has a case a row, and a map takes ten times its words.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Variables by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vars(Arc<str>);

impl Vars {
    /// Packs `map`.
    pub fn new(map: Map<String, Value>) -> Self {
        Self(Value::Object(map).to_string().into())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        &*self.0 == "{}"
    }

    /// What was packed: texts, numbers and their kinds to the last digit.
    pub fn map(&self) -> Map<String, Value> {
        match serde_json::from_str(&self.0) {
            Ok(Value::Object(map)) => map,
            _ => Map::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_comes_out_again() {
        let value = serde_json::json!({
            "a": 1, "b": 1.0, "c": -0.0, "d": 0.1, "e": u64::MAX, "f": i64::MIN, "g": 1e300, "h": 5e-324,
            "i": "\u{0}\u{2028}\u{1f600}\"\\", "j": [null, true, {"k": []}], "": {},
        });
        let Value::Object(map) = value else { unreachable!() };
        assert_eq!(Vars::new(map.clone()).map(), map);
        assert!(Vars::new(Map::new()).is_empty() && !Vars::new(map).is_empty());
    }
}
