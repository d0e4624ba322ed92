//! What doesn't compile, each beside a twin that compiles and differs in that line.
//!
//! A required property can't be left out, be it the schema's:
//!
//! ```
//! use dify_cfn::resources::ecs::task_definition::ContainerDefinition;
//! ContainerDefinition::new("langgenius/dify-api:1.17.1", "api");
//! ```
//!
//! ```compile_fail,E0061
//! use dify_cfn::resources::ecs::task_definition::ContainerDefinition;
//! ContainerDefinition::new("langgenius/dify-api:1.17.1");
//! ```
//!
//! or the overlay's:
//!
//! ```
//! use dify_cfn::resources::rds::CfnDbCluster;
//! let cluster = CfnDbCluster { port: Some(5432.into()), ..CfnDbCluster::new("aurora-postgresql") };
//! ```
//!
//! ```compile_fail,E0277
//! use dify_cfn::resources::rds::CfnDbCluster;
//! let cluster = CfnDbCluster { port: Some(5432.into()), ..Default::default() };
//! ```
//!
//! An attribute that the type doesn't have can't be written:
//!
//! ```
//! use dify_cfn::cfn::Handle;
//! use dify_cfn::resources::rds::CfnDbCluster;
//! fn host(cluster: &Handle<CfnDbCluster>) {
//!     cluster.endpoint_address();
//! }
//! ```
//!
//! ```compile_fail,E0599
//! use dify_cfn::cfn::Handle;
//! use dify_cfn::resources::rds::CfnDbCluster;
//! fn host(cluster: &Handle<CfnDbCluster>) {
//!     cluster.endpoint_adress();
//! }
//! ```
//!
//! A property that the type doesn't have can't be set, and neither can one that the resource sets itself:
//!
//! ```
//! use dify_cfn::resources::s3::CfnBucket;
//! let bucket = CfnBucket { bucket_name: Some("files".into()), ..Default::default() };
//! ```
//!
//! ```compile_fail,E0560
//! use dify_cfn::resources::s3::CfnBucket;
//! let bucket = CfnBucket { arn: Some("files".into()), ..Default::default() };
//! ```
//!
//! A text that isn't one of the enumeration's can't be set:
//!
//! ```
//! use dify_cfn::resources::ecs::{CfnService, service::LaunchType};
//! let service = CfnService { launch_type: Some(LaunchType::Fargate.into()), ..CfnService::new("api") };
//! ```
//!
//! ```compile_fail,E0277
//! use dify_cfn::resources::ecs::{CfnService, service::LaunchType};
//! let service = CfnService { launch_type: Some("FARGTE".into()), ..CfnService::new("api") };
//! ```
