//! The codes of what can be wrong with a file before anyone asks what it means.

use crate::diagnostic::codes;

codes! {
    /// The text isn't YAML.
    pub const YAML_SYNTAX: Code = Code("D001");
    /// The text isn't JSON.
    pub const JSON_SYNTAX: Code = Code("D002");
    /// A key stands twice in one map.
    pub const DUPLICATE_KEY: Code = Code("D003");
    /// A key that is a list, a map, empty or tagged.
    pub const BAD_KEY: Code = Code("D004");
    /// More than one document in a file.
    pub const SEVERAL_DOCUMENTS: Code = Code("D005");
    /// An alias without its anchor, or inside what it stands for.
    pub const BAD_ALIAS: Code = Code("D006");
    /// A merge key (`<<`).
    pub const MERGE_KEY: Code = Code("D007");
    /// A tag of YAML itself that isn't supported, or that doesn't fit its value.
    pub const BAD_TAG: Code = Code("D008");
    /// A limit on size, depth or aliases is exceeded.
    pub const LIMIT: Code = Code("D009");
    /// Bytes that aren't UTF-8, or characters that YAML doesn't allow.
    pub const ENCODING: Code = Code("D010");
    /// A scalar that YAML 1.1 and YAML 1.2 read differently, or that no number holds.
    pub const AMBIGUOUS_SCALAR: Code = Code("D011");
    /// A tag such as `!Ref` in a file that has none.
    pub const UNEXPECTED_TAG: Code = Code("D012");
}
