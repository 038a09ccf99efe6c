# The disk is full in the middle of each job, for what it writes and for its temporary files: an error says so, nothing is
# half done, and the same session does the job when there is room.
#
# The disk is a small one in memory, which only this test and its server see; that takes a kernel that lets users have
# namespaces of their own. ONETRIP_DISKS is how often the disk is full in each job.

use strict;
use warnings;


BEGIN
{
	# The modules that Test::More brings must not have begun to count.
	my @command = ('unshare', '--user', '--map-current-user', '--mount', '--keep-caps');
	if (!$ENV{ONETRIP_OWN_MOUNTS} && system("@command true >/dev/null 2>&1") == 0)
	{
		$ENV{ONETRIP_OWN_MOUNTS} = 1;
		exec @command, $^X, (map { "-I$_" } @INC), $0 or die "unshare: $!";
	}
}

use FaultJobs qw(fault_jobs leftovers make_fault_node result_of start_worker);
use OnetripTest qw(ask end_session random_seed start_session);
use PostgreSQL::Test::Utils;
use Test::More;

my $turns = $ENV{ONETRIP_DISKS} // 4;
my $seed = random_seed();
my $folder = PostgreSQL::Test::Utils::tempdir();
my $disk = "$folder/disk";
mkdir $disk or die "$disk: $!";
my $has_disk = $ENV{ONETRIP_OWN_MOUNTS} && system('mount', '-t', 'tmpfs', '-o', 'size=96m,mode=0700', 'none', $disk) == 0;

my $node = make_fault_node('full_disk', 1, "work_mem = '64kB'");
my @jobs = fault_jobs($disk, $folder);

sub start_admin { return start_session($node, verbosity => 'sqlstate', settings => '-c client_min_messages=warning'); }

my $admin;

# What is wrong after one turn, and whether the job was stopped. The first turn has next to no room, so that each job
# that takes some is stopped once.
sub disturb
{
	my ($job, $session, $state, $right, $turn, $begin, $end) = @_;
	ask($admin, $job->{before}) if $job->{before};
	$job->{clean}->() if $job->{clean};
	$begin->($session, $turn);
	my $answer = ask($session, $job->{query});
	my @problems = $job->{whole} ? $job->{whole}->($admin) : ();
	$end->($session);
	return (1, @problems) if $answer eq "ERROR:  $state";
	my $result = $job->{result} ? $job->{result}->($admin, $answer) : $answer;
	push @problems, $result if $result ne $right;
	return (0, @problems);
}

# Fills the disk but for so many bytes.
sub leave_room
{
	my ($bytes) = @_;
	my ($available, $block) = split / /, `stat --file-system --format '%a %S' $disk`;
	system_or_bail('fallocate', '--length', $available * $block - $bytes, "$disk/ballast") if $available * $block > $bytes;
	return;
}

# Each job so many times, between what begins and ends the scarcity.
sub disturb_jobs
{
	my ($what, $state, $begin, $end) = @_;
	$admin = start_admin();
	my %stops;
	for my $job (@jobs)
	{
		my $session = start_worker($node, $job);
		my $right = result_of($job, $session, $admin);
		my @problems;
		for my $turn (1 .. $turns)
		{
			my ($stopped, @found) = disturb($job, $session, $state, $right, $turn, $begin, $end);
			$stops{ $job->{name} } += $stopped;
			push @problems, @found;
		}
		is(join("\n", @problems), '', "$job->{name}: $what stops it $stops{$job->{name}} of $turns times, or it is right (seed $seed)");
		is(result_of($job, $session, $admin), $right, 'the same session does it when there is room');
		is(join("\n", leftovers($admin, $session)), '', 'with nothing left');
		end_session($session);
	}
	end_session($admin);
	return \%stops;
}

# ---- temp_file_limit ----

my $stops = disturb_jobs('temp_file_limit', '53400',
	sub { my ($session, $turn) = @_; ask($session, 'SET temp_file_limit = ' . ($turn == 1 ? 0 : int rand 1000)); },
	sub { my ($session) = @_; ask($session, 'RESET temp_file_limit'); });
cmp_ok($stops->{$_}, '>', 0, "temporary files of $_ were limited") foreach 'carousel_sections', 'section_agg(layout, record)', 'export_sections_to_file, in a loop';

# More candidates of a loader than there is memory for wait in a file from batch to batch.
$node->safe_psql('postgres', <<'SQL');
CREATE SCHEMA app_many;
CREATE SCHEMA dwh_many;
SELECT create_submission_tables('app_many', 'dwh_many');
INSERT INTO app_many.form_schemas TABLE app_new.form_schemas;
INSERT INTO app_many.form_responses (id, form_id, responses)
SELECT fault.id(n), '00000000-0000-0000-0000-000000000002', '{"stars": 1}' FROM generate_series(1, 5000) AS n;
SQL
my $loader = start_session($node, verbosity => 'sqlstate', settings => '-c client_min_messages=warning');
ask($loader, 'SET temp_file_limit = 0');
# The server adds a warning of its own, as it does where a FOR loop of PL/pgSQL commits ("AbortTransaction while in ABORT state").
like(ask($loader, "CALL load_response_events('app_many', 'dwh_many', batch_size => 1000)"), qr/^ERROR:  53400$/m, 'temp_file_limit stops a loader before its first batch');
is(ask($loader, 'SELECT count(*) FROM dwh_many.submission_loads'), 0, 'with nothing loaded');
ask($loader, 'RESET temp_file_limit');
is(ask($loader, "CALL load_response_events('app_many', 'dwh_many', batch_size => 1000)"), '5000|5000|0|5|0', 'the same session loads all when there is room');
end_session($loader);

# ---- a full disk ----

SKIP:
{
	skip 'users may not mount a disk of their own here', 1 unless $has_disk;

	# The database moves to the small disk, with its temporary files and large objects.
	mkdir "$disk/tablespace" or die "$disk/tablespace: $!";
	$node->safe_psql('template1', "CREATE TABLESPACE small LOCATION '$disk/tablespace'");
	# A backend is there for a while after its client has gone; the server waits for it, but not for long.
	$node->poll_query_until('template1', "SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = 'postgres'") or die 'the database is still used';
	$node->safe_psql('template1', 'ALTER DATABASE postgres SET TABLESPACE small');

	# Leaves from nothing to 4 MB; small amounts are as frequent as large ones.
	# With more work_mem it is not a sort that meets the end of the disk, but what comes out of it; the first turn is for sorts.
	my $fill = sub {
		my ($session, $turn) = @_;
		ask($session, 'SET work_mem = ' . (rand() < 0.5 || $turn == 1 ? "'64kB'" : "'64MB'"));
		leave_room(1024 * ($turn == 1 ? 8 : int 2**rand 12));
	};
	# VACUUM may take the server's init file away, which a parallel worker that begins on a full disk could not write: a
	# session that begins when there is room writes it.
	my $empty = sub { unlink "$disk/ballast"; ask($admin, 'VACUUM'); $node->safe_psql('postgres', 'SELECT 1'); };
	$stops = disturb_jobs('a full disk', '53100', $fill, $empty);
	cmp_ok($stops->{$_}, '>', 0, "the disk was full in $_")
	  foreach 'carousel_sections', 'export_carousel_to_file', 'export_sections_to_file', 'export_carousel_to_large_object', 'load_response_events, new', 'create_carousel_tables';

	# With no temporary file in the way, it is the export's own file that has no room.
	my ($job) = grep { $_->{name} eq 'export_carousel_to_file' } @jobs;
	$admin = start_admin();
	my $session = start_worker($node, $job);
	ask($session, q{SET work_mem = '64MB'});
	leave_room(256 * 1024);
	is(ask($session, $job->{query}), 'ERROR:  53100', 'also where an export writes its file');
	is(join("\n", $job->{whole}->($admin)), '', 'whose old one is whole');
	$empty->();
	like(slurp_file($node->logfile), qr/ERROR:  could not write to file ".*export_carousel.bin.onetrip-tmp": No space left on device/, 'which the error names');
	end_session($_) foreach $session, $admin;
}

unlike(slurp_file($node->logfile), qr/PANIC|TRAP|was terminated by signal|XX000|leaked|still referenced/, 'nothing bad in the log');
$node->stop;
done_testing();
