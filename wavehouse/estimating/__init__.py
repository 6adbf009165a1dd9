"""Estimates that nobody declared: any measure, crossing, filter and waves, by the engine itself.

`questions.Question` says what is asked, `estimates.estimate` answers it, and `keeping.keep_program`
keeps with a release what answers need.
"""
