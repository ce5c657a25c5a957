"""What is due, oldest first: several index partitions read as one queue, page by page.

Whoever works it off stops when its time is up. What has waited longest is never behind what came
later, however much there is.
"""

from collections.abc import Iterator, Sequence

from shared.adapters.bookings_table import BookingsTable, Listed

OLDEST = "0"


def rounds_of(
    table: BookingsTable, partitions: Sequence[str], newest: str, page: int
) -> Iterator[list[Listed]]:
    """Yield rounds of up to `page` (100 at the most) items of each partition, oldest first.

    Places up to `newest` count. An item is yielded once, though it may be gone, or have another
    place, by the time that it is worked on: a round is read when it is asked for.
    """
    bounds = dict.fromkeys(partitions, OLDEST)
    while bounds:
        found: list[Listed] = []
        for partition, oldest in list(bounds.items()):
            items = table.list_oldest(partition, oldest, newest, page)
            found += items
            if len(items) < page:
                del bounds[partition]
            else:
                # Right after it: no place of ours has a character that sorts before the space.
                bounds[partition] = f"{items[-1].place} "
        if found:
            yield sorted(found, key=lambda each: each.place)
