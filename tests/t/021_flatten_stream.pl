# Rows of flatten_submission and jsonb_tree stream in the SELECT list: no temporary file, flat memory. A cancel
# stops them at any moment, and leaves the session as it was.

use strict;
use warnings;

use OnetripTest qw(start_server);
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_server('stream', [ "work_mem = '64kB'", 'log_temp_files = 0' ]);
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION onetrip;
CREATE TABLE forms AS SELECT id, jsonb_build_object('children', jsonb_build_array(jsonb_build_object('slug', 'g', 'children',
        (SELECT jsonb_agg(jsonb_build_object('slug', 'q' || n, 'answerType', 'number', 'tag', md5(id || ' ' || n))) FROM generate_series(1, 60) AS n)))) AS form
    FROM generate_series(1, 40) AS id;
CREATE TABLE submissions AS SELECT n AS id, jsonb_build_object('g', (SELECT jsonb_object_agg('q' || k, n + k) FROM generate_series(1, 60) AS k)) AS responses
    FROM generate_series(1, 2000) AS n;
-- 150,000 answers in one document: out of line, and no row of them unless unknown ones are asked for.
CREATE TABLE large AS SELECT jsonb_build_object('a', jsonb_agg(jsonb_build_object('b', n, 'c', jsonb_build_array(n, n)))) AS document FROM generate_series(1, 50000) AS n;
-- 200 questions, each missing in 1,000 repetitions; a form and a document of 3,000 levels.
CREATE TABLE repeated AS SELECT jsonb_build_object('g', jsonb_agg('{}'::jsonb)) AS document,
    (SELECT jsonb_build_object('children', jsonb_build_array(form #> '{children,0}' || jsonb_build_object('children',
        (SELECT jsonb_agg(jsonb_build_object('slug', 'q' || n, 'answerType', 'text')) FROM generate_series(1, 200) AS n)))) FROM forms WHERE id = 1) AS form
    FROM generate_series(1, 1000);
CREATE TABLE deep AS SELECT (repeat('{"slug": "a", "answerType": "text", "children": [', 3000) || repeat(']}', 3000))::jsonb AS node,
    (repeat('{"a": ', 3000) || '1' || repeat('}', 3000))::jsonb AS document;
ANALYZE;
SQL

my $flatten = 'SELECT flatten_submission(responses, form) FROM submissions JOIN forms ON forms.id = 1 + submissions.id % 40';
my $large = "SELECT flatten_submission(document, 'null', '{all}') FROM large";
my $tree = 'SELECT jsonb_tree(document, true) FROM large';
my $peak = q{SELECT 'peak ' || substring(pg_read_file('/proc/self/status') FROM 'VmHWM:\s+(\d+)')};

# script SQL...: one session's answers, errors as their SQLSTATE, each on a line.
sub script
{
	my ($stdout, $stderr);
	$node->psql('postgres', join(";\n", @_) . ";\n", stdout => \$stdout, stderr => \$stderr, on_error_stop => 0,
		extra_params => [ '-v', 'VERBOSITY=sqlstate' ]);
	$stderr =~ s/^.*?ERROR: /ERROR: /mg;
	return "$stdout\n$stderr";
}

# ---- temporary files and memory ----

# What the session's peak grows by while the rows pass, in kB. The peak counts the shared buffers that the session has
# touched, too: so it touches the table first.
sub growth
{
	my ($query) = @_;
	my @peaks = script('SELECT count(*) FROM submissions', "COPY ($query LIMIT 3000) TO '/dev/null'", $peak, "COPY ($query) TO '/dev/null'", $peak) =~ /^peak (\d+)$/mg;
	return $peaks[1] - $peaks[0];
}

# The first rows have fetched the document and the forms: what comes after them is rows.
foreach my $query ($flatten, $large, $tree)
{
	my $log = -s $node->logfile;
	my $growth = growth($query);
	cmp_ok($growth, '<', 4096, "the peak grows by $growth kB: $query");
	unlike(slurp_file($node->logfile, $log), qr/temporary file/, 'and there is no temporary file');
}

# To see that the log would tell: in FROM they are collected.
{
	my $log = -s $node->logfile;
	$node->safe_psql('postgres', "SELECT count(*) FROM large, flatten_submission(document, 'null', '{all}')");
	like(slurp_file($node->logfile, $log), qr/temporary file/, 'collected in FROM, past work_mem');
}

# Many calls leave nothing behind: forms by turns, rows that are not fetched, errors that are caught.
my $calls = <<'SQL';
DO $$
DECLARE
    r record;
BEGIN
    FOR i IN 1 .. 20 LOOP
        PERFORM flatten_submission(responses, form, '{all}') FROM submissions, forms WHERE submissions.id = 1 + i % 7;
        PERFORM flatten_submission(responses, form, '{all}') FROM submissions, forms LIMIT 5;
        PERFORM form_questions(form), jsonb_tree(form, true) FROM forms LIMIT 1000;
        BEGIN
            PERFORM flatten_submission('{"a": 1e999999}'::json, '{}');
        EXCEPTION WHEN numeric_value_out_of_range THEN
        END;
    END LOOP;
END $$
SQL
chomp $calls;
my $memory = "SELECT 'memory ' || sum(total_bytes) FROM pg_backend_memory_contexts";
# Exact, as the counts of a process's status are not, and without what it shares.
my $private = q{SELECT 'private ' || substring(pg_read_file('/proc/self/smaps_rollup') FROM 'Anonymous:\s+(\d+)')};
# The first round fills the server's own caches, those of the measuring included.
my $answers = script(($calls, $memory, $private) x 3);
my (undef, $memory_before, $memory_after) = $answers =~ /^memory (\d+)$/mg;
my (undef, $private_before, $private_after) = $answers =~ /^private (\d+)$/mg;
cmp_ok($memory_after - $memory_before, '<', 65536, "memory contexts do not grow ($memory_before to $memory_after)");
cmp_ok($private_after - $private_before, '<', 4096, "nor does the process ($private_before kB to $private_after kB)");

# ---- cancel ----

my @queries = (
	"SELECT md5(string_agg(e::text, '')) FROM ($flatten WHERE submissions.id <= 300 OFFSET 0) AS s (e)",
	"SELECT count(*) FROM generate_series(1, 10), large, flatten_submission(document, 'null')",
	"SELECT count(*), sum((t).ord) FROM ($tree LIMIT 50000) AS s (t)",
	"SELECT count(*), sum(e.idx[1]) FROM repeated, flatten_submission(document, form, '{missing}') AS e",
	"SELECT count(*), sum(length(schema_path)) FROM deep, form_questions(jsonb_build_object('children', jsonb_build_array(node)))",
	"SELECT count(*), sum(length(path)) FROM deep, jsonb_tree(document)");
foreach my $query (@queries)
{
	my ($right) = script($query) =~ /^(.+)$/m;
	my ($stopped, $surprises) = (0, '');
	# On a busy machine the timeout may also stop what sets it.
	my $answers = script((map { ("SET statement_timeout = '" . 2 * $_ . "ms'", $query) } 1 .. 8),
		('RESET statement_timeout') x 5, "SELECT 'ever after'", $query);
	foreach my $line (grep { $_ ne '' && $_ ne 'ever after' } split /\n/, $answers)
	{
		$stopped += $line eq 'ERROR:  57014';
		$surprises .= "$line\n" unless $line eq $right || $line eq 'ERROR:  57014';
	}
	is($surprises, '', "stopped or right: $query");
	cmp_ok($stopped, '>', 0, "stopped $stopped times");
	like($answers, qr/^ever after\n\Q$right\E$/m, 'and right ever after');
}

unlike(slurp_file($node->logfile), qr/PANIC|was terminated by signal|XX000/, 'nothing bad in the log');

$node->stop;
done_testing();
