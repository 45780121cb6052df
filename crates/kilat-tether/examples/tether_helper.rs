//! The helper of one camera, as the hidden subcommand of `kilat` is it: for this crate's own tests.

fn main() -> std::io::Result<()> {
    kilat_tether::run_worker()
}
