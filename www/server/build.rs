fn main() {
    // A new migration is a new file, which cargo would not notice by itself.
    println!("cargo:rerun-if-changed=migrations");
}
