use super::*;

#[test]
fn a_signal_is_read_as_the_contract_writes_it_con_040() {
    let text = r#"{"DeliveryId":"67e55044-10b1-426f-9247-bb680e5fe0c8","Kind":"DFT","IrisOrderId":273013}"#;
    let template = contract::Contract::default().queues.results.signal;
    let signal = Signal::read(&template, text.as_bytes()).unwrap();
    assert_eq!(
        (signal.delivery_id.to_string().as_str(), signal.kind),
        ("67e55044-10b1-426f-9247-bb680e5fe0c8", Kind::Dft)
    );
    assert!(Signal::read(&template, text.replace("DFT", "ADT").as_bytes()).is_none());
    assert!(Signal::read(&template, br#"{"Kind":"ORU"}"#).is_none());
}

#[test]
fn a_receipt_is_written_as_the_contract_says_con_044() {
    let receipt = Receipt {
        outcome: Outcome::Rejected,
        attempts: 2,
        ack_code: Some("AE".to_owned()),
        ack: Some("YWNr".to_owned()),
        reason: Some("no".to_owned()),
    };
    assert_eq!(
        serde_json::to_string(&receipt).unwrap(),
        r#"{"Outcome":"Rejected","Attempts":2,"AckCode":"AE","Ack":"YWNr","Reason":"no"}"#
    );
    assert_eq!(
        serde_json::to_string(&Receipt::new(Outcome::NotSent, "cannot connect to the EMR")).unwrap(),
        r#"{"Outcome":"NotSent","Attempts":0,"AckCode":null,"Ack":null,"Reason":"cannot connect to the EMR"}"#
    );
}

#[test]
fn only_hl7_without_control_bytes_is_sent_mllp_002_mllp_040() {
    let message = b"MSH|^~\\&|IRIS||||||ORU^R01|42|P|2.4\rOBX|1\r";
    assert_eq!(sendable(message), Some(b"42".to_vec()));
    assert_eq!(sendable(b"{}"), None);
    assert_eq!(sendable(&[&message[..], b"OBX|\x1c\r"].concat()), None);
}
