//! The codes of what can be wrong with a configuration.

use crate::diagnostic::codes;

codes! {
    /// A key that isn't known at its place.
    pub const UNKNOWN_KEY: Code = Code("C001");
    /// A value of the wrong type.
    pub const WRONG_TYPE: Code = Code("C002");
    /// A value that isn't one of those allowed.
    pub const NOT_ALLOWED: Code = Code("C003");
    /// A number outside its range.
    pub const OUT_OF_RANGE: Code = Code("C004");
    /// A number or boolean where text is meant: it needs quotes.
    pub const NEEDS_QUOTES: Code = Code("C005");
    /// None or several of what excludes each other.
    pub const NOT_EXACTLY_ONE: Code = Code("C006");
    /// A value that something else makes necessary.
    pub const MISSING: Code = Code("C007");
    /// A `--set` that can't be read.
    pub const BAD_OVERRIDE: Code = Code("C008");
    /// A network to look up, and no result of the look-up that fits.
    pub const LOOKUP: Code = Code("C009");
    /// An environment or stack that the configuration doesn't have.
    pub const UNKNOWN_STACK: Code = Code("C010");
    /// A name that AWS or the program doesn't take.
    pub const NAME: Code = Code("C011");
    /// A text that isn't in its format.
    pub const FORMAT: Code = Code("C012");
    /// An address range that can't be used.
    pub const CIDR: Code = Code("C013");
    /// An ARN of another account or region than the stack's.
    pub const ELSEWHERE: Code = Code("C014");
    /// Production without HTTPS.
    pub const NO_HTTPS: Code = Code("C015");
    /// A hosted zone without a domain name.
    pub const ZONE_WITHOUT_DOMAIN: Code = Code("C016");
    /// A certificate without the name that it is for.
    pub const CERTIFICATE_WITHOUT_DOMAIN: Code = Code("C033");
    /// Too few subnets, or one twice.
    pub const SUBNETS: Code = Code("C017");
    /// A network without a way to the internet, and images from it.
    pub const CLOSED_NETWORK: Code = Code("C018");
    /// No configuration where it is looked for, so that every key has its default.
    pub const NO_FILE: Code = Code("C019");
    /// A layout that can't be built.
    pub const LAYOUT: Code = Code("C020");
    /// A component that is placed but off, on but not placed, or that has settings and doesn't run.
    pub const PLACEMENT: Code = Code("C021");
    /// Settings of a service that the layout doesn't have.
    pub const UNKNOWN_SERVICE: Code = Code("C022");
    /// Fewest and most tasks that contradict each other.
    pub const TASK_COUNTS: Code = Code("C023");
    /// A size that Fargate doesn't offer, or containers larger than their task.
    pub const TASK_SIZE: Code = Code("C024");
    /// Something that makes two of what has to be one.
    pub const SINGLETON: Code = Code("C025");
    /// Several plugin daemons.
    pub const PLUGIN_DAEMONS: Code = Code("C026");
    /// Spot for what can't be interrupted, or settings without Spot.
    pub const SPOT: Code = Code("C027");
    /// A shell in tasks that have no role.
    pub const EXEC: Code = Code("C028");
    /// A deployment that couldn't replace a task.
    pub const ROLLOUT: Code = Code("C029");
    /// Times of a health check that contradict each other.
    pub const HEALTH_CHECK: Code = Code("C030");
    /// Containers that wait for each other in a way that ECS refuses.
    pub const DEPENDS_ON: Code = Code("C031");
    /// An image, registry or tag that can't be pulled.
    pub const IMAGE: Code = Code("C032");
    /// A version that the service doesn't offer, or isn't known.
    pub const ENGINE_VERSION: Code = Code("C040");
    /// An instance or node class that can't be used.
    pub const INSTANCE_CLASS: Code = Code("C041");
    /// Serverless capacities that contradict each other.
    pub const SERVERLESS: Code = Code("C042");
    /// A time window that isn't one, is too short, or overlaps another.
    pub const WINDOW: Code = Code("C043");
    /// A restored database whose password isn't known.
    pub const RESTORE: Code = Code("C044");
    /// Failover without a node to fail over to.
    pub const FAILOVER: Code = Code("C045");
    /// A name of a database or user that PostgreSQL or RDS refuses.
    pub const DATABASE_NAME: Code = Code("C046");
    /// A parameter that the engine's parameter group doesn't take.
    pub const ENGINE_PARAMETER: Code = Code("C047");
    /// An environment variable whose name no shell reads.
    pub const VARIABLE_NAME: Code = Code("C050");
    /// A value that would reach the container otherwise than it is written.
    pub const VARIABLE_TEXT: Code = Code("C051");
    /// Mail settings that can't work.
    pub const MAIL: Code = Code("C060");
    /// A tag that AWS refuses.
    pub const TAG: Code = Code("C070");
    /// Settings of a resource that can't be meant.
    pub const RESOURCE: Code = Code("C071");
    /// An accepted finding without code, place or reason, of a code that no rule has, or that accepts nothing.
    pub const ACCEPT: Code = Code("C072");
    /// The types refuse what the schema accepts: a mistake of the program.
    pub const DISAGREEMENT: Code = Code("C099");
}
