"""Bring waves in: read what is delivered, draft the codebook's rows, let people decide, write them.

what a wave looks like   profile, missing, missing_labels, people, scales, roles, batteries
which column is which    wording, likeness, evidence, runs, stems, chances, matching, concordance,
                         known
what changed             compare, codes, numbers, revised, rehearsal
the rows that answer it  question_rows, code_rows, wave_rows, groups, segments, offered, import_ddi
what people review       draft, wanted, waivers, reviewing, columns, worksheet, review_page
their decisions          selecting, deciding, reviewer, apply, left_out, tables
a wave's later life      between, removing, series, later_variable, edits
the commands' steps      onboard
"""
