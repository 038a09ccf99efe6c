# Sections of real streams and the layouts of their tables: test data that do not lie in the repository.
# ONETRIP_WORKSHOP_FIXTURES names a folder next to theirs.
package RealSections;

use strict;
use warnings;

use Exporter 'import';
use JSON::PP;
use PostgreSQL::Test::Utils;

our @EXPORT_OK = qw(has_real_sections real_sections copy_rows);

my $data = $ENV{ONETRIP_WORKSHOP_FIXTURES} ? "$ENV{ONETRIP_WORKSHOP_FIXTURES}/.." : '';
my %library;

sub has_real_sections
{
	return $data && -f "$data/sections/given.json" && -d "$data/layouts";
}

# The SQL that makes the tables layouts (name, prefix, layout) and sections (number, prefix, section), and how many sections there are.
sub real_sections
{
	%library = map { m{lib_(\w+)\.layout$} ? ($1 => slurp_file($_)) : () } glob "$data/layouts/lib_*.layout";
	my @layouts = map { m{/((\w\w|any)_\w+)\.layout$} ? [ $1, $2, with_definitions(slurp_file($_)) ] : () }
	  sort glob "$data/layouts/*.layout";
	my $sections = decode_json(slurp_file("$data/sections/given.json"));
	my $number = 0;
	my @rows = map { [ $number++, file_prefix(hex $_->{table_id}), '\\x' . $_->{hex} ] } @$sections;
	my $sql =
	    "CREATE TABLE layouts (name text, prefix text, layout section_layout);\n"
	  . copy_rows('layouts', @layouts)
	  . "CREATE TABLE sections (number int, prefix text, section bytea);\n"
	  . copy_rows('sections', @rows);
	return ($sql, scalar @rows);
}

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

1;
