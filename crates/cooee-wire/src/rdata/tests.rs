//! Tests of record data.
