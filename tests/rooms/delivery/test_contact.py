import pytest

from rooms.delivery.channels import Channel
from rooms.delivery.contact import LONGEST_EMAIL, Contact, is_email, is_phone
from rooms.ids import PersonId


def test_the_address_of_each_channel() -> None:
    contact = Contact(PersonId("p1"), "a@b", "010-0000-0000")
    assert [contact.address(channel) for channel in Channel] == [None, "a@b", "010-0000-0000"]


@pytest.mark.parametrize("text", ["a@b", "first.last+tag@sub.example.org", "x" * 64 + "@example.org"])
def test_e_mail_addresses(text: str) -> None:
    assert is_email(text)


@pytest.mark.parametrize(
    "text",
    ["", "a", "a@", "@b", "a@b@c", "a b@c", "a@b\n", "a@b, c@d", "<a@b>", "안나@b", "a@-", "x" * 65 + "@b"],
)
def test_what_is_no_e_mail_address(text: str) -> None:
    assert not is_email(text)


def test_an_e_mail_address_has_an_end() -> None:
    assert is_email("a@" + "b" * (LONGEST_EMAIL - 2))
    assert not is_email("a@" + "b" * (LONGEST_EMAIL - 1))


@pytest.mark.parametrize("text", ["010-1234-5678", "+82 10 1234 5678", "03100000000"])
def test_phone_numbers(text: str) -> None:
    assert is_phone(text)


@pytest.mark.parametrize("text", ["", "119", "010-1234-567x", "+", "0101234-", "1" * 21, "٠١٠١٢٣٤٥"])
def test_what_is_no_phone_number(text: str) -> None:
    assert not is_phone(text)
