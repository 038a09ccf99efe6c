"""section_layout for Django: layouts in a model, and encode_section in a queryset.

    class Layout(models.Model):
        name = models.TextField(primary_key=True)
        layout = SectionLayoutField()

    Layout.objects.annotate(section=EncodeSection("layout", Value({"text": "Bonjour"}, JSONField())))
"""

from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.models import BinaryField, Func
from django.db.utils import ProgrammingError


class SectionLayoutField(models.TextField):
    """A layout, as its text."""

    description = "A layout of DVB/MPEG sections"

    def db_type(self, connection):
        return "section_layout"

    def validate(self, value, model_instance):
        """Asks the server, so that a form shows line and column of the mistake."""
        super().validate(value, model_instance)
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT %s::section_layout", [value])
        except ProgrammingError as error:
            raise ValidationError(str(error).splitlines()[0]) from error


class EncodeSection(Func):
    """The section of a row that is JSON."""

    function = "encode_section"
    output_field = BinaryField()
