# The jobs of the extension, each as one statement that takes a while, with what is right about it: the tests of
# faults disturb them all in the same ways.
package FaultJobs;

use strict;
use warnings;

use Digest::MD5 qw(md5_hex);
use Exporter 'import';
use OnetripTest qw(answer ask becomes is_answered pump_session send_query start_server start_session);
use PostgreSQL::Test::Utils;
use Submissions qw(load_functions submissions);

our @EXPORT_OK = qw(children fault_jobs leftovers make_fault_node make_stuck result_of start_stuck start_worker);

# Each message, document and row has its part in each job, so that a job is longer the larger these are.
my $parallel = join '; ', map { "SET $_" } 'max_parallel_workers_per_gather = 2', 'parallel_setup_cost = 0', 'parallel_tuple_cost = 0',
  'min_parallel_table_scan_size = 0', 'parallel_leader_participation = off';
my $carousel = "'AFRIQUE', '2026-11-21'";
my $all_sections = 'SELECT section FROM sections ORDER BY id';

# The same sections, whatever order an aggregate had them in.
sub any_order
{
	my ($sections) = @_;
	return "SELECT count(*), md5(string_agg(md5(section), '' ORDER BY md5(section))) FROM split_sections(($sections))";
}

# A query over all answers, as a sum of theirs.
sub flattened
{
	my ($answers) = @_;
	return "SELECT count(*), sum(hashtextextended(e::text, 0)) FROM $answers";
}

my @readers = (
	{ name => 'encode_carousel', query => "SELECT md5(encode_carousel($carousel))" },
	{ name => 'carousel_sections', query => "SELECT count(*), md5(string_agg(md5(s::text), '')) FROM carousel_sections($carousel) AS s" },
	{ name => 'carousel_problems', query => "SELECT count(*), md5(string_agg(md5(p::text), '')) FROM carousel_problems('EUROPE', '2026-11-21') AS p" },
	{ name => 'carousel_stats', query => "SELECT * FROM carousel_stats($carousel, 1000000)" },
	{ name => 'carousel_campaigns', query => "SELECT count(*), sum(bytes) FROM carousel_campaigns($carousel, 1000000)" },
	{ name => 'carousel_changes', query => "SELECT count(*), md5(string_agg(md5(c::text), '')) FROM carousel_changes($carousel, '2020-01-01') AS c" },
	{ name => 'section_changes', query => "SELECT count(*), md5(string_agg(md5(c::text), '')) FROM section_changes("
		  . "\$q\$SELECT message_id, part, section FROM carousel_sections($carousel) ORDER BY 1, 2\$q\$, 'SELECT id, 0, section FROM sections ORDER BY id') AS c" },
	{ name => 'flatten_submission in FROM', query => flattened('documents, flatten_submission(responses, form) AS e') },
	{ name => 'flatten_submission in SELECT', query => flattened('(SELECT flatten_submission(responses, form) FROM documents OFFSET 0) AS s (e)') },
	{ name => 'flatten_submission in parallel', settings => $parallel, query => flattened('documents, flatten_submission(responses, form) AS e') },
	{ name => 'jsonb_tree', query => flattened('documents, jsonb_tree(responses) AS e') },
	{ name => 'section_agg(layout, record)', query => 'SELECT md5(section_agg(message_layout(), r ORDER BY r.message_id)) FROM rows AS r' },
	{ name => 'section_agg(bytea)', query => 'SELECT md5(section_agg(section ORDER BY id)) FROM sections' },
	{ name => 'section_agg(layout, record) in parallel', settings => $parallel, query => any_order('SELECT section_agg(message_layout(), r) FROM rows AS r') },
	{ name => 'section_agg(bytea) in parallel', settings => $parallel, query => any_order('SELECT section_agg(section) FROM sections') });

my @writers = (
	{ name => 'create_carousel_tables', query => "SELECT fault.make_tables('create_carousel_tables(%L)')", whole => \&no_made_schema },
	{ name => 'create_submission_tables', query => "SELECT fault.make_tables('create_submission_tables(%L, %1\$L)')", whole => \&no_made_schema },
	{ name => 'export_carousel_to_large_object', query => "SELECT fault.export_object(\$call\$export_carousel_to_large_object($carousel)\$call\$)", whole => \&no_object },
	{ name => 'export_sections_to_large_object', query => "SELECT fault.export_object(\$call\$export_sections_to_large_object('$all_sections')\$call\$)", whole => \&no_object });

# The exports: the arguments before the place, and what has the same bytes. A loop of several PIDs keeps all sections but the
# first PID waiting, in a temporary file.
my @exports = (
	{ name => 'export_carousel', arguments => $carousel, bytes => "encode_carousel($carousel)" },
	{ name => 'export_sections', arguments => "\$\$$all_sections\$\$", bytes => '(SELECT string_agg(section, NULL ORDER BY id) FROM public.sections)' },
	{ name => 'export_sections', kind => 'in a loop', arguments => '$$SELECT section, (n > 1)::int FROM generate_series(1, 6) AS n, LATERAL (SELECT section FROM sections WHERE n > 0 ORDER BY id) AS s$$',
		bytes => '(SELECT ts_packets(s, 0, 0, true) || ts_packets(s || s || s || s || s, 1, 0, true) FROM (SELECT string_agg(section, NULL ORDER BY id) AS s FROM public.sections) AS t)' });

# The jobs; an export writes into the folder, and its program into another if there is one.
#   name, query   the statement
#   settings      what the session has to have set
#   before        what an admin's session has to do before, so that there is work
#   result        what is always the same of its answer (all of it by default)
#   whole         what is wrong after it, however it ended
#   stuck         where start_stuck holds it, if not in its first table
sub fault_jobs
{
	my ($folder, $program_folder) = @_;
	my @places = map { my $place = $_->{name} . ($_->{kind} ? '_loop' : ''); (file_export($_, "$folder/$place.bin"), program_export($_, ($program_folder // $folder) . "/$place")) } @exports;
	return (@readers, @writers, loader('new'), loader('changed'), @places);
}

# A loader's result is what its tables hold then.
sub loader
{
	my ($mode) = @_;
	my $dwh = "dwh_$mode";
	return {
		name => "load_response_events, $mode",
		query => "CALL load_response_events('app_$mode', '$dwh', '$mode', 17, removals => 'all')",
		before => "SELECT fault.edit_submissions_$mode()",
		result => sub {
			my ($admin, $answer) = @_;
			return $answer unless $answer =~ /^\d+\|\d+\|\d+\|\d+\|\d+$/;
			my $all_at_once = "TRUNCATE clean.response_events, clean.response_event_problems, clean.submission_loads; CALL load_response_events('app_$mode', 'clean', batch_size => 1000000)";
			ask($admin, $_) foreach split /; /, $all_at_once;
			return ask($admin, "SELECT CASE WHEN fault.contents('$dwh') = fault.contents('clean') THEN 'as a clean load' ELSE 'not as a clean load' END");
		},
		whole => sub {
			my ($admin) = @_;
			my $torn = ask($admin, "SELECT fault.torn('$dwh')");
			return $torn eq '0' ? () : "$torn submissions are half loaded";
		} };
}

sub file_export
{
	my ($export, $path) = @_;
	append_to_file($path, 'old');
	my $right;
	return {
		name => name_of($export, 'file'),
		query => "SELECT sections, bytes, sha256 FROM $export->{name}_to_file($export->{arguments}, '$path')",
		path => $path,
		result => sub { my ($admin, $answer) = @_; return $answer =~ /ERROR|FATAL/ ? $answer : "$answer " . md5_hex(content_of($path)); },
		# The old file or the new one, and nothing next to it.
		whole => sub {
			my ($admin) = @_;
			$right //= ask($admin, "SELECT md5($export->{bytes})");
			my $content = content_of($path);
			my @problems = map { "$_ is left" } grep { -e } $path =~ s{([^/]*)\z}{.$1.onetrip-tmp}r;
			push @problems, 'the file is neither the old one nor the new one' unless $content eq 'old' || md5_hex($content) eq $right;
			return @problems;
		} };
}

# Its program notes what it has read, and the end of that.
sub program_export
{
	my ($export, $path) = @_;
	my $right;
	my $command = "echo \$\$ >$path.group; cat >$path.got; echo end >$path.ended";
	return {
		name => name_of($export, 'program'),
		query => "SELECT sections, bytes, sha256 FROM $export->{name}_to_program($export->{arguments}, '$command')",
		path => $path,
		clean => sub { unlink "$path.ended", "$path.got", "$path.group"; },
		result => sub { my ($admin, $answer) = @_; return $answer =~ /ERROR|FATAL/ ? $answer : "$answer " . md5_hex(content_of("$path.got")); },
		# No program that goes on, and none that took a part for the whole.
		whole => sub {
			my ($admin) = @_;
			$right //= ask($admin, "SELECT md5($export->{bytes})");
			my @problems;
			push @problems, 'the program goes on' if -s "$path.group" && !becomes(sub { is_gone(slurp_file("$path.group")) });
			push @problems, 'the program took a part for the whole' if -e "$path.ended" && md5_hex(content_of("$path.got")) ne $right;
			return @problems;
		} };
}

sub name_of { my ($export, $place) = @_; return "$export->{name}_to_$place" . ($export->{kind} ? ", $export->{kind}" : ''); }

sub content_of { my ($path) = @_; return -e $path ? slurp_file($path) : 'no file'; }

# Whether a process group has no process, but for zombies.
sub is_gone
{
	my ($group) = @_;
	chomp $group;
	return !kill(0, -$group) || !grep { /^\s*$group\s+[^Z]/ } `ps -e -o pgid=,stat=`;
}

sub no_made_schema
{
	my ($admin) = @_;
	my $schemas = ask($admin, "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'made\\_%'");
	return $schemas eq '0' ? () : "$schemas schemas are left";
}

sub no_object
{
	my ($admin) = @_;
	my $objects = ask($admin, 'SELECT count(*) FROM pg_largeobject_metadata');
	return $objects eq '0' ? () : "$objects large objects are left";
}

# result_of JOB, SESSION, ADMIN: the job's answer, and what else is the same each time.
sub result_of
{
	my ($job, $session, $admin) = @_;
	ask($admin, $job->{before}) if $job->{before};
	$job->{clean}->() if $job->{clean};
	my $answer = ask($session, $job->{query});
	return $job->{result} ? $job->{result}->($admin, $answer) : $answer;
}

# A session with what the job needs.
sub start_worker
{
	my ($node, $job, $settings) = @_;
	my $session = start_session($node, verbosity => 'sqlstate', settings => '-c client_min_messages=warning ' . ($settings // ''));
	ask($session, $job->{settings}) if $job->{settings};
	return $session;
}

sub children
{
	my ($process) = @_;
	chomp(my @found = `ps -o pid=,stat=,args= --ppid $process`);
	return @found;
}

# What a session that waits for its next statement still has of the last one.
sub leftovers
{
	my ($admin, $session) = @_;
	my @found = map { "a child: $_" } children($session->{pid});
	my %counts = (
		'temporary files' => 'SELECT count(*) FROM pg_ls_tmpdir()',
		locks => "SELECT count(*) FROM pg_locks WHERE pid = $session->{pid}",
		'rows of progress' => 'SELECT count(*) FROM pg_stat_progress_copy',
		workers => "SELECT count(*) FROM pg_stat_activity WHERE leader_pid = $session->{pid}");
	for my $what (sort keys %counts)
	{
		# A parallel worker ends a moment after its leader's statement.
		push @found, $what unless becomes(sub { ask($admin, $counts{$what}) eq '0' });
	}
	my $cursors = ask($session, 'SELECT count(*) FROM pg_cursors');
	push @found, "cursors: $cursors" if $cursors ne '0';
	return @found;
}

# ---- the data ----------------------------------------------------------------------------------------

my $tables = <<'SQL';
CREATE EXTENSION onetrip;
SELECT create_carousel_tables('public');
INSERT INTO zones_diffusion VALUES ('AFRIQUE', 7), ('EUROPE', 8);
INSERT INTO campagnes SELECT n, CASE WHEN n <= 5 THEN 'AFRIQUE' ELSE 'EUROPE' END, 'é', '2026-11-01', '2026-11-30' FROM generate_series(1, 10) AS n;
INSERT INTO messages SELECT n, 1 + n % 5, n, n, jsonb_build_object('1', repeat('x', 200)) FROM generate_series(1, 4000 * :scale) AS n;
-- In Europe every other message is bad.
INSERT INTO messages SELECT 1000000 + n, 6 + n % 5, CASE n % 2 WHEN 0 THEN n ELSE -1 END, n FROM generate_series(1, 2000 * :scale) AS n;
CREATE TABLE rows AS SELECT m.id AS message_id, c.id AS campagne_id, m.numero_abonne, z.network_id, m.template_id, c.genre, c.valid_start, c.valid_end, c.ack_count, c.ack_delay, m.storables
    FROM messages AS m JOIN campagnes AS c ON c.id = m.campagne_id_fk JOIN zones_diffusion AS z USING (zone_diffusion) WHERE zone_diffusion = 'AFRIQUE';
CREATE TABLE sections AS SELECT message_id AS id, encode_section(message_layout(), r) AS section FROM rows AS r;
CREATE INDEX ON sections (id);
CREATE TABLE documents AS
    SELECT n AS id, jsonb_build_object('name', 'answer ' || n, 'drugs', (SELECT jsonb_agg(jsonb_build_object('dose', i, 'unit', 'mg')) FROM generate_series(1, 20) AS i)) AS responses,
        '{"children": [{"slug": "name", "answerType": "text"}, {"slug": "drugs", "children": [{"slug": "dose", "answerType": "number"}, {"slug": "unit", "answerType": "text"}]}]}'::jsonb AS form
    FROM generate_series(1, 500 * :scale) AS n;

CREATE SCHEMA app_new;
CREATE SCHEMA app_changed;
CREATE SCHEMA dwh_new;
CREATE SCHEMA dwh_changed;
CREATE SCHEMA clean;
CREATE SCHEMA fault;
SELECT create_submission_tables('app_new', 'dwh_new'), create_submission_tables('app_changed', 'dwh_changed');
CREATE TABLE clean.response_events (LIKE dwh_new.response_events INCLUDING ALL);
CREATE TABLE clean.response_event_problems (LIKE dwh_new.response_event_problems INCLUDING ALL);
CREATE TABLE clean.submission_loads (LIKE dwh_new.submission_loads INCLUDING ALL);
SQL

my $edits = <<'SQL';
INSERT INTO app_changed.form_schemas TABLE app_new.form_schemas;
INSERT INTO app_changed.users TABLE app_new.users;
INSERT INTO app_changed.form_responses TABLE app_new.form_responses;
-- Where all have been loaded, the loader of new ones begins again.
CREATE FUNCTION fault.edit_submissions_new() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM app_new.form_responses AS r WHERE NOT EXISTS (SELECT FROM dwh_new.submission_loads AS l WHERE l.submission_id = r.id);
    IF NOT FOUND THEN
        TRUNCATE dwh_new.response_events, dwh_new.response_event_problems, dwh_new.submission_loads;
    END IF;
END $$;
-- Half of the submissions change, and a few come in the place of others.
CREATE SEQUENCE fault.version;
CREATE FUNCTION fault.edit_submissions_changed() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    version int := nextval('fault.version');
BEGIN
    UPDATE app_changed.form_responses SET responses = fault.document(abs(hashtext(id::text)) % 1000, version)
    WHERE abs(hashtext(id::text)) % 2 = version % 2;
    DELETE FROM app_changed.form_responses WHERE id IN (SELECT id FROM app_changed.form_responses ORDER BY md5(id::text || version) LIMIT 5);
    INSERT INTO app_changed.form_responses (id, form_id, responses)
    SELECT fault.id(1000000 + 5 * version + i), '00000000-0000-0000-0000-000000000001', fault.document(i, version) FROM generate_series(1, 5) AS i;
END $$;
-- Tables in a schema of their own, which goes with what they are like.
CREATE FUNCTION fault.make_tables(call text) RETURNS text LANGUAGE plpgsql SET client_min_messages = warning AS $$
DECLARE
    -- Without memory for a regular expression the server calls it a wrong one.
    name text := 'made_' || split_part(call, '_', 2);
    found text;
BEGIN
    FOR i IN 1..3 LOOP
        EXECUTE format('CREATE SCHEMA %I', name || i);
        EXECUTE 'SELECT ' || format(call, name || i);
    END LOOP;
    SELECT string_agg(format('%s %s %s', relname, relkind, relnatts), ', ' ORDER BY relname, relnamespace::regnamespace::text) INTO found
    FROM pg_class WHERE starts_with(relnamespace::regnamespace::text, name);
    EXECUTE format('DROP SCHEMA %I, %I, %I CASCADE', name || 1, name || 2, name || 3);
    RETURN md5(found);
END $$;
CREATE FUNCTION fault.export_object(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    counts record;
    bytes bytea;
BEGIN
    EXECUTE 'SELECT * FROM ' || call INTO counts;
    bytes := lo_get(counts.large_object);
    PERFORM lo_unlink(counts.large_object);
    RETURN format('%s %s %s', counts.sections, md5(bytes), sha256(bytes) = counts.sha256);
END $$;
ANALYZE;
SQL

# The same tables in a schema in which one row in the middle never comes to its end, and triggers that do the same to
# what is written, where a setting says so: among the events of a batch, or after them among its problems.
my $stuck_tables = <<'SQL';
CREATE SCHEMA stuck;
CREATE VIEW stuck.messages AS SELECT * FROM public.messages WHERE id NOT IN (2003, 1001003) OR pg_sleep(1000) IS NOT NULL;
CREATE VIEW stuck.documents AS SELECT * FROM public.documents WHERE id <> 253 OR pg_sleep(1000) IS NOT NULL;
CREATE VIEW stuck.rows AS SELECT * FROM public.rows WHERE message_id <> 2003 OR pg_sleep(1000) IS NOT NULL;
CREATE VIEW stuck.sections AS SELECT * FROM public.sections WHERE id <> 2003 OR pg_sleep(1000) IS NOT NULL;
CREATE FUNCTION stuck.after_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval(TG_ARGV[0]::regclass) = TG_ARGV[1]::int THEN
        PERFORM pg_sleep(1000);
    END IF;
    RETURN NEW;
END $$;
CREATE SEQUENCE stuck.new;
CREATE SEQUENCE stuck.changed;
CREATE SEQUENCE stuck.problems;
CREATE TRIGGER stuck BEFORE INSERT ON dwh_new.response_events FOR EACH ROW
    WHEN (current_setting('fault.stuck', true) = 'on') EXECUTE FUNCTION stuck.after_rows('stuck.new', 100);
CREATE TRIGGER stuck BEFORE INSERT ON dwh_changed.response_events FOR EACH ROW
    WHEN (current_setting('fault.stuck', true) = 'on') EXECUTE FUNCTION stuck.after_rows('stuck.changed', 100);
CREATE TRIGGER stuck BEFORE INSERT ON dwh_new.response_event_problems FOR EACH ROW
    WHEN (current_setting('fault.stuck', true) = 'problems') EXECUTE FUNCTION stuck.after_rows('stuck.problems', 50);
CREATE TRIGGER stuck BEFORE INSERT ON dwh_changed.response_event_problems FOR EACH ROW
    WHEN (current_setting('fault.stuck', true) = 'problems') EXECUTE FUNCTION stuck.after_rows('stuck.problems', 50);
CREATE FUNCTION stuck.at_index() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('fault.stuck', true) = 'on' AND EXISTS (SELECT FROM pg_namespace WHERE nspname LIKE 'made\_%2') THEN
        PERFORM pg_sleep(1000);
    END IF;
END $$;
CREATE EVENT TRIGGER stuck ON ddl_command_end WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION stuck.at_index();
SQL

sub make_stuck
{
	my ($node) = @_;
	$node->safe_psql('postgres', $stuck_tables);
	return;
}

# Without sort and hash the rows of a carousel come by the index, one by one from the first to the last.
my $one_by_one = join ' ', map { "-c enable_$_=off" } qw(sort incremental_sort hashjoin nestloop seqscan bitmapscan);

# A session in which the job has come to its middle and stays there; to another middle where it says so.
sub start_stuck
{
	my ($node, $job, $admin) = @_;
	if ($job->{before})
	{
		ask($admin, $job->{before});
		ask($admin, "SELECT setval('stuck.' || s, 1, false) FROM unnest('{new,changed,problems}'::text[]) AS s");
	}
	$job->{clean}->() if $job->{clean};
	my $stuck = '-c search_path=stuck,public -c fault.stuck=' . ($job->{stuck} // 'on');
	my $session = start_worker($node, $job, "$stuck " . ($job->{settings} ? '' : $one_by_one));
	send_query($session, $job->{query});
	my $sleeper = "SELECT pid || ' ' || backend_type FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND $session->{pid} IN (pid, leader_pid)";
	becomes(sub { pump_session($session, 0); is_answered($session) || ($session->{sleeper} = ask($admin, $sleeper)) });
	die "$job->{name} does not stick: " . answer($session) unless $session->{sleeper};
	return $session;
}

# A server with the tables of all jobs. The scale makes the jobs longer; settings are lines of its configuration.
sub make_fault_node
{
	my ($name, $scale, @settings) = @_;
	my $node = start_server(
		$name,
		[ 'restart_after_crash = on', 'max_connections = 50', 'max_worker_processes = 20', 'max_parallel_workers = 20',
			"log_line_prefix = '%m [%p] %q%a %e '", @settings ],
		allows_streaming => 1);
	$node->safe_psql('postgres', "\\set scale $scale\n$tables" . load_functions('fault') . submissions('app_new', 'fault', 100 * $scale) . $edits);
	return $node;
}

1;
