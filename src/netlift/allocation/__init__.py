"""Step 5 of the line: who gets what under budgets, with a bound that proves how good the answer is.

problem     customers x offers with whole-number money, and the rows that couple them
result      the choice, its value, the upper bound, what each limit is worth
kernel      one pass over the customers at given prices: the only place where each of them is looked at
            kernel_narrow: passes that leave out whose answer is known
cutting     prices of the rows, by cutting planes on the dual
repair      from prices to a plan that keeps every limit
core        small or tied instances: what prices cannot settle goes to an exact solver
crowd       many customers, wherever they are: prices from everybody, repair of those who are nearly indifferent
source      which columns of Parquet are an allocation; streamed: read from it in parts; spark: beyond one machine
optimisers  dual (the main one), greedy, milp, lp, genetic, annealing: one protocol
front       several goals at once: the plans of which none is better in every one
search      what is no sum over customers: the promotion calendar, by exhaustive, genetic, annealing search
verify      recounts a plan from the problem alone, in whole numbers
"""
