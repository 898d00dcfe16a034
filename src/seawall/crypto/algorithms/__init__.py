"""Every algorithm that Seawall serves: what each is, keys of it, and instruments opened from these.

- :mod:`~seawall.crypto.algorithms.registry`: ``Algorithm``, ``Mechanism``, ``Operation``; ``spec_of``,
  ``mechanism_spec``, ``mechanisms_of``, ``check``. It imports no cryptography.
- :mod:`~seawall.crypto.algorithms.material`: ``generate``, ``accept``, ``public_key``, ``key_check_value``.
- :mod:`~seawall.crypto.algorithms.opening`: ``open_cipher``, ``open_signer`` and the rest, each opened once and used
  many times; :mod:`~seawall.crypto.algorithms.instruments` says what they have.
- :mod:`~seawall.crypto.algorithms.nonces`: where nonces come from, which is never a caller of the API.
- :mod:`~seawall.crypto.algorithms.pool`: keys made ahead.

:mod:`seawall.crypto.suites` numbers what stands in envelopes; :mod:`seawall.crypto.suite_envelope` makes and opens
them.
"""
