"""The count of the house's rooms, that `make check` prints."""

from infra.rooms import count, long_files, read_rooms, room_of, says_why


def test_a_room_is_a_folder_and_a_module_beside_the_rooms_is_one_by_itself() -> None:
    assert room_of("shared.domain.money.charge_limits") == "shared.domain.money"
    assert room_of("shared.domain.errors") == "shared.domain.errors"
    assert room_of("shared.adapters.outbox") == "shared.adapters"
    assert room_of("functions.send_mail.handler") == "functions.send_mail"


def test_an_arrow_is_counted_once_whatever_it_stands_for_and_none_stays_inside() -> None:
    fee, bookings, money = "shared.domain.fees.fee", "shared.domain.bookings", "shared.domain.money"
    imports = [
        (f"{bookings}.booking", f"{money}.money"),
        (f"{bookings}.fee", f"{money}.money"),
        (f"{bookings}.booking", f"{bookings}.fee"),
        (f"{bookings}.booking", fee),
        (fee, f"{bookings}.booking"),
    ]
    modules = {module for pair in imports for module in pair}

    rooms = count(modules, imports)

    assert rooms.modules == {bookings: 2, money: 1, "shared.domain.fees": 1}
    assert rooms.arrows[bookings, money] == 2
    assert len(rooms.arrows) == 3
    assert rooms.circles() == [(bookings, "shared.domain.fees")]


def test_a_long_file_gives_its_reason_at_its_head() -> None:
    assert says_why("shared/adapters/stripe_api.py")
    assert not says_why("infra/rooms.py")
    assert [name for name in long_files() if not says_why(name)] == []


def test_no_two_rooms_import_from_each_other() -> None:
    assert read_rooms().circles() == []
