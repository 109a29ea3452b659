//! What the parts of the cloud and the requests to them are called in fault plans.

use faults::{Exchange, Place};

use crate::appconfig;
use crate::contract::{Contract, Operation, Role};

impl Role {
    /// The role's name in fault plans.
    pub fn place(self) -> Place {
        match self {
            Role::Login => Place::Login,
            Role::Settings => Place::Settings,
            Role::EmrApi => Place::EmrApi,
            Role::Blob => Place::Blob,
            Role::ResultsBus => Place::ResultsBus,
            Role::NotificationBus => Place::NotificationBus,
        }
    }
}

impl Operation {
    /// The operation's name in fault plans.
    pub fn request(self) -> &'static str {
        match self {
            Operation::OpenidConfiguration | Operation::InstanceDiscovery | Operation::Keys => "discovery",
            Operation::Token => "tokens",
            Operation::List | Operation::KeyValue => "settings",
            Operation::PutBlob => "blobs",
            Operation::Blob => "blob_reads",
            Operation::SubmitOrder => "orders",
            Operation::FetchDelivery => "deliveries",
            Operation::ClaimDelivery => "claims",
            Operation::PostReceipt => "receipts",
            Operation::Heartbeat => "heartbeats",
        }
    }
}

/// What a request asks for, by its first line; nothing if the bytes begin none. `role` is that of the host, if it has one.
pub(crate) fn exchange(contract: &Contract, role: Option<Role>, bytes: &[u8]) -> Option<Exchange> {
    let line = bytes.split(|byte| *byte == b'\r').next()?;
    let mut words = str::from_utf8(line).ok()?.strip_suffix(" HTTP/1.1")?.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    let path = target.split('?').next().unwrap_or_default();
    let of = |role: Role, request: &str| Some(Exchange { place: role.place(), request: request.to_owned() });
    let route = contract.routes().find(|(of, _, route)| {
        role.is_none_or(|role| role == *of) && route.method == method && route.captures(path).is_some()
    });
    if let Some((role, operation, _)) = route {
        return of(role, operation.request());
    }
    let first = path.split('/').nth(1).unwrap_or_default();
    let blobs = if method == "PUT" { "blobs" } else { "blob_reads" };
    match role {
        Some(Role::Settings) => of(Role::Settings, "settings"),
        Some(Role::Blob) => of(Role::Blob, blobs),
        None if contract.is_blob_account(first) => of(Role::Blob, blobs),
        None if appconfig::ROOTS.contains(&first) => of(Role::Settings, "settings"),
        _ => of(role.unwrap_or(Role::EmrApi), "unknown"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_known_by_its_first_line() {
        let contract = Contract::load(None).unwrap();
        let asks = |role, line: &str| {
            let exchange = exchange(&contract, role, format!("{line}\r\nHost: x\r\n").as_bytes())?;
            Some((exchange.place, exchange.request))
        };
        let is = |place, request: &str| Some((place, request.to_owned()));
        assert_eq!(asks(None, "POST /emr/v1/orders HTTP/1.1"), is(Place::EmrApi, "orders"));
        assert_eq!(asks(None, "GET /emr/v1/deliveries/1 HTTP/1.1"), is(Place::EmrApi, "deliveries"));
        assert_eq!(asks(None, "GET /kv?key=EmrProxy:* HTTP/1.1"), is(Place::Settings, "settings"));
        assert_eq!(asks(None, "PUT /irisicdqa/orders/1.hl7 HTTP/1.1"), is(Place::Blob, "blobs"));
        assert_eq!(asks(Some(Role::Blob), "PUT /orders/1.hl7 HTTP/1.1"), is(Place::Blob, "blobs"));
        assert_eq!(asks(None, "MSH|^~\\&|"), None);
    }
}
