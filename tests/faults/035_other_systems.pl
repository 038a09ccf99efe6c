# Exports on systems that are not like this one: without close_range, without /proc, with a supervisor that does not
# come to its work, and with files of other users. tests/faults/other_system.c makes them.

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use FaultJobs qw(children);
use OnetripTest qw(becomes end_session make_server start_session);
use PostgreSQL::Test::Utils;
use Test::More;

my $folder = PostgreSQL::Test::Utils::tempdir();
my $library = "$folder/other_system.so";
system_or_bail('cc', '-shared', '-fPIC', '-Wall', '-Werror', '-o', $library, 'tests/faults/other_system.c');

plan skip_all => 'no seccomp here' if system("ONETRIP_NO_CLOSE_RANGE=1 LD_PRELOAD=$library true") != 0;

my $node = make_server('others');
# As many as the system lets us: a container may have a limit of a thousand million.
chomp(my $limit = `sh -c 'ulimit -Hn'`);
note "limit of descriptors: $limit";

my $got = "$folder/got";
my $sections = q{SELECT encode(sha256(encode_carousel('AFRIQUE', '2026-11-21')), 'hex')};

# run_with VARIABLES, CODE: the server with the library and these variables.
sub run_with
{
	my ($variables, $code) = @_;
	{
		local %ENV = (%ENV, %$variables, LD_PRELOAD => $library);
		$node->start;
	}
	$code->();
	$node->stop;
	return;
}

sub ask
{
	my ($query) = @_;
	my ($status, $out, $err) = $node->psql('postgres', $query);
	return $status == 0 ? $out : $err;
}

# The descriptors that the program's supervisor has, while both are at work.
sub descriptors_of_supervisor
{
	my $session = $node->background_psql('postgres', on_error_stop => 0);
	unlink "$folder/group";
	$session->query_until(qr/begun/, "\\echo begun\nSELECT messages FROM export_carousel_to_program('AFRIQUE', '2026-11-21', 'echo \$\$ >$folder/group; until [ -e $folder/go ]; do sleep 0.1; done; cat >$got');\n");
	ok(becomes(sub { -s "$folder/group" }), 'a program is started');
	chomp(my $program = slurp_file("$folder/group"));
	chomp(my $supervisor = `ps -o ppid= -p $program`);
	$supervisor =~ s/ //g;
	opendir my $directory, "/proc/$supervisor/fd" or die "supervisor $supervisor: $!";
	my @numbers = sort { $a <=> $b } grep { /\d/ } readdir $directory;
	closedir $directory;
	append_to_file("$folder/go", '');
	$session->quit;
	unlink "$folder/go";
	return @numbers;
}

sub check_program
{
	my ($name) = @_;
	# The three standard ones, the input, its errors, the control and the report.
	my @descriptors = descriptors_of_supervisor();
	cmp_ok(scalar @descriptors, '<=', 7, "$name: the supervisor keeps its pipes alone") or diag("@descriptors");
	is(sha256_hex(slurp_file($got)), ask($sections), "$name: the program has read all");
	return;
}

run_with({}, sub {
	$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION onetrip;
SELECT create_carousel_tables('public');
INSERT INTO zones_diffusion VALUES ('AFRIQUE', 7);
INSERT INTO campagnes VALUES (1, 'AFRIQUE', 'M', '2026-11-01', '2026-11-30');
INSERT INTO messages SELECT n, 1, n, n, '{"1": "x"}' FROM generate_series(1, 5000) AS n;
SQL
	check_program('close_range');
	check_owners();
});
run_with({ ONETRIP_NO_CLOSE_RANGE => 1 }, sub { check_program('no close_range') });
run_with({ ONETRIP_NO_CLOSE_RANGE => 1, ONETRIP_NO_PROC => 1 }, sub { check_program('neither close_range nor /proc') });

# Whatever keeps the supervisor from starting the program: a cancel comes through.
append_to_file("$folder/hang", '');
run_with({ ONETRIP_NO_CLOSE_RANGE => 1, ONETRIP_HANG => "$folder/hang" }, sub {
	my $command = "echo begun >$folder/begun; cat >$got";
	my $session = start_session($node);
	OnetripTest::ask($session, "SET statement_timeout = '1s'");
	like(OnetripTest::ask($session, "SELECT export_carousel_to_program('AFRIQUE', '2026-11-21', '$command')"), qr/statement timeout/, 'a supervisor that hangs');
	ok(!-e "$folder/begun", 'has started no program');
	is(join(' ', children($session->{pid})), '', 'and is gone');
	end_session($session);
	unlink "$folder/hang";
	like(ask("SELECT messages FROM export_carousel_to_program('AFRIQUE', '2026-11-21', '$command')"), qr/^5000$/, 'the next one works');
});

unlike(slurp_file($node->logfile), qr/PANIC|TRAP|XX000|leaked|still referenced|was terminated by signal/, 'nothing bad in the log');
done_testing();

# A sticky directory lets the owners of the file and of the directory rename over a file, and nobody else.
sub check_owners
{
	mkdir "$folder/sticky" or die $!;
	mkdir "$folder/roots_sticky" or die $!;
	chmod 01777, "$folder/sticky", "$folder/roots_sticky";
	for my $directory ('sticky', 'roots_sticky')
	{
		for my $name ('mine', 'roots_file')
		{
			my $path = "$folder/$directory/$name";
			append_to_file($path, 'old');
			my $answer = ask("\\set VERBOSITY verbose\nSELECT messages FROM export_carousel_to_file('AFRIQUE', '2026-11-21', '$path')");
			if ($directory eq 'roots_sticky' && $name eq 'roots_file')
			{
				like($answer, qr/ERROR:  42501: could not open file "\Q$path\E" for writing: Operation not permitted\nDETAIL:  .*sticky.*\nHINT:  /, "$directory/$name is refused");
				is(slurp_file($path), 'old', 'and stays');
			}
			else
			{
				is($answer, '5000', "$directory/$name is replaced");
			}
		}
	}
	return;
}
