"""Languages as people name them, by the codes that data hold."""

from __future__ import annotations

NAMES = {
    "ar": "Arabic", "be": "Belarusian", "bg": "Bulgarian", "bn": "Bengali", "ca": "Catalan", "cs": "Czech",
    "da": "Danish", "de": "German", "el": "Greek", "en": "English", "es": "Spanish", "et": "Estonian", "fa": "Persian",
    "fi": "Finnish", "fr": "French", "ga": "Irish", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian",
    "id": "Indonesian", "is": "Icelandic", "it": "Italian", "ja": "Japanese", "ka": "Georgian", "kk": "Kazakh",
    "ko": "Korean", "lt": "Lithuanian", "lv": "Latvian", "ms": "Malay", "mt": "Maltese", "nb": "Norwegian",
    "nl": "Dutch", "no": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian",
    "sk": "Slovak", "sl": "Slovene", "sq": "Albanian", "sr": "Serbian", "sv": "Swedish", "th": "Thai", "tr": "Turkish",
    "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip
"""English names by two-letter code."""

_RIGHT_TO_LEFT = {"ar", "fa", "he", "ur"}


def language_name(code: str | None) -> str:
    """`Latvian` for `lv` and `lv-LV`; the code itself where we have no name; empty where the language is not known."""
    if not code:
        return ""
    return NAMES.get(_primary(code), code)


def direction(code: str | None) -> str:
    """`rtl` or `ltr`; `auto` where the language is not known."""
    if not code:
        return "auto"
    return "rtl" if _primary(code) in _RIGHT_TO_LEFT else "ltr"


def _primary(code: str) -> str:
    return code.replace("_", "-").split("-")[0].lower()
