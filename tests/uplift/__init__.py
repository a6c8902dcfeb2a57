"""Tests of the room for uplift: ranking metrics, diagnostics, policy value."""
