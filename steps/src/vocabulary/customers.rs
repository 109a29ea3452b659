//! Cloud EMRs: several customers on one link, told apart by header content (01-topology, section 8).

use std::collections::BTreeMap;

use cloud::lifecycle::{Organization, Sender};
use cloud::orm::OrderProfile;
use cucumber::gherkin::Step;
use cucumber::{given, then, when};
use emr::{Cut, Personality};
use hl7::Message;
use journal::Event;

use super::parties::{is_of_results, order_profile};
use super::results::placer;
use super::{received, seen_facts};
use crate::world::{Outcome, SentOrder, Stop, World, error, failed, results_profile};

/// The columns of a table of customers; any other one is an agreement.
const COLUMNS: [&str; 6] = ["customer", "EMR", "MSH-3", "MSH-4", "MSH-5", "MSH-6"];

/// One of several customers on a link.
#[derive(Clone, Debug)]
pub struct Customer {
    name: String,
    /// The EMR that its orders look like.
    emr: String,
    /// MSH-3 and MSH-4 of its orders.
    sender: [String; 2],
    /// MSH-5 and MSH-6 of its results.
    receiver: [String; 2],
}

/// Sends an order that looks like those of this EMR (`iris-conformance generate --emr`); IRIS has its agreements from now on.
#[when(expr = "the EMR {string} orders an exam for a synthetic patient")]
async fn order_of_emr(world: &mut World, emr: String) -> Outcome {
    let personality = Personality::named(&emr).map_err(error)?;
    world.cloud()?.set_order_profile(personality.order_profile().map_err(error)?);
    let index = u32::try_from(world.orders.len()).map_err(error)?;
    let content = personality.order(world.seed.derive(&emr), index, world.clock.now()).map_err(error)?;
    world.send_order(content, &Cut::Whole).await
}

/// Customers of one link. Columns: customer (a name), EMR (how its orders look: athena, ochin, ecw, epic, cerner), MSH-3 and MSH-4
/// of its orders, MSH-5 and MSH-6 of its results, and agreements as in "the clinic and IRIS agreed on" (an empty cell: the
/// default; charges are off). Clinics are those of the EMR, equal ones included.
#[given(expr = "these customers share the link")]
async fn share(world: &mut World, step: &Step) -> Outcome {
    for row in rows(step)? {
        let cell = |name: &str| row.iter().find(|(column, _)| *column == name).map(|(_, cell)| (*cell).to_owned());
        let named = |name: &str| cell(name).ok_or_else(|| error(format!("the table has no column {name}")));
        let customer = Customer {
            name: named("customer")?,
            emr: named("EMR")?,
            sender: [named("MSH-3")?, named("MSH-4")?],
            receiver: [named("MSH-5")?, named("MSH-6")?],
        };
        let mut orders: OrderProfile =
            Personality::named(&customer.emr).and_then(|emr| emr.order_profile()).map_err(error)?;
        orders.parent_entity = None; // the sender says whose order it is
        let [app, fac] = customer.receiver.clone();
        let fixed = [("res.recv_app", &app), ("res.recv_fac", &fac), ("dft.msh5", &app), ("dft.msh6", &fac)];
        let mut options: BTreeMap<String, String> =
            fixed.iter().map(|(option, value)| ((*option).to_owned(), (*value).clone())).collect();
        options.insert("dft.enabled".to_owned(), "off".to_owned());
        for (key, value) in row.iter().filter(|(column, cell)| !COLUMNS.contains(column) && !cell.is_empty()) {
            match is_of_results(key) {
                true => drop(options.insert((*key).to_owned(), (*value).to_owned())),
                false => orders = order_profile(&orders, key, value)?,
            }
        }
        let [application, facility] = customer.sender.clone();
        world.cloud()?.add_customer(Organization {
            senders: vec![Sender { application, facility }],
            order_profile: orders,
            results_profile: results_profile(&options).map_err(error)?,
            ..Organization::of_proxies(world.seed.uuid(&format!("customer {}", customer.name)))
        });
        world.customers.push(customer);
    }
    Ok(())
}

/// Sends one order a row, all on one connection. Columns: customer, again (the number of an earlier order of the scenario, from 1,
/// to send once more with another control id; empty for a new patient), and HL7 paths whose elements are set; an empty cell
/// changes nothing.
#[when(expr = "these orders come on one connection")]
async fn come(world: &mut World, step: &Step) -> Outcome {
    let mut connection = world.connect_orders().await?;
    for row in rows(step)? {
        let content = world.order_of_row(&row)?;
        world.remember_canaries(&content);
        let answer = connection.order(&content, &Cut::Whole, world.deadline()).await;
        world.orders.push(SentOrder { content, answer: answer.map_err(|e| e.to_string()) });
    }
    connection.close().await;
    Ok(())
}

/// Every order that IRIS holds open is graded so, each for its own customer, in the order in which they came.
#[when(expr = "every open exam is graded {string}")]
async fn all_open(world: &mut World, grading: String) -> Outcome {
    let mut graded: Vec<(uuid::Uuid, String)> = Vec::new();
    for order in &world.orders {
        let cloud = world.cloud()?;
        let Some(customer) = cloud.customer_of(&order.content) else { continue };
        let key = (customer.guid(), placer(&order.content));
        let open = customer.order_state(&key.1).is_some_and(|state| state.is_open());
        if open && !graded.contains(&key) {
            world.grade(&order.content, &grading)?;
            graded.push(key);
        }
    }
    if graded.is_empty() { Err(Stop::Blocked("IRIS holds no open order".to_owned())) } else { Ok(()) }
}

/// So many messages of each kind come for each customer, and no others. Each belongs to an order of that customer by PID-18, has
/// MSH-5 and MSH-6 of that customer (TOP-096), and order number, patient, clinic and version of that order, as it was last sent.
/// Columns: customer, and some of ORU, MDM, DFT.
#[then(expr = "each customer receives")]
async fn each_receives(world: &mut World, step: &Step) -> Outcome {
    let rows = rows(step)?;
    let mut expected = BTreeMap::new();
    for row in &rows {
        let name = row.first().map_or("", |(_, name)| name);
        for (kind, count) in &row[1..] {
            let count: usize = count.parse().map_err(|_| error(format!("`{count}` is no number of {kind}s")))?;
            *expected.entry(*kind).or_insert(0) += count;
            world.customer(name)?;
        }
    }
    for (kind, count) in &expected {
        let enough = |events: &[Event]| (received(events, kind).len() >= *count).then_some(());
        let seen = |events: &[Event]| format!("{}; {}", received(events, kind).len(), seen_facts(events, "queue."));
        world.expect("TOP-096", format!("{count} {kind}"), enough, seen).await?;
    }
    let more = |events: &[Event]| {
        let surplus = expected.iter().find(|(kind, count)| received(events, kind).len() > **count);
        surplus.map(|(kind, _)| format!("{} {kind}", received(events, kind).len()))
    };
    world.expect_never("TOP-096", format!("{expected:?}"), more).await?;
    for kind in expected.keys() {
        let messages: Vec<Vec<u8>> =
            world.journal.read(|events| received(events, kind).into_iter().map(<[u8]>::to_vec).collect());
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for content in messages {
            *counts.entry(world.check_addressee(kind, content)?).or_default() += 1;
        }
        for row in &rows {
            let name = row.first().map_or("", |(_, name)| name);
            let wanted = row.iter().find(|(column, _)| column == kind).map_or("", |(_, count)| count);
            let seen = counts.get(name).copied().unwrap_or(0).to_string();
            if seen != wanted {
                return failed("TOP-096", format!("{wanted} {kind} for {name}"), seen);
            }
        }
    }
    Ok(())
}

/// The cells of a table, each under its column.
fn rows(step: &Step) -> Result<Vec<Vec<(&str, &str)>>, Stop> {
    let rows = step.table.as_ref().map_or(&[][..], |table| &table.rows);
    let (header, rows) = rows.split_first().ok_or_else(|| error("the step needs a table"))?;
    Ok(rows.iter().map(|row| header.iter().map(String::as_str).zip(row.iter().map(String::as_str)).collect()).collect())
}

fn value(message: &Message, path: &str) -> String {
    message.text(path).map(|text| text.into_owned()).unwrap_or_default()
}

impl World {
    fn customer(&self, name: &str) -> Result<&Customer, Stop> {
        let found = self.customers.iter().find(|customer| customer.name == name);
        found.ok_or_else(|| error(format!("no customer is called {name}")))
    }

    /// The order of a row.
    fn order_of_row(&self, row: &[(&str, &str)]) -> Result<Vec<u8>, Stop> {
        let cell = |name: &str| row.iter().find(|(column, _)| *column == name).map_or("", |(_, cell)| cell);
        let number = self.orders.len();
        let mut message = match cell("again") {
            "" => self.new_order_of(self.customer(cell("customer"))?)?,
            earlier => {
                let at = earlier.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
                let order = at.and_then(|at| self.orders.get(at));
                let order = order.ok_or_else(|| error(format!("there is no order {earlier}")))?;
                let mut message = Message::parse(order.content.clone()).map_err(error)?;
                message.set(&"MSH-10".parse().map_err(error)?, format!("A{number}").as_bytes()).map_err(error)?;
                message
            }
        };
        for (path, value) in
            row.iter().filter(|(column, cell)| !["customer", "again"].contains(column) && !cell.is_empty())
        {
            message.set(&path.parse().map_err(error)?, value.as_bytes()).map_err(error)?;
        }
        Ok(message.into_bytes())
    }

    /// The next order of the customer's EMR that comes from this customer.
    fn new_order_of(&self, customer: &Customer) -> Result<Message, Stop> {
        let personality = Personality::named(&customer.emr).map_err(error)?;
        let seed = self.seed.derive(&format!("order {} of {}", self.orders.len(), customer.name));
        // the seed chooses the customer too
        for index in 0..100 {
            let order = personality.order(seed, index, self.clock.now()).map_err(error)?;
            let message = Message::parse(order).map_err(error)?;
            if [value(&message, "MSH-3"), value(&message, "MSH-4")] == customer.sender {
                return Ok(message);
            }
        }
        Err(error(format!("the EMR {} sends no orders with MSH-3 and MSH-4 {:?}", customer.emr, customer.sender)))
    }

    /// The name of the customer that a message is for, if everything in it is that customer's.
    fn check_addressee(&self, kind: &str, content: Vec<u8>) -> Result<String, Stop> {
        let message = Message::parse(content).map_err(error)?;
        let orders = || self.orders.iter().rev().filter_map(|order| Message::parse(order.content.clone()).ok());
        let account = value(&message, "PID-18");
        let Some(first) = orders().find(|order| value(order, "PID-18") == account) else {
            return failed(
                "TOP-096",
                "a message for an order of the link",
                hl7::show::excerpt(message.bytes(), 0, 400),
            );
        };
        let sender = |order: &Message| [value(order, "MSH-3"), value(order, "MSH-4")];
        let customer = self.customers.iter().find(|customer| customer.sender == sender(&first));
        let customer = customer.ok_or_else(|| error("an order came from nobody"))?;
        let of_order = match kind {
            "ORU" => "ORC-2.1",
            "MDM" => "TXA-14",
            _ => "FT1-23.1",
        };
        let same = |order: &Message, path: &str| value(order, path) == value(&first, path);
        // the newest form of the order, which a change may have given it; a cancellation says nothing of the patient
        let newest = orders().find(|order| same(order, "ORC-2.1") && sender(order) == customer.sender);
        let order = newest.unwrap_or(first);
        let clinic = Some(value(&order, "PV1-3.1")).filter(|clinic| !clinic.is_empty());
        let expected = [
            ("MSH-5", customer.receiver[0].clone()),
            ("MSH-6", customer.receiver[1].clone()),
            ("MSH-12", value(&order, "MSH-12")),
            (of_order, value(&order, "ORC-2.1")),
            ("PID-5.1", value(&order, "PID-5.1")),
            ("PID-5.2", value(&order, "PID-5.2")),
            ("PID-7", value(&order, "PID-7")),
            ("PV1-3.1", clinic.unwrap_or_else(|| value(&order, "ORC-13.1"))),
        ];
        match expected.iter().find(|(path, expected)| value(&message, path) != *expected) {
            None => Ok(customer.name.clone()),
            Some((path, expected)) => {
                let seen = value(&message, path);
                failed("TOP-096", format!("{expected} in {path} of the {kind} for {}", customer.name), seen)
            }
        }
    }
}
