"""Text of specs and data inside HTML, SVG and Mermaid: shown as it is, never markup."""

from __future__ import annotations

from html import escape


def xml_text(text: str) -> str:
    """Safe as content and as a quoted attribute of HTML and XML. What XML cannot hold becomes U+FFFD."""
    return escape("".join(c if _in_xml(c) else "\ufffd" for c in text), quote=True)


def _in_xml(character: str) -> bool:
    """XML 1.0, production 2 (Char), without the C1 controls."""
    code = ord(character)
    if code < 0x20:
        return character in "\t\n\r"
    return not (0x7F <= code <= 0x9F or 0xD800 <= code <= 0xDFFF or code in (0xFFFE, 0xFFFF))


def mermaid_text(text: str) -> str:
    """Safe inside a quoted Mermaid label: everything but letters, digits and harmless signs is a character entity."""
    return "".join(c if c.isalnum() or c in " .,:_-…" else "#xfffd;" if not _in_xml(c) else f"#{ord(c)};" for c in text)
