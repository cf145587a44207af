//! The page is built into the binary: when it was built anew, so is this room.

fn main() {
    println!("cargo::rerun-if-changed=../../web/dist");
}
