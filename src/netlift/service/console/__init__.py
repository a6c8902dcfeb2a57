"""The pages for people, in English and Chinese."""
