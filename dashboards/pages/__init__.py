"""The report as a site of static pages: ``site`` makes them with ``templates`` and ``assets``, ``serve`` shows them on this
machine.

What stands on a page belongs in ``dashboards.content``.
"""
