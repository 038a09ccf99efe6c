"""section_layout for SQLAlchemy: layouts in a column, and the section of each row that a query finds.

    class Layout(Base):
        __tablename__ = "layouts"
        name = Column(Text, primary_key=True)
        layout = Column(SectionLayout, nullable=False)

    rows = select(Message.numero_abonne.label("subscriber"), Message.text).subquery("r")
    select(func.encode_section(Layout.layout, rows.table_valued())).where(Layout.name == "hello")
"""

from sqlalchemy import types


class SectionLayout(types.UserDefinedType):
    """A layout, as its text. The server refuses one that is wrong, and says line and column."""

    cache_ok = True

    def get_col_spec(self, **_options):
        return "section_layout"
