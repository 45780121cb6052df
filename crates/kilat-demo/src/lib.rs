//! A virtual photographer who writes real camera files.
