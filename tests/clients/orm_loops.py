"""The same loop by three ORMs: each campaign's messages, and the campaign of each message.

Usage: orm_loops.py ORM lazy|eager
"""

import os
import sys

HOST, PORT, DATABASE = os.environ["PGHOST"], os.environ["PGPORT"], os.environ["PGDATABASE"]


def with_peewee(eager):
    import peewee
    server = peewee.PostgresqlDatabase(DATABASE, host=HOST, port=int(PORT))

    class Campagne(peewee.Model):
        genre = peewee.TextField()

        class Meta:
            database = server
            table_name = "campagnes"

    class Message(peewee.Model):
        campagne = peewee.ForeignKeyField(Campagne, column_name="campagne_id_fk",
                                          backref="messages")
        template_id = peewee.IntegerField()

        class Meta:
            database = server
            table_name = "messages"

    with server.connection_context():
        if eager:
            campaigns = peewee.prefetch(Campagne.select(), Message.select())
            return sum(1 for campaign in campaigns for message in campaign.messages
                       if message.campagne.genre)
        return sum(1 for campaign in Campagne.select()
                   for message in Message.select().where(Message.campagne == campaign.id)
                   if message.campagne.genre)


def with_sqlalchemy(eager):
    import sqlalchemy as sa
    from sqlalchemy import orm
    base = orm.declarative_base()

    class Campagne(base):
        __tablename__ = "campagnes"
        id = sa.Column(sa.BigInteger, primary_key=True)
        genre = sa.Column(sa.Text)
        messages = orm.relationship("Message")

    class Message(base):
        __tablename__ = "messages"
        id = sa.Column(sa.BigInteger, primary_key=True)
        campagne_id_fk = sa.Column(sa.BigInteger, sa.ForeignKey("campagnes.id"))

    engine = sa.create_engine(f"postgresql+psycopg2:///{DATABASE}?host={HOST}&port={PORT}")
    with orm.Session(engine) as session:
        campaigns = session.query(Campagne)
        if eager:
            campaigns = campaigns.options(orm.selectinload(Campagne.messages))
        count = sum(len(campaign.messages) for campaign in campaigns)
    engine.dispose()
    return count


def with_django(eager):
    import django
    from django.conf import settings
    settings.configure(DATABASES={"default": {
        "ENGINE": "django.db.backends.postgresql", "NAME": DATABASE, "HOST": HOST, "PORT": PORT}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField", USE_TZ=True)
    django.setup()
    from django.db import connection, models

    class Campagne(models.Model):
        genre = models.TextField()

        class Meta:
            app_label = "carousel"
            managed = False
            db_table = "campagnes"

    class Message(models.Model):
        campagne = models.ForeignKey(Campagne, models.CASCADE, db_column="campagne_id_fk")

        class Meta:
            app_label = "carousel"
            managed = False
            db_table = "messages"

    if eager:
        campaigns = Campagne.objects.prefetch_related("message_set")
        count = sum(1 for campaign in campaigns for message in campaign.message_set.all())
        count = sum(1 for message in Message.objects.select_related("campagne")
                    if message.campagne.genre) if count else 0
    else:
        count = sum(1 for campaign in Campagne.objects.all() for message in campaign.message_set.all())
        count = sum(1 for message in Message.objects.all() if message.campagne.genre) if count else 0
    connection.close()
    return count


print(globals()[f"with_{sys.argv[1]}"](sys.argv[2] == "eager"))
