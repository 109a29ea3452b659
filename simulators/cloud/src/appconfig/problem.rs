//! Errors as App Configuration words them: `application/problem+json` (RFC 9457).

use serde_json::{Map, Value, json};
use wiremock::ResponseTemplate;

#[derive(Debug)]
pub(super) struct Problem {
    status: u16,
    fields: Map<String, Value>,
}

impl Problem {
    pub(super) fn new(status: u16, kind: &str, title: &str) -> Problem {
        let mut problem = Problem { status, fields: Map::new() };
        problem.set("type", kind);
        problem.set("title", title);
        problem
    }

    /// A request parameter that cannot be used.
    pub(super) fn invalid(name: &str, detail: &str) -> Problem {
        let title = format!("Invalid request parameter '{name}'");
        let mut problem = Problem::new(400, "https://azconfig.io/errors/invalid-argument", &title).named(name);
        problem.set("detail", detail);
        problem
    }

    /// A change of a locked key-value.
    pub(super) fn locked(key: &str) -> Problem {
        let title = format!("Modifying key '{key}' is not allowed");
        let mut problem = Problem::new(409, "https://azconfig.io/errors/key-locked", &title).named(key);
        problem.set("detail", "The key is read-only. To allow modification unlock it first.");
        problem
    }

    pub(super) fn named(mut self, name: &str) -> Problem {
        self.set("name", name);
        self
    }

    fn set(&mut self, field: &str, value: &str) {
        self.fields.insert(field.to_owned(), json!(value));
    }

    pub(super) fn answer(mut self) -> (u16, ResponseTemplate) {
        self.fields.insert("status".to_owned(), json!(self.status));
        let body = serde_json::to_vec(&self.fields).unwrap_or_default();
        let response = ResponseTemplate::new(self.status).set_body_raw(body, "application/problem+json; charset=utf-8");
        (self.status, response)
    }
}
