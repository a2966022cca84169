"""The file that everybody may read, and what is asked before it is published.

``tables`` says what it holds and ``published_file`` makes it; ``guard`` keeps a night from publishing figures that have changed
by themselves, which ``known_figures`` finds; ``report_folder`` puts a finished report where people work in it. Pages are made
by ``dashboards``.
"""
