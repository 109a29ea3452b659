//! Takes the secrets out of what a bundle tells of a profile.

use aho_corasick::AhoCorasick;
use serde_yaml::{Mapping, Value};

const REMOVED: &str = "(removed)";

/// A profile as YAML without secrets. What is written into environment and files is kept only where it is made of placeholders
/// (`{client_secret}`): anything else may be a secret, by whatever name.
pub(super) fn profile(text: &str) -> anyhow::Result<String> {
    let mut profile: Value = serde_yaml::from_str(text)?;
    if let Some(cloud) = mapping(&mut profile, "cloud") {
        for name in ["client_secret", "bus_key"] {
            if let Some(secret) = cloud.get_mut(name) {
                *secret = REMOVED.into();
            }
        }
    }
    if let Some(launch) = mapping(&mut profile, "proxy").and_then(|proxy| proxy.get_mut("launch")) {
        for name in ["env", "files"] {
            let values = mapping(launch, name).into_iter().flat_map(|values| values.values_mut());
            values.filter(|value| !is_placeholder(value)).for_each(|value| *value = REMOVED.into());
        }
        if let Some(Value::Sequence(arguments)) = launch.get_mut("args") {
            // `--secret=…`, and the value behind `--secret`
            let mut behind_name = false;
            for argument in arguments {
                let text = argument.as_str().unwrap_or_default().to_owned();
                match text.split_once('=') {
                    _ if is_placeholder(argument) => {}
                    Some((name, value)) if !is_placeholder(&value.into()) => {
                        *argument = format!("{name}={REMOVED}").into()
                    }
                    None if behind_name && !text.starts_with('-') => *argument = REMOVED.into(),
                    _ => {}
                }
                behind_name = text.starts_with('-') && !text.contains('=');
            }
        }
    }
    Ok(serde_yaml::to_string(&profile)?)
}

fn mapping<'a>(value: &'a mut Value, name: &str) -> Option<&'a mut Mapping> {
    value.get_mut(name)?.as_mapping_mut()
}

/// Whether the text is one `{name}` and nothing else.
fn is_placeholder(value: &Value) -> bool {
    let name = value.as_str().and_then(|text| text.strip_prefix('{')?.strip_suffix('}'));
    name.is_some_and(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b"_.".contains(&b)))
}

/// Overwrites each secret with as many `*`.
///
/// # Errors
/// More secrets than can be searched for at once.
pub(super) fn overwrite(bytes: &mut [u8], secrets: &[String]) -> anyhow::Result<()> {
    let secrets = AhoCorasick::new(secrets.iter().filter(|secret| !secret.is_empty()))?;
    let found: Vec<_> = secrets.find_overlapping_iter(&*bytes).map(|found| found.range()).collect();
    found.into_iter().for_each(|range| bytes[range].fill(b'*'));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_placeholders_are_kept_of_what_may_be_secret() {
        let text = "# canary-0\ncloud: { client_secret: canary-1, bus_key: canary-2, https_port: 443 }\n\
             proxy: { launch: { command: p, args: [--x, canary-3, --y=canary-4, --z, \"{proxy.orders}\", run], \
             env: { A: canary-5, B: \"{client_secret}\", C: \"{tenant}canary-6\" }, files: { f: canary-7 } } }\n";
        let redacted = profile(text).unwrap();
        assert!(!redacted.contains("canary"), "{redacted}");
        for kept in ["https_port: 443", "B: '{client_secret}'", "--y=(removed)", "'{proxy.orders}'", "- run"] {
            assert!(redacted.contains(kept), "{kept}: {redacted}");
        }
    }

    #[test]
    fn a_secret_is_overwritten_everywhere() {
        let mut bytes = b"k3y and k3y, k3".to_vec();
        overwrite(&mut bytes, &["k3y".to_owned(), String::new()]).unwrap();
        assert_eq!(bytes, b"*** and ***, k3");
    }
}
