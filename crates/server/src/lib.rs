//! The HTTP face: routes parse, call a verb of the workspace, and answer.
