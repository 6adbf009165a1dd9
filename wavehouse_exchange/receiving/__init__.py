"""Deliveries that come through the API: received into quarantine, checked, handed to a person.

    quarantine.py    the folder of deliveries, what is known of each, and how one gets there whole
    arriving.py      bytes of a request on their way to the disk, counted and summed
    uploads.py       large files that arrive in parts
    bodies.py        what a request's body is: one file, several, or rows
    checking.py      the checks: a trial of `add-wave` in a copy of the project, and the design's
    constraints.py   what the build demands of respondents and weights, asked of the file
    check_one.py     one check, in a process of its own with limits
    checks.py        the processes that check, and what becomes of those that end badly
    sealing.py       files that wait, sealed in an encrypted project
    handing_over.py  `wavehouse deliveries`: a person takes a delivery in, or declines it

What lies in quarantine is read by no build, and no backup has it. Nothing gets from there into the
project unless a person says so.
"""
