//! Errors as Blob storage words them: XML, the code also as a header.

use serde::Serialize;
use wiremock::ResponseTemplate;

use super::{with_header, xml};
use crate::contract::Role;
use crate::state::State;

/// A refused request.
#[derive(Debug)]
pub(super) struct Failure {
    status: u16,
    code: &'static str,
    message: String,
    detail: Option<String>,
    headers: Vec<(&'static str, String)>,
    /// The client did not prove who it is, or may not do this.
    refusal: bool,
}

#[derive(Serialize)]
#[serde(rename = "Error", rename_all = "PascalCase")]
struct Body<'a> {
    code: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    authentication_error_detail: Option<&'a str>,
}

impl Failure {
    pub(super) fn new(status: u16, code: &'static str, message: &str) -> Failure {
        Failure { status, code, message: message.to_owned(), detail: None, headers: Vec::new(), refusal: false }
    }

    /// CON-013: no proof of identity, or a wrong one.
    pub(super) fn refused(status: u16, code: &'static str, message: &str, detail: Option<String>) -> Failure {
        Failure { detail, refusal: true, ..Failure::new(status, code, message) }
    }

    /// A signature that is wrong, too old or not of this account.
    pub(super) fn signature(detail: String) -> Failure {
        let message = "Server failed to authenticate the request. Make sure the value of Authorization header is formed \
                       correctly including the signature.";
        Failure::refused(403, "AuthenticationFailed", message, Some(detail))
    }

    /// A shared access signature that does not allow this.
    pub(super) fn not_allowed(code: &'static str) -> Failure {
        Failure::refused(403, code, "This request is not authorized to perform this operation.", None)
    }

    pub(super) fn with(mut self, name: &'static str, value: String) -> Failure {
        self.headers.push((name, value));
        self
    }

    pub(super) fn condition(status: u16) -> Failure {
        Failure::new(status, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.")
    }

    pub(super) fn no_container() -> Failure {
        Failure::new(404, "ContainerNotFound", "The specified container does not exist.")
    }

    pub(super) fn no_blob() -> Failure {
        Failure::new(404, "BlobNotFound", "The specified blob does not exist.")
    }

    pub(super) fn header(name: &str) -> Failure {
        Failure::new(
            400,
            "InvalidHeaderValue",
            &format!("The value of the header {name} is not in the correct format."),
        )
    }

    pub(super) fn too_large(limit: &str) -> Failure {
        Failure::new(413, "RequestBodyTooLarge", &format!("The mock cloud holds no more: {limit}."))
    }

    pub(super) fn not_implemented() -> Failure {
        let message = "The mock cloud does not implement this operation on this resource.";
        Failure::new(501, "NotImplemented", message)
    }

    pub(super) fn answer(self, state: &State) -> (u16, ResponseTemplate) {
        if self.refusal {
            state.journal_refusal(Role::Blob, self.code);
        }
        let mut response = match self.status {
            304 => ResponseTemplate::new(304),
            status => {
                let detail = self.detail.as_deref();
                xml(status, &Body { code: self.code, message: &self.message, authentication_error_detail: detail })
            }
        };
        for (name, value) in &self.headers {
            response = with_header(response, name, value);
        }
        (self.status, response.insert_header("x-ms-error-code", self.code))
    }
}
