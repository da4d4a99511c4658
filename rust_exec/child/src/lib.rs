//! Nodes in a confined child process, over framed packets.
