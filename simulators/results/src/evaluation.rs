use serde::{Deserialize, Serialize};

/// What an order asks for (10-codes, section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[expect(missing_docs, reason = "the names are the codes of IRIS")]
#[expect(non_camel_case_types, reason = "the names are the codes of IRIS")]
pub enum EvaluationType {
    DR,
    Glaucoma,
    HIV,
    DRME,
    DR_REFNOREF,
    AMD,
    DR_AMD,
    SP,
    DR_AREDS_GLAUC,
    AI_Eyenuk_O1,
}
