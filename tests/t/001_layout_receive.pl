# section_layout in its binary form: what COPY (FORMAT binary) brings in is validated as if hostile,
# and what goes out comes back; dumps restore layouts and carousels.

use strict;
use warnings;

use OnetripTest qw(ask end_session start_server start_session);
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_server('receive');
$node->safe_psql('postgres', 'CREATE EXTENSION onetrip');
$node->safe_psql('postgres', 'CREATE TABLE received (layout section_layout)');

my $folder = PostgreSQL::Test::Utils::tempdir;

# A binary COPY file with one column, a row for each of the values.
sub copy_file
{
	my @values = @_;
	my $content = "PGCOPY\n\xff\r\n\0" . pack('NN', 0, 0);
	$content .= pack('n', 1) . (defined $_ ? pack('N', length $_) . $_ : pack('N', 0xFFFFFFFF))
	  foreach @values;
	return $content . pack('n', 0xFFFF);
}

sub write_file
{
	my ($name, $content) = @_;
	my $path = "$folder/$name";
	open my $file, '>:raw', $path or die "$path: $!";
	print {$file} $content;
	close $file or die "$path: $!";
	return $path;
}

my $session = start_session($node, verbosity => 'verbose');

# What COPY says to such a value.
sub receive
{
	my ($name, @values) = @_;
	my $path = write_file('hostile', copy_file(@values));
	return ask($session, "COPY received FROM '$path' (FORMAT binary)");
}

sub refused
{
	my ($name, $value, $pattern) = @_;
	my $err = receive($name, $value);
	like($err, $pattern, "$name is refused");
	unlike($err, qr/XX000|server closed|PANIC|FATAL/, "$name is a proper error");
	return;
}

# ---- hostile values ----

my $good = "\x01x {\n    a  8  uimsbf\n}";

is(receive('a layout', $good), '', 'a layout is received');
is(receive('NULL', undef), '', 'NULL is received');
is( $node->safe_psql('postgres', 'SELECT layout FROM received WHERE layout IS NOT NULL'),
	"x {\n    a  8  uimsbf\n}", 'as it was sent');
is(receive('a text that is not canonical', "\x01x{a 8 uimsbf\r\n\r\n}"), '', 'any text of a layout is received');
is( $node->safe_psql('postgres', 'SELECT count(DISTINCT layout::text), count(layout) FROM received'),
	'1|2', 'and becomes canonical');

refused('no byte at all', '', qr/ERROR:  (08P01|22P03|42601): /);
refused('a version of 0', "\x00" . substr($good, 1), qr/ERROR:  22P03: .*version number 0/);
refused('a version of 2', "\x02" . substr($good, 1), qr/ERROR:  22P03: .*version number 2/);
refused('a version of 255', "\xff" . substr($good, 1), qr/ERROR:  22P03: .*version number 255/);
refused('a version alone', "\x01", qr/ERROR:  42601: invalid section layout, line 1, column 1/);
refused('text without a version', substr($good, 1), qr/ERROR:  22P03: /);
refused('a text that is refused', "\x01x {\n  a 8 uint\n}", qr/ERROR:  42601: invalid section layout, line 2, column 7: unknown type "uint"/);
refused('a NUL inside', "\x01x {\n    a\0  8  uimsbf\n}", qr/ERROR:  (22021|22P03): /);
refused('a NUL after', "$good\0", qr/ERROR:  (22021|22P03): /);
refused('a NUL alone', "\x01\0", qr/ERROR:  (22021|22P03): /);
refused('a NUL and a layout after', "\x01\0$good", qr/ERROR:  (22021|22P03): /);
refused('invalid UTF-8 in a comment', "\x01x { -- \xff\n    a  8  uimsbf\n}", qr/ERROR:  22021: invalid byte sequence/);
refused('a cut character at the end', "\x01x {\n    a  8  uimsbf\n} -- \xc3", qr/ERROR:  22021: /);
refused('an overlong encoding', "\x01x {\n    a  8  uimsbf\n} -- \xc0\x80", qr/ERROR:  22021: /);
for my $size (1 .. length($good) - 1)
{
	my $err = receive("truncated to $size", substr($good, 0, $size));
	next if $err =~ /ERROR:  42601: invalid section layout, line \d+, column \d+/ && $err !~ /XX000/;
	fail("truncated to $size bytes: $err");
}
pass('every truncation is refused');

# The column's size says more than the file has.
my $path = write_file('cut', substr(copy_file($good), 0, -8));
like(ask($session, "COPY received FROM '$path' (FORMAT binary)"), qr/ERROR:  22P04: /, 'a file that is cut is refused');

# Random bytes, from a seed that a failure prints.
my $seed = $ENV{ONETRIP_SEED} // 20261121;
srand($seed);
my $surprises = '';
for my $turn (1 .. 100)
{
	my $value = $turn % 2 ? "\x01" : '';
	$value .= join '', map { chr int rand($turn % 4 ? 256 : 128) } 1 .. 1 + int rand 400;
	my $answer = receive('random bytes', $value);
	$surprises .= unpack('H*', $value) . ": $answer\n" unless $answer =~ /ERROR:  (22021|22P03|42601): /;
}
is($surprises, '', "random bytes are refused (seed $seed)");

# A valid layout with one byte changed: received or refused, and what is received is canonical.
my $message = "\x01" . $node->safe_psql('postgres', 'SELECT message_layout()');
$surprises = '';
for my $turn (1 .. 200)
{
	my $value = $message;
	substr($value, 1 + int rand(length($value) - 1), 1, chr int rand 256);
	my $answer = receive('a changed byte', $value);
	$surprises .= unpack('H*', $value) . ": $answer\n" unless $answer =~ /^$|ERROR:  (22021|22P03|42601): /;
}
is($surprises, '', "a changed byte is received or refused (seed $seed)");
is( $node->safe_psql('postgres', 'SELECT count(*) FROM received WHERE layout::text::section_layout::text <> layout::text'),
	'0', 'all that was received is canonical');
like($node->safe_psql('postgres', 'SELECT count(*) FROM received'), qr/^\d+$/, 'the server lives');

# ---- large values ----

refused('10 MB of garbage', "\x01" . ("\xa5\x5a" x 5_000_000), qr/ERROR:  22021: /);
refused('10 MB of letters', "\x01" . ('a' x 10_000_000), qr/ERROR:  42601: invalid section layout, line 1, column 1: /);
refused('10 MB of braces', "\x01x " . ('{' x 10_000_000), qr/ERROR:  42601: /);
refused('10 MB of NUL', "\x01" . ("\0" x 10_000_000), qr/ERROR:  (22021|22P03): /);
refused('1 MB of nested parentheses', "\x01x (max " . ('(' x 1_000_000), qr/ERROR:  42601: /);
refused('1 MB of nested lengths', "\x01x {\n a 8 uimsbf = " . ('length(' x 140_000) . ')', qr/ERROR:  42601: /);
refused('1 MB of one line', "\x01x {\n a 8 uimsbf = " . ('0' x 1_000_000) . "g\n}", qr/ERROR:  42601: .*malformed/);
refused('a width of a million digits', "\x01x {\n a " . ('9' x 1_000_000) . " uimsbf\n}", qr/ERROR:  42601: /);
refused('a million empty lines', "\x01x {" . ("\n" x 1_000_000), qr/ERROR:  42601: .*line 1000001, column 1/);
refused('100,000 labels', "\x01x {\n" . join("\n", map { "l$_:" } 1 .. 100_000) . "\n}", qr/ERROR:  42601: .*without fields/);
refused('100,000 fields', "\x01x {\n" . join("\n", map { "f$_ 8 uimsbf" } 1 .. 100_000) . "\n}", qr/ERROR:  42601: .*line 4098, .*exceed/);
refused('50,000 fields of width *', "\x01x {\n" . join("\n", map { "f$_ * text" } 1 .. 50_000) . "\n}", qr/ERROR:  42601: .*cannot be decoded/);
is( receive('a comment of 10 MB', "\x01x {\n a 8 uimsbf --" . ('-' x 10_000_000) . "\n}"),
	'', 'a comment of 10 MB is received');
is($node->safe_psql('postgres', "SELECT max(octet_length(layout::text)) < 2000 FROM received"), 't', 'and dropped');

# Thousands of fields, each bounded by a length, a layout that is right: not slower than linear by much.
my $bounded = "\x01x {\n" . join("\n", map { "n$_ 8 uimsbf = length(f$_)\nf$_ * text" } 1 .. 2000) . "\n}";
is(receive('2,000 lengths and texts', $bounded), '', 'a layout of 4,000 fields is received');

end_session($session);

# ---- there and back ----

$node->safe_psql('postgres', <<'SQL');
CREATE TABLE layouts (id int, layout section_layout DEFAULT message_layout(), name text);
INSERT INTO layouts (id, name) VALUES (1, 'default');
INSERT INTO layouts VALUES (2, 'x { a 8 uimsbf }', 'small'), (3, NULL, 'none'),
    (4, ('w {' || (SELECT string_agg(E'\n f' || n || '_' || md5(n::text) || ' 8 uimsbf', '') FROM generate_series(1, 1000) AS n) || E'\n}')::section_layout, 'large'),
    (5, E'o (max 99) {\n n 8 uimsbf = length(t)\n t * dvbtext\nhere:\n c 32 rpchof\n}', 'odd');
CREATE TABLE back (LIKE layouts);
SQL
my $fingerprint = q{SELECT count(*), md5(string_agg(id || coalesce(layout::text, 'NULL') || name, '/' ORDER BY id)) FROM };
my $before = $node->safe_psql('postgres', "$fingerprint layouts");
$node->safe_psql('postgres', "COPY layouts TO '$folder/layouts' (FORMAT binary)");
$node->safe_psql('postgres', "COPY back FROM '$folder/layouts' (FORMAT binary)");
is($node->safe_psql('postgres', "$fingerprint back"), $before, 'binary COPY out and in');
$node->safe_psql('postgres', "TRUNCATE back; COPY layouts TO '$folder/layouts.txt'; COPY back FROM '$folder/layouts.txt'");
is($node->safe_psql('postgres', "$fingerprint back"), $before, 'text COPY out and in');

# ---- dump and restore ----

$node->safe_psql('postgres', <<'SQL');
SELECT create_carousel_tables('public');
ALTER TABLE messages ADD COLUMN note text;
INSERT INTO zones_diffusion VALUES ('AFRIQUE', 7);
INSERT INTO campagnes SELECT n, 'AFRIQUE', 'é', '2026-11-21', '2026-11-22' FROM generate_series(1, 5) AS n;
INSERT INTO messages SELECT n, 1 + n % 5, n, n, jsonb_build_object('1', 'été ' || n), 'note ' || n FROM generate_series(1, 100) AS n;
CREATE SCHEMA "My Schema";
SELECT create_carousel_tables('My Schema');
CREATE VIEW own_carousel AS SELECT encode_carousel('AFRIQUE', '2026-11-21', E'x {\n message_id 16 uimsbf\n}') AS carousel;
CREATE FUNCTION section_of(n int) RETURNS bytea LANGUAGE sql IMMUTABLE
    RETURN encode_section('x { f1 8 uimsbf }'::section_layout, ROW(n));
CREATE TABLE generated (n int, section bytea GENERATED ALWAYS AS (section_of(n)) STORED);
INSERT INTO generated VALUES (1), (255);
SQL
my $carousel = q{SELECT md5(encode_carousel('AFRIQUE', '2026-11-21')), length(carousel), (SELECT string_agg(section::text, ' ' ORDER BY n) FROM generated) FROM own_carousel};
my $bytes = $node->safe_psql('postgres', $carousel);
for my $format ('plain', 'custom')
{
	my $dump = "$folder/dump.$format";
	$node->command_ok([ 'pg_dump', "--format=$format", "--file=$dump", $node->connstr('postgres') ],
		"dump in format $format");
	$node->safe_psql('postgres', "CREATE DATABASE restored_$format TEMPLATE template0");
	my $target = $node->connstr("restored_$format");
	if ($format eq 'plain')
	{
		$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $target, '-f', $dump ], 'restore by psql');
	}
	else
	{
		$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $target, $dump ], 'restore by pg_restore');
	}
	is($node->safe_psql("restored_$format", "$fingerprint layouts"), $before, 'the layouts are the same');
	is($node->safe_psql("restored_$format", $carousel), $bytes, 'the carousel is the same');
	$node->safe_psql("restored_$format", "INSERT INTO layouts (id, name) VALUES (9, 'default')");
	is( $node->safe_psql("restored_$format", 'SELECT layout::text = message_layout()::text FROM layouts WHERE id = 9'),
		't', 'the default is the same');
	is( $node->safe_psql("restored_$format", q{SELECT count(*) FROM pg_class WHERE relname = 'messages' AND NOT EXISTS
			(SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')}),
		'2', 'the tables belong to the user');
}

$node->stop;
done_testing();
