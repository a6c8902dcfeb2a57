"""Step 3 of the line: which offers could be made, to whom, and when.

offer       a treatment arm: what a customer can be given or not
candidate   an offer with its goal, audience, window, and the promotions that would carry it out
asked       what is wanted, and what the shop has to make promotions with
sources     what ideas are made from: catalogue, past promotions, baskets, people
audiences   who belongs to an audience; eligible: who of them may be given an offer
idea        a source of ideas; those that ship are in ideas/, one file each
ground      margin, lowest price, guard window: what bounds an idea
festivals   the calendar and its phases
diverse     which of many candidates are kept, so that they differ
generate    all of it as one function
"""
