//! The acceptance report.
use super::RunReport;
/// What the cover says besides the run.
pub struct Cover {
    /// Title.
    pub title: Option<String>,
    /// Customer.
    pub customer: Option<String>,
    /// Site.
    pub site: Option<String>,
}
/// The report.
///
/// # Errors
/// None yet.
pub fn write(_run: &RunReport, _cover: &Cover) -> anyhow::Result<Vec<u8>> {
    anyhow::bail!("not yet")
}
