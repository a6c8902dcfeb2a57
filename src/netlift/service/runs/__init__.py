"""The queue of long jobs in the store itself, with progress, and the workers that take from it."""
