"""What products are: which go together, which stand for each other, and what is written and shown of them.

baskets      the different products of each order
rules        frequent sets of products, and rules with their significance
graph        products and the ties between them: bought, viewed, alike
communities  groups of products that hang together
kinship      complements and substitutes
bundles      sets at one price that keeps a margin
prices       what a product cost when, and the lowest price before a cut
words        keywords, and texts as points
images       pictures as points; needs the extra `netlift[images]`
"""
