"""The words of forms are there in every language."""

import msgspec

from hub.forms.blocks import WAYS
from hub.wording import LANGUAGES
from hub.wording.forms import form_words
from rooms.forms.fields import PRIVACY
from rooms.forms.record import Act
from rooms.forms.standing import Stand


def test_all_languages_have_the_same_words() -> None:
    first, *others = (msgspec.to_builtins(form_words(language)) for language in LANGUAGES)
    for other in others:
        assert {part: set(words) for part, words in other.items()} == {
            part: set(words) for part, words in first.items()
        }
        assert all(words.values() for words in other.values())


def test_every_value_has_a_word() -> None:
    words = form_words("ko")
    assert set(Stand) <= set(words.states)
    assert {*PRIVACY, "general", "sensitive", "identifier", "third_party", "publicity"} <= set(words.privacy)
    assert {*Act, *WAYS} <= set(words.certificate)
