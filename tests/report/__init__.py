"""Tests of the tables, sentences, figures and files that people read."""
