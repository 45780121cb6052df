//! What is inside a camera's file: is it whole, what took it, how it looks.
