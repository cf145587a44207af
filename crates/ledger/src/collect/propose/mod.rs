//! What the columns of a file probably mean, from their names and their values.
