"""Step 2 of the line: who customers are, as of a date.

as_of      the shop's tables as they were known before a moment
features   families of features, one file each
table      all families of every customer, on any engine
interests  what each customer is interested in, as a vector over categories
matrix     the numbers that models take of these tables
overview   what a table of profiles says in a few figures
segments   customers who are alike, named in words
strategies who gets what, as a tree that can be read
propensity who will buy, and for how much: seven families of models, judged by time
churn      who will not come back
outlook    segment, churn and value of everybody in one table, with what is not shown
value      what they are worth: purchases still to come, chance of being active, discounted margin
"""
