"""The seven processors of the ETL workshop, written anew with SQLAlchemy's ORM. As a program:

    workshop_peers.py DATABASE PROCESSOR

runs one of them and prints what it took as JSON.
"""

import functools
import itertools
import json
import sys

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects.postgresql import ENUM, UUID

from submission_peers import questions_of, text_of
from workshop_loader import Costs

Base = orm.declarative_base()


class Form(Base):
    __tablename__ = "form_schemas"
    __table_args__ = {"schema": "app"}
    id = sa.Column(UUID(as_uuid=True), primary_key=True)
    name = sa.Column(sa.Text)
    schema = sa.Column(sa.JSON)


class User(Base):
    __tablename__ = "users"
    __table_args__ = {"schema": "app"}
    id = sa.Column(UUID(as_uuid=True), primary_key=True)
    given_name = sa.Column(sa.Text)
    family_name = sa.Column(sa.Text)

    @property
    def full_name(self):
        return f"{self.given_name} {self.family_name}"


class Submission(Base):
    __tablename__ = "form_responses"
    __table_args__ = {"schema": "app"}
    id = sa.Column(UUID(as_uuid=True), primary_key=True)
    form_id = sa.Column(sa.ForeignKey(Form.id))
    user_id = sa.Column(sa.ForeignKey(User.id))
    responses = sa.Column(sa.JSON)
    date_created = sa.Column(sa.DateTime(timezone=True))
    form = orm.relationship(Form)
    user = orm.relationship(User)


class ResponseEvent(Base):
    __tablename__ = "response_events"
    __table_args__ = {"schema": "dwh"}
    id = sa.Column(UUID(as_uuid=True), primary_key=True, server_default=sa.text("gen_random_uuid()"))
    form_id = sa.Column(UUID(as_uuid=True))
    form_name = sa.Column(sa.Text)
    user_id = sa.Column(UUID(as_uuid=True))
    user_full_name = sa.Column(sa.Text)
    submission_id = sa.Column(UUID(as_uuid=True))
    submission_created = sa.Column(sa.DateTime(timezone=True))
    schema_path = sa.Column(sa.Text)
    value = sa.Column(sa.Text)
    answer_type = sa.Column(ENUM("number", "text", "boolean", "date", name="answer_type", schema="dwh",
                                 create_type=False))
    tag = sa.Column(sa.Text)


# ---- extract --------------------------------------------------------------------------------------

def lazily(query):
    """User and form are fetched when they are first touched."""
    return query


def joined(query):
    """With the user, and of the form the name."""
    return query.join(User).join(Form).options(
        orm.contains_eager(Submission.user), orm.contains_eager(Submission.form).load_only(Form.name))


def one_by_one(query):
    return query


def all_at_once(query):
    return query.all()


def by_chunks(size, query):
    return query.yield_per(size)


# ---- transform ------------------------------------------------------------------------------------

def answers_of(responses, questions, path=()):
    for key, value in responses.items():
        way = (*path, key)
        if isinstance(value, dict):
            yield from answers_of(value, questions, way)
        elif way in questions:
            yield (".".join(way), text_of(value), *questions[way])


def events_of(submissions, session, make):
    forms = {}
    for submission in submissions:
        if submission.form_id not in forms:
            schema = session.query(Form.schema).filter(Form.id == submission.form_id).scalar()
            forms[submission.form_id] = questions_of(schema)
        for path, value, answer_type, tag in answers_of(submission.responses, forms[submission.form_id]):
            yield make(form_id=submission.form_id, form_name=submission.form.name, user_id=submission.user_id,
                       user_full_name=submission.user.full_name, submission_id=submission.id,
                       submission_created=submission.date_created, schema_path=path, value=value,
                       answer_type=answer_type, tag=tag)


# ---- load -----------------------------------------------------------------------------------------

def add_each(session, events):
    for event in events:
        session.add(event)
    session.flush()


def add_all(session, events):
    session.add_all(events)
    session.flush()


def flush_each(session, events):
    for event in events:
        session.add(event)
        session.flush([event])


def chunks_of(events, size):
    while chunk := list(itertools.islice(events, size)):
        yield chunk


def save_objects(size, session, events):
    for chunk in chunks_of(events, size):
        session.bulk_save_objects(chunk)


def insert_mappings(size, session, events):
    for chunk in chunks_of(events, size):
        session.bulk_insert_mappings(ResponseEvent, chunk)


# ---- the processors -------------------------------------------------------------------------------

SMALL, LARGE = 10, 1000

# How submissions come, what comes with them, what an event is made as, and how events go.
PROCESSORS = {
    "ORM: naive": (one_by_one, lazily, ResponseEvent, add_each),
    "ORM: all at once": (all_at_once, lazily, ResponseEvent, add_all),
    "ORM: a flush for each event": (one_by_one, lazily, ResponseEvent, flush_each),
    f"ORM: objects by chunks of {SMALL}": (
        functools.partial(by_chunks, SMALL), lazily, ResponseEvent, functools.partial(save_objects, SMALL)),
    f"ORM: objects by chunks of {LARGE}": (
        functools.partial(by_chunks, LARGE), lazily, ResponseEvent, functools.partial(save_objects, LARGE)),
    f"ORM: objects by chunks of {LARGE}, with a join": (
        functools.partial(by_chunks, LARGE), joined, ResponseEvent, functools.partial(save_objects, LARGE)),
    f"ORM: mappings by chunks of {LARGE}, with a join": (
        functools.partial(by_chunks, LARGE), joined, dict, functools.partial(insert_mappings, LARGE)),
}


def run_processor(database, name):
    extract, related, make, load = PROCESSORS[name]
    # As floats, numbers would lose their trailing zeros.
    engine = sa.create_engine("postgresql+psycopg2:///" + database,
                              json_deserializer=functools.partial(json.loads, parse_float=str))
    with orm.Session(engine) as session:
        costs = Costs(session.execute(sa.text("SELECT pg_backend_pid()")).scalar())
        submissions = extract(related(session.query(Submission)))
        load(session, events_of(submissions, session, make))
        session.commit()
        session.connection()
        return costs.taken()


if __name__ == "__main__":
    _, where, which = sys.argv
    print(json.dumps(run_processor(where, which)))
