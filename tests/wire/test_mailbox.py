import select
import threading

import numpy as np

from wire.mailbox import Mailbox, Picture


def picture(seq: int) -> Picture:
    return Picture(seq, 0, 25.0, np.zeros((2, 2, 3), np.uint8))


def readable(mailbox: Mailbox) -> bool:
    return bool(select.select([mailbox.fileno()], [], [], 0)[0])


def test_live_the_newest_picture_wins_and_the_others_are_counted() -> None:
    mailbox = Mailbox(lossless=False)
    for seq in range(5):
        assert mailbox.put(picture(seq))
    taken = mailbox.take()
    assert taken is not None
    assert taken.seq == 4
    assert mailbox.take() is None
    assert mailbox.overwritten == 4
    mailbox.close()


def test_lossless_the_reader_waits_until_its_picture_was_taken() -> None:
    mailbox = Mailbox(lossless=True)
    seen: list[int] = []
    reader = threading.Thread(target=lambda: [mailbox.put(picture(seq)) for seq in range(50)])
    reader.start()
    while len(seen) < 50:
        if (taken := mailbox.take()) is not None:
            seen.append(taken.seq)
    reader.join()
    assert seen == list(range(50))
    assert mailbox.overwritten == 0
    mailbox.close()


def test_a_reader_that_waits_is_freed_when_the_mailbox_closes() -> None:
    mailbox = Mailbox(lossless=True)
    assert mailbox.put(picture(0))
    answers: list[bool] = []
    reader = threading.Thread(target=lambda: answers.append(mailbox.put(picture(1))))
    reader.start()
    mailbox.close()
    reader.join()
    assert answers == [False]


def test_it_is_readable_while_it_has_something_to_say() -> None:
    mailbox = Mailbox(lossless=False)
    assert not readable(mailbox)
    for seq in range(3):
        mailbox.put(picture(seq))
    assert readable(mailbox)
    mailbox.take()
    assert not readable(mailbox)
    mailbox.finish(3)
    assert readable(mailbox)
    assert mailbox.total == 3
    mailbox.close()
