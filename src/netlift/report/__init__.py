"""Results for people: words in two languages, figures, one self-contained HTML file."""
