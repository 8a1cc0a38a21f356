//! `prompts/routes.yaml`: which model each route means, and the default route of each risk.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de};
use serde_json::Value;
use source::yaml::{self, Node};
use source::{Finding, ModelName, Place, RepoPath, Risk, Span, Text};

use crate::front_matter::is_route_name;

/// Where the routes stand, below the prompt root.
pub const PATH: &str = "prompts/routes.yaml";

/// The routes of one snapshot.
#[derive(Debug, Clone, Default)]
pub struct Routes {
    /// The model of each route.
    pub routes: BTreeMap<String, ModelName>,
    /// The route that a prompt takes which names no model, by its risk.
    pub defaults: BTreeMap<Risk, String>,
    file: Option<(Text, Node)>,
    unreadable: bool,
    absent: bool,
}

/// The file, as serde reads it.
#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "prompts/routes.yaml")]
struct Document {
    /// The model of each route: provider/model.
    #[serde(default)]
    #[schemars(
        with = "BTreeMap<String, String>",
        extend(
            "propertyNames" = serde_json::json!({ "pattern": "^[a-z][a-z0-9_-]{0,63}$" }),
            "additionalProperties" = serde_json::json!({ "type": "string", "pattern": "^[a-z0-9_-]+/[!#-&(-\\[\\]-_a-~]+$" }),
        )
    )]
    routes: BTreeMap<RouteName, ModelName>,
    /// The route of prompts that name no model, by their risk.
    #[serde(default)]
    defaults: Defaults,
}

#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Defaults {
    /// For prompts of low risk.
    low: Option<String>,
    /// For prompts of medium risk.
    medium: Option<String>,
    /// For prompts of high risk.
    high: Option<String>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct RouteName(String);

impl<'de> Deserialize<'de> for RouteName {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let name = String::deserialize(d)?;
        if is_route_name(&name) {
            return Ok(Self(name));
        }
        let why = "a route is 1 to 64 of a-z, 0-9, `_` and `-`, starting with a letter";
        Err(de::Error::custom(format!("`{name}` names no route: {why}")))
    }
}

impl Routes {
    /// Reads the file; without any findings where it is sound.
    pub fn parse(text: &Text) -> (Self, Vec<Finding>) {
        let whole = Span::new(0, text.as_str().len());
        let document = match yaml::parse::<Document>(text, whole, &yaml::Limits::DOCUMENT) {
            Err(findings) => return (Self::unreadable(), findings),
            Ok(document) => document,
        };
        let routes: BTreeMap<String, ModelName> = document.value.routes.into_iter().map(|(n, m)| (n.0, m)).collect();
        let Defaults { low, medium, high } = document.value.defaults;
        let named = [(Risk::Low, low), (Risk::Medium, medium), (Risk::High, high)];
        let defaults: BTreeMap<Risk, String> = named.into_iter().filter_map(|(r, n)| Some((r, n?))).collect();
        let mut findings = Vec::new();
        for (risk, name) in defaults.iter().filter(|(_, name)| !routes.contains_key(*name)) {
            let span = document.root.at(&["defaults", risk.as_str()]).map_or_else(Span::default, |n| n.span);
            findings.push(unknown(name, &routes, Place::new(text, span)));
        }
        (Self { routes, defaults, file: Some((text.clone(), document.root)), ..Self::default() }, findings)
    }

    /// The routes of a file that could not be read: what they would be is not known.
    pub(crate) fn unreadable() -> Self {
        Self { unreadable: true, ..Self::default() }
    }

    /// The routes of a snapshot that has no such file.
    pub(crate) fn absent() -> Self {
        Self { absent: true, ..Self::default() }
    }

    /// Whether there is a file and it could not be read, so that no prompt is at fault for what it lacks.
    pub(crate) fn are_unreadable(&self) -> bool {
        self.unreadable
    }

    /// The model of the route `name`; a finding at `place` where there is none.
    pub(crate) fn named(&self, name: &str, place: Place) -> Result<ModelName, Box<Finding>> {
        match self.routes.get(name) {
            Some(model) => Ok(model.clone()),
            None if self.absent => Err(Box::new(no_file(place))),
            None => Err(Box::new(unknown(name, &self.routes, place))),
        }
    }

    /// What is wrong with `name` at `place` as that of a route, for whoever is no prompt; nothing where the file could not
    /// be read.
    pub fn unknown(&self, name: &str, place: Place) -> Option<Finding> {
        (!self.unreadable && !self.routes.contains_key(name)).then(|| unknown(name, &self.routes, place))
    }

    /// The model of the default route of `risk`; a finding at `place` where there is none.
    pub(crate) fn of_risk(&self, risk: Risk, place: Place) -> Result<ModelName, Box<Finding>> {
        match self.defaults.get(&risk) {
            Some(name) => self.named(name, place),
            None if self.absent => Err(Box::new(no_file(place))),
            None => {
                let message = format!("the prompt names no model and `{PATH}` has no default route for {risk} risk");
                let help = format!("write `model:` in the prompt, or `defaults: {{ {risk}: … }}` in {PATH}");
                Err(Box::new(Finding::new("route-missing", place, message).help(help)))
            }
        }
    }

    /// Where the file says which model `route` means.
    pub fn place_of_route(&self, route: &str) -> Option<Place> {
        self.place(&["routes", route])
    }

    /// Where the file names the default route of `risk`.
    pub fn place_of_default(&self, risk: Risk) -> Option<Place> {
        self.place(&["defaults", risk.as_str()])
    }

    fn place(&self, path: &[&str]) -> Option<Place> {
        let (text, root) = self.file.as_ref()?;
        Some(Place::new(text, root.at(path)?.span))
    }
}

/// The path as a path.
pub(crate) fn path() -> RepoPath {
    RepoPath::new(PATH).expect("a sound path")
}

/// The JSON Schema of the file, for editors.
pub fn schema() -> Value {
    schemars::schema_for!(Document).to_value()
}

/// A prompt that takes its model from a file that is not there.
fn no_file(place: Place) -> Finding {
    let message = format!("the model of this prompt comes from `{PATH}`, and there is no such file");
    let finding = Finding::new("route-missing", place, message).also(Place::file(&path()), "missing");
    finding.help(format!(
        "write `routes: {{ main: provider/model }}` and `defaults: {{ low: main, medium: main, high: main }}` into {PATH}"
    ))
}

/// A name at `place` that is none of `routes`.
fn unknown(name: &str, routes: &BTreeMap<String, ModelName>, place: Place) -> Finding {
    let finding = Finding::new("route-unknown", place, format!("`{name}` is no route of `{PATH}`"));
    let of_name = routes.values().find(|model| model.model() == name).map(ToString::to_string);
    let written = of_name.or_else(|| Some(format!("{}/{name}", crate::front_matter::provider_of(name)?)));
    match (source::nearest::nearest(name, routes.keys().map(String::as_str)), written) {
        (Some(near), _) => finding.help(format!("did you mean `{near}`?")),
        (None, Some(model)) => finding.help(format!("write `{model}` if the model of this name is meant")),
        (None, None) => finding.help(format!("add it under `routes` in {PATH}, or write provider/model")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(content: &str) -> (Routes, Vec<(&'static str, String)>) {
        let text = Text::new(path(), content);
        let (routes, findings) = Routes::parse(&text);
        (routes, findings.into_iter().map(|f| (f.rule, f.at.text.slice(f.at.span).to_owned())).collect())
    }

    #[test]
    fn a_route_is_a_name_for_a_model() {
        let (r, findings) = routes("routes:\n  fast: openai/gpt-5-mini\ndefaults: { low: fast }\n");
        assert!(findings.is_empty(), "{findings:?}");
        let place = || Place::file(&path());
        assert_eq!(r.named("fast", place()).unwrap().as_str(), "openai/gpt-5-mini");
        assert_eq!(r.of_risk(Risk::Low, place()).unwrap().as_str(), "openai/gpt-5-mini");
        assert_eq!(r.named("fsat", place()).unwrap_err().help.as_deref(), Some("did you mean `fast`?"));
        assert_eq!(r.of_risk(Risk::High, place()).unwrap_err().rule, "route-missing");
        assert_eq!(r.place_of_route("fast").unwrap().span, Span::new(16, 33));
    }

    #[test]
    fn faults_are_found_in_place() {
        assert_eq!(routes("routes: {}\ndefaults: { high: best }\n").1, [("route-unknown", "best".to_owned())]);
        assert_eq!(routes("routes: { Fast: a/b }\n").1.len(), 1);
        assert_eq!(routes("routes: { fast: gpt }\n").1.len(), 1);
        assert_eq!(routes("route: {}\n").1[0].0, "key-unknown");
    }
}
