# A hot standby by streaming replication: what only reads gives the same there, what writes says that it can't, and where
# the standby is promoted in the middle of a job or takes its rows away, the job ends as it should.

use strict;
use warnings;

use FaultJobs qw(fault_jobs leftovers make_fault_node make_stuck result_of start_stuck start_worker);
use OnetripTest qw(answer ask becomes end_session is_answered pump_session send_query start_session);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RoundTripServer qw(loops);
use Test::More;

my $primary = make_fault_node('primary', 1, 'log_min_messages = info');
make_stuck($primary);
# A job waits in its middle for who holds this lock; so it is promoted there and goes on.
$primary->safe_psql('postgres', <<'SQL');
CREATE SCHEMA gated;
CREATE VIEW gated.messages AS SELECT * FROM public.messages WHERE id NOT IN (2003, 1001003) OR pg_advisory_xact_lock_shared(1) IS NOT NULL;
SQL
$primary->backup('base');

sub start_standby
{
	my ($name, @settings) = @_;
	my $standby = PostgreSQL::Test::Cluster->new($name);
	$standby->init_from_backup($primary, 'base', has_streaming => 1);
	$standby->append_conf('postgresql.conf', join "\n", "shared_preload_libraries = 'onetrip'", @settings, '');
	$standby->start;
	$primary->wait_for_catchup($standby, 'replay');
	return $standby;
}

sub start_admin { return start_session($_[0], verbosity => 'sqlstate', settings => '-c client_min_messages=warning'); }

my $standby = start_standby('standby');
my $folder = PostgreSQL::Test::Utils::tempdir();
my @jobs = fault_jobs($folder);
my ($on_primary, $on_standby) = map { start_admin($_) } $primary, $standby;

# ---- read-only ----

my %writes = map { $_ => 1 } 'create_carousel_tables', 'create_submission_tables', 'load_response_events, new',
  'load_response_events, changed', 'export_carousel_to_large_object', 'export_sections_to_large_object';
my %right;
for my $job (@jobs)
{
	my $there = start_worker($primary, $job);
	$right{ $job->{name} } = result_of($job, $there, $on_primary);
	end_session($there);
	$primary->wait_for_catchup($standby, 'replay');
	my $here = start_worker($standby, $job);
	if ($writes{ $job->{name} })
	{
		is(ask($here, $job->{query}), 'ERROR:  25006', "$job->{name} says that it can't write");
	}
	else
	{
		is(result_of($job, $here, $on_standby), $right{ $job->{name} }, "$job->{name} gives the same on a standby");
	}
	is(join("\n", leftovers($on_standby, $here)), '', 'and leaves nothing');
	end_session($here);
}

# Directly, and not by way of what the tests have around them.
my %direct = (
	"SELECT create_carousel_tables('public')" => qr/cannot execute CREATE TABLE in a read-only transaction/,
	"SELECT create_submission_tables('app_new', 'clean')" => qr/cannot execute CREATE TABLE in a read-only transaction/,
	"CALL load_response_events('app_new', 'dwh_new')" => qr/cannot execute load_response_events\(\) in a read-only transaction/,
	"SELECT * FROM export_sections_to_large_object('SELECT section FROM sections')" => qr/cannot execute export_sections_to_large_object\(\) in a read-only transaction/,
	"SELECT * FROM export_carousel_to_large_object('AFRIQUE', '2026-11-21')" => qr/cannot execute export_carousel_to_large_object\(\) in a read-only transaction/);
for my $query (sort keys %direct)
{
	my ($status, $out, $err) = $standby->psql('postgres', $query);
	like($err, qr/ERROR:  $direct{$query}/, $query);
}

# Functions that look at nothing but their arguments.
my $vectors = <<'SQL';
SELECT md5(string_agg(e::text, '')) FROM (
    SELECT layout_fields(message_layout())::text FROM generate_series(1, 1)
    UNION ALL SELECT encode_section(message_layout(), r)::text FROM rows AS r
    UNION ALL SELECT encode_sections(message_layout(), to_jsonb(r))::text FROM rows AS r WHERE message_id < 100
    UNION ALL SELECT decode_section(message_layout(), section)::text FROM sections
    UNION ALL SELECT dissect_section(message_layout(), section)::text FROM sections WHERE id < 100
    UNION ALL SELECT check_sections(message_layout(), section || '\x00')::text FROM sections
    UNION ALL SELECT split_sections(section || section)::text FROM sections
    UNION ALL SELECT crc32_mpeg2(section)::text FROM sections
    UNION ALL SELECT ts_sections(ts_packets(section, 256), 256)::text FROM sections
    UNION ALL SELECT form_questions(form)::text FROM documents
    UNION ALL SELECT concat(form_from(form, 'onetrip'), form_dialect(form), merge_forms(ARRAY[form, form])) FROM documents
    UNION ALL SELECT concat(answer_number('1'), answer_boolean('true'), answer_date('2026-11-21'))
    UNION ALL SELECT m::text FROM missing_fk_indexes AS m
    UNION ALL SELECT 'all') AS s (e)
SQL
is($standby->safe_psql('postgres', $vectors), $primary->safe_psql('postgres', $vectors), 'and so do all that only look at their arguments');

# ---- the watch ----

my $loop = join "\n", 'SELECT id FROM campagnes WHERE id <= 10;', map { "SELECT genre FROM campagnes WHERE id = $_;" } 1 .. 10;
$standby->safe_psql('postgres', "BEGIN;\n$loop\nCOMMIT;\n");
like(loops($standby), qr/^select\|SELECT id FROM campagnes WHERE id <= \$1\|SELECT genre FROM campagnes WHERE id = \$1\|1\|10\|/m, 'the watch sees loops on a standby');
is($standby->safe_psql('postgres', 'SELECT count(*) FROM round_trips'), 0, 'and forgets them where it is told to');

# ---- what recovery takes away ----

# A job holds a snapshot that needs rows which the primary has removed. Recovery asks a session to end its statement again
# and again until it has, and one that it asks in between ends altogether, as the server has it.
sub go_on_in
{
	my ($session, $job, $node) = @_;
	return $session if ask($session, 'SELECT 1') eq '1';
	end_session($session);
	return start_worker($node, $job);
}

my $impatient = start_standby('impatient', 'max_standby_streaming_delay = 0', 'hot_standby_feedback = off');
my $on_impatient = start_admin($impatient);
my @read = grep { !$writes{ $_->{name} } } @jobs;
for my $job (grep { $_->{query} =~ /carousel/ } @read)
{
	my $session = start_stuck($impatient, $job, $on_impatient);
	ask($on_primary, 'UPDATE messages SET template_id = template_id; UPDATE rows SET template_id = template_id');
	ask($on_primary, 'VACUUM messages');
	like(answer($session), qr/^ERROR:  40001(\nFATAL:  40001|$)/, "$job->{name} ends where recovery takes its rows");
	$primary->wait_for_catchup($impatient, 'replay');
	$session = go_on_in($session, $job, $impatient);
	my @problems = $job->{whole} ? $job->{whole}->($on_impatient) : ();
	push @problems, 'the program saw the end of its input' if $job->{name} =~ /to_program/ && -e "$job->{path}.ended";
	is(join("\n", @problems, leftovers($on_impatient, $session)), '', 'and leaves nothing');
	ask($session, 'SET search_path = public; SET fault.stuck = off');
	is(result_of($job, $session, $on_impatient), $right{ $job->{name} }, 'and the job is done then');
	end_session($session);
}

# ---- promoted in the middle ----

my @carousels = grep { $_->{query} =~ /carousel/ } @read;
# What is replayed may not be in the way of those that wait.
$primary->wait_for_catchup($standby, 'replay');
ask($on_standby, 'SELECT pg_advisory_lock(1)');
my @sessions = map { start_worker($standby, $_, '-c search_path=gated,public') } @carousels;
for my $i (0 .. $#carousels)
{
	$carousels[$i]->{clean}->() if $carousels[$i]->{clean};
	send_query($sessions[$i], $carousels[$i]->{query});
}
my $pids = join ', ', map { $_->{pid} } @sessions;
ok(becomes(sub { ask($on_standby, "SELECT count(*) FROM pg_stat_activity WHERE pid IN ($pids) AND wait_event_type = 'Lock'") eq @sessions }),
	'all carousels are in their middle');
$standby->promote;
pump_session($_, 0) foreach @sessions;
is(scalar(grep { is_answered($_) } @sessions), 0, 'the standby is promoted before any of them has ended');
is(ask($on_standby, 'SELECT pg_advisory_unlock(1)'), 't', 'and then they go on');
for my $i (0 .. $#carousels)
{
	my ($job, $session) = ($carousels[$i], $sessions[$i]);
	my $answer = answer($session);
	is($job->{result} ? $job->{result}->($on_standby, $answer) : $answer, $right{ $job->{name} }, "$job->{name} comes to its end");
	is(join("\n", leftovers($on_standby, $session)), '', 'and leaves nothing');
}
for my $i (0 .. $#carousels)
{
	ask($sessions[$i], 'SET search_path = public');
	is(result_of($carousels[$i], $sessions[$i], $on_standby), $right{ $carousels[$i]->{name} }, "$carousels[$i]->{name} goes on in the same session");
	end_session($sessions[$i]);
}
for my $job (grep { $writes{ $_->{name} } } @jobs)
{
	my $session = start_worker($standby, $job);
	is(result_of($job, $session, $on_standby), $right{ $job->{name} }, "$job->{name} works on the new primary");
	end_session($session);
}

end_session($_) foreach $on_primary, $on_standby, $on_impatient;
for my $node ($primary, $standby, $impatient)
{
	unlike(slurp_file($node->logfile), qr/PANIC|TRAP|was terminated by signal|XX000|leaked|still referenced/, 'nothing bad in the log of ' . $node->name);
	$node->stop;
}
done_testing();
