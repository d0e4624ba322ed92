//! Cluster parameters for a `PostgreSQL` database that is used through pgvector.
//!
//! Source of the names: Amazon Aurora User Guide, "Aurora `PostgreSQL` cluster-level parameters". pgvector's own settings
//! (`hnsw.ef_search` and its like) aren't among them: sessions set those.

use indexmap::IndexMap;

/// A parameter with the reason for its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParameterSetting {
    /// The parameter.
    pub name: &'static str,
    /// Its value: a text, or a formula over the instance's class in braces.
    pub value: &'static str,
    /// Why it isn't left at its default.
    pub reason: &'static str,
}

/// The settings of [`pgvector_parameters`].
pub const PGVECTOR_PARAMETERS: [ParameterSetting; 8] = [
    ParameterSetting {
        name: "maintenance_work_mem",
        // In kB; a sixteenth of the memory, at least 64 MB. A fixed value could end an instance of a small class, which
        // can be chosen when the stack is deployed.
        value: "GREATEST({DBInstanceClassMemory/16384},65536)",
        reason: "an HNSW index is built many times faster while its graph fits in here (pgvector, \"Index build time\")",
    },
    ParameterSetting {
        name: "max_parallel_maintenance_workers",
        value: "GREATEST({DBInstanceVCPU/2},2)",
        reason: "builds of HNSW indexes use several processes since pgvector 0.6; half of the processors stay for queries",
    },
    ParameterSetting {
        name: "rds.force_ssl",
        value: "1",
        reason: "refuses connections without TLS; up to version 16 Aurora's default lets them in",
    },
    ParameterSetting {
        name: "pg_stat_statements.track",
        value: "all",
        reason: "counts statements inside of functions by themselves, not as their caller",
    },
    ParameterSetting {
        name: "log_min_duration_statement",
        value: "1000",
        reason: "logs statements that take a second or longer, with the values in them",
    },
    ParameterSetting {
        name: "log_lock_waits",
        value: "1",
        reason: "logs who waits for a lock for longer than a second, such as a migration behind a long transaction",
    },
    ParameterSetting {
        name: "log_temp_files",
        value: "10240",
        reason: "logs sorts and joins that spill 10 MB or more to disk: a sign that `work_mem` is too small",
    },
    ParameterSetting {
        name: "idle_in_transaction_session_timeout",
        value: "3600000",
        reason: "after an hour ends transactions whose client is gone, which block migrations and vacuum; the default is a day",
    },
];

/// Cluster parameters for a database with pgvector, by name: index builds that use the machine, TLS required, statistics
/// and logs that tell what is slow. [`PGVECTOR_PARAMETERS`] has the reasons.
pub fn pgvector_parameters() -> IndexMap<String, String> {
    PGVECTOR_PARAMETERS.iter().map(|setting| (setting.name.to_owned(), setting.value.to_owned())).collect()
}
