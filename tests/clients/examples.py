#!/usr/bin/python3
"""Uses the types of examples/python as a program would, and prints what it gets: examples.py sqlalchemy, or django."""

import os
import sys

sys.path.insert(0, "examples/python")

HELLO = """hello (max 64) {
    table_id                  8  uimsbf  = 0x90
    section_syntax_indicator  1  bslbf   = 0
    reserved                  3  bslbf   = 0b111
    section_length           12  uimsbf  = length()
    subscriber               32  uimsbf
    text                      *  text
    crc                      32  rpchof
}"""
ROW = {"subscriber": 1000000001, "text": "Bonjour Zoé"}


def by_sqlalchemy():
    import sqlalchemy as sa
    from sqlalchemy.orm import Session, declarative_base
    from sqlalchemy_types import SectionLayout

    base = declarative_base()

    class Layout(base):
        __tablename__ = "sqlalchemy_layouts"
        name = sa.Column(sa.Text, primary_key=True)
        layout = sa.Column(SectionLayout, nullable=False)

    class Message(base):
        __tablename__ = "sqlalchemy_messages"
        subscriber = sa.Column(sa.BigInteger, primary_key=True)
        text = sa.Column(sa.Text)

    engine = sa.create_engine("postgresql+psycopg2://")
    base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Layout(name="hello", layout=HELLO), Message(**ROW)])
        session.commit()
        rows = sa.select(Message.subscriber, Message.text).subquery("r")
        section = sa.func.encode_section(Layout.layout, rows.table_valued())
        for (encoded,) in session.execute(sa.select(section).where(Layout.name == "hello")):
            print(bytes(encoded).hex())
        print(session.get(Layout, "hello").layout.splitlines()[0])
        session.add(Layout(name="wrong", layout="x { n 0 uimsbf }"))
        try:
            session.commit()
        except sa.exc.ProgrammingError as error:
            print(str(error.orig).splitlines()[0])


def by_django():
    import django
    from django.conf import settings

    host = {key: os.environ["PG" + key] for key in ("HOST", "PORT")}
    database = {"ENGINE": "django.db.backends.postgresql", "NAME": os.environ["PGDATABASE"], **host}
    settings.configure(DATABASES={"default": database}, DEFAULT_AUTO_FIELD="django.db.models.BigAutoField")
    django.setup()
    from django.core.exceptions import ValidationError
    from django.db import connection, models
    from django.db.models import JSONField, Value
    from django_fields import EncodeSection, SectionLayoutField

    class Layout(models.Model):
        name = models.TextField(primary_key=True)
        layout = SectionLayoutField()

        class Meta:
            app_label = "examples"

    with connection.schema_editor() as editor:
        editor.create_model(Layout)
    Layout.objects.create(name="hello", layout=HELLO)
    for layout in Layout.objects.annotate(section=EncodeSection("layout", Value(ROW, JSONField()))):
        print(bytes(layout.section).hex())
        print(layout.layout.splitlines()[0])
    try:
        Layout(name="wrong", layout="x { n 0 uimsbf }").full_clean()
    except ValidationError as error:
        print(error.message_dict["layout"][0])


if __name__ == "__main__":
    {"sqlalchemy": by_sqlalchemy, "django": by_django}[sys.argv[1]]()
