"""What a caller is told of an error: the problem document of RFC 9457."""

from shared.domain.errors import Conflict, InvalidInput
from shared.domain.mistakes import mistake


def test_a_problem_says_its_code_its_sentence_and_each_mistake() -> None:
    mistakes = [mistake("/name", "is missing"), mistake("/price", "is too low")]
    told = InvalidInput("Some fields are not valid.", errors=mistakes)
    assert told.to_dict() == {
        "type": "about:blank",
        "title": InvalidInput.title,
        "status": 422,
        "code": "invalid_input",
        "detail": "Some fields are not valid.",
        "errors": mistakes,
    }


def test_a_problem_without_a_sentence_or_mistakes_has_neither() -> None:
    told = Conflict(code="slot_taken").to_dict()
    assert told.keys() == {"type", "title", "status", "code"}
    assert (told["status"], told["code"]) == (409, "slot_taken")
