# flatten_submission and jsonb_tree on random forms and documents: their rows are those of the slow and obvious
# reference, and every scalar of a document is in exactly one of them.

use strict;
use warnings;

use OnetripTest qw(start_server);
use PostgreSQL::Test::Utils;
use Test::More;

my $seed = $ENV{ONETRIP_SEED} // int(rand(1_000_000_000));
my $cases = $ENV{ONETRIP_LARGE} ? 2_000 : 250;
note("ONETRIP_SEED=$seed");

my $node = start_server('reference');
$node->safe_psql('postgres', 'CREATE EXTENSION onetrip');
$node->safe_psql('postgres', slurp_file('tests/reference/submissions.sql'));

# setseed takes -1 to 1; random() is the session's, so one session makes all cases.
my $start = $seed % 1_000_000 / 1_000_000;
$node->safe_psql('postgres', <<"SQL");
SELECT setseed($start);
CREATE TABLE cases AS
SELECT n, reference.random_form() AS form, reference.random_responses() AS responses FROM generate_series(1, $cases) AS n;
CREATE TABLE expected AS SELECT n, f.* FROM cases, reference.flatten(responses, form) AS f;
CREATE TABLE in_from AS SELECT n, f.* FROM cases, flatten_submission(responses, form, '{all}') AS f;
CREATE TABLE in_select AS SELECT n, (f).* FROM (SELECT n, flatten_submission(responses, form, '{all}') AS f FROM cases OFFSET 0) AS s;
CREATE TABLE of_json AS SELECT n, f.* FROM cases, flatten_submission(responses::text::json, form, '{all}') AS f;
CREATE TABLE trees AS SELECT n, t.* FROM cases, jsonb_tree(responses) AS t;
CREATE TABLE expected_trees AS SELECT n, t.* FROM cases, reference.tree(responses) AS t;
SQL

# nothing_of NAME, QUERY: the query finds no case; the first that it finds is shown.
sub nothing_of
{
	my ($name, $query) = @_;
	my $found = $node->safe_psql('postgres', "SELECT * FROM ($query) AS found ORDER BY 1 LIMIT 3");
	my $shown = $found eq '' ? '' : $found . "\n" . $node->safe_psql('postgres',
		'SELECT responses, form FROM cases WHERE n = ' . ($found =~ /^(\d+)/)[0]);
	is($shown, '', "$name (seed $seed)");
	return;
}

sub differences
{
	my ($left, $right) = @_;
	return "(SELECT *, 'not expected' FROM (TABLE $left EXCEPT ALL TABLE $right) AS l)"
	  . " UNION ALL (SELECT *, 'expected' FROM (TABLE $right EXCEPT ALL TABLE $left) AS r)";
}

nothing_of("rows in $_ are the reference's", differences($_, 'expected')) foreach qw(in_from in_select of_json);
nothing_of('rows of jsonb_tree are the reference\'s', differences('trees', 'expected_trees'));
nothing_of('leaves are the rows with nothing below them', <<'SQL');
(SELECT n, ord FROM cases, jsonb_tree(responses, true) EXCEPT ALL
    SELECT n, ord FROM expected_trees AS t WHERE type NOT IN ('object', 'array') OR value IN ('{}', '[]')) UNION ALL
(SELECT n, ord FROM expected_trees AS t WHERE type NOT IN ('object', 'array') OR value IN ('{}', '[]') EXCEPT ALL
    SELECT n, ord FROM cases, jsonb_tree(responses, true))
SQL

# Each by itself where its row is no container, else by those in it.
nothing_of('every scalar is in exactly one row', <<'SQL');
WITH scalars AS (SELECT n, keys FROM expected_trees WHERE type NOT IN ('object', 'array')),
    found AS (SELECT n, f.keys || t.keys AS keys FROM in_from AS f JOIN cases USING (n), reference.tree(responses #> f.keys) AS t
        WHERE f.status <> 'missing' AND type NOT IN ('object', 'array'))
(TABLE scalars EXCEPT ALL TABLE found) UNION ALL (TABLE found EXCEPT ALL TABLE scalars)
SQL
nothing_of('responses #> keys is the answer', <<'SQL');
SELECT n, keys FROM in_from JOIN cases USING (n) WHERE status <> 'missing'
    AND value IS DISTINCT FROM CASE WHEN status = 'null' AND responses #> keys IN ('null', '[]') THEN NULL WHEN status = 'structure' AND jsonb_typeof(responses #> keys) IN ('object', 'array')
        THEN (responses #> keys)::text ELSE responses #>> keys END
SQL
nothing_of('document #> keys is the value', 'SELECT n, keys FROM trees JOIN cases USING (n) WHERE value IS DISTINCT FROM responses #> keys');
nothing_of('paths join to the questions, with their types', <<'SQL');
SELECT n, schema_path FROM in_from AS f JOIN cases USING (n) WHERE answer_type IS NOT NULL AND NOT EXISTS (SELECT FROM form_questions(form) AS q
    WHERE q.schema_path = f.schema_path AND q.answer_type = f.answer_type AND q.tag IS NOT DISTINCT FROM f.tag
        AND coalesce(problem, '') NOT LIKE '%duplicate path%')
SQL
# An empty array has no repetition in which what is under it could be missing.
nothing_of('every question has a row, in a document without arrays', <<'SQL');
SELECT n, q.schema_path FROM cases, form_questions(form) AS q WHERE q.schema_path IS NOT NULL AND answer_type IS NOT NULL
    AND coalesce(problem, '') NOT LIKE '%duplicate path%' AND NOT EXISTS (SELECT FROM in_from AS f WHERE f.n = cases.n AND f.schema_path = q.schema_path)
    AND NOT jsonb_path_exists(responses, 'strict $.** ? (@.type() == "array")')
SQL
nothing_of('a question is missing once in a repetition', <<'SQL');
SELECT n, schema_path, idx FROM in_from WHERE status = 'missing' GROUP BY n, schema_path, idx HAVING count(*) > 1
SQL

# What the cases were worth: each status was met, or in a short run hardly one was not.
my @statuses = split / /, $node->safe_psql('postgres', "SELECT string_agg(DISTINCT status, ' ') FROM expected");
cmp_ok(scalar @statuses, '>=', $ENV{ONETRIP_LARGE} ? 7 : 5, "statuses that were met: @statuses (seed $seed)");

$node->stop;
done_testing();
