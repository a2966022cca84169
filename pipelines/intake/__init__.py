"""A night's deliveries, from the drop folder into the history.

``take_in`` runs the steps of ``delivery`` for every delivery that has not been seen and loads what came of it; ``owner``
makes sure that the history is this municipality's, ``clock`` that the machine's clock can be believed. What one delivery
must look like belongs in ``delivery``, how content is remembered in ``history``.
"""
