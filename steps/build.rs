//! Tells insta where the snapshots' workspace is, so that it does not run cargo to find out.

fn main() {
    let here = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR");
    let root = std::path::Path::new(&here).parent().expect("the crate lies in the workspace");
    println!("cargo::rustc-env=INSTA_WORKSPACE_ROOT={}", root.display());
    println!("cargo::rerun-if-changed=build.rs");
}
