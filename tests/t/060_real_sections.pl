# Sections of real streams, by the layouts of their tables: what is decoded encodes to the same bytes. Sections and layouts
# are test data that do not lie in the repository: ONETRIP_WORKSHOP_FIXTURES names a folder next to theirs.

use strict;
use warnings;

use JSON::PP;
use OnetripTest qw(start_server);
use PostgreSQL::Test::Utils;
use Test::More;

my $data = $ENV{ONETRIP_WORKSHOP_FIXTURES} ? "$ENV{ONETRIP_WORKSHOP_FIXTURES}/.." : '';
plan skip_all => 'ONETRIP_WORKSHOP_FIXTURES names no folder next to sections/given.json and layouts/'
  unless $data && -f "$data/sections/given.json" && -d "$data/layouts";

my $sections = decode_json(slurp_file("$data/sections/given.json"));
my %library = map { m{lib_(\w+)\.layout$} ? ($1 => slurp_file($_)) : () } glob "$data/layouts/lib_*.layout";

# The text with the shared types and each set that it can reach.
sub with_definitions
{
	my ($text) = @_;
	my (%seen, @texts);
	my @open = sets_of($text);
	while (defined(my $set = shift @open))
	{
		next if $seen{$set}++ || !$library{$set};
		push @texts, $library{$set};
		push @open, sets_of($library{$set});
	}
	return join "\n", $text, $library{common}, @texts;
}

sub sets_of
{
	my ($text) = @_;
	return map { split /\s*,\s*/ } $text =~ /tlv\(\s*\w+\s*,\s*\w+\s*,\s*([\w\s,]*?)\s*\)/g;
}

# The table_id whose layout a section has: some tables have several.
sub file_prefix
{
	my ($table_id) = @_;
	my %same = (0x41 => '40', 0x46 => '42');
	return $same{$table_id} // ($table_id >= 0x4E && $table_id <= 0x6F ? '4e' : sprintf '%02x', $table_id);
}

sub copy_rows
{
	my ($table, @rows) = @_;
	my $text = '';
	for my $row (@rows)
	{
		my @cells = @$row;
		s/\\/\\\\/g, s/\n/\\n/g, s/\t/\\t/g for @cells;
		$text .= join("\t", @cells) . "\n";
	}
	return "COPY $table FROM STDIN;\n$text\\.\n";
}

my @layouts = map { m{/((\w\w|any)_\w+)\.layout$} ? [ $1, $2, with_definitions(slurp_file($_)) ] : () }
  sort glob "$data/layouts/*.layout";
my $number = 0;
my @rows = map { [ $number++, file_prefix(hex $_->{table_id}), '\\x' . $_->{hex} ] } @$sections;

my $node = start_server('real_sections', []);
$node->safe_psql('postgres', 'CREATE EXTENSION onetrip');
$node->safe_psql('postgres',
	    "CREATE TABLE layouts (name text, prefix text, layout section_layout);\n"
	  . copy_rows('layouts', @layouts)
	  . "CREATE TABLE sections (number int, prefix text, section bytea);\n"
	  . copy_rows('sections', @rows));
cmp_ok(scalar @rows, '>', 900, 'sections');

# Several layouts may claim a table_id: one of them must read it. Those of any table are for table_ids without one.
$node->safe_psql('postgres', <<'SQL');
CREATE FUNCTION outcome(layout section_layout, section bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
	"row" jsonb := decode_section(layout, section);
BEGIN
	RETURN CASE WHEN encode_section(layout, "row") = section THEN 'same' ELSE 'differs' END;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN SQLERRM || ' | ' || detail;
END $$;
CREATE FUNCTION read_outcome(layout section_layout, section bytea) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN outcome(layout, section);
EXCEPTION WHEN OTHERS THEN
	RETURN SQLERRM;
END $$;
CREATE TABLE outcomes AS
SELECT number, name, read_outcome(layout, section) AS outcome  -- in the order of the layouts, each of which is compiled once
FROM (SELECT number, name, layout, section FROM sections AS s JOIN layouts AS l
	  ON l.prefix = s.prefix OR l.prefix = 'any' AND s.prefix NOT IN (SELECT prefix FROM layouts) ORDER BY name OFFSET 0) AS pairs;
SQL
is($node->safe_psql('postgres', <<'SQL'), '', 'each section is encoded to its bytes again by a layout that reads it');
SELECT number, string_agg(name || ': ' || outcome, '; ') FROM outcomes GROUP BY number HAVING NOT bool_or(outcome = 'same') ORDER BY number;
SQL
is($node->safe_psql('postgres', "SELECT DISTINCT name FROM outcomes WHERE outcome = 'differs'"),
	'', 'no layout reads what it writes otherwise');

done_testing();
