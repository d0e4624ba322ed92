//! Both seed documents come out as `docs/seeds.md` claims.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests may panic, in helpers too")]

mod document;
mod evaluate;
mod facts;
mod hcl;
mod template;

#[test]
fn tmp() {
    for f in ["000_4e06b6b8e5ad4459.txt", "001_74849cdb502a4a51.txt"] {
        let text = std::fs::read_to_string(format!("/work/shared/seeds/{f}")).unwrap();
        let facts = facts::extract(f, &text).unwrap();
        let json = serde_json::to_string_pretty(&facts).unwrap();
        std::fs::write(format!("/tmp/seed-{}.json", &f[..3]), json).unwrap();
    }
}
