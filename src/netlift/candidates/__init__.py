"""Step 3 of the line: which offers could be made, to whom, and when.

offer       a treatment arm: what a customer can be given or not
candidate   an offer with its goal, audience, window, and the promotions that would carry it out
"""
