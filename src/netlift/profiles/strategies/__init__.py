"""Who gets what, as a small tree that people can read.

cuts       where a feature may be cut, at round numbers
tree       questions about features, with an answer in each leaf
search     the tree of highest mean score: exact for two questions, looking two ahead beyond
judge      which leaves keep their offer, on customers from whom the tree did not learn
strategy   fit, decide, keep as JSON, and what it is worth beside simple answers
sentences  the leaves in words, in English and Chinese
insight    what goes along with an outcome: association, not effect
"""
