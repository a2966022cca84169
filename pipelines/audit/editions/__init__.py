"""Editions: a published report as a frozen, signed folder that proves itself on another machine (audit.md section 2).

``folder`` is what an exported folder is and how it proves itself, ``signatures`` and ``signers`` who has signed it, ``store``
where editions lie in KAA_HOME and how each names the one before it. ``freeze`` fills a folder from the published version,
``lifecycle`` proposes, approves and exports, ``verify`` asks whether all of it still holds. How a report looks does not belong
here.
"""
