//! "Did you mean": the known names that are nearest to a wrong one.

/// At most three names, nearest first.
pub fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let allowed = (wrong.chars().count() / 3).clamp(1, 8);
    let lower = wrong.to_lowercase();
    let distance = |name: &str| strsim::damerau_levenshtein(&lower, &name.to_lowercase());
    let mut near: Vec<_> = known.into_iter().map(|name| (distance(name), name)).collect();
    near.retain(|(distance, _)| *distance <= allowed);
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(3).map(|(_, name)| name).collect()
}

/// `; did you mean this or that?`, or nothing where no name is near.
pub fn did_you_mean<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    match &nearest(wrong, known)[..] {
        [] => String::new(),
        near => format!("; did you mean {}?", near.join(", ")),
    }
}
