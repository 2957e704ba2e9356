//! The fixture uses a crate of each kind that servers and clients treat
//! differently, and shows that each works.
use inflector::Inflector;

bitflags::bitflags! {
    struct Flags: u8 {
        const A = 1;
    }
}

fn main() {
    let mut buffer = itoa::Buffer::new();
    let side: either::Either<u8, u8> = either::Left(7);
    assert_eq!(buffer.format(side.into_inner()), "7");
    assert_eq!("ab cd".to_snake_case(), "ab_cd");
    assert!(Flags::A.contains(Flags::A));
    println!("ok");
}
