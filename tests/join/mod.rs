//! The script that joins a pod's configuration from its pieces, run by a real Python on volumes as the kubelet makes
//! them. `.ci/setup` installs that Python.

mod forms;
mod pod;
mod random;
mod waiting;
