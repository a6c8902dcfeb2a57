"""What customers are worth, from nothing but when they bought and for how much.

histories   orders to frequency, recency, age and mean spend, as of a date
model       what the purchase models share: fit, P(alive), expected and discounted purchases
bg_nbd      buying at a Gamma rate, leaving after a purchase with a Beta chance (Fader, Hardie & Lee 2005)
pareto_nbd  buying at a Gamma rate, leaving at any time (Schmittlein, Morrison & Colombo 1987)
gamma_gamma mean spend per purchase (Fader & Hardie 2013)
clv         purchases x spend x margin, discounted; totals with bootstrap intervals
likelihood  maximum likelihood over grouped rows: several starts, Newton, errors from the Hessian
quadrature  integrals of positive functions, where closed forms lose their digits
"""
