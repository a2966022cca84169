"""Who is told what came of a night: troubles and when they are over, acknowledgements, webhook, e-mail, metrics.

It reads what the run has left (``state.last_run``, the published file) and changes nothing of what was published. How a run is
started, watched and ended belongs in ``orchestration``.
"""
