//! Files: dead letters beside the pipeline.
