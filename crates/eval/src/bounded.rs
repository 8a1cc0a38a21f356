//! JSON that somebody else wrote, read into no more memory than it is worth: a list of empty objects takes a hundred times
//! its length. Values are counted while they are read; what would be too many is refused before it is there.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// So many values may a text hold, each object counted [`OBJECT`] times.
const MOST_VALUES: usize = 250_000;
/// An object takes the room of so many numbers.
const OBJECT: usize = 8;
/// So many bytes of text may an answer hold: more than a million tokens.
const MOST_TEXT: usize = 4 << 20;
/// So deep may an answer be nested: reports and recordings hold it a few levels down, and no reader goes deeper than 128.
const DEEPEST: usize = 100;

/// Why a text was not read. Displays as a clause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// It is no JSON.
    #[error("it is not JSON: {0}")]
    NotJson(String),
    /// It is too large.
    #[error("{0}")]
    TooMuch(String),
}

/// What a server or a program answered. What is known to be long and of no use here is passed over: the alternatives to each
/// token, its bytes, and the tokens of the prompt.
pub(crate) fn answer(bytes: &[u8]) -> Result<Value, Fault> {
    read(&mut serde_json::Deserializer::from_slice(bytes), Room::new(MOST_TEXT, DEEPEST), true)
}

/// A text that an answer holds.
pub(crate) fn text(text: &str) -> Result<Value, Fault> {
    read(&mut serde_json::Deserializer::from_str(text), Room::new(usize::MAX, usize::MAX), false)
}

/// A text that begins with JSON, and how many bytes of it that is.
pub(crate) fn beginning(text: &str) -> Option<(Value, usize)> {
    struct Whole(Value);
    impl<'de> serde::Deserialize<'de> for Whole {
        fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
            Seed { room: &mut Room::new(usize::MAX, usize::MAX), skips: false, in_logs: false }
                .deserialize(json)
                .map(Self)
        }
    }
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Whole>();
    let value = values.next()?.ok()?.0;
    Some((value, values.byte_offset()))
}

/// Whether a value is nested deeper than an answer may be.
pub(crate) fn is_deep(value: &Value) -> bool {
    fn below(value: &Value, left: usize) -> bool {
        match value {
            Value::Array(items) => left == 0 || items.iter().any(|item| below(item, left - 1)),
            Value::Object(map) => left == 0 || map.values().any(|item| below(item, left - 1)),
            _ => false,
        }
    }
    below(value, DEEPEST)
}

/// What is said of one that is.
pub(crate) fn deep() -> String {
    format!("it is nested more than {DEEPEST} deep")
}

/// Why `text` is not read in search of objects, where it is not.
pub(crate) fn too_loose(text: &str) -> Option<String> {
    let weight = |byte: u8| match byte {
        b'{' => OBJECT,
        b',' | b'[' => 1,
        _ => 0,
    };
    let begins = text.find('{')?;
    let values: usize = text[begins..].bytes().map(weight).sum();
    (values > MOST_VALUES).then(|| format!("it holds more than {MOST_VALUES} values"))
}

fn read<'de, R: serde_json::de::Read<'de>>(
    json: &mut serde_json::Deserializer<R>,
    mut room: Room,
    is_answer: bool,
) -> Result<Value, Fault> {
    let read = Seed { room: &mut room, skips: is_answer, in_logs: false }.deserialize(&mut *json);
    match read.and_then(|value| json.end().map(|()| value)) {
        Ok(value) => Ok(value),
        Err(_) if room.values.is_none() => Err(Fault::TooMuch(format!("it holds more than {MOST_VALUES} values"))),
        Err(_) if room.text.is_none() => {
            Err(Fault::TooMuch(format!("it holds more than {} MiB of text", MOST_TEXT >> 20)))
        }
        Err(_) if room.levels.is_none() => Err(Fault::TooMuch(deep())),
        Err(error) => Err(Fault::NotJson(error.to_string())),
    }
}

/// What may still come; nothing where too much came.
struct Room {
    values: Option<usize>,
    text: Option<usize>,
    /// Levels below this one.
    levels: Option<usize>,
}

impl Room {
    const fn new(text: usize, levels: usize) -> Self {
        Self { values: Some(MOST_VALUES), text: Some(text), levels: Some(levels) }
    }

    fn down<E: serde::de::Error>(&mut self) -> Result<(), E> {
        self.levels = self.levels.and_then(|left| left.checked_sub(1));
        self.levels.map(drop).ok_or_else(|| E::custom("too deep"))
    }

    fn up(&mut self) {
        self.levels = self.levels.map(|left| left + 1);
    }

    fn value<E: serde::de::Error>(&mut self, weight: usize) -> Result<(), E> {
        self.values = self.values.and_then(|left| left.checked_sub(weight));
        self.values.map(drop).ok_or_else(|| E::custom("too many values"))
    }

    fn text<E: serde::de::Error>(&mut self, text: &str) -> Result<(), E> {
        self.text = self.text.and_then(|left| left.checked_sub(text.len()));
        self.text.map(drop).ok_or_else(|| E::custom("too much text"))
    }
}

struct Seed<'r> {
    room: &'r mut Room,
    /// Whether some keys are passed over.
    skips: bool,
    /// Whether these are probabilities of tokens.
    in_logs: bool,
}

impl Seed<'_> {
    fn skips(&self, key: &str) -> bool {
        self.skips
            && match key {
                "top_logprobs" | "bytes" => self.in_logs,
                "prompt_logprobs" | "prompt_token_ids" | "token_ids" | "prompt_filter_results" => true,
                _ => false,
            }
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Value, E> {
        self.room.value(1).map(|()| Value::Null)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Value, E> {
        self.room.value(1).map(|()| Value::Bool(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        self.room.value(1).map(|()| value.into())
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        self.room.value(1).map(|()| value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        self.room.value(1).map(|()| Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Value, E> {
        self.room.value(1)?;
        self.room.text(value)?;
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        self.room.value(1)?;
        self.room.down()?;
        let mut list = Vec::new();
        let Self { room, skips, in_logs } = self;
        while let Some(item) = items.next_element_seed(Seed { room: &mut *room, skips, in_logs })? {
            list.push(item);
        }
        room.up();
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        self.room.value(OBJECT)?;
        self.room.down()?;
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if self.skips(&key) {
                entries.next_value::<IgnoredAny>()?;
                continue;
            }
            self.room.text(&key)?;
            let in_logs = self.in_logs || key == "logprobs";
            let value = entries.next_value_seed(Seed { room: &mut *self.room, skips: self.skips, in_logs })?;
            map.insert(key, value);
        }
        self.room.up();
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Fault, answer, is_deep, text};

    #[test]
    fn sound_json_is_read_as_ever() {
        for whole in
            ["{\"a\":[1,-2,0.5,1e400,null,true,\"é\\n\",{}],\"a\":{\"b\":18446744073709551615}}", " [] ", "\"x\""]
        {
            let usual: Result<Value, _> = serde_json::from_str(whole);
            assert_eq!(text(whole).ok(), usual.ok(), "{whole}");
        }
        assert_eq!(text(&"[".repeat(200)).map_err(|f| f.to_string().contains("recursion")), Err(true));
        assert!(matches!(text("{} x"), Err(Fault::NotJson(_))));
    }

    #[test]
    fn what_would_take_many_times_its_length_is_refused() {
        for unit in ["{\"\":0}", "0", "[]", "\"\""] {
            let many = format!("[{}0]", format!("{unit},").repeat(300_000));
            assert_eq!(text(&many), Err(Fault::TooMuch("it holds more than 250000 values".to_owned())), "{unit}");
        }
        let long = json!({ "choices": "a".repeat(5 << 20) }).to_string();
        assert_eq!(answer(long.as_bytes()), Err(Fault::TooMuch("it holds more than 4 MiB of text".to_owned())));
        assert!(text(&long).is_ok(), "a text is as long as the answer was");
    }

    #[test]
    fn what_could_not_be_read_back_from_where_it_is_kept_is_refused() {
        let nested = |depth: usize| format!("[0,{}0{}]", "[".repeat(depth - 1), "]".repeat(depth - 1));
        assert!(!is_deep(&answer(nested(100).as_bytes()).unwrap()));
        let told = Err(Fault::TooMuch("it is nested more than 100 deep".to_owned()));
        assert_eq!(answer(nested(101).as_bytes()), told);
        assert!(is_deep(&text(&nested(101)).unwrap()), "a text stays a text wherever it is kept");
        assert_eq!(answer(format!("[{0},{0}]", nested(99)).as_bytes()).map(drop), Ok(()));
    }

    #[test]
    fn what_nobody_reads_of_an_answer_does_not_count() {
        let others = vec![json!({ "token": "a", "bytes": [97], "logprob": -1.0 }); 20];
        let token = json!({ "token": "b", "bytes": [98], "logprob": -0.5, "top_logprobs": others });
        let whole = json!({ "choices": [{ "logprobs": { "content": vec![token; 5_000] }, "bytes": 1 }] });
        let read = answer(whole.to_string().as_bytes()).unwrap();
        assert_eq!(read["choices"][0]["logprobs"]["content"][4_999], json!({ "token": "b", "logprob": -0.5 }));
        assert_eq!(read["choices"][0]["bytes"], 1);
    }
}
