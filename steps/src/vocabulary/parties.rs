//! Who takes part, and what they agreed on.

use cloud::orm::OrderProfile;
use cucumber::gherkin::Step;
use cucumber::{given, then};

use crate::world::{Outcome, Stop, World, error, failed};

/// Starts a simulated EMR, the mock IRIS cloud and the proxy of the profile, and waits until the proxy is ready.
#[given(expr = "an EMR, a proxy and the IRIS cloud are connected")]
async fn connected(world: &mut World) -> Outcome {
    world.connect_all().await?;
    // the provider id type of all published orders
    agree(world, "provider.type", "SERDOTON")
}

/// Starts a simulated EMR and a mock IRIS cloud that the proxy has no reason to trust; the proxy is not started.
#[given(expr = "an EMR, and an IRIS cloud whose certificate another authority has signed")]
async fn distrusted(world: &mut World) -> Outcome {
    world.distrust_cloud()?;
    world.start_parties().await
}

/// The proxy is started, and in the quiet period it neither becomes ready nor asks the cloud for anything (CON-003).
#[then(expr = "the proxy asks that cloud for nothing")]
async fn asks_nothing(world: &mut World) -> Outcome {
    let wait = world.quiet() * 2;
    world.exit_expected = true; // it is ended when the time is over, ready or not
    let ready = tokio::time::timeout(wait, world.start_proxy()).await.is_ok_and(|started| started.is_ok());
    let asked = world.cloud()?.requests().await.len();
    match (ready, asked) {
        (false, 0) => Ok(()),
        _ => failed("", "no request to a cloud that is not to be trusted", format!("{asked} requests")),
    }
}

/// Charges (DFT) are off unless a scenario asks for them (DFT-GEN-002).
#[given(expr = "charges are enabled for the organization")]
async fn charges(world: &mut World) -> Outcome {
    world.set_results_option("dft.enabled", "on")
}

/// No charges for this organization.
#[given(expr = "charges are disabled for the organization")]
async fn no_charges(world: &mut World) -> Outcome {
    world.set_results_option("dft.enabled", "off")
}

/// Results go out as MDM instead of ORU (MDM-GEN-01).
#[given(expr = "results are sent as documents")]
async fn documents(world: &mut World) -> Outcome {
    world.set_results_option("mdm.enabled", "on")
}

/// Agreements between clinic and IRIS, a row each. On orders: patient_id.source, patient_id.type, provider.type,
/// provider.type_component, location.source, order_control.XO (and so on), orm.evaluation_types. On results, documents,
/// charges and codes: every option of a results profile, e.g. res.document, mdm.layout, dft.ft1_option, icd.default_category.
/// Values are YAML.
#[given(expr = "the clinic and IRIS agreed on")]
async fn agreed(world: &mut World, step: &Step) -> Outcome {
    let rows = step.table.as_ref().map_or(&[][..], |table| &table.rows);
    for row in rows {
        let [key, value] = row.as_slice() else {
            return Err(Stop::Error("every agreement is a row of two cells: what, and its value".to_owned()));
        };
        agree(world, key, value)?;
    }
    Ok(())
}

/// The same in one text, e.g. "res.document=off; res.narrative=nte"; "nothing else" leaves everything as it is.
#[given(expr = "the clinic and IRIS agreed on {string}")]
async fn agreed_on(world: &mut World, options: String) -> Outcome {
    if options == "nothing else" {
        return Ok(());
    }
    for option in options.split("; ") {
        let (key, value) = option.split_once('=').ok_or_else(|| error(format!("`{option}` is no key=value")))?;
        agree(world, key, value)?;
    }
    Ok(())
}

pub(super) fn agree(world: &mut World, key: &str, value: &str) -> Outcome {
    if is_of_results(key) {
        return world.set_results_option(key, value);
    }
    let cloud = world.cloud()?;
    cloud.set_order_profile(order_profile(&cloud.order_profile(), key, value)?);
    Ok(())
}

/// Whether an agreement is about results, documents, charges or codes.
pub(super) fn is_of_results(key: &str) -> bool {
    matches!(key.split('.').next(), Some("res" | "mdm" | "dft" | "icd" | "dx"))
}

/// The agreements on orders with one more.
pub(crate) fn order_profile(profile: &OrderProfile, key: &str, value: &str) -> Result<OrderProfile, Stop> {
    let (group, option) = key.split_once('.').unwrap_or((key, ""));
    // through YAML, so that a scenario uses the same keys as a file would
    let mut profile = serde_yaml::to_value(profile).map_err(error)?;
    let value: serde_yaml::Value = serde_yaml::from_str(value).map_err(error)?;
    let entry = if group == "orm" { Some(&mut profile) } else { profile.get_mut(group) };
    let entry = entry.and_then(serde_yaml::Value::as_mapping_mut);
    let entry = entry.ok_or_else(|| error(format!("{key} is no agreement; see the step's description")))?;
    entry.insert(option.into(), value);
    serde_yaml::from_value(profile).map_err(|e| error(format!("{key}: {e}")))
}
