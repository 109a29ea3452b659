//! Who may use Blob storage (CON-013): an access token, the account's key, or a shared access signature.

use super::failure::Failure;
use super::{Target, sas, shared_key};
use crate::contract::Role;
use crate::http::Call;
use crate::state::State;

/// What a request that was let in may do beyond its own operation.
#[derive(Debug)]
pub(super) struct Access {
    /// It may replace what exists.
    pub(super) overwrite: bool,
}

pub(super) fn check(state: &State, call: &Call<'_>, target: &Target) -> Result<Access, Failure> {
    let authorization = call.header("authorization");
    let key = &state.service_keys.blob;
    if let Some(credential) = authorization.strip_prefix("SharedKey ") {
        return shared_key::check(key, call, target, credential).map(|()| Access { overwrite: true });
    }
    if authorization.starts_with("Bearer ") {
        return match state.check_bearer(Role::Blob, call) {
            Ok(()) => Ok(Access { overwrite: true }),
            Err(reason) => Err(challenge(
                state,
                Failure::refused(
                    401,
                    "InvalidAuthenticationInfo",
                    "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.",
                    Some(reason),
                ),
            )),
        };
    }
    if authorization.is_empty() && call.query("sig").is_some() {
        return sas::check(key, call, target).map(|overwrite| Access { overwrite });
    }
    Err(challenge(
        state,
        Failure::refused(
            401,
            "NoAuthenticationInformation",
            "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.",
            None,
        ),
    ))
}

/// Says where tokens come from and for which resource, as an SDK needs it.
fn challenge(state: &State, failure: Failure) -> Failure {
    let platform = state.contract.hosts.get(&Role::Login).map_or("", |host| host.test.as_str());
    let tenant = &state.contract.login.tenant;
    let resource = state.contract.blob.audiences.first().map_or("", String::as_str);
    let text = format!("Bearer authorization_uri=https://{platform}/{tenant}/oauth2/authorize resource_id={resource}");
    failure.with("WWW-Authenticate", text)
}
