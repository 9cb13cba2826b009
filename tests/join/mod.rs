//! The script that joins a pod's configuration from its sources, run by a real Python on volumes like those of the
//! kubelet. `.ci/setup` installs that Python.

mod forms;
mod pod;
mod random;
mod waiting;
