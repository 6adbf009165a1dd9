"""Bring a new wave in: compare it with the wave before, and draft the codebook's rows.

profile     what a wave looks like: labels, codes, counts
compare     what changed, each with a confidence and a reason
propose     the codebook rows that would answer each change
draft       the draft that a person reviews
apply       the accepted rows, written into the codebook
"""
