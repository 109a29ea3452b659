//! Randomness that repeats.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use uuid::Uuid;

/// A number from which all random choices of a run, scenario or simulator follow.
///
/// A scenario's seed comes from the run's seed and the scenario's id alone, so that order, selection, sharding and
/// parallel execution change nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(u64);

impl Seed {
    /// The seed of a run.
    pub fn new(seed: u64) -> Seed {
        Seed(seed)
    }

    /// The number.
    pub fn value(self) -> u64 {
        self.0
    }

    /// The seed of a part called `name`: equal for equal names, on every machine and in every version.
    pub fn derive(self, name: &str) -> Seed {
        // FNV-1a; the generator behind it spreads the bits
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325 ^ self.0, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Seed(hash)
    }

    /// A generator; equal seeds give equal sequences.
    pub fn rng(self) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(self.0)
    }

    /// A UUID that belongs to `name`.
    pub fn uuid(self, name: &str) -> Uuid {
        let mut bytes = [0; 16];
        self.derive(name).rng().fill_bytes(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// Upper case hexadecimal text of `digits` digits that belongs to `name`.
    pub fn hex(self, name: &str, digits: usize) -> String {
        let mut bytes = vec![0; digits.div_ceil(2)];
        self.derive(name).rng().fill_bytes(&mut bytes);
        let mut text: String = bytes.iter().map(|b| format!("{b:02X}")).collect();
        text.truncate(digits);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_seeds_and_names_give_equal_values_and_others_do_not() {
        let seed = Seed::new(1);
        assert_eq!(seed.uuid("a"), Seed::new(1).uuid("a"));
        assert_ne!(seed.uuid("a"), seed.uuid("b"));
        assert_ne!(seed.uuid("a"), Seed::new(2).uuid("a"));
        assert_eq!(seed.hex("token", 128).len(), 128);
        assert!(seed.hex("token", 128).bytes().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b)));
    }

    #[test]
    fn the_sequence_is_the_same_in_every_version() {
        // a change here would change the bytes of every generated patient and order
        assert_eq!(Seed::new(42).derive("scenario").value(), 3_729_313_911_318_362_909);
    }
}
