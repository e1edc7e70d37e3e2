"""Makes tests/vectors/*.json: what must open, and what must be refused."""
