"""Bridges: from one number to another, unit by unit, so that what came and what went adds up exactly (audit.md section 3).

``counted``: what a state counts; ``counted_now``: what is counted still, for the nightly that forgets the others. ``kept``: what
an edition counted, as it is kept beside it. ``reasons``: what differs between two states of knowledge. ``bridge``: the steps of
one cell; ``cells``: all cells of two states.
"""
