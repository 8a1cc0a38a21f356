//! Suites, datasets, providers, recordings, assertions, statistics, reports.
