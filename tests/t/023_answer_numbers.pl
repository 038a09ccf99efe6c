# Strings at the limits of numeric, at random: one is a right number just if the server casts it, and answer_number is
# then what the cast makes.

use strict;
use warnings;

use OnetripTest qw(start_server);
use Test::More;

my $seed = $ENV{ONETRIP_SEED} // int(rand(1_000_000_000));
my $cases = $ENV{ONETRIP_LARGE} ? 20_000 : 2_000;
note("ONETRIP_SEED=$seed");
srand($seed);

sub pick { return $_[ rand @_ ] }

# Digits as an SQL expression, and how many they are; long ones are made by the server.
sub digits
{
	my ($size, $first) = @_;
	return ("''", 0) if $size == 0;
	my $digit = pick(0, 1, 5, 9);
	return ("'$first' || repeat('$digit', " . ($size - 1) . ')', $size);
}

# A number by JSON's grammar near a limit: of its digits, of its scale, or of the exponent.
sub boundary
{
	my ($whole, $whole_size) = rand() < 0.2 ? ("'0'", 1) : digits(pick(1, 1, 2, 5, 131071, 131072, 131073), pick(1, 9));
	my ($fraction, $fraction_size) = digits(pick(0, 0, 1, 4, 5, 16382, 16383, 16384), pick(0, 0, 3));
	my $near = int(rand(7)) - 3;
	my $exponent = pick('', '', $near, 131072 - $whole_size + $near, $fraction_size - 16383 + $near, 131072 + $near, -16383 + $near,
		'1073741822', '-1073741822', '1073741824', '-1073741824', '99999999999999999999', '-99999999999999999999', '0');
	$exponent = pick('e', 'E') . ($exponent =~ /^-/ ? '-' : pick('', '+')) . pick('', '0', '0000000000000000000000') . $exponent =~ s/^-//r
	  if $exponent ne '';
	return "'" . pick('', '-') . "' || $whole || " . ($fraction_size ? "'.' || $fraction || " : '') . "'$exponent'";
}

my $node = start_server('numbers');
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION onetrip;
CREATE TABLE cases (n int, value text);
CREATE FUNCTION cast_of(value text) RETURNS numeric LANGUAGE plpgsql AS $$
BEGIN
    RETURN value::numeric;
EXCEPTION WHEN numeric_value_out_of_range OR invalid_text_representation THEN
    RETURN NULL;
END $$;
SQL
$node->safe_psql('postgres', join ";\n", map { "INSERT INTO cases VALUES ($_, " . boundary() . ')' } 1 .. $cases);
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE found AS
SELECT n, value, cast_of(value) AS by_cast, answer_number(value) AS number,
    (SELECT status FROM flatten_submission(jsonb_build_object('q', value), '{"children": [{"slug": "q", "answerType": "number"}]}')) AS status
FROM cases;
SQL

my $different = $node->safe_psql('postgres', <<'SQL');
SELECT n, left(value, 30), length(value), right(value, 30), by_cast IS NULL, number IS NULL, status FROM found
WHERE (by_cast IS NULL) <> (status = 'wrong_type') OR status NOT IN ('ok', 'wrong_type') OR by_cast::text IS DISTINCT FROM number::text LIMIT 5
SQL
is($different, '', "ok, answer_number and the cast agree (seed $seed)");
my ($right, $wrong) = split /\|/, $node->safe_psql('postgres', q{SELECT count(*) FILTER (WHERE status = 'ok'), count(*) FILTER (WHERE status <> 'ok') FROM found});
cmp_ok($right, '>', $cases / 20, "numbers: $right");
cmp_ok($wrong, '>', $cases / 20, "and none: $wrong");

$node->stop;
done_testing();
