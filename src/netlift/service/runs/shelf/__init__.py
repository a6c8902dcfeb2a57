"""What is learned for the shop's pages: a program that reads the workspace and writes one shelf of lists.

files     a shelf on disk: named by digests, replaced whole, rid of a person at any time
events    what was done, with what lists led to it
learning  which recommender, and lists of customers block by block
related   what goes with a product, stands for it or is like it
making    all of it, as a job runs it: `python -m netlift.service.runs.shelf`
"""
