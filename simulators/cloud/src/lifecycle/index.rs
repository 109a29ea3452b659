//! Where orders and patients are, so that an order does not take longer with every order before it.

use std::collections::HashMap;

use super::order::Order;
use super::tenancy::Patient;

/// Positions by what is looked for. LocalIds, and whose an order is, never change (LIFE-039).
#[derive(Debug, Default)]
pub(super) struct Index {
    orders: HashMap<String, Vec<usize>>,
    of_patients: HashMap<usize, Vec<usize>>,
    patients: HashMap<(Option<usize>, String), usize>,
}

impl Index {
    pub(super) fn new(orders: &[Order], patients: &[Patient]) -> Index {
        let mut index = Index::default();
        orders.iter().enumerate().for_each(|(at, order)| index.add_order(at, order));
        patients.iter().enumerate().for_each(|(at, patient)| index.add_patient(at, patient));
        index
    }

    pub(super) fn add_order(&mut self, at: usize, order: &Order) {
        if let Some(local_id) = order.local_id() {
            self.orders.entry(local_id.to_owned()).or_default().push(at);
        }
        self.of_patients.entry(order.patient).or_default().push(at);
    }

    pub(super) fn add_patient(&mut self, at: usize, patient: &Patient) {
        self.patients.entry((patient.site, patient.local_id.clone())).or_insert(at);
    }

    /// The orders with a LocalId, the oldest first.
    pub(super) fn orders(&self, local_id: &str) -> &[usize] {
        self.orders.get(local_id).map_or(&[], Vec::as_slice)
    }

    /// The orders of a patient, the oldest first.
    pub(super) fn of_patient(&self, patient: usize) -> &[usize] {
        self.of_patients.get(&patient).map_or(&[], Vec::as_slice)
    }

    pub(super) fn patient(&self, site: Option<usize>, local_id: &str) -> Option<usize> {
        self.patients.get(&(site, local_id.to_owned())).copied()
    }
}
