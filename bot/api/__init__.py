"""The read-only HTTP API: what was published, which documents it cites, and how surely; JSON, lists also as Atom.

::

    request --server: method, token, rate--> asked (parameters) --articles, stories, documents--> shapes (JSON) or feed

`operations` lists what there is; routes, checks and the OpenAPI description are all made from that one table, so they
cannot differ. Nothing of subscribers is ever read. Texts of articles belong to their outlets and are not given out:
title, lead, link and the quoted sentences only.
"""
