//! Sorts the versions that it is given.

fn main() {
    let mut versions: Vec<semver::Version> = std::env::args()
        .skip(1)
        .filter_map(|text| text.parse().ok())
        .collect();
    versions.sort();
    println!("{} of them:", itoa::Buffer::new().format(versions.len()));
    for version in versions {
        println!("{version}");
    }
}
