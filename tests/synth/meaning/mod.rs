//! What the templates of the shipped configurations mean. Tables here are written by hand from what Dify and AWS are, not
//! taken from the program.

mod console;
mod data;
mod environment;
mod paths;
mod permissions;
mod references;
mod routing;
mod secrets;
mod tasks;
