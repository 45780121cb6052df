//! One destination's loop, with a real journal, a real source folder, and a store that does as it is told.

mod faults;
mod order;
mod scene;
mod stop;
