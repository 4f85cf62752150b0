"""Long proofs: each runs the real processes against something that should break them, from a seed."""
