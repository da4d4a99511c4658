//! Confinement of a process by the system: landlock, seccomp and resource limits.
