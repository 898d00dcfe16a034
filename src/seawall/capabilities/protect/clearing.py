"""How a protected column is turned back: by the key versions that it was protected under, whatever came after."""

from seawall.capabilities.protect.conversions import CellCipher, Clear
from seawall.capabilities.protect.model import ProtectedColumn, TechniqueName
from seawall.capabilities.protect.open_keys import OpenKeys
from seawall.capabilities.protect.sealing import binding
from seawall.capabilities.protect.tokens import Tokens, tokens_for


def sealed_of(keys: OpenKeys, column: ProtectedColumn, action: str) -> CellCipher:
    """Open what a column's ciphertexts were made with: its own key, or that of its invalid values.

    Each ciphertext names its version, so the key is opened at its newest.
    """
    key = column.invalid_key if column.technique is TechniqueName.TOKENISE else column.key
    cipher = keys.get(key, None, action)
    return CellCipher(cipher=cipher, context=binding(column.data_class, column.name), field=column.name)


def tokens_of(keys: OpenKeys, column: ProtectedColumn, action: str) -> Tokens:
    """Open what a column's tokens were made with."""
    assert column.data_class is not None
    return tokens_for(
        column.data_class,
        keys.get(column.key, column.version, action),
        column.tweak_id,
        keep_first=column.keep_first,
        keep_last=column.keep_last,
    )


def clear_of(keys: OpenKeys, column: ProtectedColumn, *, token_action: str, sealed_action: str) -> Clear:
    """Open all that turns a column back."""
    tokens = tokens_of(keys, column, token_action) if column.technique is TechniqueName.TOKENISE else None
    return Clear(name=column.name, sealed=sealed_of(keys, column, sealed_action), tokens=tokens)
