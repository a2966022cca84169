"""The published file as pages and documents see it: read once, read-only, then plain Python objects.

1. ``file``: the file opened, and what can be missing in it.
2. ``catalogue``, ``publication``, ``purging``: what is said of the figures, of the publication and of whom the figures lack.
3. ``numbers``: the key of a published number, counts and shares of numbers, and their values.
4. ``report``: all that one report shows; and what single pages need besides: ``trends``, ``plan``, ``target_group``,
   ``status`` (the page ”Underlag och kontroller”), ``open_data``.

No wording and no layout belong here, and no knowledge of which figure stands where.
"""
