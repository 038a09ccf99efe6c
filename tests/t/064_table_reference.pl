# Random layouts with every construct of tables.md, rows for them and changed sections: the extension says what the slow
# and obvious reference in Python does, which somebody made from the contract alone. ONETRIP_CASES of them, or a few.

use strict;
use warnings;

use OnetripTest qw(start_server);
use PostgreSQL::Test::Utils;
use Test::More;

# Always the same ones: the few readings that are still open are one in thousands.
my $seed = $ENV{ONETRIP_SEED} // 1294447658;
my $cases = $ENV{ONETRIP_CASES} // ($ENV{ONETRIP_LARGE} ? 2000 : 40);

my $node = start_server('table_reference', []);
$node->safe_psql('postgres', 'CREATE EXTENSION onetrip');
$node->safe_psql('postgres', slurp_file('tests/reference/compare_tables.sql'));
my $file = $node->basedir . '/cases.jsonl';
system("python3 tests/reference/random_tables.py $seed $cases >$file") == 0 or BAIL_OUT('no random cases');

# A line is one value: bytes that JSON does not have quote and delimit it.
$node->safe_psql('postgres', <<"SQL");
CREATE TABLE cases (line text);
\\copy cases FROM '$file' WITH (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')
SQL
is($node->safe_psql('postgres', 'SELECT count(*) FROM cases'), $cases, 'cases');
$node->safe_psql('postgres', <<'SQL');
DO $$
DECLARE
	"case" jsonb;
BEGIN
	FOR "case" IN SELECT line::jsonb FROM cases LOOP
		CALL judge("case");
	END LOOP;
END $$;
SQL
is($node->safe_psql('postgres', "SELECT * FROM verdicts WHERE verdict ~ '^DIFFERS' ORDER BY seed, what, n LIMIT 5"), '',
	"layouts, rows and sections come out as in the reference (seed $seed)");
my $seen = $node->safe_psql('postgres', "SELECT verdict, count(*) FROM verdicts GROUP BY verdict ORDER BY verdict");
like($seen, qr/^$_\b/m, "there are cases of: $_")
  foreach 'layout accepted', 'layout refused', 'row encoded', 'row refused', 'section read', 'section refused';
note($seen =~ s/\n/, /gr);

done_testing();
