"""Other ways to the same estimates, each a program that reads a generated study.

Each writes its estimates, one row for each wave, measure, category and segment value, and what its
phases took. The phase `estimate` is what is compared; others read or declare.
"""
