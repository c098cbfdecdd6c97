"""What the queues promise, on a real broker."""

from __future__ import annotations

import socket
import time

import kombu
import pytest

from stats.errors import ConfigError, StoreUnavailable
from stats.stores.queues import EventQueues

VIEW, DOWNLOAD = "record-view", "file-download"
BODIES = [b'{"n":%d}' % n for n in range(5)]


def take(queues, type_name=VIEW, *, ack=True, wait=0.5):
    with queues.consume(type_name, prefetch=100) as consumer:
        deliveries = list(consumer.arriving(wait=wait))
        if ack and deliveries:
            consumer.ack(deliveries[-1].tag)
    return deliveries


def wait_for_depth(queues, depth, type_name=VIEW):
    end = time.monotonic() + 10
    while queues.depth(type_name) != depth and time.monotonic() < end:
        time.sleep(0.05)
    assert queues.depth(type_name) == depth


def test_what_is_published_comes_in_its_order_and_once(queues):
    queues.publish(VIEW, BODIES)
    assert [delivery.body for delivery in take(queues)] == BODIES
    assert take(queues, wait=0.1) == []
    assert queues.depth(VIEW) == 0


def test_types_have_queues_of_their_own_with_the_prefix(queues, stats_namespace):
    assert queues.name(VIEW) == f"{stats_namespace.prefix}stats-record-view"
    queues.publish(VIEW, BODIES[:1])
    queues.publish(DOWNLOAD, BODIES[1:])
    assert (queues.depth(VIEW), queues.depth(DOWNLOAD)) == (1, 4)


def test_what_is_not_acknowledged_comes_again_and_says_so(queues):
    queues.publish(VIEW, BODIES)
    assert not any(delivery.redelivered for delivery in take(queues, ack=False))
    wait_for_depth(queues, len(BODIES))
    again = take(queues)
    assert [delivery.body for delivery in again] == BODIES
    assert all(delivery.redelivered for delivery in again)


def test_an_acknowledgement_is_of_all_up_to_it(queues):
    queues.publish(VIEW, BODIES)
    with queues.consume(VIEW, prefetch=100) as consumer:
        third = list(consumer.arriving(wait=0.5))[2]
        consumer.ack(third.tag)
    assert [delivery.body for delivery in take(queues)] == BODIES[3:]


def test_a_consumer_goes_on_where_it_paused(queues):
    queues.publish(VIEW, BODIES)
    with queues.consume(VIEW, prefetch=100) as consumer:
        first = next(consumer.arriving(wait=0.5))
        rest = list(consumer.arriving(wait=0.5))
    assert [first.body] + [delivery.body for delivery in rest] == BODIES


def test_messages_are_persistent_and_declaring_is_repeatable(queues, stats_namespace):
    queues.ensure()
    queues.ensure()
    queues.publish(VIEW, BODIES[:1])
    with kombu.Connection(stats_namespace.broker) as connection:
        message = connection.default_channel.basic_get(queues.name(VIEW), no_ack=True)
    assert message.properties["delivery_mode"] == 2
    assert message.content_type == "application/json"


def test_a_queue_that_was_deleted_is_declared_again_and_nothing_is_lost(queues, stats_namespace):
    queues.publish(VIEW, BODIES[:1])
    with kombu.Connection(stats_namespace.broker) as connection:
        connection.default_channel.queue_delete(queues.name(VIEW))
    queues.publish(VIEW, BODIES)
    assert queues.depth(VIEW) == len(BODIES)


def test_a_connection_that_the_broker_closed_is_made_again(queues):
    queues.publish(VIEW, BODIES[:1])
    with queues._publisher.pool().acquire() as connection:
        connection.connection.transport.sock.shutdown(socket.SHUT_RDWR)
    queues.publish(VIEW, BODIES[1:])
    assert queues.depth(VIEW) == len(BODIES)


def test_a_consumer_whose_connection_breaks_says_so_and_another_goes_on(queues):
    queues.publish(VIEW, BODIES)
    with queues.consume(VIEW, prefetch=2) as consumer:
        assert len(list(consumer.arriving(wait=0.5))) == 2
        consumer._client.connection.transport.sock.shutdown(socket.SHUT_RDWR)
        with pytest.raises(StoreUnavailable):
            list(consumer.arriving(wait=0.5))
    wait_for_depth(queues, len(BODIES))
    assert [delivery.body for delivery in take(queues)] == BODIES


def test_no_broker_is_said_at_once():
    queues = EventQueues("amqp://guest:guest@127.0.0.1:1//", prefix="", type_names=[VIEW])
    for action in (queues.ping, queues.ensure, lambda: queues.publish(VIEW, BODIES)):
        begun = time.monotonic()
        with pytest.raises(StoreUnavailable, match="broker"):
            action()
        assert time.monotonic() - begun < 1


def test_a_broker_that_says_nothing_is_given_up_within_the_timeout():
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        url = f"amqp://guest:guest@127.0.0.1:{deaf.getsockname()[1]}//"
        queues = EventQueues(url, prefix="", type_names=[VIEW], timeout=0.5)
        begun = time.monotonic()
        with pytest.raises(StoreUnavailable):
            queues.publish(VIEW, BODIES)
        assert time.monotonic() - begun < 2


def test_an_address_that_is_none_is_a_wrong_setting():
    with pytest.raises(ConfigError, match="STATS_BROKER_URL"):
        EventQueues("nonsense://x", prefix="", type_names=[VIEW])
