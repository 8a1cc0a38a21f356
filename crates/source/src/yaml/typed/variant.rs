//! Enums: a bare text names a variant, a mapping of one key a variant with its content.

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, EnumAccess, IntoDeserializer, VariantAccess, Visitor};

use super::{De, address, found};
use crate::Span;
use crate::yaml::Kind;
use crate::yaml::fault::{Fault, What};

pub(super) struct Variant<'n> {
    pub(super) name: &'n str,
    pub(super) value: Option<De<'n>>,
    pub(super) span: Span,
    pub(super) de: De<'n>,
}

impl<'n> EnumAccess<'n> for Variant<'n> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'n>>(self, seed: V) -> Result<(V::Value, Self), Fault> {
        let name: StrDeserializer<'_, Fault> = self.name.into_deserializer();
        match seed.deserialize(name) {
            Ok(value) => Ok((value, self)),
            Err(mut fault) => {
                fault.at = Some((address(self.de.node), self.de.node.span));
                fault.shown = Some(self.span);
                Err(fault)
            }
        }
    }
}

impl<'n> Variant<'n> {
    /// The value of a variant that has one.
    fn value(self, wanted: &str) -> Result<De<'n>, Fault> {
        self.value.ok_or_else(|| {
            let found = format!("`{}` alone", self.name);
            Fault::new(What::Type { found, wanted: format!("`{}:` with {wanted}", self.name), scalar: false })
        })
    }
}

impl<'n> VariantAccess<'n> for Variant<'n> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        match self.value {
            None => Ok(()),
            Some(de) if de.node.kind == Kind::Null => Ok(()),
            Some(de) => {
                let found = found(de.node);
                de.locate(Err(Fault::new(What::Type { found, wanted: "nothing".into(), scalar: false })))
            }
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'n>>(self, seed: T) -> Result<T::Value, Fault> {
        let inside = self.value("a value")?;
        inside.locate(seed.deserialize(inside))
    }

    fn tuple_variant<V: Visitor<'n>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.value("a list")?.any(visitor)
    }

    fn struct_variant<V: Visitor<'n>>(self, known: &'static [&'static str], visitor: V) -> Result<V::Value, Fault> {
        self.value("keys")?.map(Some(known), visitor)
    }
}
