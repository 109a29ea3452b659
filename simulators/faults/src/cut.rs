//! The connection breaks behind a number of bytes.

use crate::Passage;

pub(crate) fn pass(after: usize, passed: &mut usize, portion: usize) -> Passage {
    let left = after.saturating_sub(*passed);
    *passed += portion;
    if portion > left { Passage::CutAt(left) } else { Passage::Whole }
}
