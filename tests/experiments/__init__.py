"""Tests of the room for comparing arms."""
