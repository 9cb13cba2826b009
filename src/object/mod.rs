//! Values, and Kubernetes objects with their identity.

mod value;

pub use value::{Map, Value};
