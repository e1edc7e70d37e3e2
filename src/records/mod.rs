//! The two drawers. `private` and `chart` share how a version is sealed and never import each other.

pub mod chart;
pub mod grants;
pub mod opening;
pub mod own_data;
pub mod private;
pub(crate) mod sealing;
pub(crate) mod worker;
