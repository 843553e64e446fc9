"""Jobs survive the wire, and their message ids suit every queue."""

import msgspec

from core import jobs
from core.words import ReleaseId, Stage, Step, Stream

JOB = jobs.step_job(Stream("loan"), ReleaseId("loan-1"), Step.TRAIN, 2, Stage.TST)


def test_a_job_survives_the_wire():
    assert jobs.decode(jobs.encode(JOB)) == JOB


def test_a_later_look_has_another_message_id():
    again = msgspec.structs.replace(JOB, look=1)

    assert JOB.message_id() == "step/loan-1/train/TST/2"
    assert again.message_id() != JOB.message_id()


def test_long_ids_are_cut_and_stay_apart():
    one = msgspec.structs.replace(JOB, id="x" * 200 + "1")
    two = msgspec.structs.replace(JOB, id="x" * 200 + "2")

    assert len(one.message_id()) == 128
    assert one.message_id() != two.message_id()
